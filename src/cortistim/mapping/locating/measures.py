"""Which measure of the field explains responses that were held out."""

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from cortistim.mapping.locating.fit import (
    Pulses,
    fit_elements,
    log_likelihoods,
)
from cortistim.mapping.locating.posterior import TEMPERATURE, posterior_of
from cortistim.typing import FloatArray

FOLDS = 5
NEGLIGIBLE = 1e-4


@dataclass(frozen=True, slots=True)
class HeldOut:
    """How well one measure foretells responses.

    Parameters
    ----------
    log_likelihood : float
        Of all held-out responses, natural logarithm.
    each : (n_pulse,) array
        Of each.
    """

    log_likelihood: float
    each: FloatArray

    def better_by(self, other: "HeldOut") -> tuple[float, float]:
        """Return by how much this one is better, and the standard error of that."""
        apart = self.each - other.each
        return float(apart.sum()), float(apart.std(ddof=1) * np.sqrt(len(apart)))


def held_out(field: FloatArray, pulses: Pulses, seed: int = 1) -> HeldOut:
    """Fit four fifths of the pulses and foretell the others, five times.

    Parameters
    ----------
    field : (n_pulse, n_element) array
        Of one measure.
    pulses : Pulses
        The responses.
    seed : int
        Of the parts; the same for measures that are compared.

    Returns
    -------
    HeldOut
        A response is foretold by all elements, each by its posterior probability.
    """
    order = np.random.default_rng(seed).permutation(len(pulses.z))
    each = np.zeros(len(order))
    for fold in range(FOLDS):
        out = order[fold::FOLDS]
        kept = np.setdiff1d(order, out)
        fits = fit_elements(np.ascontiguousarray(field[kept]), pulses.of(kept))
        posterior = posterior_of(fits, TEMPERATURE)
        chosen = np.flatnonzero(posterior > NEGLIGIBLE * posterior.max())
        there = field[np.ix_(out, chosen)]
        log = log_likelihoods(
            pulses.of(out), fits.expected(there, chosen), fits.sd(there, chosen)
        )
        weight = posterior[chosen] / posterior[chosen].sum()
        each[out] = logsumexp(log, b=weight, axis=1)
    return HeldOut(float(each.sum()), each)
