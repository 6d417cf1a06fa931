"""Where a simulated muscle lies in the cortex, and which fields move it.

A muscle feels the mean over its patch of |E|, each point weighted by how near the middle of the
patch it is and by how the field lies to the direction that suits its cells best:

    felt = Σ w |E| (1 - sideways sin²θ - reversed (1 - cos θ) / 2)

with θ between E and that direction. Fields are given as arrays, whoever computed them.
"""

from dataclasses import dataclass, field

import numpy as np

from cortistim.errors import BadInputError
from cortistim.geometry import assign, freeze, unit
from cortistim.typing import FloatArray, IntArray
from cortistim.units import mm_from_m

SPREAD_M = 3e-3
"""Standard deviation of a muscle's patch; assumed, of the 1 to 6 mm that simulations take."""
SPREADS = 2.5  # of them, the patch's radius
FARTHEST_M = 10e-3  # a place farther from all points was given in another frame; assumed
SIDEWAYS = 0.2
"""Loss of a field that lies across. Assumed: thresholds over the coil's angle vary by a quarter
to a third, and a part of that is the field's own."""
REVERSED = 0.06  # loss of the reversed field; assumed, from thresholds half a turn apart


@dataclass(frozen=True, slots=True)
class Preference:
    """How much a field loses by its direction.

    Parameters
    ----------
    sideways : float
        Share lost by a field square to the best direction, 0 to 1.
    reversed : float
        Share lost by the opposite field, 0 to 1.
    """

    sideways: float = SIDEWAYS
    reversed: float = REVERSED

    def __post_init__(self) -> None:
        """Refuse shares that would turn a field's effect around."""
        if not (0 <= self.sideways < 1 and 0 <= self.reversed < 1):
            msg = (
                "the shares lost sideways and reversed must lie from 0 to below 1; got "
                f"{self.sideways:g} and {self.reversed:g}."
            )
            raise BadInputError(msg)

    def factor(self, cosine: FloatArray) -> FloatArray:
        """Return the share that is left, of the cosine between field and best direction.

        Parameters
        ----------
        cosine : (...) array
            -1 to 1.

        Returns
        -------
        (...) array
            1 along the best direction.
        """
        return 1 - self.sideways * (1 - cosine**2) - self.reversed * (1 - cosine) / 2


@dataclass(frozen=True, eq=False, repr=False)
class CorticalSite:
    """A patch of cortex that moves one muscle.

    Parameters
    ----------
    centre_m : (3,) array [m]
        Its middle.
    points_m : (n, 3) array [m]
        Where it reads the field.
    weights : (n,) array
        Of the points; they are made to sum to 1.
    direction : (3,) array
        Of the field that suits it best, of any length.
    preference : Preference
        What other directions lose.
    """

    centre_m: FloatArray
    points_m: FloatArray
    weights: FloatArray
    direction: FloatArray
    preference: Preference = field(default_factory=Preference)

    def __post_init__(self) -> None:
        """Check shapes, make the weights sum to 1, freeze the arrays."""
        weights = np.asarray(self.weights, float)
        if weights.ndim != 1 or np.shape(self.points_m) != (len(weights), 3):
            msg = "a site needs points (n, 3) and one weight for each of them."
            raise BadInputError(msg)
        if not (weights.min(initial=0) >= 0 and weights.sum() > 0):
            msg = "the weights of a site must be 0 or more, and not all 0."
            raise BadInputError(msg)
        assign(self, weights=weights / weights.sum(), direction=unit(self.direction))
        freeze(self, "centre_m", "points_m", "weights", "direction", dtype=np.float64)

    def felt_v_per_m(self, e_v_per_m: FloatArray) -> FloatArray:
        """Return the effective field of fields at the points.

        Parameters
        ----------
        e_v_per_m : (..., n, 3) array [V/m]
            At `points_m`, from any solver or operator.

        Returns
        -------
        (...) array [V/m]
            At least 0.
        """
        e = np.asarray(e_v_per_m, float)
        size = np.linalg.norm(e, axis=-1)
        cosine = (e @ self.direction) / np.maximum(size, 1e-30)
        return (size * self.preference.factor(cosine)) @ self.weights


def site_around(
    points_m: FloatArray,
    centre_m: FloatArray,
    direction: FloatArray,
    *,
    spread_m: float = SPREAD_M,
    distance_m: FloatArray | None = None,
    preference: Preference | None = None,
) -> tuple[CorticalSite, IntArray]:
    """Make a muscle's patch of the points around a place.

    Parameters
    ----------
    points_m : (n_point, 3) array [m]
        Of a cortex, or those of an operator.
    centre_m : (3,) array [m]
        The place; moved to the nearest point.
    direction : (3,) array
        Of the field that suits it best, such as into the cortex there.
    spread_m : float [m], optional
        Standard deviation of the weights.
    distance_m : (n_point,) array [m], optional
        From the place along the cortex; straight through space by default.
    preference : Preference, optional
        What other directions lose.

    Returns
    -------
    site : CorticalSite
        With the points within 2.5 spreads.
    points : (n,) int array
        Which they are.

    Raises
    ------
    BadInputError
        When no point is near, or the spread is not above 0.
    """
    if not spread_m > 0:
        msg = f"the spread of a site must be above 0; got {mm_from_m(spread_m):g} mm."
        raise BadInputError(msg)
    straight_m = np.linalg.norm(points_m - np.asarray(centre_m, float), axis=1)
    nearest = int(straight_m.argmin())
    if straight_m[nearest] > FARTHEST_M:
        msg = (
            f"a site must lie within {mm_from_m(FARTHEST_M):g} mm of the points that fields "
            f"are known at; the nearest is {mm_from_m(straight_m[nearest]):.1f} mm away."
        )
        raise BadInputError(msg)
    between_m = np.linalg.norm(points_m - points_m[nearest], axis=1)
    away_m = between_m if distance_m is None else distance_m
    chosen = np.flatnonzero(away_m <= max(SPREADS * spread_m, away_m.min()))
    weights = np.exp(-0.5 * (away_m[chosen] / spread_m) ** 2)
    found = CorticalSite(
        points_m[nearest], points_m[chosen], weights, direction, preference or Preference()
    )
    return found, chosen
