"""SimNIBS' .mat files: whole sessions, lists of positions, bare matrices.

A session holds lists of positions, each with ``matsimnibs`` in millimetres, which is our
convention, and ``didt`` in A/s. A position given by centre and direction alone has no matrix
before SimNIBS has placed it on the skin.
"""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from cortistim.io.navigators.frames import DeclaredFrame
from cortistim.io.navigators.matfile import variables
from cortistim.io.navigators.record import WITHOUT_POSE, Collector, NavigatedPose, PoseFile
from cortistim.typing import FloatArray
from cortistim.units import matrix_mm_from_m

KEY = "matsimnibs"
HEADER_TEXT = b"MATLAB 5.0 MAT-file, written by cortistim"
HEADER_BYTES = 116


def read(path: Path | str, data: bytes) -> PoseFile:
    """Read every position that a file holds.

    Parameters
    ----------
    path : Path or str
        Named in complaints.
    data : bytes
        The file's content.

    Returns
    -------
    PoseFile
        Targets in the order of the file.

    Raises
    ------
    FileFormatError
        When it is not a MATLAB file of version 5 to 7.
    """
    gathered = Collector()
    _walk(gathered, variables(path, data), "")
    return gathered.file("simnibs", "", DeclaredFrame("subject (matsimnibs)"))


def _walk(gathered: Collector, node: object, name: str) -> None:
    if isinstance(node, dict) and (KEY in node or "pos_ydir" in node):
        _take(gathered, node, name)
    elif isinstance(node, dict):
        for key, value in node.items():
            _walk(gathered, value, str(key))
    elif isinstance(node, list):
        for value in node:
            _walk(gathered, value, name)
    elif isinstance(node, np.ndarray) and node.shape[:2] == (4, 4):
        _take(gathered, {KEY: node}, name)


def _take(gathered: Collector, position: dict[str, Any], name: str) -> None:
    matrices = _matrices(position.get(KEY))
    if not len(matrices):
        gathered.drop(WITHOUT_POSE)
        return
    own = position.get("name")
    label = own if isinstance(own, str) and own else f"{name or KEY} {len(gathered.poses) + 1}"
    didt = position.get("didt")
    known = isinstance(didt, np.ndarray) and didt.size == 1
    rate = float(didt.item()) if known and didt is not None else np.nan
    for count, matrix in enumerate(matrices, start=1):
        text = label if len(matrices) == 1 else f"{label} {count}"
        gathered.take(text, "target", matrix, np.eye(4), didt_a_per_s=rate)


def _matrices(stored: object) -> FloatArray:
    """Return (n, 4, 4) matrices, from one of them or a stack along the third axis."""
    if isinstance(stored, list):
        parts = [_matrices(part) for part in stored]
        return np.concatenate(parts) if parts else np.empty((0, 4, 4))
    if not isinstance(stored, np.ndarray) or stored.shape[:2] != (4, 4) or stored.ndim > 3:
        return np.empty((0, 4, 4))
    return np.moveaxis(stored.reshape(4, 4, -1), 2, 0)


def write(poses: tuple[NavigatedPose, ...]) -> bytes:
    """Write a session with one list of positions, to be completed in SimNIBS.

    Parameters
    ----------
    poses : tuple of NavigatedPose
        In subject space.

    Returns
    -------
    bytes
        The file's content; head, coil and output folder are left empty.
    """
    from scipy.io import savemat

    fields = [(name, object) for name in ("type", "name", KEY, "didt", "distance")]
    positions = np.empty((1, len(poses)), dtype=fields)
    for place, entry in zip(positions[0], poses, strict=True):
        didt = entry.didt_a_per_s if np.isfinite(entry.didt_a_per_s) else 1e6
        matrix = matrix_mm_from_m(entry.pose.matrix_m)
        place["type"], place["name"], place[KEY] = "POSITION", entry.name, matrix
        place["didt"], place["distance"] = float(didt), 4.0
    lists = np.empty((1, 1), dtype=object)
    lists[0, 0] = {"type": "TMSLIST", "fnamecoil": "", "pos": positions}
    stream = BytesIO()
    savemat(stream, {"type": "SESSION", "fnamehead": "", "pathfem": "", "poslist": lists})
    body = stream.getvalue()[HEADER_BYTES:]  # the header would name the hour and the machine
    return HEADER_TEXT.ljust(HEADER_BYTES) + body
