"""``cortistim rehearse``: sessions against a virtual subject, with a score at the end."""

import sys
from pathlib import Path
from typing import Any

import click

from cortistim.cli import options
from cortistim.cli.options import chained
from cortistim.cli.threshold_command import METHODS
from cortistim.errors import BadInputError
from cortistim.records.form import json_text
from cortistim.records.rehearsal import RehearsalRecord, RehearsedPulse

FILE = click.Path(path_type=Path, dir_okay=False)
HUNTS = (
    "physics", "physics-thompson", "gp-thompson", "gp-logei", "gp-kg", "grid", "manual",
)  # fmt: skip
HOW = (
    "Type an intensity in % to give a pulse; = and a number, such as =54, when you have found "
    "the threshold; q to end."
)
session_option = chained(
    click.option(
        "--seed", type=click.IntRange(0), default=1, show_default=True,
        help="Of the virtual subject and of all that happens in the session.",
    ),
    click.option("--out", type=FILE, help="The session and its score as JSON."),
    click.option("--sheet", type=FILE, help="The score sheet, a page of A4, as PNG."),
)  # fmt: skip
method_option = chained(
    click.option(
        "--method", type=click.Choice(METHODS), default="posterior", show_default=True,
        metavar="NAME", help="That looks for the threshold; see 'cortistim threshold methods'.",
    ),
    click.option(
        "--start", "start_percent", type=click.FloatRange(1, 100), default=60.0,
        show_default=True, help="First intensity in % of the maximal output.",
    ),
)  # fmt: skip


@click.group()
def command() -> None:
    """Rehearse: a virtual subject with drift, a slipping coil, a tense muscle, false triggers.

    The truth is sealed until the session has ended. Equal seeds give equal sessions.
    """


@command.command()
@session_option
@method_option
@click.option("--by-hand", is_flag=True, help="Choose every intensity yourself.")
@options.json_option
def threshold(*, by_hand: bool, as_json: bool, **asked: Any) -> None:  # noqa: ANN401
    """Find the motor threshold of a virtual subject, by a method or by hand."""
    from cortistim.study.mapping.rehearsal import (
        RehearsalRequest,
        rehearse_by_hand,
        rehearse_threshold,
    )

    places = asked.pop("out"), asked.pop("sheet")
    if by_hand:
        click.echo(HOW, err=as_json)
        record = rehearse_by_hand(asked["seed"], _Typed(to_error=as_json))
    else:
        record = rehearse_threshold(RehearsalRequest(**asked))
    _finish(record, *places, as_json=as_json)


@command.command()
@session_option
@method_option
@options.json_option
def curve(*, as_json: bool, out: Path | None, sheet: Path | None, **asked: Any) -> None:  # noqa: ANN401
    """Find threshold and recruitment curve of a virtual subject: 48 pulses at eight levels."""
    from cortistim.study.mapping.rehearsal import RehearsalRequest, rehearse_curve

    _finish(rehearse_curve(RehearsalRequest(**asked)), out, sheet, as_json=as_json)


@command.command()
@session_option
@click.option(
    "--method",
    type=click.Choice(HUNTS),
    default="physics",
    show_default=True,
    metavar="NAME",
    help="That chooses the poses; see 'cortistim hotspot methods'.",
)
@click.option("--pulses", type=click.IntRange(1, 200), help="Exactly so many.")
@click.option(
    "--head",
    "head_name",
    default="sphere",
    show_default=True,
    help="The subject's head; another than the sphere needs --operator.",
)
@click.option(
    "--operator",
    type=options.GIVEN,
    help="The head's field operator, from 'cortistim operator build'.",
)
@options.coil_option
@options.json_option
def hotspot(*, as_json: bool, out: Path | None, sheet: Path | None, **asked: Any) -> None:  # noqa: ANN401
    """Find the hot spot of a virtual subject with a head, from 15 mm and 30° off."""
    from cortistim.cli.hotspot_command import words_of
    from cortistim.io.text import write_text
    from cortistim.study.mapping.hotspot_rehearsal import HuntRehearsal, rehearse_hotspot
    from cortistim.study.request.inputs import HeadRequest

    record = rehearse_hotspot(
        HuntRehearsal(
            head=HeadRequest(asked["head_name"]),
            coil=options.coil_request(**asked),
            **{name: asked[name] for name in ("seed", "method", "pulses", "operator")},
        )
    )
    if out is not None:
        write_text(out, json_text(record))
    if as_json:
        click.echo(json_text(record).rstrip())
    else:
        begin = f"virtual subject {record.seed} on {record.head}, by {record.by}: "
        minutes = f"{record.minutes:g} minutes at {record.output_percent:g} %"
        held = f"held {'yes' if record.held_mm and record.held_deg else 'no'}"
        error = f"{record.error_mm:.1f} mm and {record.error_deg:.0f}°"
        lost = f"{record.lost_percent:.0f} % of the response lost"
        lines = [begin + minutes, *words_of(record.hotspot)]
        lines += [f"truth      {error} away, {lost}; region {held}", *record.words]
        click.echo("\n".join(lines))
    if sheet is not None:
        from cortistim.viz.figures.hotspot_sheet import write_hunt_sheet

        if missing := write_hunt_sheet(sheet, record):
            raise BadInputError(missing)


class _Typed:
    """Asks a person for the next intensity."""

    def __init__(self, *, to_error: bool) -> None:
        self.to_error = to_error

    def __call__(self, last: RehearsedPulse | None) -> tuple[float | None, float | None]:
        if last is not None:
            seen = f"    {last.mep_uv:.0f} µV, baseline {last.baseline_uv:.0f} µV"
            click.echo(seen, err=self.to_error)
        while True:
            click.echo("% > ", nl=False, err=self.to_error)
            line = sys.stdin.readline()
            typed = line.strip().lower().rstrip("%")
            if not line or typed in ("q", "quit"):
                return None, None
            number = _percent(typed.lstrip("="))
            if number is None:
                click.echo(HOW, err=self.to_error)
            elif typed.startswith("="):
                return None, number
            else:
                return number, None


def _percent(text: str) -> float | None:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return None
    return number if 0 < number <= 100 else None


def _finish(
    record: RehearsalRecord, out: Path | None, sheet: Path | None, *, as_json: bool
) -> None:
    from cortistim.io.text import write_text

    if out is not None:
        write_text(out, json_text(record))
    click.echo(json_text(record).rstrip() if as_json else "\n".join(_words(record)))
    if sheet is not None:
        from cortistim.viz.figures.rehearsal import write_score_sheet

        if missing := write_score_sheet(sheet, record):
            raise BadInputError(missing)


def _words(record: RehearsalRecord) -> list[str]:
    lines = [
        f"virtual subject {record.seed}, by {record.by}: {len(record.pulses)} pulses, "
        f"{record.minutes:g} minutes"
    ]
    for row in record.quantities:
        found = "none" if row.found is None else f"{row.found:.1f} {row.unit}"
        ends = "" if row.low is None else f" ({row.low:.1f} to {row.high:.1f})"
        error = "" if row.error_percent is None else f", error {row.error_percent:+.1f} %"
        lines.append(f"{row.name:<10} found {found}{ends}, truth {row.truth:.1f}{error}")
    lines.append(f"disturbed  {record.disturbed} trials, given again {record.noticed}")
    return [*lines, *record.words, *(f"alarm      {text}" for text in record.alarms)]
