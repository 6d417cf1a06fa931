"""The files of one run: written whole, or not at all."""

import json
from pathlib import Path
from typing import Any

from cortistim.cache import atomic_path


def write_json(path: Path, record: dict[str, Any]) -> None:
    """Write JSON that any parser reads: no NaN, no infinity.

    Parameters
    ----------
    path : Path
        Where to.
    record : dict
        Plain values.
    """
    with atomic_path(path) as temporary:
        text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
        temporary.write_text(text + "\n", encoding="utf-8")
