"""``cortistim curve``: recruitment curves, designs of studies, conditioned responses."""

from pathlib import Path
from typing import Any

import click

from cortistim.cli import options
from cortistim.cli.neuron_command import Numbers
from cortistim.cli.options import Positive
from cortistim.errors import BadInputError
from cortistim.records.curve import CurvesRecord, IntervalRecord
from cortistim.records.form import json_text

FILE = click.Path(path_type=Path, dir_okay=False)
by_option = click.option(
    "--by",
    multiple=True,
    metavar="COL",
    help="Column whose cells tell curves apart, such as participant; may be given several "
    "times.",
)


@click.group()
def command() -> None:
    """Recruitment curves: the size of responses over intensity, with intervals."""


@command.command()
@click.argument("table", type=options.GIVEN)
@click.option("--intensity", required=True, metavar="COL", help="Column of intensities.")
@click.option("--response", required=True, metavar="COL", help="Column of sizes.")
@by_option
@click.option("--person", metavar="COL", help="Column that says whose a curve is.")
@click.option(
    "--condition",
    metavar="COL",
    help="Column of conditions, which are compared with the first one that occurs.",
)
@click.option(
    "--unit",
    type=click.Choice(["uv", "mv"]),
    help="Of the sizes; by default as the column's name ends (_uv, _mv), else µV.",
)
@click.option(
    "--criterion",
    "criterion_uv",
    type=Positive(),
    default=50.0,
    show_default=True,
    help="Size in µV that half of the responses reach at the threshold.",
)
@click.option(
    "--floor",
    "floor_uv",
    type=Positive(),
    help="Sizes in µV at or below it are known to be small, no more; the criterion by default.",
)
@click.option("--alone", is_flag=True, help="Fit each curve by itself.")
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="Of the draws."
)
@click.option("--out", type=FILE, required=True, help="JSON file.")
@click.option("--figure", type=FILE, help="Draw the curves as PNG.")
@options.json_option
def fit(*, out: Path, figure: Path | None, as_json: bool, **asked: Any) -> None:  # noqa: ANN401
    """Fit recruitment curves: threshold, s50, slope and plateau, each with its interval.

    TABLE is a CSV with a row for each pulse. From three curves on, what they have in common is
    learned from all of them, and a curve with few pulses leans on the others. Small responses
    are censored, neither dropped nor taken for zero.
    """
    from cortistim.io.text import write_text
    from cortistim.study.mapping.curve import CurveRequest, fit_curves

    record = fit_curves(CurveRequest(**asked))
    write_text(out, json_text(record))
    click.echo(json_text(record) if as_json else "\n".join([*_words(record), f"file: {out}"]))
    _draw(figure, record)


def _draw(figure: Path | None, record: CurvesRecord) -> None:
    if figure is None:
        return
    from cortistim.viz.figures.curve import write_recruitment_curves

    if missing := write_recruitment_curves(figure, record):
        raise BadInputError(missing)


def _words(record: CurvesRecord) -> list[str]:
    lines = [f"{'':<24} {'threshold':<22} {'s50':<22} {'plateau in µV':<24} pulses"]
    for curve in record.curves:
        name = ", ".join(curve.by.values()) or "all pulses"
        lines.append(
            f"{name[:24]:<24} {_shown(curve.threshold):<22} {_shown(curve.s50):<22} "
            f"{_shown(curve.plateau):<24} {curve.pulses}, {curve.censored} small"
        )
        lines += [f"    note: {text}" for text in curve.notes]
    for group in record.groups:
        name = "typical: " + (", ".join(group.by.values()) or "all")
        lines.append(
            f"{name[:24]:<24} {_shown(group.threshold):<22} {_shown(group.s50):<22} "
            f"{_shown(group.plateau):<24} {group.curves} curves"
        )
    for row in record.contrasts:
        against = f"{', '.join(row.condition.values())} - {', '.join(row.reference.values())}"
        lines.append(f"{against}, {row.quantity}: {_shown(row.percent)} %")
    return lines + [f"note: {text}" for text in record.notes]


