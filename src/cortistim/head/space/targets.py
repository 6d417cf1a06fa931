"""Cortical targets by name, in MNI space.

A coordinate is where a group's average lies; single brains differ by 5 to 10 mm and more,
so an individual target is better wherever there is one.
"""

from dataclasses import dataclass

import numpy as np

from cortistim.geometry import frozen
from cortistim.naming import find
from cortistim.sources import ASSUMED
from cortistim.typing import FloatArray
from cortistim.units import m_from_mm

DEFAULT_TARGET = "dlpfc_l"


@dataclass(frozen=True, eq=False)
class NamedTarget:
    """A place on the cortex that people stimulate.

    Parameters
    ----------
    name : str
        What a user types.
    words : str
        What it is.
    mni_m : (3,) array [m]
        MNI coordinate.
    source : str
        A key of ``references.bib``, or ``assumed``.
    confidence : str
        ``high``, ``medium`` or ``low``.
    note : str
        What to know before using it.
    """

    name: str
    words: str
    mni_m: FloatArray
    source: str
    confidence: str
    note: str = ""


def _mni(x: float, y: float, z: float) -> FloatArray:
    return frozen(m_from_mm(np.array([x, y, z], dtype=np.float64)))


_SCALP = "mean cortical projection of the 10-20 position; 5 to 10 mm between people"
_MEMORY = "coordinate in common use, its first source not checked; localise individually"
TARGETS = {
    row.name: row
    for row in (
        NamedTarget(
            "dlpfc_l", "left dorsolateral prefrontal cortex, depression",
            _mni(-38, 44, 26), "fox2012", "high",
            "the site most anticorrelated with the subgenual cingulate; used in THREE-D",
        ),
        NamedTarget(
            "dlpfc_r", "right dorsolateral prefrontal cortex",
            _mni(38, 44, 26), ASSUMED, "medium", "mirror image of dlpfc_l",
        ),
        NamedTarget(
            "dlpfc_l_fitzgerald", "left dorsolateral prefrontal cortex, BA 9/46 junction",
            _mni(-46, 45, 38), "fitzgerald2009", "medium",
            "as converted by Fox et al. (2012), read in scripts of laboratories",
        ),
        NamedTarget(
            "m1_hand_l", "left primary motor cortex, hand knob",
            _mni(-37, -25, 62), ASSUMED, "low", f"{_MEMORY}: the motor hotspot",
        ),
        NamedTarget(
            "m1_hand_r", "right primary motor cortex, hand knob",
            _mni(37, -25, 62), ASSUMED, "low", "mirror image of m1_hand_l",
        ),
        NamedTarget(
            "m1_leg", "primary motor cortex, leg", _mni(0, -28, 66), ASSUMED, "low", _MEMORY,
        ),
        NamedTarget(
            "dmpfc", "dorsomedial prefrontal cortex",
            _mni(0, 30, 30), ASSUMED, "low", f"{_MEMORY}; double-cone coil",
        ),
        NamedTarget(
            "vertex", "under Cz, a control site",
            _mni(0.8, -14.7, 73.9), "okamoto2004", "high", _SCALP,
        ),
        NamedTarget(
            "okamoto_f3", "mean cortex under F3",
            _mni(-35.5, 49.4, 32.4), "okamoto2004", "high", _SCALP,
        ),
        NamedTarget(
            "okamoto_f4", "mean cortex under F4",
            _mni(40.2, 47.6, 32.1), "okamoto2004", "high", _SCALP,
        ),
        NamedTarget(
            "okamoto_c3", "mean cortex under C3",
            _mni(-52.2, -16.4, 57.8), "okamoto2004", "high", _SCALP,
        ),
        NamedTarget(
            "okamoto_p3", "left posterior parietal cortex, under P3",
            _mni(-39.5, -76.3, 47.4), "okamoto2004", "high", _SCALP,
        ),
        NamedTarget(
            "ipl_l", "left inferior parietal lobule, hippocampal network",
            _mni(-47, -68, 36), "wang2014", "medium", "chosen near here by connectivity",
        ),
        NamedTarget(
            "precuneus", "precuneus", _mni(0, -65, 45), ASSUMED, "low", _MEMORY,
        ),
        NamedTarget(
            "v5_l", "left V5 / MT", _mni(-44, -72, 4), ASSUMED, "low", _MEMORY,
        ),
    )
}  # fmt: skip


def target_names() -> tuple[str, ...]:
    """Return the names that `named_target` knows, the default first."""
    return tuple(TARGETS)


def named_target(name: str = DEFAULT_TARGET) -> NamedTarget:
    """Return a target of the table.

    Parameters
    ----------
    name : str
        One of `target_names`; case and punctuation do not matter.

    Returns
    -------
    NamedTarget
        With its source and how sure it is.

    Raises
    ------
    BadInputError
        When no target has this name.
    """
    known = f"Known: {', '.join(target_names())}. Or give its MNI coordinate in millimetres."
    return TARGETS[find(name, TARGETS, kind="target", known=known)]
