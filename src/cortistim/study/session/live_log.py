"""The log of a live session as a table: what counted, each response beside its pulse."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError
from cortistim.io.live.session_log import NAME, read_session_log
from cortistim.records import number
from cortistim.records.live import LiveEntry, LivePulse
from cortistim.records.session import PulseRow, SessionRecord
from cortistim.study.session.rows import DIGITS, with_pose
from cortistim.units import a_per_us_from_a_per_s


def is_live_log(path: Path) -> bool:
    """Say whether a path is a live session's folder, or the log in it.

    Parameters
    ----------
    path : Path
        Of whatever kind.

    Returns
    -------
    bool
        True when it is.
    """
    return path.name == NAME or (path.is_dir() and (path / NAME).is_file())


def from_live_log(path: Path) -> SessionRecord:
    """Read the pulses of a live session.

    Parameters
    ----------
    path : Path
        Its folder, or ``log.jsonl``.

    Returns
    -------
    SessionRecord
        One row for each pulse that was not taken back; numbers of the table, rounded.

    Raises
    ------
    BadInputError
        When there is no such log, or no pulse counts.
    FileFormatError
        When the log was changed.
    """
    place = path / NAME if path.is_dir() else path
    entries = read_session_log(place).entries
    undone = {entry.refers_to for entry in entries if entry.kind == "undo"}
    counted = [entry for entry in entries if entry.entry not in undone]
    pulses = [entry for entry in counted if entry.kind == "pulse"]
    if not pulses:
        msg = f"{place}: a session's table needs pulses; the log has none that counts."
        raise BadInputError(msg)
    sizes_uv = {e.refers_to: e.amplitude_uv for e in counted if e.kind == "response"}
    began_s = _second(entries[0])
    facts = entries[0].facts
    rows = tuple(
        _row(at, entry, sizes_uv.get(entry.entry), _second(entry) - began_s, facts)
        for at, entry in enumerate(pulses, start=1)
    )
    return SessionRecord(notes=_notes(entries, pulses, rows), pulses=_timed(rows))


def _row(
    at: int, entry: LiveEntry, size_uv: float | None, time_s: float, facts: dict[str, str]
) -> PulseRow:
    row = PulseRow(
        pulse=at,
        time_s=number(time_s, DIGITS),
        target=facts.get("target", ""),
        mep_uv=number(size_uv, DIGITS),
        channel="" if size_uv is None else "muscle",
    )
    return row if entry.pulse is None else _with_field(row, entry.pulse)


def _with_field(row: PulseRow, told: LivePulse) -> PulseRow:
    full = replace(
        row,
        percent_mso=number(told.percent_mso, DIGITS),
        didt_a_per_us=number(a_per_us_from_a_per_s(told.didt_a_per_s), DIGITS),
        e_target_v_per_m=number(told.target_e_v_per_m, DIGITS),
    )
    return with_pose(full, np.array(told.matsimnibs_m))


def _second(entry: LiveEntry) -> float:
    """Return when an entry was written, by the wall clock: it outlives a restart."""
    return datetime.fromisoformat(entry.time_utc).timestamp()


def _timed(rows: tuple[PulseRow, ...]) -> tuple[PulseRow, ...]:
    """Leave times out where the clock was set back between two pulses."""
    times = np.array([row.time_s for row in rows], dtype=float)
    if (np.diff(times) > 0).all():
        return rows
    return tuple(replace(row, time_s=None) for row in rows)


def _notes(
    entries: tuple[LiveEntry, ...], pulses: list[LiveEntry], rows: tuple[PulseRow, ...]
) -> tuple[str, ...]:
    notes = ["a live session of cortistim; outputs are as a person typed them"]
    facts = entries[0].facts
    named = [f"{key} {facts[key]}" for key in ("head", "coil", "target") if facts.get(key)]
    if named:
        notes.append(", ".join(named))
    if any(entry.pulse is None for entry in pulses):
        notes.append("some pulses came without a pose that could be evaluated")
    if _timed(rows) is not rows:
        notes.append("times do not rise from pulse to pulse and are left out")
    return tuple(notes)
