"""Choices between candidates that are rated by several costs at once."""

import numpy as np

from cortistim.typing import BoolArray, FloatArray


def unbeaten(costs: FloatArray) -> BoolArray:
    """Say which candidates no other beats: the Pareto front.

    One beats another when it costs no more in any respect, and less in one.

    Parameters
    ----------
    costs : (n_candidate, n_cost) array
        The less, the better.

    Returns
    -------
    (n_candidate,) bool array
        Equal candidates do not beat each other.
    """
    kept = np.zeros(len(costs), dtype=bool)
    front = np.empty((0, costs.shape[1]))
    for index in np.lexsort(costs.T[::-1]):  # so that only an earlier one can beat
        cost = costs[index]
        beaten = ((front <= cost).all(axis=1) & (front < cost).any(axis=1)).any()
        if not beaten:
            kept[index] = True
            front = np.concatenate([front, cost[None]])
    return kept
