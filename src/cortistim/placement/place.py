"""From a point on or in the head to a pose of the coil above it."""

import numpy as np

from cortistim.errors import BadInputError, MissingAnatomyError, PoseError
from cortistim.geometry import unit
from cortistim.head.head import Head
from cortistim.naming import find
from cortistim.placement.handle import scalp_plane
from cortistim.placement.pose import Pose
from cortistim.plausible import FARTHEST_M, require_plausible
from cortistim.typing import FloatArray
from cortistim.units import m_from_mm, mm_from_m

DISTANCE_M = m_from_mm(4.0)  # hair; the default of SimNIBS (saturnino2019)
FARTHEST_TOWARDS_M = 5.0  # a point that is looked at need not be of the head
FARTHEST_CORTEX_M = m_from_mm(60.0)
COLUMN_RADII_M = (3e-3, 6e-3, 12e-3)  # how far beside the line cortex is looked for


def scalp_under(head: Head, point_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the point of the scalp closest to a point, and the normal there.

    Parameters
    ----------
    head : Head
        Its scalp's normals ignore roughness below 10 mm.
    point_m : (3,) array [m]
        Inside, on or outside the head.

    Returns
    -------
    scalp_m : (3,) array [m]
        On a triangle of the scalp.
    normal : (3,) array
        Outward, unit length.

    Raises
    ------
    BadInputError
        When the point is not three finite numbers, or no point of this head.
    """
    point_m = np.asarray(point_m, dtype=float)
    if point_m.shape != (3,) or not np.isfinite(point_m).all():
        msg = f"a point must be three finite numbers; got {point_m.tolist()}."
        raise BadInputError(msg)
    closest_m, triangle, weights = head.outside.closest(point_m[None])
    _require_near(point_m, closest_m[0])
    corners = head.scalp.triangles[triangle[0]]
    return closest_m[0], unit(weights[0] @ head.scalp.normals[corners])


def scalp_point(head: Head, name: str) -> FloatArray:
    """Return an EEG position or fiducial by name.

    Parameters
    ----------
    head : Head
        With electrodes.
    name : str
        Of the 10-10 system, such as ``C3``; capitals do not matter.

    Returns
    -------
    (3,) array [m]
        On the scalp.

    Raises
    ------
    BadInputError
        When no electrode has this name.
    """
    electrodes_m = head.electrodes_m
    known = f"The head has these of the 10-10 system: {', '.join(sorted(electrodes_m))}."
    return electrodes_m[find(name, electrodes_m, kind="electrode", known=known)]


def place_over(
    head: Head, point_m: FloatArray, *, handle_rad: float, distance_m: float = DISTANCE_M
) -> Pose:
    """Place the coil over the scalp closest to a point, with the handle at an angle.

    Parameters
    ----------
    head : Head
        Under the coil.
    point_m : (3,) array [m]
        A target in the brain or a point on the scalp, subject space.
    handle_rad : float [rad]
        Angle in the scalp's plane between the handle and posterior, positive away from the
        midline: to the left on the left, to the right on the right and on the midline.
    distance_m : float [m], optional
        From the scalp to the centre of the casing's face, along the normal.

    Returns
    -------
    Pose
        z into the head, y away from the handle. It may still cut the head at the coil's
        rim: see `require_clear` and `raise_until_clear`.

    Raises
    ------
    BadInputError
        When the point is far from the head, as one in millimetres is.
    PoseError
        Where a handle angle is undefined, see `scalp_plane`; when the angle or the distance
        can only be in degrees or millimetres.
    """
    scalp_m, normal = scalp_under(head, point_m)
    plane = scalp_plane(head, scalp_m, normal)
    require_plausible("handle_rad", handle_rad, error=PoseError)
    return _pose(scalp_m, normal, -plane.direction(_finite(handle_rad)), distance_m)


def place_towards(
    head: Head, point_m: FloatArray, *, towards_m: FloatArray, distance_m: float = DISTANCE_M
) -> Pose:
    """Place the coil over the scalp closest to a point, its y axis towards another point.

    Parameters
    ----------
    head : Head
        Under the coil.
    point_m : (3,) array [m]
        A target in the brain or a point on the scalp, subject space.
    towards_m : (3,) array [m]
        The y axis, away from the handle, points there as far as the scalp's plane allows.
    distance_m : float [m], optional
        From the scalp to the centre of the casing's face, along the normal.

    Returns
    -------
    Pose
        z into the head, y towards the second point.

    Raises
    ------
    BadInputError
        When a point is far from the head, as one in millimetres is.
    PoseError
        When the second point lies within 10° of the normal, which leaves y undecided.
    """
    scalp_m, normal = scalp_under(head, point_m)
    _require_near(np.asarray(towards_m, dtype=float), scalp_m, FARTHEST_TOWARDS_M)
    line = unit(np.asarray(towards_m, dtype=float) - scalp_m)
    across = line - (line @ normal) * normal
    if not np.linalg.norm(across) > np.sin(np.radians(10.0)):
        msg = (
            "the point that y looks towards must not lie in line with the scalp's normal; "
            f"got {mm_from_m(np.asarray(towards_m, dtype=float)).round(1).tolist()} mm. "
            "Take a point to the side of the coil's centre."
        )
        raise PoseError(msg)
    return _pose(scalp_m, normal, unit(across), distance_m)


def cortical_target(head: Head, scalp_point_m: FloatArray) -> FloatArray:
    """Return the mid-grey point below a point of the scalp, along the inward normal.

    Parameters
    ----------
    head : Head
        With a cortex.
    scalp_point_m : (3,) array [m]
        Such as an electrode's; moved to the scalp when it is not on it.

    Returns
    -------
    (3,) array [m]
        The first vertex of the mid-grey surface within 3 mm of the line; where there is
        none (above a fissure) within 6 or 12 mm.

    Raises
    ------
    MissingAnatomyError
        When there is no cortex within 60 mm below.
    """
    scalp_m, normal = scalp_under(head, scalp_point_m)
    from_scalp_m = head.cortex.vertices_m - scalp_m
    depth_m = -from_scalp_m @ normal
    beside_m = np.linalg.norm(from_scalp_m + depth_m[:, None] * normal, axis=1)
    below = (depth_m > 0) & (depth_m < FARTHEST_CORTEX_M)
    for radius_m in COLUMN_RADII_M:
        column = np.flatnonzero(below & (beside_m < radius_m))
        if len(column):
            return head.cortex.vertices_m[column[np.argmin(depth_m[column])]]
    msg = (
        f"cortex must lie within {mm_from_m(FARTHEST_CORTEX_M):.0f} mm below the scalp point; "
        f"none does at {mm_from_m(scalp_m).round(1).tolist()} mm. Give the target itself."
    )
    raise MissingAnatomyError(msg)


def _require_near(point_m: FloatArray, scalp_m: FloatArray, most_m: float = FARTHEST_M) -> None:
    """Refuse a point that is not of a head with this point of the scalp."""
    gap_m = float(np.linalg.norm(point_m - scalp_m))
    if gap_m > most_m:
        msg = (
            f"a point must be of the head, in metres of its frame; {point_m.tolist()} lies "
            f"{gap_m:.3g} m from the scalp. Did you mean millimetres? "
            "cortistim.units.m_from_mm converts them."
        )
        raise BadInputError(msg)


def _pose(
    scalp_m: FloatArray, normal: FloatArray, y_axis: FloatArray, distance_m: float
) -> Pose:
    require_plausible("distance_m", distance_m, error=PoseError)
    matrix_m = np.eye(4)
    matrix_m[:3, 0] = np.cross(y_axis, -normal)
    matrix_m[:3, 1] = y_axis
    matrix_m[:3, 2] = -normal
    matrix_m[:3, 3] = scalp_m + _finite(distance_m) * normal
    return Pose(matrix_m)


def _finite(value: float) -> float:
    if not np.isfinite(value):
        msg = f"angles and distances of a pose must be finite; got {value}."
        raise PoseError(msg)
    return value
