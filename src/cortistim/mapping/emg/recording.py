"""What electrodes over muscles recorded: whole recordings, and pieces around pulses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from cortistim.errors import BadInputError, quoted
from cortistim.typing import FloatArray
from cortistim.units import ms_from_s

SHOWN_NAMES = 8
LONGEST_EPOCH_S = 10.0  # assumed: the longest silent periods are below 0.5 s


@dataclass(frozen=True, eq=False, slots=True)
class EmgChannel:
    """One channel, kept as the file has it: a long recording stays small.

    Parameters
    ----------
    name : str
        Usually the muscle.
    samples : (n_sample,) array
        Counts of the amplifier, or anything else that `gain_v` turns into volt.
    rate_hz : float [Hz]
        Sampling rate.
    gain_v : float [V]
        Volt for one count.
    offset_v : float [V]
        Added after that.
    unit : str
        As the file names it; empty when it does not.
    limits_v : tuple of 2 floats [V], optional
        The least and the largest value that the amplifier can give.
    kind : str
        As BIDS names it, such as ``EMG`` or ``TRIG``; empty when nobody says.
    """

    name: str
    samples: FloatArray
    rate_hz: float
    gain_v: float = 1.0
    offset_v: float = 0.0
    unit: str = ""
    limits_v: tuple[float, float] | None = None
    kind: str = ""

    def volts(self, start: int, stop: int) -> FloatArray:
        """Return samples ``start`` to ``stop`` in volt; nan where there are none."""
        found = np.full(stop - start, np.nan)
        first, last = max(start, 0), min(stop, len(self.samples))
        if first < last:
            piece = np.asarray(self.samples[first:last], dtype=float)
            found[first - start : last - start] = piece * self.gain_v + self.offset_v
        return found


@dataclass(frozen=True, eq=False)
class EmgRecording:
    """A recording from its beginning to its end.

    Parameters
    ----------
    format : str
        Of the file.
    channels : tuple of EmgChannel
        In the file's order.
    markers : mapping of str to (n_marker,) array [s]
        Times of each kind of marker since the first sample, as in the file.
    notes : tuple of str
        What a reader should know.
    """

    format: str
    channels: tuple[EmgChannel, ...]
    markers: Mapping[str, FloatArray] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float:
        """How long the longest channel is."""
        return max((len(c.samples) / c.rate_hz for c in self.channels), default=0.0)

    def channel(self, name: str) -> EmgChannel:
        """Return the channel of that name, which must be one and only one.

        Parameters
        ----------
        name : str
            Capitals and blanks around it do not count.

        Returns
        -------
        EmgChannel
            As in the file.

        Raises
        ------
        BadInputError
            When there is none, or more than one.
        """
        wanted = name.strip().lower()
        found = [c for c in self.channels if c.name.strip().lower() == wanted]
        if len(found) > 1:
            msg = (
                f"each channel must have a name of its own; {quoted(name)} is the name of "
                f"{len(found)}. Rename them in the recording, then read it again."
            )
            raise BadInputError(msg)
        if not found:
            msg = (
                f"`channels` must name channels of the recording; it has no {quoted(name)}, "
                f"but {_listed([c.name for c in self.channels])}."
            )
            raise BadInputError(msg)
        return found[0]


@dataclass(frozen=True, eq=False)
class EmgEpochs:
    """Pieces of a recording around pulses.

    Parameters
    ----------
    names : tuple of str
        The channels.
    volts : (n_pulse, n_channel, n_sample) array [V]
        nan where nothing was recorded.
    rate_hz : float [Hz]
        Sampling rate.
    start_s : float [s]
        Time of the first sample, counted from the pulse; negative.
    pulses_s : (n_pulse,) array [s]
        When the pulses came, since the recording began; nan where that is not known.
    limits_v : tuple
        For each channel the least and largest value of the amplifier, or None.
    notes : tuple of str
        What a reader should know.

    Raises
    ------
    BadInputError
        When two channels have one name, when there is no pulse, or when sizes do not match.
    """

    names: tuple[str, ...]
    volts: FloatArray
    rate_hz: float
    start_s: float
    pulses_s: FloatArray
    limits_v: tuple[tuple[float, float] | None, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check names, times, sizes and rate."""
        shape = np.shape(self.volts)
        if len(shape) != 3 or shape[:2] != (len(self.pulses_s), len(self.names)):
            msg = (
                "the samples must have the shape (pulse, channel, sample), with "
                f"{len(self.pulses_s)} pulses and {len(self.names)} channels; got {shape}."
            )
            raise BadInputError(msg)
        require_own_names(self.names)
        require_pulses(self.pulses_s)
        if not (np.isfinite(self.rate_hz) and self.rate_hz > 0):
            msg = f"the sampling rate must be above 0 Hz; got {quoted(self.rate_hz)}."
            raise BadInputError(msg)

    @property
    def time_s(self) -> FloatArray:
        """Time of each sample, counted from the pulse."""
        return self.start_s + np.arange(self.volts.shape[2]) / self.rate_hz

    def span(self, window_s: tuple[float, float]) -> slice:
        """Return the samples of a window that is counted from the pulse.

        Parameters
        ----------
        window_s : tuple of 2 floats [s]
            Beginning and end.

        Returns
        -------
        slice
            Cut to what was recorded.
        """
        edges = (np.asarray(window_s, dtype=float) - self.start_s) * self.rate_hz
        first, last = np.clip(np.round(edges), 0, self.volts.shape[2]).astype(int)
        return slice(int(first), int(last))


