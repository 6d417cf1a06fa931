"""A session to BIDS, in either draft; responses go to the derivatives.

Each session becomes stimuli (what was done), markers (where the coil was) and events (when),
and a table of responses under ``derivatives/cortistim``, which neither draft has a place for
as a whole. Rows that are alike share one identifier.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cortistim.cache import whole_folder
from cortistim.errors import BadInputError, quoted
from cortistim.io.bids.drafts import (
    DERIVED_EVENTS,
    EVENTS,
    NA,
    NIBS,
    NIBS_MARKERS,
    NIBS_TABLE,
    TMS,
    TMS_MARKERS,
    TMS_TABLE,
    Column,
    require_table,
    sidecar,
)
from cortistim.io.table.session import shown, tsv_text
from cortistim.io.text import write_text
from cortistim.records.session import AXES, PLACE, PulseRow, SessionRecord, require_rows

Draft = Literal["nibs-bids", "tms-bep"]
DRAFTS: dict[str, str] = {"nibs-bids": NIBS, "tms-bep": TMS}
FOLDERS = {"nibs-bids": "nibs", "tms-bep": "tms"}
BIDS_VERSION = "1.10.0"
LABEL = re.compile(r"[^0-9A-Za-z]+")
FIELD_MAX = ("efield_max_x_mm", "efield_max_y_mm", "efield_max_z_mm")
DERIVED = {
    "mep_p2p_uv": "mep_uv", "mep_area_uv_ms": "area_uv_ms", "mep_latency_ms": "latency_ms",
    "mep_latency_crossing_ms": "latency_crossing_ms", "mep_latency_ramp_ms": "latency_ramp_ms",
    "noise_p2p_uv": "noise_uv", "intensity_mso": "percent_mso",
    "conditioning_mso": "conditioning_percent_mso",
}  # fmt: skip
"""Columns of the responses that are called otherwise in a session's table."""
SAME = (
    "pulse", "channel", "silent_period_ms", "baseline_rms_uv", "noise_floor_uv", "censored",
    "qc", "qc_reason", "condition", "target", "interval_ms", "didt_a_per_us",
    "e_target_v_per_m",
)  # fmt: skip
Cells = dict[str, str]
DERIVED_SUFFIX = "_desc-mep_events"


@dataclass(frozen=True)
class _Place:
    """Where the files of one session lie, and how they are called."""

    folder: Path
    derived: Path
    stem: str


def write_bids(
    folder: Path | str, record: SessionRecord, draft: str = "nibs-bids"
) -> list[Path]:
    """Write sessions as a BIDS dataset.

    Parameters
    ----------
    folder : Path or str
        Made when missing; written as one.
    record : SessionRecord
        Every pulse with its time.
    draft : {"nibs-bids", "tms-bep"}
        Whose tables are written.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    BadInputError
        When the draft is another one, a time is not known, or labels are empty or alike.
    FileFormatError
        When rows cannot be.
    """
    if draft not in DRAFTS:
        msg = f"`draft` must be {' or '.join(DRAFTS)}; got {quoted(draft)}."
        raise BadInputError(msg)
    require_rows(record.pulses)
    sessions = _sessions(record.pulses)
    with whole_folder(Path(folder)) as place:
        for number, ((subject, session), rows) in enumerate(sessions.items(), start=1):
            where = _place(place, subject, session, draft)
            about = {"Subject": subject, "Session": session, "Number": number}
            about |= {"Facts": record.facts, "Notes": list(record.notes)}
            _write_session(where, rows, about, draft)
        about = {
            "Name": "Stimulation session", "BIDSVersion": BIDS_VERSION, "DatasetType": "raw",
            "StimulationDraft": DRAFTS[draft],
        }  # fmt: skip
        _write_json(place / "dataset_description.json", about)
        _write_json(
            place / "derivatives" / "cortistim" / "dataset_description.json",
            about | {"DatasetType": "derivative", "GeneratedBy": [{"Name": "cortistim"}]},
        )
        written = [p.relative_to(place) for p in sorted(place.rglob("*")) if p.is_file()]
    return [Path(folder) / path for path in written]


def _sessions(rows: Sequence[PulseRow]) -> dict[tuple[str, str], list[PulseRow]]:
    found: dict[tuple[str, str], list[PulseRow]] = {}
    for number, row in enumerate(rows, start=1):
        if row.time_s is None:
            msg = (
                f"row {number}, column time_s: BIDS needs the time of every pulse; it is not "
                "known. Import the session with its times."
            )
            raise BadInputError(msg)
        found.setdefault((row.subject, row.session), []).append(row)
    if not found:
        msg = "there must be at least one pulse to write; the table is empty."
        raise BadInputError(msg)
    labels = [(_label(subject or "1"), _label(session)) for subject, session in found]
    twice = [pair for pair in labels if labels.count(pair) > 1 or not pair[0]]
    if twice:
        msg = (
            "labels of BIDS hold letters and digits only, and must tell subjects and sessions "
            f"apart; {quoted(twice[0])} does not. Rename them."
        )
        raise BadInputError(msg)
    return found


