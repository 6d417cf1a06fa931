"""``cortistim record``: sessions as one table, in and out of BIDS, validated and reported."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import click

from cortistim.cli import options
from cortistim.errors import BadInputError, quoted
from cortistim.io.bids import DRAFTS, write_bids
from cortistim.io.table.session import read_session, write_session
from cortistim.io.text import write_text
from cortistim.records import json_text
from cortistim.records.session import SessionRecord
from cortistim.study.session.checklist import KEYS, checklist, checklist_text
from cortistim.study.session.table import (
    SessionSummary,
    open_session,
    require_pulses,
    summaries,
    with_facts,
    with_responses,
)

FORMS = ("csv", "tsv", "parquet", "json", *DRAFTS)


class Fact(click.ParamType):
    """``ITEM=TEXT``: something that a person knows about a session."""

    name = "ITEM=TEXT"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, str]:  # noqa: ANN401
        """Part the item from the words."""
        if isinstance(value, tuple):
            return value
        item, sign, text = str(value).partition("=")
        if not sign or not text.strip():
            self.fail(
                f"an item and its words, such as age=31; got {quoted(value)}.", param, ctx
            )
        return item.strip(), text.strip()


fact_option = click.option(
    "--fact",
    type=Fact(),
    multiple=True,
    help="Something that only people know, by item of the checklist: handedness=right. "
    "'cortistim record report' lists the items.",
)
table_out_option = click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="Table to write: .csv, .tsv, .parquet or .json.",
)


@click.group()
def command() -> None:
    """Sessions as one table: pulses, poses, outputs, fields and responses.

    Reads tables (.csv, .tsv, .parquet, .json), datasets of BIDS in both drafts for brain
    stimulation, folders of 'cortistim live --session', files of navigators with samples, and
    motor maps that are lists of points.
    """


@command.command("import")
@click.argument("source", type=options.GIVEN)
@click.option(
    "--responses",
    type=options.GIVEN,
    help="Responses that were measured elsewhere: session.csv of 'cortistim emg measure'.",
)
@click.option("--image", type=options.GIVEN, help="T1 of the navigator, where it is needed.")
@fact_option
@table_out_option
def import_(
    *, source: Path, responses: Path | None, image: Path | None, fact: tuple, out: Path
) -> None:
    """Turn a session of any origin into a table."""
    record = open_session(source, image)
    if responses is not None:
        record = with_responses(record, read_session(responses))
    record = with_facts(record, dict(fact), KEYS)
    written = write_session(out, record)
    click.echo(_words(record))
    click.echo(f"files     {', '.join(map(str, written))}")


@command.command()
@click.argument("source", type=options.GIVEN)
@click.option(
    "--to",
    "form",
    type=click.Choice(FORMS),
    required=True,
    help="A table, or a dataset of BIDS in one of its two drafts for brain stimulation.",
)
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="File, or folder for BIDS."
)
def export(*, source: Path, form: str, out: Path) -> None:
    """Write a session as another table, or as a dataset of BIDS.

    Neither draft is part of BIDS yet; the files name theirs.
    """
    record = open_session(source)
    if form in DRAFTS:
        written = write_bids(out, record, form)
        click.echo(f"draft     {DRAFTS[form]}")
        click.echo(f"files     {len(written)} in {out}")
        return
    if out.suffix.lower() != f".{form}":
        msg = f"--out must end in .{form} for --to {form}; got {quoted(out.name)}."
        raise BadInputError(msg)
    written = write_session(out, record)
    click.echo(f"files     {', '.join(map(str, written))}")


@command.command()
@click.argument("source", type=options.GIVEN)
def validate(*, source: Path) -> None:
    """Check a table or a dataset of BIDS; the first fault is told by row and column."""
    record = open_session(source)
    require_pulses(record, source)
    click.echo(_words(record))
    click.echo("valid     every column, unit and count")


@command.command()
@click.argument("sources", type=options.GIVEN, nargs=-1, required=True)
@options.json_option
def show(*, sources: tuple[Path, ...], as_json: bool) -> None:
    """Sum up sessions: pulses, share of zeros and of 50 µV or less, medians, qualities.

    All responses count, whatever their quality; zeros are responses that were not seen.
    """
    told = []
    for source in sources:
        record = open_session(source)
        rows = summaries(record)
        told.append({
            "file": str(source),
            "sessions": [dataclasses.asdict(row) for row in rows],
            "notes": list(record.notes),
        })  # fmt: skip
        if not as_json:
            click.echo(f"file      {source}")
            click.echo("\n".join(_table(rows)))
            for note in record.notes:
                click.echo(f"note      {note}")
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))


def _table(rows: list[SessionSummary]) -> list[str]:
    lines = [f"{'subject':<9}{'session':<9}{'muscle':<9}{'pulses':>7}{'zeros':>8}"
             f"{'<= 50 µV':>10}{'median':>11}{'rejected':>10}"]  # fmt: skip
    for row in rows:
        median = "-" if row.median_uv is None else f"{row.median_uv:.1f} µV"
        lines.append(
            f"{row.subject[:8] or '-':<9}{row.session[:8] or '-':<9}{row.channel[:8] or '-':<9}"
            f"{row.pulses:>7}{_percent(row.zero_share):>8}{_percent(row.weak_share):>10}"
            f"{median:>11}{row.reject:>10}"
        )
    return lines


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


@command.command()
@click.argument("source", type=options.GIVEN)
@fact_option
@click.option("--out", type=click.Path(path_type=Path), help="Text (.md) or .json to write.")
@options.json_option
def report(*, source: Path, fact: tuple, out: Path | None, as_json: bool) -> None:
    """Fill in the checklist for reports of motor responses; the rest is listed as missing."""
    record = with_facts(open_session(source), dict(fact), KEYS)
    found = checklist(record)
    text = checklist_text(found)
    if out is not None:
        write_text(out, json_text(found) if out.suffix.lower() == ".json" else text)
    click.echo(json_text(found) if as_json else text, nl=False)


def _words(record: SessionRecord) -> str:
    rows = summaries(record)
    pulses = len({(r.subject, r.session, r.pulse) for r in record.pulses})
    posed = sum(row.has_pose for row in record.pulses)
    lines = [
        f"pulses    {pulses} in {len({(r.subject, r.session) for r in rows})} sessions",
        f"rows      {len(record.pulses)}, {posed} with a pose, "
        f"{sum(r.responses for r in rows)} with a response",
    ]
    return "\n".join([*lines, *(f"note      {note}" for note in record.notes)])
