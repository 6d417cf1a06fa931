"""What a fit says in the units of a laboratory, with intervals."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cortistim.mapping.curve.alone import CurveFit
from cortistim.mapping.curve.model import shape_of
from cortistim.typing import FloatArray

QUANTITIES = ("threshold", "s50", "slope", "plateau")
REACHED = 0.75  # of the plateau: the strongest pulses should get there


@dataclass(frozen=True, slots=True)
class Interval:
    """A posterior mean and an interval with equal tails.

    Parameters
    ----------
    mean, low, high : float
        In the unit of the quantity.
    """

    mean: float
    low: float
    high: float


def quantities(
    theta: FloatArray, reference: float, criterion: float
) -> Mapping[str, FloatArray]:
    """Return threshold, s50, slope and plateau of parameters.

    Parameters
    ----------
    theta : (..., 5) array
        Parameters.
    reference : float
        Intensities were divided by it.
    criterion : float
        Sizes were divided by it; plateau and slope get its unit.

    Returns
    -------
    mapping of str to arrays
        By `QUANTITIES`.
    """
    shape = shape_of(theta)
    return {
        "threshold": shape.threshold * reference,
        "s50": shape.s50 * reference,
        "slope": shape.slope() * criterion / reference,
        "plateau": 10**shape.decades * criterion,
    }


def curve_quantities(fit: CurveFit, curve: int, criterion: float) -> dict[str, Interval]:
    """Return the quantities of one curve with intervals.

    Parameters
    ----------
    fit : CurveFit
        As fitted.
    curve : int
        Its number.
    criterion : float
        Sizes were divided by it.

    Returns
    -------
    dict of str to Interval
        By `QUANTITIES`.
    """
    found = quantities(fit.draws[curve].theta, fit.reference, criterion)
    return {name: interval(x, fit.weights[curve]) for name, x in found.items()}


def interval(
    values: FloatArray, weights: FloatArray | None = None, level: float = 0.95
) -> Interval:
    """Return mean and interval of draws.

    Parameters
    ----------
    values : (n,) array
        Draws.
    weights : (n,) array, optional
        Sum to 1; equal ones by default.
    level : float
        Of the interval.

    Returns
    -------
    Interval
        Equal tails.
    """
    if weights is None:
        weights = np.full(len(values), 1 / len(values))
    low, high = quantiles(values, weights, ((1 - level) / 2, (1 + level) / 2))
    return Interval(float(values @ weights), float(low), float(high))


def quantiles(values: FloatArray, weights: FloatArray, shares: tuple[float, ...]) -> FloatArray:
    """Return quantiles of weighted draws.

    Parameters
    ----------
    values, weights : (n,) arrays
        Draws; weights sum to 1.
    shares : tuple of float
        Below which so much of the weight lies.

    Returns
    -------
    (n_share,) array
        In the order of ``shares``.
    """
    order = np.argsort(values)
    below = np.cumsum(weights[order]) - weights[order] / 2
    return np.interp(shares, below, values[order])


def band(fit: CurveFit, curve: int, intensities: FloatArray) -> FloatArray:
    """Return the median size and its interval over intensities.

    Parameters
    ----------
    fit : CurveFit
        As fitted.
    curve : int
        Its number.
    intensities : (n,) array
        In the unit of the data.

    Returns
    -------
    (n, 3) array
        Middle, low and high end of 95 %: sizes over the criterion.
    """
    draws, weights = fit.draws[curve], fit.weights[curve]
    kept = weights > 1e-6 * weights.max()
    sizes = shape_of(draws.theta[kept][:, None, :]).log10(intensities / fit.reference)
    share = weights[kept] / weights[kept].sum()
    return 10 ** np.array([quantiles(column, share, (0.5, 0.025, 0.975)) for column in sizes.T])


def reaches_plateau(fit: CurveFit, curve: int) -> bool:
    """Tell whether the strongest pulses of a curve lie near its plateau."""
    shape = shape_of(fit.means()[curve])
    strongest = fit.data.x[curve][fit.data.used[curve]].max()
    return bool(10 ** (shape.log10(strongest) - shape.decades) >= REACHED)
