"""``cortistim pulse``: stimulators, waveforms and protocols."""

from pathlib import Path
from typing import Any

import click

from cortistim.cli import options
from cortistim.cli.pulse.device import device, dose
from cortistim.records import json_line, plain
from cortistim.study.pulse.shown import (
    PulseRequest,
    list_named_protocols,
    list_stimulators,
    show_pulse,
    write_waveform,
)


@click.group()
def command() -> None:
    """Pulses: stimulators, their waveforms, and protocols."""


@command.command("list")
@options.json_option
def list_command(*, as_json: bool) -> None:
    """List the stimulators with the coils they were measured with."""
    rows = list_stimulators()
    if as_json:
        click.echo(json_line(rows))
        return
    for name, row in rows.items():
        click.echo(f"{name:<18} {row.waveform:<12} {row.words}")
        for coil, didt in row.didt_max_a_per_us.items():
            click.echo(f"    {coil:<24} {didt:7.2f} A/µs at 100 %")


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
    coil = options.coil_request(**asked)
    found = show_pulse(PulseRequest(coil=coil, stimulator=stimulator, percent_mso=mso))
    if out is not None:
        write_waveform(found, out)
    if as_json:
        click.echo(json_line(found.record))
    else:
        facts = plain(found.record).items()
        click.echo("\n".join(f"{name:<20} {value}" for name, value in facts))


@command.command()
@options.json_option
def protocols(*, as_json: bool) -> None:
    """List the named protocols with their sources and how sure they are."""
    rows = list_named_protocols()
    if as_json:
        click.echo(json_line(rows))
        return
    for name, row in rows.items():
        click.echo(
            f"{name:<20} {row.pulses:>5} pulses, {row.duration_s:.0f} s, "
            f"{row.intensity_percent:g} % {row.threshold}, confidence "
            f"{row.confidence}: {row.words}"
        )


command.add_command(device)
command.add_command(dose)
