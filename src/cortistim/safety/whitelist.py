"""Bursts that were published, and labelled uses: said beside a verdict, never instead."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from cortistim.protocol import LibraryEntry, Protocol, library, named_protocol
from cortistim.records.safety import LabelRecord

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


def labelled_uses(protocol: Protocol, device: str | None = None) -> tuple[LabelRecord, ...]:
    """Return the regulator's clearances of exactly this session.

    Parameters
    ----------
    protocol : Protocol
        Any.
    device : str, optional
        The cleared device at hand.

    Returns
    -------
    tuple of LabelRecord
        A label holds for its device, coil, target and indication only.
    """
    found = []
    for entry in library().values():
        if entry.regulator and not entry.missing:
            known = named_protocol(entry.id)
            if _same_dose(known, protocol) and same_pulses(known, protocol):
                found.append(label_of(entry, device))
    return tuple(found)


def label_of(entry: LibraryEntry, device: str | None = None) -> LabelRecord:
    """Describe the clearances of a library entry.

    Parameters
    ----------
    entry : LibraryEntry
        Any.
    device : str, optional
        The cleared device at hand.

    Returns
    -------
    LabelRecord
        With what the label says of that device.
    """
    clearances = entry.regulator or ()
    label = LabelRecord(
        library_id=entry.id,
        indication=entry.use,
        target=entry.target,
        coil=entry.coil,
        clearances=clearances,
        confidence=entry.confidence,
        note="holds for the named device, coil, target and indication only; it does not "
        "change the verdict",
        device_at_hand=device or "not stated",
    )
    if not device:
        return label
    wanted = device.lower()
    named = any(wanted in clearance.device.lower() for clearance in clearances)
    return replace(label, device_is_named=named or wanted in label.coil.lower())


def same_pulses(first: Protocol, second: Protocol) -> bool:
    """Say whether two protocols have the same pulse times.

    Parameters
    ----------
    first, second : Protocol
        Any.

    Returns
    -------
    bool
        To a microsecond.
    """
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
        entry.id for entry in library().values() if not entry.missing and entry.pattern == "TBS"
    ]
    return tuple(named_protocol(name) for name in (*LABORATORY, *entries))
