"""``cortistim coil``: coils and what is known of them."""

import json
from pathlib import Path

import click

from cortistim.cli import options
from cortistim.cli.coil.design import compare_command, deng_command, design_command
from cortistim.cli.coil.sphere import field_command
from cortistim.coil import coil_names, named_coil
from cortistim.io import write_coil
from cortistim.records import json_line, plain
from cortistim.study import CoilRequest
from cortistim.study.coil.shown import show_coil


@click.group()
def command() -> None:
    """Coils: named ones, .ccd, .tcd and .nii files, and ones of your own design."""


@command.command("list")
@options.json_option
def list_coils(*, as_json: bool) -> None:
    """List the named coils."""
    rows = {name: named_coil(name).geometry for name in coil_names()}
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for name, geometry in rows.items():
        click.echo(f"{name:<24} {geometry}")


@command.command()
@click.argument("coil_name", metavar="COIL")
@options.deformation_option
@options.channel_option
@options.json_option
def show(*, coil_name: str, deformation: tuple, channels: tuple, as_json: bool) -> None:
    """Show what is known of a named coil or a coil file."""
    request = CoilRequest(coil_name, deformation=deformation, channels=channels)
    known = show_coil(request)
    if as_json:
        click.echo(json_line(known))
        return
    facts = plain(known)
    click.echo(f"{known.name}: {known.geometry}")
    for name in SHOWN:
        click.echo(f"{name:<22} {_words(facts[name])}")
    for row in facts["stimulators"]:
        click.echo(f"{'stimulator':<22} {_words(row)}")
    for row in facts["deformations"]:
        click.echo(f"{'deformation':<22} {_words(row)}")
    click.echo(f"{'reduced for searching':<22} {facts['reduced']['words']}")
    for name, words in facts["polarity"].items():
        click.echo(f"{'polarity ' + name:<22} {words}".rstrip())
    for source in known.references:
        click.echo(f"{'source':<22} {source.text}")


SHOWN = (
    "elements", "dipoles", "segments", "grids", "inductance_uh", "casing", "extent_mm",
    "a_at_20mm_t_m", "b_peak_10mm_mt_per_ka", "didt_max_a_per_us", "waveforms",
)  # fmt: skip


def _words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_words(item)}" for key, item in value.items())
    if isinstance(value, tuple):
        return f"[{', '.join(map(_words, value))}]"
    return "unknown" if value is None else str(value)


@command.command()
@click.argument("source", metavar="COIL")
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@options.deformation_option
@options.channel_option
def convert(*, source: str, target: Path, deformation: tuple, channels: tuple) -> None:
    """Write a coil to a .ccd, .tcd or .nii(.gz) file.

    A .tcd keeps elements and deformations unless a shape or shares of channels are given.
    """
    request = CoilRequest(source, deformation=deformation, channels=channels)
    stored = request.stored()
    write_coil(target, request.load() if deformation or channels else stored)
    click.echo(f"file {target}")


for _command in (design_command, compare_command, deng_command, field_command):
    command.add_command(_command)
