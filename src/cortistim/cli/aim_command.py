"""``cortistim aim``: the best pose for a target."""

import json
from pathlib import Path
from typing import Any

import click

from cortistim.cli import options
from cortistim.cli.plan_command import aim_settings, intervals
from cortistim.cli.progress import shown
from cortistim.field import load_operator
from cortistim.study import AimRequest, find_target, run_aim, wish_for
from cortistim.targeting import Wish
from cortistim.targeting.wishes import NAMES, Region

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
@options.aim_option
@options.tolerance_option
@options.uncertainty_option
@options.out_option(files=("pose.json", "trade_off.csv"))
@options.json_option
@options.quiet_option
def command(*, out: Path, as_json: bool, quiet: bool, **asked: Any) -> None:  # noqa: ANN401
    """Find the pose that serves a target best.

    Writes pose.json (for 'cortistim field --pose') and aim.json with the value, what small
    errors of the pose cost, and other good poses.
    """
    wanted = options.coil_request(**asked)
    wanted.load()  # complains before the head is built
    settings = aim_settings(**asked)
    if asked["operator_file"] is None:  # so does what needs one; regions are placed later
        anywhere = (Region((0.0, 0.0, 0.0), 1.0),) if asked["avoid"] else ()
        along = None if asked["direction"] is None else "normal"
        early = Wish(asked["objective"], along, avoid=anywhere)
        AimRequest(settings, early, None, asked["trade_off"])
    with shown(quiet=quiet) as progress:
        request = options.head_request(**asked)
        head = request.load(progress=progress)
        target = find_target(head, asked["target"], space=asked["space"])
        wish = wish_for(
            head,
            asked["objective"],
            direction=asked["direction"],
            avoid=asked["avoid"],
            space=asked["space"],
            percent=asked["percent"],
            fraction=asked["fraction_percent"] / PERCENT,
            least=asked["least_percent"] / PERCENT,
        )
        path = asked["operator_file"]
        operator = None if path is None else load_operator(path, head)
        coil = wanted.load_for(
            head,
            target.point_m,
            distance_m=settings.distance_m,
            handle_rad=settings.handle_rad,
            progress=progress,
        )
        record = run_aim(
            head,
            coil,
            target,
            request=AimRequest(
                settings, wish, operator, asked["trade_off"], asked["uncertainty"]
            ),
            folder=out,
            progress=progress,
        )
    click.echo(json.dumps(record, ensure_ascii=False) if as_json else summary(record, out))


def summary(record: dict[str, Any], out: Path) -> str:
    """Say the chosen pose in a few lines.

    Parameters
    ----------
    record : dict
        The content of ``aim.json``.
    out : Path
        Where the files are.

    Returns
    -------
    str
        For the terminal.
    """
    pose, objective = record["pose"], record["objective"]
    unit = {"V/m": " V/m per A/µs", "mm2": " mm²", "1": ""}[objective["unit"]]
    others = [
        f"{other['value']:.4g} {other['away_mm']:.0f} mm away"
        for other in record["alternatives"]
    ]
    lines = [
        f"target     {record['target']['words']} ({record['target']['side']})",
        f"pose       {pose['handle']}; {pose['distance_mm']:.1f} mm from the scalp",
        f"objective  {objective['value']:.4g}{unit}: {objective['words']}",
        f"field      {record['target_e_v_per_m']:.4g} V/m per A/µs in the target",
        *(f"interval   {text}" for text in intervals(record)),
        f"tolerance  {record['tolerance']['words']}",
        f"others     {'; '.join(others) or 'none'}",
        *(f"warning    {text}" for text in record["warnings"]),
        f"files      {out / 'pose.json'}, {out / 'aim.json'}",
    ]
    return "\n".join(lines)