def require_own_names(names: Sequence[str]) -> None:
    """Refuse two muscles of one name.

    Parameters
    ----------
    names : sequence of str
        Of the channels.

    Raises
    ------
    BadInputError
        When a name occurs twice.
    """
    seen: set[str] = set()
    for name in names:
        key = name.strip().lower()
        if key in seen:
            msg = (
                f"each channel must have a name of its own; {quoted(name)} occurs twice. "
                "Rename one in the recording, or ask for channels by `channels`."
            )
            raise BadInputError(msg)
        seen.add(key)


def require_pulses(pulses_s: FloatArray) -> None:
    """Refuse times of pulses that cannot be: none, or not in order.

    Parameters
    ----------
    pulses_s : (n_pulse,) array [s]
        nan where a time is not known.

    Raises
    ------
    BadInputError
        When there are none, or one comes before the one in front of it.
    """
    if not len(pulses_s):
        msg = "there must be at least one pulse; none was found. Say where they are (`pulses`)."
        raise BadInputError(msg)
    known = np.asarray(pulses_s, dtype=float)
    if np.isinf(known).any():
        at = int(np.isinf(known).argmax())
        msg = f"times of pulses must be finite; that of pulse {at + 1} is not."
        raise BadInputError(msg)
    where = np.flatnonzero(np.isfinite(known))
    back = np.flatnonzero(np.diff(known[where]) <= 0)
    if len(back):
        first, second = where[back[0]], where[back[0] + 1]
        msg = (
            f"times of pulses must rise; pulse {second + 1} is at {known[second]:.6g} s, pulse "
            f"{first + 1} before it at {known[first]:.6g} s. Sort them with what belongs to "
            "them."
        )
        raise BadInputError(msg)


def cut_epochs(
    recording: EmgRecording,
    pulses_s: FloatArray,
    names: Sequence[str],
    window_s: tuple[float, float] = (-0.2, 0.5),
) -> EmgEpochs:
    """Cut a recording into pieces around pulses.

    Parameters
    ----------
    recording : EmgRecording
        Any.
    pulses_s : (n_pulse,) array [s]
        Since the first sample.
    names : sequence of str
        Channels to take; all must have one sampling rate.
    window_s : tuple of 2 floats [s]
        From before the pulse to after it.

    Returns
    -------
    EmgEpochs
        The pulse is placed at the nearest sample; where the recording ends within a piece the
        rest is nan.

    Raises
    ------
    BadInputError
        When a name or a time cannot be used, or channels have different rates.
    """
    require_own_names(names)
    chosen = [recording.channel(name) for name in names]
    rates = sorted({c.rate_hz for c in chosen})
    if len(rates) != 1:
        msg = (
            "`channels` that are measured together must have one sampling rate; got "
            f"{', '.join(f'{rate:g}' for rate in rates) or 'no channel'}. Measure them apart."
        )
        raise BadInputError(msg)
    if not (window_s[0] < 0 < window_s[1] and window_s[1] - window_s[0] <= LONGEST_EPOCH_S):
        msg = (
            "an epoch must begin before the pulse and end after it, within "
            f"{LONGEST_EPOCH_S:g} s; got {ms_from_s(window_s[0]):g} to "
            f"{ms_from_s(window_s[1]):g} ms."
        )
        raise BadInputError(msg)
    rate_hz = rates[0]
    pulses_s = np.asarray(pulses_s, dtype=float)
    require_pulses(pulses_s)
    before = round(window_s[0] * rate_hz)
    length = round(window_s[1] * rate_hz) - before
    volts = np.empty((len(pulses_s), len(chosen), length))
    for row, time_s in enumerate(pulses_s):
        first = round(time_s * rate_hz) + before
        for column, channel in enumerate(chosen):
            volts[row, column] = channel.volts(first, first + length)
    return EmgEpochs(
        tuple(c.name for c in chosen),
        volts,
        rate_hz,
        before / rate_hz,
        pulses_s,
        tuple(c.limits_v for c in chosen),
        recording.notes,
    )


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
    return ", ".join(quoted(name) for name in names[:SHOWN_NAMES]) + more
