"""Where the handle points: angles in the scalp plane, and in words."""

from dataclasses import dataclass

import numpy as np

from cortistim.errors import MissingAnatomyError, PoseError
from cortistim.geometry import unit
from cortistim.head.head import Head
from cortistim.placement.pose import Pose
from cortistim.records.pose import Side
from cortistim.typing import FloatArray
from cortistim.units import m_from_mm

POSTERIOR = np.array([0.0, -1.0, 0.0])  # subject space is RAS
MIDLINE_M = m_from_mm(1.0)
STEEPEST_RAD = np.radians(10.0)  # nearer to the y axis "posterior" is decided by roughness
WORD_SHARE = np.sin(np.radians(22.5))  # a direction's part worth a word: an eighth of a turn
HANDLE_WORDS = {
    1: ("backward", "forward"),
    0: ("to the left", "to the right"),
    2: ("downward", "upward"),
}
"""Words for each axis, against it and along it, in the order in which they are said."""


@dataclass(frozen=True, eq=False)
class ScalpPlane:
    """The tangent plane of the scalp at a point, with the directions of the handle's angle.

    Parameters
    ----------
    normal : (3,) array
        Outward unit normal.
    posterior : (3,) array
        Unit vector in the plane, closest to the back of the head.
    lateral : (3,) array
        Unit vector in the plane, square to posterior: away from the midline, and to the
        right on the midline.
    """

    normal: FloatArray
    posterior: FloatArray
    lateral: FloatArray

    def direction(self, handle_rad: float) -> FloatArray:
        """Return the handle's direction at an angle, (3,).

        Parameters
        ----------
        handle_rad : float [rad]
            0 is posterior, positive turns away from the midline.

        Returns
        -------
        (3,) array
            Unit vector: cos(angle) posterior + sin(angle) lateral.
        """
        return np.cos(handle_rad) * self.posterior + np.sin(handle_rad) * self.lateral

    def angle_rad(self, direction: FloatArray) -> float:
        """Return the angle of a direction's projection on the plane, -pi to pi.

        Parameters
        ----------
        direction : (3,) array
            Of any length.

        Returns
        -------
        float [rad]
            0 to the back, positive towards `lateral`.
        """
        return float(np.arctan2(direction @ self.lateral, direction @ self.posterior))


def side_of_midline_m(head: Head, point_m: FloatArray) -> float:
    """Tell how far right of the midline a point lies.

    Parameters
    ----------
    head : Head
        Its frame's x is used; a head without a brain has no frame, then its own x.
    point_m : (3,) array [m]
        In subject space.

    Returns
    -------
    float
        Metres; negative on the left.
    """
    try:
        return float(head.frame.to_mni_m(np.asarray(point_m, float)[None])[0, 0])
    except MissingAnatomyError:
        return float(point_m[0])


def side_in_words(x_m: float) -> Side:
    """Name the side of the head.

    Parameters
    ----------
    x_m : float [m]
        To the right of the midline.

    Returns
    -------
    {"left", "right", "midline"}
        Within 1 mm of it, the midline.
    """
    if abs(x_m) < MIDLINE_M:
        return "midline"
    return "right" if x_m > 0 else "left"


def scalp_plane(head: Head, point_m: FloatArray, normal: FloatArray) -> ScalpPlane:
    """Lay the plane that handle angles are measured in.

    Parameters
    ----------
    head : Head
        Tells the sides of the midline apart.
    point_m : (3,) array [m]
        On the scalp.
    normal : (3,) array
        Outward unit normal there.

    Returns
    -------
    ScalpPlane
        With posterior and lateral.

    Raises
    ------
    PoseError
        When the normal is within 10° of the y axis (forehead, back of the head), where no
        direction in the plane is posterior.
    """
    along_y = float(normal @ POSTERIOR)
    if abs(along_y) > np.cos(STEEPEST_RAD):
        off_deg = np.degrees(np.arccos(min(1.0, abs(along_y))))
        msg = (
            "a handle angle needs a scalp that is not square to the front-back axis by "
            f"less than {np.degrees(STEEPEST_RAD):.0f}°; here its normal is {off_deg:.1f}° "
            "from that axis. Give a second point for the y axis, or the pose as a matrix."
        )
        raise PoseError(msg)
    posterior = unit(POSTERIOR - along_y * normal)
    right = np.cross(normal, posterior)
    is_left = side_in_words(side_of_midline_m(head, point_m)) == "left"
    return ScalpPlane(normal, posterior, -right if is_left else right)


def handle_angle_rad(head: Head, pose: Pose) -> float:
    """Return a pose's handle angle, the inverse of `place_over`.

    Parameters
    ----------
    head : Head
        Under the coil.
    pose : Pose
        Coil to subject.

    Returns
    -------
    float
        -pi to pi; 0 is posterior, positive turns away from the midline (to the right on
        it). Measured in the plane of the coil's face.

    Raises
    ------
    PoseError
        Where the angle is undefined; see `scalp_plane`.
    """
    plane = scalp_plane(head, pose.origin_m, -pose.rotation[:, 2])
    return plane.angle_rad(pose.handle_direction)


def describe_handle(head: Head, pose: Pose) -> str:
    """Say in words where the handle points.

    Parameters
    ----------
    head : Head
        Under the coil.
    pose : Pose
        Coil to subject.

    Returns
    -------
    str
        Such as ``handle points backward and to the left, 45° from posterior``.
    """
    handle = pose.handle_direction
    # two words place a handle that lies on the scalp; the third follows from the scalp.
    # Rounded, because mirrored heads must not get their words in another order
    ranked = sorted(HANDLE_WORDS, key=lambda axis: -round(abs(float(handle[axis])), 3))[:2]
    said = [
        words[int(handle[axis] > 0)]
        for axis, words in HANDLE_WORDS.items()
        if axis in ranked and round(abs(float(handle[axis])), 3) > WORD_SHARE
    ]
    sentence = "handle points " + " and ".join(said)
    try:
        angle_deg = np.degrees(handle_angle_rad(head, pose))
    except PoseError:
        return f"{sentence}; its angle from posterior is undefined on this part of the head"
    return f"{sentence}, {abs(angle_deg):.0f}° from posterior"
