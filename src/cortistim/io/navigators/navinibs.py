"""NaviNIBS targets and samples: JSON as in a session's folder.

``coilToMRITransf`` is a 4x4 matrix in millimetres in the world of the MRI. NaviNIBS' y
points away from the handle as ours, its z out of the head, so x and z are turned round. A
target given by coordinates and an angle alone has no matrix until NaviNIBS computes one.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from cortistim.errors import FileFormatError, quoted
from cortistim.io.navigators.frames import DeclaredFrame
from cortistim.io.navigators.record import WITHOUT_POSE, Collector, NavigatedPose, PoseFile
from cortistim.io.navigators.source import (
    bytes_of,
    dicts_in,
    json_in,
    matrix_of,
    number,
    seconds_of,
    volts,
)
from cortistim.units import (
    a_per_s_from_a_per_us,
    a_per_us_from_a_per_s,
    matrix_mm_from_m,
    uv_from_v,
)

FLIP = np.diag([-1.0, 1.0, -1.0, 1.0])
SESSION = "SessionConfig.json"
START = datetime(2000, 1, 1, tzinfo=UTC)
OWN = "cortistim"


def looks_like(content: object) -> bool:
    """Say whether JSON is a list of targets or samples, or holds one.

    Parameters
    ----------
    content : any
        What a JSON file says.

    Returns
    -------
    bool
        True when it does.
    """
    listed = content if isinstance(content, list) else _listed(content)
    return any("coilToMRITransf" in e or "targetCoord" in e for e in dicts_in(listed))


def _listed(content: object) -> list[Any]:
    if not isinstance(content, dict):
        return []
    parts = [content.get(name) for name in ("targets", "samples")]
    return [item for part in parts if isinstance(part, list) for item in part]


def session_content(folder: Path) -> dict[str, Any]:
    """Gather the targets and samples of a session's folder.

    Parameters
    ----------
    folder : Path
        Unpacked, with ``SessionConfig.json``.

    Returns
    -------
    dict
        ``targets`` and ``samples``, as far as they are there.

    Raises
    ------
    BadInputError
        When a file is missing.
    FileFormatError
        When a file is not JSON, or lies outside the folder.
    """
    config = json_in(folder / SESSION, bytes_of(folder / SESSION))
    found: dict[str, Any] = {}
    for part in ("targets", "samples"):
        name = config.get(part) if isinstance(config, dict) else None
        if name is None:
            continue
        if not isinstance(name, str) or Path(name).name != name:
            msg = f"{folder}: {part} must name a file of the session; got {quoted(name)}."
            raise FileFormatError(msg)
        found[part] = json_in(folder / name, bytes_of(folder / name))
    return found


def read(_path: Path | str, content: object) -> PoseFile:
    """Read targets and samples.

    Parameters
    ----------
    _path : Path or str
        Not used; nothing here is refused.
    content : list or dict
        The JSON.

    Returns
    -------
    PoseFile
        Entries with a timestamp are samples; times count from the first.
    """
    entries = list(dicts_in(content if isinstance(content, list) else _listed(content)))
    times_s = [seconds_of(entry.get("timestamp")) for entry in entries]
    start_s = min((t for t in times_s if np.isfinite(t)), default=0.0)
    gathered = Collector()
    for entry, time_s in zip(entries, times_s, strict=True):
        if entry.get("coilToMRITransf") is None:
            gathered.drop(WITHOUT_POSE)
            continue
        told = _told(entry, time_s - start_s) if "timestamp" in entry else {}
        kind = "sample" if told else "target"
        matrix = matrix_of(entry["coilToMRITransf"])
        gathered.take(str(entry.get("key", "")), kind, matrix, FLIP, **told)
    return gathered.file("navinibs", "", DeclaredFrame("MRI"))


def _told(entry: dict[str, Any], time_s: float) -> dict[str, Any]:
    metadata = entry.get("metadata")
    own = metadata.get(OWN) if isinstance(metadata, dict) else None
    own = own if isinstance(own, dict) else {}
    return {
        "time_s": time_s,
        "percent_mso": number(own.get("percent_mso")),
        "didt_a_per_s": a_per_s_from_a_per_us(number(own.get("didt_a_per_us"))),
        "mep_v": volts(own.get("mep_uv")),
        "target": str(entry.get("targetKey") or ""),
    }


def write(poses: tuple[NavigatedPose, ...]) -> bytes:
    """Write targets and samples as one JSON object.

    NaviNIBS merges targets from such a file. What it has no key for is kept under
    ``metadata``.

    Parameters
    ----------
    poses : tuple of NavigatedPose
        In subject space.

    Returns
    -------
    bytes
        The file's content.
    """
    content = {
        "targets": [_entry(p) for p in poses if p.kind == "target"],
        "samples": [_entry(p) | _sample(p) for p in poses if p.kind == "sample"],
    }
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def _entry(pose: NavigatedPose) -> dict[str, Any]:
    matrix = matrix_mm_from_m(pose.pose.matrix_m) @ FLIP
    return {"key": pose.name, "coilToMRITransf": (matrix + 0.0).tolist()}


def _sample(pose: NavigatedPose) -> dict[str, Any]:
    time_s = pose.time_s if np.isfinite(pose.time_s) else 0.0
    told = {
        "percent_mso": pose.percent_mso,
        "didt_a_per_us": a_per_us_from_a_per_s(pose.didt_a_per_s),
    }
    own: dict[str, Any] = {key: value for key, value in told.items() if np.isfinite(value)}
    if pose.mep_v:
        own["mep_uv"] = [uv_from_v(v) for v in pose.mep_v]
    moment = (START + timedelta(seconds=time_s)).replace(tzinfo=None)
    sample: dict[str, Any] = {"timestamp": moment.isoformat(timespec="microseconds")}
    if pose.target:
        sample["targetKey"] = pose.target
    return sample | ({"metadata": {OWN: own}} if own else {})
