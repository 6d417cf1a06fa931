"""Text files: read whole, written whole."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from io import StringIO
from itertools import chain
from pathlib import Path

from cortistim.cache import atomic_path, is_full
from cortistim.errors import BadInputError, FileFormatError
from cortistim.files import require_file, require_size
from cortistim.io.cursor import content_of
from cortistim.plain import LARGEST_JSON_BYTES, plain_json

FORMULA = ("=", "+", "-", "@")  # what a spreadsheet computes or runs, also behind blanks


def text_of(path: Path | str) -> str:
    """Read a text file.

    Parameters
    ----------
    path : Path or str
        UTF-8, gzipped or not.

    Returns
    -------
    str
        Its text, with a byte-order mark removed.

    Raises
    ------
    BadInputError
        When there is no such file, or it cannot be read.
    FileFormatError
        When it is no text.
    """
    try:
        return content_of(Path(path)).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = (
            f"{path}: this must be text in UTF-8; byte {error.start} is not. Save it as UTF-8."
        )
        raise FileFormatError(msg) from error


def json_of(path: Path | str) -> dict[str, object]:
    """Read a JSON object.

    Parameters
    ----------
    path : Path or str
        A JSON file.

    Returns
    -------
    dict
        Its content.

    Raises
    ------
    BadInputError
        When there is no such file, or it cannot be read.
    FileFormatError
        When it is not a JSON object, or breaks a rule of `cortistim.plain`.
    """
    require_size(require_file(path), LARGEST_JSON_BYTES)
    content = plain_json(text_of(path), path)
    if not isinstance(content, dict):
        msg = f"{path}: the JSON must be an object {{...}}; got {type(content).__name__}."
        raise FileFormatError(msg)
    return content


def csv_rows(path: Path | str, delimiter: str = ",") -> list[tuple[int, list[str]]]:
    """Read the rows of a CSV file that are not empty.

    Parameters
    ----------
    path : Path or str
        Comma-separated text.
    delimiter : str, optional
        What stands between cells instead: one character.

    Returns
    -------
    list of (int, list of str)
        The line's number and its cells.

    Raises
    ------
    BadInputError
        When there is no such file.
    FileFormatError
        When it is no such text, or a cell is longer than any table's.
    """
    reader = csv.reader(text_of(path).splitlines(), delimiter=delimiter)
    try:
        return [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        msg = f"{path}: this is not comma-separated text ({error}). Save it as CSV."
        raise FileFormatError(msg) from error


def write_text(path: Path | str, text: str) -> None:
    """Write a text file, atomically.

    Parameters
    ----------
    path : Path or str
        Where to.
    text : str
        What.
    """
    write_bytes(path, text.encode("utf-8"))


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table as CSV that no spreadsheet takes for a formula.

    Parameters
    ----------
    header : sequence of str
        Names of the columns; none are written when it is empty.
    rows : iterable of sequences
        Cells. Numbers, also those written out as text, stay as they are; a text that a
        spreadsheet would compute gets an apostrophe in front, which `plain_cell` takes away.

    Returns
    -------
    str
        Lines that end with a line feed.
    """
    text = StringIO()
    table = csv.writer(text, lineterminator="\n")
    for row in chain([header] if header else [], rows):
        table.writerow([_safe_cell(cell) for cell in row])
    return text.getvalue()


def _safe_cell(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    text = " ".join(cell.split("\r"))  # the csv module does not quote it, and rows would break
    return f"'{text}" if _is_computed(text) and not _is_number(text) else text


def _is_computed(text: str) -> bool:
    return text.lstrip().startswith(FORMULA) or text.startswith("\t")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def plain_cell(text: str) -> str:
    """Return the text of a cell that `csv_text` may have marked as no formula.

    Parameters
    ----------
    text : str
        A cell.

    Returns
    -------
    str
        Without the apostrophe before a sign that begins a formula.
    """
    return text[1:] if text.startswith("'") and _is_computed(text[1:]) else text


def write_csv(
    path: Path | str, header: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """Write a table as CSV, atomically; see `csv_text`.

    Parameters
    ----------
    path : Path or str
        Where to.
    header : sequence of str
        Names of the columns.
    rows : iterable of sequences
        Cells.

    Raises
    ------
    BadInputError
        When the place cannot be written to.
    """
    write_text(path, csv_text(header, rows))


def write_bytes(path: Path | str, content: bytes) -> None:
    """Write a file, atomically.

    Parameters
    ----------
    path : Path or str
        Where to.
    content : bytes
        What.

    Raises
    ------
    BadInputError
        When the place cannot be written to.
    """
    write_together({Path(path): content})


def write_together(contents: Mapping[Path, bytes]) -> None:
    """Write files that belong together: all are complete before the first is moved.

    Parameters
    ----------
    contents : mapping of Path to bytes
        The first file, which tells of the others, is moved into place last.

    Raises
    ------
    BadInputError
        When the place cannot be written to.
    """
    try:
        with ExitStack() as stack:
            for path, content in contents.items():
                stack.enter_context(atomic_path(path)).write_bytes(content)
    except OSError as error:
        if is_full(error):
            raise  # inside of a folder that is written as one, which knows its own name
        place = next(iter(contents))
        msg = f"{place}: cannot be written ({error.strerror}). Choose another place."
        raise BadInputError(msg) from error
