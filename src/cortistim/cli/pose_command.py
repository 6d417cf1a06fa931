"""``cortistim pose``: what navigators' files hold, and from one to another."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np

from cortistim.cli import options
from cortistim.errors import quoted
from cortistim.io.navigators import (
    WRITERS,
    NavigatedPose,
    PoseFile,
    format_for,
    read_pose_file,
    read_subject_poses,
    summary,
    write_pose_file,
)
from cortistim.units import a_per_us_from_a_per_s, matrix_mm_from_m, uv_from_v

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
    found = read_pose_file(file)
    record = _record(file, found)
    click.echo(json.dumps(record, ensure_ascii=False) if as_json else _words(record))


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
def convert(*, source: Path, out: Path, as_json: bool, **asked: Any) -> None:  # noqa: ANN401
    """Convert poses from one navigator's file to another's, in subject space."""
    form = format_for(out, asked["form"])
    found, image = read_subject_poses(source, asked["image"])
    poses = found.poses
    if asked["targets"]:
        poses = tuple(replace(entry, kind="target") for entry in poses)
    write_pose_file(out, poses, form, image)
    record = {
        "in": str(source),
        "out": str(out),
        "from": found.format,
        "to": form,
        "poses": len(poses),
        "dropped": sum(found.dropped.values()),
        "dropped_by_reason": dict(found.dropped),
        "notes": [*found.notes, *_notes(form, poses, with_image=image is not None)],
    }
    if as_json:
        click.echo(json.dumps(record, ensure_ascii=False))
        return
    click.echo(f"{found.format} to {form}: {len(poses)} poses, {record['dropped']} dropped")
    for text in record["notes"]:
        click.echo(f"note      {text}")
    click.echo(f"file      {out}")


def _notes(form: str, poses: tuple[NavigatedPose, ...], *, with_image: bool) -> list[str]:
    """Say what the written file does not hold."""
    found = []
    if form == "invesalius" and not with_image:
        found.append(
            "only the world columns are filled; InVesalius itself needs --image to find the "
            "markers on its voxel grid"
        )
    if form == "visor2" and not with_image:
        found.append("the file does not name its image; pass --image for visor2 to check it")
    measured = any(np.isfinite(p.percent_mso) or p.mep_v for p in poses)
    if measured and form in ("visor2", "simnibs", "csv"):
        found.append(f"{form} files hold no stimulator output and no responses")
    return found


def _record(file: Path, found: PoseFile) -> dict[str, Any]:
    counts = summary(found)
    return {
        "file": str(file),
        "format": found.format,
        "version": found.version,
        "frame": found.frame.name,
        "needs_image": found.frame.needs_image,
        "units": "mm",
        "counts": counts,
        "dropped": counts["dropped"],
        "dropped_by_reason": dict(found.dropped),
        "refused": list(found.refused),
        "notes": list(found.notes),
        "poses": [_pose(entry) for entry in found.poses],
    }


def _pose(entry: NavigatedPose) -> dict[str, Any]:
    return {
        "name": entry.name,
        "kind": entry.kind,
        "matsimnibs": np.round(matrix_mm_from_m(entry.pose.matrix_m), 9).tolist(),
        "time_s": _known(entry.time_s),
        "percent_mso": _known(entry.percent_mso),
        "didt_a_per_us": _known(a_per_us_from_a_per_s(entry.didt_a_per_s)),
        "mep_uv": [uv_from_v(v) for v in entry.mep_v],
        "target": entry.target,
    }


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _words(record: dict[str, Any]) -> str:
    counts = record["counts"]
    image = ", needs --image T1 to convert" if record["needs_image"] else ""
    lines = [
        f"format    {record['format']} {record['version']}".rstrip(),
        f"frame     {record['frame']}{image}",
        f"poses     {counts['targets']} targets, {counts['samples']} samples",
        f"dropped   {counts['dropped']}"
        + "".join(f", {n} {reason}" for reason, n in record["dropped_by_reason"].items()),
    ]
    lines += [f"refused   {text}" for text in record["refused"]]
    lines += [f"note      {text}" for text in record["notes"]]
    for entry in record["poses"][:SHOWN]:
        x, y, z = (row[3] for row in entry["matsimnibs"][:3])
        name = quoted(entry["name"])
        lines.append(f"  {entry['kind']} {name} at ({x:.2f}, {y:.2f}, {z:.2f}) mm")
    if len(record["poses"]) > SHOWN:
        lines.append(f"  ... and {len(record['poses']) - SHOWN} more; --json prints all")
    return "\n".join(lines if record["poses"] else [*lines, "poses: []"])
