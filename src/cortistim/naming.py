"""Names that people type: one spelling for all tables, and one guess at what was meant."""

import difflib
from collections.abc import Iterable, Mapping

from cortistim.errors import BadInputError, quoted

LIKENESS = 0.6
"""Share of letters in common from which a name may have been meant; assumed, by eye."""
MOST_GUESSES = 3
LONGEST_NAME = 60  # characters that are compared: the work grows with the square


def spelt(name: str) -> str:
    """Return the spelling by which names are compared.

    Parameters
    ----------
    name : str
        As typed or as listed, such as ``MagVenture Cool-B65``.

    Returns
    -------
    str
        Small letters and digits, with one underscore for whatever stands between them:
        ``magventure_cool_b65``.
    """
    letters = "".join(letter if letter.isalnum() else "_" for letter in name.lower())
    return "_".join(part for part in letters.split("_") if part)


def find(
    name: str,
    names: Iterable[str],
    *,
    kind: str,
    known: str = "",
    also: Mapping[str, str] | None = None,
) -> str:
    """Return the listed name that a user means.

    Parameters
    ----------
    name : str
        As typed; case and punctuation do not matter.
    names : iterable of str
        Those of the table.
    kind : str
        What they are names of, such as ``coil``.
    known : str, optional
        What to say of the names that there are; lists them by default.
    also : mapping of str to str, optional
        Other spellings, each with the listed name it stands for.

    Returns
    -------
    str
        One of `names`.

    Raises
    ------
    BadInputError
        When there is none, with the nearest ones.
    """
    found = listed(name, names, also=also)
    if found is not None:
        return found
    known = known or f"Known: {', '.join(names)}."
    msg = f"no {kind} is named {quoted(name)}. {did_you_mean(name, names)}{known}"
    raise BadInputError(msg)


def listed(
    name: str, names: Iterable[str], *, also: Mapping[str, str] | None = None
) -> str | None:
    """Return the listed name that a user means, None where there is none.

    Parameters
    ----------
    name : str
        As typed; case and punctuation do not matter.
    names : iterable of str
        Those of the table.
    also : mapping of str to str, optional
        Other spellings, each with the listed name it stands for.

    Returns
    -------
    str or None
        One of `names`.
    """
    by_spelling = {spelt(one): one for one in names}
    by_spelling |= {spelt(other): one for other, one in (also or {}).items()}
    return by_spelling.get(spelt(name))


def did_you_mean(name: str, names: Iterable[str], *, most: int = MOST_GUESSES) -> str:
    """Ask whether a listed name was meant.

    Parameters
    ----------
    name : str
        As typed.
    names : iterable of str
        Those of the table.
    most : int
        How many are named at most.

    Returns
    -------
    str
        Such as ``Did you mean chen1997? `` with a blank at the end, to stand before the next
        sentence; empty where no name is near.
    """
    near = nearest(name, names, most=most)
    return f"Did you mean {' or '.join(near)}? " if near else ""


def nearest(name: str, names: Iterable[str], *, most: int = MOST_GUESSES) -> list[str]:
    """Return the listed names that are most like what was typed.

    Parameters
    ----------
    name : str
        As typed.
    names : iterable of str
        Those of the table.
    most : int
        How many are returned at most.

    Returns
    -------
    list of str
        As listed, the nearest first.
    """
    by_spelling = {spelt(one): one for one in names}
    typed = spelt(name[:LONGEST_NAME])
    keys = difflib.get_close_matches(typed, by_spelling, n=most, cutoff=LIKENESS)
    return [by_spelling[key] for key in keys]
