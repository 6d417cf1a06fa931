"""``cortistim protocol``: what is known, what it looks like, whether it may be delivered."""

import json
from pathlib import Path
from typing import Any

import click

from cortistim.cli import options
from cortistim.cli.flags import spoken
from cortistim.protocol import STATUSES, find_protocol
from cortistim.safety import DEFAULT_TABLE
from cortistim.study.protocol.check import (
    CheckRequest,
    list_records,
    refuse_impossible,
    run_check,
    show_record,
)

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
def list_protocols(*, as_json: bool, **asked: Any) -> None:  # noqa: ANN401
    """List the library, the laboratory's protocols and the short names."""
    rows = list_records(**asked)
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        click.echo(_row(row))


def _row(row: dict[str, Any]) -> str:
    level = row["evidence"].get("level") or "-"
    several = "" if row["pulses"] == 1 else "s"
    size = f"{row['pulses'] or '?'} pulse{several}, {row['length_s'] or '?'} s"
    lacking = "" if row["complete"] else f"; lacks {', '.join(row['missing'])}"
    target = f", {row['target']}" if row["target"] else ""
    return (
        f"{row['id']:<22} {row['status']:<10} {level:<4} {size:<24} {row['use']}{target} "
        f"(confidence {row['confidence']}{lacking})"
    )


@command.command()
@click.argument("name")
@device_option
@options.json_option
def show(*, name: str, stimulator: str | None, as_json: bool) -> None:
    """Show a protocol NAME or FILE: dose, evidence, clearances, outcomes, sources."""
    record = show_record(name, stimulator=stimulator)
    if as_json:
        click.echo(json.dumps(record, ensure_ascii=False))
        return
    click.echo("\n".join(_lines(record)))


def _lines(record: dict[str, Any], indent: str = "") -> list[str]:
    lines = []
    for key, value in record.items():
        if isinstance(value, dict):
            lines += [f"{indent}{key}:", *_lines(value, indent + "  ")]
        elif isinstance(value, list) and value:
            lines += [f"{indent}{key}:", *(f"{indent}  - {_line(entry)}" for entry in value)]
        elif value not in ("", [], None):
            lines.append(f"{indent}{key}: {value}")
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
    if isinstance(value, list):
        return ", ".join(map(_within, value))
    return str(value)


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
def check(*, name: str, as_json: bool, **asked: Any) -> None:  # noqa: ANN401
    """Check a protocol NAME or FILE by a named safety table, and record the check.

    Ends with code 2, after saying all it found, when numbers are missing or the stimulator
    cannot deliver the protocol.
    """
    record = run_check(CheckRequest(name, **asked))
    told = json.dumps(record, ensure_ascii=False) if as_json else _verdict_words(record)
    click.echo(told)
    refuse_impossible(record)


def _verdict_words(record: dict[str, Any]) -> str:
    lines = [f"{record['protocol']}: {record['verdict']} ({record['table']})"]
    lines += [f"  why      {reason}" for reason in record["reasons"]]
    lines += [f"  caution  {caution}" for caution in record["cautions"]]
    for use in record["labelled_use"]:
        names = ", ".join(
            f"{item['device']} {item['number']} {item['date']} ({item['basis']})"
            for item in use["clearances"]
        )
        lines.append(f"  label    {use['indication']}: {names}; {use['note']}")
    if "stimulator" in record:
        device = record["stimulator"]
        lines.append(f"  device   {device['name']}: {device['verdict']}. {device['reason']}")
        if device.get("missing"):
            lines.append(f"           State it with `{device['missing']}`.")
    if "dose" in record:
        dose = record["dose"]
        lines.append(
            f"  dose     {dose['most_pulses_per_day']} pulses a day, "
            f"{dose['pulses_per_course']} in all: {dose['verdict']}"
        )
    lines += [f"  recorded {record['audit']}", f"  {record['notice']}"]
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
def design(*, out: Path | None, as_json: bool, quiet: bool, **asked: Any) -> None:  # noqa: ANN401
    """Search for the session that most probably, and longest, raises or lowers excitability.

    Only sessions that the table calls within limits, and that the stimulator can deliver,
    are proposed.
    """
    from cortistim.cli.progress import shown
    from cortistim.study.protocol.design import run_design
    from cortistim.study.protocol.search import DesignRequest

    request = DesignRequest(**asked)
    with shown(quiet=quiet or as_json) as progress:
        record = run_design(request, out, progress=progress)
    click.echo(json.dumps(record, ensure_ascii=False) if as_json else _design_words(record))


def _design_words(record: dict[str, Any]) -> str:
    if record["proposal"] is None:
        return f"nothing to propose: {record['reason']}"
    rows = [record["proposal"], *record["alternatives"]]
    key = f"p_{record['goal']}"
    heads = f"{'pulses':>6} {'min':>6} {key:>8} {'mean %':>8} {'sd %':>6}  clear for min"
    lines = [f"{'session':<28} {heads}"]
    lines += [
        f"{row['name']:<28} {row['pulses']:>6} {row['length_s'] / 60:>6.1f} {row[key]:>8.2f} "
        f"{row['mean_percent']:>+8.1f} {row['sd_percent']:>6.1f}  {row['probable_for_min']:g}"
        for row in rows
    ]
    return "\n".join([*lines, record["notice"]])
