"""Text of recording programs, which is seldom UTF-8, and tables of numbers in it."""

from pathlib import Path

import numpy as np

from cortistim.errors import FileFormatError, quoted
from cortistim.files import require_file, require_size
from cortistim.io.cursor import content_of
from cortistim.typing import FloatArray

LARGEST_BYTES = 2**31
"""Of a file of EMG: an hour of 16 channels at 10 kHz in 16 bits has half of it."""


def bytes_of(path: Path | str) -> bytes:
    """Read a recording, refused when it is larger than any.

    Parameters
    ----------
    path : Path or str
        Gzipped or not.

    Returns
    -------
    bytes
        Its content.

    Raises
    ------
    BadInputError
        When there is no such file, or it cannot be read.
    FileFormatError
        When it is too large, or damaged.
    """
    require_size(require_file(path), LARGEST_BYTES)
    return content_of(Path(path))


def decoded(data: bytes) -> str:
    """Decode text in UTF-8, UTF-16 with its mark, or else in the letters of old Windows.

    Parameters
    ----------
    data : bytes
        The file's content.

    Returns
    -------
    str
        Every byte means something in the last of them, so that this never fails.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def numbers_in(path: Path | str, first_line: int, rows: list[list[str]]) -> FloatArray:
    """Read a table of numbers; empty cells and words for nothing are nan.

    Parameters
    ----------
    path : Path or str
        Named in complaints.
    first_line : int
        Number of the first row's line, counted from 1.
    rows : list of list of str
        Cells; all rows must be of one length.

    Returns
    -------
    (n_row, n_column) array
        Finite or nan.

    Raises
    ------
    FileFormatError
        When a cell is no number, which the message names by line and column.
    """
    width = len(rows[0]) if rows else 0
    for at, row in enumerate(rows):
        if len(row) != width:
            msg = (
                f"{path}: line {first_line + at}: each row must have {width} cells, as the "
                f"first has; got {len(row)}."
            )
            raise FileFormatError(msg)
    flat = [cell for row in rows for cell in row]
    try:
        table = np.array(flat, dtype=float)
    except ValueError:
        table = np.array([_number(cell) for cell in flat])
    found = table.reshape(len(rows), width)
    bad = np.flatnonzero(np.isinf(found).ravel())
    if len(bad):
        row, column = divmod(int(bad[0]), width)
        msg = (
            f"{path}: line {first_line + row}, column {column + 1}: this must be a finite "
            f"number; got {quoted(rows[row][column])}."
        )
        raise FileFormatError(msg)
    return found


def _number(cell: str) -> float:
    text = cell.strip()
    if text.lower() in ("", "nan", "n/a", "na", "(null)"):
        return np.nan
    try:
        return float(text)
    except ValueError:
        return np.inf  # marks what is refused
