"""When the pulses come, and how strong: no biology, no safety."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from cortistim.errors import BadInputError
from cortistim.geometry import frozen
from cortistim.typing import FloatArray

Threshold = Literal["rMT", "aMT", "MSO"]


@dataclass(frozen=True, eq=False)
class Protocol:
    """Every pulse of a session.

    Parameters
    ----------
    name : str
        What a user calls it.
    pulse_times_s : (n_pulse,) array [s]
        Ascending, the first at zero.
    relative_intensity : (n_pulse,) array
        Each pulse over the session's intensity; ones when all are alike.
    intensity_fraction : float
        The session's intensity over the threshold: 1.2 is 120 %.
    threshold : str
        ``rMT`` or ``aMT`` (resting or active motor threshold), or ``MSO``.
    words : str
        The pattern, for a reader.
    sources : tuple of str
        Keys of ``references.bib``, ``assumed``, or ``given by the user``.
    confidence : str
        ``high``, ``medium`` or ``low``: how sure the numbers are those of the source.
    """

    name: str
    pulse_times_s: FloatArray
    relative_intensity: FloatArray
    intensity_fraction: float
    threshold: Threshold
    words: str
    sources: tuple[str, ...]
    confidence: str

    def __post_init__(self) -> None:
        """Freeze the arrays; refuse times that do not ascend."""
        object.__setattr__(self, "pulse_times_s", frozen(self.pulse_times_s, np.float64))
        relative = frozen(self.relative_intensity, np.float64)
        object.__setattr__(self, "relative_intensity", relative)
        times_s = self.pulse_times_s
        if times_s.ndim != 1 or len(times_s) == 0 or times_s.shape != relative.shape:
            msg = (
                "a protocol needs one relative intensity per pulse, and a pulse; got "
                f"{times_s.shape} times and {relative.shape} intensities."
            )
            raise BadInputError(msg)
        if not np.isfinite(times_s).all() or (np.diff(times_s) <= 0).any():
            msg = f"pulse times of {self.name!r} must be finite and ascend; they do not."
            raise BadInputError(msg)
        if not (np.isfinite(relative).all() and (relative >= 0).all()):
            msg = f"relative intensities of {self.name!r} must be finite and not negative."
            raise BadInputError(msg)
        if not 0 < self.intensity_fraction < 10:
            msg = (
                "the intensity must be a fraction of the threshold such as 1.2 for 120 %; "
                f"got {self.intensity_fraction}."
            )
            raise BadInputError(msg)

    @property
    def n_pulses(self) -> int:
        """How many pulses there are."""
        return len(self.pulse_times_s)

    @property
    def duration_s(self) -> float:
        """From the first pulse to the last, in seconds."""
        return float(self.pulse_times_s[-1] - self.pulse_times_s[0])

    @property
    def mean_rate_hz(self) -> float:
        """Intervals over duration, in Hz; zero for a single pulse."""
        return (self.n_pulses - 1) / self.duration_s if self.n_pulses > 1 else 0.0


def train_times_s(
    rate_hz: float, pulses_per_train: int, n_trains: int = 1, rest_s: float = 0.0
) -> FloatArray:
    """Return the pulse times of equal trains.

    A train of n pulses lasts n periods, and the rest follows: 40 pulses at 10 Hz are 4 s.

    Parameters
    ----------
    rate_hz : float [Hz]
        Within a train.
    pulses_per_train : int
        At least 1.
    n_trains : int
        At least 1.
    rest_s : float [s]
        From the end of one train to the start of the next.

    Returns
    -------
    (n_pulse,) array [s]
        Ascending from zero.

    Raises
    ------
    BadInputError
        When a number is out of range.
    """
    train_s = _train(rate_hz, pulses_per_train)
    return _nested(train_s, pulses_per_train / rate_hz, n_trains, rest_s)


def theta_burst_times_s(
    n_bursts: int,
    *,
    n_trains: int = 1,
    rest_s: float = 0.0,
    pulses_per_burst: int = 3,
    pulse_rate_hz: float = 50.0,
    burst_rate_hz: float = 5.0,
) -> FloatArray:
    """Return the pulse times of theta bursts.

    Parameters
    ----------
    n_bursts : int
        In each train.
    n_trains : int
        1 for continuous theta burst.
    rest_s : float [s]
        From the end of one train (n_bursts burst periods) to the start of the next.
    pulses_per_burst : int
        3 by Huang et al. (2005).
    pulse_rate_hz : float [Hz]
        Within a burst.
    burst_rate_hz : float [Hz]
        Of bursts within a train.

    Returns
    -------
    (n_pulse,) array [s]
        Ascending from zero.

    Raises
    ------
    BadInputError
        When a number is out of range or bursts overlap.
    """
    burst_s = _train(pulse_rate_hz, pulses_per_burst)
    bursts_s = _train(burst_rate_hz, n_bursts)
    if burst_s[-1] >= 1 / burst_rate_hz:
        msg = (
            f"a burst must end before the next begins; {pulses_per_burst} pulses at "
            f"{pulse_rate_hz:g} Hz last {burst_s[-1]:.3g} s, bursts come every "
            f"{1 / burst_rate_hz:.3g} s. Lower the number of pulses or the burst rate."
        )
        raise BadInputError(msg)
    train_s = (bursts_s[:, None] + burst_s).ravel()
    return _nested(train_s, n_bursts / burst_rate_hz, n_trains, rest_s)


def _train(rate_hz: float, count: int) -> FloatArray:
    if not 0 < rate_hz < np.inf or count < 1:
        msg = f"a train needs a rate above 0 Hz and a pulse; got {rate_hz} Hz, {count} pulses."
        raise BadInputError(msg)
    return np.arange(count) / rate_hz


def _nested(train_s: FloatArray, train_length_s: float, n: int, rest_s: float) -> FloatArray:
    if n < 1 or not 0 <= rest_s < np.inf:
        msg = f"there must be a train, and a rest of 0 s or more; got {n} trains, {rest_s} s."
        raise BadInputError(msg)
    return (np.arange(n)[:, None] * (train_length_s + rest_s) + train_s).ravel()


def equal_pulses(
    name: str,
    pulse_times_s: FloatArray,
    *,
    intensity_fraction: float,
    threshold: Threshold = "rMT",
    words: str = "",
    sources: tuple[str, ...] = ("given by the user",),
    confidence: str = "high",
) -> Protocol:
    """Make a protocol whose pulses are all alike.

    Parameters
    ----------
    name : str
        What a user calls it.
    pulse_times_s : (n_pulse,) array [s]
        Ascending.
    intensity_fraction : float
        Over the threshold: 1.2 is 120 %.
    threshold : str
        ``rMT``, ``aMT`` or ``MSO``.
    words : str
        The pattern, for a reader.
    sources : tuple of str
        Keys of ``references.bib``, or ``given by the user``.
    confidence : str
        ``high``, ``medium`` or ``low``.

    Returns
    -------
    Protocol
        With relative intensities of one.
    """
    return Protocol(
        name,
        pulse_times_s,
        np.ones(len(pulse_times_s)),
        intensity_fraction,
        threshold,
        words,
        sources,
        confidence,
    )


def theta_burst(
    name: str,
    n_bursts: int,
    *,
    n_trains: int = 1,
    rest_s: float = 0.0,
    intensity_fraction: float = 0.8,
    threshold: Threshold = "aMT",
) -> Protocol:
    """Make a theta-burst protocol: 3 pulses at 50 Hz, 5 bursts a second.

    Parameters
    ----------
    name : str
        What a user calls it.
    n_bursts : int
        In each train.
    n_trains : int
        1 for continuous theta burst.
    rest_s : float [s]
        Between trains.
    intensity_fraction : float
        Over the threshold.
    threshold : str
        ``rMT``, ``aMT`` or ``MSO``.

    Returns
    -------
    Protocol
        Given by the user.
    """
    rest = f", {n_trains} trains, {rest_s:g} s rest" if n_trains > 1 else ""
    return equal_pulses(
        name,
        theta_burst_times_s(n_bursts, n_trains=n_trains, rest_s=rest_s),
        intensity_fraction=intensity_fraction,
        threshold=threshold,
        words=f"3 pulses at 50 Hz, 5 bursts a second, {n_bursts} bursts a train{rest}",
    )


def trains(
    name: str,
    rate_hz: float,
    pulses_per_train: int,
    *,
    n_trains: int = 1,
    rest_s: float = 0.0,
    intensity_fraction: float = 1.2,
    threshold: Threshold = "rMT",
) -> Protocol:
    """Make a protocol of equal trains.

    Parameters
    ----------
    name : str
        What a user calls it.
    rate_hz : float [Hz]
        Within a train.
    pulses_per_train : int
        At least 1.
    n_trains : int
        At least 1.
    rest_s : float [s]
        From the end of one train to the start of the next.
    intensity_fraction : float
        Over the threshold.
    threshold : str
        ``rMT``, ``aMT`` or ``MSO``.

    Returns
    -------
    Protocol
        Given by the user.
    """
    rest = f", {n_trains} trains, {rest_s:g} s rest" if n_trains > 1 else ""
    return equal_pulses(
        name,
        train_times_s(rate_hz, pulses_per_train, n_trains, rest_s),
        intensity_fraction=intensity_fraction,
        threshold=threshold,
        words=f"{pulses_per_train} pulses at {rate_hz:g} Hz a train{rest}",
    )
