"""``cortistim lesion``: virtual lesions, from the design to the map."""

from pathlib import Path
from typing import Any

import click

from cortistim.cli import options
from cortistim.cli.options import Positive
from cortistim.records.form import json_text
from cortistim.records.lesion import LesionDesignRecord, LesionMapRecord, LesionPowerRecord

FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def command() -> None:
    """Virtual lesions and speech: designs with matched controls, their power, their maps."""


@command.command()
@click.argument("sites", type=options.GIVEN)
@click.option("--target", required=True, metavar="SITE", help="The site in question.")
@click.option("--items", "items_file", type=options.GIVEN, help="CSV with a column item.")
@click.option("--count", type=click.IntRange(2, 5000), help="Of items, without --items.")
@click.option(
    "--people", type=click.IntRange(1, 500), default=1, show_default=True, help="How many."
)
@click.option(
    "--rate",
    "rate_hz",
    type=Positive(),
    default=5.0,
    show_default=True,
    help="In Hz, of the train of each trial.",
)
@click.option(
    "--pulses", type=click.IntRange(1, 100), default=5, show_default=True, help="In each train."
)
@click.option(
    "--interval",
    "interval_s",
    type=Positive(),
    default=4.0,
    show_default=True,
    help="Seconds between starts of trials, 3 or more.",
)
@click.option(
    "--percent-rmt",
    type=Positive(),
    default=100.0,
    show_default=True,
    help="Intensity in % of the resting motor threshold.",
)
@options.rmt_option
@click.option(
    "--protocol",
    metavar="NAME|FILE",
    help="Off-line: what is given before each block instead, such as cTBS600.",
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Of orders.")
@click.option("--out", type=FILE, required=True, help="JSON file with every trial.")
@options.json_option
def design(
    *,
    items_file: Path | None,
    count: int | None,
    out: Path,
    as_json: bool,
    **asked: Any,  # noqa: ANN401
) -> None:
    """Lay out a study: the matched control, orders, items, timing, and the safety check.

    SITES is a CSV with site, and perhaps x_mm, y_mm, z_mm, and ratings of discomfort and click
    from 0 to 1, from which the control is chosen.
    """
    from cortistim.errors import BadInputError
    from cortistim.io.text import write_text
    from cortistim.study.mapping.lesion import LesionDesignRequest, design_lesion

    if (items_file is None) == (count is None):
        msg = "either `items_file` or `count` says what is shown; give one of them."
        raise BadInputError(msg)
    items = items_file if items_file is not None else count
    record = design_lesion(LesionDesignRequest(items=items or 0, **asked))
    write_text(out, json_text(record))
    click.echo(json_text(record).rstrip() if as_json else "\n".join(_design_words(record)))


def _design_words(record: LesionDesignRecord) -> list[str]:
    return [
        f"target     {record.target}",
        f"control    {record.control}, discomfort {record.discomfort_apart:.2f} and click "
        f"{record.click_apart:.2f} apart",
        f"trials     {len(record.trials)}, {record.people} people, {record.items} items",
        f"protocol   {record.protocol}",
        f"safety     {record.verdict}",
        *(f"  {text}" for text in record.reasons),
        *(f"note: {text}" for text in record.notes),
    ]


@command.command()
@click.option("--people", type=int, default=20, show_default=True, help="How many.")
@click.option(
    "--count",
    "items",
    type=int,
    default=80,
    show_default=True,
    help="Of items, which each person has once, half of them with either site.",
)
@click.option(
    "--baseline",
    type=float,
    default=0.1,
    show_default=True,
    help="Share of errors without stimulation.",
)
@click.option(
    "--effect",
    type=float,
    default=0.1,
    show_default=True,
    help="Share of errors that the lesion adds.",
)
@click.option(
    "--discomfort",
    type=float,
    default=0.05,
    show_default=True,
    help="Share of errors that the target's discomfort adds.",
)
@click.option(
    "--matched",
    type=float,
    default=1.0,
    show_default=True,
    help="Share of that discomfort that the control has.",
)
@click.option(
    "--person-sd",
    type=float,
    default=0.5,
    show_default=True,
    help="Spread of people in logits.",
)
@click.option(
    "--item-sd", type=float, default=0.7, show_default=True, help="Spread of items in logits."
)
@click.option(
    "--effect-sd",
    type=float,
    default=0.2,
    show_default=True,
    help="Spread of the effect over people in logits.",
)
@click.option(
    "--runs",
    type=click.IntRange(50, 20_000),
    default=1000,
    show_default=True,
    help="Simulated studies.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="Of the simulation."
)
@click.option("--out", type=FILE, help="JSON file.")
@options.json_option
def simulate(
    *,
    runs: int,
    seed: int,
    out: Path | None,
    as_json: bool,
    **asked: Any,  # noqa: ANN401
) -> None:
    """Say how often a study finds a lesion, and how often discomfort passes for one."""
    from cortistim.io.text import write_text
    from cortistim.mapping.lesion import Study
    from cortistim.study.mapping.lesion import simulate_lesion

    record = simulate_lesion(Study(**asked), runs=runs, seed=seed)
    if out is not None:
        write_text(out, json_text(record))
    click.echo(json_text(record).rstrip() if as_json else "\n".join(_power_words(record)))


def _power_words(record: LesionPowerRecord) -> list[str]:
    lines = [
        f"{row.control:<15} {'power' if row.effect else 'false positives':<16} "
        f"{100 * row.share:5.1f} % ({100 * row.low:.1f} to {100 * row.high:.1f})"
        for row in record.rows
    ]
    return [*lines, record.words]


@command.command()
@click.argument("table", type=options.GIVEN)
@click.option("--site", required=True, metavar="COL", help="Column of sites.")
@click.option(
    "--error", required=True, metavar="COL", help="Column that is 1 or true for errors."
)
@click.option(
    "--baseline",
    required=True,
    metavar="CELL",
    help="What stands in the site column without stimulation.",
)
@click.option(
    "--margin",
    type=click.FloatRange(0, 0.5),
    default=0.05,
    show_default=True,
    help="Share of errors above the baseline that counts as disturbance.",
)
@click.option(
    "--operator",
    "operator_file",
    type=options.GIVEN,
    help="With --poses: sites lend each other trials as far as fields overlap.",
)
@options.coil_option
@click.option(
    "--poses",
    "poses_file",
    type=options.GIVEN,
    help="One for each site, in the order in which sites first occur.",
)
@click.option("--out", type=FILE, required=True, help="JSON file.")
@options.json_option
def analyse(
    *,
    operator_file: Path | None,
    poses_file: Path | None,
    out: Path,
    as_json: bool,
    **asked: Any,  # noqa: ANN401
) -> None:  # fmt: skip
    """Compare the errors of each site with the person's baseline; negative sites first."""
    from cortistim.errors import BadInputError
    from cortistim.io.navigators import read_all_poses
    from cortistim.io.text import write_text
    from cortistim.study.mapping.lesion import LesionMapRequest, analyse_lesion

    if (operator_file is None) != (poses_file is None):
        msg = "`operator` and `poses_file` belong together; give both or none."
        raise BadInputError(msg)
    record = analyse_lesion(
        LesionMapRequest(
            **{name: asked[name] for name in ("table", "site", "error", "baseline", "margin")},
            operator=operator_file,
            coil=options.coil_request(**asked),
            poses=() if poses_file is None else tuple(read_all_poses(poses_file)),
        )
    )
    write_text(out, json_text(record))
    click.echo(json_text(record).rstrip() if as_json else "\n".join(_map_words(record)))


def _map_words(record: LesionMapRecord) -> list[str]:
    share = 100 * record.baseline_errors / record.baseline_trials
    lines = [f"baseline   {share:.1f} % of {record.baseline_trials} trials"]
    lines += [
        f"{row.call:<10} {row.site:<16} {100 * row.rate:5.1f} % ({100 * row.low:.1f} to "
        f"{100 * row.high:.1f}), above the baseline with {100 * row.above_baseline:.0f} %"
        for row in record.sites
    ]
    return [*lines, *(f"note: {text}" for text in record.notes)]
