"""``cortistim aim``: the best pose for a target."""

import json
from pathlib import Path
from typing import Any

import click

from cortistim.cli import options
from cortistim.cli.plan_command import aim_settings
from cortistim.cli.progress import shown
from cortistim.study import find_target, run_aim


@click.command()
@options.head_option
@options.coil_option
@options.target_option
@options.aim_option
@options.tolerance_option
@options.out_option()
@options.json_option
@options.quiet_option
def command(*, out: Path, as_json: bool, quiet: bool, **asked: Any) -> None:  # noqa: ANN401
    """Find the pose with the strongest field in a target.

    Writes pose.json (for 'cortistim field --pose') and aim.json.
    """
    wanted = options.coil_request(**asked)
    wanted.load()  # complains before the head is built
    settings = aim_settings(**asked)
    with shown(quiet=quiet) as progress:
        request = options.head_request(
            asked["head_name"], asked["sigma"], repair=asked["repair"]
        )
        head = request.load(progress=progress)
        target = find_target(head, asked["target"], space=asked["space"])
        coil = wanted.load_for(
            head,
            target.point_m,
            distance_m=settings.distance_m,
            handle_rad=settings.handle_rad,
            progress=progress,
        )
        record = run_aim(head, coil, target, settings=settings, folder=out, progress=progress)
    if as_json:
        click.echo(json.dumps(record, ensure_ascii=False))
        return
    pose = record["pose"]
    click.echo(f"target  {record['target']['words']} ({record['target']['side']})")
    click.echo(f"pose    {pose['handle']}; {pose['distance_mm']:.1f} mm from the scalp")
    click.echo(f"field   {record['target_e_v_per_m']:.4g} V/m per A/µs in the target")
    click.echo(f"files   {out / 'pose.json'}, {out / 'aim.json'}")
