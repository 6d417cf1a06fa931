"""Conductivities by tissue tag: on the command line, in JSON or in CSV."""

import math
from collections.abc import Iterable
from pathlib import Path

from cortistim.errors import BadInputError
from cortistim.io.text import csv_rows, json_of

EXAMPLE = "Write them like 2=0.3,3=1.6, or name a .json or .csv file."


def parse_sigma(text: str) -> dict[int, float]:
    """Read conductivities.

    Parameters
    ----------
    text : str
        Such as ``2=0.3,3=1.6`` (S/m by tag), or the path of a JSON file ``{"2": 0.3}`` or
        of a CSV file with rows of tag and S/m, with or without a header.

    Returns
    -------
    dict of int to float
        S/m by tag.

    Raises
    ------
    BadInputError
        When a tag is no whole number or occurs twice, or a conductivity is not positive
        and finite.
    """
    suffix = Path(text).suffix.lower()
    if suffix == ".json":
        return _table((str(tag), str(value)) for tag, value in json_of(text).items())
    if suffix == ".csv":
        rows = [row for _, row in csv_rows(text) if any(row)]
        if rows and not rows[0][0].strip().isdecimal():
            rows = rows[1:]
        return _table((row[0], ",".join(row[1:2])) for row in rows)
    parts = (part for part in text.replace(";", ",").split(",") if part.strip())
    return _table((tag, value) for tag, _, value in (part.partition("=") for part in parts))


def _table(pairs: Iterable[tuple[str, str]]) -> dict[int, float]:
    table: dict[int, float] = {}
    for tag_text, value_text in pairs:
        tag = _tag(tag_text.strip())
        if tag in table:
            msg = f"each tag may have one conductivity; tag {tag} has two. Remove one."
            raise BadInputError(msg)
        table[tag] = _conductivity(tag, value_text.strip())
    if not table:
        msg = f"there must be at least one conductivity; got none. {EXAMPLE}"
        raise BadInputError(msg)
    return table


def _tag(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 6):
        msg = f"a tissue tag must be a whole number; got {text[:40]!r}. {EXAMPLE}"
        raise BadInputError(msg)
    return int(text)


def _conductivity(tag: int, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        msg = (
            f"the conductivity of tag {tag} must be a positive number of S/m; got "
            f"{text[:40]!r}. {EXAMPLE}"
        )
        raise BadInputError(msg)
    return value
