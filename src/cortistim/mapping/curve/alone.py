"""Each curve fitted alone: the mode, the normal posterior around it, draws that correct it.

Where a curve has few pulses its posterior is far from normal, and the mode puts its noise too
low. So the normal (Laplace) posterior is only where draws begin: t-distributed draws are
weighted by the exact posterior, and mean and covariance of the weighted draws propose the next
ones (population Monte Carlo). Pareto smoothing keeps the weights in hand and tells when they
fail.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from cortistim.errors import ConvergenceError
from cortistim.mapping.curve.model import (
    PARAMETERS,
    Responses,
    information,
    log_likelihood,
    log_likelihood_of,
)
from cortistim.mapping.curve.psis import smoothed
from cortistim.typing import FloatArray

MIDDLE = np.array([0.0, np.log(0.38), np.log(1.48), np.log(0.11), np.log(0.07)])
"""goetz2019: of ln t (over the reference intensity), and of the other parameters."""
SPREAD = np.array([0.35, 0.5, 0.3, 0.35, 0.35])
"""Assumed wide for the curve; for both kinds of noise what people of that model have."""
STEPS = 100
SMALL, CLOSE, LEAST = 1e-6, 2e-4, 1e-8
DRAWS, LAST_DRAWS, REFINED = 400, 1200, 2
FREEDOM = 7.0  # of the t distribution: heavier tails than most posteriors
WIDER = 1.5  # of the first draws' covariance


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws of one curve's parameters with what they were drawn from.

    Parameters
    ----------
    theta : (n, 5) array
        Parameters.
    log_proposal, log_likelihood : (n,) arrays
        Densities there.
    """

    theta: FloatArray
    log_proposal: FloatArray
    log_likelihood: FloatArray

    def weighted(self, mean: FloatArray, covariance: FloatArray) -> tuple[FloatArray, float]:
        """Weight the draws to the posterior under a normal prior.

        Parameters
        ----------
        mean, covariance : (5,) and (5, 5) arrays
            Of the prior.

        Returns
        -------
        weights : (n,) array
            Sum to 1.
        k : float
            See `smoothed`.
        """
        away = self.theta - mean
        prior = -0.5 * (away * np.linalg.solve(covariance, away.T).T).sum(axis=1)
        return smoothed(self.log_likelihood + prior - self.log_proposal)


@dataclass(frozen=True, eq=False)
class CurveFit:
    """The posterior of curves, as weighted draws.

    Parameters
    ----------
    data : Responses
        What was fitted, intensities over the reference.
    reference : float
        Intensities were divided by it.
    draws : tuple of Draws
        Of each curve.
    weights : tuple of (n,) arrays
        Of the draws.
    pareto_k : (n_curve,) array
        Above 0.7 the weights of a curve cannot be trusted, and neither can its intervals.
    """

    data: Responses
    reference: float
    draws: tuple[Draws, ...]
    weights: tuple[FloatArray, ...]
    pareto_k: FloatArray

    def means(self) -> FloatArray:
        """Return the posterior means of the parameters, (n_curve, 5)."""
        pairs = zip(self.draws, self.weights, strict=True)
        return np.array([weights @ draws.theta for draws, weights in pairs])


def scaled(data: Responses) -> tuple[Responses, float]:
    """Divide intensities by a rough threshold, so that priors hold in any unit.

    Parameters
    ----------
    data : Responses
        Pulses.

    Returns
    -------
    data : Responses
        With intensities over the reference.
    reference : float
        The median of intensities with a response, over 1.25.
    """
    x, seen = data.x[data.used], ~data.censored[data.used]
    reference = float(np.median(x[seen])) / 1.25 if seen.any() else float(np.median(x))
    return Responses(data.x / reference, data.y, data.censored, data.used), reference


def fit_alone(data: Responses, seed: int = 1) -> CurveFit:
    """Fit each curve with a weak prior of its own.

    Parameters
    ----------
    data : Responses
        Pulses.
    seed : int
        Of the draws.

    Returns
    -------
    CurveFit
        Independent curves.

    Raises
    ------
    ConvergenceError
        When a mode is not found.
    """
    inner, reference = scaled(data)
    prior = np.diag(np.square(SPREAD))
    modes, covariances = laplace(inner)
    drawn, weights, shapes = [], [], []
    for curve in range(inner.curves):
        rng = np.random.default_rng([seed, curve])
        draws, w, k = refined(
            inner, curve, modes[curve], WIDER * covariances[curve], rng, prior
        )
        drawn.append(draws)
        weights.append(w)
        shapes.append(k)
    return CurveFit(inner, reference, tuple(drawn), tuple(weights), np.array(shapes))


