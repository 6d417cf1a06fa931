"""``cortistim neuron``: who fires, at which field, and what the muscle shows of it."""

import json
from pathlib import Path
from typing import Any

import click

from cortistim.cli import options
from cortistim.cli.progress import shown

CELL_HELP = "L1, L23, L4, L5, L6, or an .swc or .asc file in micrometres."
PULSE_HELP = (
    "monophasic, biphasic, half_sine, ctms30, ctms60, ctms120, or a .tsv file: a header, then "
    "time in seconds and the signal."
)


@click.group()
def command() -> None:
    """Neurons: thresholds, recruitment over the cortex, and motor responses.

    Model thresholds lie 2 to 3.5 times above the field at which people respond; recruitment
    and motor responses state the calibration factor they use.
    """


@command.command()
@click.option("--cell", required=True, help=CELL_HELP)
@click.option("--pulse", required=True, help=PULSE_HELP)
@click.option(
    "--directions",
    type=click.IntRange(2, 20000),
    default=100,
    show_default=True,
    help="Directions of the field, evenly over the sphere, poles included.",
)
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="CSV file."
)
@click.option(
    "--gradient",
    type=float,
    default=0.0,
    show_default=True,
    help="Growth of the field toward the pia, in %/mm of its size at the soma.",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(1e-5, 0.1),
    default=0.0025,
    show_default=True,
    help="Relative tolerance of the bisection.",
)
@click.option("--reverse", is_flag=True, help="Turn the pulse round.")
@click.option(
    "--adult-human",
    "scaled",
    is_flag=True,
    help="Scale a rat's cell from a file to the size of an adult human's (Aberra 2020).",
)
@options.json_option
@options.quiet_option
def threshold(*, out: Path, as_json: bool, quiet: bool, **asked: Any) -> None:  # noqa: ANN401
    """Compute the field at which cells fire, for directions over the whole sphere.

    The field is uniform, E(t) = threshold · w(t) · direction, w with a peak of 1 and positive
    at the start. theta is the angle to the soma-to-pia axis: 180° points into the cortex.
    """
    from cortistim.study.neurons import COLUMNS, ThresholdRequest, threshold_table, write_rows

    with shown(quiet=quiet or as_json) as progress:
        table = threshold_table(ThresholdRequest(**asked), progress=progress)
    write_rows(out, COLUMNS, table.rows())
    record = {**table.record(), "out": str(out)}
    click.echo(json.dumps(record, ensure_ascii=False) if as_json else _said(record))


def _said(record: dict[str, Any]) -> str:
    found = record["threshold_v_per_m"]
    lines = [
        f"{record['cell']}, {record['pulse']}: {record['clones']} cells x "
        f"{record['directions']} directions, {max(record['compartments'])} compartments",
        f"threshold  median {found['median']} V/m, 5 to 95 % {found['p05']} to {found['p95']}",
        f"spread     sigma of ln threshold {record['sigma_ln']}",
        f"begins     near an axon terminal in {100 * (record['terminal_share'] or 0):.0f} %",
        *(f"note       {text}" for text in record["notes"]),
        f"file       {record['out']}",
    ]
    if record["without_spike"]:
        lines.insert(4, f"silent     {record['without_spike']} directions fire at no field")
    return "\n".join(lines)
