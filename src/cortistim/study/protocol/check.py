"""Protocols shown and checked: the library, safety tables, device and audit together."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cortistim import __version__
from cortistim.errors import BadInputError
from cortistim.protocol import (
    Course,
    LibraryEntry,
    Protocol,
    content_of,
    find_protocol,
    library,
    library_entry,
    named_protocol,
    output_fraction,
    protocol_names,
    why_no_output,
)
from cortistim.protocol.laboratory import laboratory_names
from cortistim.pulse import deliverable, named_device
from cortistim.safety import (
    DEFAULT_TABLE,
    UNCHECKED,
    Cell,
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

NOTICE = (
    "Research software, not a medical device. A verdict quotes a table; it neither permits "
    "nor forbids."
)
BISECTIONS = 10
SMALLEST_OUTPUT = 1e-3


@dataclass(frozen=True, slots=True)
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


def run_check(request: CheckRequest) -> dict[str, Any]:
    """Check a protocol and record the check.

    Parameters
    ----------
    request : CheckRequest
        What is asked.

    Returns
    -------
    dict
        ``verdict``, ``table``, ``cell``, ``limits``, reasons, cautions, labelled use, dose,
        device, sources, confidence and where the audit record lies.

    Raises
    ------
    BadInputError
        When protocol, table or device do not exist.
    """
    table = named_table(request.table)
    entry = library_entry(request.protocol)
    if entry is not None and entry.missing:
        record = _unchecked(entry, request)
    else:
        written = find_protocol(request.protocol)
        protocol = written.recipe.protocol()
        verdict = check_protocol(
            protocol,
            table.name,
            rmt_percent=request.rmt_percent,
            amt_percent=request.amt_percent,
        )
        record = safety_record(written.course(), verdict, request.device) | {
            "confidence": protocol.confidence,
            "protocol_record": protocol_record(protocol),
        }
        if request.stimulator:
            record["stimulator"] = delivery_record(
                protocol, request.stimulator, request.rmt_percent, request.amt_percent
            )
    return _audited(record, request)


def safety_record(
    course: Course, verdict: Verdict, device: str | None = None
) -> dict[str, Any]:
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
    dict
        Plain values.
    """
    labels = labelled_uses(course.protocol)
    return verdict_record(verdict) | {
        "labelled_use": [_at_hand(label, device) for label in labels],
        "dose": cumulative_dose(course),
    }


