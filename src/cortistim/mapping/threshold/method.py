"""What every method of finding a motor threshold has: it proposes, takes a response, estimates.

A method serves several people at once, so that a benchmark of hundreds is one run of the very
code that proposes the next pulse to one person. Intensities are percent of the maximal output.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from cortistim.typing import FloatArray


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be proposed.

    Parameters
    ----------
    low, high : float
        Lowest and highest intensity in percent.
    step : float
        Multiples of which are proposed; 0 for any.
    """

    low: float = 1.0
    high: float = 100.0
    step: float = 1.0

    def deliverable(self, percent: FloatArray) -> FloatArray:
        """Return the nearest intensities that may be proposed, (n,)."""
        kept = np.clip(percent, self.low, self.high)
        if self.step:
            kept = np.round(kept / self.step) * self.step
        return np.round(kept, 6)


@dataclass(frozen=True, eq=False)
class Trial:
    """One pulse to each person, and what it did.

    Parameters
    ----------
    percent : (n,) array
        Intensities that were delivered.
    hit : (n,) array of bool
        Whether the response reached the criterion.
    over_criterion : (n,) array
        log10 of the response over the criterion; NaN where it was not measured.
    """

    percent: FloatArray
    hit: FloatArray
    over_criterion: FloatArray


class Method(Protocol):
    """A way to choose intensities and to estimate the threshold from the responses."""

    def propose(self) -> FloatArray:
        """Return the next intensities, (n,), before they are made deliverable."""
        ...

    def take(self, trial: Trial) -> None:
        """Take the responses to one pulse each."""
        ...

    def estimate(self) -> FloatArray:
        """Return the thresholds, (n,); NaN where the method has none yet."""
        ...

    def finished(self) -> FloatArray:
        """Return who needs no further pulse by the method's own rule, (n,) of bool."""
        ...
