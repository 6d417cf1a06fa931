"""Fitting curves together: what people have in common is learned, and helps each of them.

    θ = X β + u(person) + v(curve), u and v normal.

Each curve tells of its parameters through weighted draws. What it tells is condensed to a
normal distribution (expectation propagation), from which effects, people and curves follow in
one linear system; the spreads of u and v are set to what they show (expectation maximisation).
"""

from dataclasses import dataclass

import numpy as np

from cortistim.mapping.curve.alone import (
    DRAWS,
    LAST_DRAWS,
    MIDDLE,
    SPREAD,
    CurveFit,
    fit_alone,
    moments,
    propose,
)
from cortistim.mapping.curve.model import PARAMETERS, Responses
from cortistim.typing import FloatArray, IntArray

BETWEEN = np.array([0.15, 0.3, 0.2, 0.3, 0.3])
"""Prior guess of the spreads over people (goetz2019, rounded); worth `GUESSES` people."""
WITHIN = np.array([0.06, 0.15, 0.15, 0.1, 0.1])
"""Likewise over curves of one person; shirota2025 has 5 % for the threshold."""
GUESSES = 2.0
LEARNED = slice(0, 3)
"""Spreads of threshold, s50 and plateau are estimated. Those of both kinds of noise are kept:
a handful of curves cannot tell them, and noise that is put too low spoils the draws."""
ROUNDS, ANEW = 40, (4, 12)
DAMPED = 0.6
STILL = 0.02
LEAST = 1e-6


@dataclass(frozen=True, eq=False)
class Layout:
    """What curves have in common.

    Parameters
    ----------
    design : (n_curve, n_effect) array
        Of fixed effects; the first column is 1.
    person : (n_curve,) int array or None
        Whose curve it is; None when each curve is of a person of its own.
    """

    design: FloatArray
    person: IntArray | None = None


@dataclass(frozen=True, eq=False)
class GroupFit:
    """Curves that were fitted together.

    Parameters
    ----------
    curves : CurveFit
        Each of them, as weighted draws.
    mean, joint : (5 n,) and (5 n, 5 n) arrays
        Of all curves' parameters, curve by curve, as a normal distribution.
    effects, effects_joint : (5 m,) and (5 m, 5 m) arrays
        Of the fixed effects.
    between, within : (5,) arrays
        Standard deviations over people and over curves of one person; the former is 0 where
        each curve is of a person of its own.
    """

    curves: CurveFit
    mean: FloatArray
    joint: FloatArray
    effects: FloatArray
    effects_joint: FloatArray
    between: FloatArray
    within: FloatArray


def fit_together(data: Responses, layout: Layout, seed: int = 1) -> GroupFit:
    """Fit all curves with what they have in common.

    Parameters
    ----------
    data : Responses
        Pulses.
    layout : Layout
        Conditions and people.
    seed : int
        Of the draws.

    Returns
    -------
    GroupFit
        Curves, effects and spreads.

    Raises
    ------
    ConvergenceError
        When a mode is not found.
    """
    alone = fit_alone(data, seed)
    joined = _Together(alone, layout)
    for k in range(ROUNDS):
        joined.solve()
        if k in ANEW:
            joined.draw_anew(np.random.default_rng([seed, k]))
        moved = max(joined.propagate(), joined.maximise())
        if k > max(ANEW) and moved < STILL:
            break
    joined.solve()
    return joined.result()


