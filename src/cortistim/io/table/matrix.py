"""Square tables of numbers, such as a connectome: CSV, TSV or blanks between the cells."""

import re
from pathlib import Path

import numpy as np

from cortistim.errors import FileFormatError, quoted
from cortistim.io.text import text_of
from cortistim.typing import FloatArray

LARGEST = 3000  # rows; connectomes have some hundreds
_BETWEEN = re.compile(r"[,;\t ]+")


def read_matrix(path: Path | str) -> FloatArray:
    """Read a square matrix.

    Parameters
    ----------
    path : Path or str
        A line for each row; cells parted by commas, semicolons, tabs or blanks. Blank lines
        and what follows # are passed over.

    Returns
    -------
    (n, n) array
        As written.

    Raises
    ------
    FileFormatError
        When a cell is no number, or rows and columns differ in number.
    """
    rows = []
    for number, line in enumerate(text_of(path).splitlines(), start=1):
        words = [word for word in _BETWEEN.split(line.split("#")[0].strip()) if word]
        if words:
            rows.append(_numbers(path, number, words))
        if len(rows) > LARGEST or len(words) > LARGEST:
            msg = f"{path}: a connectome must have at most {LARGEST} rows; this has more."
            raise FileFormatError(msg)
    lengths = {len(row) for row in rows}
    if lengths != {len(rows)}:
        msg = (
            f"{path}: a connectome must have as many columns as rows, without headings; it "
            f"has {len(rows)} rows of {', '.join(map(str, sorted(lengths))) or 'no'} columns."
        )
        raise FileFormatError(msg)
    return np.array(rows)


def _numbers(path: Path | str, number: int, words: list[str]) -> list[float]:
    try:
        return [float(word) for word in words]
    except ValueError as error:
        word = str(error).rsplit(":", 1)[-1].strip().strip("'\"")
        msg = (
            f"{path}: line {number}: every cell must be a number, without headings; "
            f"{quoted(word)} is none."
        )
        raise FileFormatError(msg) from None
