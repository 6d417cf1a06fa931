"""Motor responses: takes EMG around pulses; gives their size, onset, silence and quality."""

from cortistim.mapping.emg.conditioning import (
    RESPONSES_S,
    EmgSettings,
    conditioned,
    settings_for,
)
from cortistim.mapping.emg.latency import Onset, onset
from cortistim.mapping.emg.measure import (
    Responses,
    measure,
    measure_conditioned,
    noise_floor_v,
)
from cortistim.mapping.emg.quality import Flag, flags_of, state_of, warnings_of
from cortistim.mapping.emg.recording import EmgChannel, EmgEpochs, EmgRecording, cut_epochs

__all__ = [
    "RESPONSES_S",
    "EmgChannel",
    "EmgEpochs",
    "EmgRecording",
    "EmgSettings",
    "Flag",
    "Onset",
    "Responses",
    "conditioned",
    "cut_epochs",
    "flags_of",
    "measure",
    "measure_conditioned",
    "noise_floor_v",
    "onset",
    "settings_for",
    "state_of",
    "warnings_of",
]