def _label(text: str) -> str:
    return LABEL.sub("", text)


def _place(root: Path, subject: str, session: str, draft: str) -> _Place:
    parts = [f"sub-{_label(subject or '1')}"]
    if session:
        parts.append(f"ses-{_label(session)}")
    inner = Path(*parts)
    return _Place(
        root / inner / FOLDERS[draft],
        root / "derivatives" / "cortistim" / inner / "emg",
        "_".join([*parts, "task-tms"]),
    )


def _write_session(
    where: _Place, rows: Sequence[PulseRow], about: Mapping[str, Any], draft: str
) -> None:
    positions = _numbered("p", ((_position(row), None) for row in rows))
    if draft == "nibs-bids":
        stimuli = _numbered("s", ((_stimulus(row), None) for row in rows))
        names = [stimuli[_key(_stimulus(row))][0] for row in rows]
        _write_table(
            where.folder / f"{where.stem}_nibs", NIBS_TABLE,
            [{"nibs_event_id": name} | _known_of(about["Facts"]) | cells
             for name, cells in stimuli.values()], draft,
            _equipment(about["Facts"]),
        )  # fmt: skip
        markers = [{"nibs_position_id": n} | c for n, c in positions.values() if c]
        columns: Sequence[Column] = NIBS_MARKERS
    else:
        names = [f"pulse{row.pulse}" for row in rows]
        markers = [{"MarkerID": n} | _tms_marker(c) for n, c in positions.values() if c]
        columns = TMS_MARKERS
    where_is = [positions[_key(_position(row))] for row in rows]
    places = [name if cells else NA for name, cells in where_is]
    if draft == "tms-bep":
        told = [_tms_row(row, place) for row, place in zip(rows, places, strict=True)]
        _write_table(where.folder / f"{where.stem}_tms", TMS_TABLE, told, draft)
    if markers:
        _write_table(where.folder / f"{where.stem}_markers", columns, markers, draft)
        prefix = "NIBS" if draft == "nibs-bids" else "TMS"
        _write_json(
            where.folder / f"{where.stem}_coordsystem.json",
            {f"{prefix}CoordinateSystem": "Other", f"{prefix}CoordinateUnits": "mm",
             f"{prefix}CoordinateSystemDescription": "subject space (RAS) of the T1"},
        )  # fmt: skip
    events = [_event(row, n, p) for row, n, p in zip(rows, names, places, strict=True)]
    if draft == "nibs-bids":
        once = list({row.pulse: e for row, e in zip(rows, events, strict=True)}.values())
        _write_table(where.folder / f"{where.stem}_events", EVENTS, once, draft)
    derived = [event | _derived(row) for event, row in zip(events, rows, strict=True)]
    _write_table(
        where.derived / f"{where.stem}{DERIVED_SUFFIX}", DERIVED_EVENTS, derived, draft, about
    )


def _equipment(facts: Mapping[str, str]) -> dict[str, Any]:
    """Return what the sidecar of the stimuli says about stimulator and coil."""
    found: dict[str, Any] = {"NIBSDescription": "Transcranial magnetic stimulation"}
    for fact, part, name in (("stimulator", "Stimulator", "ManufacturersModelName"),
                             ("coil_type", "Element", "ModelName")):  # fmt: skip
        if fact in facts:
            found[f"{part}Set"] = [{f"{part}ID": f"{part.lower()}1", name: facts[fact]}]
    return found


def _known_of(facts: Mapping[str, str]) -> Cells:
    """Return what every stimulus has in common, as far as a person told it."""
    shape = facts.get("pulse_shape", "").strip().capitalize()
    allowed = next(c.allowed for c in NIBS_TABLE if c.name == "stimulus_shape")
    return {
        "stimulator_id": "stimulator1" if "stimulator" in facts else NA,
        "nibs_element_id": "element1" if "coil_type" in facts else NA,
        "stimulus_shape": shape if shape in allowed else NA,
    }


