"""A record of every check: one JSON line each, only ever appended."""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock

from cortistim import cache


def audit_path() -> Path:
    """Return the file that checks are recorded in, ``CORTISTIM_AUDIT`` or in the cache folder.

    Emptying the cache leaves it alone.
    """
    chosen = os.environ.get("CORTISTIM_AUDIT")
    return Path(chosen).expanduser() if chosen else cache.folder() / "audit" / "checks.jsonl"


def append_record(record: Mapping[str, Any], *, version: str, path: Path | None = None) -> Path:
    """Append one line: what was asked, what was answered, when, by which version.

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
    """
    place = path or audit_path()
    place.parent.mkdir(parents=True, exist_ok=True)
    stamp = {"time": datetime.now(UTC).isoformat(), "version": version}
    line = json.dumps({**stamp, **record}, ensure_ascii=False, allow_nan=False) + "\n"
    with FileLock(f"{place}.lock"):
        handle = os.open(place, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(handle, line.encode("utf-8"))
            os.fsync(handle)
        finally:
            os.close(handle)
    return place
