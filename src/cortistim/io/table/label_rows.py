"""Rows of tables that tell what the numbers of a label image mean.

Understood are lines of number and name (FreeSurfer's and MRIcron's tables, with colours or
codes behind the name), ITK-SNAP's label descriptions, and tables with a header in CSV or TSV
(BIDS ``dseg.tsv``, tables with a column for the hemisphere).
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cortistim.errors import FileFormatError, quoted
from cortistim.io.text import text_of

LONGEST_NUMBER = 9  # digits of a label
SHOWN = 80
COLOUR = 255
LEAST_CODE = 1000  # MRIcron's codes behind the names have four digits and more
QUOTED = re.compile(r'\s*(\d+)[\s\d.,]*"([^"]*)"\s*')
NUMBERS = ("index", "id", "idx", "number", "no", "no.", "value", "roi", "intensity", "label")
NAMES = ("name", "label", "region", "structure", "label_name", "tissue", "tag", "abbreviation")
SIDES = ("hemisphere", "hemi", "side", "lr")
NO_SIDE = ("", "b", "both", "bilateral", "lr", "n/a", "none", "midline")


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One line of a table.

    Parameters
    ----------
    line : int
        In the file, from 1.
    number : int
        In the image.
    name : str
        Whole, without colours.
    """

    line: int
    number: int
    name: str


def read_label_rows(path: Path) -> tuple[LabelRow, ...]:
    """Read a table of labels.

    Parameters
    ----------
    path : Path
        Text; headings, blank lines and what follows # are passed over.

    Returns
    -------
    tuple of LabelRow
        At least one, each number once.

    Raises
    ------
    BadInputError
        When there is no such file.
    FileFormatError
        When no line has a number and a name, or a number has two names.
    """
    lines = text_of(path).splitlines()
    found: dict[int, LabelRow] = {}
    for row in _with_header(path, lines) or _without_header(path, lines):
        known = found.setdefault(row.number, row)
        if known.name != row.name:
            msg = (
                f"{path}: a number may have one name; {row.number} has "
                f"{quoted(known.name[:SHOWN])} "
                f"in line {known.line} and {quoted(row.name[:SHOWN])} in line {row.line}. "
                "Remove one."
            )
            raise FileFormatError(msg)
    if not found:
        msg = f"{path}: a table must have lines such as '12 Insula_L'; it has none."
        raise FileFormatError(msg)
    return tuple(found.values())


def whole(path: Path, line: int, text: str) -> int | None:
    """Return a whole number, None where there is none.

    Parameters
    ----------
    path : Path
        Named in the complaint.
    line : int
        Likewise.
    text : str
        Of one column.

    Returns
    -------
    int or None
        From 0.

    Raises
    ------
    FileFormatError
        When it has more digits than any label.
    """
    if not (text.isascii() and text.isdecimal()):
        return None
    if len(text) > LONGEST_NUMBER:
        msg = (
            f"{path}: line {line}: a label has at most {LONGEST_NUMBER} digits; this one has "
            f"{len(text)}. Correct it."
        )
        raise FileFormatError(msg)
    return int(text)


def _with_header(path: Path, lines: list[str]) -> list[LabelRow]:
    """Rows of a table whose first line names its columns; none when it does not."""
    first = next((n for n, line in enumerate(lines) if line.strip(" \t#")), None)
    if first is None:
        return []
    cut = "\t" if "\t" in lines[first] else ","
    header = [cell.strip().strip('"').lower() for cell in lines[first].split(cut)]
    number = next((name for name in NUMBERS if name in header), None)
    name = next((name for name in NAMES if name in header and name != number), None)
    if number is None or name is None:
        return []
    side = next((name for name in SIDES if name in header), None)
    rows = []
    for line, cells in _cells(path, lines, first + 1, cut):
        values = dict(zip(header, cells, strict=False))
        label = whole(path, line, values.get(number, ""))
        text = values.get(name, "")
        if label is not None and text:
            rows.append(LabelRow(line, label, _sided(text, values.get(side or "", ""))))
    return rows


def _cells(
    path: Path, lines: list[str], start: int, cut: str
) -> Iterator[tuple[int, list[str]]]:
    """Yield number and stripped cells of each line from a start."""
    for number, line in enumerate(lines[start:], start=start + 1):
        try:
            cells = next(csv.reader([line], delimiter=cut), [])
        except csv.Error as error:
            msg = f"{path}: line {number} is not a row of the table ({error}). Correct it."
            raise FileFormatError(msg) from error
        yield number, [cell.strip() for cell in cells]


def _sided(name: str, side: str) -> str:
    return name if side.lower() in NO_SIDE else f"{name} {side}"


def _without_header(path: Path, lines: list[str]) -> list[LabelRow]:
    rows = []
    for number, line in enumerate(lines, start=1):
        label, name = _of_line(path, number, line)
        if label is not None and name:
            rows.append(LabelRow(number, label, name))
    return rows


def _of_line(path: Path, number: int, line: str) -> tuple[int | None, str]:
    """Return number and name of a line; None for a heading, a comment or a blank line."""
    quoted = QUOTED.fullmatch(line)
    if quoted:
        return whole(path, number, quoted[1]), quoted[2].strip()
    plain = line.split("#", maxsplit=1)[0]
    for cut in "\t,":
        cells = [cell.strip().strip('"') for cell in plain.split(cut)]
        label = whole(path, number, cells[0])
        if len(cells) > 1 and label is not None:
            return label, cells[1]
    words = plain.split()
    label = whole(path, number, words[0]) if words else None
    return label, " ".join(_name_of(words[1:]))


def _name_of(words: list[str]) -> list[str]:
    """Drop the colour (three or four numbers) or the code behind a name."""
    for count in (4, 3):
        behind = words[-count:]
        if len(words) > count and all(_is_colour(word) for word in behind):
            return words[:-count]
    if len(words) > 1 and words[-1].isdecimal() and len(words[-1]) >= len(str(LEAST_CODE)):
        return words[:-1]
    return words


def _is_colour(word: str) -> bool:
    return word.isascii() and word.isdecimal() and len(word) < 4 and int(word) <= COLOUR
