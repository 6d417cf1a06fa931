"""``cortistim coil``: coils and what is known of them."""

import json
from typing import Any

import click
import numpy as np

from cortistim.cli import options
from cortistim.coil import Coil, coil_metrics, coil_names, named_coil
from cortistim.study import load_coil
from cortistim.study.record import coil_record, rounded, sources_record
from cortistim.units import a_per_us_from_a_per_s, mm_from_m


@click.group()
def command() -> None:
    """Coils: named ones and .ccd files."""


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
@options.json_option
def show(*, coil_name: str, as_json: bool) -> None:
    """Show what is known of a named coil or a coil file."""
    coil = load_coil(coil_name)
    record = full_record(coil)
    if as_json:
        click.echo(json.dumps(record, ensure_ascii=False))
        return
    click.echo(f"{coil.name}: {coil.geometry}")
    for name in ("dipoles", "inductance_uh", "current", "casing", "extent_mm"):
        click.echo(f"{name:<18} {record[name]}")
    for name in ("a_at_20mm_t_m", "b_peak_10mm_mt_per_ka", "didt_max_a_per_us"):
        click.echo(f"{name:<18} {record[name]}")
    for source in record["references"]:
        click.echo(f"source             {source['text']}")


def full_record(coil: Coil) -> dict[str, Any]:
    """Describe a coil with its metrics.

    Parameters
    ----------
    coil : Coil
        Any.

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
        "didt_max_a_per_us": round(a_per_us_from_a_per_s(didt), 3)
        if np.isfinite(didt)
        else None,
        "stimulator": coil.stimulator,
        "references": sources_record(coil.sources),
    }
