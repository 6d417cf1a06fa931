"""Search over the scalp: where the coil goes and how its handle turns."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.signal import resample

from cortistim.coil.reduction import reduced
from cortistim.errors import PoseError
from cortistim.geometry import freeze
from cortistim.placement.pose import Pose
from cortistim.targeting.lead import PER_A_PER_US
from cortistim.targeting.objectives import Objective
from cortistim.targeting.pose_search import APART_M
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
        freeze(self, "positions_m", "best_e_v_per_m", "angles_rad", "e_by_angle_v_per_m")


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
            Use every node and the full coil instead of the grids and the reduced coil.

        Returns
        -------
        (3,) array [V/m]
            In subject space.
        """
        elements: CurrentElements = self.adjoint.exact if exact else self.adjoint.fast
        coil = self.coil if exact else reduced(self.coil).coil
        return elements.mean_field_v_per_m(coil, pose, didt_a_per_s=PER_A_PER_US)


@dataclass(frozen=True, eq=False)
class Rating:
    """What a mean field in the target is worth.

    Parameters
    ----------
    response : TargetResponse
        From the mean field to that at each point.
    objective : Objective
        Of the field at the points.
    """

    response: TargetResponse
    objective: Objective

    def values(self, mean_fields_v_per_m: FloatArray) -> FloatArray:
        """Rate mean fields, (n, 3), as (n,).

        Parameters
        ----------
        mean_fields_v_per_m : (n, 3) array [V/m]
            In the target.

        Returns
        -------
        (n,) array
            The more, the better.
        """
        at_points = np.einsum("pec,nc->npe", self.response.maps, mean_fields_v_per_m)
        return self.objective.value(at_points)


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

    def values(self, rating: Rating) -> FloatArray:
        """Rate every pose, (n, k); impossible poses get -inf.

        Parameters
        ----------
        rating : Rating
            Of mean fields.

        Returns
        -------
        (n, k) array
            By position and angle.
        """
        out = np.full(self.fields_v_per_m.shape[:2], -np.inf)
        possible = np.isfinite(self.fields_v_per_m).all(axis=2)
        out[possible] = rating.values(self.fields_v_per_m[possible])
        return out

    def starts(self, rating: Rating, count: int) -> Iterator[tuple[FloatArray, float]]:
        """Yield the best angle of the best positions, the best first.

        Parameters
        ----------
        rating : Rating
            Of mean fields.
        count : int
            How many at most.

        Yields
        ------
        position_m : (3,) array [m]
            On the scalp.
        angle_rad : float [rad]
            About the coil's axis.
        """
        values = self.values(rating)
        chosen: list[int] = []
        for place in np.argsort(-values.max(axis=1), kind="stable"):
            away_m = np.linalg.norm(self.positions_m[chosen] - self.positions_m[place], axis=1)
            if not np.isfinite(values[place].max()) or (away_m < APART_M).any():
                continue
            chosen.append(int(place))
            yield self.positions_m[place], float(self.turns_rad[values[place].argmax()])
            if len(chosen) == count:
                return


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
    grid = search.grid(search.turns_rad())
    positions, turns = grid.positions_m, grid.turns_rad
    fields = np.full((len(positions), len(turns), 3), np.nan)
    for i in range(len(positions)):
        progress("searching the scalp", i / len(positions))
        for k in np.flatnonzero(grid.possible[i]):  # NaN where there is no legal pose
            fields[i, k] = search.mean_field_v_per_m(grid.pose(i, int(k)))
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
