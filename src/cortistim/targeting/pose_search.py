"""Search with a lead field: every pose of a grid, then uphill by derivatives in the pose."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from scipy.optimize import minimize

from cortistim.coil.coil import Coil
from cortistim.coil.reduction import reduced
from cortistim.errors import PoseError
from cortistim.field.operator.basis import BATCH
from cortistim.placement import place_over, place_towards, raise_until_clear
from cortistim.placement.pose import Pose
from cortistim.targeting.lead import LeadField
from cortistim.targeting.objectives import Objective
from cortistim.targeting.scalp_poses import PoseGrid, ScalpPoses, turned
from cortistim.typing import FloatArray, Progress, silent

APART_M = 0.010  # between the coil centres of alternatives
FARTHEST_STEPS = 2.0  # that a pose may move from its start, in grid spacings and 15° turns
TURN_STEP_RAD = float(np.deg2rad(15.0))
PROBE = 0.05  # of a step, for the tangents of the scalp
MOST_EVALUATIONS = 25

PoseAt = Callable[[FloatArray], Pose]


@dataclass(frozen=True, eq=False)
class PoseSearch:
    """Poses of a coil on the scalp, and what they are worth.

    Parameters
    ----------
    places : ScalpPoses
        Head, coil and region.
    lead : LeadField
        E at the points that the objective reads.
    objective : Objective
        What is maximised.
    full : bool, optional
        Take the field of the full coil; by default that of the reduced one, see
        `cortistim.coil.reduction`. What must be clear of the head is the full coil always.
    """

    places: ScalpPoses
    lead: LeadField
    objective: Objective
    full: bool = False

    @property
    def coil(self) -> Coil:
        """The coil that is moved."""
        return self.places.coil

    @property
    def source(self) -> Coil:
        """What stands for the coil's field."""
        return self.coil if self.full else reduced(self.coil).coil

    def with_full_coil(self) -> Self:
        """Return the same search with the full coil's field: for values that are reported.

        Returns
        -------
        PoseSearch
            Slower and exact.
        """
        return replace(self, full=True)

    def values(self, poses: Sequence[Pose]) -> FloatArray:
        """Rate poses, (n_pose,).

        Parameters
        ----------
        poses : sequence of Pose
            Any.

        Returns
        -------
        (n_pose,) array
            The more, the better.
        """
        return self.read(poses, self.objective.value)

    def read(
        self, poses: Sequence[Pose], *functions: Callable[[FloatArray], FloatArray]
    ) -> FloatArray:
        """Compute numbers from E of many poses without keeping E.

        Parameters
        ----------
        poses : sequence of Pose
            Where the coil is.
        *functions : callables
            Each takes E, (n, n_point, 3), and gives (n,).

        Returns
        -------
        (n_pose,) or (n_function, n_pose) array
            One row for each function when there are several.
        """
        parts = []
        for first in range(0, len(poses), BATCH):
            shares = self.lead.shares(self.source, poses[first : first + BATCH])
            e_v_per_m = self.lead.fields_v_per_m(shares)
            parts.append([function(e_v_per_m) for function in functions])
        out = np.concatenate(parts, axis=1)
        return out[0] if len(functions) == 1 else out

    def value_and_slope(self, pose: Pose) -> tuple[float, FloatArray]:
        """Rate one pose and differentiate.

        Parameters
        ----------
        pose : Pose
            Where the coil is.

        Returns
        -------
        float
            The objective.
        (6,) array
            Its derivative per metre along, and per radian about, the coil's own axes.
        """
        e_v_per_m = self.lead.fields_v_per_m(self.lead.shares(self.source, [pose]))
        slope = self.objective.slope(e_v_per_m[0])
        value = float(self.objective.value(e_v_per_m)[0])
        return value, self.lead.pulled_back(self.source, pose, slope)

    def explore(
        self,
        grid: PoseGrid,
        *functions: Callable[[FloatArray], FloatArray],
        progress: Progress = silent,
    ) -> list[FloatArray]:
        """Read functions of E at every pose of a grid.

        Parameters
        ----------
        grid : PoseGrid
            From `ScalpPoses.grid`.
        *functions : callables
            As in `read`.
        progress : callable, optional
            Told the fraction done.

        Returns
        -------
        list of (n, k) arrays
            One for each function; NaN where there is no pose.

        Raises
        ------
        PoseError
            When no pose is possible.
        """
        index = np.argwhere(grid.possible)
        if len(index) == 0:
            msg = (
                "a search needs at least one legal pose; every one of the "
                f"{grid.possible.size} tried cuts the head. Take a larger distance."
            )
            raise PoseError(msg)
        out = [np.full(grid.possible.shape, np.nan) for _ in functions]
        for first in range(0, len(index), BATCH):
            progress("searching the scalp", first / len(index))
            some = index[first : first + BATCH]
            poses = [grid.pose(int(place), int(turn)) for place, turn in some]
            found = np.atleast_2d(self.read(poses, *functions))
            for values, row in zip(out, found, strict=True):
                values[tuple(some.T)] = row
        return out

    def refine(self, start: Pose) -> tuple[Pose, float]:
        """Go uphill from a pose: two coordinates on the scalp and the turn.

        The objective's derivative by the pose is exact; the way the scalp leads the coil is
        differentiated by small steps of its geometry alone.

        Parameters
        ----------
        start : Pose
            On the scalp.

        Returns
        -------
        Pose
            The best that was met, clear of the head.
        float
            Its value.
        """
        pose_at = self._sliding(start)
        best = [(self.value_and_slope(start)[0], start)]
        scale = abs(best[0][0]) or 1.0

        def loss(x: FloatArray) -> tuple[float, FloatArray]:
            try:
                pose, tangents = pose_at(x), _tangents(pose_at, x)
            except PoseError:
                return 1.0, np.zeros(len(x))
            value, slope = self.value_and_slope(pose)
            best.append((value, pose))
            return -value / scale, -tangents @ slope / scale

        free = 3 if self.places.region.handle_rad is None else 2
        limits = [(-FARTHEST_STEPS, FARTHEST_STEPS)] * free
        options = {"maxfun": MOST_EVALUATIONS, "ftol": 1e-5}
        first = np.zeros(free)
        minimize(loss, first, jac=True, method="L-BFGS-B", bounds=limits, options=options)
        value, pose = max(best, key=lambda pair: pair[0])
        return pose, value

    def _sliding(self, start: Pose) -> PoseAt:
        """Return the pose at coordinates along the face's x and y and the turn, in steps."""
        region, head = self.places.region, self.places.head

        def pose_at(x: FloatArray) -> Pose:
            point_m = start.origin_m + start.rotation[:, :2] @ (x[:2] * region.spacing_m)
            if region.handle_rad is None:
                base = place_towards(
                    head,
                    point_m,
                    towards_m=point_m + start.rotation[:, 1],
                    distance_m=region.distance_m,
                )
                base = turned(base, float(x[2]) * TURN_STEP_RAD)
            else:
                base = place_over(
                    head, point_m, handle_rad=region.handle_rad, distance_m=region.distance_m
                )
            # before it is lifted: a coil that wraps the head stands far off where it fits badly
            if not self._in_region(base):
                msg = "the pose must stay in the region that is searched."
                raise PoseError(msg)
            return raise_until_clear(head, self.coil, base)[0]

        return pose_at

    def _in_region(self, pose: Pose) -> bool:
        region = self.places.region
        away_m = np.linalg.norm(pose.origin_m - region.centre_m)
        return bool(away_m <= region.radius_m + 2 * region.distance_m + region.spacing_m)


