"""Fits of responses on fields, element by element: arrays in, arrays out; no checks, no I/O."""

import math

import numpy as np
from jaxtyping import Bool, Float
from numba import njit, prange

N_PARAMETER = 4
HALF_LOG_2PI = 0.9189385332046727
SQRT_HALF = 0.7071067811865476
Row = Float[np.ndarray, " n_pulse"]
Flags = Bool[np.ndarray, " n_pulse"]
Two = Float[np.ndarray, "2"]
Four = Float[np.ndarray, "4"]
Square = Float[np.ndarray, "4 4"]


@njit(inline="always")
def _sigmoid(x: float) -> float:
    if x > 35.0:
        return 1.0
    if x < -35.0:
        return 0.0
    return 1.0 / (1.0 + math.exp(-x))


@njit(parallel=True, cache=True, error_model="numpy")
def best_of_grid(
    t: Float[np.ndarray, "n_element n_pulse"],
    z: Row,
    middles: Float[np.ndarray, " n_middle"],
    rates: Float[np.ndarray, " n_rate"],
) -> Float[np.ndarray, "n_element 5"]:
    """Project onto 1 and a sigmoid of t, for each middle and rate; keep the best.

    Gives bottom, height (not below 0), middle, rate and the sum of squares that is left.
    """
    n_element, n_pulse = t.shape
    out = np.empty((n_element, 5))
    mean = 0.0
    for i in range(n_pulse):
        mean += z[i]
    mean /= n_pulse
    total = 0.0
    for i in range(n_pulse):
        total += (z[i] - mean) ** 2
    for e in prange(n_element):
        out[e, 0], out[e, 1], out[e, 2], out[e, 3], out[e, 4] = mean, 0.0, 0.0, 1.0, total
        for m in range(middles.shape[0]):
            for r in range(rates.shape[0]):
                g1 = 0.0
                g2 = 0.0
                gz = 0.0
                for i in range(n_pulse):
                    g = 1.0 / (1.0 + math.exp(-rates[r] * (t[e, i] - middles[m])))
                    g1 += g
                    g2 += g * g
                    gz += g * z[i]
                spread = g2 - g1 * g1 / n_pulse
                if spread <= 1e-9:
                    continue
                height = (gz - g1 * mean) / spread
                left = total - height * height * spread
                if height > 0.0 and left < out[e, 4]:
                    out[e, 0] = mean - height * g1 / n_pulse
                    out[e, 1], out[e, 2], out[e, 3] = height, middles[m], rates[r]
                    out[e, 4] = left
    return out


@njit(inline="always")
def _log_ndtr(a: float) -> tuple[float, float]:
    """Return ln Φ(a) and its derivative φ/Φ."""
    if a > -5.0:
        p = 0.5 * math.erfc(-a * SQRT_HALF)
        return math.log(p), math.exp(-0.5 * a * a - HALF_LOG_2PI) / p
    b = a * a
    ratio = -a / (1.0 - 1.0 / (b + 3.0))
    return -0.5 * b - HALF_LOG_2PI - math.log(ratio), ratio


@njit(inline="always")
def _pulse(
    z: float,
    hidden: bool,  # noqa: FBT001
    f: float,
    s: float,
    outlier: float,
    span: float,
) -> tuple[float, float, float, float]:
    """Return ln likelihood of a response and its derivatives by f, s and curvature by f."""
    away = (z - f) / s
    if hidden:
        log_p, ratio = _log_ndtr(away)
        by_f, by_s = -ratio / s, -away * ratio / s
        bend = ratio * (ratio + away) / (s * s)
        floor = math.log(outlier * 0.5)
    else:
        log_p = -0.5 * away * away - HALF_LOG_2PI - math.log(s)
        by_f, by_s, bend = away / s, (away * away - 1.0) / s, 1.0 / (s * s)
        floor = math.log(outlier / span)
    usual = math.log(1.0 - outlier) + log_p
    top = max(usual, floor)
    value = top + math.log(math.exp(usual - top) + math.exp(floor - top))
    share = math.exp(usual - value)
    return value, share * by_f, share * by_s, share * bend