def _key(cells: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(cells.items())


def _numbered(
    letter: str, found: Iterable[tuple[Cells, None]]
) -> dict[tuple[tuple[str, str], ...], tuple[str, Cells]]:
    """Give each different row a name, in the order in which they occur."""
    names: dict[tuple[tuple[str, str], ...], tuple[str, Cells]] = {}
    for cells, _ in found:
        key = _key(cells)
        if key not in names:
            names[key] = (f"{letter}{len(names) + 1}", cells)
    return names


def _filled(pairs: Iterable[tuple[str, Any]]) -> Cells:
    return {name: shown(value) or NA for name, value in pairs}


def _stimulus(row: PulseRow) -> Cells:
    """Describe what was done at a pulse, whatever its place."""
    cells = {"nibs_type": "TMS", "intensity_reference": "absolute"}
    paired = row.interval_ms is not None or row.conditioning_percent_mso is not None
    cells |= _filled([("stimulus_intensity", row.percent_mso)])
    if paired:
        both = (row.conditioning_percent_mso, row.percent_mso)
        cells |= _filled([("pattern1_count", 2), ("pattern1_interval", row.interval_ms)])
        cells["pattern1_intensity"] = "|".join(shown(value) or NA for value in both)
    else:
        cells |= dict.fromkeys(
            ("pattern1_count", "pattern1_interval", "pattern1_intensity"), NA
        )
    cells |= _filled([("electric_field_target", row.e_target_v_per_m)])
    cells |= _filled([("status", row.condition)])
    return cells


def _position(row: PulseRow) -> Cells:
    """Describe where the coil was; nothing when that is not known."""
    known = [getattr(row, name) for name in (*PLACE, *AXES, *FIELD_MAX)]
    if not any(value is not None for value in known):
        return {}
    names = [f"element_centre_{a}" for a in "xyz"] + [f"element_{axis}" for axis in AXES]
    pairs = [
        (name, getattr(row, own)) for name, own in zip(names, (*PLACE, *AXES), strict=True)
    ]
    pairs += [("target_label", row.target)]
    pairs += [(own.removesuffix("_mm"), getattr(row, own)) for own in FIELD_MAX]
    return _filled(pairs)


def _tms_marker(cells: Cells) -> Cells:
    place = [cells[f"element_centre_{a}"] for a in "xyz"]
    turned = {f"{b}{a}": cells[f"element_{a}dir_{b}"] for a in "xyz" for b in "xyz"}
    lines = [[*(turned[f"{b}{a}"] for a in "xyz"), place["xyz".index(b)]] for b in "xyz"]
    flat = [*lines[0], *lines[1], *lines[2], "0", "0", "0", "1"]
    made = {"Matrix_4x4": NA if NA in flat else " ".join(flat)}
    made |= {"TargetName": cells["target_label"]}
    return made | {f"ElectricFieldMax_{a}": cells[f"efield_max_{a}"] for a in "xyz"}


def _tms_row(row: PulseRow, place: str) -> Cells:
    paired = row.conditioning_percent_mso is not None
    first, second = (
        (row.conditioning_percent_mso, row.percent_mso) if paired else (row.percent_mso, None)
    )
    return {
        "MarkerID": place, "StimulusMode": "twin" if paired else "single",
        "ResponseChannelType": "emg" if row.channel else NA,
    } | _filled([
        ("StimStepCount", row.pulse), ("ProtocolName", row.condition),
        ("FirstPulseAmplitude", first), ("SecondPulseAmplitude", second),
        ("InterPulseInterval", row.interval_ms), ("CurrentGradient", row.didt_a_per_us),
        ("ElectricFieldTarget", row.e_target_v_per_m), ("MotorResponse", row.mep_uv),
        ("Latency", row.latency_ms), ("ResponseChannelName", row.channel),
        ("Timestamp", row.time_s),
    ])  # fmt: skip


def _event(row: PulseRow, name: str, place: str) -> Cells:
    return {"onset": shown(row.time_s), "duration": "0", "nibs_event_id": name,
            "nibs_position_id": place}  # fmt: skip


def _derived(row: PulseRow) -> Cells:
    pairs = [(name, getattr(row, own)) for name, own in DERIVED.items()]
    return _filled([*pairs, *((name, getattr(row, name)) for name in SAME)])


def _write_table(
    path: Path,
    columns: Sequence[Column],
    rows: Sequence[Cells],
    draft: str,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Write a table and its sidecar, which names the draft."""
    order = [c.name for c in columns if c.name in rows[0]]
    required = {c.name for c in columns if c.required}
    used = [n for n in order if n in required or any(row[n] != NA for row in rows)]
    require_table(
        path.with_suffix(".tsv"), [{n: row[n] for n in used} for row in rows], columns
    )
    write_text(Path(f"{path}.tsv"), tsv_text(used, [[row[n] for n in used] for row in rows]))
    about = {"StimulationDraft": DRAFTS[draft], **(more or {}), **sidecar(columns, used)}
    _write_json(Path(f"{path}.json"), about)


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
