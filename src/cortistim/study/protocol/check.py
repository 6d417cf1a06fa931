"""Protocols checked: safety tables, labels, device and audit together."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec import UNSET

from cortistim import __version__
from cortistim.errors import BadInputError
from cortistim.protocol import (
    Course,
    LibraryEntry,
    Protocol,
    find_protocol,
    library_entry,
    output_fraction,
    why_no_output,
)
from cortistim.pulse import deliverable, named_device
from cortistim.records import plain
from cortistim.records.protocol import CheckRecord, DeliveryRecord, SessionRecord
from cortistim.records.provenance import RESEARCH_SOFTWARE
from cortistim.records.safety import (
    BurstsRecord,
    LimitsRecord,
    SafetyRecord,
    TrainAloneRecord,
    VerdictRecord,
)
from cortistim.safety import (
    DEFAULT_TABLE,
    UNCHECKED,
    Verdict,
    append_record,
    audit_path,
    check_protocol,
    cumulative_dose,
    label_of,
    labelled_uses,
    named_table,
)
from cortistim.sources import describe

NOTICE = f"{RESEARCH_SOFTWARE} A verdict quotes a table; it neither permits nor forbids."
BISECTIONS = 10
SMALLEST_OUTPUT = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRequest:
    """What is to be checked, and by what.

    Parameters
    ----------
    protocol : str
        A name or a file.
    table : str
        A safety table.
    stimulator : str or None
        A device that is to deliver it.
    rmt_percent, amt_percent : float or None
        The person's resting and active motor threshold in % of the output.
    device : str or None
        The cleared device that is at hand, to compare with labels.
    audit : Path or None
        Where the check is recorded.
    """

    protocol: str
    table: str = DEFAULT_TABLE
    stimulator: str | None = None
    rmt_percent: float | None = None
    amt_percent: float | None = None
    device: str | None = None
    audit: Path | None = None


def run_check(request: CheckRequest) -> CheckRecord:
    """Check a protocol and record the check: one that is not recorded is none.

    Parameters
    ----------
    request : CheckRequest
        What is asked.

    Returns
    -------
    CheckRecord
        The verdict with reasons, cautions, labelled use, dose, device, and where the audit
        record lies.

    Raises
    ------
    BadInputError
        When protocol, table or device do not exist.
    """
    named_table(request.table)
    entry = library_entry(request.protocol)
    place = request.audit or audit_path()
    if entry is not None and entry.missing:
        record = _unchecked(entry, request, place)
    else:
        record = _checked(request, place)
    inputs = {
        "protocol": request.protocol,
        "table": request.table,
        "stimulator": request.stimulator,
        "rmt_percent": request.rmt_percent,
        "amt_percent": request.amt_percent,
        "device": request.device,
    }
    record_check(inputs, record, place)
    return record


def _checked(request: CheckRequest, audit: Path) -> CheckRecord:
    written = find_protocol(request.protocol)
    protocol = written.recipe.protocol()
    measured = {"rmt_percent": request.rmt_percent, "amt_percent": request.amt_percent}
    verdict = check_protocol(protocol, request.table, **measured)
    device = UNSET
    if request.stimulator:
        device = delivery_record(protocol, request.stimulator, **measured)
    return CheckRecord(
        **_fields(verdict),
        labelled_use=labelled_uses(protocol, request.device),
        dose=cumulative_dose(written.course()),
        confidence=protocol.confidence,
        protocol_record=session_record(protocol),
        stimulator=device,
        version=__version__,
        audit=str(audit),
    )


def _unchecked(entry: LibraryEntry, request: CheckRequest, audit: Path) -> CheckRecord:
    """Say that a library entry cannot be checked, and what its train alone would be."""
    table = named_table(request.table)
    return CheckRecord(
        protocol=entry.id,
        verdict=UNCHECKED,
        table=table.name,
        table_words=table.words,
        table_basis=table.basis,
        cell=None,
        limits=LimitsRecord(),
        reasons=(entry.why_incomplete,),
        cautions=(),
        published_bursts=BurstsRecord(listed=False),
        missing=entry.missing or (),
        sources=tuple(describe(key) for key in (*table.sources, *entry.sources)),
        notice=NOTICE,
        train_alone=train_alone(entry, table.name),
        labelled_use=(label_of(entry, request.device),) if entry.regulator else (),
        confidence=entry.confidence,
        version=__version__,
        audit=str(audit),
    )


def safety_record(course: Course, verdict: Verdict, device: str | None = None) -> SafetyRecord:
    """Return the verdict on a session with labelled uses and the course's dose.

    Parameters
    ----------
    course : Course
        Sessions.
    verdict : Verdict
        On one of them.
    device : str, optional
        The cleared device at hand.

    Returns
    -------
    SafetyRecord
        The part ``safety`` of a plan.
    """
    return SafetyRecord(
        **_fields(verdict),
        labelled_use=labelled_uses(course.protocol, device),
        dose=cumulative_dose(course),
    )


def verdict_record(verdict: Verdict) -> VerdictRecord:
    """Return a verdict as a record.

    Parameters
    ----------
    verdict : Verdict
        From `check_protocol`.

    Returns
    -------
    VerdictRecord
        With the sources spelt out.
    """
    return VerdictRecord(**_fields(verdict))


def _fields(verdict: Verdict) -> dict[str, Any]:
    """Return what every record of a verdict holds."""
    listed, cell = verdict.listed, verdict.cell
    bursts = BurstsRecord(listed=False)
    if listed is not None:
        bursts = BurstsRecord(listed=True, name=listed.name, words=listed.words)
    return {
        "protocol": verdict.protocol,
        "verdict": verdict.verdict,
        "table": verdict.table.name,
        "table_words": verdict.table.words,
        "table_basis": verdict.table.basis,
        "cell": None if cell is None else cell.record(),
        "limits": verdict.limits,
        "reasons": verdict.reasons,
        "cautions": verdict.cautions,
        "published_bursts": bursts,
        "missing": (),
        "sources": tuple(describe(key) for key in verdict.sources),
        "notice": NOTICE,
    }


def train_alone(entry: LibraryEntry, table: str) -> TrainAloneRecord:
    """Rate the one train that an incomplete entry states, without rests or repeats.

    Parameters
    ----------
    entry : LibraryEntry
        Incomplete.
    table : str
        A safety table.

    Returns
    -------
    TrainAloneRecord
        Where a train is stated, the verdict on it and its cell.
    """
    rate_hz, train_s = entry.stated.rate_hz, entry.stated.train_s
    if entry.pattern != "rTMS" or rate_hz is UNSET or train_s is UNSET:
        return TrainAloneRecord(rated=False, reason="no single train of even rate is stated")
    if not entry.intensity or entry.intensity.percent is None:
        return TrainAloneRecord(rated=False, reason="no share of a threshold is stated")
    cell = named_table(table).cell(rate_hz, entry.intensity.percent)
    if cell is None:
        return TrainAloneRecord(rated=False, reason="the train lies outside the table")
    return TrainAloneRecord(rated=True, verdict=cell.verdict(train_s), cell=cell.record())


def record_check(inputs: object, record: VerdictRecord, path: Path | None = None) -> Path:
    """Append a check to the audit file.

    Parameters
    ----------
    inputs : object
        What was asked, as plain values.
    record : VerdictRecord
        Of a check or a plan.
    path : Path, optional
        The audit file by default.

    Returns
    -------
    Path
        The file.
    """
    session = getattr(record, "protocol_record", UNSET) or record.protocol
    line = {
        "inputs": inputs,
        "table": record.table,
        "cell": plain(record.cell),
        "limits": plain(record.limits),
        "verdict": record.verdict,
        "reasons": record.reasons,
        "cautions": record.cautions,
        "missing": record.missing,
        "protocol": plain(session),
    }
    return append_record(line, version=__version__, path=path or audit_path())


def delivery_record(
    protocol: Protocol,
    stimulator: str,
    rmt_percent: float | None = None,
    amt_percent: float | None = None,
) -> DeliveryRecord:
    """Say what a stimulator can deliver of a protocol.

    Parameters
    ----------
    protocol : Protocol
        One session.
    stimulator : str
        One of `cortistim.pulse.device_names`.
    rmt_percent, amt_percent : float, optional
        The person's resting and active motor threshold in % of the output.

    Returns
    -------
    DeliveryRecord
        Without the threshold that the protocol refers to, the parameter that would tell it
        and the highest output that the stimulator can deliver.
    """
    unit = named_device(stimulator)
    shape = protocol.relative_intensity
    output = output_fraction(protocol, rmt_percent, amt_percent)
    if output is None:
        highest = _highest_output(protocol, stimulator)
        if highest > 0:
            asked = protocol.intensity_words.replace("% ", "% of ", 1)
            reason, missing = why_no_output(protocol)
            return DeliveryRecord(
                name=unit.name,
                verdict="not known",
                reason=f"{protocol.name} is given at {asked}, {reason}.",
                missing=missing,
                deliverable_up_to_percent_mso=round(100 * highest, 1),
                sources=(),
            )
        output = SMALLEST_OUTPUT  # too fast or too long at any output
    delivery = deliverable(protocol.pulse_times_s, output * shape, unit)
    return DeliveryRecord(
        name=unit.name,
        verdict=delivery.verdict,
        reason=delivery.reason,
        percent_mso=round(100 * output, 3),
        notes=delivery.notes,
        mean_power_w=round(delivery.mean_power_w, 1),
        heat_j=round(delivery.heat_j, 1),
        sources=tuple(describe(key) for key in delivery.sources),
    )


def _highest_output(protocol: Protocol, stimulator: str) -> float:
    """Return the highest output at which nothing known speaks against the pulses."""

    def fits(output: float) -> bool:
        share = output * protocol.relative_intensity
        return deliverable(protocol.pulse_times_s, share, stimulator).ok

    low, high = SMALLEST_OUTPUT, 1.0
    if not fits(low):
        return 0.0
    if fits(high):
        return high
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def session_record(protocol: Protocol) -> SessionRecord:
    """Return a session's facts, without its pulse times.

    Parameters
    ----------
    protocol : Protocol
        One session.

    Returns
    -------
    SessionRecord
        For lists, checks and the audit.
    """
    return SessionRecord(
        name=protocol.name,
        words=protocol.words,
        pulses=protocol.n_pulses,
        nerve_stimuli=len(protocol.afferent_times_s),
        length_s=round(protocol.length_s, 6),
        intensity=protocol.intensity_words,
        waveform=protocol.waveform,
        threshold_muscle=protocol.reference.muscle or "not stated",
        threshold_method=protocol.reference.method or "not stated",
        confidence=protocol.confidence,
        sources=protocol.sources,
    )


def refuse_impossible(record: CheckRecord) -> None:
    """Raise when a checked protocol lacks numbers or the device cannot deliver it.

    For callers that have shown the record and must end with an error.

    Parameters
    ----------
    record : CheckRecord
        From `run_check`.

    Raises
    ------
    BadInputError
        With the missing numbers, or what the device cannot do.
    """
    if record.verdict == UNCHECKED:
        raise BadInputError(record.reasons[0])
    device = record.stimulator
    if device is not UNSET and device.verdict == "not deliverable":
        raise BadInputError(device.reason)
