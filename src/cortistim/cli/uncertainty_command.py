"""``cortistim uncertainty``: how far conductivities and the pose may change a field."""

from pathlib import Path
from typing import Any

import click
import numpy as np

from cortistim.cli import options
from cortistim.cli.places import NewFile
from cortistim.cli.progress import shown
from cortistim.errors import quoted
from cortistim.io import read_deformation, read_points_csv
from cortistim.io.navigators import read_one_pose
from cortistim.records import json_line
from cortistim.records.field_spread import FieldSpreadRecord
from cortistim.study.field.uncertainty import (
    UncertainInputs,
    UncertaintyRequest,
    run_uncertainty,
    write_uncertainty,
)
from cortistim.units import m_from_mm, mm_from_m

ASKED = UncertainInputs()


class Ranges(click.ParamType):
    """``TAG=LOW:HIGH,...``."""

    name = "TAG=LOW:HIGH,..."

    def convert(self, value: Any, param: Any, ctx: Any) -> dict:  # noqa: ANN401
        """Read the ranges."""
        if isinstance(value, dict):
            return value
        found: dict[int, tuple[float, float]] = {}
        try:
            for part in value.split(","):
                tag, _, ends = part.partition("=")
                low, _, high = ends.partition(":")
                found[int(tag)] = (float(low), float(high))
        except ValueError:
            message = f"write ranges such as 1=0.1:0.4,2=0.1:0.6; got {quoted(value)}."
            self.fail(message, param, ctx)
        return found


@click.command()
@options.head_option
@options.coil_option
@click.option(
    "--pose",
    "pose_file",
    type=options.GIVEN,
    required=True,
    help='JSON with {"matsimnibs": 4x4} in mm.',
)
@click.option(
    "--target",
    type=options.Target(),
    help="As for 'cortistim aim': the mean of |E| within 5 mm of it.",
)
@click.option(
    "--points",
    "points_file",
    type=options.GIVEN,
    help="CSV with header x_mm,y_mm,z_mm: |E| at each point, 2000 at most.",
)
@click.option(
    "--space",
    type=click.Choice(["subject", "mni"]),
    default="subject",
    show_default=True,
    help="Space of the target's or the points' coordinates.",
)
@click.option(
    "--range",
    "ranges",
    type=Ranges(),
    default={},
    help="Ranges in S/m that replace the published ones, such as 1=0.1:0.4,2=0.1:0.6.",
)
@click.option("--fixed-conductivities", is_flag=True, help="Let only the pose be uncertain.")
@click.option(
    "--shift-sd",
    "shift_mm",
    type=click.FloatRange(0, 10),
    default=mm_from_m(ASKED.shift_m),
    show_default=True,
    help="Standard deviation of the coil's place along each of its axes in mm.",
)
@click.option(
    "--turn-sd",
    "turn_deg",
    type=click.FloatRange(0, 20),
    default=round(float(np.rad2deg(ASKED.turn_rad)), 6),
    show_default=True,
    help="Standard deviation of its turn about each of its axes in degrees.",
)
@click.option(
    "--samples",
    type=click.Choice(["256", "512", "1024", "2048", "4096"]),
    default=str(ASKED.samples),
    show_default=True,
    help="Samples of the reduced problem, which are cheap.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Random seed of the samples.",
)
@options.tolerance_option
@click.option(
    "--out",
    type=NewFile(path_type=Path),
    required=True,
    help="The .json or .csv file to write.",
)
@options.json_option
@options.quiet_option
def command(*, out: Path, as_json: bool, quiet: bool, **asked: Any) -> None:  # noqa: ANN401
    """Say how uncertain |E| is, and which tissue's conductivity matters.

    Conductivities vary over published ranges, or assumed ones where none was found, and the
    pose by the error of navigation; give either --target or --points. Some dozens of solves
    are enough for any number of samples.
    """
    request = uncertainty_request(**asked)
    with shown(quiet=quiet) as progress:
        record = write_uncertainty(run_uncertainty(request, progress=progress), out)
    click.echo(json_line(record) if as_json else summary(record, out))


def uncertainty_request(**asked: Any) -> UncertaintyRequest:  # noqa: ANN401
    """Turn options, and the files that they name, into a request in SI.

    Parameters
    ----------
    **asked : options
        As click names them.

    Returns
    -------
    UncertaintyRequest
        For `run_uncertainty`.
    """
    points = asked["points_file"]
    return UncertaintyRequest(
        head=options.head_request(**asked),
        coil=options.coil_request(**asked),
        pose=read_one_pose(asked["pose_file"]),
        deformation=read_deformation(asked["pose_file"]),
        target=asked["target"],
        points_m=None if points is None else read_points_csv(points).points_m,
        space=asked["space"],
        inputs=UncertainInputs(
            ranges=asked["ranges"],
            conductivities=not asked["fixed_conductivities"],
            shift_m=m_from_mm(asked["shift_mm"]),
            turn_rad=float(np.deg2rad(asked["turn_deg"])),
            samples=int(asked["samples"]),
            seed=asked["seed"],
            tolerance=asked["tolerance"],
        ),
    )


def summary(record: FieldSpreadRecord, out: Path) -> str:
    """Say the uncertainty in a few lines.

    Parameters
    ----------
    record : FieldSpreadRecord
        From `write_uncertainty`.
    out : Path
        The file.

    Returns
    -------
    str
        For the terminal.
    """
    first = record.results[0]
    shares = sorted(first.first_order.items(), key=lambda pair: -pair[1])
    said = ", ".join(f"{name} {100 * share:.0f} %" for name, share in shares if share > 0.005)
    return "\n".join(
        [
            f"points      {len(record.results)}; the first, in V/m per A/µs:",
            f"|E|         {first.nominal_v_per_m:.4g} as meant; "
            f"mean {first.mean_v_per_m:.4g}, sd {first.sd_v_per_m:.3g}",
            f"5 to 95 %   {first.p5_v_per_m:.4g} to {first.p95_v_per_m:.4g}",
            f"because of  {said} of the variance",
            f"pose        sd {record.pose_sd_mm:g} mm, {record.pose_sd_deg:g}° (assumed "
            "unless given)",
            f"checked     reduced against direct solves: {100 * record.reduced_error:.2f} %",
            *(f"warning     {text}" for text in record.warnings),
            f"file        {out}",
        ]
    )
