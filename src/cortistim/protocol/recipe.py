"""A session as it is written down: blocks, intensity, jitter; and the protocol it makes."""

from dataclasses import dataclass

import numpy as np

from cortistim.errors import BadInputError, quoted
from cortistim.protocol.blocks import Block, Count, Number, Word, in_turn
from cortistim.protocol.protocol import (
    GIVEN,
    UNSTATED,
    Confidence,
    Contraction,
    Protocol,
    Reference,
    Threshold,
    Waveform,
)


class Jitter(Word, frozen=True):
    """Pulses moved at random, each by itself and evenly within a width.

    Parameters
    ----------
    half_width_s : float [s]
        Largest shift to either side; less than half the shortest interval.
    seed : int
        The same seed gives the same times.
    """

    half_width_s: Number
    seed: Count


STEADY = Jitter(0.0, 0)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Blocks of pulses with the intensity they are given at.

    Parameters
    ----------
    name : str
        What a user calls it.
    blocks : tuple of blocks
        Played in turn.
    intensity_fraction : float
        As in `Protocol`.
    threshold : str
        As in `Protocol`.
    waveform : str
        As in `Protocol`.
    reference : Reference
        How the threshold was measured.
    jitter : Jitter
        `STEADY` for none.
    sources : tuple of str
        As in `Protocol`.
    confidence : str
        As in `Protocol`.
    note : str
        Anything else that a reader should know.
    contraction : str
        As in `Protocol`.
    """

    name: str
    blocks: tuple[Block, ...]
    intensity_fraction: float
    threshold: Threshold
    waveform: Waveform = "biphasic"
    reference: Reference = UNSTATED
    jitter: Jitter = STEADY
    sources: tuple[str, ...] = (GIVEN,)
    confidence: Confidence = "high"
    note: str = ""
    contraction: Contraction = ""

    def protocol(self) -> Protocol:
        """Expand the blocks into every pulse.

        Returns
        -------
        Protocol
            One session.

        Raises
        ------
        BadInputError
            When pulses overlap, or a number makes no sense.
        """
        line = in_turn(self.blocks)
        if len(line.times_s) == 0:
            msg = f"{quoted(self.name)} must hold a pulse; it holds pauses only."
            raise BadInputError(msg)
        shift_s = _shifts_s(len(line.times_s), self.jitter)
        times_s = line.times_s + shift_s
        return Protocol(
            self.name,
            times_s,
            line.relative,
            self.intensity_fraction,
            self.threshold,
            "; ".join(part for part in (self.words, self.note) if part),
            self.sources,
            self.confidence,
            self.waveform,
            line.afferent_s,
            line.length_s,
            self.reference,
            self.contraction,
        )

    @property
    def words(self) -> str:
        """The pattern, for a reader."""
        return ", then ".join(block.words for block in self.blocks)


def _shifts_s(count: int, jitter: Jitter) -> np.ndarray:
    if not 0 <= jitter.half_width_s < np.inf:
        msg = f"the jitter's half_width_s must be 0 s or more; got {jitter.half_width_s:g}."
        raise BadInputError(msg)
    if jitter.half_width_s == 0:
        return np.zeros(count)
    draws = np.random.default_rng(jitter.seed).uniform(-1, 1, count)
    return jitter.half_width_s * (draws - draws[0])  # the first pulse stays at its time
