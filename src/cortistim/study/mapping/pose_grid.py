"""The poses that a hunt may propose: places on the scalp around a start, times turns."""

from dataclasses import dataclass

import numpy as np

from cortistim.coil import Coil
from cortistim.errors import BadInputError, PoseError
from cortistim.geometry import unit
from cortistim.head import Head
from cortistim.placement import Pose, scalp_under
from cortistim.placement.clearance import distance_along_axis_m
from cortistim.targeting.scalp_poses import ScalpPoses, SearchRegion
from cortistim.typing import FloatArray, IntArray
from cortistim.units import mm_from_m

FARTHEST_START_M = 0.03
MOST_TILT = np.cos(np.radians(45.0))


@dataclass(frozen=True, slots=True)
class GridSettings:
    """How far and how densely poses are tried.

    Parameters
    ----------
    radius_m : float [m]
        How far from the start the coil may go.
    spacing_m : float [m]
        Between places.
    turn_rad : float [rad]
        How far the coil may be turned from the start, to either side.
    step_rad : float [rad]
        Between turns.
    """

    radius_m: float = 0.03
    spacing_m: float = 0.004
    turn_rad: float = float(np.pi / 2)
    step_rad: float = float(np.radians(15.0))

    def turns_rad(self) -> FloatArray:
        """Return the turns, (k,), the start's among them; of a half turn only one end."""
        count = round(self.turn_rad / self.step_rad)
        turns = self.step_rad * np.arange(-count, count + 1)
        whole = 2 * self.turn_rad >= np.pi - 1e-9 and abs(2 * self.turn_rad % np.pi) < 1e-9
        return turns[:-1] if whole else turns


@dataclass(frozen=True, eq=False)
class PoseGrid:
    """Poses with coordinates on the scalp.

    Parameters
    ----------
    poses_m : (n_pose, 4, 4) array [m]
        Clear of the head; place by place, turn by turn.
    place : (n_pose,) int array
        Which of the places.
    turn : (n_pose,) int array
        Which of the turns.
    places_m : (n_place, 2) array [m]
        Coordinates of the places in the start's tangent plane: its x and y, stretched so
        that distances from the start are those along the scalp.
    turns_rad : (n_turn,) array [rad]
        About the coil's axis; 0 is the start's.
    start_m : (4, 4) array [m]
        The start, on the scalp.
    """

    poses_m: FloatArray
    place: IntArray
    turn: IntArray
    places_m: FloatArray
    turns_rad: FloatArray
    start_m: FloatArray

    def coordinates(self, poses_m: FloatArray) -> FloatArray:
        """Return where poses are.

        Parameters
        ----------
        poses_m : (k, 4, 4) array [m]
            Any.

        Returns
        -------
        (k, 3) array
            Two coordinates in m in the start's tangent plane, and the turn in radians.
        """
        return _coordinates(self.start_m, np.asarray(poses_m, float))


def _coordinates(start_m: FloatArray, poses_m: FloatArray) -> FloatArray:
    """Flatten the scalp: keep the direction from the start, take the length along an arc."""
    x, y, z = start_m[:3, :3].T
    chord = poses_m[:, :3, 3] - start_m[:3, 3]
    across = np.stack([chord @ x, chord @ y], axis=1)
    flat_m = np.linalg.norm(across, axis=1)
    tilt = np.arccos(np.clip(poses_m[:, :3, 2] @ z, -1, 1))
    half = np.maximum(tilt / 2, 1e-9)
    arc_m = np.linalg.norm(chord, axis=1) * half / np.sin(half)
    places_m = across * (arc_m / np.maximum(flat_m, 1e-12))[:, None]
    # the start's y axis, carried along by the rotation that takes its z axis to the pose's
    axis = np.cross(np.broadcast_to(z, (len(poses_m), 3)), poses_m[:, :3, 2])
    cosine = (poses_m[:, :3, 2] @ z)[:, None]
    carried = y * cosine + np.cross(axis, y) + axis * (axis @ y)[:, None] / (1 + cosine)
    turn = np.arctan2(
        -np.einsum("ka,ka->k", carried, poses_m[:, :3, 0]),
        np.einsum("ka,ka->k", carried, poses_m[:, :3, 1]),
    )
    return np.column_stack([places_m, -turn])


