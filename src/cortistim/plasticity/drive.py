"""What a plasticity model is driven by: pulse times, recruited drive, afferent volleys."""

import re
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from cortistim.errors import BadInputError, quoted
from cortistim.protocol import Protocol
from cortistim.sources import ASSUMED, Sourced
from cortistim.typing import FloatArray

RMT_PER_AMT = Sourced(
    1.2, "1", ASSUMED, "resting over active motor threshold; 1.1 to 1.3 in practice"
)
CORTICAL_LATENCY = Sourced(
    0.021, "s", ASSUMED, "from a nerve stimulus at the wrist to motor cortex: N20 and a relay"
)
PAIRED_WITHIN_S = 0.1
_INTENSITY = re.compile(r"\s*(\d+(?:\.\d+)?)\s*%?\s*(rMT|aMT|MSO|V/m)?\s*", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Drive:
    """One session as the cortex receives it.

    Parameters
    ----------
    name : str
        The protocol's.
    pulse_times_s : (n_pulse,) array [s]
        Ascending; empty when nothing is given.
    drive : (n_pulse,) array
        Intensity over the active motor threshold, zero for sham.
    lag_s : (n_pulse,) array [s]
        When an afferent volley reaches the cortex after the pulse; negative before it, NaN
        without one.
    contraction : str
        Of the target muscle, as in `cortistim.protocol.Protocol`.
    """

    name: str
    pulse_times_s: FloatArray
    drive: FloatArray
    lag_s: FloatArray
    contraction: str = ""

    @property
    def n_pulses(self) -> int:
        """How many pulses there are."""
        return len(self.pulse_times_s)

    @property
    def duration_s(self) -> float:
        """From the first pulse to the last, in seconds."""
        return float(np.ptp(self.pulse_times_s)) if self.n_pulses else 0.0

    @property
    def paired(self) -> bool:
        """Whether nerve stimuli accompany the pulses."""
        return bool(np.isfinite(self.lag_s).any())

    def part(self, first: int, stop: int) -> "Drive":
        """Return some of the pulses, on the same clock.

        Parameters
        ----------
        first : int
            Index of the first pulse.
        stop : int
            Index behind the last one.

        Returns
        -------
        Drive
            Of those pulses.
        """
        inside = slice(first, stop)
        return Drive(
            self.name,
            self.pulse_times_s[inside],
            self.drive[inside],
            self.lag_s[inside],
            self.contraction,
        )


def drive_of(protocol: Protocol, intensity: str = "") -> Drive:
    """Turn a protocol into drive.

    Parameters
    ----------
    protocol : Protocol
        One session.
    intensity : str
        Such as ``110 %rMT``, instead of the protocol's own.

    Returns
    -------
    Drive
        In units of the active motor threshold.

    Raises
    ------
    BadInputError
        When the intensity has no motor threshold to relate to.
    """
    fraction, threshold = protocol.intensity_fraction, str(protocol.threshold)
    if intensity:
        fraction, threshold = parse_intensity(intensity, threshold)
    over_amt = fraction * _over_amt(protocol.name, threshold)
    lag_s = afferent_lag_s(protocol.pulse_times_s, protocol.afferent_times_s)
    return Drive(
        protocol.name,
        protocol.pulse_times_s,
        over_amt * protocol.relative_intensity,
        lag_s,
        protocol.contraction,
    )


def parse_intensity(text: str, threshold: str = "") -> tuple[float, str]:
    """Read an intensity with its reference.

    Parameters
    ----------
    text : str
        ``110 %rMT``, ``80%aMT``, or a bare percentage.
    threshold : str
        The reference of a bare percentage.

    Returns
    -------
    tuple of float and str
        Fraction and reference.

    Raises
    ------
    BadInputError
        When it cannot be read or names no reference.
    """
    hit = _INTENSITY.fullmatch(text)
    names = {"rmt": "rMT", "amt": "aMT", "mso": "MSO", "v/m": "V_per_m"}
    if hit is None or not (hit[2] or threshold):
        msg = (
            f"an intensity must be a percentage of a motor threshold such as 110%rMT or "
            f"80%aMT; got {quoted(text)}."
        )
        raise BadInputError(msg)
    if float(hit[1]) > 1000:
        msg = f"an intensity above 1000 % of a threshold is not meant; got {quoted(text)}."
        raise BadInputError(msg)
    return float(hit[1]) / 100, names[hit[2].lower()] if hit[2] else threshold


def _over_amt(name: str, threshold: str) -> float:
    factors = {"aMT": 1.0, "rMT": RMT_PER_AMT.value}
    if threshold not in factors:
        msg = (
            f"the intensity of {quoted(name)} must relate to a motor threshold, because the "
            f"models were calibrated so; it is given in {threshold.replace('_per_', '/')}. "
            "State it as `intensity`, such as 110%rMT."
        )
        raise BadInputError(msg)
    return factors[threshold]


def afferent_lag_s(pulse_times_s: FloatArray, afferent_times_s: FloatArray) -> FloatArray:
    """Return when the nearest afferent volley reaches the cortex after each pulse.

    Parameters
    ----------
    pulse_times_s : (n_pulse,) array [s]
        Ascending.
    afferent_times_s : (n_stimulus,) array [s]
        Of nerve stimuli.

    Returns
    -------
    (n_pulse,) array [s]
        Negative when the volley came first, NaN when none comes within 0.1 s.
    """
    if not len(afferent_times_s):
        return np.full(len(pulse_times_s), np.nan)
    arrival_s = np.sort(afferent_times_s) + CORTICAL_LATENCY.value
    after = np.searchsorted(arrival_s, pulse_times_s).clip(1, max(len(arrival_s) - 1, 1))
    around = arrival_s[np.stack([after - 1, np.minimum(after, len(arrival_s) - 1)])]
    lags_s = around - pulse_times_s
    nearest = np.abs(lags_s).argmin(axis=0)
    lag_s = np.take_along_axis(lags_s, nearest[None], axis=0)[0]
    return np.where(np.abs(lag_s) <= PAIRED_WITHIN_S, lag_s, np.nan)


def blocks_of(drive: Drive, gap_s: float) -> list[Drive]:
    """Cut a session where it pauses for long.

    Parameters
    ----------
    drive : Drive
        One session.
    gap_s : float [s]
        A pause this long or longer cuts.

    Returns
    -------
    list of Drive
        On the same clock.
    """
    cuts = np.flatnonzero(np.diff(drive.pulse_times_s) >= gap_s) + 1
    edges = [0, *cuts.tolist(), drive.n_pulses]
    return [drive.part(a, b) for a, b in pairwise(edges) if b > a]
