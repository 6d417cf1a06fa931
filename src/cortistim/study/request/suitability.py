"""Which part of the cortex a protocol is for, and whether a target lies there."""

import re
from collections.abc import Mapping

import numpy as np

from cortistim.head.space.targets import TARGETS
from cortistim.naming import listed
from cortistim.placement.beam_f3 import TARGETS as BEAM_TARGETS
from cortistim.protocol import DEFAULT_PROTOCOL, library_entry
from cortistim.typing import FloatArray

SINGLE = "single_pulse"
PREFRONTAL, MOTOR, PARIETAL = "prefrontal", "motor", "parietal"
TEMPORAL, OCCIPITAL, PREMOTOR, CEREBELLAR = "temporal", "occipital", "premotor", "cerebellar"
REGIONS: Mapping[str, str] = {
    "dlpfc": PREFRONTAL,
    "dmpfc": PREFRONTAL,
    "f3": PREFRONTAL,
    "f4": PREFRONTAL,
    "c3": MOTOR,
    "m1": MOTOR,
    "p3": PARIETAL,
    "ipl": PARIETAL,
    "precuneus": PARIETAL,
    "v5": OCCIPITAL,
}
"""Regions of named targets, by a word of the name."""
ELECTRODES = (
    (r"(fp|af|f)(z|\d{1,2})", PREFRONTAL),
    (r"fc(z|\d)", PREMOTOR),
    (r"c([1-6]|z)", MOTOR),
    (r"(cp|p)(z|\d{1,2})", PARIETAL),
    (r"(ft|t|tp)\d{1,2}", TEMPORAL),
    (r"(po|o|i)(z|\d{1,2})", OCCIPITAL),
)
"""Cortex under the positions of the 10-10 system, roughly (Okamoto 2004)."""
WORDS = (
    ("premotor", PREMOTOR),
    ("supplementary motor", PREMOTOR),
    ("motor cortex", MOTOR),
    ("dlpfc", PREFRONTAL),
    ("prefrontal", PREFRONTAL),
    ("inferior frontal", PREFRONTAL),
    ("cingulate", PREFRONTAL),
    ("parietal", PARIETAL),
    ("precuneus", PARIETAL),
    ("auditory", TEMPORAL),
    ("temporal", TEMPORAL),
    ("occip", OCCIPITAL),
    ("cerebellum", CEREBELLAR),
)
MEANT_FOR = {
    DEFAULT_PROTOCOL: "left DLPFC, for depression",
    "rtms10hz_depression": "left DLPFC, for depression",
}
"""Where protocols with short names of ours are given."""
NEAR_M = 0.025
"""A coordinate this near to a named target lies in its region; assumed."""


def region_of(target: str) -> str:
    """Return the region of the cortex that a target's name tells.

    Parameters
    ----------
    target : str
        A named target or an EEG position.

    Returns
    -------
    str
        Empty for coordinates and for names that tell none, such as the vertex.
    """
    known = listed(target, (*TARGETS, *BEAM_TARGETS))
    name = known or target.strip().lower()
    if known:
        parts = name.split("_")
        return next((REGIONS[part] for part in parts if part in REGIONS), "")
    return next((region for form, region in ELECTRODES if re.fullmatch(form, name)), "")


def region_at(mni_m: FloatArray | None) -> str:
    """Return the region of the named target that is nearest to a coordinate.

    Parameters
    ----------
    mni_m : (3,) array [m] or None
        In MNI space.

    Returns
    -------
    str
        Empty without a tie to MNI space, and where no named target is near.
    """
    if mni_m is None:
        return ""
    away_m = {name: float(np.linalg.norm(mni_m - row.mni_m)) for name, row in TARGETS.items()}
    nearest = min(away_m, key=lambda name: away_m[name])
    return region_of(nearest) if away_m[nearest] <= NEAR_M else ""


def protocol_for(target: str) -> str:
    """Choose the protocol of a plan for which none was named.

    Parameters
    ----------
    target : str
        As typed.

    Returns
    -------
    str
        Intermittent theta burst for a prefrontal target and for coordinates, as its label
        says; a single pulse over any other part of the cortex.
    """
    region = region_of(target)
    vertex = listed(target, ("vertex",)) is not None
    return SINGLE if vertex or region not in ("", PREFRONTAL) else DEFAULT_PROTOCOL


def meant_for(protocol: str) -> str:
    """Return where a protocol is given, in words.

    Parameters
    ----------
    protocol : str
        As typed.

    Returns
    -------
    str
        Empty where nobody states a place.
    """
    short = listed(protocol, MEANT_FOR)
    if short is not None:
        return MEANT_FOR[short]
    entry = library_entry(protocol)
    return "" if entry is None else entry.target


def protocol_doubt(protocol: str, target: str, mni_m: FloatArray | None = None) -> str:
    """Say that a protocol is meant for another part of the cortex.

    Parameters
    ----------
    protocol, target : str
        As typed.
    mni_m : (3,) array [m], optional
        Of the target, where its name tells no region.

    Returns
    -------
    str
        Empty where they fit, and where either tells no region.
    """
    place = meant_for(protocol)
    wanted = {region for word, region in WORDS if word in place.lower()}
    if PREMOTOR in wanted and "premotor" in place.lower():
        wanted.discard(MOTOR)
    region = region_of(target) or region_at(mni_m)
    if not wanted or not region or region in wanted:
        return ""
    return (
        f"protocol {protocol} is given over {place}, but the target {target} lies in the "
        f"{region} cortex; name the protocol or the target that you mean"
    )
