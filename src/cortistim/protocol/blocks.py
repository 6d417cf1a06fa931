"""The words of the protocol language: trains, bursts, pairs, pauses, repeats.

Each block says when its pulses come, counted from its own start, and how long it lasts as
the clinic counts: a train of 40 pulses at 10 Hz lasts 4 s. Blocks follow each other without
a gap; a `Pause` makes one.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from msgspec import Meta, Struct

from cortistim.errors import BadInputError
from cortistim.protocol.protocol import theta_burst_times_s, train_times_s
from cortistim.typing import FloatArray

SMALLEST, LARGEST = 1e-9, 1e9
"""A nanosecond, and 30 years in seconds: no number of a protocol lies beyond."""
Count = Annotated[int, Meta(ge=0)]
Number = Annotated[float, Meta(ge=-LARGEST, le=LARGEST)]
LARGEST_PULSES = 20_000_000
"""More than a person receives in a lifetime of treatment; a typing error asks for more."""


@dataclass(frozen=True, eq=False)
class Timeline:
    """Pulses from the start of a block.

    Parameters
    ----------
    times_s : (n_pulse,) array [s]
        Ascending.
    relative : (n_pulse,) array
        Each pulse over the session's intensity.
    afferent_s : (n_stimulus,) array [s]
        Stimuli of a peripheral nerve.
    length_s : float [s]
        Where the next block starts.
    """

    times_s: FloatArray
    relative: FloatArray
    afferent_s: FloatArray
    length_s: float


class Word(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A block as protocol files state it: its fields are the keys of the file."""


class Train(Word, frozen=True):
    """Equal trains of evenly spaced pulses.

    Parameters
    ----------
    rate_hz : float [Hz]
        Within a train.
    pulses : int
        In each train.
    trains : int
        At least 1.
    rest_s : float [s]
        From the end of one train to the start of the next.
    relative : float
        Over the session's intensity.
    ramp_from : float
        Intensity of the first pulse over that of the last; it rises evenly.
    """

    rate_hz: Number
    pulses: Count
    trains: Count = 1
    rest_s: Number = 0.0
    relative: Number = 1.0
    ramp_from: Number = 1.0

    def expand(self) -> Timeline:
        """Return every pulse.

        Returns
        -------
        Timeline
            From the start of the block.
        """
        _refuse_too_many(self.pulses * self.trains)
        times_s = train_times_s(self.rate_hz, self.pulses, self.trains, self.rest_s)
        length_s = self.trains * self.pulses / self.rate_hz + (self.trains - 1) * self.rest_s
        return _alike(times_s, length_s, self.relative, self.ramp_from)

    @property
    def words(self) -> str:
        """The block, for a reader."""
        if self.pulses == self.trains == 1:
            return "a single pulse"
        return f"{self.pulses} pulses at {self.rate_hz:g} Hz" + _again(self.trains, self.rest_s)


class Bursts(Word, frozen=True):
    """Trains of bursts: theta burst, quadripulse, or any other.

    Parameters
    ----------
    pulses : int
        In each burst.
    pulse_rate_hz : float [Hz]
        Within a burst.
    burst_rate_hz : float [Hz]
        Of bursts within a train.
    bursts : int
        In each train.
    trains : int
        At least 1.
    rest_s : float [s]
        From the end of one train to the start of the next.
    relative : float
        Over the session's intensity.
    ramp_from : float
        Intensity of the first pulse over that of the last.
    """

    pulses: Count
    pulse_rate_hz: Number
    burst_rate_hz: Number
    bursts: Count
    trains: Count = 1
    rest_s: Number = 0.0
    relative: Number = 1.0
    ramp_from: Number = 1.0

    def expand(self) -> Timeline:
        """Return every pulse.

        Returns
        -------
        Timeline
            From the start of the block.
        """
        _refuse_too_many(self.pulses * self.bursts * self.trains)
        times_s = theta_burst_times_s(
            self.bursts,
            n_trains=self.trains,
            rest_s=self.rest_s,
            pulses_per_burst=self.pulses,
            pulse_rate_hz=self.pulse_rate_hz,
            burst_rate_hz=self.burst_rate_hz,
        )
        bursts_s = self.trains * self.bursts / self.burst_rate_hz
        length_s = bursts_s + (self.trains - 1) * self.rest_s
        return _alike(times_s, length_s, self.relative, self.ramp_from)

    @property
    def words(self) -> str:
        """The block, for a reader."""
        return (
            f"bursts of {self.pulses} pulses at {self.pulse_rate_hz:g} Hz, {self.bursts} "
            f"bursts at {self.burst_rate_hz:g} Hz" + _again(self.trains, self.rest_s)
        )


