"""What a section of the report is made of: words and records, without any markup."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cortistim.records.provenance import SourceRecord


@dataclass(frozen=True)
class Heading:
    """A title within a section.

    Parameters
    ----------
    text : str
        Its words.
    """

    text: str


@dataclass(frozen=True)
class Paragraph:
    """A sentence or more.

    Parameters
    ----------
    text : str
        Its words.
    lead : str, optional
        Stands before them in bold, such as a verdict.
    style : {"", "missing", "hint"}, optional
        Whether it says that something is not there, or how to use what stands above.
    """

    text: str
    lead: str = ""
    style: Literal["", "missing", "hint"] = ""


@dataclass(frozen=True)
class Bullets:
    """A list.

    Parameters
    ----------
    texts : sequence of str
        One for each point; a text that comes twice is shown once.
    """

    texts: Sequence[str]


@dataclass(frozen=True)
class Pairs:
    """A record as a table of two columns.

    Parameters
    ----------
    record : dataclass or mapping
        A part of the plan.
    leave_out : tuple of str, optional
        Keys that are shown elsewhere.
    """

    record: Any
    leave_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Grid:
    """Records as a table with one line each.

    Parameters
    ----------
    records : sequence of dataclasses or mappings
        Their keys are the columns.
    """

    records: Sequence[Any]


@dataclass(frozen=True)
class Sources:
    """Publications, one line each.

    Parameters
    ----------
    sources : sequence of SourceRecord
        Keys and texts.
    """

    sources: Sequence[SourceRecord]


@dataclass(frozen=True)
class Matrix:
    """A pose that can be copied.

    Parameters
    ----------
    lines : tuple of str
        Rows of numbers.
    """

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Columns:
    """Parts side by side.

    Parameters
    ----------
    parts : tuple of tuples of blocks
        From left to right.
    """

    parts: "tuple[Blocks, ...]"


Block = Heading | Paragraph | Bullets | Pairs | Grid | Sources | Matrix | Columns
Blocks = tuple[Block, ...]


@dataclass(frozen=True)
class Tile:
    """A number that answers at a glance.

    Parameters
    ----------
    name, value, unit, about : str
        What it is, the number, its unit, and what to know of it.
    words : bool, optional
        Whether words stand in the number's place.
    """

    name: str
    value: str
    unit: str = ""
    about: str = ""
    words: bool = False


@dataclass(frozen=True)
class Picture:
    """A figure inside the page.

    Parameters
    ----------
    name : str
        Said where it cannot be seen.
    data : str
        The PNG in base 64.
    title, caption : str
        Words below it; the title in bold.
    """

    name: str
    data: str
    title: str
    caption: str
