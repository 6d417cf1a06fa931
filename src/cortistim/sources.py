"""Where every number comes from.

A constant names a key of ``references.bib``, or ``assumed`` with its reason in a note. A
result lists its keys in ``sources``, and `cite` turns them into the BibTeX that is owed.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Protocol

from cortistim.errors import BadInputError

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
        The field's text as a reader sees it: without braces and TeX's accents.
    """
    hit = re.search(rf"(?m)^\s*{name}\s*=\s*\{{(.*)\}},?\s*$", references().get(key, ""))
    if hit is None:
        return ""
    return hit[1] if name in ("doi", "url") else _without_tex(hit[1])


ACCENTS = {
    '"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303", "v": "\u030c",
    "c": "\u0327", "u": "\u0306", "H": "\u030b", "r": "\u030a", "=": "\u0304", ".": "\u0307",
}  # fmt: skip
"""Combining characters by the TeX command that sets them."""
LETTERS = {
    "ss": "ß", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "aa": "å", "AA": "Å", "ae": "æ",
    "AE": "Æ", "oe": "œ", "OE": "Œ", "i": "ı", "j": "ȷ",
}  # fmt: skip


def _without_tex(text: str) -> str:
    """Turn the TeX of a bibliography into plain Unicode."""
    # an accent's letter follows at once, after a blank, or in braces of its own
    accent = r"""\\(?:(["'`^~=.])\s*|([vcuHr])(?:\s+|(?=\{)))\{?\\?([A-Za-z])\}?"""
    text = re.sub(accent, lambda hit: hit[3] + ACCENTS[hit[1] or hit[2]], text)
    text = re.sub(r"\\(ss|aa|AA|ae|AE|oe|OE|[oOlLij])(?![A-Za-z])\s?",
                  lambda hit: LETTERS[hit[1]], text)  # fmt: skip
    text = re.sub(r"\\([_&%$#])", r"\1", text)
    text = re.sub(r"\$\^(\w)\$", r"\1", text)  # a raised sign, such as that of Rapid 2
    text = text.replace("--", "–").replace("~", " ")
    return unicodedata.normalize("NFC", re.sub(r"[{}]", "", text))


def describe(key: str) -> str:
    """Return one line for a reader: authors, year, title, DOI.

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
        msg = f"source key must be in references.bib; got {key!r}. Add the entry."
        raise BadInputError(msg)
    doi = field_of(key, "doi")
    parts = [field_of(key, name) for name in ("author", "year", "title", "journal")]
    known = [part.rstrip(".") for part in parts if part]
    return ". ".join([*known, f"doi:{doi}"] if doi else known)


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
