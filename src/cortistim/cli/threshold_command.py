"""``cortistim threshold``: measure a motor threshold, try methods out, look at one again."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import click

from cortistim.cli import options
from cortistim.cli.dialogue import by_lines
from cortistim.cli.options import Positive
from cortistim.errors import BadInputError, quoted
from cortistim.records.form import json_line, json_text
from cortistim.records.threshold import ThresholdProposal, ThresholdRecord

SIZE = re.compile(r"(?P<number>[0-9]+([.,][0-9]+)?)\s*(?P<unit>uv|µv|μv|mv)?")
YES, NO = ("y", "yes"), ("n", "no")
UNDO, QUIT = ("u", "undo"), ("q", "quit")
HOW = "Type the size in µV, or y or n; u takes the last one back, q ends."
METHODS = (
    "posterior", "posterior-sizes", "samt", "dcs-h", "acs-ha", "ml-pest", "ml-2", "map-1",
    "map-2", "entropy", "ifcn-5of10", "ifcn-5of10-2", "ifcn-10of20", "mills-nithi",
)  # fmt: skip
method_option = click.option(
    "--method",
    type=click.Choice(METHODS),
    metavar="NAME",
    help="How intensities are chosen and the threshold is estimated; 'cortistim threshold "
    "methods' lists them. By default the posterior of threshold and width.",
)


@click.group()
def command() -> None:
    """Motor thresholds: measured pulse by pulse, simulated, replayed.

    Every threshold comes with an interval. Between sessions thresholds of one person differ by
    5 to 10 %, more than any of these methods errs.
    """


@command.command()
@options.json_option
def methods(*, as_json: bool) -> None:
    """List the methods."""
    from cortistim.mapping.threshold import METHODS as KNOWN

    words = {name: told for name, (told, _) in KNOWN.items()}
    if as_json:
        click.echo(json.dumps(words, ensure_ascii=False))
        return
    for name, told in words.items():
        click.echo(f"{name:<16} {told}")


@command.command()
@method_option
@click.option(
    "--start",
    "start_percent",
    type=click.FloatRange(1, 100),
    help="First intensity in % of the maximal output, 50 by default; best one with a response.",
)
@click.option(
    "--criterion",
    "criterion_uv",
    type=Positive(),
    help="Size in µV that counts as a response: 50 at rest, the default; 200 in an active "
    "muscle.",
)
@click.option(
    "--pulses",
    type=click.IntRange(1, 1000),
    help="Exactly so many; by default until the interval is tight or the method has finished.",
)
@click.option(
    "--tight",
    "half_width_percent",
    type=click.FloatRange(0.5, 50),
    help="Half of the interval, in % of the threshold, at which to stop; 4 by default.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    help="Of methods that draw at random; none of these does. Kept in the record.",
)
@click.option(
    "--record",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Log of the trials; by default a fresh file, which is named.",
)
@click.option("--resume", is_flag=True, help="Go on with the record.")
@click.option(
    "--jsonl",
    is_flag=True,
    help="Talk JSON, a line for a line: proposals out, responses in.",
)
def run(*, jsonl: bool, **asked: Any) -> None:  # noqa: ANN401
    """Measure a threshold: proposes an intensity, takes the response, and so on.

    Every trial is on the disk before the next pulse is proposed. With --jsonl a line
    {"propose_percent": 52, "pulse": 1} is answered by {"mep_uv": 31.0}, {"response": true} or
    {"undo": true}; "percent" may say what was really delivered. The last line is the threshold.
    """
    from cortistim.study.mapping.threshold import RunRequest, start_run

    session = start_run(RunRequest(**asked))
    try:
        click.echo(f"record: {session.log.path}", err=True)
        for note in session.notes:
            click.echo(f"note: {note}", err=True)
        (_by_lines if jsonl else _by_hand)(session)
    finally:
        session.close()


def _by_lines(session: Any) -> None:  # noqa: ANN401
    from cortistim.study.mapping.threshold import as_line

    by_lines(session, as_line, ThresholdRecord)


def _by_hand(session: Any) -> None:  # noqa: ANN401
    click.echo(HOW)
    while isinstance(said := session.proposal(), ThresholdProposal):
        click.echo(_prompt(said), nl=False)
        sys.stdout.flush()
        line = sys.stdin.readline()
        if not line or line.strip().lower() in QUIT:
            click.echo("")
            break
        try:
            _take(session, line.strip().lower())
        except BadInputError as error:
            click.echo(f"  {str(error).replace('`', '')}")
    for line in _words(session.record()):
        click.echo(line)


def _prompt(said: ThresholdProposal) -> str:
    known = ""
    if said.estimate_percent is not None:
        known = f"   now {said.estimate_percent:.1f} %"
    if said.low_percent is not None:
        known += f" ({said.low_percent:.1f} to {said.high_percent:.1f})"
    return f"pulse {said.pulse:>3}   {said.propose_percent:g} %{known} > "


def _take(session: Any, typed: str) -> None:  # noqa: ANN401
    if typed in UNDO:
        session.undo()
        return
    if typed in (*YES, *NO):
        session.take(hit=typed in YES, mep_v=None, percent=None)
        return
    found = SIZE.fullmatch(typed)
    if found is None:
        msg = f"{HOW} Got {quoted(typed)}."
        raise BadInputError(msg)
    from cortistim.units import v_from_uv

    size_uv = float(found["number"].replace(",", "."))
    size_uv *= 1000 if found["unit"] == "mv" else 1
    session.take(hit=None, mep_v=v_from_uv(size_uv), percent=None)


def _words(record: ThresholdRecord) -> list[str]:
    from cortistim.study.mapping.threshold import BETWEEN_SESSIONS

    if not record.pulses:
        return ["no pulses, no threshold"]
    estimate = "none by this method yet"
    if record.estimate_percent is not None:
        estimate = f"{record.estimate_percent:.1f} % of the maximal output"
    return [
        f"threshold  {estimate}",
        f"interval   {record.low_percent:.1f} to {record.high_percent:.1f} % "
        f"({100 * record.level:g} %), after {record.pulses} pulses",
        f"note       thresholds of one person differ by {BETWEEN_SESSIONS} % between sessions",
        *(f"alarm      {text}" for text in record.alarms),
    ]


@command.command()
@method_option
@click.option(
    "--subjects", type=click.IntRange(1, 100000), default=300, show_default=True,
    help="Simulated people.",
)  # fmt: skip
@click.option(
    "--pulses", type=click.IntRange(1, 1000), default=25, show_default=True,
    help="To each of them.",
)  # fmt: skip
@click.option(
    "--generator",
    type=click.Choice(("goetz2019", "goetz2019-narrow", "goetz2014", "gamma")),
    default="goetz2019",
    show_default=True,
    help="Model of people's responses.",
)
@click.option(
    "--drift",
    "drift_percent",
    type=click.FloatRange(0, 20),
    default=0.0,
    show_default=True,
    help="Standard deviation of a random walk of the threshold, in % per pulse.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True,
    help="Of people and responses.",
)  # fmt: skip
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="CSV file."
)
@options.json_option
def simulate(*, method: str | None, out: Path, as_json: bool, **asked: Any) -> None:  # noqa: ANN401
    """Try a method out on simulated people, from the intensity with 95 % of responses.

    The table has a row for each pulse: subject, true_percent, pulse, estimate_percent,
    low_percent, high_percent. The interval is that of the posterior, whichever method chose the
    intensities.
    """
    from cortistim.mapping.threshold import DEFAULT, Simulation
    from cortistim.study.mapping.simulation import run_simulation

    found = run_simulation(Simulation(method or DEFAULT, **asked), out)
    if as_json:
        click.echo(json_line(found))
        return
    click.echo(
        f"{found.method}: error {found.median_error_percent} % in the median, "
        f"{found.p90_error_percent} % in 90 of 100, bias {found.bias_percent} %; "
        f"{found.coverage_percent} % of intervals hold the truth\nfile: {out}"
    )


@command.command()
@click.argument("file", type=options.GIVEN)
@click.option(
    "--intensity", default="percent", show_default=True,
    help="A table's column of intensities in % of the maximal output.",
)  # fmt: skip
@click.option(
    "--response", default="mep_uv", show_default=True,
    help="A table's column of sizes in µV; one called response holds true and false.",
)  # fmt: skip
@click.option(
    "--criterion", "criterion_uv", type=Positive(),
    help="Size in µV that counts as a response; that of the record, or 50.",
)  # fmt: skip
@click.option(
    "--figure", type=click.Path(path_type=Path, dir_okay=False), help="Draw it as PNG."
)
@options.json_option
def replay(*, figure: Path | None, as_json: bool, **asked: Any) -> None:  # noqa: ANN401
    """Estimate the threshold again from pulses that were given before.

    FILE is a record of 'cortistim threshold run' (.jsonl), or a CSV with a row for each pulse.
    """
    from cortistim.study.mapping.replay import ReplayRequest, replay_threshold

    found = replay_threshold(ReplayRequest(**asked))
    if as_json:
        click.echo(json_text(found.record), nl=False)
    else:
        lines = _words(found.record.threshold)
        lines += ["", "by other methods:"]
        for row in found.record.methods:
            shown = "none" if row.estimate_percent is None else f"{row.estimate_percent:.1f} %"
            lines.append(f"{row.method:<16} {shown:<8} {row.words}")
        click.echo("\n".join(lines))
    if figure is not None:
        import numpy as np

        from cortistim.viz.figures.threshold import write_threshold_course

        ends = np.stack([found.low_percent, found.high_percent], axis=1)
        course = (found.percent, found.hit, found.estimate_percent, ends)
        if missing := write_threshold_course(figure, *course):
            raise BadInputError(missing)