def refined(
    data: Responses,
    curve: int,
    mean: FloatArray,
    covariance: FloatArray,
    rng: np.random.Generator,
    prior: FloatArray,
) -> tuple[Draws, FloatArray, float]:
    """Draw, weight, and draw anew from where the weight lies.

    Parameters
    ----------
    data : Responses
        Pulses.
    curve : int
        Which.
    mean, covariance : (5,) and (5, 5) arrays
        Of the first proposal.
    rng : Generator
        Of the draws.
    prior : (5, 5) array
        Covariance of the prior around `MIDDLE`.

    Returns
    -------
    draws, weights, k
        The last ones.
    """
    for _ in range(REFINED):
        draws = propose(data, curve, (mean, covariance), DRAWS, rng)
        weights, _ = draws.weighted(MIDDLE, prior)
        mean, covariance = moments(draws.theta, weights, covariance)
    draws = propose(data, curve, (mean, covariance), LAST_DRAWS, rng)
    return draws, *draws.weighted(MIDDLE, prior)


def propose(
    data: Responses,
    curve: int,
    place: tuple[FloatArray, FloatArray],
    count: int,
    rng: np.random.Generator,
) -> Draws:
    """Draw parameters of a curve from a t distribution.

    Parameters
    ----------
    data : Responses
        Pulses.
    curve : int
        Which.
    place : tuple of arrays
        Mean, (5,), and covariance, (5, 5).
    count : int
        How many draws.
    rng : Generator
        Of them.

    Returns
    -------
    Draws
        With both densities.
    """
    mean, covariance = place
    root = np.linalg.cholesky(covariance)
    stretch = np.sqrt(FREEDOM / rng.chisquare(FREEDOM, count))[:, None]
    z = rng.standard_normal((count, PARAMETERS)) * stretch
    log_t = -(FREEDOM + PARAMETERS) / 2 * np.log1p((z**2).sum(axis=1) / FREEDOM)
    log_t += gammaln((FREEDOM + PARAMETERS) / 2) - gammaln(FREEDOM / 2)
    log_t -= np.log(np.diag(root)).sum() + PARAMETERS / 2 * np.log(FREEDOM * np.pi)
    theta = mean + z @ root.T
    return Draws(theta, log_t, log_likelihood_of(theta, data, curve))


def moments(
    theta: FloatArray, weights: FloatArray, before: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return mean and covariance of weighted draws.

    Parameters
    ----------
    theta, weights : (n, 5) and (n,) arrays
        Draws.
    before : (5, 5) array
        A covariance that is mixed in as far as few draws carry the weight.

    Returns
    -------
    mean, covariance : (5,) and (5, 5) arrays
        The latter positive.
    """
    mean = weights @ theta
    away = theta - mean
    covariance = (weights * away.T) @ away
    effective = 1 / np.square(weights).sum()
    share = min(1.0, 20 / effective)
    return mean, (1 - share) * covariance + share * before + LEAST * np.eye(len(mean))


def laplace(data: Responses) -> tuple[FloatArray, FloatArray]:
    """Find the modes of all curves, and the normal posteriors around them.

    Parameters
    ----------
    data : Responses
        Pulses, intensities over the reference.

    Returns
    -------
    modes, covariances : (n_curve, 5) and (n_curve, 5, 5) arrays
        Of the parameters.

    Raises
    ------
    ConvergenceError
        When a mode is not found.
    """
    precision = np.diag(SPREAD**-2.0)
    theta = _climb(np.tile(MIDDLE, (data.curves, 1)), data, precision)
    bent = _positive(information(theta, data)) + precision
    return theta, np.linalg.inv(bent)


def _climb(theta: FloatArray, data: Responses, precision: FloatArray) -> FloatArray:
    """Climb to all modes at once, each curve with its own damping."""
    damping = np.ones(len(theta))
    value, gradient = _posterior(theta, data, precision)
    for _ in range(STEPS):
        bent = _positive(information(theta, data), flip=True) + precision
        bent = bent + damping[:, None, None] * 0.1 * np.eye(PARAMETERS)
        step = np.linalg.solve(bent, gradient[..., None])[..., 0]
        size = np.abs(step).max(axis=1, keepdims=True)
        step = step * np.minimum(1, 1 / np.maximum(size, LEAST))
        tried, slope = _posterior(theta + step, data, precision)
        better = tried >= value - SMALL
        theta = np.where(better[:, None], theta + step, theta)
        gradient = np.where(better[:, None], slope, gradient)
        value = np.where(better, tried, value)
        damping = np.where(better, damping / 4, damping * 8)
        if (better & (np.abs(step).max(axis=1) < CLOSE)).all():
            return theta
    if np.abs(gradient).max() < 0.1:
        return theta
    msg = f"the mode of a curve was not found in {STEPS} steps; look at its pulses."
    raise ConvergenceError(msg)


def _posterior(
    theta: FloatArray, data: Responses, precision: FloatArray
) -> tuple[FloatArray, FloatArray]:
    value, gradient = log_likelihood(theta, data)
    pull = (theta - MIDDLE) @ precision
    return value - 0.5 * ((theta - MIDDLE) * pull).sum(axis=1), gradient - pull


def _positive(matrices: FloatArray, *, flip: bool = False) -> FloatArray:
    """Raise negative curvatures to nearly none, as if the likelihood told nothing there.

    On the way to a mode they are turned round instead, or steps would be endless.
    """
    values, vectors = np.linalg.eigh(matrices)
    raised = np.abs(values) if flip else values
    return np.einsum("nij,nj,nkj->nik", vectors, np.maximum(raised, LEAST), vectors)
