"""Coils by name: published dimensions, wound into dipoles.

Dimensions of the windings are those of Deng, Lisanby & Peterchev (2013, Brain Stimul 6:1)
and of the makers' sheets that they list; copper lies 5 mm behind the casing's face there
and here. These are models of a type of coil: single units differ by some percent, and
files of measured coils (.ccd) say more about the unit they were measured on.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from cortistim.coil.coil import Coil
from cortistim.coil.windings import Winding, figure_eight_wings, round_wings
from cortistim.coil.wound import wound_coil
from cortistim.errors import BadInputError
from cortistim.naming import find
from cortistim.sources import ASSUMED
from cortistim.units import m_from_mm

DEFAULT_COIL = "magstim_d70"
PLASTIC_M = 5e-3
DENG = ("deng2013",)


@dataclass(frozen=True, slots=True)
class NamedCoil:
    """One row of the table of coils.

    Parameters
    ----------
    name : str
        What a user types.
    words : str
        What it is.
    winding : Winding
        Of each wing.
    figure_eight : bool
        Two wings, or one round winding.
    sources : tuple of str
        Keys of ``references.bib``, and ``assumed`` where a number is.
    bend_rad : float [rad]
        Turn of each wing towards the head.
    gap_m : float [m]
        Between the wings; negative where they overlap.
    note : str
        What is assumed, and why.
    """

    name: str
    words: str
    winding: Winding
    figure_eight: bool
    sources: tuple[str, ...]
    bend_rad: float = 0.0
    gap_m: float = 0.0
    note: str = ""


def _mm(inner: float, outer: float, turns: int, *wire_and_layers: float) -> Winding:
    """Read a row as it is published: millimetres, wire width, wire height, layers."""
    width, height, *layers = wire_and_layers
    return Winding(
        m_from_mm(inner),
        m_from_mm(outer),
        turns,
        m_from_mm(width),
        m_from_mm(height),
        int(layers[0]) if layers else 1,
    )


_D70_NOTE = (
    "A 20 mm in front is 6 % above that of a D70 unit measured by Drakaki et al. (2022), "
    "whose copper lies deeper."
)
_DCC_NOTE = "Dimensions and the 95 degrees between the wings are the maker's, from memory."
_MCB70_NOTE = (
    "The wings overlap and are bent; neither number is published: the overlap of 40 mm is "
    "the one that gives Deng's half-value depth, the bend of 7.5 degrees each is a guess."
)

TABLE = {
    row.name: row
    for row in (
        NamedCoil(
            "magstim_d70",
            "Magstim 70 mm figure-8 (P/N 9925, 3190), Deng's no. 31",
            _mm(56, 87, 9, 1.75, 6),
            figure_eight=True,
            sources=DENG,
            note=_D70_NOTE,
        ),
        NamedCoil(
            "magstim_d25",
            "Magstim 25 mm figure-8 (P/N 1165), Deng's no. 25",
            _mm(18, 42, 14, 0.75, 6),
            figure_eight=True,
            sources=DENG,
        ),
        NamedCoil(
            "magstim_dcc",
            "Magstim 110 mm double cone",
            _mm(96, 125, 7, 1.75, 6),
            figure_eight=True,
            sources=(ASSUMED,),
            bend_rad=float(np.deg2rad(42.5)),
            note=_DCC_NOTE,
        ),
        NamedCoil(
            "magstim_round_70mm",
            "Magstim 70 mm round (P/N 9762), Deng's no. 4",
            _mm(40, 94, 15, 1.75, 6),
            figure_eight=False,
            sources=DENG,
        ),
        NamedCoil(
            "round_90mm",
            "90 mm round, the common large coil, Deng's no. 5",
            _mm(66, 123, 14, 1.75, 6),
            figure_eight=False,
            sources=DENG,
        ),
        NamedCoil(
            "magstim_round_mst",
            "Magstim round for magnetic seizure therapy in animals, 2 layers, Deng's no. 6",
            _mm(47, 97.5, 9, 1.75, 6, 2),
            figure_eight=False,
            sources=DENG,
        ),
        NamedCoil(
            "magventure_c_b60",
            "MagVenture C-B60 figure-8, 2 layers, Deng's no. 29",
            _mm(35, 75, 5, 1.75, 11, 2),
            figure_eight=True,
            sources=DENG,
        ),
        NamedCoil(
            "magventure_mc_b70",
            "MagVenture MC-B70 figure-8, bent, Deng's no. 30",
            _mm(24, 108, 10, 3.5, 6),
            figure_eight=True,
            sources=(*DENG, ASSUMED),
            bend_rad=float(np.deg2rad(7.5)),
            gap_m=-0.040,
            note=_MCB70_NOTE,
        ),
    )
}


def coil_names() -> tuple[str, ...]:
    """Return the names that `named_coil` knows, the default first.

    Returns
    -------
    tuple of str
        In the alphabet's order behind the default.
    """
    return (DEFAULT_COIL, *sorted(set(TABLE) - {DEFAULT_COIL}))


@cache
def as_coil(what: object) -> Coil:
    """Take a coil, or the name of one.

    Parameters
    ----------
    what : Coil or str
        A name of `coil_names`.

    Returns
    -------
    Coil
        In its own frame.

    Raises
    ------
    BadInputError
        When it is neither.
    """
    if isinstance(what, Coil):
        return what
    if isinstance(what, str):
        return named_coil(what)
    msg = f"`coil` must be a coil or the name of one; got {type(what).__name__}."
    raise BadInputError(msg)


def named_coil(name: str = DEFAULT_COIL) -> Coil:
    """Wind a coil of the table.

    Parameters
    ----------
    name : str
        One of `coil_names`; case and punctuation do not matter.

    Returns
    -------
    Coil
        For the figure-8 coils, positive dI/dt induces a field along +y under the centre.

    Raises
    ------
    BadInputError
        When no coil has this name.
    """
    known = f"Give a file (.ccd, .tcd, .nii) or one of {', '.join(coil_names())}."
    row = TABLE[find(name, TABLE, kind="coil", known=known)]
    wings = (
        figure_eight_wings(row.winding, PLASTIC_M, bend_rad=row.bend_rad, gap_m=row.gap_m)
        if row.figure_eight
        else round_wings(PLASTIC_M)
    )
    return wound_coil(
        row.name,
        row.winding,
        wings,
        plastic_m=PLASTIC_M,
        sources=row.sources,
        words=f"{row.words}. {row.note}".strip(),
    )
