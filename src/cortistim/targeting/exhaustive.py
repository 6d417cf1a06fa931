"""Every position and every turn of the coil for one target: millions of poses in a minute.

The mean E in a target is, by reciprocity, a sum over the coil's dipoles of their moments times
the magnetic field of the adjoint currents. That field is tabulated once on a grid outside the
head. Around the coil's axis the mean E is smooth, so it is summed for some turns and carried
to all others by its Fourier series; along the axis it is carried by a parabola.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.signal import resample

from cortistim.coil.coil import Coil
from cortistim.errors import BadInputError
from cortistim.field.operator.basis import LOWEST_NORMAL, evenly_spread
from cortistim.geometry import freeze, transform
from cortistim.head.head import Head
from cortistim.placement.pose import Pose
from cortistim.targeting import _kernels
from cortistim.targeting.lead import PER_A_PER_US
from cortistim.targeting.reciprocity import CurrentElements
from cortistim.targeting.scalp_poses import PoseGrid, ScalpPoses
from cortistim.typing import FloatArray, IntArray, Progress, silent

SPACING_M = 0.005
N_SUMMED = 16  # turns whose dipoles are summed
N_LIFTED = 36  # turns at which the coil is lifted until it is clear
N_TURN = 360
LEVEL_M = 0.0003  # lifts that differ by less than this are one level


@dataclass(frozen=True, eq=False)
class EveryPose:
    """The mean field of every pose.

    Parameters
    ----------
    grid : PoseGrid
        Positions, turns and lifts.
    mean_fields_v_per_m : (n, k, 3) array [V/m]
        Mean E in the target for 1 A/µs; NaN where there is no pose.
    """

    grid: PoseGrid
    mean_fields_v_per_m: FloatArray

    def __post_init__(self) -> None:
        """Freeze the fields."""
        freeze(self, "mean_fields_v_per_m")

    def best(self) -> Pose:
        """Return the pose with the largest |mean E|."""
        size = np.linalg.norm(self.mean_fields_v_per_m, axis=2)
        place, turn = np.unravel_index(np.nanargmax(size), size.shape)
        return self.grid.pose(int(place), int(turn))


def scalp_positions_m(head: Head, count: int) -> FloatArray:
    """Spread positions over the scalp where it does not look down.

    Parameters
    ----------
    head : Head
        Any.
    count : int
        How many at most.

    Returns
    -------
    (n, 3) array [m]
        Vertices of the scalp.
    """
    scalp = head.scalp
    places_m = scalp.vertices_m[scalp.normals[:, 2] > LOWEST_NORMAL]
    return places_m[evenly_spread(places_m, count)]


def every_pose(
    places: ScalpPoses,
    elements: CurrentElements,
    positions_m: FloatArray,
    *,
    n_turn: int = N_TURN,
    progress: Progress = silent,
) -> EveryPose:
    """Predict the mean field of every position and turn.

    Parameters
    ----------
    places : ScalpPoses
        Head, coil and distance.
    elements : CurrentElements
        Of the target, compressed.
    positions_m : (n, 3) array [m]
        On the scalp.
    n_turn : int, optional
        Turns over the full circle.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    EveryPose
        Poses on the scalp, lifted until they are clear. Between the turns that are summed
        lifts are interpolated linearly, so a pose should be raised until clear before use.

    Raises
    ------
    BadInputError
        When the coil is not made of dipoles alone.
    """
    if places.coil.further:
        msg = (
            f"the search of every pose needs a coil of dipoles; {places.coil.name} has wire or "
            "a grid. Use aim() instead."
        )
        raise BadInputError(msg)
    progress("placing the coil", 0.0)
    lifted = places.grid(_circle(N_LIFTED), positions_m)
    lifted = _some(lifted, np.flatnonzero(lifted.possible.all(axis=1)))
    heights_m = _levels_m(lifted.lifts_m)
    summed = replace(lifted, turns_rad=_circle(N_SUMMED))
    progress("tabulating the adjoint field", 0.2)
    table = _Table.of(elements, summed, heights_m, places.coil)
    progress("summing over the coil", 0.5)
    at_levels = PER_A_PER_US * table.sums(places.coil, summed, heights_m)
    grid = _all_turns(lifted, n_turn)
    fine = np.asarray(resample(at_levels, n_turn, axis=2), np.float32)
    fields = _at_lifts(fine, heights_m, grid.lifts_m)
    return EveryPose(grid, fields)


def _circle(count: int) -> FloatArray:
    return 2 * np.pi * np.arange(count) / count


def _some(grid: PoseGrid, chosen: IntArray) -> PoseGrid:
    return PoseGrid(
        grid.positions_m[chosen], grid.bases_m[chosen], grid.turns_rad, grid.lifts_m[chosen]
    )


def _levels_m(lifts_m: FloatArray) -> FloatArray:
    """Lowest, middle and highest lift of each position, (n, 3)."""
    low, high = lifts_m.min(axis=1), lifts_m.max(axis=1)
    high = np.maximum(high, low + LEVEL_M)
    return np.column_stack([low, (low + high) / 2, high])


def _all_turns(lifted: PoseGrid, n_turn: int) -> PoseGrid:
    """Interpolate lifts to all turns."""
    n_known = len(lifted.turns_rad)
    place = np.arange(n_turn) * n_known / n_turn
    low = place.astype(int)
    share = place - low
    after = (low + 1) % n_known
    lifts = lifted.lifts_m[:, low] * (1 - share) + lifted.lifts_m[:, after] * share
    return replace(lifted, turns_rad=_circle(n_turn), lifts_m=lifts)


def _at_lifts(fields: FloatArray, heights_m: FloatArray, lifts_m: FloatArray) -> FloatArray:
    """Interpolate by the parabola through three levels, (n, 3, k, 3) to (n, k, 3)."""
    low, _, high = heights_m.T[:, :, None]
    t = (2 * (lifts_m - low) / (high - low) - 1).astype(np.float32)[..., None]
    below, middle, above = fields[:, 0], fields[:, 1], fields[:, 2]
    return below * (t * (t - 1) / 2) + middle * (1 - t * t) + above * (t * (t + 1) / 2)


@dataclass(frozen=True, eq=False)
class _Table:
    """Three adjoint fields on the points of a grid that the coil's dipoles come near."""

    origin_m: FloatArray
    number: IntArray
    values: FloatArray

    @classmethod
    def of(
        cls, elements: CurrentElements, grid: PoseGrid, heights_m: FloatArray, coil: Coil
    ) -> "_Table":
        reach_m = float(np.linalg.norm(coil.dipoles_m, axis=1).max() + heights_m.max())
        centres_m = grid.bases_m[:, :3, 3]
        origin_m = centres_m.min(axis=0) - reach_m - 2 * SPACING_M
        size = (centres_m.max(axis=0) + reach_m - origin_m) / SPACING_M
        used = np.zeros(np.ceil(size).astype(int) + 4, np.uint8)
        _kernels.mark_cells(*_scaled(grid, heights_m, coil, origin_m), used)
        for axis in range(3):
            used = np.logical_or.reduce([np.roll(used, k, axis) for k in (-1, 0, 1, 2)])
        points_m = origin_m + SPACING_M * np.argwhere(used)
        as_coil = [
            Coil("adjoint", elements.positions_m, q, coil.casing, "", ())
            for q in elements.currents.transpose(2, 0, 1)
        ]
        values = np.hstack([one.vector_potential_t_m(points_m) for one in as_coil])
        number = (np.cumsum(used, dtype=np.int32) - 1).reshape(used.shape)
        return cls(origin_m, number, values.astype(np.float32))

    def sums(self, coil: Coil, grid: PoseGrid, heights_m: FloatArray) -> FloatArray:
        """Sum over the dipoles, (n, 3, k, 3), for 1 A/s."""
        moments = np.ascontiguousarray(coil.moments_m2)
        scaled = _scaled(grid, heights_m, coil, self.origin_m)
        return _kernels.turned_fields(*scaled, moments, self.number, self.values)


def _scaled(
    grid: PoseGrid, heights_m: FloatArray, coil: Coil, origin_m: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Bases, turns, heights and dipoles in units of the table's grid."""
    to_grid = np.eye(4)
    to_grid[:3] = np.column_stack([np.eye(3), -origin_m]) / SPACING_M
    bases = grid.bases_m[:, :3].copy()
    bases[:, :, 3] = transform(to_grid, grid.bases_m[:, :3, 3])
    turns = np.column_stack([np.cos(grid.turns_rad), np.sin(grid.turns_rad)])
    return bases, turns, heights_m / SPACING_M, coil.dipoles_m / SPACING_M
