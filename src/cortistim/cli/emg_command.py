"""``cortistim emg``: motor responses in EMG, measured and reviewed."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from cortistim.cli import options
from cortistim.cli.progress import shown
from cortistim.errors import BadInputError, quoted
from cortistim.io.emg import read_emg
from cortistim.io.table.session import read_session, write_session
from cortistim.mapping.emg import (
    RESPONSES_S,
    EmgEpochs,
    EmgRecording,
    EmgSettings,
    settings_for,
)
from cortistim.records import json_text
from cortistim.records.emg import EmgRecord
from cortistim.study.emg.decide import decide, read_decisions
from cortistim.study.emg.measure import EmgRequest, measure_emg, write_emg
from cortistim.units import ms_from_s, s_from_ms, v_from_uv

SHOWN = 20


class Window(click.ParamType):
    """``FROM,TO`` in milliseconds from the pulse."""

    name = "FROM,TO"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[float, float]:  # noqa: ANN401
        """Read two numbers."""
        if isinstance(value, tuple):
            return value
        try:
            first, last = (s_from_ms(float(word)) for word in str(value).split(","))
        except ValueError:
            self.fail(
                f"two numbers in ms, divided by a comma; got {quoted(value)}.", param, ctx
            )
        return first, last


@click.group()
def command() -> None:
    """Motor responses in EMG: measure, review.

    Reads EDF, BDF (with BIDS sidecars), BrainVision (.vhdr), Brainsight's text with EMG,
    LabChart (text, .mat), Spike2 and Signal (.mat), and CSV or TSV with a column of time.
    """


@command.command()
@click.argument("file", type=options.GIVEN)
@options.json_option
def show(*, file: Path, as_json: bool) -> None:
    """Show channels, units, rate and markers of a file of EMG."""
    found = read_emg(file)
    record = _pieces(found) if isinstance(found, EmgEpochs) else _recording(found)
    if as_json:
        click.echo(json.dumps({"file": str(file), **record}, ensure_ascii=False))
        return
    click.echo(f"format    {record['format']}")
    for channel in record["channels"]:
        unit = channel["unit"] or "no unit told"
        click.echo(f"channel   {channel['name']}, {channel['rate_hz']:g} Hz, {unit}")
    for name, count in list(record["markers"].items())[:SHOWN]:
        click.echo(f"marker    {quoted(name)}, {count} times")
    for text in record["notes"]:
        click.echo(f"note      {text}")
    click.echo(f"length    {record['length']}")


def _recording(found: EmgRecording) -> dict[str, Any]:
    return {
        "format": found.format,
        "channels": [
            {"name": c.name, "rate_hz": c.rate_hz, "unit": c.unit, "samples": len(c.samples)}
            for c in found.channels
        ],
        "markers": {name: len(times) for name, times in found.markers.items()},
        "notes": list(found.notes),
        "length": f"{found.duration_s:.6g} s",
    }


def _pieces(found: EmgEpochs) -> dict[str, Any]:
    n_pulse, _, n_sample = found.volts.shape
    begin_ms = ms_from_s(found.start_s)
    return {
        "format": "pieces around pulses",
        "channels": [
            {"name": name, "rate_hz": found.rate_hz, "unit": "V", "samples": n_sample}
            for name in found.names
        ],
        "markers": {},
        "notes": list(found.notes),
        "length": f"{n_pulse} pieces of {n_sample / found.rate_hz:.4g} s from {begin_ms:g} ms",
    }


@command.command()
@click.argument("file", type=options.GIVEN)
@click.option(
    "--pulses",
    help="When the pulses came: a marker, a trigger channel, or a table with time_s or onset; "
    "found when there is only one that can be meant.",
)
@click.option("--channels", help="Muscles, divided by commas; by default all that are in volt.")
@click.option("--unit", help="Unit of channels that do not tell theirs, such as uV or mV.")
@click.option(
    "--muscle",
    type=click.Choice(tuple(RESPONSES_S)),
    default="hand",
    show_default=True,
    help="Decides where responses are looked for.",
)
@click.option("--window", type=Window(), help="Where responses are looked for instead, in ms.")
@click.option(
    "--baseline", type=Window(), help="What is called rest, in ms; by default -100,-5."
)
@click.option(
    "--blank", type=Window(), help="What the artefact covers, in ms; by default -0.5,5."
)
@click.option(
    "--criterion",
    "criterion_uv",
    type=float,
    help="Least response in µV; 50 at rest, 200 if active.",
)
@click.option("--active", is_flag=True, help="The muscle was to be tense: silent periods, too.")
@click.option(
    "--stimuli",
    type=options.GIVEN,
    help="Table of what was done at each pulse, from 'cortistim record import'.",
)
@options.out_option(files=("session.csv", "session.about.json", "emg.json", "review.html"))
@options.json_option
@options.quiet_option
def measure(*, file: Path, out: Path, as_json: bool, quiet: bool, **asked: Any) -> None:  # noqa: ANN401
    """Measure every response and make a page to review them.

    Writes session.csv (one row for each pulse and muscle: size, area, latency by two methods,
    silent period, baseline, noise, quality with reasons), emg.json and review.html. Doubtful
    trials are flagged; none is left out.
    """
    names = tuple(name.strip() for name in (asked["channels"] or "").split(",") if name.strip())
    request = EmgRequest(
        file, asked["pulses"], names, asked["unit"], asked["stimuli"], _settings(**asked)
    )
    with shown(quiet=quiet) as progress:
        measured = measure_emg(request, progress=progress)
        progress("writing", 0.9)
        write_emg(measured, out)
    if as_json:
        click.echo(json_text(measured.record), nl=False)
        return
    click.echo(_words(measured.record, out))


def _settings(**asked: Any) -> EmgSettings:  # noqa: ANN401
    settings = settings_for(asked["muscle"], active=asked["active"])
    windows = {"response_s": asked["window"], "baseline_s": asked["baseline"],
               "blank_s": asked["blank"]}  # fmt: skip
    given = {name: window for name, window in windows.items() if window is not None}
    if asked["criterion_uv"] is not None:
        given["criterion_v"] = v_from_uv(asked["criterion_uv"])
    return replace(settings, **given)


def _words(record: EmgRecord, out: Path) -> str:
    lines = [
        f"file      {record.file}, {record.format}, {record.rate_hz:g} Hz",
        f"pulses    {record.pulses} ({record.pulses_from})",
    ]
    for channel in record.channels:
        latency = "" if channel.latency_ms is None else f", onset {channel.latency_ms:.1f} ms"
        silent = channel.silent_period_ms
        silence = "" if silent is None else f", silent until {silent:.0f} ms"
        median = "-" if channel.median_uv is None else f"{channel.median_uv:.0f}"
        floor = "-" if channel.noise_floor_uv is None else f"{channel.noise_floor_uv:.0f}"
        lines.append(
            f"{channel.name[:9]:<10}median {median} µV, {channel.responses} responses in "
            f"{channel.trials} trials{latency}{silence}; noise floor {floor} µV"
        )
        doubts = ", ".join(f"{n} {code}" for code, n in channel.reasons.items())
        lines.append(
            f"          {channel.ok} sound, {channel.review} to look at, {channel.reject} "
            f"rejected{f' ({doubts})' if doubts else ''}"
        )
    lines += [f"warning   {text}" for text in record.warnings]
    lines += [f"note      {text}" for text in record.notes]
    return "\n".join([*lines, f"files     {out}"])


@command.command()
@click.argument("table", type=options.GIVEN)
@click.argument("decisions", type=options.GIVEN)
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="Table to write (.csv, ...)."
)
def review(*, table: Path, decisions: Path, out: Path) -> None:
    """Put what was decided on the review page into a table.

    TABLE is session.csv of 'cortistim emg measure', DECISIONS the file that its page saved.
    """
    record = read_session(table)
    if not record.pulses:
        msg = f"{table}: the table holds no trial."
        raise BadInputError(msg)
    made = decide(record, read_decisions(decisions))
    written = write_session(out, made)
    counts = {
        state: sum(r.qc == state for r in made.pulses) for state in ("ok", "review", "reject")
    }
    click.echo(
        f"trials    {counts['ok']} sound, {counts['review']} to look at, "
        f"{counts['reject']} rejected"
    )
    click.echo(f"files     {', '.join(map(str, written))}")
