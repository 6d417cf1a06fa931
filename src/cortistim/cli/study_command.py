"""``cortistim study``: whole sessions, computed after they were recorded."""

from pathlib import Path
from typing import Any

import click

from cortistim.cli import options
from cortistim.cli.progress import shown
from cortistim.records import json_line
from cortistim.records.replay import ReplayRecord
from cortistim.study.request.inputs import SPACES
from cortistim.study.session.files import write_replay
from cortistim.study.session.replay import ReplayRequest, run_replay


@click.group()
def command() -> None:
    """Study recorded sessions."""


@command.command()
@click.argument("log", type=options.GIVEN)
@options.head_option
@options.coil_option
@options.stimulator_option
@click.option(
    "--target",
    type=options.Target(),
    help="Named target, EEG position such as C3, or x,y,z in mm; by default the cortex below "
    "the plan, else below the coil.",
)
@click.option(
    "--space",
    type=click.Choice(SPACES),
    default="subject",
    show_default=True,
    help="Space of coordinates; names know their own.",
)
@click.option(
    "--operator",
    type=options.GIVEN,
    help="File of 'cortistim operator build' for this head: many pulses in seconds.",
)
@click.option("--plan", type=options.GIVEN, help="File with the one pose that was planned.")
@click.option(
    "--image",
    type=options.GIVEN,
    help="T1 of the navigator, where its frame needs one.",
)
@click.option("--targets", is_flag=True, help="Replay the file's targets, not its samples.")
@options.out_option(files=("pulses.csv", "replay.json"))
@options.json_option
@options.quiet_option
def replay(*, log: Path, out: Path, as_json: bool, quiet: bool, **asked: Any) -> None:  # noqa: ANN401
    """Compute what every pulse of a navigation log did at the target.

    LOG is any file that 'cortistim pose show' reads, with samples. Writes pulses.csv (and
    pulses.parquet when pyarrow is there), replay.json and replay.png: E at the target for
    each pulse, at its own output where the log tells it, and how far the coil was off the
    plan. Coils that the registration put up to 10 mm into the head are lifted along their
    axis, and the table says by how much.
    """
    wanted = ("target", "space", "stimulator", "plan", "operator", "image")
    request = ReplayRequest(
        log=log,
        head=options.head_request(**asked),
        coil=options.coil_request(**asked),
        use_targets=asked["targets"],
        **{name: asked[name] for name in wanted},
    )
    with shown(quiet=quiet) as progress:
        found = run_replay(request, progress=progress)
        record = write_replay(found, out, progress=progress)
    click.echo(json_line(record) if as_json else _words(record, out))


def _words(record: ReplayRecord, out: Path) -> str:
    lines = [
        f"head      {record.head.name}",
        f"coil      {record.coil.name}, {record.stimulator}",
        f"target    {record.target.words}",
        f"pulses    {record.pulses} computed, {record.dropped} dropped",
    ]
    told = (
        (record.e_v_per_m_per_a_per_us, "field", "V/m per A/µs"),
        (record.e_target_v_per_m, "dose", "V/m"),
        (record.deviation_mm, "off plan", "mm"),
        (record.deviation_deg, "turned", "degrees"),
    )
    lines += [
        f"{name:<10}{row.median:.3g} {unit} ({row.min:.3g} to {row.max:.3g})"
        for row, name, unit in told
        if row is not None
    ]
    lines += [f"warning   {text}" for text in record.warnings]
    lines += [f"note      {text}" for text in record.notes]
    return "\n".join([*lines, f"files     {out}"])
