"""``cortistim field``: the field of one coil at one pose."""

from pathlib import Path
from typing import Any

import click

from cortistim.cli import options
from cortistim.cli.plan_command import interval_lines
from cortistim.cli.progress import shown
from cortistim.field.hierarchic.shapes import HIGHEST
from cortistim.io import read_deformation, read_points_csv
from cortistim.io.navigators import read_one_pose
from cortistim.records import json_line
from cortistim.records.field import FieldRecord
from cortistim.study import FieldRequest, run_field, write_field
from cortistim.units import a_per_s_from_a_per_us


@click.command()
@options.head_option
@options.coil_option
@click.option(
    "--pose",
    "pose_file",
    type=options.GIVEN,
    required=True,
    help='JSON with {"matsimnibs": 4x4} in mm; z into the head, y away from the handle. Or a '
    "navigator's file with one pose, see 'cortistim pose'.",
)
@click.option(
    "--didt-a-per-us",
    type=options.Finite(),
    default=1.0,
    show_default=True,
    help="Rate of the coil's current in A/µs.",
)
@click.option(
    "--points",
    "points_file",
    type=options.GIVEN,
    help="CSV with header x_mm,y_mm,z_mm; the field there is written to points.csv.",
)
@click.option(
    "--space",
    type=click.Choice(["subject", "mni"]),
    default="subject",
    show_default=True,
    help="Space of the points.",
)
@click.option(
    "--recovery",
    type=click.Choice(["harmonic", "tissue", "element"]),
    default="harmonic",
    show_default=True,
    help="How the potential's gradient is read in linear elements: from harmonic polynomials "
    "fitted within the tissue, averaged within the tissue, or the element's constant.",
)
@click.option(
    "--order",
    type=click.IntRange(1, HIGHEST),
    help="Highest order of the elements around the points and the cortex, where the field is "
    "strong; 3 by default, and 1 with another --recovery than harmonic.",
)
@options.refinement_option
@click.option("--cortex", is_flag=True, help="Write the field on the cortex as GIFTI.")
@click.option("--volume", is_flag=True, help="Write the field in the head as NIfTI.")
@click.option("--mesh", is_flag=True, help="Write the mesh with the field as gmsh 2.2.")
@options.tolerance_option
@options.uncertainty_option
@options.out_option(files=("points.csv", "field.msh"))
@options.json_option
@options.quiet_option
def command(*, out: Path, as_json: bool, quiet: bool, **asked: Any) -> None:  # noqa: ANN401
    """Solve the electric field of a coil at a pose.

    Writes field.json, points.csv when points are given, and what the flags ask for. The
    head needs no grey matter unless the cortex is asked for.
    """
    request = field_request(**asked)
    with shown(quiet=quiet) as progress:
        result = run_field(request, progress=progress)
        record = write_field(result, out, progress=progress)
    click.echo(json_line(record) if as_json else summary(record, out))


def field_request(**asked: Any) -> FieldRequest:  # noqa: ANN401
    """Turn options, and the files that they name, into a request in SI.

    Parameters
    ----------
    **asked : options
        As click names them.

    Returns
    -------
    FieldRequest
        For `run_field`.
    """
    points = asked["points_file"]
    return FieldRequest(
        head=options.head_request(**asked),
        coil=options.coil_request(**asked),
        pose=read_one_pose(asked["pose_file"]),
        deformation=read_deformation(asked["pose_file"]),
        didt_a_per_s=a_per_s_from_a_per_us(asked["didt_a_per_us"]),
        points=None if points is None else read_points_csv(points),
        space=asked["space"],
        recovery=asked["recovery"],
        order=asked["order"],
        refinement=asked["refinement"],
        cortex=asked["cortex"],
        volume=asked["volume"],
        mesh=asked["mesh"],
        tolerance=asked["tolerance"],
        uncertainty=asked["uncertainty"],
    )


def summary(record: FieldRecord, out: Path) -> str:
    """Say a field in a few lines.

    Parameters
    ----------
    record : FieldRecord
        The content of ``field.json``.
    out : Path
        Where the files are.

    Returns
    -------
    str
        For the terminal.
    """
    solver = record.solver
    lines = [
        f"head     {record.head.name}, {record.head.nodes} nodes",
        f"coil     {record.coil.name}, {record.pose.distance_mm:.1f} mm from the "
        f"scalp, {record.didt_a_per_us:g} A/µs",
        f"solver   order {record.order}, {solver.iterations} iterations to a residual of "
        f"{solver.residual:.1e}",
    ]
    lines += [
        f"{row.name:<24} mean {row.mean_e_v_per_m:8.3f} V/m, "
        f"99.9th percentile {row.p99_9_e_v_per_m:8.3f} V/m"
        for row in record.tissues
    ]
    found = interval_lines(record.uncertainty)
    lines += [f"strongest 5 mm of cortex  {text}" for text in found]
    lines += [f"warning  {text}" for text in record.warnings]
    return "\n".join([*lines, f"files    {out}"])
