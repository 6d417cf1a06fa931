"""Electrode positions and fiducials: cap files as SimNIBS writes them, in millimetres."""

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from cortistim.errors import FileFormatError
from cortistim.io.table.points import require_in_mm
from cortistim.io.text import csv_rows, plain_cell, write_csv
from cortistim.typing import FloatArray
from cortistim.units import m_from_mm, mm_from_m

KINDS = ("Electrode", "ReferenceElectrode", "Fiducial", "Generic")
FIDUCIALS = ("Nz", "Iz", "LPA", "RPA")


def read_positions_csv(path: Path | str) -> dict[str, FloatArray]:
    """Read named positions.

    Parameters
    ----------
    path : Path or str
        Rows ``kind,x,y,z[,x2,y2,z2],name`` of the kinds Electrode, ReferenceElectrode,
        Fiducial and Generic, with or without a header; rows without a name and of other
        kinds are passed over.

    Returns
    -------
    dict of str to (3,) array [m]
        Positions by name.

    Raises
    ------
    BadInputError
        When there is no such file.
    FileFormatError
        When a coordinate is no finite number, which the message names with its line, or the
        positions are not in millimetres.
    """
    found_mm: dict[str, FloatArray] = {}
    for number, row in csv_rows(path):
        if len(row) < 5 or row[0].strip() not in KINDS:
            continue
        values = [_number(word) for word in row[1:]]
        if any(math.isnan(value) for value in values[:3]):
            msg = f"{path}: line {number}: three finite numbers must follow {row[0]}."
            raise FileFormatError(msg)
        has_second = len(values) >= 7 and not any(map(math.isnan, values[3:6]))
        name = plain_cell(row[7 if has_second else 4].strip())
        found_mm[name] = np.array(values[:3])
    if found_mm:
        require_in_mm(path, np.array(list(found_mm.values())))
    return {name: m_from_mm(place_mm) for name, place_mm in found_mm.items()}


def write_electrodes_csv(path: Path | str, positions_m: Mapping[str, FloatArray]) -> None:
    """Write named positions as ``Electrode,x,y,z,name`` rows in millimetres, atomically.

    Parameters
    ----------
    path : Path or str
        Read back by `read_positions_csv`.
    positions_m : mapping of str to (3,) array [m]
        Positions by name.
    """
    rows = []
    for name, position in positions_m.items():
        x, y, z = mm_from_m(position)
        kind = "Fiducial" if name in FIDUCIALS else "Electrode"
        rows.append([kind, f"{x:.6f}", f"{y:.6f}", f"{z:.6f}", name])
    write_csv(path, (), rows)


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan
