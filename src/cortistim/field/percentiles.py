"""Percentiles of values that stand for unequal areas or volumes."""

import numpy as np

from cortistim.typing import FloatArray


def weighted_percentile(values: FloatArray, weights: FloatArray, percent: float) -> float:
    """Compute a percentile in which every value counts by its weight.

    Parameters
    ----------
    values : (n,) array
        Such as |E|; NaNs are left out.
    weights : (n,) array
        Such as the area or volume that each value stands for; not all zero.
    percent : float
        0 to 100.

    Returns
    -------
    float
        The value below which that share of the weight lies.
    """
    known = np.isfinite(values)
    order = np.argsort(values[known])
    share = np.cumsum(weights[known][order])
    place = np.searchsorted(share, percent / 100 * share[-1])
    return float(values[known][order][min(place, len(order) - 1)])
