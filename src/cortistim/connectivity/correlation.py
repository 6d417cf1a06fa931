"""Correlations of clean series, and their standard errors."""

import numpy as np

from cortistim.typing import FloatArray


def correlations(series: FloatArray, seed: FloatArray) -> FloatArray:
    """Correlate series with one.

    Parameters
    ----------
    series : (n_frame, n_place) array
        Of zero mean and unit variance, or zero.
    seed : (n_frame,) array
        Any scale, zero mean.

    Returns
    -------
    (n_place,) array
        Pearson's r; zero where a series does not vary.
    """
    length = np.linalg.norm(seed) * np.sqrt(len(seed))
    if length == 0:
        return np.zeros(series.shape[1])
    product = np.asarray(seed, np.float32) @ series
    return np.clip(product.astype(np.float64) / length, -1, 1)


def correlation_error(first: FloatArray, second: FloatArray) -> tuple[float, float, float]:
    """Correlate two series that are each correlated with their own past.

    The effective number of samples is T / (1 + 2 sum over lags of the product of both
    autocorrelations) (Bartlett 1946); Fisher's z has the standard error
    1 / sqrt(n_eff - 3), which is carried to r by its slope.

    Parameters
    ----------
    first, second : (n_frame,) arrays
        Of any scale.

    Returns
    -------
    r : float
        Pearson's.
    error : float
        Its standard error; NaN where a series does not vary.
    n_eff : float
        Effective number of samples, at least 4.
    """
    parts = [np.asarray(one, float) - np.mean(one) for one in (first, second)]
    lengths = [np.linalg.norm(part) for part in parts]
    if min(lengths) == 0:
        return 0.0, float("nan"), 4.0
    a, b = (part / length for part, length in zip(parts, lengths, strict=True))
    r, count = float(np.clip(a @ b, -1, 1)), len(a)
    size = 2 ** int(np.ceil(np.log2(2 * count)))
    ours = [np.fft.irfft(np.abs(np.fft.rfft(one, size)) ** 2)[:count] for one in (a, b)]
    lags = max(1, count // 4)  # farther ones are mostly noise
    inflation = 1 + 2 * float((ours[0][1 : lags + 1] * ours[1][1 : lags + 1]).sum())
    n_eff = float(np.clip(count / max(inflation, 1.0), 4.0, count))
    return r, (1 - r * r) / np.sqrt(max(n_eff - 3, 1.0)), n_eff