def verdict_record(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as plain values.

    Parameters
    ----------
    verdict : Verdict
        From `check_protocol`.

    Returns
    -------
    dict
        With the sources spelt out.
    """
    listed = verdict.listed
    return {
        "protocol": verdict.protocol,
        "verdict": verdict.verdict,
        "table": verdict.table.name,
        "table_words": verdict.table.words,
        "table_basis": verdict.table.basis,
        "cell": cell_record(verdict.cell),
        "limits": verdict.limits,
        "reasons": list(verdict.reasons),
        "cautions": list(verdict.cautions),
        "published_bursts": (
            {"listed": listed is not None}
            | ({"name": listed.name, "words": listed.words} if listed else {})
        ),
        "missing": [],
        "sources": [describe(key) for key in verdict.sources],
        "notice": NOTICE,
    }


def cell_record(cell: Cell | None) -> dict[str, Any] | None:
    """Return a table's cell as plain values; None for none."""
    if cell is None:
        return None
    return {
        "rate_hz": cell.rate_hz,
        "percent_of_hand_rmt": cell.percent,
        "limit_s": cell.limit_s,
        "kind": "limit found" if cell.found else "longest tested",
        "confidence": cell.confidence,
    }


def _unchecked(entry: LibraryEntry, request: CheckRequest) -> dict[str, Any]:
    """Say that a library entry cannot be checked, and what its train alone would be."""
    table = named_table(request.table)
    has_label = bool(entry.content.get("regulator"))
    return {
        "protocol": entry.id,
        "verdict": UNCHECKED,
        "table": table.name,
        "table_words": table.words,
        "table_basis": table.basis,
        "cell": None,
        "limits": {},
        "reasons": [entry.why_incomplete],
        "cautions": [],
        "published_bursts": {"listed": False},
        "missing": list(entry.missing),
        "train_alone": train_alone(entry, table.name),
        "labelled_use": [_at_hand(label_of(entry), request.device)] if has_label else [],
        "confidence": entry.content["confidence"],
        "sources": [describe(key) for key in (*table.sources, *entry.sources)],
        "notice": NOTICE,
    }


def train_alone(entry: LibraryEntry, table: str) -> dict[str, Any]:
    """Rate the one train that an incomplete entry states, without rests or repeats.

    Parameters
    ----------
    entry : LibraryEntry
        Incomplete.
    table : str
        A safety table.

    Returns
    -------
    dict
        ``rated`` and, where a train is stated, the verdict on it and its cell.
    """
    stated, intensity = entry.content["stated"], entry.content.get("intensity", {})
    if entry.content["pattern"] != "rTMS" or not {"rate_hz", "train_s"} <= set(stated):
        return {"rated": False, "reason": "no single train of even rate is stated"}
    if not intensity:
        return {"rated": False, "reason": "no share of a threshold is stated"}
    cell = named_table(table).cell(stated["rate_hz"], intensity["percent"])
    if cell is None:
        return {"rated": False, "reason": "the train lies outside the table"}
    words = cell.verdict(stated["train_s"])
    return {"rated": True, "verdict": words, "cell": cell_record(cell)}


def _at_hand(label: Mapping[str, Any], device: str | None) -> dict[str, Any]:
    if not device:
        return {**label, "device_at_hand": "not stated"}
    wanted = device.lower()
    named = any(wanted in clearance["device"].lower() for clearance in label["clearances"])
    matches = named or wanted in label["coil"].lower()
    return {**label, "device_at_hand": device, "device_is_named": matches}


def _audited(record: dict[str, Any], request: CheckRequest) -> dict[str, Any]:
    inputs = {
        "protocol": request.protocol,
        "table": request.table,
        "stimulator": request.stimulator,
        "rmt_percent": request.rmt_percent,
        "amt_percent": request.amt_percent,
        "device": request.device,
    }
    place = record_check(inputs, record, request.audit)
    return record | {"version": __version__, "audit": str(place)}


def record_check(inputs: object, record: Mapping[str, Any], path: Path | None = None) -> Path:
    """Append a check to the audit file.

    Parameters
    ----------
    inputs : object
        What was asked, as plain values.
    record : mapping
        From `safety_record` or `run_check`.
    path : Path, optional
        The audit file by default.

    Returns
    -------
    Path
        The file.
    """
    kept = ("table", "cell", "limits", "verdict", "reasons", "cautions", "missing")
    line = {"inputs": inputs} | {key: record[key] for key in kept}
    line["protocol"] = record.get("protocol_record", record["protocol"])
    return append_record(line, version=__version__, path=path or audit_path())


def delivery_record(
    protocol: Protocol,
    stimulator: str,
    rmt_percent: float | None = None,
    amt_percent: float | None = None,
) -> dict[str, Any]:
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
    dict
        Verdict and reason; without the threshold that the protocol refers to, the parameter
        that would tell it and the highest output that the stimulator can deliver.
    """
    unit = named_device(stimulator)
    shape = protocol.relative_intensity
    output = output_fraction(protocol, rmt_percent, amt_percent)
    if output is None:
        highest = _highest_output(protocol, stimulator)
        if highest > 0:
            asked = protocol.intensity_words.replace("% ", "% of ", 1)
            reason, missing = why_no_output(protocol)
            return {
                "name": unit.name,
                "verdict": "not known",
                "reason": f"{protocol.name} is given at {asked}, {reason}.",
                "missing": missing,
                "deliverable_up_to_percent_mso": round(100 * highest, 1),
                "sources": [],
            }
        output = SMALLEST_OUTPUT  # too fast or too long at any output
    delivery = deliverable(protocol.pulse_times_s, output * shape, unit)
    return {
        "name": unit.name,
        "verdict": delivery.verdict,
        "reason": delivery.reason,
        "percent_mso": round(100 * output, 3),
        "notes": list(delivery.notes),
        "mean_power_w": round(delivery.mean_power_w, 1),
        "heat_j": round(delivery.heat_j, 1),
        "sources": [describe(key) for key in delivery.sources],
    }


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


def protocol_record(protocol: Protocol) -> dict[str, Any]:
    """Return a session's facts as plain values, without its pulse times."""
    return {
        "name": protocol.name,
        "words": protocol.words,
        "pulses": protocol.n_pulses,
        "nerve_stimuli": len(protocol.afferent_times_s),
        "length_s": round(protocol.length_s, 6),
        "intensity": protocol.intensity_words,
        "waveform": protocol.waveform,
        "threshold_muscle": protocol.reference.muscle or "not stated",
        "threshold_method": protocol.reference.method or "not stated",
        "confidence": protocol.confidence,
        "sources": list(protocol.sources),
    }


def show_record(name_or_file: str, *, stimulator: str | None = None) -> dict[str, Any]:
    """Return everything known about a protocol.

    Parameters
    ----------
    name_or_file : str
        A name or a protocol file.
    stimulator : str, optional
        A device, to say what it can deliver.

    Returns
    -------
    dict
        For a library entry its evidence, outcomes and clearances; what is missing is named.
    """
    entry = library_entry(name_or_file)
    facts: dict[str, Any] = {}
    if entry is not None:
        facts = dict(entry.content)
        facts["sources"] = [describe(key) for key in entry.sources]
        if entry.missing:
            return facts | {"complete": False, "why_incomplete": entry.why_incomplete}
    written = find_protocol(name_or_file)
    protocol = written.recipe.protocol()
    facts |= {"complete": True, "session": protocol_record(protocol)}
    facts |= {"dose": cumulative_dose(written.course()), "file": content_of(written)}
    if stimulator:
        facts["stimulator"] = delivery_record(protocol, stimulator)
    return facts


def list_records(
    *, status: str | None = None, search: str | None = None, complete: bool | None = None
) -> list[dict[str, Any]]:
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
    list of dict
        One per protocol.
    """
    rows = [*map(_entry_row, library().values())]
    rows += [_named_row(name, "laboratory") for name in laboratory_names()]
    rows += [_named_row(name, "short name") for name in protocol_names()]
    if status:
        rows = [row for row in rows if row["status"] == status]
    if complete is not None:
        rows = [row for row in rows if row["complete"] == complete]
    words = (search or "").lower().split()
    return [row for row in rows if all(word in _haystack(row) for word in words)]


def _haystack(row: Mapping[str, Any]) -> str:
    return " ".join(str(row[key]) for key in ("id", "use", "target", "coil")).lower()


def _entry_row(entry: LibraryEntry) -> dict[str, Any]:
    content = entry.content
    row = {key: content[key] for key in ("id", "status", "use", "target", "coil", "confidence")}
    return row | {
        "evidence": content["evidence"],
        "regulator": content.get("regulator", []),
        "intensity": content["stated"]["intensity"],
        "pulses": content["stated"].get("pulses"),
        "length_s": content["stated"].get("duration_s"),
        "complete": not entry.missing,
        "missing": list(entry.missing),
        "sources": list(entry.sources),
    }


def _named_row(name: str, status: str) -> dict[str, Any]:
    protocol = named_protocol(name)
    return {
        "id": name,
        "status": status,
        "use": protocol.words,
        "target": "",
        "coil": "",
        "confidence": protocol.confidence,
        "evidence": {},
        "regulator": [],
        "intensity": protocol.intensity_words,
        "pulses": protocol.n_pulses,
        "length_s": protocol.length_s,
        "complete": True,
        "missing": [],
        "sources": list(protocol.sources),
    }


def refuse_impossible(record: Mapping[str, Any]) -> None:
    """Raise when a checked protocol lacks numbers or the device cannot deliver it.

    For callers that have shown the record and must end with an error.

    Parameters
    ----------
    record : mapping
        From `run_check`.

    Raises
    ------
    BadInputError
        With the missing numbers, or what the device cannot do.
    """
    if record["verdict"] == UNCHECKED:
        raise BadInputError(record["reasons"][0])
    device = record.get("stimulator", {})
    if device.get("verdict") == "not deliverable":
        raise BadInputError(device["reason"])