class _Together:
    """Sites of curves, and the normal posterior of effects, people and curves."""

    def __init__(self, alone: CurveFit, layout: Layout) -> None:
        self.data, self.reference = alone.data, alone.reference
        self.draws, self.weights = list(alone.draws), list(alone.weights)
        self.k = alone.pareto_k.copy()
        count, person = alone.data.curves, layout.person
        self.fixed = layout.design.shape[1]
        self.people = 0 if person is None else int(person.max()) + 1
        parts = [layout.design]
        if person is not None:
            parts.append(np.eye(self.people)[person])
        self.map = np.kron(np.hstack([*parts, np.eye(count)]), np.eye(PARAMETERS))
        self.between = np.square(BETWEEN)
        self.guess = np.square(BETWEEN if person is None else WITHIN)
        self.within = self.guess.copy()
        self.precision = np.zeros((count, PARAMETERS, PARAMETERS))
        self.shift = np.zeros((count, PARAMETERS))
        prior = np.diag(np.square(SPREAD))
        for c in range(count):
            self._tell(c, MIDDLE, prior, 1.0)

    def _tell(self, c: int, mean: FloatArray, covariance: FloatArray, share: float) -> float:
        """Condense what a curve tells beyond a prior; return by how much its mean moved."""
        draws = self.draws[c]
        self.weights[c], self.k[c] = draws.weighted(mean, covariance)
        new, spread = moments(draws.theta, self.weights[c], covariance)
        prior, told = np.linalg.inv(covariance), np.linalg.inv(spread)
        values, vectors = np.linalg.eigh(told - prior)
        site = (vectors * np.maximum(values, LEAST)) @ vectors.T
        shift = (site + prior) @ new - prior @ mean
        self.precision[c] += share * (site - self.precision[c])
        self.shift[c] += share * (shift - self.shift[c])
        return float(np.abs((new - self._mean(c)) / np.sqrt(np.diag(spread))).max())

    def _mean(self, c: int) -> FloatArray:
        if not hasattr(self, "latent"):
            return MIDDLE
        return self.map[c * PARAMETERS : (c + 1) * PARAMETERS] @ self.latent

    def solve(self) -> None:
        """Find mean and covariance of effects, people and curves, given all sites."""
        variance = self._variance()
        whole = np.zeros((self.map.shape[0],) * 2)
        for c, block in enumerate(self.precision):
            place = slice(c * PARAMETERS, (c + 1) * PARAMETERS)
            whole[place, place] = block
        centre = np.zeros(len(variance))
        centre[:PARAMETERS] = MIDDLE
        bent = self.map.T @ whole @ self.map + np.diag(1 / variance)
        self.covariance = np.linalg.inv(bent)
        told = self.map.T @ self.shift.ravel() + centre / variance
        self.latent = self.covariance @ told
        self.joint = self.map @ self.covariance @ self.map.T

    def _variance(self) -> FloatArray:
        fixed = np.tile(np.square(SPREAD), (self.fixed, 1))
        people = np.tile(self.between, (self.people, 1))
        curves = np.tile(self.within, (len(self.precision), 1))
        return np.vstack([fixed, people, curves]).ravel()

    def _marginal(self, c: int) -> tuple[FloatArray, FloatArray]:
        place = slice(c * PARAMETERS, (c + 1) * PARAMETERS)
        return self._mean(c), self.joint[place, place]

    def _cavity(self, c: int) -> tuple[FloatArray, FloatArray]:
        """Return what all other curves tell of this one."""
        mean, covariance = self._marginal(c)
        whole = np.linalg.inv(covariance)
        values, vectors = np.linalg.eigh(whole - self.precision[c])
        rest = (vectors * np.maximum(values, LEAST)) @ vectors.T
        covariance_rest = np.linalg.inv(rest)
        return covariance_rest @ (whole @ mean - self.shift[c]), covariance_rest

    def propagate(self) -> float:
        """Condense every curve anew under what the others tell; return the largest move."""
        cavities = [self._cavity(c) for c in range(len(self.precision))]
        return max(self._tell(c, *cavity, DAMPED) for c, cavity in enumerate(cavities))

    def draw_anew(self, rng: np.random.Generator) -> None:
        """Draw where curves are now believed to lie."""
        for c, draws in enumerate(self.draws):
            cavity = self._cavity(c)
            weights, _ = draws.weighted(*cavity)
            mean, covariance = moments(draws.theta, weights, cavity[1])
            middle = propose(self.data, c, (mean, 1.3 * covariance), DRAWS, rng)
            place = moments(middle.theta, middle.weighted(*cavity)[0], covariance)
            self.draws[c] = propose(self.data, c, place, LAST_DRAWS, rng)

    def maximise(self) -> float:
        """Set the spreads to what people and curves show; return the largest log change."""
        square = np.square(self.latent) + np.diag(self.covariance)
        square = square.reshape(-1, PARAMETERS)[self.fixed :]
        people, curves = square[: self.people], square[self.people :]
        before = np.concatenate([self.between, self.within])
        if self.people:
            total = people.sum(axis=0) + GUESSES * np.square(BETWEEN)
            self.between[LEARNED] = (total / (self.people + GUESSES))[LEARNED]
        total = curves.sum(axis=0) + GUESSES * self.guess
        self.within[LEARNED] = (total / (len(curves) + GUESSES))[LEARNED]
        after = np.concatenate([self.between, self.within])
        return float(np.abs(np.log(after / before)).max())

    def result(self) -> GroupFit:
        """Return curves, effects and spreads."""
        for c in range(len(self.draws)):
            self.weights[c], self.k[c] = self.draws[c].weighted(*self._cavity(c))
        size = self.fixed * PARAMETERS
        curves = CurveFit(
            self.data, self.reference, tuple(self.draws), tuple(self.weights), self.k
        )
        between = np.sqrt(self.between) if self.people else np.zeros(PARAMETERS)
        return GroupFit(
            curves,
            self.map @ self.latent,
            self.joint,
            self.latent[:size],
            self.covariance[:size, :size],
            between,
            np.sqrt(self.within),
        )
