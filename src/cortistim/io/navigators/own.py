"""Our own JSON: ``matsimnibs``, one 4x4 matrix or a list, with what else is known of each.

Lists beside ``matsimnibs`` run parallel to it: ``names``, ``kinds``, ``time_s``,
``percent_mso``, ``didt_a_per_us``, ``mep_uv``, ``targets``; null where a value is not known.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cortistim.errors import FileFormatError, quoted
from cortistim.io.navigators.frames import SUBJECT, DeclaredFrame
from cortistim.io.navigators.record import Collector, NavigatedPose, PoseFile
from cortistim.io.navigators.source import matrix_of, number, volts
from cortistim.io.pose import unit_doubt
from cortistim.records import known
from cortistim.units import (
    a_per_s_from_a_per_us,
    a_per_us_from_a_per_s,
    matrix_mm_from_m,
    uv_from_v,
)

KEY = "matsimnibs"
SUBJECT_NAMES = ("subject", SUBJECT.name)


def read(path: Path | str, content: dict[str, Any]) -> PoseFile:
    """Read poses.

    Parameters
    ----------
    path : Path or str
        Named in complaints.
    content : dict
        The JSON.

    Returns
    -------
    PoseFile
        In subject space, unless ``frame`` names another one.

    Raises
    ------
    FileFormatError
        When units are named that are not mm, or a matrix is not 4x4.
    """
    units = content.get("units", "mm")
    if units != "mm":
        msg = f"{path}: units must be mm; got {quoted(units)}. Convert the translations."
        raise FileFormatError(msg)
    matrices = content[KEY]
    rows = [matrices] if _is_4x4(matrices) else matrices
    if not isinstance(rows, list) or not all(_is_4x4(matrix) for matrix in rows):
        msg = f"{path}: {KEY} must be a list of 4x4 matrices of numbers, or one of them."
        raise FileFormatError(msg)
    gathered = Collector()
    for place, matrix in enumerate(rows):
        told = _told(content, place)
        kind = "sample" if _at(content, "kinds", place) == "sample" else "target"
        name = _at(content, "names", place)
        label = name if isinstance(name, str) else f"Pose {place + 1}"
        doubt = unit_doubt(matrix_of(matrix))
        if doubt:
            gathered.refused.append(f"pose {quoted(label)}: {doubt}")
            continue
        gathered.keep(label, kind, matrix_of(matrix), **told)
    frame = str(content.get("frame", "subject"))
    known = SUBJECT if frame in SUBJECT_NAMES else DeclaredFrame(frame, "unknown")
    return gathered.file("cortistim", "", known)


def _is_4x4(matrix: object) -> bool:
    return bool(np.isfinite(matrix_of(matrix)).all())


def _at(content: dict[str, Any], key: str, place: int) -> object:
    values = content.get(key)
    return values[place] if isinstance(values, list) and place < len(values) else None


def _told(content: dict[str, Any], place: int) -> dict[str, Any]:
    didt = number(_at(content, "didt_a_per_us", place))
    return {
        "time_s": number(_at(content, "time_s", place)),
        "percent_mso": number(_at(content, "percent_mso", place)),
        "didt_a_per_s": a_per_s_from_a_per_us(didt),
        "mep_v": volts(_at(content, "mep_uv", place)),
        "target": str(_at(content, "targets", place) or ""),
    }


def write(poses: tuple[NavigatedPose, ...]) -> bytes:
    """Write poses.

    Parameters
    ----------
    poses : tuple of NavigatedPose
        In subject space.

    Returns
    -------
    bytes
        The file's content.
    """
    content: dict[str, Any] = {
        "frame": "subject",
        "units": "mm",
        KEY: [np.round(matrix_mm_from_m(p.pose.matrix_m), 12).tolist() for p in poses],
        "names": [p.name for p in poses],
        "kinds": [p.kind for p in poses],
    }
    columns = {
        "time_s": [known(p.time_s) for p in poses],
        "percent_mso": [known(p.percent_mso) for p in poses],
        "didt_a_per_us": [known(a_per_us_from_a_per_s(p.didt_a_per_s)) for p in poses],
        "mep_uv": [[uv_from_v(v) for v in p.mep_v] for p in poses],
        "targets": [p.target for p in poses],
    }
    content |= {key: values for key, values in columns.items() if _says_something(values)}
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def _says_something(values: Sequence[object]) -> bool:
    return any(value not in (None, "", []) for value in values)
