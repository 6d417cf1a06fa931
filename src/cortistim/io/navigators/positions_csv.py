"""Coil positions in SimNIBS' CSV: ``CoilPos`` rows, in millimetres of subject space.

``CoilPos,x,y,z, z-axis (3), y-axis (3), distance, name``: the axis into the head comes first,
then the one off the handle. Rows of other types are positions without orientation.
"""

import csv
from pathlib import Path

import numpy as np

from cortistim.errors import FileFormatError
from cortistim.io.navigators.frames import SUBJECT
from cortistim.io.navigators.record import WITHOUT_POSE, Collector, NavigatedPose, PoseFile
from cortistim.io.navigators.source import number, text_in
from cortistim.io.text import csv_text, plain_cell
from cortistim.units import matrix_mm_from_m

COIL = "CoilPos"
HEADER = ("Type", *"xyz", "zx", "zy", "zz", "yx", "yy", "yz", "distance", "name")
KINDS = (COIL, "Generic", "Fiducial", "Electrode", "ReferenceElectrode")


def looks_like(data: bytes) -> bool:
    """Say whether a file is such a table by the beginning of its lines.

    Parameters
    ----------
    data : bytes
        The file's content, or its beginning.

    Returns
    -------
    bool
        True when it does.
    """
    lines = data[:4096].decode("utf-8", errors="replace").lstrip("\ufeff").splitlines()
    begins = (line.split(",")[0].strip() for line in lines[:3])
    return any(word in (*KINDS, HEADER[0]) for word in begins)


def read(path: Path | str, data: bytes) -> PoseFile:
    """Read coil positions.

    Parameters
    ----------
    path : Path or str
        Named in complaints.
    data : bytes
        The file's content.

    Returns
    -------
    PoseFile
        Targets; rows without an orientation are counted.

    Raises
    ------
    FileFormatError
        When a coil position is incomplete, or the table broken.
    """
    gathered = Collector(rounding=1e-4)
    try:
        rows = list(csv.reader(text_in(path, data).splitlines()))
    except csv.Error as error:
        msg = f"{path}: this is not a table of positions ({error}). Save it again."
        raise FileFormatError(msg) from error
    for line, row in enumerate(rows, start=1):
        kind = row[0].strip() if row else ""
        if kind == COIL:
            _take(gathered, f"{path}: line {line}", [cell.strip() for cell in row[1:]])
        elif kind in KINDS:
            gathered.drop(WITHOUT_POSE)
    return gathered.file("csv", "", SUBJECT)


def _take(gathered: Collector, where: str, cells: list[str]) -> None:
    values = np.array([number(cell) for cell in cells[:9]])
    if len(values) < 9 or not np.isfinite(values).all():
        msg = f"{where}: nine numbers must follow {COIL}: x, y, z, z-axis, y-axis."
        raise FileFormatError(msg)
    place, z, y = values.reshape(3, 3)
    matrix = np.eye(4)
    matrix[:3] = np.column_stack([np.cross(y, z), y, z, place])
    name = plain_cell(cells[10]) if len(cells) > 10 else ""
    gathered.take(name or f"{COIL} {len(gathered.poses) + 1}", "target", matrix, np.eye(4))


def write(poses: tuple[NavigatedPose, ...]) -> bytes:
    """Write coil positions; the distance, which is not known here, is written as 0.

    Parameters
    ----------
    poses : tuple of NavigatedPose
        In subject space.

    Returns
    -------
    bytes
        The file's content.
    """
    rows = []
    for entry in poses:
        matrix = matrix_mm_from_m(entry.pose.matrix_m)
        columns = (*matrix[:3, 3], *matrix[:3, 2], *matrix[:3, 1])
        name = " ".join(entry.name.split())
        rows.append([COIL, *(f"{v + 0.0:.9f}" for v in columns), "0", name])
    return csv_text(HEADER, rows).encode()
