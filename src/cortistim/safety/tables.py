"""Tables of the longest trains, by name; and the cell that counts.

Between two rows or columns the next higher rate and intensity count; nothing is
interpolated and nothing is carried beyond the last row or column.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from cortistim.naming import find
from cortistim.plain import plain_yaml

DEFAULT_TABLE = "rossi2009"
WITHIN, BEYOND, EXCEEDS, OUTSIDE = (
    "within", "beyond longest tested", "exceeds", "outside the tables",
)  # fmt: skip
UNCHECKED = "cannot be checked"
SEVERITY = (WITHIN, BEYOND, OUTSIDE, EXCEEDS, UNCHECKED)
"""From the mildest verdict to the one that outranks all others."""
HIGHEST_RATE_HZ = 25.0
DIGITS = 6  # times and shares that differ by less are the same
RATE_SLACK = 1e-3
"""Rates that differ by less are the same: jitter moves a train's mean rate that far."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One entry of a table.

    Parameters
    ----------
    rate_hz : float [Hz]
        The row.
    percent : float
        The column, in % of the hand's resting motor threshold.
    limit_s : float [s]
        Longest train.
    found : bool
        True when a limit was found, False when it is only the longest tested.
    confidence : str
        How sure the number is that of the source.
    """

    rate_hz: float
    percent: float
    limit_s: float
    found: bool
    confidence: str

    @property
    def words(self) -> str:
        """The entry, such as ``360 s as the longest tested``."""
        kind = "a limit found" if self.found else "the longest tested"
        return f"{self.limit_s:g} s as {kind}"

    def verdict(self, train_s: float) -> str:
        """Rate a train of this length."""
        if round(train_s - self.limit_s, DIGITS) <= 0:
            return WITHIN
        return EXCEEDS if self.found else BEYOND


@dataclass(frozen=True, eq=False)
class TrainTable:
    """A published table of train lengths.

    Parameters
    ----------
    name : str
        Author and year.
    words : str
        What it holds.
    sources : tuple of str
        Keys of ``references.bib``.
    basis : str
        Read at the source, or quoted from memory.
    cells : mapping
        By rate and percent.
    trains : str
        ``single`` or ``repeated``: which trains its lengths hold for.
    """

    name: str
    words: str
    sources: tuple[str, ...]
    basis: str
    cells: Mapping[tuple[float, float], Cell]
    trains: str

    def cell(self, rate_hz: float, percent: float) -> Cell | None:
        """Return the cell of the next higher rate and intensity; None beyond the last.

        Parameters
        ----------
        rate_hz : float [Hz]
            Of the train.
        percent : float
            Of the hand's resting motor threshold.
        """
        rates = [rate for rate, _ in self.cells if rate >= rate_hz * (1 - RATE_SLACK)]
        shares = [share for _, share in self.cells if share >= round(percent, DIGITS)]
        if not rates or not shares:
            return None
        return self.cells[min(rates), min(shares)]


@cache
def _content() -> dict[str, Any]:
    text = files("cortistim").joinpath("safety/data/trains.yaml").read_text("utf-8")
    return plain_yaml(text, "the shipped tables")


def table_names() -> tuple[str, ...]:
    """Return the names that `named_table` knows."""
    return tuple(_content())


@cache
def named_table(name: str = DEFAULT_TABLE) -> TrainTable:
    """Return a table by its name.

    Parameters
    ----------
    name : str
        One of `table_names`; case and punctuation do not matter.

    Returns
    -------
    TrainTable
        With its source.

    Raises
    ------
    BadInputError
        When no table has this name.
    """
    key = find(name, table_names(), kind="safety table")
    entry = _content()[key]
    numbers = _content()[entry.get("same_as", key)]
    cells = {
        (float(rate), float(percent)): _cell(rate, percent, text, confidence)
        for rate, row in numbers["rows"].items()
        for percent, text, confidence in zip(
            numbers["percent"], row, numbers["confidence"], strict=True
        )
    }
    sources = tuple(entry["sources"])
    return TrainTable(key, entry["words"], sources, entry["basis"], cells, entry["trains"])


def disagreement(table: TrainTable, cell: Cell) -> str:
    """Say where another table of the same kind of trains has another entry in a cell.

    Parameters
    ----------
    table : TrainTable
        The one that the cell is of.
    cell : Cell
        One of its entries.

    Returns
    -------
    str
        One sentence with both entries; empty when no other table differs.
    """
    numbers = {_content()[name].get("same_as", name) for name in table_names()}
    others = (named_table(name) for name in sorted(numbers) if name != table.name)
    rivals = (
        (other, other.cells.get((cell.rate_hz, cell.percent)))
        for other in others
        if other.trains == table.trains
    )
    against = [
        f"{other.name} has {rival.words}"
        for other, rival in rivals
        if rival is not None and rival.words != cell.words
    ]
    if not against:
        return ""
    return (
        f"the tables disagree at {cell.rate_hz:g} Hz and {cell.percent:g} %: {table.name} has "
        f"{cell.words}, {', '.join(against)}; check the papers."
    )


def _cell(rate_hz: float, percent: float, text: object, confidence: str) -> Cell:
    seconds = str(text)
    found = not seconds.endswith("+")
    return Cell(float(rate_hz), float(percent), float(seconds.rstrip("+")), found, confidence)
