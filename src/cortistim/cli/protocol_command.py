"""``cortistim protocol``: what is known, what it looks like, whether it may be delivered."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from cortistim.cli import options
from cortistim.cli.flags import spoken
from cortistim.protocol import STATUSES, find_protocol
from cortistim.records import json_line, plain
from cortistim.records.protocol import CheckRecord, Goal, ListedProtocol, SearchRecord
from cortistim.safety import DEFAULT_TABLE
from cortistim.study.protocol.check import CheckRequest, refuse_impossible, run_check
from cortistim.study.protocol.shown import list_protocols, show_protocol

device_option = click.option(
    "--stimulator", help="Named device (see 'cortistim pulse device'): what it can deliver."
)


@click.group()
def command() -> None:
    """Protocols: the library, their pictures, and checks by named safety tables."""


@command.command("list")
@click.option(
    "--status",
    type=click.Choice((*STATUSES, "short name")),
    help="Only those cleared, in the guideline, emerging, or of the laboratory.",
)
@click.option("--search", help="Words that name, use, target or coil must contain.")
@click.option(
    "--complete/--incomplete",
    default=None,
    help="Only those that can, or cannot, be simulated.",
)
@options.json_option
def list_command(
    *, status: str | None, search: str | None, complete: bool | None, as_json: bool
) -> None:
    """List the library, the laboratory's protocols and the short names."""
    rows = list_protocols(status=status, search=search, complete=complete)
    if as_json:
        click.echo(json_line(rows))
        return
    for row in rows:
        click.echo(_row(row))


def _row(row: ListedProtocol) -> str:
    level = row.evidence.level or "-"
    several = "" if row.pulses == 1 else "s"
    length = "?" if row.length_s is None else f"{row.length_s:.7g}"
    size = f"{row.pulses or '?'} pulse{several}, {length} s"
    lacking = "" if row.complete else f"; lacks {', '.join(row.missing)}"
    target = f", {row.target}" if row.target else ""
    return (
        f"{row.id:<22} {row.status:<10} {level:<4} {size:<24} {row.use}{target} "
        f"(confidence {row.confidence}{lacking})"
    )


@command.command()
@click.argument("name")
@device_option
@options.json_option
def show(*, name: str, stimulator: str | None, as_json: bool) -> None:
    """Show a protocol NAME or FILE: dose, evidence, clearances, outcomes, sources."""
    known = show_protocol(name, stimulator=stimulator)
    click.echo(json_line(known) if as_json else "\n".join(_lines(plain(known))))


def _lines(facts: Mapping[str, Any], indent: str = "") -> list[str]:
    lines = []
    for key, value in facts.items():
        if isinstance(value, dict):
            lines += [f"{indent}{key}:", *_lines(value, indent + "  ")]
        elif isinstance(value, list | tuple) and value:
            lines += [f"{indent}{key}:", *(f"{indent}  - {_line(entry)}" for entry in value)]
        elif value not in ("", [], (), None):
            lines.append(f"{indent}{key}: {_within(value)}")
    return lines


def _line(entry: object) -> str:
    if not isinstance(entry, dict):
        return str(entry)
    said = ((key, _within(value)) for key, value in entry.items())
    return "; ".join(f"{key} {value}" for key, value in said if value)


def _within(value: object) -> str:
    """Say a value that stands within a line; a block's numbers go in brackets."""
    if isinstance(value, dict):
        return "(" + ", ".join(f"{key} {_within(part)}" for key, part in value.items()) + ")"
    if isinstance(value, list | tuple):
        return ", ".join(map(_within, value))
    return f"{value:.10g}" if isinstance(value, float) else str(value)


@command.command()
@click.argument("name")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="PNG file."
)
def draw(*, name: str, out: Path) -> None:
    """Draw the pulses of a protocol NAME or FILE at every scale."""
    from cortistim.cache import atomic_path
    from cortistim.viz.figures.protocol_drawing import protocol_drawing
    from cortistim.viz.render.canvas import png_bytes

    if out.suffix.lower() != ".png":
        raise click.UsageError(f"--out must end in .png; got {out}.")  # noqa: EM102, TRY003
    picture = png_bytes(protocol_drawing(find_protocol(name).course()))
    with atomic_path(out) as temporary:
        temporary.write_bytes(picture)
    click.echo(f"{out}")


