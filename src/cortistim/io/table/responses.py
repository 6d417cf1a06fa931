"""Tables of responses: one row for each pulse, columns by name, cells checked one by one."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError, FileFormatError, quoted
from cortistim.io.text import csv_rows, plain_cell
from cortistim.typing import BoolArray, FloatArray

TRUE, FALSE = ("1", "true", "yes", "y", "hit"), ("0", "false", "no", "n", "miss")
MOST_NAMED = 12


@dataclass(frozen=True, eq=False)
class ResponseTable:
    """A table of text that is read column by column.

    Parameters
    ----------
    path : str
        The file, for complaints.
    header : tuple of str
        Names of the columns.
    rows : tuple of (int, list of str)
        Line numbers and cells.
    """

    path: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, Sequence[str]], ...]

    def has(self, name: str) -> bool:
        """Tell whether there is a column of this name."""
        return name in self.header

    def texts(self, name: str) -> list[str]:
        """Return a column as it is written.

        Parameters
        ----------
        name : str
            Of the column.

        Returns
        -------
        list of str
            A cell for each row.

        Raises
        ------
        FileFormatError
            When there is no such column, or two.
        """
        if self.header.count(name) != 1:
            known = ", ".join(self.header[:MOST_NAMED])
            what = "is none" if name not in self.header else "are two"
            msg = (
                f"{self.path}: there must be one column {quoted(name)}; there {what}. The "
                f"columns are {quoted(known)}."
            )
            raise FileFormatError(msg)
        place = self.header.index(name)
        return [plain_cell(row[place].strip()) for _, row in self.rows]

    def numbers(
        self, name: str, *, low: float = -math.inf, high: float = math.inf
    ) -> FloatArray:
        """Return a column of finite numbers.

        Parameters
        ----------
        name : str
            Of the column.
        low, high : float
            Between which they must lie.

        Returns
        -------
        (n,) array
            A number for each row.

        Raises
        ------
        FileFormatError
            When a cell holds another; says its row and column.
        """
        values = []
        for (line, _), text in zip(self.rows, self.texts(name), strict=True):
            try:
                value = float(text)
            except ValueError:
                value = math.nan
            if not (math.isfinite(value) and low <= value <= high):
                bounds = "finite" if math.isinf(high) else f"at most {high:g}"
                bounds += f" and at least {low:g}" if math.isfinite(low) else ""
                msg = (
                    f"{self.path}: line {line}, column {quoted(name)}: a number must stand "
                    f"there, {bounds}; got {quoted(text)}. Correct it or leave the row out."
                )
                raise FileFormatError(msg)
            values.append(value)
        return np.array(values)

    def answers(self, name: str) -> BoolArray:
        """Return a column of yes and no.

        Parameters
        ----------
        name : str
            Of the column.

        Returns
        -------
        (n,) array of bool
            An answer for each row.

        Raises
        ------
        FileFormatError
            When a cell holds another; says its row and column.
        """
        values = []
        for (line, _), text in zip(self.rows, self.texts(name), strict=True):
            if text.lower() not in (*TRUE, *FALSE):
                msg = (
                    f"{self.path}: line {line}, column {quoted(name)}: true or false is needed "
                    f"there; got {quoted(text)}."
                )
                raise FileFormatError(msg)
            values.append(text.lower() in TRUE)
        return np.array(values, bool)

    def groups(self, names: Sequence[str]) -> tuple[Mapping[str, str], ...]:
        """Return the cells of some columns, a mapping for each row.

        Parameters
        ----------
        names : sequence of str
            Of the columns.

        Returns
        -------
        tuple of mappings
            Cells by column.
        """
        columns = [self.texts(name) for name in names]
        return tuple(
            dict(zip(names, cells, strict=True))
            for cells in zip(*columns, strict=True)
        ) if names else tuple({} for _ in self.rows)  # fmt: skip


def read_responses(
    path: Path | str, *, columns: Sequence[str] = (), delimiter: str = ","
) -> ResponseTable:
    """Read a table of responses.

    Parameters
    ----------
    path : Path or str
        Comma-separated text with a header.
    columns : sequence of str, optional
        Names of the columns of a file without a header.
    delimiter : str, optional
        What stands between cells instead of a comma: one character.

    Returns
    -------
    ResponseTable
        Its cells, not yet looked at.

    Raises
    ------
    MissingFileError
        When there is no such file.
    FileFormatError
        When it is no such table, or a row has other cells than the header.
    BadInputError
        When the delimiter is no single character, or a name stands twice.
    """
    if len(delimiter) != 1 or delimiter in '"\r\n':
        msg = f"`delimiter` must be one character, such as ';'; got {quoted(delimiter)}."
        raise BadInputError(msg)
    if len(set(columns)) != len(columns) or not all(columns):
        msg = f"`columns` must be different names; got {quoted(', '.join(columns))}."
        raise BadInputError(msg)
    rows = csv_rows(path, delimiter)
    if len(rows) + bool(columns) < 2:
        msg = f"{path}: the table must have a header and rows; it has {len(rows)} lines."
        raise FileFormatError(msg)
    if columns:
        header, rows = tuple(columns), [(0, []), *rows]
    else:
        header = tuple(cell.strip() for cell in rows[0][1])
    for line, row in rows[1:]:
        if len(row) != len(header):
            msg = (
                f"{path}: line {line}: a row must have {len(header)} cells, as "
                f"{'`columns` names' if columns else 'the header has'}; got {len(row)}. "
                "If something else than a comma stands between them, say so (`delimiter`)."
            )
            raise FileFormatError(msg)
    return ResponseTable(str(path), header, tuple(rows[1:]))
