"""``cortistim operator``: the field of any pose in milliseconds, after one build."""

from pathlib import Path
from typing import Any, get_args

import click

from cortistim.cli import options
from cortistim.cli.places import NewFile
from cortistim.cli.progress import shown
from cortistim.field import OperatorSettings, Recovery
from cortistim.field.hierarchic.shapes import HIGHEST
from cortistim.field.operator.build import COILS
from cortistim.io import read_points_csv
from cortistim.io.navigators import read_all_poses
from cortistim.records import json_line
from cortistim.study import (
    OperatorBuildRequest,
    OperatorEvaluateRequest,
    OperatorExtendRequest,
    run_operator_build,
    run_operator_evaluate,
    run_operator_extend,
    write_extended_operator,
    write_operator,
)
from cortistim.study.request.inputs import SPACES

BYTES_PER_MB = 1_000_000


@click.group()
def command() -> None:
    """Build a field operator once per head; evaluate it at any pose in milliseconds."""


@command.command()
@options.head_option
@click.option(
    "--points",
    "points_file",
    type=options.GIVEN,
    help="CSV with header x_mm,y_mm,z_mm: where the field will be given; by default 20,000 "
    "points spread over the cortex.",
)
@click.option(
    "--space",
    type=click.Choice(SPACES),
    default="subject",
    show_default=True,
    help="Space of the points.",
)
@click.option(
    "--rank",
    type=click.IntRange(1, 1200),
    default=OperatorSettings().rank,
    show_default=True,
    help="Number of solves: more make the operator more accurate, larger and slower.",
)
@click.option(
    "--coils",
    default=",".join(COILS),
    show_default=True,
    help="Coils whose poses the members combine: names or .ccd files, separated by commas. "
    "Others are represented as far as these span them.",
)
@click.option(
    "--recovery",
    type=click.Choice(get_args(Recovery)),
    default=OperatorSettings().recovery,
    show_default=True,
    help="How the potential's gradient is read at the points; as for 'cortistim field'.",
)
@click.option(
    "--order",
    type=click.IntRange(1, HIGHEST),
    help="Highest order of the elements around the points; 3 by default, and 1 with another "
    "--recovery than harmonic.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Of the poses from which the members are combined.",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(1e-12, 1e-2),
    default=OperatorSettings().tolerance,
    show_default=True,
    help="Relative residual at which the solver stops.",
)
@click.option(
    "--out", type=NewFile(path_type=Path), required=True, help="The .npz file to write."
)
@options.json_option
@options.quiet_option
def build(*, out: Path, as_json: bool, quiet: bool, **asked: Any) -> None:  # noqa: ANN401
    """Solve for the operator of a head and write it to one file.

    Takes minutes. What is solved is kept in the cache, so that a build that was stopped
    goes on where it was.
    """
    request = build_request(**asked)
    with shown(quiet=quiet) as progress:
        record = write_operator(run_operator_build(request, progress=progress), out)
    if as_json:
        click.echo(json_line(record))
        return
    click.echo(f"head      {record.head}, {record.nodes} nodes")
    click.echo(f"operator  {record.points} points, {record.rank} members")
    click.echo(f"time      {record.seconds['total']:.0f} s")
    for text in record.warnings:
        click.echo(f"warning   {text}")
    click.echo(f"file      {out}, {record.bytes / BYTES_PER_MB:.0f} MB")


def build_request(**asked: Any) -> OperatorBuildRequest:  # noqa: ANN401
    """Turn options, and the file of points, into a request in SI.

    Parameters
    ----------
    **asked : options
        As click names them.

    Returns
    -------
    OperatorBuildRequest
        For `run_operator_build`.
    """
    points = asked["points_file"]
    wanted = ("rank", "seed", "tolerance", "recovery", "order")
    return OperatorBuildRequest(
        head=options.head_request(**asked),
        points_m=None if points is None else read_points_csv(points).points_m,
        space=asked["space"],
        coils=tuple(name.strip() for name in asked["coils"].split(",")),
        settings=OperatorSettings(**{name: asked[name] for name in wanted}),
    )


@command.command()
@click.argument("operator", type=options.GIVEN)
@options.coil_option
@click.option(
    "--poses",
    "poses_file",
    type=options.GIVEN,
    required=True,
    help='JSON with {"matsimnibs": [4x4, ...]} in mm; z into the head, y away from the handle. '
    "Or a navigator's file, see 'cortistim pose'.",
)
@click.option(
    "--out", type=NewFile(path_type=Path), required=True, help="The .npz file to write."
)
@options.json_option
@options.quiet_option
def evaluate(
    *,
    operator: Path,
    out: Path,
    as_json: bool,
    quiet: bool,
    **asked: Any,  # noqa: ANN401
) -> None:
    """Compute E at the operator's points for a coil at one or many poses.

    Writes points_mm, e_v_per_m (pose, point, 3) for 1 A/µs, error_v_per_m (pose, point), a bar
    of the numerical error there, and the missed_share of each pose: how much of the coil's
    vector potential the operator misses. OPERATOR is a file of
    'cortistim operator build'; the head itself is not needed.
    """
    request = OperatorEvaluateRequest(
        operator=operator,
        coil=options.coil_request(**asked),
        poses=tuple(read_all_poses(asked["poses_file"])),
    )
    with shown(quiet=quiet) as progress:
        record = run_operator_evaluate(request, out, progress=progress)
    if as_json:
        click.echo(json_line(record))
        return
    click.echo(f"head      {record.head}, {record.points} points")
    click.echo(f"coil      {record.coil.name}, {record.poses} poses, 1 A/µs")
    worst = 100 * max(record.missed_share)
    click.echo(f"missed    {worst:.2f} % of the coil's vector potential at most")
    for text in record.warnings:
        click.echo(f"warning   {text}")
    click.echo(f"file      {out}")


@command.command()
@click.argument("operator", type=options.GIVEN)
@options.head_option
@options.coil_option
@click.option(
    "--poses",
    "poses_file",
    type=options.GIVEN,
    required=True,
    help='JSON with {"matsimnibs": [4x4, ...]} in mm: the poses to add.',
)
@click.option(
    "--out", type=NewFile(path_type=Path), required=True, help="The .npz file to write."
)
@options.json_option
@options.quiet_option
def extend(
    *,
    operator: Path,
    out: Path,
    as_json: bool,
    quiet: bool,
    **asked: Any,  # noqa: ANN401
) -> None:
    """Add a coil's poses to an operator, by one solve each.

    For poses that 'cortistim operator evaluate' says are poorly represented. --head must be the
    head that OPERATOR was built on.
    """
    request = OperatorExtendRequest(
        operator=operator,
        head=options.head_request(**asked),
        coil=options.coil_request(**asked),
        poses=tuple(read_all_poses(asked["poses_file"])),
    )
    with shown(quiet=quiet) as progress:
        result = run_operator_extend(request, progress=progress)
        record = write_extended_operator(result, out)
    if as_json:
        click.echo(json_line(record))
        return
    before = 100 * max(record.missed_share_before)
    after = 100 * max(record.missed_share_after)
    click.echo(f"members   {record.rank_before} before, {record.rank} now")
    click.echo(f"missed    {before:.2f} % at most before, {after:.2f} % now")
    click.echo(f"file      {out}, {record.bytes / BYTES_PER_MB:.0f} MB")
