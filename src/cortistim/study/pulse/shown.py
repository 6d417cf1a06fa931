"""Stimulators, their pulses and the short-named protocols, shown."""

from dataclasses import dataclass
from pathlib import Path

from cortistim.errors import BadInputError
from cortistim.io.text import write_csv
from cortistim.protocol import named_protocol, protocol_names
from cortistim.pulse import Pulse, named_stimulator, stimulator_names
from cortistim.records.pulse import NamedProtocolRecord, PulseRecord, StimulatorRecord
from cortistim.study.pulse.device import measured_outputs
from cortistim.study.request.coil import CoilRequest
from cortistim.study.request.inputs import output_of
from cortistim.study.request.pulse import waveform
from cortistim.units import a_per_us_from_a_per_s, us_from_s


@dataclass(frozen=True, slots=True, kw_only=True)
class PulseRequest:
    """Which pulse.

    Parameters
    ----------
    coil : CoilRequest
        With which coil.
    stimulator : str or None
        None takes the one that the coil belongs to.
    percent_mso : float
        Of the maximal output.
    """

    coil: CoilRequest
    stimulator: str | None = None
    percent_mso: float = 100.0


@dataclass(frozen=True, eq=False, kw_only=True)
class ShownPulse:
    """A pulse, with what is known of it.

    Parameters
    ----------
    record : PulseRecord
        In numbers.
    pulse : Pulse
        Its waveform.
    """

    record: PulseRecord
    pulse: Pulse


def show_pulse(request: PulseRequest) -> ShownPulse:
    """Compute a stimulator's pulse with a coil.

    Parameters
    ----------
    request : PulseRequest
        Which one.

    Returns
    -------
    ShownPulse
        dI/dt, period, circuit and what is assumed.

    Raises
    ------
    BadInputError
        When the pair was not measured.
    """
    coil = request.coil.load()
    output = output_of(request.stimulator, coil)
    if output.didt_max is None:
        raise BadInputError(output.reason)
    peak = output.didt_max.value * request.percent_mso / 100
    pulse = waveform(output, coil, peak)
    circuit = output.stimulator
    record = PulseRecord(
        stimulator=circuit.name,
        coil=coil.name,
        percent_mso=request.percent_mso,
        didt_a_per_us=round(a_per_us_from_a_per_s(peak), 4),
        didt_source=output.didt_max.key,
        didt_note=output.didt_max.note,
        duration_us=round(float(us_from_s(pulse.time_s[-1] - pulse.time_s[0])), 2),
        capacitance_uf=round(circuit.capacitance.value * 1e6, 3),
        capacitance_source=f"{circuit.capacitance.key}: {circuit.capacitance.note}",
        voltage_v=circuit.voltage.value,
        voltage_source=f"{circuit.voltage.key}: {circuit.voltage.note}",
        words=pulse.words,
    )
    return ShownPulse(record=record, pulse=pulse)


def write_waveform(found: ShownPulse, path: Path) -> None:
    """Write time and dI/dt as CSV.

    Parameters
    ----------
    found : ShownPulse
        From `show_pulse`.
    path : Path
        Where to.
    """
    pulse = found.pulse
    rows = zip(us_from_s(pulse.time_s), a_per_us_from_a_per_s(pulse.didt_a_per_s), strict=True)
    header = ("time_us", "didt_a_per_us")
    write_csv(path, header, ((f"{t:.4f}", f"{d:.6f}") for t, d in rows))


def list_stimulators() -> dict[str, StimulatorRecord]:
    """List the stimulators with the coils they were measured with.

    Returns
    -------
    dict of str to StimulatorRecord
        By name, the default first.
    """
    known = map(named_stimulator, stimulator_names())
    return {
        one.name: StimulatorRecord(
            words=one.words, waveform=one.waveform, didt_max_a_per_us=measured_outputs(one)
        )
        for one in known
    }


def list_named_protocols() -> dict[str, NamedProtocolRecord]:
    """List the short-named protocols.

    Returns
    -------
    dict of str to NamedProtocolRecord
        By name, the default first.
    """
    return {
        one.name: NamedProtocolRecord(
            words=one.words,
            pulses=one.n_pulses,
            duration_s=round(one.duration_s, 3),
            intensity_percent=round(100 * one.intensity_fraction, 3),
            threshold=one.threshold,
            confidence=one.confidence,
            sources=one.sources,
        )
        for one in map(named_protocol, protocol_names())
    }
