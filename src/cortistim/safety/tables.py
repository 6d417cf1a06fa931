"""Tables of the longest trains, by name; and the cell that counts.

Between two rows or columns the next higher rate and intensity count; nothing is
interpolated and nothing is carried beyond the last row or column.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from cortistim.naming import find
from cortistim.plain import plain_yaml
from cortistim.records.safety import (
    CellRecord,
    Confidence,
    LimitKind,
    TableCellRecord,
    TableRecord,
    VerdictName,
)

DEFAULT_TABLE = "rossi2009"
WITHIN: Literal["within"] = "within"
BEYOND: Literal["beyond longest tested"] = "beyond longest tested"
EXCEEDS: Literal["exceeds"] = "exceeds"
OUTSIDE: Literal["outside the tables"] = "outside the tables"
UNCHECKED: Literal["cannot be checked"] = "cannot be checked"
SEVERITY: tuple[VerdictName, ...] = (WITHIN, BEYOND, OUTSIDE, EXCEEDS, UNCHECKED)
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
    confidence: Confidence

    @property
    def kind(self) -> LimitKind:
        """What the entry is."""
        return "limit found" if self.found else "longest tested"

    @property
    def words(self) -> str:
        """The entry, such as ``360 s as the longest tested``."""
        return f"{self.limit_s:g} s as {'a' if self.found else 'the'} {self.kind}"

    def verdict(self, train_s: float) -> VerdictName:
        """Rate a train.

        Parameters
        ----------
        train_s : float [s]
            Its length.

        Returns
        -------
        str
            ``within``, ``exceeds`` or ``beyond longest tested``.
        """
        if round(train_s - self.limit_s, DIGITS) <= 0:
            return WITHIN
        return EXCEEDS if self.found else BEYOND

    def record(self) -> CellRecord:
        """Return the entry as a record.

        Returns
        -------
        CellRecord
            Of the same numbers.
        """
        return CellRecord(
            rate_hz=self.rate_hz,
            percent_of_hand_rmt=self.percent,
            limit_s=self.limit_s,
            kind=self.kind,
            confidence=self.confidence,
        )


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

        Returns
        -------
        Cell or None
            The one that counts.
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
    """Return the names that `named_table` knows.

    Returns
    -------
    tuple of str
        The default first.
    """
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


def table_record(name: str) -> TableRecord:
    """Return a table as a record.

    Parameters
    ----------
    name : str
        One of `table_names`.

    Returns
    -------
    TableRecord
        With what other tables say otherwise.
    """
    table = named_table(name)
    return TableRecord(
        words=table.words,
        basis=table.basis,
        sources=table.sources,
        cells=tuple(
            TableCellRecord(
                rate_hz=cell.rate_hz,
                percent_of_hand_rmt=cell.percent,
                limit_s=cell.limit_s,
                kind=cell.kind,
                confidence=cell.confidence,
                disagreement=disagreement(table, cell),
            )
            for cell in table.cells.values()
        ),
    )


def _cell(rate_hz: float, percent: float, text: object, confidence: Confidence) -> Cell:
    seconds = str(text)
    found = not seconds.endswith("+")
    return Cell(float(rate_hz), float(percent), float(seconds.rstrip("+")), found, confidence)
