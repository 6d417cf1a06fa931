"""The files of one run: written whole, or not at all."""

from pathlib import Path

from cortistim.cache import atomic_path
from cortistim.records import json_text


def write_json(path: Path, record: object) -> None:
    """Write JSON that any parser reads: no NaN, no infinity.

    Parameters
    ----------
    path : Path
        Where to.
    record : dataclass
        One of `cortistim.records`.
    """
    with atomic_path(path) as temporary:
        temporary.write_text(json_text(record), encoding="utf-8")
