"""``cortistim aim``: the best pose for a target."""

from pathlib import Path
from typing import Any

import click
from msgspec import UNSET

from cortistim.cli import options
from cortistim.cli.plan_command import aim_settings, interval_lines
from cortistim.cli.progress import shown
from cortistim.cli.steering import array_option, steered
from cortistim.records import json_line
from cortistim.records.aim import AimRecord
from cortistim.study import AimRequest, run_aim, write_aim
from cortistim.targeting import Wish
from cortistim.targeting.wishes import NAMES

PERCENT = 100.0
WISH = Wish()
objective_option = options.chained(
    click.option(
        "--objective",
        type=click.Choice(NAMES),
        default=WISH.name,
        show_default=True,
        help="mean |E|, component along --direction, percentile of |E| (all in the target); "
        "focality: the cortical area above --fraction of the target's mean; avoid: target "
        "over --avoid. The last two need --operator.",
    ),
    click.option(
        "--operator",
        "operator_file",
        type=options.GIVEN,
        help="File of 'cortistim operator build' for this head: the whole cortex is known at "
        "every pose and nothing is solved.",
    ),
    click.option("--direction", help="For component: x,y,z in subject space, or normal."),
    click.option(
        "--percentile",
        "percent",
        type=click.FloatRange(0, 100),
        default=WISH.percent,
        show_default=True,
        help="Which one, for percentile.",
    ),
    click.option(
        "--fraction",
        "fraction_percent",
        type=click.FloatRange(1, 200),
        default=PERCENT * WISH.fraction,
        show_default=True,
        help="For focality, in percent of the target's mean.",
    ),
    click.option(
        "--avoid",
        multiple=True,
        help="Region to be avoided: x,y,z[,radius] in mm (radius 10 by default) in the space "
        "of --space, or a name as for --target. May be given several times.",
    ),
    click.option(
        "--least",
        "least_percent",
        type=click.FloatRange(1, 100),
        default=PERCENT * WISH.least,
        show_default=True,
        help="For focality and avoid: what the target must keep, in percent of the strongest "
        "mean |E| that any pose gives it.",
    ),
    click.option(
        "--trade-off",
        is_flag=True,
        help="Write trade_off.csv and .png: poses that no other beats in target and avoided "
        "region both.",
    ),
)


@click.command()
@options.head_option
@options.coil_option
@options.target_option
@objective_option
@array_option
@options.aim_option
@options.tolerance_option
@options.uncertainty_option
@options.out_option(files=("pose.json", "trade_off.csv"))
@options.json_option
@options.quiet_option
def command(*, out: Path, as_json: bool, quiet: bool, **asked: Any) -> None:  # noqa: ANN401
    """Find the pose that serves a target best.

    Writes pose.json (for 'cortistim field --pose') and aim.json with the value, what small
    errors of the pose cost, and other good poses. With --array, steers the field of a set of
    coils that stays where it is, and writes array.json and array.png instead.
    """
    if asked["array_name"] is not None:
        steered(out, as_json=as_json, quiet=quiet, **asked)
        return
    request = aim_request(**asked)
    with shown(quiet=quiet) as progress:
        result = run_aim(request, progress=progress)
        record = write_aim(result, out)
    click.echo(json_line(record) if as_json else summary(record, out))


def aim_request(**asked: Any) -> AimRequest:  # noqa: ANN401
    """Turn options in millimetres, degrees and percent into a request in SI.

    Parameters
    ----------
    **asked : options
        As click names them.

    Returns
    -------
    AimRequest
        For `run_aim`.
    """
    return AimRequest(
        head=options.head_request(**asked),
        coil=options.coil_request(**asked),
        target=asked["target"],
        space=asked["space"],
        settings=aim_settings(**asked),
        objective=asked["objective"],
        direction=asked["direction"],
        percent=asked["percent"],
        fraction=asked["fraction_percent"] / PERCENT,
        least=asked["least_percent"] / PERCENT,
        avoid=asked["avoid"],
        operator=asked["operator_file"],
        trade_off=asked["trade_off"],
        uncertainty=asked["uncertainty"],
    )


def summary(record: AimRecord, out: Path) -> str:
    """Say the chosen pose in a few lines.

    Parameters
    ----------
    record : AimRecord
        The content of ``aim.json``.
    out : Path
        Where the files are.

    Returns
    -------
    str
        For the terminal.
    """
    pose, objective = record.pose, record.objective
    unit = {"V/m": " V/m per A/µs", "mm2": " mm²", "1": ""}[objective.unit]
    others = [f"{other.value:.4g} {other.away_mm:.0f} mm away" for other in record.alternatives]
    lines = [
        f"target     {record.target.words} ({record.target.side})",
        f"pose       {pose.handle}; {pose.distance_mm:.1f} mm from the scalp",
        f"objective  {objective.value:.4g}{unit}: {objective.words}",
        f"field      {record.target_e_v_per_m:.4g} V/m per A/µs in the target",
        *(f"interval   {text}" for text in interval_lines(record.uncertainty)),
        f"tolerance  {record.tolerance.words}",
        *([] if record.shape is UNSET else [f"shape      {record.shape.words}"]),
        f"others     {'; '.join(others) or 'none'}",
        *(f"warning    {text}" for text in record.warnings),
        f"files      {out / 'pose.json'}, {out / 'aim.json'}",
    ]
    return "\n".join(lines)
