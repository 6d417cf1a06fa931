"""Search over the scalp: where the coil goes and how its handle turns."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.signal import resample

from cortistim.errors import PoseError
from cortistim.geometry import frozen
from cortistim.placement.pose import Pose
from cortistim.targeting.lead import PER_A_PER_US
from cortistim.targeting.reciprocity import Adjoint, CurrentElements
from cortistim.targeting.response import TargetResponse
from cortistim.targeting.scalp_poses import ScalpPoses
from cortistim.typing import FloatArray, Progress, silent

INTERPOLATION = 4


@dataclass(frozen=True, eq=False)
class SearchMap:
    """What the search saw, for pictures.

    Parameters
    ----------
    positions_m : (n, 3) array [m]
        Scalp positions tried.
    best_e_v_per_m : (n,) array [V/m]
        Field strength in the target at the best angle of each, for 1 A/µs.
    angles_rad : (k,) array [rad]
        Turns of the coil from the chosen pose.
    e_by_angle_v_per_m : (k,) array [V/m]
        Field strength at the chosen position against the turn.
    """

    positions_m: FloatArray
    best_e_v_per_m: FloatArray
    angles_rad: FloatArray
    e_by_angle_v_per_m: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        for name in ("positions_m", "best_e_v_per_m", "angles_rad", "e_by_angle_v_per_m"):
            object.__setattr__(self, name, frozen(getattr(self, name)))


@dataclass(frozen=True, eq=False)
class Search(ScalpPoses):
    """A coil, a head and a target's adjoint fields: everything a search asks.

    Parameters
    ----------
    head, coil : Head, Coil
        Who and what.
    region : SearchRegion
        Where.
    adjoint : Adjoint
        The target's.
    """

    adjoint: Adjoint

    def mean_field_v_per_m(self, pose: Pose, *, exact: bool = False) -> FloatArray:
        """Predict the mean E in the target for 1 A/µs.

        Parameters
        ----------
        pose : Pose
            Any.
        exact : bool, optional
            Use every node instead of the grids.

        Returns
        -------
        (3,) array [V/m]
            In subject space.
        """
        elements: CurrentElements = self.adjoint.exact if exact else self.adjoint.fast
        return elements.mean_field_v_per_m(self.coil, pose, didt_a_per_s=PER_A_PER_US)


@dataclass(frozen=True, eq=False)
class Trials:
    """Every pose of the coarse search with its mean field.

    Parameters
    ----------
    positions_m : (n, 3) array [m]
        Scalp positions.
    turns_rad : (k,) array [rad]
        Angles.
    fields_v_per_m : (n, k, 3) array [V/m]
        Mean E in the target; NaN where no pose was possible.
    """

    positions_m: FloatArray
    turns_rad: FloatArray
    fields_v_per_m: FloatArray

    def strengths_v_per_m(self, response: TargetResponse) -> FloatArray:
        """Rate every pose, (n, k), in V/m; impossible poses get -inf."""
        flat = self.fields_v_per_m.reshape(-1, 3)
        rated = [response.strength_v_per_m(field) for field in flat]
        shape = self.fields_v_per_m.shape[:2]
        return np.nan_to_num(np.array(rated).reshape(shape), nan=-np.inf)

    def starts(
        self, response: TargetResponse, count: int
    ) -> Iterator[tuple[FloatArray, float]]:
        """Yield the best angle of the best positions, strongest first."""
        strength = self.strengths_v_per_m(response)
        for place in np.argsort(-strength.max(axis=1), kind="stable")[:count]:
            yield self.positions_m[place], float(self.turns_rad[strength[place].argmax()])


def try_all(search: Search, *, progress: Progress = silent) -> Trials:
    """Predict the field of every position and angle of the region.

    Parameters
    ----------
    search : Search
        What to try.
    progress : callable, optional
        Told the fraction done.

    Returns
    -------
    Trials
        All predictions.
    """
    positions, turns = search.positions_m(), search.turns_rad()
    fields = np.full((len(positions), len(turns), 3), np.nan)
    for i, position in enumerate(positions):
        progress("searching the scalp", i / len(positions))
        for k, turn in enumerate(turns):
            try:
                pose = search.pose(position, float(turn))
            except PoseError:
                continue  # no legal pose here; NaN says so
            fields[i, k] = search.mean_field_v_per_m(pose)
    if not np.isfinite(fields).any():
        msg = (
            "a search needs at least one legal pose; every one of the "
            f"{len(positions) * len(turns)} tried cuts the head or has no handle angle. "
            "Take a larger distance or give no handle angle."
        )
        raise PoseError(msg)
    return _between_turns(Trials(positions, turns, fields))


def _between_turns(trials: Trials) -> Trials:
    """Interpolate the mean fields to finer angles by their Fourier series in the turn."""
    n_turn = len(trials.turns_rad)
    if n_turn == 1:
        return trials
    fine = INTERPOLATION * n_turn
    fields = np.asarray(resample(trials.fields_v_per_m, fine, axis=1))
    return Trials(trials.positions_m, 2 * np.pi * np.arange(fine) / fine, fields)


def refine(
    search: Search, response: TargetResponse, start: tuple[FloatArray, float]
) -> tuple[Pose, float]:
    """Improve one pose continuously: two coordinates on the scalp and the angle.

    Parameters
    ----------
    search : Search
        What to search.
    response : TargetResponse
        How poses are rated.
    start : tuple of (3,) array [m] and float
        Scalp point and turn to begin with.

    Returns
    -------
    Pose
        The best found.
    float
        Its predicted strength in V/m for 1 A/µs.
    """
    point, turn = start
    axes = search.pose(point, turn).rotation[:, :2]
    free_angle = search.region.handle_rad is None

    def pose_at(x: FloatArray) -> Pose:
        angle = turn + x[2] if free_angle else turn
        return search.pose(point + axes @ (x[:2] * search.region.spacing_m), angle)

    def loss(x: FloatArray) -> float:
        try:
            pose = pose_at(x)
        except PoseError:
            return 0.0
        away = np.linalg.norm(pose.origin_m - search.region.centre_m)
        if away > search.region.radius_m + search.region.distance_m:
            return 0.0
        return -response.strength_v_per_m(search.mean_field_v_per_m(pose))

    first = np.zeros(3 if free_angle else 2)
    simplex = np.vstack([first, 0.5 * np.eye(len(first))])
    options = {"initial_simplex": simplex, "xatol": 0.01, "fatol": 1e-5, "maxiter": 120}
    found = minimize(loss, first, method="Nelder-Mead", options=options)
    return pose_at(found.x), -float(found.fun)
