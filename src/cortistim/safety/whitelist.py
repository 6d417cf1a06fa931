"""Bursts that were published, and labelled uses: said beside a verdict, never instead."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from cortistim.protocol import LibraryEntry, Protocol, library, named_protocol

LABORATORY = (
    "iTBS600", "iTBS1200", "iTBS1800", "cTBS300", "cTBS600", "cTBS1200", "cTBS1800",
    "imTBS600", "QPS1.5", "QPS5", "QPS10", "QPS30",
    "QPS50", "QPS100",
)  # fmt: skip
NO_MAXIMUM = (
    "there is no consensus on a maximum for bursts; one early seizure was seen with "
    "continuous theta burst at 100 % rMT"
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A published burst pattern.

    Parameters
    ----------
    name : str
        In the library or the laboratory's list.
    words : str
        At which intensity it was published.
    sources : tuple of str
        Where.
    """

    name: str
    words: str
    sources: tuple[str, ...]


def listed_pattern(protocol: Protocol) -> Listed | None:
    """Return the published pattern that has these pulses at no lower intensity.

    Parameters
    ----------
    protocol : Protocol
        With bursts.

    Returns
    -------
    Listed or None
        None when no published pattern covers it.
    """
    for known in _published():
        same_unit = known.threshold == protocol.threshold
        strongest = protocol.intensity_fraction * protocol.relative_intensity.max()
        if not same_unit or strongest > known.intensity_fraction + 1e-9:
            continue
        if same_pulses(known, protocol):
            words = f"at {known.intensity_words}, confidence {known.confidence}; {NO_MAXIMUM}"
            return Listed(known.name, words, known.sources)
    return None


def labelled_uses(protocol: Protocol) -> list[dict[str, Any]]:
    """Return the regulator's clearances of exactly this session.

    Parameters
    ----------
    protocol : Protocol
        Any.

    Returns
    -------
    list of dict
        Indication, target, devices, dates, and how sure; a label holds for its device,
        coil, target and indication only.
    """
    found = []
    for entry in library().values():
        if entry.content.get("regulator") and not entry.missing:
            known = named_protocol(entry.id)
            if _same_dose(known, protocol) and same_pulses(known, protocol):
                found.append(label_of(entry))
    return found


def label_of(entry: LibraryEntry) -> dict[str, Any]:
    """Describe the clearances of a library entry."""
    content = entry.content
    return {
        "library_id": entry.id,
        "indication": content["use"],
        "target": content["target"],
        "coil": content["coil"],
        "clearances": [dict(clearance) for clearance in content["regulator"]],
        "confidence": content["confidence"],
        "note": "holds for the named device, coil, target and indication only; it does not "
        "change the verdict",
    }


def same_pulses(first: Protocol, second: Protocol) -> bool:
    """Say whether two protocols have the same pulse times."""
    return first.n_pulses == second.n_pulses and bool(
        np.allclose(first.pulse_times_s, second.pulse_times_s, rtol=0, atol=1e-6)
    )


def _same_dose(first: Protocol, second: Protocol) -> bool:
    return (
        first.threshold == second.threshold
        and abs(first.intensity_fraction - second.intensity_fraction) < 1e-9
        and bool((second.relative_intensity == 1).all())
        and (first.reference.muscle == "leg") == (second.reference.muscle == "leg")
        and first.reference.corrected == second.reference.corrected
    )


@cache
def _published() -> tuple[Protocol, ...]:
    entries = [
        entry.id
        for entry in library().values()
        if not entry.missing and entry.content["pattern"] == "TBS"
    ]
    return tuple(named_protocol(name) for name in (*LABORATORY, *entries))
