"""The cells that are built in: five types of cortical neurons, five clones of each.

No reconstruction is shipped. ``data/cells.json`` holds the statistics that clones are grown
from, where they are from, and which were fitted so that thresholds follow those published for
reconstructed cells (Aberra 2020). Clones stand for a population, none for a single neuron.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from cortistim.naming import find
from cortistim.neuron.arbor import grow
from cortistim.neuron.cable import Cable, cable_of
from cortistim.neuron.morphology import Morphology

CLONES = 5
TYPES = ("L1", "L23", "L4", "L5", "L6")


@cache
def statistics() -> Mapping[str, Any]:
    """Read the statistics of all types."""
    text = files("cortistim.neuron").joinpath("data/cells.json").read_text(encoding="utf-8")
    return json.loads(text)


def cell_type(name: str) -> str:
    """Find the type that a user means.

    Parameters
    ----------
    name : str
        Such as ``L5`` or ``l2/3``.

    Returns
    -------
    str
        One of `TYPES`.

    Raises
    ------
    BadInputError
        When there is no such type.
    """
    known = f"Give one of {', '.join(TYPES)}, or an .swc or .asc file."
    return find(name, TYPES, kind="cell", known=known, also={"L2/3": "L23"})


def clone_shape(name: str, clone: int) -> Morphology:
    """Grow one clone.

    Parameters
    ----------
    name : str
        One of `TYPES`.
    clone : int
        1 to `CLONES`.

    Returns
    -------
    Morphology
        The same each time.
    """
    chosen = statistics()["types"][name]
    row = chosen["clones"][clone - 1]
    return grow(chosen, row["seed"], f"{name} clone {clone}", scale=row["calibre"])


@cache
def clones(name: str) -> tuple[Cable, ...]:
    """Return the clones of a type, cut into compartments.

    Parameters
    ----------
    name : str
        One of `TYPES`.

    Returns
    -------
    tuple of Cable
        `CLONES` of them.
    """
    return tuple(cable_of(clone_shape(name, k + 1)) for k in range(CLONES))
