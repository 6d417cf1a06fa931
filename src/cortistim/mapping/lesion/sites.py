"""Error rates of sites against a person's own baseline.

A site's errors are binomial with a rate that has a beta prior; sites lend each other their
trials as far as their fields overlap. What is read first is where stimulation does not disturb.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cortistim.errors import BadInputError
from cortistim.typing import FloatArray

PRIOR = (0.5, 0.5)  # jeffreys1946: of a rate
DRAWS = 20_000
MARGIN = 0.05  # above the baseline in share of errors: more is a disturbance; assumed
SURE = 0.9  # probability from which a site is called


@dataclass(frozen=True, slots=True)
class SiteRate:
    """One site.

    Parameters
    ----------
    name : str
        Of the site.
    errors, trials : int
        As counted there.
    weight : float
        Trials that it rests on with what other sites lend.
    rate, low, high : float
        Share of errors with its 95 % interval.
    above : float
        Probability that the rate exceeds the baseline by more than the margin.
    call : str
        negative, positive or undecided.
    """

    name: str
    errors: int
    trials: int
    weight: float
    rate: float
    low: float
    high: float
    above: float
    call: str


def overlap_weights(field: FloatArray, sharpness: float = 4.0) -> FloatArray:
    """Return how much sites lend each other: the cosine of their fields to a power.

    Parameters
    ----------
    field : (n_site, n_point) array
        |E| of each site's pose.
    sharpness : float
        The power.

    Returns
    -------
    (n_site, n_site) array
        1 on the diagonal.
    """
    size = np.linalg.norm(field, axis=1)
    return np.clip(field @ field.T / np.outer(size, size), 0, 1) ** sharpness


def site_rates(
    names: Sequence[str],
    errors: FloatArray,
    trials: FloatArray,
    baseline: tuple[int, int],
    *,
    weights: FloatArray | None = None,
    margin: float = MARGIN,
    seed: int = 1,
) -> list[SiteRate]:
    """Compare sites with the baseline.

    Parameters
    ----------
    names : sequence of str
        Of the sites.
    errors, trials : (n_site,) arrays
        Counts.
    baseline : (int, int)
        Errors and trials without stimulation.
    weights : (n_site, n_site) array, optional
        From `overlap_weights`; no lending by default.
    margin : float
        By how much a rate must exceed the baseline.
    seed : int
        Of the draws.

    Returns
    -------
    list of SiteRate
        Negative sites first, the surest first.

    Raises
    ------
    BadInputError
        When there is no baseline.
    """
    if baseline[1] < 1:
        msg = "`baseline` must have trials: sites are compared with the person's own errors."
        raise BadInputError(msg)
    lent = np.eye(len(names)) if weights is None else weights
    rng = np.random.default_rng(seed)
    usual = rng.beta(PRIOR[0] + baseline[0], PRIOR[1] + baseline[1] - baseline[0], DRAWS)
    found = []
    for k, name in enumerate(names):
        hit, count = float(lent[k] @ errors), float(lent[k] @ trials)
        rate = rng.beta(PRIOR[0] + hit, PRIOR[1] + count - hit, DRAWS)
        above = float((rate > usual + margin).mean())
        call = "positive" if above >= SURE else "negative" if above <= 1 - SURE else "undecided"
        low, high = np.percentile(rate, [2.5, 97.5])
        found.append(SiteRate(name, int(errors[k]), int(trials[k]), count, float(rate.mean()),
                              float(low), float(high), above, call))  # fmt: skip
    order = {"negative": 0, "undecided": 1, "positive": 2}
    return sorted(found, key=lambda row: (order[row.call], row.above))
