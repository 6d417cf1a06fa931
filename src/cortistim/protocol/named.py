"""Protocols by name: those of the laboratory, of the library, and a few short names."""

from collections.abc import Mapping

from cortistim.errors import BadInputError, quoted
from cortistim.naming import did_you_mean, listed
from cortistim.protocol.blocks import Bursts, Train
from cortistim.protocol.laboratory import laboratory_names, laboratory_recipe
from cortistim.protocol.library import library, library_entry
from cortistim.protocol.protocol import Protocol
from cortistim.protocol.recipe import Recipe
from cortistim.sources import ASSUMED

DEFAULT_PROTOCOL = "itbs_depression"

_SHORT: Mapping[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            "itbs_depression", (Bursts(3, 50, 5, 10, 20, 8.0),), 1.2, "rMT",
            sources=("blumberger2018",),
        ),
        Recipe(
            "rtms10hz_depression", (Train(10, 40, 75, 26.0),), 1.2, "rMT",
            sources=("oreardon2007",),
        ),
        Recipe(
            "rtms1hz", (Train(1, 1800),), 1.2, "rMT",
            sources=("lefaucheur2020",), confidence="medium",
        ),
        Recipe("single_pulse", (Train(1, 1),), 1.2, "rMT", sources=(ASSUMED,)),
    )
}  # fmt: skip


def protocol_names() -> tuple[str, ...]:
    """Return the short names, the default first.

    Returns
    -------
    tuple of str
        In the order of the list.
    """
    return tuple(_SHORT)


def known_names() -> tuple[str, ...]:
    """Return every name that `named_protocol` knows, besides patterns.

    Returns
    -------
    tuple of str
        Each once.
    """
    return tuple(dict.fromkeys((*_SHORT, *laboratory_names(), *library())))


def named_recipe(name: str = DEFAULT_PROTOCOL) -> Recipe:
    """Return the recipe of a named protocol.

    Parameters
    ----------
    name : str
        One of `known_names` or a pattern that `laboratory_recipe` knows. Case and
        punctuation do not matter.

    Returns
    -------
    Recipe
        One session, with its source.

    Raises
    ------
    BadInputError
        When no protocol has this name, or the library lacks numbers of it.
    """
    entry, short = library_entry(name), listed(name, _SHORT)
    if entry is not None:
        return entry.recipe()
    if short is not None:
        return _SHORT[short]
    try:  # a pattern may hold a decimal point, such as QPS1.5
        return laboratory_recipe(name.strip().replace("-", "_").replace(" ", "_"))
    except KeyError:
        raise BadInputError(_unknown(name)) from None


def named_protocol(name: str = DEFAULT_PROTOCOL) -> Protocol:
    """Return a protocol by its name.

    Parameters
    ----------
    name : str
        As in `named_recipe`.

    Returns
    -------
    Protocol
        Every pulse of one session, with its source.

    Raises
    ------
    BadInputError
        When no protocol has this name.
    """
    return named_recipe(name).protocol()


def _unknown(name: str) -> str:
    return (
        f"no protocol is named {quoted(name)}. {did_you_mean(name, known_names())}'cortistim "
        f"protocol list' shows all; {', '.join(protocol_names())} are the short names."
    )
