"""Stochastic approximation: steps that shrink, towards the intensity with half of responses."""

import numpy as np

from cortistim.mapping.threshold.method import Limits, Trial
from cortistim.typing import FloatArray

SAMT_PERCENT = 4.2
"""wang2023 and the settings of SAMT since 1.7.5: digital, harmonic upon changes."""
HARMONIC_PERCENT = 6.7  # wang2023: digital, harmonic with every pulse
ANALOG_PERCENT = 6.7  # wang2023: per decade of the response over the criterion
LOWEST_DECADES = -2.0  # a response that was not measured as a size, or is nothing
NEARLY = 1e-3


class Approximation:
    """Robbins-Monro steps: x ← x - a Δ.

    Parameters
    ----------
    start : (n,) array
        First intensities in percent.
    first : float
        The first step, in percent.
    analog : bool
        Δ is log10 of the response over the criterion, not ±1.
    on_change : bool
        The step shrinks with every change between response and none, to first / (changes + 1);
        else with every pulse.
    limits : Limits
        What may be proposed. Steps are taken between them, unrounded, or the last ones would be
        lost; the estimate may lie 1 % beyond.

    Notes
    -----
    The estimate is the next intensity. Far below the threshold the step neither shrinks nor
    grows: start above it.
    """

    def __init__(
        self,
        start: FloatArray,
        first: float,
        *,
        analog: bool = False,
        on_change: bool = True,
        limits: Limits,
    ) -> None:
        self.percent = np.array(start, float)
        self.limits = limits
        self.first = first
        self.analog = analog
        self.on_change = on_change
        self.pulses = 0
        self.changes = np.zeros(len(start))
        self.last: FloatArray | None = None

    def propose(self) -> FloatArray:
        """Return the next intensities; see `Method`."""
        return self.percent

    def take(self, trial: Trial) -> None:
        """Step; see `Method`."""
        self.pulses += 1
        if self.last is not None:
            self.changes += trial.hit != self.last
        self.last = trial.hit
        shrunk = self.changes + 1 if self.on_change else float(self.pulses)
        away = np.where(trial.hit, 1.0, -1.0)
        if self.analog:
            size = np.where(np.isnan(trial.over_criterion), away, trial.over_criterion)
            away = np.maximum(size, LOWEST_DECADES)
        asked = np.abs(trial.percent - self.limits.deliverable(self.percent)) < NEARLY
        from_percent = np.where(asked, self.percent, trial.percent)
        to_percent = from_percent - self.first / shrunk * away
        self.percent = np.clip(to_percent, self.limits.low - 1, self.limits.high + 1)

    def estimate(self) -> FloatArray:
        """Return the next intensities; see `Method`."""
        return self.percent if self.pulses else np.full(len(self.percent), np.nan)

    def finished(self) -> FloatArray:
        """Return nobody: it has no rule to stop by."""
        return np.zeros(len(self.percent), bool)
