"""A session from BIDS, in either draft, with or without derivatives of our own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cortistim.errors import BadInputError, FileFormatError, quoted
from cortistim.io.bids.drafts import (
    DERIVED_EVENTS,
    DIVIDER,
    EVENTS,
    NA,
    NIBS_MARKERS,
    NIBS_TABLE,
    TMS_MARKERS,
    TMS_OLDER,
    TMS_TABLE,
    Column,
    require_table,
    require_units,
)
from cortistim.io.bids.writing import DERIVED, DERIVED_SUFFIX, FIELD_MAX, FOLDERS, SAME
from cortistim.io.emg.bids import read_tsv
from cortistim.io.table.session import row_of
from cortistim.io.text import json_of
from cortistim.records.session import AXES, PLACE, PulseRow, SessionRecord, require_rows

MOST_FILES = 10_000
SAME_OUTPUT = 1e-6
Table = list[dict[str, str]]
Told = dict[str, Any]


@dataclass(frozen=True)
class _Files:
    """The files of one session."""

    folder: Path
    stem: str
    derived: Path

    def path(self, name: str) -> Path:
        return self.folder / f"{self.stem}_{name}.tsv"


def is_bids(path: Path | str) -> bool:
    """Say whether a folder is a dataset of BIDS."""
    return (Path(path) / "dataset_description.json").is_file()


def read_bids(folder: Path | str) -> SessionRecord:
    """Read all sessions of a dataset, checked against their draft.

    Parameters
    ----------
    folder : Path or str
        With ``dataset_description.json``.

    Returns
    -------
    SessionRecord
        Responses from the derivatives of cortistim where they are there, else from the
        tables of the draft, as far as it has a place for them.

    Raises
    ------
    BadInputError
        When it is no dataset, or has neither ``nibs`` nor ``tms`` folders.
    FileFormatError
        When a table breaks its draft, or two tables contradict each other; named by row (the
        heading is row 1) and column.
    """
    folder = Path(folder)
    if not is_bids(folder):
        msg = f"{folder}: a dataset of BIDS has a dataset_description.json. Name its folder."
        raise BadInputError(msg)
    found = []
    for draft, name in FOLDERS.items():
        listed = sorted(folder.glob(f"sub-*/{name}")) + sorted(
            folder.glob(f"sub-*/ses-*/{name}")
        )
        for inner in listed[:MOST_FILES]:
            found += [_session(files, draft) for files in _files(folder, inner, name)]
    if not found:
        msg = (
            f"{folder}: there is no folder nibs or tms in any sub-*/ or sub-*/ses-*/ folder, "
            "or it holds no table."
        )
        raise BadInputError(msg)
    found.sort(key=lambda part: part[0])
    rows = [row for _, part in found for row in part.pulses]
    try:
        require_rows(rows)
    except FileFormatError as error:
        msg = f"{folder}: {error}"
        raise FileFormatError(msg) from error
    facts: dict[str, str] = {}
    for _, part in found:
        facts |= part.facts
    notes = dict.fromkeys(note for _, part in found for note in part.notes)
    return SessionRecord(facts=facts, notes=tuple(notes), pulses=tuple(rows))


def _files(root: Path, inner: Path, name: str) -> list[_Files]:
    suffix = f"_{name}.tsv"
    derived = root / "derivatives" / "cortistim" / inner.parent.relative_to(root) / "emg"
    stems = [p.name.removesuffix(suffix) for p in sorted(inner.glob(f"*{suffix}"))]
    return [_Files(inner, s, derived / f"{s}{DERIVED_SUFFIX}.tsv") for s in stems]


def _session(files: _Files, draft: str) -> tuple[int, SessionRecord]:
    """Return the number of a session among the others, and its rows."""
    parts = dict(part.split("-", 1) for part in files.stem.split("_") if "-" in part)
    labels = {"subject": parts.get("sub", ""), "session": parts.get("ses", "")}
    poses = _poses(files, draft)
    raw = _nibs_rows(files) if draft == "nibs-bids" else _tms_rows(files)
    if not files.derived.is_file():
        rows = [_row(labels | told, poses, place, files, n)
                for n, (told, place) in enumerate(raw, start=2)]  # fmt: skip
        return MOST_FILES, SessionRecord(pulses=tuple(rows))
    beside = files.derived.with_suffix(".json")
    about = json_of(beside) if beside.is_file() else {}
    labels = {k: str(about.get(k.capitalize(), label)) for k, label in labels.items()}
    derived = _table(files.derived, DERIVED_EVENTS)
    _require_counts(files, derived, raw)
    rows = []
    for number, cells in enumerate(derived, start=2):
        told = {own: cells.get(name) for name, own in DERIVED.items()}
        told |= {name: cells.get(name) for name in SAME} | {"time_s": cells["onset"]}
        place = cells.get("nibs_position_id", NA)
        rows.append(_row(labels | told, poses, place, files, number))
    facts, notes, number = (about.get(k) for k in ("Facts", "Notes", "Number"))
    record = SessionRecord(
        facts={str(k): str(v) for k, v in facts.items()} if isinstance(facts, dict) else {},
        notes=tuple(map(str, notes)) if isinstance(notes, list) else (),
        pulses=tuple(rows),
    )
    return number if isinstance(number, int) else MOST_FILES, record


def _row(
    told: Told, poses: Mapping[str, Told], place: str, files: _Files, number: int
) -> PulseRow:
    if place not in (NA, "") and place not in poses:
        msg = (
            f"{files.folder}: row {number}, column nibs_position_id: no marker is called "
            f"{quoted(place)}. Add it to {files.stem}_markers.tsv."
        )
        raise FileFormatError(msg)
    pose = poses.get(place, {})
    target = told.get("target") or pose.get("target")
    try:
        return row_of(pose | told | {"target": target}, number)
    except FileFormatError as error:
        msg = f"{files.folder}: {error}"
        raise FileFormatError(msg) from error


def _require_counts(files: _Files, derived: Table, raw: Sequence[tuple[Told, str]]) -> None:
    """Compare pulses and outputs of the responses with those of the draft's own tables."""
    pulses = list(dict.fromkeys(row["pulse"] for row in derived))
    told = list({str(row["pulse"]): row for row, _ in raw}.values())
    if len(pulses) != len(told):
        msg = (
            f"{files.derived}: column pulse: there must be as many pulses as the session has, "
            f"{len(told)}; got {len(pulses)}. Export both again."
        )
        raise FileFormatError(msg)
    outputs = {p: row.get("percent_mso") for p, row in zip(pulses, told, strict=True)}
    for number, row in enumerate(derived, start=2):
        mine, theirs = row.get("intensity_mso", NA), outputs[row["pulse"]]
        if NA in (mine, theirs) or theirs is None:
            continue
        if abs(float(mine) - float(theirs)) > SAME_OUTPUT:
            msg = (
                f"{files.derived}: row {number}, column intensity_mso: this pulse has {mine} % "
                f"here and {theirs} % in the table of stimuli. Correct one."
            )
            raise FileFormatError(msg)


