"""Tables of nuisance regressors: fMRIPrep's, or any columns of numbers with tabs between."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError, FileFormatError, quoted
from cortistim.geometry import freeze
from cortistim.io.text import text_of
from cortistim.typing import FloatArray

MOST_COLUMNS = 20_000
MISSING = ("n/a", "na", "nan", "")
MOTION = re.compile(r"(trans|rot)_[xyz](_derivative1)?(_power2)?")
TISSUE = ("csf", "white_matter")
DISPLACEMENT, WHOLE = "framewise_displacement", "global_signal"
UNSTEADY = "non_steady_state_outlier"


@dataclass(frozen=True, eq=False)
class ConfoundTable:
    """Columns of numbers, a row for each frame.

    Parameters
    ----------
    path : str
        Named in complaints.
    names : tuple of str
        Of the columns.
    values : (n_frame, n_column) array
        NaN where a cell is n/a.
    """

    path: str
    names: tuple[str, ...]
    values: FloatArray

    def __post_init__(self) -> None:
        """Freeze the values."""
        freeze(self, "values")

    @property
    def known(self) -> bool:
        """Whether the columns bear fMRIPrep's names of motion."""
        return any(MOTION.fullmatch(name) for name in self.names)

    def column(self, name: str) -> FloatArray | None:
        """Return a column, zero where a cell is n/a.

        Parameters
        ----------
        name : str
            Of the column.

        Returns
        -------
        (n_frame,) array or None
            None where there is no such column.
        """
        if name not in self.names:
            return None
        return np.nan_to_num(self.values[:, self.names.index(name)], nan=0.0)

    def nuisance_names(self) -> tuple[str, ...]:
        """Choose the regressors: motion (up to 24) and tissue, or all columns of a plain table.

        Returns
        -------
        tuple of str
            Never the global signal, which is treated by itself.
        """
        if not self.known:
            return tuple(name for name in self.names if name not in (WHOLE, DISPLACEMENT))
        return tuple(n for n in self.names if MOTION.fullmatch(n) or n in TISSUE)

    def unsteady(self) -> FloatArray:
        """Tell which frames were taken before the signal was steady.

        Returns
        -------
        (n_frame,) bool array
            By the columns non_steady_state_outlier of fMRIPrep.
        """
        found = [k for k, name in enumerate(self.names) if name.startswith(UNSTEADY)]
        return (np.nan_to_num(self.values[:, found]) != 0).any(axis=1)


def read_confounds(path: Path | str, n_frame: int) -> ConfoundTable:
    """Read a table of nuisance regressors.

    Parameters
    ----------
    path : Path or str
        Tab-separated text with a header, a row for each frame.
    n_frame : int
        Of the series.

    Returns
    -------
    ConfoundTable
        All its columns of numbers.

    Raises
    ------
    BadInputError
        When it has another number of rows than there are frames.
    FileFormatError
        When it is no such table.
    """
    lines = [line for line in text_of(path).splitlines() if line.strip()]
    if not lines:
        msg = f"{path}: the table must have a header and rows; it is empty."
        raise FileFormatError(msg)
    names = tuple(name.strip().strip('"') for name in lines[0].split("\t"))
    if len(lines) - 1 != n_frame:
        msg = (
            f"{path}: `confounds` must have a row for each of the {n_frame} volumes; it has "
            f"{len(lines) - 1}. Take the table of the same run."
        )
        raise BadInputError(msg)
    if len(names) > MOST_COLUMNS or len(set(names)) != len(names):
        msg = f"{path}: columns must have different names, at most {MOST_COLUMNS} of them."
        raise FileFormatError(msg)
    values = np.full((n_frame, len(names)), np.nan)
    for row, line in enumerate(lines[1:]):
        cells = line.split("\t")
        if len(cells) != len(names):
            msg = (
                f"{path}: line {row + 2}: a row must have {len(names)} cells, as the header "
                f"has; got {len(cells)}. Columns are separated by tabs."
            )
            raise FileFormatError(msg)
        for place, cell in enumerate(cells):
            values[row, place] = _number(path, row + 2, names[place], cell)
    return ConfoundTable(str(path), names, values)


def _number(path: Path | str, line: int, name: str, cell: str) -> float:
    text = cell.strip().strip('"').lower()
    if text in MISSING:
        return float("nan")
    try:
        value = float(text)
    except ValueError:
        value = float("inf")
    if not np.isfinite(value):
        msg = (
            f"{path}: line {line}, column {quoted(name)}: a number or n/a is needed there; got "
            f"{quoted(cell)}."
        )
        raise FileFormatError(msg)
    return value
