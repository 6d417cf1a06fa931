"""``cortistim pose``: what navigators' files hold, from one to another, turned or shifted."""

from pathlib import Path
from typing import Any

import click
import numpy as np

from cortistim.cli import options
from cortistim.cli.flags import spoken
from cortistim.cli.places import NewFile
from cortistim.cli.progress import shown
from cortistim.errors import quoted
from cortistim.io.navigators import WRITERS, format_for
from cortistim.records import json_line
from cortistim.records.navigated import PoseFileRecord
from cortistim.study.request.inputs import HeadRequest
from cortistim.study.session.moved import MoveRequest, run_move, write_move
from cortistim.study.session.poses import (
    ConversionRequest,
    pose_file_record,
    run_conversion,
    write_poses,
)
from cortistim.units import m_from_mm

SHOWN = 10


@click.group()
def command() -> None:
    """Coil poses: files of navigators, shown, converted, turned and shifted.

    Reads Brainsight (.txt), Localite (.xml), visor2 (.mrk), SofTaxic (.stmpx), NaviNIBS,
    InVesalius (.mkss), SimNIBS (.mat), CSV of coil positions and cortistim's own JSON.
    """


@command.command()
@click.argument("file", type=options.GIVEN)
@options.json_option
def show(*, file: Path, as_json: bool) -> None:
    """Show the declared frame, the poses, and what was dropped.

    Poses are printed as matsimnibs in mm, in the frame that the file declares.
    """
    record = pose_file_record(file)
    click.echo(json_line(record) if as_json else _words(record))


@command.command()
@click.argument("source", metavar="IN", type=options.GIVEN)
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--to",
    "form",
    type=click.Choice(list(WRITERS)),
    help="Format to write; by default the one that the suffix of OUT belongs to.",
)
@click.option(
    "--image",
    type=options.GIVEN,
    help="T1 (.nii, .nii.gz) that the navigator was given: needed to leave Brainsight's own, "
    "World and scanner frames.",
)
@click.option("--targets", is_flag=True, help="Write recorded samples as targets, too.")
@options.json_option
@click.pass_context
def convert(
    context: click.Context,
    *,
    source: Path,
    out: Path,
    form: str | None,
    image: Path | None,
    targets: bool,
    as_json: bool,
) -> None:
    """Convert poses from one navigator's file to another's, in subject space."""
    request = ConversionRequest(
        source=source, form=format_for(out, form), image=image, as_targets=targets
    )
    converted = run_conversion(request)
    write_poses(converted, out)
    found, n_pose = converted.found, len(converted.poses)
    dropped = sum(found.dropped.values())
    notes = [spoken(text, context.command) for text in converted.notes]
    if as_json:
        record = {
            "in": str(source),
            "out": str(out),
            "from": found.format,
            "to": converted.form,
            "poses": n_pose,
            "dropped": dropped,
            "dropped_by_reason": dict(found.dropped),
            "notes": notes,
        }
        click.echo(json_line(record))
        return
    click.echo(f"{found.format} to {converted.form}: {n_pose} poses, {dropped} dropped")
    for text in notes:
        click.echo(f"note      {text}")
    click.echo(f"file      {out}")


HEAD_HELP = (
    "Head whose scalp the coil then follows, tilting with it: built in, a .msh file or a "
    "folder. Without it the coil keeps its plane."
)
moved_options = options.chained(
    click.option("--head", "head_name", help=HEAD_HELP),
    options.json_option,
    options.quiet_option,
)


def _mm_option(axis: str, words: str) -> Any:  # noqa: ANN401
    return click.option(f"--{axis}", type=float, default=0.0, help=f"Shift in mm {words}.")


@command.command()
@click.argument("pose", type=options.GIVEN)
@click.argument("out", metavar="OUT", type=NewFile(path_type=Path))
@click.option(
    "--by",
    "turn_deg",
    type=click.FloatRange(-360, 360),
    required=True,
    help="Degrees about the coil's axis; positive is clockwise for who stands behind the coil.",
)
@moved_options
def turn(
    *, pose: Path, out: Path, turn_deg: float, head_name: str | None, as_json: bool, quiet: bool
) -> None:
    """Turn a coil about its axis, and write the pose to OUT (.json).

    POSE is a pose file or the folder of a plan. Feed OUT to 'cortistim field --pose'.
    """
    turn_rad = float(np.deg2rad(turn_deg))
    request = MoveRequest(source=pose, turn_rad=turn_rad, head=_head(head_name))
    _move(request, out, as_json=as_json, quiet=quiet)


@command.command()
@click.argument("pose", type=options.GIVEN)
@click.argument("out", metavar="OUT", type=NewFile(path_type=Path))
@_mm_option("x", "to the coil's side, along its x axis")
@_mm_option("y", "away from the handle, along its y axis")
@_mm_option("z", "into the head, along its z axis")
@moved_options
def shift(  # noqa: PLR0913
    *,
    pose: Path,
    out: Path,
    x: float,
    y: float,
    z: float,
    head_name: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Shift a coil along its own axes, and write the pose to OUT (.json).

    POSE is a pose file or the folder of a plan. With --head the coil slides along the scalp.
    """
    shift_m = (m_from_mm(x), m_from_mm(y), m_from_mm(z))
    request = MoveRequest(source=pose, shift_m=shift_m, head=_head(head_name))
    _move(request, out, as_json=as_json, quiet=quiet)


def _head(name: str | None) -> HeadRequest | None:
    return None if name is None else HeadRequest(name)


def _move(request: MoveRequest, out: Path, *, as_json: bool, quiet: bool) -> None:
    with shown(quiet=quiet) as progress:
        record = write_move(run_move(request, progress=progress), out)
    click.echo(json_line(record) if as_json else f"moved     {record.words}\nfile      {out}")


def _words(record: PoseFileRecord) -> str:
    image = ", needs --image T1 to convert" if record.needs_image else ""
    lines = [
        f"format    {record.format} {record.version}".rstrip(),
        f"frame     {record.frame}{image}",
        f"poses     {record.counts.targets} targets, {record.counts.samples} samples",
        f"dropped   {record.dropped}"
        + "".join(f", {n} {reason}" for reason, n in record.dropped_by_reason.items()),
    ]
    lines += [f"refused   {text}" for text in record.refused]
    lines += [f"note      {text}" for text in record.notes]
    for entry in record.poses[:SHOWN]:
        x, y, z = (row[3] for row in entry.matsimnibs[:3])
        name = quoted(entry.name)
        lines.append(f"  {entry.kind} {name} at ({x:.2f}, {y:.2f}, {z:.2f}) mm")
    if len(record.poses) > SHOWN:
        lines.append(f"  ... and {len(record.poses) - SHOWN} more; --json prints all")
    return "\n".join(lines if record.poses else [*lines, "poses: []"])