def pose_grid(
    head: Head, coil: Coil, start: Pose, settings: GridSettings | None = None
) -> PoseGrid:
    """Lay the poses that may be proposed.

    Parameters
    ----------
    head, coil : Head, Coil
        What is held where.
    start : Pose
        In the middle; its distance to the scalp is kept, and more where the coil would touch.
    settings : GridSettings, optional
        How far and how densely.

    Returns
    -------
    PoseGrid
        Start first.

    Raises
    ------
    PoseError
        When the start is not at the scalp, looks away from it, or nothing is clear there.
    """
    asked = settings or GridSettings()
    scalp_m, distance_m = _on_the_scalp(head, start)
    region = SearchRegion(scalp_m, asked.radius_m, asked.spacing_m, distance_m, None)
    places = ScalpPoses(head, coil, region)
    turns = asked.turns_rad()
    first = places.grid(np.zeros(1), scalp_m[None])
    base = first.bases_m[0]
    # both frames share z up to the coil's tilt: the start's y in the base's plane
    across = base[:3, :2].T @ start.rotation[:, 1]
    offset = float(np.arctan2(-across[0], across[1]))
    found = places.grid(turns + offset)
    place, turn = np.nonzero(found.possible)
    if not len(place):
        msg = (
            "no pose around the start is clear of the head within 50 mm; check the start pose "
            "and the coil's casing."
        )
        raise PoseError(msg)
    poses_m = np.array(
        [found.pose(int(p), int(t)).matrix_m for p, t in zip(place, turn, strict=True)]
    )
    start_m = base.copy()
    y = unit(base[:3, :2] @ across)
    start_m[:3, 0], start_m[:3, 1] = np.cross(y, base[:3, 2]), y
    used, compact = np.unique(place, return_inverse=True)
    at = _coordinates(start_m, found.bases_m[used])[:, :2]
    return PoseGrid(poses_m, compact, turn, at, turns, start_m)


def _on_the_scalp(head: Head, start: Pose) -> tuple[FloatArray, float]:
    """Find the scalp under the start, and how far the coil is from it."""
    scalp_m, normal = scalp_under(head, start.origin_m)
    far_m = float(np.linalg.norm(start.origin_m - scalp_m))
    if far_m > FARTHEST_START_M:
        msg = (
            f"the start pose must lie at the scalp; the coil is {mm_from_m(far_m):.0f} mm from "
            "it. Is the pose in the head's frame, in millimetres?"
        )
        raise PoseError(msg)
    if -normal @ start.rotation[:, 2] < MOST_TILT:
        msg = (
            "the start pose must face the head: its z axis lies more than 45° off the scalp's "
            "inward normal. z points into the head, y away from the handle."
        )
        raise PoseError(msg)
    return scalp_m, max(0.0, distance_along_axis_m(head, start))


def require_inside(points_m: FloatArray, place_m: FloatArray, reach_m: float) -> None:
    """Refuse an operator whose points are not where they are asked for.

    Parameters
    ----------
    points_m : (n_point, 3) array [m]
        Of the operator.
    place_m : (3,) array [m]
        Where cortex is wanted.
    reach_m : float [m]
        How far at most.

    Raises
    ------
    BadInputError
        With the distance.
    """
    gap_m = float(np.linalg.norm(points_m - place_m, axis=1).min())
    if gap_m > reach_m:
        msg = (
            f"the operator needs points within {mm_from_m(reach_m):g} mm of the target; the "
            f"nearest is {mm_from_m(gap_m):.0f} mm away. Build it with points there."
        )
        raise BadInputError(msg)
