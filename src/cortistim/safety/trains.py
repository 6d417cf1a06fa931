"""Trains as the safety tables mean them, found in the pulse times alone.

An interval longer than its neighbour by more than `PAUSE_FACTOR` parts two trains. A pause
shorter than the shortest that was found safe does not end a train: what follows at a
similar rate counts as its continuation.
"""

from dataclasses import dataclass

import numpy as np

from cortistim.protocol import Protocol
from cortistim.typing import BoolArray, FloatArray

PAUSE_FACTOR = 1.7
SAFE_REST_S = 5.0
TOLERANCE_S = 1e-6
BURST_INTERVAL_S = 0.04
"""Pulses closer than this make bursts: faster than the tables' 25 Hz."""


@dataclass(frozen=True, eq=False)
class Trains:
    """The trains of a session.

    Parameters
    ----------
    start_s : (n_train,) array [s]
        First pulses.
    pulses : (n_train,) int array
        In each train.
    rate_hz : (n_train,) array [Hz]
        Mean rate within each train, of joined ones the highest; 0 for a lone pulse.
    length_s : (n_train,) array [s]
        From the first pulse to the last, and one period: 40 pulses at 10 Hz are 4 s.
    peak : (n_train,) array
        The strongest pulse over the session's intensity.
    rest_s : (n_train - 1,) array [s]
        From the end of one train to the start of the next.
    """

    start_s: FloatArray
    pulses: FloatArray
    rate_hz: FloatArray
    length_s: FloatArray
    peak: FloatArray
    rest_s: FloatArray

    @property
    def crowded(self) -> bool:
        """True when trains of unlike rates follow each other without a safe rest."""
        return bool((self.rest_s < SAFE_REST_S - TOLERANCE_S).any())


def has_bursts(protocol: Protocol) -> bool:
    """Say whether pulses come faster than any row of the tables.

    Parameters
    ----------
    protocol : Protocol
        One session.

    Returns
    -------
    bool
        True for theta burst and the like.
    """
    gaps_s = np.diff(protocol.pulse_times_s)
    return bool((gaps_s < BURST_INTERVAL_S - TOLERANCE_S).any())


def trains_of(protocol: Protocol) -> Trains:
    """Part a session into trains.

    Parameters
    ----------
    protocol : Protocol
        Without bursts faster than 25 Hz.

    Returns
    -------
    Trains
        In order.
    """
    times_s = protocol.pulse_times_s
    ends = np.flatnonzero(_pauses(np.diff(times_s)))
    firsts, lasts = np.append(0, ends + 1), np.append(ends, len(times_s) - 1)
    rates_hz = _ratio(lasts - firsts, times_s[lasts] - times_s[firsts])
    rests_s = times_s[firsts[1:]] - times_s[lasts[:-1]] - _ratio(1.0, rates_hz[:-1])
    apart = ~((rests_s < SAFE_REST_S - TOLERANCE_S) & _alike(rates_hz[:-1], rates_hz[1:]))
    opens = np.flatnonzero(np.append(True, apart))
    firsts, lasts = firsts[opens], lasts[np.append(apart, True)]
    rates_hz = np.maximum.reduceat(rates_hz, opens)
    return Trains(
        times_s[firsts],
        lasts - firsts + 1,
        rates_hz,
        times_s[lasts] - times_s[firsts] + _ratio(1.0, rates_hz),
        np.maximum.reduceat(protocol.relative_intensity, firsts),
        rests_s[apart],
    )


def _pauses(gaps_s: FloatArray) -> BoolArray:
    if len(gaps_s) == 0:
        return np.zeros(0, dtype=bool)
    edge = [np.inf]
    nearest = np.minimum(np.append(edge, gaps_s[:-1]), np.append(gaps_s[1:], edge))
    return gaps_s > PAUSE_FACTOR * nearest


def _alike(first_hz: FloatArray, second_hz: FloatArray) -> BoolArray:
    lone = (first_hz == 0) | (second_hz == 0)
    fast, slow = np.maximum(first_hz, second_hz), np.minimum(first_hz, second_hz)
    return lone | (fast <= PAUSE_FACTOR * slow)


def _ratio(over: FloatArray | float, under: FloatArray) -> FloatArray:
    return np.divide(over, under, out=np.zeros(len(under)), where=under > 0)
