"""``cortistim safety``: questions before a session, and the tables behind the checks."""

from pathlib import Path

import click

from cortistim.cli import options
from cortistim.cli.lines import fitted
from cortistim.records import json_line
from cortistim.safety import table_names, table_record
from cortistim.study.protocol.screening import ScreeningRequest, run_screening


@click.group()
def command() -> None:
    """Safety: screening of a person, and the tables that protocols are checked by."""


@command.command()
@click.argument("file", required=False, type=options.GIVEN)
@click.option(
    "--answer",
    "answers",
    multiple=True,
    metavar="TOPIC=VALUE",
    help="One answer, such as pregnancy=no or medications=sertraline,lithium; repeat it. "
    "Answers given here outrank the file's.",
)
@click.option(
    "--audit",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File that the screening is appended to; by default one in the cache folder.",
)
@options.json_option
def screen(
    *, file: Path | None, answers: tuple[str, ...], audit: Path | None, as_json: bool
) -> None:
    """Decide on every screening topic; FILE holds answers as YAML or JSON.

    Unanswered topics are asked for, nothing passes or is blocked silently, and every
    decision carries its source.
    """
    record = run_screening(ScreeningRequest(file=file, answers=answers, audit=audit))
    if as_json:
        click.echo(json_line(record))
        return
    click.echo(f"{record.decision}: {record.decision_words}")
    for flag in record.flags:
        if flag.decision not in ("clear", "ask"):
            told = (
                f"  {flag.decision:<11}{flag.topic} ({flag.answer}): {flag.words} "
                f"[{'; '.join(flag.sources)}; {flag.basis}]"
            )
            click.echo(fitted(told))
    asked = {flag.topic: flag.question for flag in record.flags}
    for topic in record.unanswered:
        click.echo(fitted(f"  ask        {topic:<31}  {asked[topic]}"))
    if record.unanswered:
        click.echo("Answer with --answer TOPIC=VALUE, or in a file of such lines.")
    click.echo(fitted(record.notice))


@command.command()
@click.argument("name", required=False)
@options.json_option
def tables(*, name: str | None, as_json: bool) -> None:
    """Show the tables of the longest trains, or the one called NAME."""
    rows = {key: table_record(key) for key in ((name,) if name else table_names())}
    if as_json:
        click.echo(json_line(rows))
        return
    for key, row in rows.items():
        click.echo(f"{key}: {row.words} ({row.basis})")
        for cell in row.cells:
            sign = "" if cell.kind == "limit found" else "longest tested "
            click.echo(
                f"  {cell.rate_hz:>4g} Hz {cell.percent_of_hand_rmt:>4g} %  {sign}"
                f"{cell.limit_s:g} s (confidence {cell.confidence})"
            )
            if cell.disagreement:
                click.echo(f"       {cell.disagreement}")
