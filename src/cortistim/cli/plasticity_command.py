"""``cortistim plasticity``: what a protocol is likely to do, and what there is evidence for."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cortistim.cli import options
from cortistim.errors import quoted
from cortistim.plasticity import BLOCKADES, DEFAULT_MINUTES
from cortistim.plasticity.ensemble import MEMBERS, SECRETION
from cortistim.records import json_line
from cortistim.records.plasticity import OpinionRecord, PredictionRecord

if TYPE_CHECKING:
    from cortistim.study.protocol.plasticity import PredictRequest


class Minutes(click.ParamType):
    """Comma-separated times."""

    name = "M,M,..."

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[float, ...]:  # noqa: ANN401
        """Read the times."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(float(part) for part in value.split(","))
        except ValueError:
            self.fail(f"give minutes such as 1,5,15,30,60; got {quoted(value)}.", param, ctx)


@click.group()
def command() -> None:
    """Plasticity: the likely change of excitability after a protocol, as a distribution."""


@command.command()
@click.argument("protocol")
@click.option(
    "--minutes",
    type=Minutes(),
    default=",".join(f"{m:g}" for m in DEFAULT_MINUTES),
    show_default=True,
    help="Minutes after the last pulse.",
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write JSON here.")
@click.option(
    "--figure",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw the course with its bands beside the pulses (PNG).",
)
@click.option(
    "--intensity",
    default="",
    help="Instead of the protocol's own: a percentage of a motor threshold, such as 110%rMT.",
)
@click.option(
    "--block",
    default="",
    metavar="|".join(BLOCKADES),
    help="Experiment: leave out a receptor or channel.",
)
@click.option(
    "--genotype",
    default="",
    metavar="|".join(SECRETION),
    help="BDNF Val66Met; its gain has a prior that includes zero.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="Random seed of the spread between people.",
)
@click.option(
    "--members",
    type=click.IntRange(20, 5000),
    default=MEMBERS,
    show_default=True,
    help="Size of the ensemble.",
)
@options.json_option
def predict(  # noqa: PLR0913
    *,
    protocol: str,
    minutes: tuple[float, ...],
    out: Path | None,
    figure: Path | None,
    intensity: str,
    block: str,
    genotype: str,
    seed: int,
    members: int,
    as_json: bool,
) -> None:
    """Predict what PROTOCOL, a name of 'cortistim protocol list' or a file, does over time.

    A verdict is on the mean of a group in some laboratory: up, down, none (median within 5 %
    and P(|change| > 10 %) below 0.5) or not determined (neither sign reaches 0.65, or the
    protocol lies outside the data). P(up) and P(down) are those of a person.
    """
    from cortistim.study.folder import write_json
    from cortistim.study.protocol.plasticity import PredictRequest, prediction_record

    request = PredictRequest(
        protocol=protocol,
        minutes=minutes,
        intensity=intensity,
        block=block,
        genotype=genotype,
        seed=seed,
        members=members,
    )
    record = prediction_record(request.predict())
    if out is not None:
        write_json(out, record)
    click.echo(json_line(record) if as_json else "\n".join(_said(record)))
    if figure is not None:  # last, so that a figure that fails costs no numbers
        _draw(request, figure)


def _draw(request: "PredictRequest", path: Path) -> None:
    from cortistim.viz.figures.plasticity_course import COURSE_MIN, write_plasticity_figure

    pulse_times_s = request.course().protocol.pulse_times_s
    write_plasticity_figure(request.predict(COURSE_MIN), pulse_times_s, path)


def _said(record: PredictionRecord) -> list[str]:
    lines = [f"{record.protocol}: change of excitability after the last pulse"]
    lines += [
        f"{row.minutes:>6g} min  {row.mean_percent:+6.1f} % "
        f"(SD {row.sd_percent:.1f})  P(up) {row.p_up:.2f}  "
        f"P(down) {row.p_down:.2f}  {row.verdict}"
        for row in record.ensemble
    ]
    reasons = dict.fromkeys(text for row in record.ensemble for text in row.reasons)
    lines += [f"  {text}" for text in reasons if not text.startswith(("P(", "median"))]
    for name, rows in record.models.published().items():
        lines.append(f"{name:<14} {_course(rows)} ({rows[0].reasons[0]})")
    return [*lines, record.honest]


def _course(rows: tuple[OpinionRecord, ...]) -> str:
    told = [row.mean_percent for row in rows if row.mean_percent is not None]
    return ", ".join(f"{percent:+.0f} %" for percent in told) or "no answer"


@command.command()
@click.argument("words", nargs=-1)
@options.json_option
def evidence(*, words: tuple[str, ...], as_json: bool) -> None:
    """List effects without a dose model: cited statements, never simulated numbers."""
    from cortistim.study.protocol.plasticity import evidence_record

    found = evidence_record(" ".join(words))
    if as_json:
        click.echo(json_line(found))
        return
    for row in found:
        click.echo(
            f"{row.topic}: {row.finding} ({row.study}). {row.source} "
            f"[confidence {row.confidence}]"
        )
