"""What a person decided on the review page, put into the table."""

from dataclasses import replace
from pathlib import Path

from cortistim.errors import FileFormatError, quoted
from cortistim.io.text import csv_rows, plain_cell
from cortistim.records.session import SessionRecord

COLUMNS = ("pulse", "channel", "decision", "reason")
DECISIONS = ("ok", "review", "reject")
BY_EYE = "decided by eye"

Decisions = dict[tuple[int, str], tuple[str, str]]


def read_decisions(path: Path | str) -> Decisions:
    """Read what the review page saves.

    Parameters
    ----------
    path : Path or str
        CSV with the columns pulse, channel, decision and reason.

    Returns
    -------
    dict
        Decision and reason by pulse and channel.

    Raises
    ------
    BadInputError
        When there is no such file.
    FileFormatError
        When a column is missing, or a decision is none.
    """
    rows = csv_rows(path)
    if not rows or [cell.strip() for cell in rows[0][1]] != list(COLUMNS):
        msg = f"{path}: line 1: the columns must be {', '.join(COLUMNS)}. Save them again."
        raise FileFormatError(msg)
    found: Decisions = {}
    for number, row in rows[1:]:
        cells = [plain_cell(cell.strip()) for cell in row]
        sound = len(cells) == len(COLUMNS) and cells[0].isascii() and cells[0].isdigit()
        if not sound or len(cells[0]) > 9 or cells[2] not in DECISIONS:
            msg = (
                f"{path}: line {number}: must be a pulse, a channel, one of "
                f"{', '.join(DECISIONS)} and a reason; got {quoted(row)}."
            )
            raise FileFormatError(msg)
        found[int(cells[0]), cells[1]] = (cells[2], cells[3])
    return found


def decide(record: SessionRecord, decisions: Decisions) -> SessionRecord:
    """Put decisions into a session's table; measured values and old reasons stay.

    Parameters
    ----------
    record : SessionRecord
        As measured.
    decisions : dict
        From `read_decisions`.

    Returns
    -------
    SessionRecord
        With new qualities.

    Raises
    ------
    FileFormatError
        When a decision is about a trial that is not in the table.
    """
    left = dict(decisions)
    rows = []
    for row in record.pulses:
        decision = left.pop((row.pulse, row.channel), None)
        if decision is None:
            rows.append(row)
            continue
        state, reason = decision
        said = f"{BY_EYE}: {reason}" if reason else BY_EYE
        told = f"{said}; before: {row.qc_reason}" if row.qc_reason else said
        rows.append(replace(row, qc=state, qc_reason=told))
    if left:
        pulse, channel = next(iter(left))
        msg = (
            f"`decisions` must be about trials of the table; it has no pulse {pulse} of "
            f"{quoted(channel)}. Take the decisions of the same session."
        )
        raise FileFormatError(msg)
    return replace(record, pulses=tuple(rows))
