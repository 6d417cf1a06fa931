"""A pose turned about the coil's axis, or shifted along the coil's axes or along the scalp."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError
from cortistim.io import read_pose, write_pose
from cortistim.io.pose import read_deformation
from cortistim.placement import Pose, place_towards
from cortistim.placement.clearance import distance_along_axis_m
from cortistim.records import numbers
from cortistim.records.pose import MovedPoseRecord
from cortistim.study.record import matsimnibs
from cortistim.study.request.inputs import HeadRequest, head_of
from cortistim.typing import FloatArray, Progress, silent
from cortistim.units import mm_from_m

POSE_FILE = "pose.json"
FARTHEST_M = 0.1
"""A shift beyond this puts the coil over another part of the head."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveRequest:
    """Which pose is moved, and how.

    Parameters
    ----------
    source : Path
        A pose file, or the folder of a plan or an aim.
    turn_rad : float [rad], optional
        About the coil's axis; clockwise seen from behind the coil is positive.
    shift_m : (3,) tuple of float [m], optional
        Along the coil's own axes: x to its side, y away from the handle, z into the head.
    head : HeadRequest, optional
        The coil then follows this scalp: it keeps its distance, and tilts with the surface.
    """

    source: Path
    turn_rad: float = 0.0
    shift_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    head: HeadRequest | None = None

    def __post_init__(self) -> None:
        """Refuse moves that mean nothing, before any work is done."""
        if not np.isfinite([self.turn_rad, *self.shift_m]).all():
            msg = "a turn and a shift must be finite numbers. Check them."
            raise BadInputError(msg)
        far_m = float(np.linalg.norm(self.shift_m))
        if far_m > FARTHEST_M:
            msg = (
                f"a shift must be at most {mm_from_m(FARTHEST_M):g} mm; got "
                f"{mm_from_m(far_m):.4g} mm. Plan for the other target instead."
            )
            raise BadInputError(msg)
        if self.turn_rad == 0 and far_m == 0:
            msg = "nothing is moved: give an angle or a shift other than 0."
            raise BadInputError(msg)


@dataclass(frozen=True, eq=False, slots=True)
class MovedPose:
    """A pose before and after.

    Parameters
    ----------
    before, after : Pose
        Of the coil.
    deformation : dict of str to float
        How the coil is bent; it stays so.
    """

    before: Pose
    after: Pose
    deformation: dict[str, float]


def run_move(request: MoveRequest, *, progress: Progress = silent) -> MovedPose:
    """Turn and shift a pose.

    Parameters
    ----------
    request : MoveRequest
        What is asked.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    MovedPose
        The turn is about the axis of the pose as it was; the shift follows.

    Raises
    ------
    BadInputError
        When the file holds no pose, or no head is where the coil would go.
    """
    path = request.source / POSE_FILE if request.source.is_dir() else request.source
    before = read_pose(path)
    turned = before.matrix_m @ about_axis(request.turn_rad)
    shift_m = np.asarray(request.shift_m, dtype=float)
    after = Pose(_shifted(turned, before.rotation @ shift_m))
    if request.head is not None:
        after = _on_scalp(request.head, before, after, shift_m, progress)
    return MovedPose(before, after, read_deformation(path))


def about_axis(turn_rad: float) -> FloatArray:
    """Return a turn about z, the coil's axis, which points into the head.

    Parameters
    ----------
    turn_rad : float [rad]
        Positive is clockwise for who looks along z, from behind the coil.

    Returns
    -------
    (4, 4) array
        To be multiplied from the right.
    """
    cos, sin = np.cos(turn_rad), np.sin(turn_rad)
    matrix = np.eye(4)
    matrix[:2, :2] = [[cos, -sin], [sin, cos]]
    return matrix


def _shifted(matrix_m: FloatArray, by_m: FloatArray) -> FloatArray:
    moved = matrix_m.copy()
    moved[:3, 3] += by_m
    return moved


def _on_scalp(
    asked: HeadRequest, before: Pose, after: Pose, shift_m: FloatArray, progress: Progress
) -> Pose:
    """Lay the coil on the scalp again, as far from it as it was, less what z asked for."""
    head = head_of(asked, progress=progress)
    progress("laying the coil on the scalp", 0.0)
    distance_m = distance_along_axis_m(head, before) - float(shift_m[2])
    ahead_m = after.origin_m + after.rotation[:, 1]
    return place_towards(head, after.origin_m, towards_m=ahead_m, distance_m=distance_m)


def write_move(found: MovedPose, path: Path) -> MovedPoseRecord:
    """Write a moved pose.

    Parameters
    ----------
    found : MovedPose
        From `run_move`.
    path : Path
        A JSON file.

    Returns
    -------
    MovedPoseRecord
        What was written, and by how much it differs from before.

    Raises
    ------
    BadInputError
        When the name does not end in .json.
    """
    if path.suffix.lower() != ".json":
        msg = f"a moved pose is written as JSON; {path} must end in .json. Convert it then."
        raise BadInputError(msg)
    write_pose(path, found.after, deformation=found.deformation)
    shift_mm = mm_from_m(
        found.before.rotation.T @ (found.after.origin_m - found.before.origin_m)
    )
    turned_deg, tilted_deg = pose_angles_deg(found.before, found.after)
    x, y, z = shift_mm.tolist()
    return MovedPoseRecord(
        matsimnibs=matsimnibs(found.after),
        turned_deg=round(turned_deg, 3),
        shifted_mm=numbers(shift_mm, 3),
        tilted_deg=round(tilted_deg, 3),
        words=(
            f"turned by {turned_deg:.1f}°, tilted by {tilted_deg:.1f}°, shifted by "
            f"({x:.1f}, {y:.1f}, {z:.1f}) mm along the coil's x, y and z axis"
        ),
        file=str(path),
    )


def pose_angles_deg(before: Pose, after: Pose) -> tuple[float, float]:
    """Return how far two poses are turned and tilted against each other.

    Parameters
    ----------
    before, after : Pose
        Two poses.

    Returns
    -------
    turned_deg : float
        About the axis of the first, clockwise seen from behind the coil.
    tilted_deg : float
        Between their axes.
    """
    relative = before.rotation.T @ after.rotation
    tilted = np.arccos(np.clip(relative[2, 2], -1, 1))
    turned = np.arctan2(-relative[0, 1], relative[1, 1])  # where y went, in the plane
    return float(np.rad2deg(turned)), float(np.rad2deg(tilted))
