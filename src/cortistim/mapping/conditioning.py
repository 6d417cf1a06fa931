"""Conditioned responses over test responses: SICI, ICF, LICI, SAI, IHI, with intervals.

The ratio is that of the expectations, mean(conditioned) / mean(test), not the mean of ratios of
single trials. Trials of both kinds are not pairs: which one divides which is chance, a small
test response makes a ratio of any size, and the mean of 1 / test exceeds 1 / mean(test): with
the usual coefficient of variation of 0.5 the mean of ratios comes out a third too large, and
inhibition looks weaker than it is.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from cortistim.errors import BadInputError
from cortistim.typing import FloatArray

FEWEST = 4


@dataclass(frozen=True, slots=True)
class Conditioning:
    """How a kind of conditioning is usually done.

    Parameters
    ----------
    words : str
        What it is.
    intervals_ms : tuple of float
        Shortest and longest interval between conditioning and test pulse.
    expected : str
        What it does to responses in healthy people.
    source : str
        Key of the bibliography, or ``assumed``: from what laboratories usually do.
    """

    words: str
    intervals_ms: tuple[float, float]
    expected: str
    source: str = "assumed"


KINDS: Mapping[str, Conditioning] = {
    "SICI": Conditioning(
        "short-interval intracortical inhibition", (1, 6), "inhibits", "kujirai1993"
    ),
    "ICF": Conditioning("intracortical facilitation", (8, 30), "facilitates", "ziemann1996"),
    "LICI": Conditioning("long-interval intracortical inhibition", (50, 200), "inhibits"),
    "SAI": Conditioning("short-latency afferent inhibition", (18, 28), "inhibits"),
    "IHI": Conditioning("interhemispheric inhibition", (6, 50), "inhibits"),
}


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio of expectations.

    Parameters
    ----------
    mean, low, high : float
        Estimate and interval; 1 is no effect.
    conditioned, test : int
        Trials of each kind.
    """

    mean: float
    low: float
    high: float
    conditioned: int
    test: int

    @property
    def words(self) -> str:
        """Say which way it goes, or that it may be none."""
        if self.high < 1:
            return "inhibition"
        return "facilitation" if self.low > 1 else "no effect shown"


def conditioned_ratio(conditioned: FloatArray, test: FloatArray, level: float = 0.95) -> Ratio:
    """Return the ratio of expectations with its interval.

    Parameters
    ----------
    conditioned, test : (n,) and (m,) arrays
        Sizes of single responses, zeros included.
    level : float
        Of the interval.

    Returns
    -------
    Ratio
        ln of it is taken for t-distributed, with the variances of both means added and Welch's
        degrees of freedom.

    Raises
    ------
    BadInputError
        When there are too few trials, or none has a size.
    """
    both = (np.asarray(conditioned, float), np.asarray(test, float))
    for sizes, name in zip(both, ("conditioned", "test"), strict=True):
        if len(sizes) < FEWEST or not (np.isfinite(sizes).all() and (sizes >= 0).all()):
            msg = (
                f"there must be at least {FEWEST} {name} responses with sizes of 0 or more; "
                f"got {len(sizes)}."
            )
            raise BadInputError(msg)
        if not sizes.mean() > 0:
            msg = f"{name} responses must not all be 0: their ratio would be none."
            raise BadInputError(msg)
    shares = [sizes.var(ddof=1) / sizes.mean() ** 2 / len(sizes) for sizes in both]
    variance = sum(shares)
    freedom = [len(sizes) - 1 for sizes in both]
    middle = float(np.log(both[0].mean() / both[1].mean()))
    counts = (len(both[0]), len(both[1]))
    if variance == 0:
        return Ratio(math.exp(middle), math.exp(middle), math.exp(middle), *counts)
    df = variance**2 / sum(s**2 / f for s, f in zip(shares, freedom, strict=True))
    away = float(student.ppf((1 + level) / 2, df) * np.sqrt(variance))
    return Ratio(math.exp(middle), math.exp(middle - away), math.exp(middle + away), *counts)


def pooled_ratio(ratios: list[Ratio], level: float = 0.95) -> Ratio:
    """Return the typical ratio of several people.

    Parameters
    ----------
    ratios : list of Ratio
        One of each person.
    level : float
        Of the interval.

    Returns
    -------
    Ratio
        The geometric mean, with a t interval over people: it holds for people, not for trials.

    Raises
    ------
    BadInputError
        When there are fewer than two people.
    """
    if len(ratios) < 2:
        msg = f"an interval over people needs at least 2 of them; got {len(ratios)}."
        raise BadInputError(msg)
    logs = np.log([ratio.mean for ratio in ratios])
    spread = logs.std(ddof=1) / math.sqrt(len(logs))
    away = float(student.ppf((1 + level) / 2, len(logs) - 1) * spread)
    middle = float(logs.mean())
    trials = (sum(r.conditioned for r in ratios), sum(r.test for r in ratios))
    return Ratio(math.exp(middle), math.exp(middle - away), math.exp(middle + away), *trials)