class Pairs(Word, frozen=True):
    """A conditioning pulse and a test pulse, again and again.

    Parameters
    ----------
    interval_s : float [s]
        From the first pulse of a pair to the second.
    pairs : int
        At least 1.
    every_s : float [s]
        From one pair to the next.
    conditioning : float
        The first pulse over the session's intensity.
    relative : float
        The second pulse over the session's intensity.
    """

    interval_s: Number
    pairs: Count
    every_s: Number
    conditioning: Number = 1.0
    relative: Number = 1.0

    def expand(self) -> Timeline:
        """Return every pulse.

        Returns
        -------
        Timeline
            From the start of the block.
        """
        if not 0 < self.interval_s < self.every_s < np.inf:
            msg = (
                "the interval of a pair must be above 0 s and shorter than the time from "
                f"pair to pair; got {self.interval_s:g} s and {self.every_s:g} s."
            )
            raise BadInputError(msg)
        _refuse_too_many(2 * self.pairs)
        starts_s = train_times_s(1 / self.every_s, self.pairs)
        times_s = (starts_s[:, None] + np.array([0, self.interval_s])).ravel()
        relative = np.tile([self.conditioning, self.relative], self.pairs)
        return Timeline(times_s, relative, np.zeros(0), self.pairs * self.every_s)

    @property
    def words(self) -> str:
        """The block, for a reader."""
        return f"{self.pairs} pairs {1e3 * self.interval_s:g} ms apart every {self.every_s:g} s"


class Associative(Word, frozen=True):
    """A nerve stimulus and a pulse, again and again (paired associative stimulation).

    Parameters
    ----------
    pairs : int
        At least 1.
    every_s : float [s]
        From one pair to the next.
    afferent_lead_s : float [s]
        By how much the nerve stimulus comes before the pulse; negative for after.
    relative : float
        The pulses over the session's intensity.
    """

    pairs: Count
    every_s: Number
    afferent_lead_s: Number
    relative: Number = 1.0

    def expand(self) -> Timeline:
        """Return every pulse and every nerve stimulus.

        Returns
        -------
        Timeline
            From the start of the block.
        """
        if not 0 < self.every_s < np.inf or not abs(self.afferent_lead_s) < self.every_s:
            msg = (
                "nerve stimulus and pulse of a pair must be less apart than the pairs; got "
                f"{self.afferent_lead_s:g} s and {self.every_s:g} s."
            )
            raise BadInputError(msg)
        _refuse_too_many(self.pairs)
        times_s = train_times_s(1 / self.every_s, self.pairs)
        lead_s = times_s - self.afferent_lead_s
        relative = np.full(len(times_s), self.relative)
        return Timeline(times_s, relative, lead_s, self.pairs * self.every_s)

    @property
    def words(self) -> str:
        """The block, for a reader."""
        lead_ms = 1e3 * self.afferent_lead_s
        return (
            f"{self.pairs} pulses every {self.every_s:g} s, each {abs(lead_ms):g} ms "
            f"{'after' if lead_ms >= 0 else 'before'} a nerve stimulus"
        )


class Pulses(Word, frozen=True):
    """Pulses at stated times.

    Parameters
    ----------
    times_s : tuple of float
        Ascending, in seconds from the start of the block.
    relative : tuple of float
        Each over the session's intensity; empty when all are alike.
    afferent_s : tuple of float
        When a peripheral nerve is stimulated, in seconds.
    length_s : float [s]
        Of the block; at least to its last pulse.
    """

    times_s: tuple[Number, ...]
    relative: tuple[Number, ...] = ()
    afferent_s: tuple[Number, ...] = ()
    length_s: Number = 0.0

    def expand(self) -> Timeline:
        """Return every pulse.

        Returns
        -------
        Timeline
            From the start of the block.
        """
        times_s = np.array(self.times_s, dtype=float)
        if len(times_s) == 0 or times_s[0] < 0 or (np.diff(times_s) <= 0).any():
            msg = (
                "times_s must hold at least one pulse, start at 0 s or later and ascend "
                "without "
                "negative intervals; they do not. Sort them and remove duplicates."
            )
            raise BadInputError(msg)
        if self.relative and len(self.relative) != len(times_s):
            msg = (
                f"relative must hold one number per pulse; got {len(self.relative)} for "
                f"{len(times_s)} pulses."
            )
            raise BadInputError(msg)
        relative = np.array(self.relative or np.ones(len(times_s)), dtype=float)
        length_s = max(self.length_s, float(times_s[-1]))
        return Timeline(times_s, relative, np.array(self.afferent_s, dtype=float), length_s)

    @property
    def words(self) -> str:
        """The block, for a reader."""
        return f"{len(self.times_s)} pulses at stated times"


