"""One page that sets two plans side by side."""

from pathlib import Path

from cortistim.cache import atomic_path
from cortistim.records.plan_comparison import ComparedNumber, PlanComparison
from cortistim.viz.report import markup
from cortistim.viz.report.blocks import Figure, Paragraph, Section, Table, Tile
from cortistim.viz.report.numbers import quantity, shown
from cortistim.viz.report.page import NOTICE, picture_of

MAP = "difference"
TILES = ("|E| at the target", "stimulator output")
CAPTION = (
    "Where the fields differ.",
    "Magnitude of the electric field of plan A and of plan B, each at its own dI/dt and on one "
    "scale; right the difference, red where B is stronger. The ring is the target of A. Seen "
    "along the coil's axis of A.",
)


def write_comparison_page(record: PlanComparison, path: Path, picture: Path) -> None:
    """Write the page; it needs no other file.

    Parameters
    ----------
    record : PlanComparison
        What to show.
    path : Path
        The .html file.
    picture : Path
        The map of differences, where it exists.
    """
    with atomic_path(path) as temporary:
        temporary.write_text(comparison_html(record, picture), encoding="utf-8")


def comparison_html(record: PlanComparison, picture: Path) -> str:
    """Return the page's HTML.

    Parameters
    ----------
    record : PlanComparison
        What to show.
    picture : Path
        The map of differences, where it exists.

    Returns
    -------
    str
        A whole page.
    """
    pictures = {MAP: picture_of(picture, MAP, CAPTION)} if picture.exists() else {}
    where = Figure(MAP) if pictures else Paragraph(record.map_reason, style="missing")
    numbers = [_line(one) for one in record.numbers]
    words = [(one.name, one.a, one.b) for one in record.words]
    headings = ("number", "A", "B", "B less A", "in % of A")
    return markup.page(
        subject=f"Two plans: A is {record.a}, B is {record.b}",
        notice=NOTICE,
        answer=answer(record),
        tiles=_tiles(record),
        warnings=(),
        scene="",
        no_scene="",
        unpacker="",
        pictures=pictures,
        sections=[
            Section("numbers", "Numbers", (Table(headings, numbers),)),
            Section("map", "Where the fields differ", (where,)),
            Section("words", "What was planned", (Table(("", "A", "B"), words),)),
        ],
    )


def answer(record: PlanComparison) -> str:
    """Say in a sentence or two how the plans differ.

    Parameters
    ----------
    record : PlanComparison
        Of both.

    Returns
    -------
    str
        For headline and terminal.
    """
    said = "The plans are of different heads, so their poses cannot be compared."
    if record.apart_mm is not None and record.turned_deg is not None:
        said = (
            f"B's coil is {record.apart_mm:.1f} mm from A's, turned by "
            f"{record.turned_deg:.0f}° and tilted by {record.tilted_deg or 0:.0f}°."
        )
    at = next((one for one in record.numbers if one.name == TILES[0]), None)
    if at is None or at.ratio_percent is None:
        return said
    return (
        f"{said} It gives {at.ratio_percent:+.1f} % |E| at the target, each at its own dI/dt."
    )


def _line(one: ComparedNumber) -> tuple[str, ...]:
    unit = one.unit
    apart = "-" if one.difference is None else f"{one.difference:+.3g} {unit}"
    share = "-" if one.ratio_percent is None else f"{one.ratio_percent:+.1f} %"
    return one.name, quantity(one.a, unit), quantity(one.b, unit), apart, share


def _tiles(record: PlanComparison) -> tuple[Tile, ...]:
    tiles = [
        Tile(f"{one.name}, B less A", f"{one.difference:+.3g}", one.unit,
             f"A {quantity(one.a, one.unit)}, B {quantity(one.b, one.unit)}")
        for one in record.numbers
        if one.name in TILES and one.difference is not None
    ]  # fmt: skip
    if record.apart_mm is not None:
        tiles.append(Tile("Between the coils", shown(round(record.apart_mm, 1)), "mm"))
    return tuple(tiles)
