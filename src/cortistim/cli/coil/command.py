"""``cortistim coil``: coils and what is known of them."""

import json
from pathlib import Path
from typing import Any

import click
import numpy as np

from cortistim.cli import options
from cortistim.cli.coil.design import compare_command, deng_command, design_command
from cortistim.coil import Coil, CoilAssembly, coil_metrics, coil_names, named_coil
from cortistim.io import write_coil
from cortistim.records.form import plain
from cortistim.study import CoilRequest
from cortistim.study.coil.reduction import reduction_record
from cortistim.study.record import coil_record, rounded, sources_record
from cortistim.units import a_per_us_from_a_per_s, mm_from_m


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
    record = full_record(request.load(), request.stored())
    if as_json:
        click.echo(json.dumps(record, ensure_ascii=False))
        return
    click.echo(f"{record['name']}: {record['geometry']}")
    for name in SHOWN:
        click.echo(f"{name:<22} {_words(record[name])}")
    for row in record["stimulators"]:
        click.echo(f"{'stimulator':<22} {_words(row)}")
    for row in record["deformations"]:
        click.echo(f"{'deformation':<22} {_words(row)}")
    click.echo(f"{'reduced for searching':<22} {record['reduced']['words']}")
    for name, words in record["polarity"].items():
        click.echo(f"{'polarity ' + name:<22} {words}".rstrip())
    for source in record["references"]:
        click.echo(f"{'source':<22} {source['text']}")


SHOWN = (
    "elements", "dipoles", "segments", "grids", "inductance_uh", "casing", "extent_mm",
    "a_at_20mm_t_m", "b_peak_10mm_mt_per_ka", "didt_max_a_per_us", "waveforms",
)  # fmt: skip


def _words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_words(item)}" for key, item in value.items())
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


def full_record(coil: Coil, stored: Coil | CoilAssembly) -> dict[str, Any]:
    """Describe a coil with its metrics.

    Parameters
    ----------
    coil : Coil
        Any.
    stored : Coil or CoilAssembly
        The same before it was bent and fed.

    Returns
    -------
    dict
        Plain values.
    """
    metrics = coil_metrics(coil)
    didt = coil.didt_max_a_per_s
    return {
        **coil_record(coil),
        "a_at_20mm_t_m": [float(a) for a in coil.a_at_20mm_t_m],
        "extent_mm": rounded(mm_from_m(metrics.extent_m), 2),
        "b_peak_10mm_mt_per_ka": round(metrics.b_peak_10mm_t * 1e6, 3),
        "didt_max_a_per_us": _a_per_us(didt),
        "stimulator": coil.stimulator,
        "stimulators": _stimulators(coil, stored),
        "deformations": _deformations(coil, stored),
        "waveforms": [
            {"name": wave.name, "samples": len(wave.time_s)} for wave in coil.waveforms
        ],
        "reduced": plain(reduction_record(coil)),
        "header": coil.header,
        "references": sources_record(coil.sources),
    }


def _a_per_us(didt_a_per_s: float) -> float | None:
    known = np.isfinite(didt_a_per_s)
    return round(a_per_us_from_a_per_s(didt_a_per_s), 3) if known else None


def _stimulators(coil: Coil, stored: Coil | CoilAssembly) -> list[dict[str, Any]]:
    if isinstance(stored, Coil):
        didt = _a_per_us(coil.didt_max_a_per_s)
        return [{"name": coil.stimulator or None, "share": 1.0, "didt_max_a_per_us": didt}]
    return [
        {
            "name": name,
            "share": share,
            "didt_max_a_per_us": _a_per_us(channel.didt_max_a_per_s),
            "elements": [e.name for e in stored.elements if e.channel == index],
        }
        for index, ((name, share), channel) in enumerate(
            zip(coil.shape.stimulators, stored.channels, strict=True)
        )
    ]


def _deformations(coil: Coil, stored: Coil | CoilAssembly) -> list[dict[str, Any]]:
    if isinstance(stored, Coil):
        return []
    return [
        {
            "name": name,
            "unit": stored.unit_of(index),
            "initial": parameter.initial,
            "range": [parameter.low, parameter.high],
            "value": value,
            "elements": sum(
                any(stored.joints[joint].parameter == index for joint in element.joints)
                for element in stored.elements
            ),
        }
        for index, ((name, value), parameter) in enumerate(
            zip(coil.shape.deformation, stored.parameters, strict=True)
        )
    ]


for _command in (design_command, compare_command, deng_command):
    command.add_command(_command)
