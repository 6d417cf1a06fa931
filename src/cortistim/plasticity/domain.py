"""How far the calibration reaches: what lies outside is not determined.

Each limit is the range of the calibration rows with the margin that its sentence names.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cortistim.plasticity.drive import Drive

LOWEST_DRIVE, HIGHEST_DRIVE = 0.69, 1.75  # of aMT; rows have 0.8 to 1.56
FEWEST_PULSES, MOST_PULSES = 40, 3600  # rows have 90 to 1800
LONGEST_S = 7200.0  # rows have up to 3600
SHORTEST_INTERVAL_S = 0.0012  # rows have 5 ms; below a millisecond axons are refractory
BURST_INTERVAL_S = 0.035
MOST_IN_BURST = 5  # rows have 3 and 4
MOST_THETA_BURST = 2400  # rows have 300 to 1800
MOST_BLOCKS, LONGEST_PAUSE_S = 3, 3900.0  # rows have 2 blocks, up to 30 min apart
LARGEST_STEP = 1.5  # ratio of intensities within a session; a primed row has 1.28
PAIRED_LAGS_S = (-0.0055, 0.0125)  # rows have -4 and 11 ms between volley and pulse


@dataclass(frozen=True, slots=True)
class Pattern:
    """What the limits look at.

    Parameters
    ----------
    shortest_s : float [s]
        Shortest interval.
    longest_burst : int
        Pulses in a row at most `BURST_INTERVAL_S` apart.
    theta_pulses : int
        Pulses in such bursts that come twice a second or faster.
    """

    shortest_s: float
    longest_burst: int
    theta_pulses: int


def pattern_of(drive: Drive) -> Pattern:
    """Look at a session's intervals.

    Parameters
    ----------
    drive : Drive
        One session with a pulse.

    Returns
    -------
    Pattern
        For `outside`.
    """
    waits_s = np.diff(drive.pulse_times_s)
    if not len(waits_s):
        return Pattern(np.inf, 1, 0)
    starts = np.flatnonzero(np.concatenate([[True], waits_s > BURST_INTERVAL_S]))
    sizes = np.diff(starts, append=drive.n_pulses)
    gaps_s = np.diff(drive.pulse_times_s[starts], append=np.inf)
    near = np.minimum(gaps_s, np.concatenate([[np.inf], gaps_s[:-1]]))
    theta = int(sizes[(sizes > 1) & (near <= 0.5)].sum())
    return Pattern(float(waits_s.min()), int(sizes.max()), theta)


def outside(drive: Drive, blocks: int, sessions: int) -> tuple[str, ...]:
    """Say in which respects a protocol lies outside the calibration.

    Parameters
    ----------
    drive : Drive
        One session.
    blocks : int
        Parts of it that pauses of minutes separate.
    sessions : int
        Of the course.

    Returns
    -------
    tuple of str
        Sentences; empty when it lies inside.
    """
    if not drive.n_pulses or not drive.drive.any():
        return ()
    return (*_dose(drive), *_timing(drive), *_repetition(drive, blocks, sessions))


def _dose(drive: Drive) -> Iterator[str]:
    low, high = float(drive.drive.min()), float(drive.drive.max())
    if low < LOWEST_DRIVE or high > HIGHEST_DRIVE:
        yield (
            f"outside the data: intensity of {100 * low:.0f} to {100 * high:.0f} % aMT; "
            "calibrated from 80 to 156 %"
        )
    if not FEWEST_PULSES <= drive.n_pulses <= MOST_PULSES:
        yield (
            f"outside the data: {drive.n_pulses} pulses in a session; calibrated from 90 to "
            "1800"
        )
    if drive.duration_s > LONGEST_S:
        long_min = drive.duration_s / 60
        yield f"outside the data: a session of {long_min:.0f} min; the longest row has 60"
    if high > LARGEST_STEP * low:
        yield (
            f"outside the data: the intensity changes within the session by a factor of "
            f"{high / max(low, 1e-9):.2g}; where a row changes it, by 1.3"
        )


def _timing(drive: Drive) -> Iterator[str]:
    pattern = pattern_of(drive)
    if pattern.shortest_s < SHORTEST_INTERVAL_S:
        yield (
            f"outside the data: pulses {1e3 * pattern.shortest_s:.2g} ms apart; the shortest "
            "interval of a row is 5 ms, and around 1 ms axons are refractory"
        )
    if pattern.longest_burst > MOST_IN_BURST:
        yield (
            f"outside the data: {pattern.longest_burst} pulses in a row above "
            f"{1 / BURST_INTERVAL_S:.0f} Hz; rows have bursts of 3 and 4"
        )
    if pattern.theta_pulses > MOST_THETA_BURST:
        yield (
            f"outside the data: {pattern.theta_pulses} pulses of theta burst; rows end at 1800"
        )
    lags_s = drive.lag_s[np.isfinite(drive.lag_s)]
    if len(lags_s) and (lags_s.min() < PAIRED_LAGS_S[0] or lags_s.max() > PAIRED_LAGS_S[1]):
        yield "outside the data: nerve stimuli other than 10 to 25 ms before the pulse"


def _repetition(drive: Drive, blocks: int, sessions: int) -> Iterator[str]:
    if sessions > 1:
        yield f"outside the data: a course of {sessions} sessions; no row has more than one"
    elif blocks > MOST_BLOCKS:
        yield f"outside the data: {blocks} blocks with pauses; rows have two"
    pause_s = float(np.diff(drive.pulse_times_s).max(initial=0.0))
    if pause_s > LONGEST_PAUSE_S:
        yield (
            f"outside the data: a pause of {pause_s / 60:.0f} min within the session; rows "
            "have up to 30"
        )