@command.command()
@click.argument("name")
@click.option(
    "--table",
    default=DEFAULT_TABLE,
    show_default=True,
    help="rossi2009, chen1997, wassermann1998 or rossi2021.",
)
@device_option
@options.thresholds_option
@click.option("--device", help="The cleared device at hand, to compare with the labels.")
@click.option(
    "--audit",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File that the check is appended to; by default one in the cache folder.",
)
@options.json_option
def check(  # noqa: PLR0913
    *,
    name: str,
    table: str,
    stimulator: str | None,
    rmt_percent: float | None,
    amt_percent: float | None,
    device: str | None,
    audit: Path | None,
    as_json: bool,
) -> None:
    """Check a protocol NAME or FILE by a named safety table, and record the check.

    Ends with code 2, after saying all it found, when numbers are missing or the stimulator
    cannot deliver the protocol.
    """
    request = CheckRequest(
        protocol=name,
        table=table,
        stimulator=stimulator,
        rmt_percent=rmt_percent,
        amt_percent=amt_percent,
        device=device,
        audit=audit,
    )
    record = run_check(request)
    click.echo(json_line(record) if as_json else _verdict_words(record))
    refuse_impossible(record)


def _verdict_words(record: CheckRecord) -> str:
    lines = [f"{record.protocol}: {record.verdict} ({record.table})"]
    lines += [f"  why      {reason}" for reason in record.reasons]
    lines += [f"  caution  {caution}" for caution in record.cautions]
    for use in record.labelled_use:
        names = ", ".join(
            f"{item.device} {item.number} {item.date} ({item.basis})" for item in use.clearances
        )
        lines.append(f"  label    {use.indication}: {names}; {use.note}")
    if record.stimulator:
        device = record.stimulator
        lines.append(f"  device   {device.name}: {device.verdict}. {device.reason}")
        if device.missing:
            lines.append(f"           State it with `{device.missing}`.")
    if record.dose:
        dose = record.dose
        lines.append(
            f"  dose     {dose.most_pulses_per_day} pulses a day, "
            f"{dose.pulses_per_course} in all: {dose.verdict}"
        )
    lines += [f"  recorded {record.audit}", f"  {record.notice}"]
    return spoken("\n".join(lines), click.get_current_context().command)


@command.command()
@click.option("--goal", required=True, help="raise or lower excitability.")
@click.option(
    "--minutes",
    type=float,
    default=30.0,
    show_default=True,
    help="When the change is wanted, in minutes after the last pulse.",
)
@click.option(
    "--limits",
    "table",
    default=DEFAULT_TABLE,
    show_default=True,
    help="Safety table to keep to.",
)
@device_option
@options.rmt_option
@click.option(
    "--longest-min",
    type=float,
    default=60.0,
    show_default=True,
    help="Longest session, in minutes.",
)
@click.option(
    "--most-pulses", type=int, default=3000, show_default=True, help="Pulses of a session."
)
@click.option(
    "--most-percent",
    type=float,
    default=120.0,
    show_default=True,
    help="Highest intensity, in % of the resting motor threshold.",
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="Random seed of the prediction."
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for table, figure and protocol file."
)
@options.json_option
@options.quiet_option
def design(  # noqa: PLR0913
    *,
    goal: Goal,
    minutes: float,
    table: str,
    stimulator: str | None,
    rmt_percent: float | None,
    longest_min: float,
    most_pulses: int,
    most_percent: float,
    seed: int,
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Search for the session that most probably, and longest, raises or lowers excitability.

    Only sessions that the table calls within limits, and that the stimulator can deliver,
    are proposed.
    """
    from cortistim.cli.progress import shown
    from cortistim.study.protocol.design import run_design, write_design
    from cortistim.study.protocol.search import DesignRequest

    request = DesignRequest(
        goal=goal,
        minutes=minutes,
        table=table,
        stimulator=stimulator,
        rmt_percent=rmt_percent,
        longest_min=longest_min,
        most_pulses=most_pulses,
        most_percent=most_percent,
        seed=seed,
    )
    with shown(quiet=quiet or as_json) as progress:
        found = run_design(request, progress=progress)
    if out is not None:
        found = write_design(found, out)
    click.echo(json_line(found) if as_json else _design_words(found))


def _design_words(found: SearchRecord) -> str:
    if found.proposal is None:
        return f"nothing to propose: {found.reason}"
    rows = [found.proposal, *found.alternatives]
    key = f"p_{found.goal}"
    heads = f"{'pulses':>6} {'min':>6} {key:>8} {'mean %':>8} {'sd %':>6}  clear for min"
    lines = [f"{'session':<28} {heads}"]
    lines += [
        f"{row.name:<28} {row.pulses:>6} {row.length_s / 60:>6.1f} {row.p_wanted:>8.2f} "
        f"{row.mean_percent:>+8.1f} {row.sd_percent:>6.1f}  {row.probable_for_min:g}"
        for row in rows
    ]
    return "\n".join([*lines, found.notice])
