"""When the pulses come, and how strong: no biology, no safety."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from cortistim.errors import BadInputError, quoted
from cortistim.geometry import assign, freeze
from cortistim.shown import Facts, Shown
from cortistim.typing import FloatArray

Threshold = Literal["rMT", "aMT", "MSO", "V_per_m"]
Waveform = Literal["biphasic", "monophasic", "half-sine", "controllable"]
Confidence = Literal["high", "medium", "low"]
Contraction = Literal["", "none", "after"]
"""Of the target muscle: as usual (only to find the active threshold), never, right after."""
LARGEST = {"rMT": 10.0, "aMT": 10.0, "MSO": 1.0, "V_per_m": 1000.0}
"""No intensity above these is meant: 10 times a threshold, full output, 1000 V/m."""


GIVEN = "given by the user"


def _no_times() -> FloatArray:
    return np.zeros(0)


@dataclass(frozen=True, slots=True)
class Reference:
    """How the threshold behind an intensity was measured; what is not known stays empty.

    Parameters
    ----------
    muscle : str
        ``hand``, ``leg``, or empty.
    method : str
        ``EMG``, ``twitch`` (seen, not recorded), or empty.
    corrected : str
        What the intensity was corrected for, such as ``depth``, or empty.
    """

    muscle: str = ""
    method: str = ""
    corrected: str = ""


UNSTATED = Reference()


@dataclass(frozen=True, eq=False, repr=False)
class Protocol(Shown):
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
        The session's intensity over the threshold: 1.2 is 120 %. With ``MSO`` a fraction of
        the maximal output, with ``V_per_m`` the field at the target in V/m.
    threshold : str
        ``rMT`` or ``aMT`` (resting or active motor threshold), ``MSO`` or ``V_per_m``.
    words : str
        The pattern, for a reader.
    sources : tuple of str
        Keys of ``references.bib``, ``assumed``, or ``given by the user``.
    confidence : str
        ``high``, ``medium`` or ``low``: how sure the numbers are those of the source.
    waveform : str
        Of the coil's current: ``biphasic``, ``monophasic``, ``half-sine`` or
        ``controllable``.
    afferent_times_s : (n_stimulus,) array [s]
        When a peripheral nerve is stimulated, on the clock of the pulses; may be negative.
        Empty unless the stimulation is paired and associative.
    length_s : float [s]
        The session's length as the clinic counts it: a train of 40 pulses at 10 Hz lasts
        4 s, though its last pulse comes after 3.9 s. Never less than `duration_s`.
    reference : Reference
        How the threshold was measured.
    contraction : str
        Of the target muscle: empty as usual, before only, to find the active threshold;
        ``none`` where it rested all along; ``after`` for minutes right after the last pulse.
    """

    name: str
    pulse_times_s: FloatArray
    relative_intensity: FloatArray
    intensity_fraction: float
    threshold: Threshold
    words: str
    sources: tuple[str, ...]
    confidence: Confidence
    waveform: Waveform = "biphasic"
    afferent_times_s: FloatArray = field(default_factory=_no_times)
    length_s: float = 0.0
    reference: Reference = UNSTATED
    contraction: Contraction = ""

    def facts(self) -> Facts:
        """Name what matters.

        Returns
        -------
        tuple of (str, str)
            Labels and values, with units.
        """
        return (
            ("name", self.name),
            ("pulses", f"{self.n_pulses:,}"),
            ("duration", f"{self.duration_s:.4g} s"),
            ("intensity", self.intensity_words),
        )

    def __post_init__(self) -> None:
        """Freeze the arrays; refuse what is no protocol."""
        freeze(
            self, "pulse_times_s", "relative_intensity", "afferent_times_s", dtype=np.float64
        )
        self._check_pulses()
        self._check_intensity()
        if not np.isfinite(self.afferent_times_s).all():
            msg = (
                f"nerve stimuli of {quoted(self.name)} must come at finite times; they do not."
            )
            raise BadInputError(msg)
        assign(self, length_s=max(self.length_s, self.duration_s))

    def _check_pulses(self) -> None:
        times_s, relative = self.pulse_times_s, self.relative_intensity
        if times_s.ndim != 1 or len(times_s) == 0 or times_s.shape != relative.shape:
            msg = (
                "a protocol needs one relative intensity per pulse, and a pulse; got "
                f"{times_s.shape} times and {relative.shape} intensities."
            )
            raise BadInputError(msg)
        if not np.isfinite(times_s).all() or (np.diff(times_s) <= 0).any():
            msg = f"pulse times of {quoted(self.name)} must be finite and ascend; they do not."
            raise BadInputError(msg)
        if not (np.isfinite(relative).all() and (relative >= 0).all()):
            msg = (
                f"relative intensities of {quoted(self.name)} must be finite and not negative."
            )
            raise BadInputError(msg)

    def _check_intensity(self) -> None:
        if self.threshold not in LARGEST:
            msg = (
                f"an intensity needs a reference: {', '.join(LARGEST)}; got "
                f"{quoted(self.threshold)}."
            )
            raise BadInputError(msg)
        largest = LARGEST[self.threshold]
        if not 0 < self.intensity_fraction <= largest:
            msg = (
                "the intensity must be a fraction of the threshold such as 1.2 for 120 %, "
                f"above 0 and at most {largest:g} with {self.threshold}; got "
                f"{self.intensity_fraction:g}."
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
    def intensity_words(self) -> str:
        """The intensity as the clinic says it, such as ``120 % rMT``."""
        if self.threshold == "V_per_m":
            return f"{self.intensity_fraction:g} V/m at the target"
        leg = "leg " if self.reference.muscle == "leg" else ""
        corrected = self.reference.corrected
        after = f", corrected for {corrected}" if corrected else ""
        return f"{100 * self.intensity_fraction:g} % {leg}{self.threshold}{after}"

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
    length_s: float = 0.0,
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
    length_s : float [s]
        The session's length as the clinic counts it.

    Returns
    -------
    Protocol
        With relative intensities of one, given by the user.
    """
    return Protocol(
        name,
        pulse_times_s,
        np.ones(len(pulse_times_s)),
        intensity_fraction,
        threshold,
        words,
        (GIVEN,),
        "high",
        length_s=length_s,
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
        length_s=n_trains * n_bursts / 5.0 + (n_trains - 1) * rest_s,
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
        length_s=n_trains * pulses_per_train / rate_hz + (n_trains - 1) * rest_s,
    )
