"""``cortistim pulse``: stimulators, waveforms and protocols."""

import json
from pathlib import Path
from typing import Any

import click

from cortistim.cli import options
from cortistim.cli.pulse.device import device, dose
from cortistim.errors import BadInputError
from cortistim.io.text import write_csv
from cortistim.protocol import named_protocol, protocol_names
from cortistim.pulse import Pulse, named_stimulator, stimulator_names
from cortistim.study import output_of, waveform
from cortistim.units import a_per_us_from_a_per_s, us_from_s


@click.group()
def command() -> None:
    """Pulses: stimulators, their waveforms, and protocols."""


@command.command("list")
@options.json_option
def list_stimulators(*, as_json: bool) -> None:
    """List the stimulators with the coils they were measured with."""
    rows = {name: _stimulator(name) for name in stimulator_names()}
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for name, row in rows.items():
        click.echo(f"{name:<18} {row['waveform']:<12} {row['words']}")
        for coil, didt in row["didt_max_a_per_us"].items():
            click.echo(f"    {coil:<24} {didt:7.2f} A/µs at 100 %")


def _stimulator(name: str) -> dict[str, Any]:
    stimulator = named_stimulator(name)
    measured = {
        coil: round(a_per_us_from_a_per_s(value.value), 3)
        for coil, value in stimulator.measured.items()
    }
    return {
        "words": stimulator.words,
        "waveform": stimulator.waveform,
        "didt_max_a_per_us": measured,
    }


@command.command()
@options.stimulator_option
@options.coil_option
@click.option(
    "--mso",
    type=click.FloatRange(0, 100, min_open=True),
    default=100.0,
    show_default=True,
    help="Percent of the maximal output.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Write time and dI/dt as CSV.")
@options.json_option
def show(
    *,
    stimulator: str | None,
    mso: float,
    out: Path | None,
    as_json: bool,
    **asked: Any,  # noqa: ANN401
) -> None:
    """Show a stimulator's pulse with a coil: dI/dt, period, circuit and what is assumed."""
    coil = options.coil_request(**asked).load()
    output = output_of(stimulator, coil)
    if output.didt_max is None:
        raise BadInputError(output.reason)
    peak = output.didt_max.value * mso / 100
    pulse = waveform(output, coil, peak)
    circuit = output.stimulator
    record = {
        "stimulator": circuit.name,
        "coil": coil.name,
        "percent_mso": mso,
        "didt_a_per_us": round(a_per_us_from_a_per_s(peak), 4),
        "didt_source": output.didt_max.key,
        "didt_note": output.didt_max.note,
        "duration_us": round(float(us_from_s(pulse.time_s[-1] - pulse.time_s[0])), 2),
        "capacitance_uf": round(circuit.capacitance.value * 1e6, 3),
        "capacitance_source": f"{circuit.capacitance.key}: {circuit.capacitance.note}",
        "voltage_v": circuit.voltage.value,
        "voltage_source": f"{circuit.voltage.key}: {circuit.voltage.note}",
        "words": pulse.words,
    }
    if out is not None:
        _write_waveform(out, pulse)
    if as_json:
        click.echo(json.dumps(record, ensure_ascii=False))
    else:
        click.echo("\n".join(f"{name:<20} {value}" for name, value in record.items()))


def _write_waveform(path: Path, pulse: Pulse) -> None:
    rows = zip(us_from_s(pulse.time_s), a_per_us_from_a_per_s(pulse.didt_a_per_s), strict=True)
    header = ("time_us", "didt_a_per_us")
    write_csv(path, header, ((f"{t:.4f}", f"{d:.6f}") for t, d in rows))


@command.command()
@options.json_option
def protocols(*, as_json: bool) -> None:
    """List the named protocols with their sources and how sure they are."""
    known = [named_protocol(name) for name in protocol_names()]
    rows = {
        p.name: {
            "words": p.words,
            "pulses": p.n_pulses,
            "duration_s": round(p.duration_s, 3),
            "intensity_percent": round(100 * p.intensity_fraction, 3),
            "threshold": p.threshold,
            "confidence": p.confidence,
            "sources": list(p.sources),
        }
        for p in known
    }
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for name, row in rows.items():
        click.echo(
            f"{name:<20} {row['pulses']:>5} pulses, {row['duration_s']:.0f} s, "
            f"{row['intensity_percent']:g} % {row['threshold']}, confidence "
            f"{row['confidence']}: {row['words']}"
        )


command.add_command(device)
command.add_command(dose)
