"""Recruitment curves: what size of response an intensity evokes, and how likely each size is.

The logarithm of the size is a logistic function of intensity that goes on below what electrodes
can tell (goetz2014, ma2024mep), so that nothing has to stand for a baseline:

    L(x) = log10(f(x) / criterion) = -B + (A + B) / (1 + exp(-(x - m) / w)).

Excitability varies before the curve, x exp(σx ε), the pathway's gain after it, L + σy ε'. A
size at or below a floor is known to be small, no more: it is left-censored, neither dropped nor
taken for zero. Sizes are in units of the criterion (50 µV), so that L = 0 at the threshold.

A curve has five unbounded parameters: ln t, ln((s50 - t) / t), ln(A - log10 2), ln σy, ln σx,
where t is the threshold (half of the responses reach the criterion), s50 the intensity with
half of the plateau, and A the plateau in decades above the criterion.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, ndtr

from cortistim.typing import FloatArray

PARAMETERS = 5
BELOW = 2.7  # decades from the criterion of 50 µV to the 0.1 µV of goetz2019
HALF = np.log10(2.0)
NODES = np.linspace(-3.2, 3.2, 33)
"""Of ε: the gain varies so little that the sum must be this fine where the curve is steep."""
WEIGHTS = np.exp(-0.5 * NODES**2) / np.exp(-0.5 * NODES**2).sum()
OUTLIERS = 0.01  # tyagi2025 has at most this share
SPAN = 4.0  # decades over which an outlier may lie anywhere
CENSORED_OUTLIERS = 0.5  # assumed: of which half lie below the floor
ROOT = np.sqrt(2 * np.pi)
HIGHEST = np.log(9.0)  # decades, where draws are cut off: no response is near


@dataclass(frozen=True, eq=False)
class Responses:
    """Pulses of several curves, padded to the same number.

    Parameters
    ----------
    x : (n_curve, n_pulse) array
        Intensities, above 0, in any unit.
    y : (n_curve, n_pulse) array
        log10 of sizes over the criterion; at the floor or below it, that floor.
    censored : (n_curve, n_pulse) array of bool
        Sizes that are only known not to exceed ``y``.
    used : (n_curve, n_pulse) array of bool
        False where a curve has fewer pulses.
    """

    x: FloatArray
    y: FloatArray
    censored: FloatArray
    used: FloatArray

    @property
    def curves(self) -> int:
        """How many curves."""
        return len(self.x)


@dataclass(frozen=True, eq=False)
class Shape:
    """The quantities of curves that their parameters stand for; arrays of one shape.

    Parameters
    ----------
    threshold, s50 : arrays
        Intensities.
    decades : array
        The plateau over the criterion, log10.
    width : array
        w of the logistic function.
    at_threshold, at_s50 : arrays
        (x - m) / w there.
    """

    threshold: FloatArray
    s50: FloatArray
    decades: FloatArray
    width: FloatArray
    at_threshold: FloatArray
    at_s50: FloatArray

    def log10(self, x: FloatArray) -> FloatArray:
        """Return L at intensities that broadcast with the curves."""
        q = (x - self.threshold) / self.width + self.at_threshold
        return -BELOW + (self.decades + BELOW) * expit(q)

    def slope(self) -> FloatArray:
        """Return df/dx at ``s50``, in criteria per unit of intensity."""
        s = expit(self.at_s50)
        rise = (self.decades + BELOW) * s * (1 - s) / self.width
        return np.log(10) * 10 ** (self.decades - HALF) * rise


def shape_of(theta: FloatArray) -> Shape:
    """Return the quantities of curves.

    Parameters
    ----------
    theta : (..., 5) array
        Parameters.

    Returns
    -------
    Shape
        Arrays of shape (...).
    """
    threshold = np.exp(theta[..., 0])
    apart = threshold * np.exp(theta[..., 1])
    decades = HALF + np.exp(np.minimum(theta[..., 2], HIGHEST))
    low = np.log(BELOW / decades)
    high = np.log((decades + BELOW - HALF) / HALF)
    return Shape(threshold, threshold + apart, decades, apart / (high - low), low, high)


def log_likelihood(theta: FloatArray, data: Responses) -> tuple[FloatArray, FloatArray]:
    """Return the log likelihood of each curve, and its gradient.

    Parameters
    ----------
    theta : (n_curve, 5) array
        Parameters.
    data : Responses
        Pulses.

    Returns
    -------
    value : (n_curve,) array
        Sum over the pulses.
    gradient : (n_curve, 5) array
        Of it.
    """
    terms = _terms(theta, data)
    total = terms.outlier + (1 - OUTLIERS) * terms.mean
    value = np.where(data.used, np.log(total), 0).sum(axis=1)
    share = np.where(data.used, (1 - OUTLIERS) / total, 0)[..., None]
    by_location = share * terms.by_location
    gradient = [(by_location * part).sum(axis=(1, 2)) for part in terms.locations]
    by_gain = (share * terms.by_gain).sum(axis=(1, 2))
    return value, np.stack([*gradient[:3], by_gain, gradient[3]], axis=1)


def log_likelihood_of(theta: FloatArray, data: Responses, curve: int) -> FloatArray:
    """Return the log likelihood of one curve at many parameters, and nothing else.

    Parameters
    ----------
    theta : (n, 5) array
        Parameters.
    data : Responses
        Pulses.
    curve : int
        Its number.

    Returns
    -------
    (n,) array
        As `log_likelihood` has it, in single precision.
    """
    used, hidden = data.used[curve], data.censored[curve]
    column = theta[:, None, None, :].astype(np.float32)
    shape = shape_of(column)
    sd, spread = np.exp(column[..., 3]), np.exp(column[..., 4])
    stretch = np.exp(spread * NODES.astype(np.float32))
    weights = WEIGHTS.astype(np.float32)
    total = np.zeros(len(theta))
    for censored in (False, True):
        chosen = used & (hidden == censored)
        if not chosen.any():
            continue
        x, y = (a[curve][chosen].astype(np.float32)[:, None] for a in (data.x, data.y))
        q = (x * stretch - shape.threshold) / shape.width + shape.at_threshold
        z = (y + np.float32(BELOW) - (shape.decades + np.float32(BELOW)) * expit(q)) / sd
        if censored:
            mean, outlier = ndtr(z) @ weights, OUTLIERS * CENSORED_OUTLIERS
        else:
            mean = np.exp(-0.5 * z * z) @ weights / (ROOT * sd[..., 0])
            outlier = OUTLIERS / SPAN
        total += np.log(outlier + (1 - OUTLIERS) * mean).sum(axis=1)
    return total


def outlier_chance(theta: FloatArray, data: Responses) -> FloatArray:
    """Return the probability, (n_curve, n_pulse), that a pulse does not belong to its curve."""
    terms = _terms(theta, data)
    return terms.outlier / (terms.outlier + (1 - OUTLIERS) * terms.mean)


@dataclass(frozen=True, eq=False)
class _Terms:
    """What value and gradient are made of; the last axis of arrays is that of ε."""

    mean: FloatArray
    outlier: FloatArray
    by_location: FloatArray
    by_gain: FloatArray
    locations: tuple[FloatArray, ...]


def _terms(theta: FloatArray, data: Responses) -> _Terms:
    column = theta[:, None, None, :]
    shape, sd, spread = shape_of(column), np.exp(column[..., 3]), np.exp(column[..., 4])
    felt = data.x[..., None] * np.exp(spread * NODES)
    q = (felt - shape.threshold) / shape.width + shape.at_threshold
    s = expit(q)
    z = (data.y[..., None] - (-BELOW + (shape.decades + BELOW) * s)) / sd
    density = WEIGHTS * np.exp(-0.5 * z**2) / (ROOT * sd)
    hidden = data.censored[..., None]
    each = np.where(hidden, WEIGHTS * ndtr(z), density)
    by_location = np.where(hidden, -density, density * z / sd)
    by_gain = np.where(hidden, -density * z * sd, density * (z**2 - 1))
    outlier = OUTLIERS * np.where(data.censored, CENSORED_OUTLIERS, 1 / SPAN)
    return _Terms(each.sum(axis=-1), outlier, by_location, by_gain,
                  _locations(shape, felt, s, spread))  # fmt: skip


def _locations(
    shape: Shape, felt: FloatArray, s: FloatArray, spread: FloatArray
) -> tuple[FloatArray, ...]:
    """Return the derivatives of L by ln t, ln((s50 - t)/t), ln(A - log10 2) and ln σx."""
    steep = (shape.decades + BELOW) * s * (1 - s)
    away = (felt - shape.threshold) / shape.width
    between = shape.at_s50 - shape.at_threshold
    narrower = (1 / (shape.decades + BELOW - HALF) + 1 / shape.decades) / between
    by_decades = s + steep * (away * narrower - 1 / shape.decades)
    return (
        -steep * felt / shape.width,
        -steep * away,
        by_decades * (shape.decades - HALF),
        steep / shape.width * felt * spread * NODES,
    )


def information(theta: FloatArray, data: Responses, step: float = 1e-4) -> FloatArray:
    """Return minus the second derivatives of the log likelihood, (n_curve, 5, 5).

    Parameters
    ----------
    theta : (n_curve, 5) array
        Where.
    data : Responses
        Pulses.
    step : float
        Of central differences of the gradient.

    Returns
    -------
    (n_curve, 5, 5) array
        Symmetric; not positive everywhere.
    """
    rows = []
    for k in range(PARAMETERS):
        away = np.zeros(PARAMETERS)
        away[k] = step
        ahead, behind = (
            log_likelihood(theta + away, data)[1],
            log_likelihood(theta - away, data)[1],
        )
        rows.append((behind - ahead) / (2 * step))
    found = np.stack(rows, axis=1)
    return (found + found.transpose(0, 2, 1)) / 2
