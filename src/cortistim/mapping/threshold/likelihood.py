"""Maximum likelihood, maximum a posteriori and least entropy: P(response) = Φ((x - t) / s).

One parameter (awiszus2003: s = 0.07 t) or two. The likelihood is kept on a grid, for which
tables over the difference x - t are made once; what is delivered is rounded to that grid, which
is finer than any stimulator's step.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import log_ndtr

from cortistim.mapping.threshold.method import Trial
from cortistim.typing import FloatArray

RELATIVE_WIDTH = 0.07  # awiszus2003
CLIPPED = 6.0  # standard deviations: no response is certain (wang2023)
GRID_PERCENT = np.arange(1, 651) * 0.2  # awiszus2003, wang2023
WIDTHS_PERCENT = 0.5 * 10 ** (np.arange(0, 51) / 25)  # wang2023 has 50 a decade
NEVER_PERCENT, ALWAYS_PERCENT = 0.0, 130.2  # awiszus2003: where two pseudo-trials lie
PRIOR_MEAN = np.array([65.847, -1.29888 + 2])
"""wang2023: threshold in percent and log10 of the width in percent, of its simulated people."""
PRIOR_COVARIANCE = np.array([[80.467, 0.032137], [0.032137, 7.6044e-4]])
WEAK_SD = (15.0, 0.15)  # assumed: of percent and of log10, wide enough for people
TIE = 1e-6


@dataclass(frozen=True, slots=True)
class Prior:
    """A normal prior of the threshold in percent and of log10 of the width in percent.

    Parameters
    ----------
    mean : (2,) array
        Of both.
    covariance : (2, 2) array
        Of both.
    """

    mean: FloatArray
    covariance: FloatArray

    def log(self, t: FloatArray, s: FloatArray) -> FloatArray:
        """Return the logarithm of the density, (n_t, n_s), up to a constant."""
        away = np.stack(np.broadcast_arrays(t[:, None], np.log10(s)), -1) - self.mean
        return -0.5 * np.einsum("...i,ij,...j", away, np.linalg.inv(self.covariance), away)


NARROW = Prior(PRIOR_MEAN, PRIOR_COVARIANCE)
WEAK = Prior(PRIOR_MEAN, np.diag(np.square(WEAK_SD)))


@cache
def _table(hit: bool) -> FloatArray:  # noqa: FBT001
    """Return log P of a response, or of none, over differences x - t and widths."""
    differences = np.arange(-1300, 1301) * 0.1
    z = differences[:, None] / WIDTHS_PERCENT
    z = np.clip(z, -CLIPPED, CLIPPED)
    return log_ndtr(z if hit else -z).astype(np.float32)


def _of_one_width(percent: FloatArray, hit: FloatArray) -> FloatArray:
    """Return log P, (n, n_t, 1), with a width in proportion to the threshold."""
    z = (percent[:, None] - GRID_PERCENT) / (RELATIVE_WIDTH * GRID_PERCENT)
    z = np.clip(z, -CLIPPED, CLIPPED)
    return log_ndtr(np.where(hit[:, None], z, -z))[..., None]


def _of_widths(percent: FloatArray, hit: FloatArray) -> FloatArray:
    """Return log P, (n, n_t, n_s), from the tables."""
    place = np.round(percent / 0.1).astype(int) + 1300
    rows = np.clip(place[:, None] - np.round(GRID_PERCENT / 0.1).astype(int), 0, 2600)
    out = np.empty((*rows.shape, len(WIDTHS_PERCENT)), np.float32)
    for k, row in enumerate(rows):
        out[k] = _table(bool(hit[k]))[row]
    return out


class Likelihood:
    """The most likely threshold, which is the next intensity.

    Parameters
    ----------
    start : (n,) array
        First intensities in percent.
    widths : bool
        The width is free; else it is 0.07 of the threshold.
    prior : Prior, optional
        Makes it the most probable threshold; without one two pseudo-trials hold it: no response
        at 0 %, one at 130.2 %.
    """

    def __init__(
        self, start: FloatArray, *, widths: bool = False, prior: Prior | None = None
    ) -> None:
        self.first = np.array(start, float)
        self.pulses = 0
        self._chance = _of_widths if widths else _of_one_width
        width = WIDTHS_PERCENT if widths else np.ones(1)
        self.log = np.zeros((len(start), len(GRID_PERCENT), len(width)), np.float32)
        if prior is None:
            ones = np.ones(1)
            self.log += self._chance(NEVER_PERCENT * ones, np.zeros(1, bool))
            self.log += self._chance(ALWAYS_PERCENT * ones, np.ones(1, bool))
        elif widths:
            self.log += prior.log(GRID_PERCENT, width)
        else:
            self.log += prior.log(GRID_PERCENT, RELATIVE_WIDTH * GRID_PERCENT[:, None])

    def propose(self) -> FloatArray:
        """Return the first intensities, then the estimates; see `Method`."""
        return self.estimate() if self.pulses else self.first

    def take(self, trial: Trial) -> None:
        """Add the likelihood of the responses; see `Method`."""
        self.pulses += 1
        self.log += self._chance(trial.percent, trial.hit)

    def estimate(self) -> FloatArray:
        """Return the maxima, equal ones averaged; see `Method`."""
        best = self.log.max(axis=2)
        equal = best >= best.max(axis=1, keepdims=True) - TIE
        found = (equal * GRID_PERCENT).sum(axis=1) / equal.sum(axis=1)
        return found if self.pulses else np.full(len(found), np.nan)

    def finished(self) -> FloatArray:
        """Return nobody: it has no rule to stop by."""
        return np.zeros(len(self.first), bool)


class LeastEntropy:
    """The next intensity is the one after which the posterior is expected to be tightest.

    kontsevich1999: over threshold and width; the estimate is the posterior's mean. The grid is
    coarser than that of `Likelihood`, since all intensities are tried out before each pulse.

    Parameters
    ----------
    start : (n,) array
        First intensities in percent.
    prior : Prior
        `WEAK` unless people are known.
    """

    t = np.arange(1, 131) * 1.0
    s = 0.5 * 10 ** (np.arange(0, 21) / 10)
    tried = np.arange(1, 131) * 1.0

    def __init__(self, start: FloatArray, prior: Prior = WEAK) -> None:
        self.first = np.array(start, float)
        self.pulses = 0
        flat = prior.log(self.t, self.s).ravel()
        self.log = np.tile(flat, (len(start), 1))

    def propose(self) -> FloatArray:
        """Return the intensities of least expected entropy; see `Method`."""
        return self.tried[self._entropy().argmin(axis=1)] if self.pulses else self.first

    def _entropy(self) -> FloatArray:
        """Return the entropy that is expected after each intensity, (n, n_tried)."""
        p = self._posterior()
        yes, no, yes_log, no_log = _outcomes()
        plogp = p * np.log(np.maximum(p, 1e-300))
        hit, miss = p @ yes, p @ no
        after_hit = plogp @ yes + p @ yes_log - hit * np.log(hit)
        after_miss = plogp @ no + p @ no_log - miss * np.log(miss)
        return -(after_hit + after_miss)

    def _posterior(self) -> FloatArray:
        p = np.exp(self.log - self.log.max(axis=1, keepdims=True))
        return p / p.sum(axis=1, keepdims=True)

    def take(self, trial: Trial) -> None:
        """Add the likelihood of the responses; see `Method`."""
        self.pulses += 1
        z = (trial.percent[:, None, None] - self.t[:, None]) / self.s
        z = np.clip(z, -CLIPPED, CLIPPED)
        chance = log_ndtr(np.where(trial.hit[:, None, None], z, -z))
        self.log += chance.reshape(len(chance), -1)

    def estimate(self) -> FloatArray:
        """Return the posterior's means; see `Method`."""
        found = self._posterior() @ np.repeat(self.t, len(self.s))
        return found if self.pulses else np.full(len(found), np.nan)

    def finished(self) -> FloatArray:
        """Return nobody: it has no rule to stop by."""
        return np.zeros(len(self.first), bool)


@cache
def _outcomes() -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return P of a response and of none over grid and intensities, and each P log P."""
    t, s = LeastEntropy.t, LeastEntropy.s
    z = (LeastEntropy.tried - t[:, None, None]) / s[:, None]
    z = np.clip(z, -CLIPPED, CLIPPED).reshape(len(t) * len(s), -1)
    yes, no = np.exp(log_ndtr(z)), np.exp(log_ndtr(-z))
    return yes, no, yes * log_ndtr(z), no * log_ndtr(-z)
