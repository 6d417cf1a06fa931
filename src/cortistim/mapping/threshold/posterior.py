"""The posterior of threshold and width on a grid, from responses or from their sizes.

P(response) = λ + (1 - 2 λ) Φ((x - t) / (r t)): background activity makes some responses, and a
moment of inattention or a moved coil loses some. The next intensity is the posterior's mean. An
interval comes from the same grid, for whichever method chose the intensities.
"""

import numpy as np
from scipy.special import ndtr

from cortistim.mapping.threshold.method import Limits, Trial
from cortistim.typing import FloatArray

T_PERCENT = np.arange(8, 521) * 0.25
"""Thresholds from 2 to 130 %: some people's lie above what a stimulator gives."""
MIDDLE_PERCENT, SPREAD_PERCENT = 60.0, 20.0  # assumed: weak, for any stimulator and muscle
WIDTH, WIDTH_SPREAD = 0.07, 0.15
"""Width over threshold, and log10 of its spread: goetz2019 has a median of 0.074
and quartiles of 0.06 and 0.09; the mean of this prior is 0.074."""
WIDTHS = WIDTH * 10 ** np.linspace(-0.4, 0.4, 9)
LAPSES = 0.005  # assumed; of each kind
DECADES, STEEPNESS = 1.83, 4.5
"""Sizes over excitability: log10(V / criterion) = DECADES (1 - exp(-STEEPNESS u)) where u is by
how much the felt intensity exceeds the threshold, as a share of it. Fitted by eye to the median
of goetz2019 at 100, 120 and 150 % of the threshold."""
STEEPNESSES = STEEPNESS * 2.0 ** np.linspace(-1, 1, 5)
STEEPNESS_SPREAD = 0.4  # assumed: of its natural logarithm over people
SIZE_SD = 0.12  # goetz2019: log10 of the pathway's gain
HIGHEST_SHARE = 0.97  # of DECADES: above, the size tells nothing of the intensity
CAUTIOUS_PERCENT = 10.0
"""Most that an intensity moves before there was a response and a failure."""
FLAT = 0.05  # density of a response that has nothing to do with the pulse, per decade


class Posterior:
    """Threshold and width, given all responses.

    Parameters
    ----------
    start : (n,) array
        First intensities in percent.
    limits : Limits
        Intensities that can be had: the first steps keep to them.
    sizes : bool
        Use the sizes of responses that exceed the criterion, too: each tells the intensity
        that was felt, through `DECADES` and `STEEPNESS`. Smaller ones are censored.
    """

    def __init__(
        self,
        start: FloatArray,
        limits: Limits | None = None,
        *,
        sizes: bool = False,
    ) -> None:
        self.first = np.array(start, float)
        self.limits = limits or Limits()
        self.sizes = sizes
        self.t = T_PERCENT[::2] if sizes else T_PERCENT
        self.pulses = 0
        self.last = self.first
        self.ever = np.zeros((2, len(start)), bool)
        prior = -0.5 * ((self.t - MIDDLE_PERCENT) / SPREAD_PERCENT) ** 2
        width = -0.5 * (np.log10(WIDTHS / WIDTH) / WIDTH_SPREAD) ** 2
        log = prior[:, None] + width
        if sizes:
            spread = -0.5 * (np.log(STEEPNESSES / STEEPNESS) / STEEPNESS_SPREAD) ** 2
            log = log[..., None] + spread
        self.log = np.tile(log.astype(np.float32), (len(start), *[1] * log.ndim))

    def take(self, trial: Trial) -> None:
        """Add the likelihood of the responses; see `Method`."""
        self.pulses += 1
        u = (trial.percent[:, None] / self.t - 1).astype(np.float32)[..., None]
        chance = LAPSES + (1 - 2 * LAPSES) * ndtr(u / WIDTHS)
        log = np.log(np.where(trial.hit[:, None, None], chance, 1 - chance))
        if self.sizes:
            known = trial.hit & np.isfinite(trial.over_criterion)
            log = np.repeat(log[..., None], len(STEEPNESSES), axis=-1)
            log[known] = _of_sizes(u[known][..., None], trial.over_criterion[known])
        self.log += log
        self.ever |= np.stack([trial.hit, ~trial.hit])
        self.last = trial.percent

    def marginal(self) -> FloatArray:
        """Return the probabilities of the thresholds ``t``, (n, n_t)."""
        p = np.exp(self.log - self.log.max(axis=tuple(range(1, self.log.ndim)), keepdims=True))
        p = p.sum(axis=tuple(range(2, p.ndim)), dtype=float)
        return p / p.sum(axis=1, keepdims=True)

    def width(self) -> FloatArray:
        """Return the posterior's mean of the width over the threshold, (n,)."""
        p = np.exp(self.log - self.log.max(axis=tuple(range(1, self.log.ndim)), keepdims=True))
        p = p.sum(axis=(1, *range(3, p.ndim)), dtype=float)
        return p @ WIDTHS / p.sum(axis=1)

    def propose(self) -> FloatArray:
        """Return the means; at most `CAUTIOUS_PERCENT` away at first; see `Method`."""
        if not self.pulses:
            return self.first
        mean = self.estimate()
        near = np.clip(mean, self.last - CAUTIOUS_PERCENT, self.last + CAUTIOUS_PERCENT)
        return np.where(self.ever.all(axis=0), mean, near)

    def estimate(self) -> FloatArray:
        """Return the posterior's means; see `Method`."""
        return self.marginal() @ self.t

    def interval(self, level: float = 0.95) -> FloatArray:
        """Return the interval with equal tails.

        Parameters
        ----------
        level : float
            Of its probability.

        Returns
        -------
        (n, 2) array
            In percent.
        """
        below = np.cumsum(self.marginal(), axis=1)
        edges = self.t + (self.t[1] - self.t[0]) / 2
        tails = ((1 - level) / 2, (1 + level) / 2)
        return np.array([np.interp(tails, row, edges) for row in below])

    def finished(self) -> FloatArray:
        """Return nobody: how tight an interval must be is for the user to say."""
        return np.zeros(len(self.first), bool)


def _of_sizes(u: FloatArray, decades: FloatArray) -> FloatArray:
    """Return log P of sizes, (n, n_t, n_width, n_steepness).

    ``u``, (n, n_t, 1, 1), is the excess of the intensities; ``decades``, (n,), log10 of the
    sizes over the criterion.
    """
    share = np.clip(decades / DECADES, 0, HIGHEST_SHARE)[:, None, None, None]
    felt = -np.log1p(-share) / STEEPNESSES
    slope = DECADES * STEEPNESSES * (1 - share)
    sd = np.sqrt(np.square(WIDTHS)[:, None] + np.square(SIZE_SD / slope))
    density = np.exp(-0.5 * ((u - felt) / sd) ** 2) / (np.sqrt(2 * np.pi) * sd * slope)
    return np.log(FLAT * LAPSES + (1 - 2 * LAPSES) * density.astype(np.float32))
