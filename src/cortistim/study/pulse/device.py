"""What devices can deliver, by output and of a session."""

from dataclasses import dataclass

import numpy as np
from msgspec import UNSET

from cortistim.protocol import Protocol, find_protocol
from cortistim.pulse import (
    Device,
    Stimulator,
    deliverable,
    device_names,
    named_device,
    pulse_energy,
)
from cortistim.pulse.devices import Limit
from cortistim.records import number
from cortistim.records.pulse import DeviceRecord, LimitSource, OutputRecord, SessionOnDevice
from cortistim.units import a_per_us_from_a_per_s

OUTPUTS = (0.25, 0.5, 0.75, 1.0)
BURST_RATE_HZ = 50.0  # of the pulses within a theta burst (Huang et al. 2005)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRequest:
    """Which devices, and what they are to deliver.

    Parameters
    ----------
    name : str or None
        One device; None for all.
    protocol : str or None
        A session to judge, by name or file.
    percent_mso : float or None
        The output of its pulses.
    """

    name: str | None = None
    protocol: str | None = None
    percent_mso: float | None = None


def show_devices(request: DeviceRequest) -> tuple[DeviceRecord, ...]:
    """Say what devices can deliver.

    Parameters
    ----------
    request : DeviceRequest
        Which ones.

    Returns
    -------
    tuple of DeviceRecord
        One for each.
    """
    session = None
    if request.protocol is not None:
        session = find_protocol(request.protocol).recipe.protocol()
    units = [
        named_device(name) for name in ([request.name] if request.name else device_names())
    ]
    return tuple(_record(unit, session, request) for unit in units)


def _record(unit: Device, session: Protocol | None, request: DeviceRequest) -> DeviceRecord:
    judged = UNSET
    if session is not None and request.percent_mso is not None:
        name = request.protocol or session.name
        judged = _judged(unit, name, session, request.percent_mso)
    bursts = round(100 * unit.max_mso_fraction(BURST_RATE_HZ), 1)
    power = unit.mean_power_w
    return DeviceRecord(
        name=unit.name,
        words=unit.words,
        circuit=unit.stimulator.name,
        waveform=unit.stimulator.waveform,
        didt_max_a_per_us=measured_outputs(unit.stimulator),
        linear="dI/dt is taken to be proportional to %MSO",
        by_output=tuple(_at(unit, share) for share in OUTPUTS),
        theta_burst_50hz_up_to_percent_mso=bursts if unit.rate.known else None,
        rate=_source(unit.rate),
        mean_power_w=power.value if power.known else None,
        mean_power=_source(power),
        mains=unit.mains_note,
        shortest_pause_s=unit.shortest_pause_s,
        longest_pause_s=number(unit.longest_pause_s, 4),
        train_s=number(unit.train_s, 4),
        train_pulses=number(unit.train_pulses, 4),
        train_note=unit.train_note,
        session_pulses=number(unit.session_pulses, 4),
        coil_temperature="not computed: the coil's mass and cooling are not known",
        protocol=judged,
    )


def measured_outputs(stimulator: Stimulator) -> dict[str, float]:
    """Return dI/dt at full output for every coil that it was measured with.

    Parameters
    ----------
    stimulator : Stimulator
        From the table.

    Returns
    -------
    dict of str to float
        In A/µs, by coil.
    """
    return {
        coil: round(a_per_us_from_a_per_s(value.value), 3)
        for coil, value in stimulator.measured.items()
    }


def _judged(unit: Device, name: str, session: Protocol, percent_mso: float) -> SessionOnDevice:
    outputs = percent_mso / 100 * session.relative_intensity
    found = deliverable(session.pulse_times_s, outputs, unit)
    return SessionOnDevice(
        name=name,
        percent_mso=percent_mso,
        verdict=found.verdict,
        reason=found.reason,
        notes=found.notes,
        peak_rate_hz=round(found.peak_rate_hz, 6),
        mean_power_w=round(found.mean_power_w, 3),
        heat_j=round(found.heat_j, 3),
        sources=found.sources,
    )


def _at(unit: Device, share: float) -> OutputRecord:
    energy = pulse_energy(unit.stimulator, share)
    return OutputRecord(
        percent_mso=100 * share,
        max_rate_hz=number(float(unit.max_rate_hz(np.array(share))), 4),
        energy_j=round(energy.taken_j, 3),
        heat_j=round(energy.heat_j, 3),
    )


def _source(limit: Limit) -> LimitSource:
    return LimitSource(source=limit.key, confidence=limit.confidence or "none", note=limit.note)