@njit(inline="always")
def _objective(
    t: Row,
    z: Row,
    hidden: Flags,
    p: Four,
    noise: Two,
    prior_mean: Four,
    prior_sd: Four,
    outlier: float,
    span: float,
    slope: Four,
    hessian: Square,
) -> float:
    """Return ln posterior at p; fill its slope and the expected curvature."""
    value = 0.0
    for a in range(N_PARAMETER):
        d = (p[a] - prior_mean[a]) / prior_sd[a]
        value -= 0.5 * d * d
        slope[a] = -d / prior_sd[a]
        for b in range(N_PARAMETER):
            hessian[a, b] = 0.0
        hessian[a, a] = 1.0 / prior_sd[a] ** 2
    rate = math.exp(p[3])
    height = math.exp(p[1])
    for i in range(t.shape[0]):
        g = _sigmoid(rate * (t[i] - p[2]))
        bell = g * (1.0 - g)
        u = height * rate * bell
        s = math.sqrt(noise[0] ** 2 + (noise[1] * u) ** 2)
        got, by_f, by_s, bend = _pulse(z[i], hidden[i], p[0] + height * g, s, outlier, span)
        value += got
        tilt = 1.0 - 2.0 * g
        j1, j2, j3 = height * g, -u, u * (t[i] - p[2])
        k = noise[1] ** 2 * u * u / s
        k1, k2, k3 = k, -k * rate * tilt, k * (1.0 + rate * (t[i] - p[2]) * tilt)
        slope[0] += by_f
        slope[1] += by_f * j1 + by_s * k1
        slope[2] += by_f * j2 + by_s * k2
        slope[3] += by_f * j3 + by_s * k3
        twice = 0.0 if hidden[i] else 2.0 * bend
        hessian[0, 0] += bend
        hessian[0, 1] += bend * j1
        hessian[0, 2] += bend * j2
        hessian[0, 3] += bend * j3
        hessian[1, 1] += bend * j1 * j1 + twice * k1 * k1
        hessian[1, 2] += bend * j1 * j2 + twice * k1 * k2
        hessian[1, 3] += bend * j1 * j3 + twice * k1 * k3
        hessian[2, 2] += bend * j2 * j2 + twice * k2 * k2
        hessian[2, 3] += bend * j2 * j3 + twice * k2 * k3
        hessian[3, 3] += bend * j3 * j3 + twice * k3 * k3
    for a in range(N_PARAMETER):
        for b in range(a):
            hessian[a, b] = hessian[b, a]
    return value


@njit(inline="always")
def _cholesky(matrix: Square, extra: float, factor: Square) -> float:
    """Factor a matrix whose diagonal grows by a share; return its log determinant."""
    log_det = 0.0
    for a in range(N_PARAMETER):
        for b in range(a + 1):
            total = matrix[a, b] * (1.0 + extra if a == b else 1.0)
            for c in range(b):
                total -= factor[a, c] * factor[b, c]
            if a == b:
                factor[a, a] = math.sqrt(max(total, 1e-12))
                log_det += 2.0 * math.log(factor[a, a])
            else:
                factor[a, b] = total / factor[b, b]
    return log_det


@njit(inline="always")
def _solved(factor: Square, slope: Four, step: Four) -> None:
    for a in range(N_PARAMETER):
        total = slope[a]
        for c in range(a):
            total -= factor[a, c] * step[c]
        step[a] = total / factor[a, a]
    for d in range(N_PARAMETER):
        a = N_PARAMETER - 1 - d
        total = step[a]
        for c in range(a + 1, N_PARAMETER):
            total -= factor[c, a] * step[c]
        step[a] = total / factor[a, a]


@njit(parallel=True, cache=True, error_model="numpy")
def fit_elements(
    t: Float[np.ndarray, "n_element n_pulse"],
    z: Row,
    hidden: Flags,
    start: Float[np.ndarray, "n_element 4"],
    noise: Two,
    prior_mean: Four,
    prior_sd: Four,
    outlier: float,
    span: float,
    steps: int,
) -> tuple[
    Float[np.ndarray, "n_element 4"],
    Float[np.ndarray, " n_element"],
    Float[np.ndarray, " n_element"],
]:
    """Climb ln posterior from a start by damped scoring; parameters, its top, ln det."""
    n_element = t.shape[0]
    found = start.copy()
    tops = np.empty(n_element)
    dets = np.empty(n_element)
    for e in prange(n_element):
        p, tried = found[e].copy(), np.empty(N_PARAMETER)
        slope, other = np.empty(N_PARAMETER), np.empty(N_PARAMETER)
        step = np.empty(N_PARAMETER)
        bent = np.empty((N_PARAMETER, N_PARAMETER))
        bent_other = np.empty((N_PARAMETER, N_PARAMETER))
        factor = np.empty((N_PARAMETER, N_PARAMETER))
        value = _objective(
            t[e], z, hidden, p, noise, prior_mean, prior_sd, outlier, span, slope, bent
        )
        damping = 1e-3
        for _ in range(steps):
            _cholesky(bent, damping, factor)
            _solved(factor, slope, step)
            for a in range(N_PARAMETER):
                tried[a] = p[a] + min(max(step[a], -1.0), 1.0)
            new = _objective(
                t[e], z, hidden, tried, noise, prior_mean, prior_sd, outlier, span,
                other, bent_other,
            )  # fmt: skip
            if new > value:
                small = new - value < 1e-4
                value = new
                for a in range(N_PARAMETER):
                    p[a], slope[a] = tried[a], other[a]
                    for b in range(N_PARAMETER):
                        bent[a, b] = bent_other[a, b]
                damping = max(damping * 0.2, 1e-6)
                if small:
                    break
            else:
                damping = min(damping * 8.0 + 1e-4, 1e6)
                if damping > 1e5:
                    break
        found[e] = p
        tops[e] = value
        dets[e] = _cholesky(bent, 0.0, factor)
    return found, tops, dets