class Pause(Word, frozen=True):
    """Nothing, for a while.

    Parameters
    ----------
    pause_s : float [s]
        How long.
    """

    pause_s: Number

    def expand(self) -> Timeline:
        """Return no pulse.

        Returns
        -------
        Timeline
            Empty, but as long as the pause.
        """
        if not 0 <= self.pause_s < np.inf:
            msg = f"a pause must last 0 s or more; got {self.pause_s:g} s."
            raise BadInputError(msg)
        return Timeline(np.zeros(0), np.zeros(0), np.zeros(0), self.pause_s)

    @property
    def words(self) -> str:
        """The block, for a reader."""
        return f"a pause of {self.pause_s:g} s"


class Repeat(Word, frozen=True):
    """Blocks given several times.

    Parameters
    ----------
    blocks : tuple of blocks
        Played in turn.
    times : int
        At least 1.
    gap_s : float [s]
        From the end of one round to the start of the next.
    """

    blocks: "tuple[Block, ...]"
    times: Count
    gap_s: Number = 0.0

    def expand(self) -> Timeline:
        """Return every pulse.

        Returns
        -------
        Timeline
            From the start of the first round.
        """
        if self.times < 1 or not 0 <= self.gap_s < np.inf:
            msg = (
                "repeat at least once with a gap of 0 s or more; got "
                f"{self.times} times and {self.gap_s:g} s."
            )
            raise BadInputError(msg)
        once = in_turn(self.blocks)
        _refuse_too_many(self.times * max(len(once.times_s), 1))
        shifts_s = np.arange(self.times)[:, None] * (once.length_s + self.gap_s)
        return Timeline(
            (shifts_s + once.times_s).ravel(),
            np.tile(once.relative, self.times),
            (shifts_s + once.afferent_s).ravel(),
            self.times * once.length_s + (self.times - 1) * self.gap_s,
        )

    @property
    def words(self) -> str:
        """The block, for a reader."""
        inner = ", then ".join(block.words for block in self.blocks)
        return f"{self.times} times ({inner}) with {self.gap_s:g} s between"


Block = Train | Bursts | Pairs | Associative | Pulses | Pause | Repeat


def in_turn(blocks: tuple[Block, ...]) -> Timeline:
    """Play blocks one after the other.

    Parameters
    ----------
    blocks : tuple of blocks
        At least one.

    Returns
    -------
    Timeline
        From the start of the first to the end of the last.

    Raises
    ------
    BadInputError
        When a block's numbers make no sense.
    """
    parts = [block.expand() for block in blocks]
    starts_s = np.concatenate([[0.0], np.cumsum([part.length_s for part in parts])])
    together = list(zip(parts, starts_s[:-1], strict=True))
    _refuse_too_many(sum(len(part.times_s) for part in parts))
    return Timeline(
        np.concatenate([part.times_s + start_s for part, start_s in together]),
        np.concatenate([part.relative for part in parts]),
        np.concatenate([part.afferent_s + start_s for part, start_s in together]),
        float(starts_s[-1]),
    )


def _alike(times_s: FloatArray, length_s: float, relative: float, ramp_from: float) -> Timeline:
    if not 0 <= ramp_from <= 1:
        msg = f"ramp_from must be 0 to 1, the first pulse over the last; got {ramp_from:g}."
        raise BadInputError(msg)
    rising = relative * np.linspace(ramp_from, 1.0, len(times_s))
    if len(times_s) == 1:
        rising = np.array([relative])
    return Timeline(times_s, rising, np.zeros(0), length_s)


def _again(trains: int, rest_s: float) -> str:
    return f", {trains} trains with {rest_s:g} s between" if trains > 1 else ""


def _refuse_too_many(count: int) -> None:
    if count > LARGEST_PULSES:
        msg = f"a session holds at most {LARGEST_PULSES} pulses; this one has {count}."
        raise BadInputError(msg)