def _nibs_rows(files: _Files) -> list[tuple[Told, str]]:
    """Return each event with what its stimulus says, and its marker."""
    stimuli_path, events_path = files.path("nibs"), files.path("events")
    stimuli, events = _table(stimuli_path, NIBS_TABLE), _table(events_path, EVENTS)
    known = {row["nibs_event_id"]: row for row in stimuli}
    found: list[tuple[Told, str]] = []
    for number, event in enumerate(events, start=2):
        name = event["nibs_event_id"]
        if name not in known:
            msg = (
                f"{events_path}: row {number}, column nibs_event_id: no stimulus is called "
                f"{quoted(name)}. Add it to {stimuli_path.name}."
            )
            raise FileFormatError(msg)
        told = known[name]
        output = told.get("stimulus_intensity", NA)
        pair = told.get("pattern1_intensity", NA).split(DIVIDER)
        if DIVIDER in output:
            pair = output.split(DIVIDER)
            output = pair[-1]
        first = pair[0] if len(pair) == 2 else None
        found.append((
            {"pulse": str(number - 1), "time_s": event["onset"],
             "percent_mso": output, "conditioning_percent_mso": first,
             "interval_ms": told.get("pattern1_interval"), "condition": told.get("status"),
             "e_target_v_per_m": told.get("electric_field_target")},
            event.get("nibs_position_id", NA),
        ))  # fmt: skip
    return found


