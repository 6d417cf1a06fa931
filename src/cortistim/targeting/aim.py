"""Aim: the pose that drives a target hardest, confirmed by a direct solve."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from cortistim.coil.coil import Coil
from cortistim.coil.reduction import reduced
from cortistim.errors import PoseError
from cortistim.field.field import Field, solve_fields
from cortistim.field.hierarchic.refine import DEFAULT_ORDER
from cortistim.field.solver.fem import TOLERANCE, FemSystem
from cortistim.field.target import Target, target_at
from cortistim.head.head import Head
from cortistim.placement import (
    DISTANCE_M,
    place_over,
    raise_until_clear,
    scalp_under,
)
from cortistim.placement.pose import Pose
from cortistim.plausible import require_plausible
from cortistim.shown import Facts, Shown
from cortistim.targeting.half_turn import handle_backward
from cortistim.targeting.lead import PER_A_PER_US, LeadField
from cortistim.targeting.objectives import MeanStrength, Objective
from cortistim.targeting.pose_search import PoseSearch, distinct
from cortistim.targeting.reciprocity import solve_adjoint
from cortistim.targeting.response import TargetResponse
from cortistim.targeting.scalp_poses import SearchRegion, turned
from cortistim.targeting.search import Rating, Search, SearchMap, Trials, try_all
from cortistim.targeting.tolerance import Tolerance, pose_tolerance
from cortistim.targeting.wishes import Wish
from cortistim.typing import FloatArray, Progress, silent
from cortistim.units import mm_from_m

RADIUS_M = 0.03
SPACING_M = 0.006
CONVENTIONAL_HANDLE_RAD = np.pi / 4
PROBE_TURNS_RAD = (0.0, np.pi / 3, 2 * np.pi / 3)
# Of the solves that tell only how the target's points share in its mean field.
PROBE_TOLERANCE = 1e-4
STARTS = (1, 4)  # refined in the first round, and in the second


@dataclass(frozen=True, slots=True)
class AimSettings:
    """What the search is asked to respect.

    Parameters
    ----------
    distance_m : float [m], optional
        From the scalp to the casing's face.
    handle_rad : float [rad], optional
        Keep this handle angle; searched when left out.
    radius_m : float [m], optional
        How far from the scalp point above the target the coil may go.
    tolerance : float, optional
        On the relative residual of the solves.
    order : int, optional
        Highest order of the elements that the target is read with, 1 to 6.
    """

    distance_m: float = DISTANCE_M
    handle_rad: float | None = None
    radius_m: float = RADIUS_M
    tolerance: float = TOLERANCE
    order: int = DEFAULT_ORDER

    def __post_init__(self) -> None:
        """Refuse degrees and millimetres before any work is done."""
        for name in ("handle_rad", "distance_m", "radius_m"):
            require_plausible(name, getattr(self, name))


@dataclass(frozen=True, eq=False, repr=False)
class Aim(Shown):
    """The chosen pose and what speaks for it.

    Parameters
    ----------
    target : Target
        What was aimed at.
    pose : Pose
        The chosen pose, clear of the head.
    field : Field
        Direct solve at that pose, for 1 A/µs.
    search : Search
        The adjoint fields, which predict any other pose.
    response : TargetResponse
        From the mean field to the mean strength in the target.
    conventional_pose : Pose or None
        The coil straight above the target, handle 45° away from the midline; None where
        that angle is undefined or the head is in the way.
    search_map : SearchMap
        What was tried.
    objective : Objective
        What the pose was chosen for, at the target's points.
    alternatives : tuple of (Pose, float)
        Other poses 10 mm away or more and their predicted values, the best first.
    """

    target: Target
    pose: Pose
    field: Field
    search: Search
    response: TargetResponse
    conventional_pose: Pose | None
    search_map: SearchMap
    objective: Objective
    alternatives: tuple[tuple[Pose, float], ...]

    def facts(self) -> Facts:
        """Name what matters.

        Returns
        -------
        tuple of (str, str)
            Labels and values, with units.
        """
        x, y, z = mm_from_m(self.pose.origin_m)
        return (
            ("|E| at the target", f"{self.at_target_v_per_m:.4g} V/m"),
            ("coil at", f"({x:.1f}, {y:.1f}, {z:.1f}) mm"),
            ("objective", self.objective.name),
            ("other good poses", f"{len(self.alternatives)}"),
        )

    @cached_property
    def at_target_v_per_m(self) -> FloatArray:
        """E at the target's points by the direct solve, (n, 3), for 1 A/µs."""
        return self.target.at_v_per_m(self.field)

    @property
    def value(self) -> float:
        """Value of the objective by the direct solve, for 1 A/µs."""
        return float(self.objective.value(self.at_target_v_per_m))

    @cached_property
    def tolerance(self) -> Tolerance:
        """What small errors of the pose cost, as predicted."""
        lead = LeadField.of_adjoint(self.search.adjoint.fast, self.response)
        rater = PoseSearch(self.search, lead, self.objective)
        return pose_tolerance(rater.values, self.pose)

    @cached_property
    def strength_tolerance(self) -> Tolerance:
        """What small errors of the pose cost in mean |E|, whatever was maximised."""
        if isinstance(self.objective, MeanStrength):
            return self.tolerance
        return replace(self, objective=MeanStrength()).tolerance

    def predict_v_per_m(self, pose: Pose) -> float:
        """Predict mean |E| in the target for another pose, for 1 A/µs.

        Parameters
        ----------
        pose : Pose
            Clear of the head; best within a few centimetres of the chosen one.

        Returns
        -------
        float
            V/m, without a solve.
        """
        return self.response.strength_v_per_m(self.search.mean_field_v_per_m(pose, exact=True))

    @cached_property
    def predicted_e_v_per_m(self) -> float:
        """Mean |E| in the target at the chosen pose as predicted, for 1 A/µs."""
        return self.predict_v_per_m(self.pose)

    @cached_property
    def conventional_e_v_per_m(self) -> float:
        """Mean |E| straight above the target as predicted, for 1 A/µs; NaN without a pose."""
        if self.conventional_pose is None:
            return float("nan")
        return self.predict_v_per_m(self.conventional_pose)

    @property
    def e_v_per_m(self) -> float:
        """Mean |E| in the target by the direct solve, for 1 A/µs."""
        return float(np.linalg.norm(self.at_target_v_per_m, axis=1).mean())

    @property
    def reciprocity_error(self) -> float:
        """Relative difference of the mean E between reciprocity and the direct solve."""
        direct = self.at_target_v_per_m.mean(axis=0)
        predicted = self.search.mean_field_v_per_m(self.pose, exact=True)
        off = np.linalg.norm(predicted - direct)
        return float(off / np.linalg.norm(direct))

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of ``references.bib``."""
        return tuple(dict.fromkeys(("gomez2021", *self.field.sources)))


def aim(
    head: Head,
    coil: Coil,
    point_m: FloatArray,
    *,
    wish: Wish | None = None,
    settings: AimSettings | None = None,
    system: FemSystem | None = None,
    progress: Progress = silent,
) -> Aim:
    """Find the pose with the strongest field in a target.

    Three adjoint solves give the mean field of any pose; positions and angles are tried on a
    grid over the scalp, the best are refined continuously under the condition that the
    casing stays outside the head, and the winner is solved directly.

    Parameters
    ----------
    head : Head
        With a cortex.
    coil : Coil
        What to place.
    point_m : (3,) array [m]
        The target in subject space.
    wish : Wish, optional
        Another objective than the mean |E|, of the target's field alone.
    settings : AimSettings, optional
        Distance, handle, radius, tolerance.
    system : FemSystem, optional
        The head's, when it was built before.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    Aim
        Pose, field and evidence.

    Raises
    ------
    MissingAnatomyError
        When the head has no grey matter.
    PoseError
        When no legal pose exists in the region.
    ConvergenceError
        When a solve stops short.
    """
    settings, wish = settings or AimSettings(), wish or Wish()
    wish.require_no_operator()
    target = target_at(head, point_m, order=settings.order)
    places_m = target.points.points_m
    objective = wish.objective(head, places_m, np.arange(len(places_m)))
    system = system or FemSystem.of(head)
    search = _search_of(head, coil, target, settings, system, progress)
    trials = try_all(search, progress=progress)
    solve = _Solver(head, coil, system, settings.tolerance)
    loose = max(PROBE_TOLERANCE, settings.tolerance)
    probing = replace(solve, coil=reduced(coil).coil, tolerance=loose)
    found, rating = _best(search, trials, target, objective, probing, progress)
    pose = found[0][0]
    if search.region.handle_rad is None:
        pose = handle_backward(
            head, coil, pose, lambda poses: [_value(search, rating, p) for p in poses]
        )
    field = solve([pose])[0]
    progress("confirming by a direct solve", 1.0)
    return Aim(
        target,
        pose,
        field,
        search,
        rating.response,
        _conventional(search),
        _search_map(search, trials, rating, pose),
        objective,
        tuple(found[1:]),
    )


def aim_of_pose(
    head: Head,
    coil: Coil,
    point_m: FloatArray,
    pose: Pose,
    *,
    settings: AimSettings | None = None,
    system: FemSystem | None = None,
    progress: Progress = silent,
) -> Aim:
    """Solve at a pose that was found otherwise, and say what speaks for it.

    Parameters
    ----------
    head : Head
        With a cortex.
    coil : Coil
        What is placed.
    point_m : (3,) array [m]
        The target in subject space.
    pose : Pose
        Such as the best one by an operator.
    settings : AimSettings, optional
        Distance, handle, radius, tolerance.
    system : FemSystem, optional
        The head's, when it was built before.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    Aim
        As `aim`, without alternatives: two blocks of three solves each.

    Raises
    ------
    MissingAnatomyError
        When the head has no grey matter.
    ConvergenceError
        When a solve stops short.
    """
    settings = settings or AimSettings()
    system = system or FemSystem.of(head)
    target = target_at(head, point_m, order=settings.order)
    search = _search_of(head, coil, target, settings, system, progress)
    trials = try_all(search, progress=progress)
    progress("confirming by direct solves", 1.0)
    solve = _Solver(head, coil, system, settings.tolerance)
    fields = solve([turned(pose, angle) for angle in PROBE_TURNS_RAD])
    objective = MeanStrength()
    rating = Rating(TargetResponse.fitted(target, fields), objective)
    return Aim(
        target,
        pose,
        replace(fields[0], pose=pose),  # the first is not turned
        search,
        rating.response,
        _conventional(search),
        _search_map(search, trials, rating, pose),
        objective,
        (),
    )


def _search_of(
    head: Head,
    coil: Coil,
    target: Target,
    settings: AimSettings,
    system: FemSystem,
    progress: Progress,
) -> Search:
    """Solve the adjoint fields of a target."""
    centre, _ = scalp_under(head, target.centre_m)
    progress("solving the adjoint fields", 0.0)
    adjoint = solve_adjoint(system, target, near_m=centre, tolerance=settings.tolerance)
    region = SearchRegion(
        centre, settings.radius_m, SPACING_M, settings.distance_m, settings.handle_rad
    )
    return Search(head, coil, region, adjoint)


@dataclass(frozen=True)
class _Solver:
    """Direct solves on one head with one coil."""

    head: Head
    coil: Coil
    system: FemSystem
    tolerance: float

    def __call__(self, poses: Iterable[Pose]) -> list[Field]:
        return solve_fields(
            self.head,
            self.coil,
            list(poses),
            didt_a_per_s=PER_A_PER_US,
            system=self.system,
            tolerance=self.tolerance,
        )


def _best(
    search: Search,
    trials: Trials,
    target: Target,
    objective: Objective,
    solve: _Solver,
    progress: Progress,
) -> tuple[list[tuple[Pose, float]], Rating]:
    """Alternate between learning the target's response and refining the pose."""
    rating = Rating(TargetResponse.uniform(len(target.points.points_m)), objective)
    pose = search.pose(*next(trials.starts(rating, 1)))
    found: list[tuple[Pose, float]] = []
    for done, count in enumerate(STARTS):
        progress("refining the pose", done / len(STARTS))
        probes = [turned(pose, angle) for angle in PROBE_TURNS_RAD]
        rating = Rating(TargetResponse.fitted(target, solve(probes)), objective)
        lead = LeadField.of_adjoint(search.adjoint.fast, rating.response)
        climber = PoseSearch(search, lead, objective)
        starts = [search.pose(*start) for start in trials.starts(rating, count)]
        found = [climber.refine(start) for start in starts]
        found += zip(starts, climber.values(starts).tolist(), strict=True)
        found = distinct(found)
        pose = found[0][0]
    return found, rating


def _conventional(search: Search) -> Pose | None:
    handle = search.region.handle_rad
    try:
        pose = place_over(
            search.head,
            search.region.centre_m,
            handle_rad=CONVENTIONAL_HANDLE_RAD if handle is None else handle,
            distance_m=search.region.distance_m,
        )
        return raise_until_clear(search.head, search.coil, pose)[0]
    except PoseError:
        return None


def _value(search: Search, rating: Rating, pose: Pose) -> float:
    return float(rating.values(search.mean_field_v_per_m(pose)[None])[0])


def _search_map(search: Search, trials: Trials, rating: Rating, pose: Pose) -> SearchMap:
    shown = Rating(rating.response, MeanStrength())  # strength, whatever was maximised
    angles = np.deg2rad(np.arange(-180, 180, 10.0))
    by_angle = [_value(search, shown, turned(pose, float(angle))) for angle in angles]
    best = trials.values(shown).max(axis=1)
    tried = np.isfinite(best)
    return SearchMap(trials.positions_m[tried], best[tried], angles, np.array(by_angle))
