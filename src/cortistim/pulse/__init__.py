"""The pulse: takes a stimulator's circuit; gives dI/dt over time and A/s from %MSO."""

from cortistim.pulse.circuit import Circuit, biphasic, controllable, half_sine, monophasic
from cortistim.pulse.delivery import Delivery, Energy, deliverable, pulse_energy
from cortistim.pulse.devices import Device, Limit, device_names, named_device
from cortistim.pulse.output import Output
from cortistim.pulse.pulse import Pulse
from cortistim.pulse.stimulators import (
    DEFAULT_STIMULATOR,
    Stimulator,
    didt_a_per_s,
    displayed_over_measured,
    named_stimulator,
    percent_mso,
    stimulator_names,
)

__all__ = [
    "DEFAULT_STIMULATOR",
    "Circuit",
    "Delivery",
    "Device",
    "Energy",
    "Limit",
    "Output",
    "Pulse",
    "Stimulator",
    "biphasic",
    "controllable",
    "deliverable",
    "device_names",
    "didt_a_per_s",
    "displayed_over_measured",
    "half_sine",
    "monophasic",
    "named_device",
    "named_stimulator",
    "percent_mso",
    "pulse_energy",
    "stimulator_names",
]
