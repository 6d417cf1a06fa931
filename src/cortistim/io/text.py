"""Text files: read whole, written whole."""

import csv
import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from cortistim.cache import atomic_path
from cortistim.errors import BadInputError, FileFormatError
from cortistim.io.cursor import content_of


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
        msg = f"{path}: this must be text in UTF-8; byte {error.start} is not. Save it so."
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
        When there is no such file, or it is not a JSON object.
    """
    try:
        content = json.loads(text_of(path))
    except (ValueError, RecursionError) as error:
        msg = f"{path}: this is not JSON ({error}). Correct it there."
        raise FileFormatError(msg) from error
    if not isinstance(content, dict):
        msg = f"{path}: the JSON must be an object {{...}}; got {type(content).__name__}."
        raise FileFormatError(msg)
    return content


def csv_rows(path: Path | str) -> list[tuple[int, list[str]]]:
    """Read the rows of a CSV file that are not empty.

    Parameters
    ----------
    path : Path or str
        Comma-separated text.

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
    reader = csv.reader(text_of(path).splitlines())
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
    try:
        with atomic_path(Path(path)) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        msg = f"{path}: cannot be written ({error.strerror}). Choose another place."
        raise BadInputError(msg) from error


def write_together(contents: Mapping[Path, bytes]) -> None:
    """Write several files that belong together: all of them, or none.

    Parameters
    ----------
    contents : mapping of Path to bytes
        Everything is written before the first file appears under its name; the first of the
        mapping appears last, so that whoever finds it finds the others.

    Raises
    ------
    BadInputError
        When a place cannot be written to.
    """
    path = next(iter(contents))
    try:
        with ExitStack() as stack:
            for path, content in contents.items():
                stack.enter_context(atomic_path(path)).write_bytes(content)
    except OSError as error:
        msg = f"{path}: cannot be written ({error.strerror}). Choose another place."
        raise BadInputError(msg) from error