def _shown(found: IntervalRecord) -> str:
    return f"{found.mean:.3g} ({found.low:.3g} to {found.high:.3g})"


@command.command()
@click.argument("file", type=options.GIVEN)
@click.option("--out", type=FILE, required=True, help="PNG file.")
def plot(*, file: Path, out: Path) -> None:
    """Draw the curves of FILE, which 'cortistim curve fit' wrote."""
    from cortistim.study.mapping.fitted import read_curves

    _draw(out, read_curves(file))
    click.echo(f"file: {out}")


@command.command()
@click.option(
    "--pulses",
    type=Numbers(),
    default="8,16,32,64",
    show_default=True,
    help="Numbers of pulses per curve to try.",
)
@click.option(
    "--change",
    "change_percent",
    type=float,
    default=5.0,
    show_default=True,
    help="Change of the threshold in % that is looked for.",
)
@click.option(
    "--quantity",
    type=click.Choice(["threshold", "s50", "slope", "plateau"]),
    default="threshold",
    show_default=True,
    help="Where it is looked for.",
)
@click.option(
    "--session",
    "session_percent",
    type=click.FloatRange(0, 30),
    default=5.0,
    show_default=True,
    help="By how much in % thresholds differ between sessions without any change.",
)
@click.option(
    "--generator",
    type=click.Choice(("goetz2019", "goetz2019-narrow", "goetz2014", "gamma")),
    default="goetz2019",
    show_default=True,
    help="Model of people's responses.",
)
@click.option(
    "--people",
    type=click.IntRange(10, 2000),
    default=60,
    show_default=True,
    help="Simulated people.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="Of the simulation."
)
@options.json_option
def design(*, pulses: tuple[float, ...], as_json: bool, **asked: Any) -> None:  # noqa: ANN401
    """Say how many pulses and people a study needs, by simulating it.

    Each person has a curve before and one after a change, at eight levels from 90 to 150 % of
    the threshold in random order.
    """
    from cortistim.mapping.curve import CurveDesign
    from cortistim.study.mapping.curve import design_curves

    record = design_curves(CurveDesign(tuple(int(n) for n in pulses), **asked))
    if as_json:
        click.echo(json_text(record), nl=False)
        return
    click.echo("pulses   threshold off by   change found         people for a power of 80 %")
    for row in record.rows:
        people = "more than any study has" if row.people is None else str(row.people)
        click.echo(
            f"{row.pulses:>6} {row.threshold_error_percent:>15.1f} % "
            f"{row.change_percent:>8.1f} ± {row.sd_percent:.1f} %    {people:>12}"
        )


@command.command()
@click.argument("table", type=options.GIVEN)
@click.option("--response", required=True, metavar="COL", help="Column of sizes.")
@click.option(
    "--condition", required=True, metavar="COL", help="Column of what came before the pulse."
)
@click.option("--test", required=True, metavar="CELL", help="What marks the test pulse alone.")
@by_option
@click.option("--out", type=FILE, help="JSON file.")
@options.json_option
def paired(*, out: Path | None, as_json: bool, **asked: Any) -> None:  # noqa: ANN401
    """Compare conditioned with test responses: SICI, ICF, LICI, SAI, IHI.

    The ratio is that of the means, with an interval for the variability of single responses.
    """
    from cortistim.io.text import write_text
    from cortistim.study.mapping.conditioning import PairedRequest, paired_ratios

    record = paired_ratios(PairedRequest(**asked))
    if out is not None:
        write_text(out, json_text(record))
    if as_json:
        click.echo(json_text(record), nl=False)
        return
    for row in (*record.ratios, *record.together):
        name = ", ".join([*row.by.values(), row.condition])
        who = "" if row.by or not record.together else "all people: "
        click.echo(
            f"{who}{name:<28} {_shown(row.ratio):<26} {row.words} "
            f"({row.conditioned} over {row.test} trials)"
        )
    click.echo(record.words)
