"""Shape and pose of a coil that can be bent, searched together for one target.

Bending a coil to the head first and then looking for the best pose need not give the best
pair: what lies closest to the scalp at one pose is not what drives the target hardest at
another. From the pair found in turn, all coordinates move at once here: two on the scalp, the
turn, and every parameter of the shape, rated by the target's adjoint fields as before.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize

from cortistim.coil import Coil
from cortistim.coil.collision import collisions
from cortistim.coil.reduced_assembly import ReducedAssembly
from cortistim.errors import PoseError
from cortistim.field.field import solve_linear
from cortistim.field.solver.fem import TOLERANCE, FemSystem
from cortistim.placement import place_over, place_towards, raise_until_clear
from cortistim.placement.clearance import lift_of_points_m
from cortistim.placement.pose import Pose
from cortistim.targeting.aim import Aim
from cortistim.targeting.lead import PER_A_PER_US
from cortistim.targeting.pose_search import TURN_STEP_RAD
from cortistim.targeting.scalp_poses import turned
from cortistim.targeting.search import Rating
from cortistim.typing import FloatArray, Progress, silent

MOST_TRIALS = 120  # from each start
SETTLED = 0.01  # of a step, and of the value
FIRST_STEP = 0.5  # of the grid's spacing, of 15°
FIRST_BEND = 0.15  # of a parameter's range


@dataclass(frozen=True, eq=False)
class Reshaped:
    """What searching shape and pose together gave.

    Parameters
    ----------
    aim : Aim
        The better of both, by direct solves with the full coil.
    first_value, together_value : float
        Of the objective by direct solves: bent first and then aimed, and searched together.
    trials : int
        Pairs that were rated.
    """

    aim: Aim
    first_value: float
    together_value: float
    trials: int

    @property
    def gain(self) -> float:
        """Relative gain over bending first; 0 where that could not be bettered."""
        better = self.together_value - self.first_value
        return max(0.0, better / abs(self.first_value))


def reshape(
    first: Aim,
    coil: ReducedAssembly,
    bent: Callable[[dict[str, float]], Coil],
    *,
    system: FemSystem | None = None,
    tolerance: float = TOLERANCE,
    progress: Progress = silent,
) -> Reshaped:
    """Search shape and pose together, from a pair that was found in turn.

    Parameters
    ----------
    first : Aim
        The coil bent first and then aimed; its adjoint fields rate every pair.
    coil : ReducedAssembly
        The same coil in few elements, fed as it is fed.
    bent : callable
        Gives the full coil of a deformation.
    system : FemSystem, optional
        The head's, when it was built before.
    tolerance : float, optional
        Of the direct solve that confirms the pair.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    Reshaped
        Never worse than the first aim by the direct solves.
    """
    task = _Task.of(first, coil)
    task.climb(task.shares(dict(first.search.coil.shape.deformation)), progress)
    task.climb(task.shares({}), progress)
    found = task.best()
    if found is None:
        return Reshaped(first, first.value, first.value, task.trials)
    progress("confirming by a direct solve", 1.0)
    shape, pose = found
    full = bent(shape)
    head = first.field.head
    pose = raise_until_clear(head, full, pose)[0]  # the searched points were thinned
    field = solve_linear(
        head, full, pose, didt_a_per_s=PER_A_PER_US, system=system, tolerance=tolerance
    )
    together = replace(
        first,
        pose=pose,
        field=field,
        search=replace(first.search, coil=full),
        conventional_pose=None,
        alternatives=(),
    )
    better = together.value > first.value
    return Reshaped(together if better else first, first.value, together.value, task.trials)


def _lifted(pose: Pose, by_m: float) -> Pose:
    matrix_m = pose.matrix_m.copy()
    matrix_m[:3, 3] -= by_m * pose.rotation[:, 2]
    return Pose(matrix_m)


@dataclass(eq=False)
class _Task:
    """The search: pairs of shape and pose, and the best of them."""

    first: Aim
    coil: ReducedAssembly
    low: FloatArray
    span: FloatArray
    rating: Rating
    best_value: float
    best_pair: tuple[FloatArray, Pose] | None = None
    trials: int = 0

    @classmethod
    def of(cls, first: Aim, coil: ReducedAssembly) -> "_Task":
        parameters = coil.full.parameters
        low = np.array([parameter.low for parameter in parameters], dtype=float)
        high = np.array([parameter.high for parameter in parameters], dtype=float)
        rating = Rating(first.response, first.objective)
        mean = first.search.mean_field_v_per_m(first.pose)
        return cls(first, coil, low, high - low, rating, float(rating.values(mean[None])[0]))

    def shares(self, deformation: dict[str, float]) -> FloatArray:
        """Where in its range each parameter that can move is."""
        free = self.span > 0
        return ((self.coil.full.values(deformation) - self.low)[free]) / self.span[free]

    def climb(self, shares: FloatArray, progress: Progress) -> None:
        """Move all coordinates at once, by Nelder and Mead's simplex."""
        n_pose = 3 if self.first.search.region.handle_rad is None else 2
        start = np.concatenate([np.zeros(n_pose), shares])
        steps = np.concatenate([np.full(n_pose, FIRST_STEP), np.full(len(shares), FIRST_BEND)])
        corners = start + np.vstack([np.zeros(len(start)), np.diag(steps)])
        # a shape at the end of its range can only be bent back
        over = corners[:, n_pose:] > 1
        corners[:, n_pose:][over] -= 2 * FIRST_BEND
        scale = abs(self.best_value) or 1.0
        done = self.trials

        def loss(x: FloatArray) -> float:
            progress(
                "bending and placing together", min(1.0, (self.trials - done) / MOST_TRIALS)
            )
            return -self.rated(x[:n_pose], x[n_pose:]) / scale

        minimize(
            loss,
            start,
            method="Nelder-Mead",
            options={
                "initial_simplex": corners,
                "maxfev": MOST_TRIALS,
                "xatol": SETTLED,
                "fatol": SETTLED * 0.1,
            },
        )

    def rated(self, x: FloatArray, shares: FloatArray) -> float:
        """Rate a pair; one that cannot be used is worth nothing."""
        self.trials += 1
        values = self.low.copy()
        values[self.span > 0] += np.clip(shares, 0, 1) * self.span[self.span > 0]
        values[self.span == 0] = self.coil.full.values({})[self.span == 0]
        outside = float(np.abs(shares - np.clip(shares, 0, 1)).sum())
        search = self.first.search
        try:
            pose = self._pose(x, values)
        except PoseError:
            return -abs(self.best_value)
        if outside > 0.5 or collisions(self.coil.full, values):
            return -abs(self.best_value)
        few = self.coil.coil(values, search.coil.casing)
        mean = search.adjoint.fast.mean_field_v_per_m(few, pose, didt_a_per_s=PER_A_PER_US)
        value = float(self.rating.values(mean[None])[0])
        if value > self.best_value and outside == 0:
            self.best_value, self.best_pair = value, (values, pose)
        return value - abs(value) * outside

    def _pose(self, x: FloatArray, values: FloatArray) -> Pose:
        """Slide from the first pose over the scalp, turn, and lift the bent coil clear."""
        region, head, start = self.first.search.region, self.first.field.head, self.first.pose
        point_m = start.origin_m + start.rotation[:, :2] @ (x[:2] * region.spacing_m)
        if region.handle_rad is None:
            towards_m = point_m + start.rotation[:, 1]
            pose = place_towards(
                head, point_m, towards_m=towards_m, distance_m=region.distance_m
            )
            pose = turned(pose, float(x[2]) * TURN_STEP_RAD)
        else:
            pose = place_over(
                head, point_m, handle_rad=region.handle_rad, distance_m=region.distance_m
            )
        away_m = float(np.linalg.norm(pose.origin_m - region.centre_m))
        if away_m > region.radius_m + 2 * region.distance_m + region.spacing_m:
            msg = "the pose must stay in the region that is searched."
            raise PoseError(msg)
        solid_m = pose.to_subject_m(self.coil.solid_m(values))
        return _lifted(pose, lift_of_points_m(head, solid_m, pose, self.coil.full.name))

    def best(self) -> tuple[dict[str, float], Pose] | None:
        """Return the best pair that beats the first; None where none did."""
        if self.best_pair is None:
            return None
        values, pose = self.best_pair
        names = self.coil.full.parameter_names
        return dict(zip(names, values.tolist(), strict=True)), pose
