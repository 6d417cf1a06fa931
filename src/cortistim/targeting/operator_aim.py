"""Aim with a field operator: any objective, over the scalp, without a solve."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from cortistim.coil.coil import Coil
from cortistim.errors import BadInputError
from cortistim.field import FieldOperator
from cortistim.field.target import FARTHEST_M, patch_around
from cortistim.head.head import Head
from cortistim.placement import scalp_under
from cortistim.placement.pose import Pose
from cortistim.ranking import unbeaten
from cortistim.targeting.aim import SPACING_M, AimSettings
from cortistim.targeting.half_turn import handle_backward
from cortistim.targeting.lead import LeadField
from cortistim.targeting.objectives import Avoidance, Guarded, MeanStrength
from cortistim.targeting.pose_search import PoseSearch, best_apart, distinct
from cortistim.targeting.scalp_poses import PoseGrid, ScalpPoses, SearchRegion
from cortistim.targeting.tolerance import Tolerance, pose_tolerance
from cortistim.targeting.wishes import NEEDS_OPERATOR, Wish
from cortistim.typing import FloatArray, IntArray, Progress, silent
from cortistim.units import mm_from_m

N_TURN = 24
REFINED = 4
ALTERNATIVES = 4
ROWS = 20  # of the trade-off
DECIMALS = 5  # of its V/m per A/µs

Reading = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, slots=True)
class Choice:
    """A pose and what it is worth.

    Parameters
    ----------
    pose : Pose
        Clear of the head.
    value : float
        Of the objective, in its unit and with the sign that people quote.
    target_v_per_m : float
        Mean |E| in the target for 1 A/µs.
    avoided_v_per_m : float
        Mean |E| in the region to be avoided that gets most; NaN without one.
    """

    pose: Pose
    value: float
    target_v_per_m: float
    avoided_v_per_m: float


@dataclass(frozen=True, eq=False)
class OperatorAim:
    """What a search with an operator found.

    Parameters
    ----------
    centre_m : (3,) array [m]
        The target in subject space, on the cortex.
    moved_m : float [m]
        How far it was moved to get there.
    points : int
        Number of points in the target.
    best : Choice
        The chosen pose.
    alternatives : tuple of Choice
        Others whose centre is 10 mm away or more, the best first.
    tolerance : Tolerance
        Of the chosen pose.
    trade_off : tuple of Choice
        Poses of which none is better in target and avoided region both; the strongest in the
        target first. Empty without a region to be avoided.
    tried : int
        Number of poses on the grid.
    name : str
        Of the objective.
    unit : str
        Of the value.
    missed_share : float
        Of the chosen pose, see `FieldOperator.missed_share`.
    """

    centre_m: FloatArray
    moved_m: float
    points: int
    best: Choice
    alternatives: tuple[Choice, ...]
    tolerance: Tolerance
    trade_off: tuple[Choice, ...]
    tried: int
    name: str
    unit: str
    missed_share: float


def aim_with_operator(
    head: Head,
    coil: Coil,
    point_m: FloatArray,
    operator: FieldOperator,
    *,
    wish: Wish | None = None,
    settings: AimSettings | None = None,
    progress: Progress = silent,
) -> OperatorAim:
    """Find the pose that serves an objective best.

    Positions every 6 mm and turns every 15° are all tried; the best of them, 10 mm apart or
    more, are refined along the derivatives of the objective by the pose.

    Parameters
    ----------
    head : Head
        The one that the operator was built on.
    coil : Coil
        What to place.
    point_m : (3,) array [m]
        The target in subject space.
    operator : FieldOperator
        With points near the target.
    wish : Wish, optional
        The objective, by default mean |E| in the target.
    settings : AimSettings, optional
        Distance, handle, radius.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    OperatorAim
        Poses, values, tolerance.

    Raises
    ------
    BadInputError
        When the operator is another head's or has no points where they are needed.
    PoseError
        When no pose in the region is clear of the head.
    """
    operator.origin.require(head)
    wish, settings = wish or Wish(), settings or AimSettings()
    target = target_points(operator.points_m, point_m)
    region = SearchRegion(
        scalp_under(head, target.centre_m)[0],
        settings.radius_m,
        SPACING_M,
        settings.distance_m,
        settings.handle_rad,
        N_TURN,
    )
    places = ScalpPoses(head, coil, region)
    task = _Task.of(places, operator, target.points, wish)
    grid = places.grid(places.turns_rad())
    values, strengths, avoided = task.search.explore(grid, *task.readings, progress=progress)
    search, rated = task.search, values
    if wish.name in NEEDS_OPERATOR:
        search = task.guarded(wish.least, values, strengths)
        rated = np.where(strengths >= wish.least * np.nanmax(strengths), values, np.nan)
    starts = best_apart(grid, rated, REFINED + ALTERNATIVES)
    found = []
    for number, (start, _) in enumerate(starts[:REFINED]):
        progress("refining the pose", number / REFINED)
        found.append(search.refine(start))
    poses = [pose for pose, _ in distinct([*found, *starts])[: 1 + ALTERNATIVES]]
    best, *others = task.choices([_handle_backward(search, pose) for pose in poses])
    return OperatorAim(
        target.centre_m,
        target.moved_m,
        len(target.points),
        best,
        tuple(others),
        pose_tolerance(task.search.values, best.pose),
        _trade_off(task, grid, strengths, avoided) if wish.avoid else (),
        int(grid.possible.sum()),
        wish.name,
        task.search.objective.unit,
        operator.missed_share(coil, best.pose),
    )


@dataclass(frozen=True, eq=False)
class TargetPoints:
    """An operator's points in a target.

    Parameters
    ----------
    centre_m : (3,) array [m]
        In subject space.
    moved_m : float [m]
        How far the centre was moved.
    points : (n,) int array
        Indices.
    """

    centre_m: FloatArray
    moved_m: float
    points: IntArray


def target_points(points_m: FloatArray, point_m: FloatArray) -> TargetPoints:
    """Take an operator's points within 5 mm of a target.

    Parameters
    ----------
    points_m : (n_point, 3) array [m]
        The operator's.
    point_m : (3,) array [m]
        The target in subject space; moved to the nearest point where fewer than five lie
        within 5 mm.

    Returns
    -------
    TargetPoints
        At least one.

    Raises
    ------
    BadInputError
        When the nearest point is more than 20 mm away.
    """
    patch = patch_around(points_m, point_m)
    if not patch.moved_m <= FARTHEST_M:
        msg = (
            f"a target must lie within {mm_from_m(FARTHEST_M):g} mm of a point of the "
            f"operator; the nearest is {mm_from_m(patch.moved_m):.1f} mm away. Check the "
            "target's space, or build an operator with points there."
        )
        raise BadInputError(msg)
    return TargetPoints(patch.centre_m, patch.moved_m, patch.points)


@dataclass(frozen=True, eq=False)
class _Task:
    """A search, and what else is read at each pose."""

    search: PoseSearch
    target: IntArray
    regions: tuple[IntArray, ...]

    @classmethod
    def of(
        cls, places: ScalpPoses, operator: FieldOperator, target: IntArray, wish: Wish
    ) -> "_Task":
        """Keep only the points that the wish reads, the target's first."""
        everywhere = np.arange(len(operator.points_m))
        regions = wish.avoided(operator.points_m)
        others = everywhere if wish.name == "focality" else np.concatenate([target, *regions])
        kept = np.concatenate([target, np.setdiff1d(others, target)])
        points_m = operator.points_m[kept]
        own = np.arange(len(target))
        objective = wish.objective(places.head, points_m, own)
        lead = LeadField.of_operator(operator, kept)
        search = PoseSearch(places, lead, objective)
        return cls(search, own, wish.avoided(points_m))

    def target_v_per_m(self, e_v_per_m: FloatArray) -> FloatArray:
        """Mean |E| in the target."""
        return MeanStrength(self.target).value(e_v_per_m)

    def avoided_v_per_m(self, e_v_per_m: FloatArray) -> FloatArray:
        """Mean |E| in the region to be avoided that gets most; NaN without one."""
        if not self.regions:
            return np.full(len(e_v_per_m), np.nan)
        return Avoidance(self.target, self.regions).avoided(e_v_per_m)

    @property
    def readings(self) -> tuple[Reading, ...]:
        """Value, target and avoided region."""
        return self.search.objective.value, self.target_v_per_m, self.avoided_v_per_m

    def choices(self, poses: list[Pose]) -> list[Choice]:
        """Say what poses are worth."""
        rows = self.search.read(poses, *self.readings).T.tolist()
        sign = self.search.objective.sign
        return [
            Choice(pose, sign * value, strength, avoided)
            for pose, (value, strength, avoided) in zip(poses, rows, strict=True)
        ]

    def guarded(self, least: float, values: FloatArray, strengths: FloatArray) -> PoseSearch:
        """Put a price on poses that leave the target too little."""
        least_v_per_m = least * float(np.nanmax(strengths))
        scale = float(np.nanmedian(np.abs(values)))
        objective = Guarded(self.search.objective, self.target, least_v_per_m, scale)
        return replace(self.search, objective=objective)


def _handle_backward(search: PoseSearch, pose: Pose) -> Pose:
    places = search.places
    if places.region.handle_rad is not None:
        return pose
    return handle_backward(places.head, search.coil, pose, search.values)


def _trade_off(
    task: _Task, grid: PoseGrid, strengths: FloatArray, avoided: FloatArray
) -> tuple[Choice, ...]:
    """Poses of the grid that no other beats in target and avoided region both."""
    index = np.argwhere(grid.possible)
    # rounded, so that half a turn, which changes nothing, does not count as an improvement
    gain, cost = (v[grid.possible].round(DECIMALS) for v in (strengths, avoided))
    unlike, first = np.unique(np.stack([-gain, cost], axis=1), axis=0, return_index=True)
    front = first[unbeaten(unlike)]
    chosen = front[np.unique(np.linspace(0, len(front) - 1, ROWS).round().astype(int))]
    return tuple(task.choices([grid.pose(int(p), int(t)) for p, t in index[chosen]]))