def _tangents(pose_at: PoseAt, x: FloatArray) -> FloatArray:
    """Differentiate a pose by its coordinates, (n, 6): along and about its own axes."""
    rows = []
    for step in PROBE * np.eye(len(x)):
        after, before = pose_at(x + step), pose_at(x - step)
        turn = before.rotation.T @ after.rotation
        skew = turn - turn.T
        about = np.array([skew[2, 1], skew[0, 2], skew[1, 0]])
        along = before.rotation.T @ (after.origin_m - before.origin_m)
        rows.append(np.concatenate([along, about / 2]) / (2 * PROBE))
    return np.array(rows)


def distinct(found: Iterable[tuple[Pose, float]]) -> list[tuple[Pose, float]]:
    """Sort refined poses, the best first, and drop those within 10 mm of a better one.

    Parameters
    ----------
    found : iterable of (Pose, float)
        Poses and their values.

    Returns
    -------
    list of (Pose, float)
        At least the best.
    """
    kept: list[tuple[Pose, float]] = []
    for pose, value in sorted(found, key=lambda pair: -pair[1]):
        away_m = [float(np.linalg.norm(pose.origin_m - other.origin_m)) for other, _ in kept]
        if min(away_m, default=np.inf) >= APART_M:
            kept.append((pose, value))
    return kept


def best_apart(grid: PoseGrid, values: FloatArray, count: int) -> list[tuple[Pose, float]]:
    """Choose the best poses whose positions are 10 mm apart or more.

    Parameters
    ----------
    grid : PoseGrid
        What was tried.
    values : (n, k) array
        Of each pose; NaN where there is none.
    count : int
        How many at most.

    Returns
    -------
    list of (Pose, float)
        The best turn of each position, the best first.
    """
    rated = np.nan_to_num(values, nan=-np.inf)
    chosen: list[int] = []
    for place in np.argsort(-rated.max(axis=1), kind="stable"):
        away_m = np.linalg.norm(grid.positions_m[chosen] - grid.positions_m[place], axis=1)
        if np.isfinite(rated[place].max()) and (away_m >= APART_M).all():
            chosen.append(int(place))
        if len(chosen) == count:
            break
    turns = rated.argmax(axis=1)
    return [(grid.pose(p, int(turns[p])), float(rated[p, turns[p]])) for p in chosen]
