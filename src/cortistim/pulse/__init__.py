"""The pulse: takes a stimulator's circuit; gives dI/dt over time and A/s from %MSO."""

from cortistim.pulse.circuit import Circuit, biphasic, controllable, half_sine, monophasic
from cortistim.pulse.pulse import Pulse
from cortistim.pulse.stimulators import (
    DEFAULT_STIMULATOR,
    Stimulator,
    didt_a_per_s,
    named_stimulator,
    percent_mso,
    stimulator_names,
)

__all__ = [
    "DEFAULT_STIMULATOR",
    "Circuit",
    "Pulse",
    "Stimulator",
    "biphasic",
    "controllable",
    "didt_a_per_s",
    "half_sine",
    "monophasic",
    "named_stimulator",
    "percent_mso",
    "stimulator_names",
]
