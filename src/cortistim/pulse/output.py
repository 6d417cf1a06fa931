"""What a stimulator gives with a coil: dI/dt at full output, or why it is not known."""

from dataclasses import dataclass

from cortistim.pulse.stimulators import Stimulator
from cortistim.sources import Sourced


@dataclass(frozen=True, eq=False)
class Output:
    """What a stimulator gives with a coil.

    Parameters
    ----------
    stimulator : Stimulator
        Circuit and waveform.
    didt_max : Sourced or None
        dI/dt at 100 % in A/s; None when nobody measured the pair.
    reason : str
        Why it is None.
    """

    stimulator: Stimulator
    didt_max: Sourced | None
    reason: str = ""
