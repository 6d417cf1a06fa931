"""A session's log: a JSON object per line, each with a digest of itself and the line before.

A line that was being written when the program died has no end and is dropped by whoever
resumes; everything before it was on the disk before anybody was told.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

from cortistim.errors import FileFormatError
from cortistim.io.navigators.source import bytes_of
from cortistim.records import read_record
from cortistim.records.form import plain
from cortistim.records.live import LiveEntry

NAME = "log.jsonl"


@dataclass(frozen=True, slots=True)
class SessionLog:
    """What a log holds.

    Parameters
    ----------
    entries : tuple of LiveEntry
        In order.
    whole_bytes : int
        Length of the file up to the end of the last whole line.
    """

    entries: tuple[LiveEntry, ...]
    whole_bytes: int


def read_session_log(path: Path | str) -> SessionLog:
    """Read a session's log.

    Parameters
    ----------
    path : Path or str
        ``log.jsonl`` of a session's folder.

    Returns
    -------
    SessionLog
        Without a last line that was not finished.

    Raises
    ------
    BadInputError
        When there is no such file.
    FileFormatError
        When a line is no entry, is not where it was written, or was changed.
    """
    data = bytes_of(path)
    whole = data[: data.rfind(b"\n") + 1]
    entries: list[LiveEntry] = []
    for number, line in enumerate(whole.splitlines(), start=1):
        try:
            entry = read_record(LiveEntry, line)
        except FileFormatError as error:
            msg = f"{path}: line {number}: {error}"
            raise FileFormatError(msg) from error
        before = entries[-1].chain if entries else ""
        if entry.entry != number or entry.chain != chained(entry, before).chain:
            msg = (
                f"{path}: line {number} is not what was written there: its digest does not "
                "follow from the line before. Take an untouched copy."
            )
            raise FileFormatError(msg)
        entries.append(entry)
    return SessionLog(tuple(entries), len(whole))


def chained(entry: LiveEntry, before: str) -> LiveEntry:
    """Return an entry with the digest of itself and of the one before.

    Parameters
    ----------
    entry : LiveEntry
        Whatever its own digest is.
    before : str
        Digest of the line before; empty for the first.

    Returns
    -------
    LiveEntry
        To be written.
    """
    text = before + _text(replace(entry, chain=""))
    return replace(entry, chain=hashlib.sha256(text.encode("utf-8")).hexdigest())


def line_of(entry: LiveEntry) -> bytes:
    """Write an entry as a line."""
    return _text(entry).encode("utf-8") + b"\n"


def _text(entry: LiveEntry) -> str:
    return json.dumps(plain(entry), ensure_ascii=True, allow_nan=False)
