"""Relative frequencies: 5 of 10 (rossini2015), and upper and lower threshold (mills1997)."""

import numpy as np

from cortistim.mapping.threshold.method import Trial
from cortistim.typing import FloatArray

FIND, LOWER, UPPER, DONE = range(4)
FIRST_STEP = 10.0  # mills1997: until the first response
ALL = 10


class Frequency:
    """The lowest intensity with a response in half of ten or twenty trials.

    An intensity is left for the next lower one at the 5th (10th) response, and the one above is
    the threshold at the 6th (11th) failure. Where the first intensity fails, it goes up instead
    until one succeeds.

    Parameters
    ----------
    start : (n,) array
        First intensities in percent.
    step : float
        Between intensities, in percent.
    wanted : int
        Responses out of twice as many trials.
    """

    def __init__(self, start: FloatArray, step: float = 1.0, wanted: int = 5) -> None:
        self.percent = np.array(start, float)
        self.step, self.wanted = step, wanted
        self.hits, self.misses = np.zeros(len(start)), np.zeros(len(start))
        self.ascends = np.zeros(len(start), bool)
        self.passed = np.full(len(start), np.nan)
        self.done = np.zeros(len(start), bool)

    def propose(self) -> FloatArray:
        """Return the intensities under test; see `Method`."""
        return self.percent

    def take(self, trial: Trial) -> None:
        """Count, and leave intensities that are decided; see `Method`."""
        open_ = ~self.done
        level = trial.percent
        self.hits += open_ & trial.hit
        self.misses += open_ & ~trial.hit
        passes = open_ & (self.hits >= self.wanted)
        fails = open_ & (self.misses > self.wanted)
        self.passed = np.where(passes, level, self.passed)
        self.ascends |= fails & np.isnan(self.passed)
        self.done |= (passes & self.ascends) | (fails & ~np.isnan(self.passed))
        move = np.where(passes, -self.step, 0.0) + np.where(fails, self.step, 0.0)
        self.percent = np.where(self.done, self.passed, level + move)
        decided = passes | fails
        self.hits[decided] = self.misses[decided] = 0

    def estimate(self) -> FloatArray:
        """Return the lowest intensities that passed; see `Method`."""
        return self.passed.copy()

    def finished(self) -> FloatArray:
        """Return whose threshold is decided; see `Method`."""
        return self.done.copy()


class MillsNithi:
    """The mean of the lowest intensity that never fails and the highest that never succeeds.

    From 20 %, up in steps of 10 % until the first response; down until ten failures in a row;
    then up from that first response until ten responses in a row.

    Parameters
    ----------
    start : (n,) array
        First intensities in percent.
    step : float
        Of the search for both thresholds, in percent.
    """

    def __init__(self, start: FloatArray, step: float = 1.0) -> None:
        count = len(start)
        self.percent, self.step = np.array(start, float), step
        self.phase = np.full(count, FIND)
        self.found = np.full(count, np.nan)
        self.lower, self.upper = np.full(count, np.nan), np.full(count, np.nan)
        self.row = np.zeros(count)

    def propose(self) -> FloatArray:
        """Return the intensities under test; see `Method`."""
        return self.percent

    def take(self, trial: Trial) -> None:
        """Go on by the phase in which each person is; see `Method`."""
        phase, level, hit = self.phase.copy(), trial.percent, trial.hit
        first = (phase == FIND) & hit
        self.found = np.where(first, level, self.found)
        runs = ((phase == LOWER) & ~hit) | ((phase == UPPER) & hit)
        self.row = np.where(runs, self.row + 1, 0)
        whole = self.row >= ALL
        lower, upper = whole & (phase == LOWER), whole & (phase == UPPER)
        self.lower = np.where(lower, level, self.lower)
        self.upper = np.where(upper, level, self.upper)
        self.phase = np.where(first, LOWER, self.phase)
        self.phase = np.where(lower, UPPER, np.where(upper, DONE, self.phase))
        up = np.where((phase == FIND) & ~hit, FIRST_STEP, 0.0)
        up += np.where((phase == UPPER) & ~hit, self.step, 0.0)
        down = np.where(first | ((phase == LOWER) & hit), self.step, 0.0)
        self.percent = np.where(
            lower, self.found, np.where(phase == DONE, level, level + up - down)
        )
        self.row[whole] = 0

    def estimate(self) -> FloatArray:
        """Return the means of both thresholds; see `Method`."""
        return (self.lower + self.upper) / 2

    def finished(self) -> FloatArray:
        """Return who has both thresholds; see `Method`."""
        return self.phase == DONE
