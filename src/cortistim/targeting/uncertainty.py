"""|E| at a target with one interval: numerics, conductivities, navigation and coil together."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from scipy.stats import norm, qmc

from cortistim.field.uncertainty import SigmaResponse, range_of
from cortistim.geometry import frozen
from cortistim.head.head import Head
from cortistim.targeting.tolerance import Tolerance
from cortistim.typing import FloatArray
from cortistim.units import m_from_mm

LEVEL = 0.9
SAMPLES = 2048  # a power of two, as Sobol's sequence wants
SEED = 0
# Between 0.3 mm, what navigated coils were off their goal, and 11 mm without navigation
# (caulfield2022), with room for the registration of the head: assumed.
SHIFT_M, TURN_RAD = m_from_mm(2.0), float(np.deg2rad(2.0))
# Standard deviation of E for what a winding's published dimensions leave open. Assumed: models
# with enough dipoles and the copper's cross-section are within 2 % (gomez2020).
COIL_SHARE = 0.02
LEAST = 0.05  # a factor is never below it: the polynomial of the pose ends somewhere
NUMERICAL, CONDUCTIVITIES = "numerical", "conductivities"
NAVIGATION, COIL_MODEL = "navigation", "coil_model"


@dataclass(frozen=True, eq=False)
class TargetUncertainty:
    """Samples of mean |E| in a target.

    Parameters
    ----------
    nominal_v_per_m : float [V/m]
        By the solve, with the head's conductivities at the pose that is meant.
    factors : mapping of str to (n,) array
        What each reason multiplies it by, in samples; drawn independently.
    """

    nominal_v_per_m: float
    factors: Mapping[str, FloatArray]

    def __post_init__(self) -> None:
        """Freeze the samples."""
        factors = {name: frozen(values) for name, values in self.factors.items()}
        object.__setattr__(self, "factors", factors)

    @property
    def samples_v_per_m(self) -> FloatArray:
        """Mean |E| with everything uncertain at once, (n,), in V/m."""
        return self.nominal_v_per_m * np.prod(list(self.factors.values()), axis=0)

    @property
    def mean_v_per_m(self) -> float:
        """Mean over the samples, in V/m."""
        return float(self.samples_v_per_m.mean())

    @property
    def interval_v_per_m(self) -> tuple[float, float]:
        """Ends of the interval that holds the share `LEVEL` of the samples, in V/m."""
        return _ends(self.samples_v_per_m)

    def alone_v_per_m(self, name: str) -> tuple[float, float]:
        """Return the ends of the interval of one reason, in V/m."""
        return _ends(self.nominal_v_per_m * self.factors[name])

    @property
    def shares(self) -> dict[str, float]:
        """Share of each reason in the variance that all have together."""
        variance = {name: float(np.log(f).var()) for name, f in self.factors.items()}
        total = sum(variance.values())
        return {name: one / total for name, one in variance.items()}

    @property
    def dominant(self) -> str:
        """The reason with the largest share."""
        return max(self.shares, key=self.shares.__getitem__)

    def scaled_by(self, factor: float) -> Self:
        """Return the same at another intensity."""
        return replace(self, nominal_v_per_m=self.nominal_v_per_m * factor)


def target_uncertainty(
    head: Head,
    nominal_v_per_m: float,
    *,
    bar_v_per_m: float,
    tolerance: Tolerance,
    response: SigmaResponse | None,
) -> TargetUncertainty:
    """Sample everything that |E| at a target is uncertain for.

    Parameters
    ----------
    head : Head
        Its tissues tell the ranges of the conductivities.
    nominal_v_per_m : float [V/m]
        Mean |E| in the target.
    bar_v_per_m : float [V/m]
        Mean bar of the numerical error there, which the error stays below at nine points of
        ten. It is taken as if all points erred alike, which is more than they do.
    tolerance : Tolerance
        Of mean |E|, at the pose that is meant.
    response : SigmaResponse or None
        From the conductivities to mean |E|; None leaves them out.

    Returns
    -------
    TargetUncertainty
        The same for the same input.
    """
    n_tissue = len(head.tissues)
    draw = qmc.Sobol(n_tissue + 8, rng=np.random.default_rng(SEED)).random(SAMPLES)
    draw = np.clip(draw, 1e-6, 1 - 1e-6)
    normal = norm.ppf(draw[:, n_tissue:])
    numerical_share = bar_v_per_m / norm.ppf(0.5 + LEVEL / 2) / nominal_v_per_m
    errors = normal[:, :6] * np.repeat([SHIFT_M, TURN_RAD], 3)
    factors = {
        NUMERICAL: 1 + numerical_share * normal[:, 6],
        NAVIGATION: 1 + tolerance.changes(errors),
        COIL_MODEL: 1 + COIL_SHARE * normal[:, 7],
    }
    if response is not None:
        spans = [range_of(tissue) for tissue in head.tissues]
        sigma = [span.quantiles(draw[:, k]) for k, span in enumerate(spans)]
        factors[CONDUCTIVITIES] = response.ratios(np.column_stack(sigma))
    kept = {name: np.maximum(values, LEAST) for name, values in factors.items()}
    return TargetUncertainty(nominal_v_per_m, kept)


def _ends(samples: FloatArray) -> tuple[float, float]:
    low, high = np.quantile(samples, [0.5 - LEVEL / 2, 0.5 + LEVEL / 2])
    return float(low), float(high)
