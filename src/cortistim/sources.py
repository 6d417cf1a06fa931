"""Where every number comes from.

A constant names a key of ``references.bib``, or ``assumed`` with its reason in a note. A
result lists its keys in ``sources``, and `cite` turns them into the BibTeX that is owed.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Protocol

from cortistim.errors import BadInputError, quoted

ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Sourced:
    """A number with its unit and its source.

    Parameters
    ----------
    value : float
        The number, in the unit.
    unit : str
        SI unless the name says otherwise.
    key : str
        A key of ``references.bib``, or ``assumed``.
    note : str
        Page, table, reason, confidence.
    """

    value: float
    unit: str
    key: str
    note: str = ""


class HasSources(Protocol):
    """Anything that knows what it rests on."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of ``references.bib``."""
        ...


@cache
def references() -> dict[str, str]:
    """Read the bibliography, entry by key."""
    text = files("cortistim").joinpath("references.bib").read_text(encoding="utf-8")
    entries = re.split(r"(?m)^(?=@)", text)
    found = (re.match(r"@\w+\{([^,]+),", entry) for entry in entries)
    return {hit[1]: hit.string.strip() for hit in found if hit}


def field_of(key: str, name: str) -> str:
    """Return one field of a bibliography entry, or an empty string.

    Parameters
    ----------
    key : str
        A key of ``references.bib``.
    name : str
        Such as ``doi``, ``title``, ``year``.

    Returns
    -------
    str
        The field's text without braces; the file is Unicode, without TeX's commands.
    """
    hit = re.search(rf"(?m)^\s*{name}\s*=\s*\{{(.*)\}},?\s*$", references().get(key, ""))
    return re.sub(r"[{}]", "", hit[1]) if hit else ""


def describe(key: str) -> str:
    """Return one line for a reader: authors, year, title, journal, DOI or else the address.

    Parameters
    ----------
    key : str
        A key of ``references.bib``, or ``assumed``.

    Returns
    -------
    str
        The line.
    """
    if key == ASSUMED:
        return "assumed by cortistim; no publication"
    if " " in key:  # words such as "given by the user" stand for themselves
        return key
    if key not in references():
        msg = f"source key must be in references.bib; got {quoted(key)}. Add the entry."
        raise BadInputError(msg)
    doi = field_of(key, "doi")
    place = field_of(key, "journal") or field_of(key, "howpublished")
    address = f"doi:{doi}" if doi else field_of(key, "url")
    named = (field_of(key, name) for name in ("author", "year", "title"))
    return ". ".join(part.rstrip(".") for part in (*named, place, address) if part)


def cite(result: HasSources) -> str:
    """Return the BibTeX entries that a result rests on.

    Parameters
    ----------
    result : object with ``sources``
        A head, coil, pulse, field, plan, ...

    Returns
    -------
    str
        BibTeX, one entry per source.
    """
    keys = [key for key in dict.fromkeys(result.sources) if key != ASSUMED and " " not in key]
    return "\n\n".join(references()[key] for key in keys)
