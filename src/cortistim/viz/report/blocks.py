"""What a section of the report is made of: words for readers, without any markup."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

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
    style : {"", "missing", "hint", "alarm"}, optional
        Whether it says that something is not there, how to use what stands above, or what
        must not be overlooked.
    """

    text: str
    lead: str = ""
    style: Literal["", "missing", "hint", "alarm"] = ""


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
class Facts:
    """Names with what is known of each, chosen and worded for readers.

    Parameters
    ----------
    rows : sequence of (str, str)
        Name and value in words; a row whose value is empty is left out.
    """

    rows: Sequence[tuple[str, str]]

    @property
    def told(self) -> tuple[tuple[str, str], ...]:
        """Rows that say something."""
        return tuple((name, value) for name, value in self.rows if value)


@dataclass(frozen=True)
class Table:
    """Lines under headings; on a narrow page each line becomes a card.

    Parameters
    ----------
    headings : sequence of str
        One for each column, with its unit.
    lines : sequence of sequences of str
        Cells as they are shown; the first one names the line.
    first : bool, optional
        Whether the first line stands out.
    """

    headings: Sequence[str]
    lines: Sequence[Sequence[str]]
    first: bool = False


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
class Figure:
    """Where a figure stands; left out where it was not drawn.

    Parameters
    ----------
    name : str
        Of the figure's file.
    """

    name: str


@dataclass(frozen=True)
class Scene:
    """Where the 3-D scene stands."""


@dataclass(frozen=True)
class Folded:
    """Details that a reader opens.

    Parameters
    ----------
    title : str
        What is in them.
    parts : tuple of blocks
        The details.
    """

    title: str
    parts: "Blocks"


Block = (
    Heading | Paragraph | Bullets | Facts | Table | Sources | Matrix | Figure | Scene | Folded
)
Blocks = tuple[Block, ...]


@dataclass(frozen=True)
class Section:
    """A chapter of the page.

    Parameters
    ----------
    anchor : str
        Where contents point.
    title : str
        Of the chapter, and in the contents.
    parts : tuple of blocks
        What it holds.
    """

    anchor: str
    title: str
    parts: Blocks


@dataclass(frozen=True)
class Tile:
    """A number that answers at a glance.

    Parameters
    ----------
    name, value, unit, about : str
        What it is, the number, its unit, and what to know of it.
    words : bool, optional
        Whether words stand in the number's place.
    alarm : bool, optional
        Whether it must not be overlooked.
    """

    name: str
    value: str
    unit: str = ""
    about: str = ""
    words: bool = False
    alarm: bool = False


@dataclass(frozen=True)
class Picture:
    """A figure inside the page.

    Parameters
    ----------
    name : str
        Said where it cannot be seen.
    data : str
        The picture as a data URL.
    title, caption : str
        Words below it; the title in bold.
    """

    name: str
    data: str
    title: str
    caption: str
