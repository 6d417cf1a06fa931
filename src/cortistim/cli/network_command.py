"""``cortistim network``: what recruited cortex reaches over somebody's own connectome."""

from pathlib import Path
from typing import Any

import click

from cortistim.cli import options
from cortistim.cli.progress import shown
from cortistim.records import json_line
from cortistim.records.reach import ReachRecord

TOLD = 10
LAYERS = ("L1", "L23", "L4", "L5", "L6")


@click.group()
def command() -> None:
    """Networks: first-order reach over a connectome of your own; none is shipped."""


@command.command()
@click.argument("recruited", metavar="FOLDER", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--connectome",
    required=True,
    type=options.GIVEN,
    help="Strengths of connections, not negative: a CSV or TSV without headings, a row and a "
    "column for each parcel in ascending order of their numbers.",
)
@click.option(
    "--parcels",
    required=True,
    type=options.GIVEN,
    help="Label image in the head's space, or .gii with a number at each vertex of its cortex.",
)
@click.option("--table", type=options.GIVEN, help="Names of the parcels' numbers.")
@click.option(
    "--lengths", type=options.GIVEN, help="Lengths of the connections in mm, for delays."
)
@click.option(
    "--layer",
    type=click.Choice(LAYERS),
    default="L5",
    show_default=True,
    help="Whose cells count as recruited.",
)
@click.option(
    "--rotations",
    type=click.IntRange(20, 10000),
    default=200,
    show_default=True,
    help="Other places of the cortex that the reach is compared with.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="Random seed of the rotations.",
)
@options.out_option()
@options.json_option
@options.quiet_option
def reach(*, out: Path, as_json: bool, quiet: bool, **asked: Any) -> None:  # noqa: ANN401
    """Follow the cortex that FOLDER of 'neuron recruit' recruited over one connection.

    Prints which parcels it reaches, as shares, against the same recruitment at other places,
    and when conduction brings it there. No waveform follows from this.
    """
    from cortistim.study.network.reach import ReachRequest, run_reach, write_reach

    with shown(quiet=quiet or as_json) as progress:
        found = run_reach(ReachRequest(**asked), progress=progress)
    record = write_reach(found, out)
    click.echo(json_line(record) if as_json else "\n".join([*_said(record), f"files  {out}"]))


def _said(record: ReachRecord) -> list[str]:
    lines = [f"{'parcel':<28} recruited    reach   elsewhere (95 %)      p   arrival"]
    for row in record.found[:TOLD]:
        arrival = ""
        if row.arrival_ms is not None and row.arrival_ms[0] is not None:
            arrival = f"{row.arrival_ms[0]:.1f} to {row.arrival_ms[1]:.1f} ms"
        lines.append(
            f"{row.name[:28]:<28} {row.recruited_percent:7.1f} %  {row.reach_percent:5.1f} %   "
            f"{row.null_mean_percent:5.1f} % ({row.null_p95_percent:.1f} %)   {row.p:.3f}   "
            f"{arrival}"
        )
    if record.outside_percent:
        lines.append(f"{record.outside_percent:g} % of the recruited cortex is in no parcel")
    return [*lines, *(f"note   {text}" for text in record.notes), record.honest]
