"""Intervals by bootstrap over people, and the effect that so many people can show."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cortistim.typing import FloatArray

POWER, LEVEL = 0.8, 0.95
RESAMPLES = 2000
Statistic = Callable[[FloatArray], FloatArray]


def bootstrap_interval(
    values: FloatArray,
    statistic: Statistic,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> tuple[FloatArray, FloatArray]:
    """Return the 95 % interval of a statistic by resampling people (percentiles).

    Parameters
    ----------
    values : (n_people, ...) array
        Finite.
    statistic : callable
        From (n_resample, n_people, ...) values to (n_resample, ...): reduces the second axis.
    resamples : int, optional
        How many groups are drawn.
    seed : int, optional
        Of the draws.

    Returns
    -------
    low, high : (...) arrays
        NaN for fewer than two people.
    """
    values = np.asarray(values, float)
    if len(values) < 2:
        nothing = np.full(values.shape[1:], np.nan)
        return nothing, nothing
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(values), size=(resamples, len(values)))
    found = statistic(values[drawn])
    low, high = np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return low, high


@dataclass(frozen=True, kw_only=True)
class Detectable:
    """What a group of a size can show at one place, two-sided at 5 %.

    Parameters
    ----------
    n_people : int
        How many.
    significant_r : float
        The correlation from which it is significant.
    r_at_80 : float
        The true correlation that is found four times of five.
    significant_d, d_at_80 : float
        The same for a mean, in standard deviations.
    r_at_80_corrected, d_at_80_corrected : float
        The same when errors are controlled over the whole surface, by the largest |t|.
    """

    n_people: int
    significant_r: float
    r_at_80: float
    significant_d: float
    d_at_80: float
    r_at_80_corrected: float
    d_at_80_corrected: float


def detectable_effect(n_people: int, free: int, t_corrected: float) -> Detectable:
    """Say which effect a group can show.

    Correlations by Fisher's transformation, ``tanh((z_0.975 + z_0.8) / sqrt(n - 3))``; means
    by the normal approximation of the noncentral t.

    Parameters
    ----------
    n_people : int
        How many.
    free : int
        Degrees of freedom of the test.
    t_corrected : float
        |t| that counts when errors are controlled over the surface.

    Returns
    -------
    Detectable
        At one place and over the surface.
    """
    from scipy.stats import norm, t

    plain = float(t.isf((1 - LEVEL) / 2, free))
    root = np.sqrt(max(n_people - 3, 1))

    def r_of(limit: float) -> float:
        # the limit as a normal deviate of the same tail, so that both tests mean the same
        z = float(norm.isf(np.clip(t.sf(limit, free), 1e-300, 0.5)))
        return float(np.tanh((z + norm.ppf(POWER)) / root))

    def d_of(limit: float) -> float:
        return float((limit + norm.ppf(POWER)) / np.sqrt(n_people))

    return Detectable(
        n_people=n_people,
        significant_r=float(plain / np.sqrt(free + plain**2)),
        r_at_80=r_of(plain),
        significant_d=float(plain / np.sqrt(n_people)),
        d_at_80=d_of(plain),
        r_at_80_corrected=r_of(t_corrected),
        d_at_80_corrected=d_of(t_corrected),
    )
