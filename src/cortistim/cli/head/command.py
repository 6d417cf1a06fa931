"""``cortistim head``: heads, their tissues, electrodes and targets."""

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from cortistim.cli import options
from cortistim.cli.head.build import build, mesh
from cortistim.cli.head.cortex import beam_f3, surfaces
from cortistim.cli.progress import shown
from cortistim.errors import quoted
from cortistim.head import Head, builtin_names
from cortistim.io import write_electrodes_csv, write_head_mesh
from cortistim.io.text import write_text
from cortistim.placement.beam_f3 import ELECTRODES
from cortistim.placement.beam_f3 import TARGETS as BEAM_TARGETS
from cortistim.records import json_line, numbers
from cortistim.study.head.described import head_info, named_targets
from cortistim.units import mm_from_m
from cortistim.viz.scene.head_viewer import viewer_page

head_argument = click.argument("name", metavar="[HEAD]", required=False)


@click.group()
def command() -> None:
    """Heads: what is built in, what a mesh holds, electrodes and targets."""


command.add_command(build)
command.add_command(mesh)
command.add_command(surfaces)
command.add_command(beam_f3)


@command.command("list")
@options.json_option
def list_heads(*, as_json: bool) -> None:
    """List the built-in heads."""
    names = list(builtin_names())
    click.echo(json_line(names) if as_json else "\n".join(names))


def _load(asked: dict[str, Any], *, quiet: bool) -> Head:
    request = options.head_request(**asked)
    with shown(quiet=quiet) as progress:
        return request.load(progress=progress)


def _warn(head: Head) -> None:
    """Say a head's warnings beside what a command prints."""
    for text in head.warnings:
        click.echo(f"warning: {text}", err=True)


def _named(context: click.Context, name: str | None, asked: dict[str, Any]) -> dict[str, Any]:
    """Take the head from the argument; refuse an argument beside --head."""
    if name is None:
        return asked
    given = context.get_parameter_source("head_name")
    if given is ParameterSource.COMMANDLINE and asked["head_name"] != name:
        msg = f"name one head: {quoted(name)} or --head {quoted(asked['head_name'])}."
        raise click.UsageError(msg)
    return {**asked, "head_name": name}


@command.command()
@head_argument
@options.head_option
@options.json_option
@options.quiet_option
@click.pass_context
def info(
    context: click.Context,
    *,
    name: str | None,
    as_json: bool,
    quiet: bool,
    **asked: Any,  # noqa: ANN401
) -> None:
    """Check a head's mesh and show tissues, conductivities, quality and warnings."""
    head = _load(_named(context, name, asked), quiet=quiet)
    record = head_info(head)
    if as_json:
        click.echo(json_line(record))
        return
    click.echo(f"{head.name}: {record.nodes} nodes, {record.tetrahedra} tetrahedra")
    for row in record.tissues:
        volume = record.quality.volume_ml[str(row.tag)]
        click.echo(
            f"{row.tag:>4}  {row.name:<22} {volume:8.1f} ml  "
            f"{row.sigma_siemens_per_m:g} S/m  [{row.source}]"
        )
    shape = record.quality.radius_ratio
    click.echo(
        f"quality 3r/R: min {shape.min:.3f}, 1 % {shape.p1:.3f}, median {shape.median:.3f}"
    )
    click.echo(f"MNI: {record.mni}")
    if record.cortex:
        click.echo(f"cortex: {record.cortex.origin}")
    for text in record.warnings:
        click.echo(f"warning: {text}")


@command.command()
@options.head_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Write the positions as CSV (rows Electrode,x,y,z,name; mm).",
)
@options.json_option
@options.quiet_option
def electrodes(*, out: Path | None, as_json: bool, quiet: bool, **asked: Any) -> None:  # noqa: ANN401
    """Compute the EEG 10-10 positions on a head's scalp, in mm of subject space."""
    head = _load(asked, quiet=quiet)
    positions = head.electrodes_m
    _warn(head)
    if out is not None:
        write_electrodes_csv(out, positions)
    if as_json:
        table = {name: numbers(mm_from_m(p), 2) for name, p in positions.items()}
        click.echo(json_line(table))
    elif out is None:
        for name, position in positions.items():
            x, y, z = mm_from_m(position)
            click.echo(f"{name:<6} {x:8.2f} {y:8.2f} {z:8.2f}")


@command.command()
@head_argument
@options.head_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The page to write; head.html in the present folder by default.",
)
@options.quiet_option
@click.pass_context
def show(
    context: click.Context,
    *,
    name: str | None,
    out: Path | None,
    quiet: bool,
    **asked: Any,  # noqa: ANN401
) -> None:
    """Write an offline page with slices and surfaces of a head."""
    head = _load(_named(context, name, asked), quiet=quiet)
    target = out or Path("head.html")
    write_text(target, viewer_page(head))
    click.echo(str(target))


@command.command()
@options.json_option
def targets(*, as_json: bool) -> None:
    """List the named targets with their sources and how sure they are."""
    known = named_targets()
    if as_json:
        click.echo(json_line(known))
        return
    for t in known:
        x, y, z = t.mni_mm
        place = f"({x:g}, {y:g}, {z:g})"
        click.echo(f"{t.name:<20} {place:<20} {t.confidence:<7} {t.words} [{t.source}]")
    for name, side in BEAM_TARGETS.items():
        words = f"under the Beam {ELECTRODES[side]} point, from tape measures of the scalp"
        click.echo(f"{name:<20} {'measured':<20} {'':<7} {words} [beam2009]")


@command.command()
@options.head_option
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="A .msh file to write."
)
@options.quiet_option
def export(*, out: Path, quiet: bool, **asked: Any) -> None:  # noqa: ANN401
    """Write a head's mesh as gmsh 2.2, with --repair the repaired one."""
    head = _load(asked, quiet=quiet)
    write_head_mesh(out, head.mesh)
    _warn(head)
    click.echo(str(out))
