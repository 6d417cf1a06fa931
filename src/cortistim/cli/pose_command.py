"""``cortistim pose``: what navigators' files hold, and from one to another."""

from pathlib import Path

import click

from cortistim.cli import options
from cortistim.cli.flags import spoken
from cortistim.errors import quoted
from cortistim.io.navigators import WRITERS, format_for
from cortistim.records import json_line
from cortistim.records.navigated import PoseFileRecord
from cortistim.study.session.poses import (
    ConversionRequest,
    pose_file_record,
    run_conversion,
    write_poses,
)

SHOWN = 10


@click.group()
def command() -> None:
    """Coil poses: files of navigators, shown and converted.

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
