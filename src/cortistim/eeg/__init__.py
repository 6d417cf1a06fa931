"""EEG evoked by pulses: cleaned with the head's own lead field, and measured.

The lead field comes from `cortistim.field.eeg_lead`; files are read by `cortistim.io.eeg`.
"""

from cortistim.eeg.complexity import PciSettings, pci_st
from cortistim.eeg.epochs import Epochs
from cortistim.eeg.evoked import Peak, gmfa, peaks
from cortistim.eeg.pulse import without_pulse
from cortistim.eeg.sound import SoundResult, sound
from cortistim.eeg.ssp_sir import SspSirResult, ssp_sir

__all__ = [
    "Epochs",
    "PciSettings",
    "Peak",
    "SoundResult",
    "SspSirResult",
    "gmfa",
    "pci_st",
    "peaks",
    "sound",
    "ssp_sir",
    "without_pulse",
]
