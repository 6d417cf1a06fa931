"""Protocols shown: one with all that is known of it, or a list of all."""

from dataclasses import dataclass
from typing import Any

from msgspec import UNSET, UnsetType

from cortistim.protocol import (
    LibraryEntry,
    find_protocol,
    library,
    library_entry,
    named_protocol,
    protocol_names,
)
from cortistim.protocol.course import Phase
from cortistim.protocol.laboratory import laboratory_names
from cortistim.protocol.written import Blocks, Intensity, ProtocolFile, file_of
from cortistim.records.protocol import (
    BasisRecord,
    DeliveryRecord,
    EvidenceGrade,
    ListedProtocol,
    OutcomeRecord,
    SessionRecord,
    StatedDose,
    Status,
)
from cortistim.records.safety import ClearanceRecord, Confidence, CourseDoseRecord
from cortistim.safety import cumulative_dose
from cortistim.sources import describe
from cortistim.study.protocol.check import delivery_record, session_record


@dataclass(frozen=True, kw_only=True)
class ShownProtocol:
    """Everything known of a protocol; only what is known.

    Parameters
    ----------
    id, status, use, target, coil, pattern, evidence : see `LibraryEntry`, optional
        Of an entry of the library.
    regulator, intensity, stated, blocks, sessions, course : see `LibraryEntry`, optional
        The same.
    phases, outcomes, contrary : see `LibraryEntry`, optional
        The same.
    sources : tuple of str, optional
        Those of the entry, spelt out.
    confidence, basis, note, missing, see : see `LibraryEntry`, optional
        Of an entry of the library.
    complete : bool
        Whether it can be simulated and checked.
    why_incomplete : str, optional
        What is missing.
    session : SessionRecord, optional
        Of a complete one.
    dose : CourseDoseRecord, optional
        Pulses of the course.
    file : ProtocolFile, optional
        The same as a protocol file states it.
    stimulator : DeliveryRecord, optional
        What a device makes of it, where one was named.
    """

    id: str | UnsetType = UNSET
    status: Status | UnsetType = UNSET
    use: str | UnsetType = UNSET
    target: str | UnsetType = UNSET
    coil: str | UnsetType = UNSET
    pattern: str | UnsetType = UNSET
    evidence: EvidenceGrade | UnsetType = UNSET
    regulator: tuple[ClearanceRecord, ...] | UnsetType = UNSET
    intensity: Intensity | UnsetType = UNSET
    stated: StatedDose | UnsetType = UNSET
    blocks: Blocks | UnsetType = UNSET
    sessions: str | UnsetType = UNSET
    course: str | UnsetType = UNSET
    phases: tuple[Phase, ...] | UnsetType = UNSET
    outcomes: tuple[OutcomeRecord, ...] | UnsetType = UNSET
    contrary: tuple[OutcomeRecord, ...] | UnsetType = UNSET
    sources: tuple[str, ...] | UnsetType = UNSET
    confidence: Confidence | UnsetType = UNSET
    basis: BasisRecord | UnsetType = UNSET
    note: str | UnsetType = UNSET
    missing: tuple[str, ...] | UnsetType = UNSET
    see: str | UnsetType = UNSET
    complete: bool
    why_incomplete: str | UnsetType = UNSET
    session: SessionRecord | UnsetType = UNSET
    dose: CourseDoseRecord | UnsetType = UNSET
    file: ProtocolFile | UnsetType = UNSET
    stimulator: DeliveryRecord | UnsetType = UNSET


def show_protocol(name_or_file: str, *, stimulator: str | None = None) -> ShownProtocol:
    """Return everything known about a protocol.

    Parameters
    ----------
    name_or_file : str
        A name or a protocol file.
    stimulator : str, optional
        A device, to say what it can deliver.

    Returns
    -------
    ShownProtocol
        For a library entry with its evidence, outcomes and clearances; what is missing is
        named.
    """
    entry = library_entry(name_or_file)
    facts: dict[str, Any] = {}
    if entry is not None:
        facts = {name: getattr(entry, name) for name in entry.__struct_fields__}
        facts["sources"] = tuple(describe(key) for key in entry.sources)
        if entry.missing:
            return ShownProtocol(**facts, complete=False, why_incomplete=entry.why_incomplete)
    written = find_protocol(name_or_file)
    protocol = written.recipe.protocol()
    return ShownProtocol(
        **facts,
        complete=True,
        session=session_record(protocol),
        dose=cumulative_dose(written.course()),
        file=file_of(written),
        stimulator=delivery_record(protocol, stimulator) if stimulator else UNSET,
    )


def list_protocols(
    *, status: str | None = None, search: str | None = None, complete: bool | None = None
) -> tuple[ListedProtocol, ...]:
    """List the library and the laboratory's and the short names.

    Parameters
    ----------
    status : str, optional
        ``cleared``, ``guideline``, ``emerging``, ``laboratory`` or ``short name``.
    search : str, optional
        Words that name, use, target or coil must contain.
    complete : bool, optional
        Only those that can, or cannot, be simulated.

    Returns
    -------
    tuple of ListedProtocol
        One per protocol.
    """
    rows = [
        *map(_entry_row, library().values()),
        *(_named_row(name, "laboratory") for name in laboratory_names()),
        *(_named_row(name, "short name") for name in protocol_names()),
    ]
    words = (search or "").lower().split()
    return tuple(
        row
        for row in rows
        if (not status or row.status == status)
        and (complete is None or row.complete == complete)
        and all(word in _haystack(row) for word in words)
    )


def _haystack(row: ListedProtocol) -> str:
    return f"{row.id} {row.use} {row.target} {row.coil}".lower()


def _entry_row(entry: LibraryEntry) -> ListedProtocol:
    stated = entry.stated
    return ListedProtocol(
        id=entry.id,
        status=entry.status,
        use=entry.use,
        target=entry.target,
        coil=entry.coil,
        confidence=entry.confidence,
        evidence=entry.evidence,
        regulator=entry.regulator or (),
        intensity=stated.intensity,
        pulses=None if stated.pulses is UNSET else stated.pulses,
        length_s=None if stated.duration_s is UNSET else stated.duration_s,
        complete=not entry.missing,
        missing=entry.missing or (),
        sources=entry.sources,
    )


def _named_row(name: str, status: Status) -> ListedProtocol:
    protocol = named_protocol(name)
    return ListedProtocol(
        id=name,
        status=status,
        use=protocol.words,
        target="",
        coil="",
        confidence=protocol.confidence,
        evidence=EvidenceGrade(),
        regulator=(),
        intensity=protocol.intensity_words,
        pulses=protocol.n_pulses,
        length_s=protocol.length_s,
        complete=True,
        missing=(),
        sources=protocol.sources,
    )
