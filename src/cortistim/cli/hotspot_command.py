"""``cortistim hotspot``: hunt for a muscle's hot spot, try methods out, replay a hunt."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import click

from cortistim.cli import options
from cortistim.cli.dialogue import by_lines
from cortistim.cli.options import GIVEN, chained
from cortistim.cli.progress import shown
from cortistim.errors import BadInputError, quoted
from cortistim.records.form import json_line
from cortistim.records.hotspot import HotspotProposal, HotspotRecord

SIZE = re.compile(r"(?P<number>[0-9]+([.,][0-9]+)?)\s*(?P<unit>uv|µv|μv|mv)?")
UNDO, QUIT = ("u", "undo"), ("q", "quit")
HOW = "Type the size in µV; u takes the last one back, q ends."
METHODS = (
    "physics", "physics-thompson", "gp-thompson", "gp-logei", "gp-kg", "grid", "manual",
)  # fmt: skip
GENERATORS = ("goetz2019", "goetz2019-narrow", "goetz2014", "gamma")
FILE = click.Path(path_type=Path, dir_okay=False)
method_option = click.option(
    "--method",
    type=click.Choice(METHODS),
    metavar="NAME",
    help="How poses are chosen; 'cortistim hotspot methods' lists them. By default the field "
    "tells what to expect, and without --operator a Gaussian process learns all of it.",
)
operator_option = click.option(
    "--operator", type=GIVEN, help="The head's field operator, from 'cortistim operator build'."
)
place_option = chained(
    click.option(
        "--target", type=options.Target(),
        help="Around which the muscle is expected: a name, an EEG position or x,y,z in mm; "
        "m1_hand_l by default.",
    ),
    click.option(
        "--space", type=click.Choice(("subject", "mni")), default="subject", show_default=True,
        help="Space of coordinates; names know their own.",
    ),
    click.option(
        "--waveform", type=click.Choice(("biphasic", "monophasic")),
        help="Of the pulses; with biphasic ones, the default, half a turn hardly counts.",
    ),
)  # fmt: skip


@click.group()
def command() -> None:
    """Hot spots: hunted pulse by pulse, simulated, replayed.

    Every hot spot comes with a region in mm and degrees. By hand, the same person finds the
    same place again to within 8 mm.
    """


@command.command()
@options.json_option
def methods(*, as_json: bool) -> None:
    """List the methods."""
    from cortistim.mapping.hotspot import METHODS as KNOWN

    words = {name: kind.words for name, kind in KNOWN.items()}
    if as_json:
        click.echo(json.dumps(words, ensure_ascii=False))
        return
    for name, told in words.items():
        click.echo(f"{name:<17} {told}")


@command.command()
@options.head_option
@operator_option
@options.coil_option
@click.option(
    "--start",
    type=GIVEN,
    help="JSON with the pose to begin with, 'matsimnibs' in mm; poses around it are tried.",
)
@place_option
@method_option
@click.option(
    "--radius",
    "radius_mm",
    type=click.FloatRange(5, 60),
    help="How far from the start poses may lie, in mm; 30 by default.",
)
@click.option(
    "--pulses",
    type=click.IntRange(1, 1000),
    help="Exactly so many; by default until the region is small, 60 at most.",
)
@click.option(
    "--tight-mm",
    type=click.FloatRange(0.5, 50),
    help="Stop when 80 % of the probability lies within so many mm; 5 by default.",
)
@click.option(
    "--tight-deg",
    type=click.FloatRange(1, 90),
    help="... and within so many degrees; 15 by default.",
)
@click.option(
    "--floor",
    "floor_uv",
    type=click.FloatRange(1, 1000),
    help="Responses below so many µV count as 'below it', whatever their size; 30 by default.",
)
@click.option("--seed", type=click.IntRange(0), help="Of draws; 1 by default.")
@click.option(
    "--record",
    type=FILE,
    help="Log of the pulses; by default a fresh file, which is named.",
)
@click.option("--resume", is_flag=True, help="Go on with the record.")
@click.option("--jsonl", is_flag=True, help="Talk JSON, a line for a line.")
@options.quiet_option
def run(*, jsonl: bool, quiet: bool, **asked: Any) -> None:  # noqa: ANN401
    """Hunt for a hot spot: proposes a pose, takes the response, and so on.

    Keep the output as it is, best at 110 to 130 % of the threshold. Every pulse is on the disk
    before the next pose is proposed. With --jsonl a line {"matsimnibs": [4x4], "pulse": 1} is
    answered by {"mep_uv": 31.0} or {"undo": true}; "matsimnibs" may say where the coil was
    really held. The last line is the hot spot.
    """  # fmt: skip
    from cortistim.study.mapping.hotspot import start_hotspot

    with shown(quiet=quiet or jsonl) as progress:
        session = start_hotspot(request_of(**asked), progress=progress)
    try:
        click.echo(f"record: {session.log.path}", err=True)
        for note in session.notes:
            click.echo(f"note: {note}", err=True)
        (_by_lines if jsonl else _by_hand)(session)
    finally:
        session.close()


def request_of(**asked: Any) -> Any:  # noqa: ANN401
    """Gather the options of a hunt.

    Parameters
    ----------
    **asked : options
        As click names them.

    Returns
    -------
    HotspotRequest
        For `start_hotspot`.
    """
    from cortistim.study.mapping.hotspot import HotspotRequest

    own = (
        "operator", "start", "target", "space", "method", "waveform", "radius_mm", "tight_mm",
        "tight_deg", "floor_uv", "pulses", "seed", "record", "resume",
    )  # fmt: skip
    return HotspotRequest(
        head=options.head_request(**asked),
        coil=options.coil_request(**asked),
        **{name: asked[name] for name in own},
    )


def _by_lines(session: Any) -> None:  # noqa: ANN401
    from cortistim.study.mapping.hotspot_run import as_line

    by_lines(session, as_line, HotspotRecord)


def _by_hand(session: Any) -> None:  # noqa: ANN401
    click.echo(HOW)
    while isinstance(said := session.proposal(), HotspotProposal):
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
    for line in words_of(session.record()):
        click.echo(line)


def _prompt(said: HotspotProposal) -> str:
    x, y, z = (row[3] for row in said.matsimnibs[:3])
    right, forward = said.along_mm
    return (
        f"pulse {said.pulse:>3}   {right:+.0f} mm x, {forward:+.0f} mm y, "
        f"{said.turn_deg:+.0f}° from the start (at {x:.0f}, {y:.0f}, {z:.0f}) > "
    )


def _take(session: Any, typed: str) -> None:  # noqa: ANN401
    if typed in UNDO:
        session.undo()
        return
    found = SIZE.fullmatch(typed)
    if found is None:
        msg = f"{HOW} Got {quoted(typed)}."
        raise BadInputError(msg)
    from cortistim.units import v_from_uv

    size_uv = float(found["number"].replace(",", "."))
    session.take(v_from_uv(size_uv * (1000 if found["unit"] == "mv" else 1)))


def words_of(record: HotspotRecord) -> list[str]:
    """Sum a hot spot up in a few lines.

    Parameters
    ----------
    record : HotspotRecord
        What was found.

    Returns
    -------
    list of str
        For the terminal.
    """
    if not record.pulses:
        return ["no pulses, no hot spot"]
    x, y, z = (row[3] for row in record.matsimnibs[:3])
    right, forward = record.along_mm
    region, gain = record.region, record.gain
    return [
        f"hot spot   at {x:.1f}, {y:.1f}, {z:.1f} mm: {right:+.1f} mm x, {forward:+.1f} mm y, "
        f"{record.turn_deg:+.0f}° from the start",
        f"region     {region.radius_mm:.1f} mm and {region.turn_deg:.0f}° hold it with "
        f"{100 * region.level:g} %, after {record.pulses} pulses",
        f"gain       {gain.mean:g} times the response at the start ({gain.low:g} to "
        f"{gain.high:g})",
        *([] if record.found else ["note       the region is larger than was asked for"]),
        *(f"alarm      {text}" for text in record.alarms),
    ]


@command.command()
@method_option
@options.head_option
@click.option(
    "--operator",
    type=GIVEN,
    required=True,
    help="The head's field operator, from 'cortistim operator build'.",
)
@options.coil_option
@click.option(
    "--target",
    type=options.Target(),
    default="m1_hand_l",
    show_default=True,
    help="Around which the subjects' muscle lies.",
)
@click.option(
    "--subjects",
    type=click.IntRange(1, 10000),
    default=60,
    show_default=True,
    help="Virtual subjects; each hunt begins 15 mm and 30° off.",
)
@click.option(
    "--pulses",
    type=click.IntRange(5, 200),
    default=50,
    show_default=True,
    help="To each of them.",
)
@click.option(
    "--generator",
    type=click.Choice(GENERATORS),
    default="goetz2019",
    show_default=True,
    help="Model of people's responses.",
)
@click.option(
    "--physics",
    type=click.Choice(("right", "shifted", "uncharged")),
    default="right",
    show_default=True,
    help="What the method believes of the field: the subject's own; a head that is registered "
    "10 mm off; a coil in free space.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="Of the first subject; the others follow.",
)
@click.option("--out", type=FILE, required=True, help="CSV file.")
@click.option("--figure", type=FILE, help="Draw the errors as PNG.")
@options.json_option
@options.quiet_option
def simulate(
    *,
    out: Path,
    figure: Path | None,
    as_json: bool,
    quiet: bool,
    **asked: Any,  # noqa: ANN401
) -> None:
    """Try a method out on virtual subjects with a head.

    Outputs are at 120 % of the threshold at the best pose; coils slip, triggers fail, muscles
    tense. The table has rows subject, pulse, error_mm, error_deg, regret_percent, radius_mm,
    turn_deg, found; regret is the share of the response that is lost at the pose found.
    """  # fmt: skip
    from cortistim.study.mapping.hotspot_simulation import (
        HotspotSimulation,
        run_hotspot_simulation,
    )

    own = ("operator", "target", "method", "subjects", "pulses", "generator", "physics", "seed")
    request = HotspotSimulation(
        head=options.head_request(**asked),
        coil=options.coil_request(**asked),
        **{name: asked[name] for name in own if asked[name] is not None},
    )
    with shown(quiet=quiet) as progress:
        found, scores = run_hotspot_simulation(request, out, progress=progress)
    if as_json:
        click.echo(json_line(found))
    else:
        for row in found.scores:
            click.echo(
                f"{row.pulses:>4} pulses  {row.median_mm:5.1f} mm  {row.median_deg:5.1f}°  "
                f"{row.median_regret_percent:5.1f} % lost  regions hold "
                f"{row.held_mm_percent:.0f} and {row.held_deg_percent:.0f} %"
            )
        click.echo(f"file: {out}")
    if figure is not None:
        from cortistim.viz.figures.hotspot import write_hunt_errors

        if missing := write_hunt_errors(figure, found, scores):
            raise BadInputError(missing)


@command.command()
@click.argument("file", type=GIVEN)
@options.head_option
@operator_option
@options.coil_option
@click.option("--out", type=FILE, help="Pulse by pulse as JSON.")
@click.option("--figure", type=FILE, help="Draw it as PNG.")
@options.json_option
@options.quiet_option
def replay(
    *,
    file: Path,
    out: Path | None,
    figure: Path | None,
    as_json: bool,
    quiet: bool,
    **asked: Any,  # noqa: ANN401
) -> None:
    """Follow a hunt again, pulse by pulse, and see what other models make of it.

    FILE is a record of 'cortistim hotspot run'; head, operator and coil are those of the hunt.
    """
    from cortistim.io.text import write_text
    from cortistim.records.form import json_text
    from cortistim.study.mapping.hotspot import HotspotRequest
    from cortistim.study.mapping.hotspot_replay import replay_hotspot

    request = HotspotRequest(
        head=options.head_request(**asked),
        coil=options.coil_request(**asked),
        operator=asked["operator"],
    )
    with shown(quiet=quiet) as progress:
        found = replay_hotspot(file, request, progress=progress)
    if out is not None:
        write_text(out, json_text(found))
    if as_json:
        click.echo(json_text(found), nl=False)
    else:
        lines = words_of(found.hotspot)
        for other in found.others:
            lines += ["", f"by {other.method}:", *words_of(other)]
        click.echo("\n".join(lines))
    if figure is not None:
        from cortistim.viz.figures.hotspot import write_hunt_course

        if missing := write_hunt_course(figure, found):
            raise BadInputError(missing)
