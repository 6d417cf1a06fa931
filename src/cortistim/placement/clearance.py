"""Does the coil cut the head, and how far must it be lifted."""

from functools import lru_cache

import numpy as np

from cortistim.coil.casing import surface_samples_m
from cortistim.coil.coil import Casing, Coil
from cortistim.errors import PoseError
from cortistim.head.distance import SignedDistance
from cortistim.head.head import Head
from cortistim.placement.handle import side_in_words, side_of_midline_m
from cortistim.placement.place import scalp_under
from cortistim.placement.pose import Pose
from cortistim.plausible import FARTHEST_COIL_M
from cortistim.typing import FloatArray
from cortistim.units import m_from_mm, mm_from_m

TOLERANCE_M = m_from_mm(0.5)  # skin gives way; the distance grid is no finer
SAMPLE_SPACING_M = m_from_mm(3.0)
HIGHEST_LIFT_M = 0.2
SMALLEST_OTHER_UNIT_M = 5.0  # poses in millimetres taken for metres are farther away
STEP_M = 1e-4  # below what the distance grid resolves
SLACK_M = 1e-3  # the most by which distances from the grid can contradict each other
MOST_LIFTS = 200


def clearance_m(head: Head, coil: Coil, pose: Pose) -> float:
    """Measure the smallest distance from the coil to the scalp.

    Parameters
    ----------
    head : Head
        Under the coil.
    coil : Coil
        Its casing, sampled every 3 mm, and its dipoles or wire.
    pose : Pose
        Coil to subject.

    Returns
    -------
    float
        Metres; negative when a part of the coil is inside the head, by its depth. Within
        0.5 mm of the truth.
    """
    return _deepest(head.outside, coil, pose)[0]


def require_clear(head: Head | SignedDistance, coil: Coil, pose: Pose) -> None:
    """Refuse a pose that puts the coil into the head.

    Parameters
    ----------
    head : Head or SignedDistance
        Under the coil, or the distance from its scalp where that is all there is.
    coil : Coil
        With a casing.
    pose : Pose
        Coil to subject. Touching, down to 0.5 mm, is allowed.

    Raises
    ------
    PoseError
        With the depth and the remedy; also when the coil is nowhere near the head. With a
        head it tells the place and how far to lift the coil, too.
    """
    outside = head.outside if isinstance(head, Head) else head
    require_near(outside, pose)
    depth_m, point_m = _deepest(outside, coil, pose)
    if depth_m >= -TOLERANCE_M:
        return
    msg = (
        f"the coil must stay outside the head; {coil.name} is {mm_from_m(-depth_m):.1f} mm "
        "inside it"
    )
    if not isinstance(head, Head):
        msg = f"{msg}. Move it away from the head, or tilt it."
        raise PoseError(msg)
    side = side_in_words(side_of_midline_m(head, point_m))
    where = "on the midline" if side == "midline" else f"on the {side}"
    at_mm = mm_from_m(point_m).round(0).astype(int).tolist()
    lift_mm = mm_from_m(_lift_m(head, coil, pose))
    msg = (
        f"{msg} {where}, at {at_mm} mm. Increase the distance by {lift_mm:.1f} mm, or tilt "
        "the coil."
    )
    raise PoseError(msg)


def require_near(outside: SignedDistance, pose: Pose) -> None:
    """Refuse a pose that is nowhere near the head.

    Parameters
    ----------
    outside : SignedDistance
        From the scalp.
    pose : Pose
        Coil to subject.

    Raises
    ------
    PoseError
        When the coil's origin is more than 350 mm from the scalp.
    """
    gap_m = float(outside.at(pose.origin_m[None])[0])
    if gap_m > FARTHEST_COIL_M:
        unit = "metres" if gap_m > SMALLEST_OTHER_UNIT_M else "the head's frame"
        msg = (
            f"a coil must be at the head; the pose puts it {mm_from_m(gap_m):.5g} mm from the "
            f"scalp, at {mm_from_m(pose.origin_m).round(1).tolist()} mm. Is the pose in {unit}?"
        )
        raise PoseError(msg)


def raise_until_clear(head: Head, coil: Coil, pose: Pose) -> tuple[Pose, float]:
    """Lift the coil off the head along its axis until nothing of it is inside.

    Parameters
    ----------
    head : Head
        Under the coil.
    coil : Coil
        With a casing.
    pose : Pose
        Coil to subject; returned as it is when already clear.

    Returns
    -------
    pose : Pose
        Clear of the head.
    distance_m : float
        From the scalp to the centre of the casing's face, along the coil's axis if that
        meets the scalp, in metres.

    Raises
    ------
    PoseError
        When the coil cuts the head and its face looks away from it, or it is nowhere near.
    """
    require_near(head.outside, pose)
    lift_m = _lift_m(head, coil, pose)
    if lift_m > 0:
        matrix_m = pose.matrix_m.copy()
        matrix_m[:3, 3] -= lift_m * pose.rotation[:, 2]
        pose = Pose(matrix_m)
    return pose, distance_along_axis_m(head, pose)


