"""Pareto-smoothed importance sampling corrects draws, and tells when it cannot."""

import numpy as np

from cortistim.typing import FloatArray

TRUSTED_K = 0.7  # vehtari2024: above, weights are ruled by a few draws


def smoothed(log_ratios: FloatArray) -> tuple[FloatArray, float]:
    """Smooth the largest weights by a generalised Pareto distribution (vehtari2024).

    Parameters
    ----------
    log_ratios : (n,) array
        Log of target over proposal at the draws.

    Returns
    -------
    weights : (n,) array
        Sum to 1.
    k : float
        Shape of the distribution of the largest ones; at most `TRUSTED_K` for use.
    """
    log = np.asarray(log_ratios, float) - np.max(log_ratios)
    count = len(log)
    tail = int(min(0.2 * count, 3 * np.sqrt(count)))
    order = np.argsort(log)
    cut = log[order[-tail - 1]]
    largest = order[-tail:]
    excess = np.exp(log[largest]) - np.exp(cut)
    if tail < 5 or not excess[-1] > 0:
        return np.exp(log) / np.exp(log).sum(), 0.0
    k, scale = _pareto(excess)
    share = (np.arange(tail) + 0.5) / tail
    fitted = np.exp(cut) + (scale * np.expm1(-k * np.log1p(-share)) / k if abs(k) > 1e-9
                            else -scale * np.log1p(-share))  # fmt: skip
    weights = np.exp(log)
    weights[largest] = np.minimum(fitted, 1.0)
    return weights / weights.sum(), float(k)


def _pareto(excess: FloatArray) -> tuple[float, float]:
    """Fit shape and scale to sorted positive numbers, by zhang2009 with a weak prior."""
    n = len(excess)
    most = 30 + int(np.sqrt(n))
    quarter = max(excess[int(n / 4 + 0.5) - 1], 1e-300)
    b = 1 - np.sqrt(most / (np.arange(1, most + 1) - 0.5))
    b = b / (3 * quarter) + 1 / excess[-1]
    k = np.log1p(-b[:, None] * excess).mean(axis=1)
    fit = n * (np.log(-b / k) - k - 1)
    weight = 1 / np.exp(fit - fit[:, None]).sum(axis=1)
    b_mean = (b * weight).sum() / weight.sum()
    k_mean = np.log1p(-b_mean * excess).mean()
    scale = -k_mean / b_mean
    return (n * k_mean + 10 * 0.5) / (n + 10), scale
