"""``cortistim map``: motor maps, their measures and how well they repeat."""

from pathlib import Path
from typing import Any

import click

from cortistim.cli import options
from cortistim.cli.options import Positive
from cortistim.errors import BadInputError
from cortistim.records.form import json_text
from cortistim.records.motor_map import MapRecord, MapRepeatRecord, MapsRecord

FILE = click.Path(path_type=Path, dir_okay=False)


class Columns(click.ParamType):
    """Names of columns, separated by commas."""

    name = "A,B,C"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, ...]:  # noqa: ANN401, ARG002
        """Part the names."""
        if isinstance(value, tuple):
            return value
        return tuple(part.strip() for part in value.split(","))


@click.group()
def command() -> None:
    """Motor maps: centre of gravity, area, volume, peak and overlap, with intervals."""


@command.command(name="measure")
@click.argument("table", type=options.GIVEN)
@click.option("--x", required=True, metavar="COL", help="Column of the first coordinate in mm.")
@click.option("--y", required=True, metavar="COL", help="Column of the second one.")
@click.option("--z", required=True, metavar="COL", help="Column of the third one.")
@click.option("--response", required=True, metavar="COL", help="Column of sizes.")
@click.option(
    "--by",
    multiple=True,
    metavar="COL",
    help="Column whose cells tell maps apart; may be given several times. Maps that share all "
    "but the last one are taken for repeats: they are compared with each other.",
)
@click.option(
    "--columns",
    type=Columns(),
    default=(),
    help="Names of the columns, for a file without a header.",
)
@click.option(
    "--delimiter", default=",", show_default=True, metavar="CHAR", help="What parts cells."
)
@click.option(
    "--unit",
    type=click.Choice(["uv", "mv"]),
    help="Of the sizes; by default as the column's name ends (_uv, _mv), else µV.",
)
@click.option(
    "--surface",
    type=click.Choice(["scalp", "cortex"]),
    help="What the places are: of the coil on the scalp, or of the field's maximum on the "
    "cortex. Told beside every result, because the two are not comparable.",
)
@click.option(
    "--criterion",
    "criterion_uv",
    type=Positive(),
    default=50.0,
    show_default=True,
    help="What counts as a response exceeds this size in µV.",
)
@click.option(
    "--cell",
    "cell_mm",
    type=click.FloatRange(1, 50),
    default=10.0,
    show_default=True,
    help="Edge in mm of the cells of the measures that count cells.",
)
@click.option(
    "--percent-rmt", type=Positive(), help="Intensity in % of the resting motor threshold."
)
@click.option("--interval", "interval_s", type=Positive(), help="Seconds between pulses.")
@click.option(
    "--draws",
    type=click.IntRange(20, 5000),
    default=300,
    show_default=True,
    help="Redraws of the pulses, for intervals.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="Of the redraws."
)
@click.option("--out", type=FILE, required=True, help="JSON file.")
@click.option("--figure", type=FILE, help="Draw the maps as PNG.")
@options.json_option
def measure(
    *,
    x: str,
    y: str,
    z: str,
    surface: str | None,
    out: Path,
    figure: Path | None,
    as_json: bool,
    **asked: Any,  # noqa: ANN401
) -> None:
    """Measure motor maps, and say by how much each measure may be off.

    TABLE has a row for each pulse. Small responses are censored by the spline and count as none
    elsewhere. Intervals come from redraws of the pulses; the smallest detectable change of two
    maps follows from them, and from repeated maps where the table has those.
    """
    from cortistim.io.text import write_text
    from cortistim.study.mapping.motor_map import MapRequest, measure_maps

    request = MapRequest(coordinates=(x, y, z), surface=surface or "not stated", **asked)
    record = measure_maps(request)
    write_text(out, json_text(record))
    click.echo(json_text(record).rstrip() if as_json else "\n".join(_words(record)))
    if not as_json:
        click.echo(f"file: {out}")
    if figure is not None:
        from cortistim.viz.figures.motor_map import write_motor_maps

        if missing := write_motor_maps(figure, record):
            raise BadInputError(missing)


def _words(record: MapsRecord) -> list[str]:
    lines = []
    for found in record.maps:
        lines += _of_map(found)
    for pair in record.overlaps:
        names = " and ".join(", ".join(label.values()) for label in (pair.one, pair.two))
        shared = _ends(pair.weighted, pair.weighted_low, pair.weighted_high)
        lines.append(
            f"overlap of {names}: {shared} (redraws of one map: {pair.of_one_map}), "
            f"{pair.apart_mm} mm apart"
        )
    if record.repeatability:
        first = record.repeatability[0]
        lines.append(
            f"repeatability, {first.people} people, {first.maps} maps: between maps of one "
            "person"
        )
        lines += [_of_repeat(row) for row in record.repeatability]
    return lines + [f"note: {text}" for text in record.notes]


def _of_map(found: MapRecord) -> list[str]:
    name = ", ".join(f"{a} {b}" for a, b in found.by.items()) or "all pulses"
    lines = [f"{name}: {found.pulses} pulses, {found.responses} responses"]
    for what, place in found.places.items():
        if place.mm is not None:
            at = ", ".join(f"{v:.1f}" for v in place.mm)
            within = "" if place.radius95_mm is None else f" within {place.radius95_mm:.1f} mm"
            lines.append(f"  {what:<19} {at} mm{within}")
    for what, value in (*found.areas.items(), *found.volumes.items()):
        ends = _ends(value.value, value.low, value.high)
        change = f"smallest detectable change {value.smallest_change:.3g}"
        lines.append(f"  {what:<19} {ends} {value.unit}, {change}")
    return lines + [f"  note: {text}" for text in found.notes]


def _of_repeat(row: MapRepeatRecord) -> str:
    sd = _ends(row.within_sd, row.within_sd_low, row.within_sd_high)
    change = _ends(row.smallest_change, row.smallest_change_low, row.smallest_change_high)
    icc = "" if row.icc is None else f", ICC {_ends(row.icc, row.icc_low, row.icc_high)}"
    return f"  {row.measure:<19} SD {sd} {row.unit}, smallest detectable change {change}{icc}"


def _ends(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return "none"
    ends = "" if low is None or high is None else f" ({low:.3g} to {high:.3g})"
    return f"{value:.3g}{ends}"