def _tms_rows(files: _Files) -> list[tuple[Told, str]]:
    path = files.path("tms")
    table = _table(path, TMS_TABLE, TMS_OLDER)
    found: list[tuple[Told, str]] = []
    pulses: dict[str, int] = {}
    for row in table:  # one row for each muscle: rows of one time are one pulse
        pulse = pulses.setdefault(row["Timestamp"], len(pulses) + 1)
        twin = row.get("StimulusMode") == "twin" and row.get("SecondPulseAmplitude", NA) != NA
        first, second = row.get("FirstPulseAmplitude"), row.get("SecondPulseAmplitude")
        found.append((
            {"pulse": str(pulse), "time_s": row["Timestamp"],
             "percent_mso": second if twin else first,
             "conditioning_percent_mso": first if twin else None,
             "interval_ms": row.get("InterPulseInterval"), "condition": row.get("ProtocolName"),
             "didt_a_per_us": row.get("CurrentGradient"), "mep_uv": row.get("MotorResponse"),
             "e_target_v_per_m": row.get("ElectricFieldTarget"),
             "latency_ms": row.get("Latency"), "channel": row.get("ResponseChannelName")},
            row.get("MarkerID", NA),
        ))  # fmt: skip
    return found


def _poses(files: _Files, draft: str) -> dict[str, Told]:
    """Return what is known about each marker, by its name."""
    path = files.path("markers")
    if not path.is_file():
        return {}
    _require_mm(files.folder / f"{files.stem}_coordsystem.json")
    if draft == "nibs-bids":
        table = _table(path, NIBS_MARKERS)
        names = [f"element_centre_{a}" for a in "xyz"] + [f"element_{axis}" for axis in AXES]
        pairs = list(zip(names, (*PLACE, *AXES), strict=True))
        pairs += [(own.removesuffix("_mm"), own) for own in FIELD_MAX]
        pairs += [("target_label", "target")]
        return {row["nibs_position_id"]: {own: row.get(n) for n, own in pairs} for row in table}
    found = {}
    for number, row in enumerate(_table(path, TMS_MARKERS), start=2):
        told = _matrix(path, number, row.get("Matrix_4x4", NA))
        told |= {own: row.get(f"ElectricFieldMax_{a}")
                 for own, a in zip(FIELD_MAX, "xyz", strict=True)}  # fmt: skip
        found[row["MarkerID"]] = told | {"target": row.get("TargetName")}
    return found


def _table(
    path: Path, columns: Sequence[Column], older: Mapping[str, str] | None = None
) -> Table:
    """Read a table and hold it, and what its sidecar says of units, against its draft."""
    names = older or {}
    table = [{names.get(k, k): v for k, v in row.items()} for row in read_tsv(path)]
    require_table(path, table, columns)
    beside = path.with_suffix(".json")
    if beside.is_file():
        require_units(beside, json_of(beside), columns)
    return table


def _require_mm(path: Path) -> None:
    """Refuse coordinates in another unit, whatever the draft calls it."""
    if not path.is_file():
        return
    for name, unit in json_of(path).items():
        if name.endswith("CoordinateUnits") and unit != "mm":
            msg = (
                f"{path}: {name}: coordinates must be in mm; got {quoted(unit)}. Convert them."
            )
            raise FileFormatError(msg)


def _matrix(path: Path, number: int, cell: str) -> Told:
    if cell == NA:
        return {}
    words = cell.replace("[", " ").replace("]", " ").replace(",", " ").replace(";", " ").split()
    try:
        values = np.array(words, dtype=float)
    except ValueError:
        values = np.empty(0)
    if len(values) != 16 or not np.isfinite(values).all():
        msg = (
            f"{path}: row {number}, column Matrix_4x4: must be 16 numbers, row by row; got "
            f"{quoted(cell)}."
        )
        raise FileFormatError(msg)
    matrix = values.reshape(4, 4)
    told: Told = dict(zip(PLACE, matrix[:3, 3].tolist(), strict=True))
    return told | dict(zip(AXES, matrix[:3, :3].T.ravel().tolist(), strict=True))