def distance_along_axis_m(head: Head, pose: Pose) -> float:
    """Measure from the centre of the casing's face to the scalp, along the coil's axis.

    Parameters
    ----------
    head : Head
        Under the coil.
    pose : Pose
        Coil to subject.

    Returns
    -------
    float
        Metres; the shortest distance where the axis does not meet the head, and that,
        negative, where the centre is inside it.
    """
    start_m = gap_m = float(head.outside.at(pose.origin_m[None])[0])
    travelled_m = 0.0
    # a step as long as the distance cannot pass through the surface
    while gap_m > STEP_M and travelled_m < HIGHEST_LIFT_M:
        travelled_m += gap_m
        ahead_m = pose.origin_m + travelled_m * pose.rotation[:, 2]
        gap_m = float(head.outside.at(ahead_m[None])[0])
    return travelled_m if start_m > 0 and gap_m <= STEP_M else start_m


class _Gaps:
    """Distances of a coil's points while it is lifted, measured no oftener than needed.

    A point cannot come nearer to the head than it moved, so one that was farther away than
    that since it was last measured is still outside.
    """

    def __init__(self, head: Head, points_m: FloatArray, outward: FloatArray) -> None:
        self._head, self._points_m, self._outward = head, points_m, outward
        self._gap_m = head.outside.at_least(points_m)
        self._lift_m = np.zeros(len(points_m))

    def depth_m(self, lift_m: float) -> float:
        """Return how deep the deepest point lies in the head, 0 when none does."""
        near = self._gap_m - np.abs(lift_m - self._lift_m) < SLACK_M
        lifted_m = self._points_m[near] + lift_m * self._outward
        self._gap_m[near] = self._head.outside.at_least(lifted_m)
        self._lift_m[near] = lift_m
        return -float(self._gap_m[near].min(initial=0.0))


def _lift_m(head: Head, coil: Coil, pose: Pose) -> float:
    points_m = pose.to_subject_m(_solid_points_m(coil))
    return lift_of_points_m(head, points_m, pose, coil.name)


def lift_of_points_m(head: Head, points_m: FloatArray, pose: Pose, name: str) -> float:
    """Find the smallest lift along -z that brings points of a coil out of the head.

    Parameters
    ----------
    head : Head
        Under the coil.
    points_m : (n_point, 3) array [m]
        Of the coil, in the subject's frame.
    pose : Pose
        Gives the direction.
    name : str
        Of the coil, for complaints.

    Returns
    -------
    float
        Metres; 0 when all points are outside.

    Raises
    ------
    PoseError
        When no lift of up to 200 mm is enough, or the coil's face looks away from the head.
    """
    outward = -pose.rotation[:, 2]
    # lifted against the scalp's normal, a coil would leave on the far side of the head
    looks_away = outward @ scalp_under(head, pose.origin_m)[1] <= 0
    lift_m, gaps = 0.0, _Gaps(head, points_m, outward)
    for _ in range(MOST_LIFTS):
        depth_m = gaps.depth_m(lift_m)
        if depth_m <= 0:
            return lift_m
        # a lift shorter than the depth cannot be enough; the extra step ends the search
        lift_m += depth_m + STEP_M
        if looks_away or lift_m > HIGHEST_LIFT_M:
            break
    msg = (
        f"a coil that cuts the head must be cleared by lifting it along -z; {name} is "
        f"not after {mm_from_m(lift_m):.0f} mm. Check that the pose's z axis points into "
        "the head."
    )
    raise PoseError(msg)


def _deepest(outside: SignedDistance, coil: Coil, pose: Pose) -> tuple[float, FloatArray]:
    points_m = pose.to_subject_m(_solid_points_m(coil))
    distance_m = outside.at(points_m)
    deepest = int(np.argmin(distance_m))
    return float(distance_m[deepest]), points_m[deepest]


def _solid_points_m(coil: Coil) -> FloatArray:
    return np.vstack([casing_samples_m(coil.casing), coil.copper_m])


@lru_cache(maxsize=16)
def casing_samples_m(casing: Casing, spacing_m: float = SAMPLE_SPACING_M) -> FloatArray:
    """Spread points over a casing: its vertices, edges and faces.

    Parameters
    ----------
    casing : Casing
        In the coil's frame.
    spacing_m : float [m], optional
        Largest gap between neighbouring points.

    Returns
    -------
    (n_point, 3) array [m]
        In the coil's frame.
    """
    samples_m = surface_samples_m(casing.vertices_m, casing.triangles, spacing_m)
    return np.unique(samples_m.round(7), axis=0)
