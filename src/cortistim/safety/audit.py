"""A record of every check: one JSON line each, only ever appended."""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock

from cortistim import cache
from cortistim.errors import BadInputError

OWNER_ONLY = 0o600
CUT = "the line before this one was cut off by a full disk or a stop; it is no record"


def audit_path() -> Path:
    """Return the file that checks are recorded in, ``CORTISTIM_AUDIT`` or in the cache folder.

    Emptying the cache leaves it alone.

    Returns
    -------
    Path
        It need not exist yet.
    """
    chosen = os.environ.get("CORTISTIM_AUDIT")
    return Path(chosen).expanduser() if chosen else cache.folder() / "audit" / "checks.jsonl"


def append_record(record: Mapping[str, Any], *, version: str, path: Path | None = None) -> Path:
    """Append one line: what was asked, what was answered, when, by which version.

    The file holds answers on health, so that only its owner may read it.

    Parameters
    ----------
    record : mapping
        Plain values: inputs, table, cell, verdict.
    version : str
        Of the package.
    path : Path, optional
        `audit_path` by default.

    Returns
    -------
    Path
        The file. Lines of processes that check at the same time do not mix.

    Raises
    ------
    BadInputError
        When the line cannot be written whole, which leaves nothing of it, or others could
        read the file.
    """
    place = path or audit_path()
    place.parent.mkdir(parents=True, exist_ok=True)
    line = _line(record, version)
    with FileLock(f"{place}.lock", mode=OWNER_ONLY):
        made = not place.exists()
        handle = os.open(place, os.O_RDWR | os.O_APPEND | os.O_CREAT, OWNER_ONLY)
        try:
            _make_private(handle, place)
            if _is_cut(handle):
                line = b"\n" + _line({"kind": "cut", "note": CUT}, version) + line
            _append(handle, line, place)
        finally:
            os.close(handle)
        if made:
            cache.synced(place.parent)
    return place


def _line(record: Mapping[str, Any], version: str) -> bytes:
    stamp = {"time": datetime.now(UTC).isoformat(), "version": version}
    text = json.dumps({**stamp, **record}, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()


def _make_private(handle: int, place: Path) -> None:
    if os.name == "nt":
        return  # Windows keeps a user's files from other users by their folder
    try:
        os.fchmod(handle, OWNER_ONLY)
    except OSError as error:
        msg = (
            f"{place}: the record of answers on health must be readable by its owner only, but "
            f"the file is not yours to change ({error.strerror}). Set CORTISTIM_AUDIT to "
            "another file."
        )
        raise BadInputError(msg) from error


def _is_cut(handle: int) -> bool:
    """Tell whether the last line of a file has no end."""
    size = os.lseek(handle, 0, os.SEEK_END)
    if not size:
        return False
    os.lseek(handle, size - 1, os.SEEK_SET)
    return os.read(handle, 1) != b"\n"


def _append(handle: int, line: bytes, place: Path) -> None:
    """Write a line whole, or leave the file as it was."""
    before = os.fstat(handle).st_size
    left = memoryview(line)
    try:
        while left:
            left = left[os.write(handle, left) :]
        os.fsync(handle)
    except OSError as error:
        os.ftruncate(handle, before)
        msg = (
            f"{place}: the record of the check must be written whole, but cannot be "
            f"({error.strerror}); nothing of it was kept. Free space there, or set "
            "CORTISTIM_AUDIT to a file elsewhere."
        )
        raise BadInputError(msg) from error
