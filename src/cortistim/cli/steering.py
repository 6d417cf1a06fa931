"""``cortistim aim --array``: a hot spot steered by the currents of a resting set."""

from pathlib import Path
from typing import Any

import click
import numpy as np

from cortistim.cli import options
from cortistim.cli.progress import shown
from cortistim.coil.five_channels import NAME
from cortistim.errors import BadInputError
from cortistim.io import read_pose
from cortistim.records.array import ArrayRecord, LocusRecord
from cortistim.records.form import json_text
from cortistim.study import find_target
from cortistim.study.field.array import (
    MOST_DIDT_A_PER_S,
    WISHED_V_PER_M,
    ArrayRequest,
    Locus,
    named_array,
    run_array,
)
from cortistim.study.request.coil import START_HANDLE_RAD
from cortistim.units import a_per_s_from_a_per_us, a_per_us_from_a_per_s, m_from_mm


class Steer(click.ParamType):
    """``X,Y,DEG``."""

    name = "X,Y,DEG"

    def convert(self, value: Any, param: Any, ctx: Any) -> Locus:  # noqa: ANN401
        """Read place and angle."""
        if isinstance(value, Locus):
            return value
        try:
            x_mm, y_mm, angle_deg = (float(part) for part in value.split(","))
        except ValueError:
            self.fail(f"must be three numbers X,Y,DEG; got {value[:80]!r}.", param, ctx)
        return Locus(m_from_mm(x_mm), m_from_mm(y_mm), float(np.deg2rad(angle_deg)))


array_option = options.chained(
    click.option(
        "--array",
        "array_name",
        is_flag=False,
        flag_value=NAME,
        help=f"Steer the field of a set of coils by currents; alone: {NAME}, five stacked "
        "coils of assumed dimensions. The set stands above --target, or at --pose.",
    ),
    click.option(
        "--steer",
        "loci",
        type=Steer(),
        multiple=True,
        help="With --array: where the hot spot is to be, in mm along the set's x and y from "
        "under its centre, and the angle of E from +y towards -x. May be given several times.",
    ),
    click.option(
        "--pose",
        "pose_file",
        type=options.GIVEN,
        help="With --array: pose file of where the set stands.",
    ),
    click.option(
        "--wished-v-per-m",
        type=options.Positive(),
        default=WISHED_V_PER_M,
        show_default=True,
        help="With --array: mean E in every target along the wished direction.",
    ),
    click.option(
        "--bound-a-per-us",
        type=options.Positive(),
        default=a_per_us_from_a_per_s(MOST_DIDT_A_PER_S),
        show_default=True,
        help="With --array: the largest dI/dt of a channel.",
    ),
)


def steered(out: Path, *, as_json: bool, quiet: bool, **asked: Any) -> None:  # noqa: ANN401
    """Steer a set as the options say, and print what was found.

    Parameters
    ----------
    out : Path
        Folder for the files.
    as_json, quiet : bool
        As everywhere.
    **asked
        All options of ``cortistim aim``.
    """
    chosen = named_array(asked["array_name"])
    if asked["operator_file"] is not None or asked["trade_off"] or asked["avoid"]:
        msg = (
            "a set that is steered takes no `operator`, `avoid` or `trade_off`. Leave them out."
        )
        raise BadInputError(msg)
    handle_deg, file = asked["handle_deg"], asked["pose_file"]
    handle_rad = START_HANDLE_RAD if handle_deg is None else float(np.deg2rad(handle_deg))
    request = ArrayRequest(
        loci=asked["loci"] or (Locus(),),
        pose=None if file is None else read_pose(file),
        distance_m=m_from_mm(asked["distance_mm"]),
        wished_v_per_m=asked["wished_v_per_m"],
        most_didt_a_per_s=a_per_s_from_a_per_us(asked["bound_a_per_us"]),
        tolerance=asked["tolerance"],
        handle_rad=handle_rad,
    )
    with shown(quiet=quiet) as progress:
        head = options.head_request(**asked).load(progress=progress)
        target = find_target(head, asked["target"], space=asked["space"])
        record = run_array(head, chosen, target, request=request, folder=out, progress=progress)
    click.echo(json_text(record).strip() if as_json else summary(record, out))


def summary(record: ArrayRecord, out: Path) -> str:
    """Say what the channels give in a few lines.

    Parameters
    ----------
    record : ArrayRecord
        The content of ``array.json``.
    out : Path
        Where the files are.

    Returns
    -------
    str
        For the terminal.
    """
    lines = [f"set        {record.coil.name} above {record.target}"]
    for locus in record.loci:
        lines += _lines(locus)
    lines += [f"warning    {text}" for text in record.warnings]
    lines.append(f"files      {out / 'array.json'}, {out / 'array.png'}, {out / 'pose.json'}")
    return "\n".join(lines)


def _lines(locus: LocusRecord) -> list[str]:
    x_mm, y_mm = locus.asked_mm
    rates = ", ".join(f"{c.name} {c.didt_a_per_us:+.3g}" for c in locus.channels)
    peak = locus.peak
    return [
        f"locus      {x_mm:g}, {y_mm:g} mm, {locus.asked_deg:g}°: {locus.energy_j:.4g} J",
        f"  dI/dt    {rates} A/µs",
        f"  hot spot {peak.off_in_plane_mm:.1f} mm and {peak.off_deg:.1f}° from what was asked "
        f"for, by a direct solve; {peak.e_v_per_m:.4g} V/m",
    ]
