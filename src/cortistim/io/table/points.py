"""Points to sample the field at, and the field at them: CSV in millimetres."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError, FileFormatError
from cortistim.geometry import freeze
from cortistim.io.text import csv_rows, write_csv
from cortistim.typing import FloatArray, IntArray
from cortistim.units import m_from_mm, mm_from_m

LEAST_MM, MOST_MM = 0.5, 2000.0  # of what is farthest from, nearest to a frame's origin
COLUMNS = ("x_mm", "y_mm", "z_mm")
FIELD_COLUMNS = (
    *COLUMNS, "ex_v_per_m", "ey_v_per_m", "ez_v_per_m", "tissue", "error_v_per_m",
    "ex_mean_2mm_v_per_m", "ey_mean_2mm_v_per_m", "ez_mean_2mm_v_per_m",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class PointTable:
    """Points and how they were written.

    Parameters
    ----------
    points_m : (n_point, 3) array [m]
        Subject space.
    texts : tuple of (x, y, z)
        The coordinates in millimetres as text, given back unchanged.
    """

    points_m: FloatArray
    texts: tuple[tuple[str, str, str], ...]

    def __post_init__(self) -> None:
        """Freeze the points."""
        freeze(self, "points_m", dtype=np.float64)


def point_table(points_m: FloatArray) -> PointTable:
    """Write out points that no file gave.

    Parameters
    ----------
    points_m : (n_point, 3) array [m]
        Subject space.

    Returns
    -------
    PointTable
        With texts to a micrometre.
    """
    rows = mm_from_m(np.asarray(points_m, dtype=float))
    return PointTable(points_m, tuple((f"{x:.3f}", f"{y:.3f}", f"{z:.3f}") for x, y, z in rows))


def read_points_csv(path: Path | str) -> PointTable:
    """Read points with the columns x_mm, y_mm and z_mm.

    Parameters
    ----------
    path : Path or str
        Comma-separated with a header; the three columns may stand anywhere, others are
        passed over.

    Returns
    -------
    PointTable
        At least one point.

    Raises
    ------
    BadInputError
        When there is no such file.
    FileFormatError
        When a column is missing or a value is not a finite number; the message names the
        line.
    """
    rows = [(n, row) for n, row in csv_rows(path) if any(map(str.strip, row))]
    header = [name.strip() for name in rows[0][1]] if rows else []
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        msg = (
            f"{path}: the header must hold x_mm,y_mm,z_mm; {', '.join(missing)} missing, got "
            f"{','.join(header)[:80]!r}."
        )
        raise FileFormatError(msg)
    places = tuple(header.index(name) for name in COLUMNS)
    texts = tuple(_texts(path, number, row, places) for number, row in rows[1:])
    if not texts:
        msg = f"{path}: at least one point must follow the header; there is none."
        raise FileFormatError(msg)
    places_mm = np.array(texts, dtype=np.float64)
    require_in_mm(path, places_mm)
    return PointTable(m_from_mm(places_mm), texts)


def require_in_mm(path: Path | str, places_mm: FloatArray) -> None:
    """Refuse places whose size shows that they are not in millimetres of a head's frame.

    Parameters
    ----------
    path : Path or str
        Named in the complaint.
    places_mm : (n_point, 3) array [mm]
        As in the file.

    Raises
    ------
    FileFormatError
        When all of them lie within a fraction of a millimetre of the frame's origin, or all
        of them metres away from it.
    """
    far_mm = np.linalg.norm(places_mm, axis=1)
    if 0 < far_mm.max() < LEAST_MM:
        guess = "metres"
    elif far_mm.min() > MOST_MM:
        guess = "micrometres"
    else:
        return
    msg = (
        f"{path}: points of a head lie up to some 100 mm from the origin of its frame; these "
        f"lie {far_mm.min():.3g} to {far_mm.max():.3g} mm from it. Are they in {guess}? "
        "Convert them to millimetres."
    )
    raise FileFormatError(msg)


def _texts(
    path: Path | str, number: int, row: list[str], places: tuple[int, ...]
) -> tuple[str, str, str]:
    words = [row[place].strip() if place < len(row) else "" for place in places]
    for name, word in zip(COLUMNS, words, strict=True):
        try:
            finite = math.isfinite(float(word))
        except ValueError:
            finite = False
        if not finite:
            msg = f"{path}: line {number}: {name} must be a finite number; got {word[:40]!r}."
            raise FileFormatError(msg)
    x, y, z = words
    return x, y, z


@dataclass(frozen=True, slots=True, eq=False)
class PointField:
    """The electric field at points.

    Parameters
    ----------
    e_v_per_m : (n_point, 3) array [V/m]
        NaN outside the head.
    tissue_tags : (n_point,) int array
        0 outside the head.
    error_v_per_m : (n_point,) array [V/m]
        Bar of the numerical error.
    mean_v_per_m : (n_point, 3) array [V/m]
        Average over a cube of 2 mm.
    """

    e_v_per_m: FloatArray
    tissue_tags: IntArray
    error_v_per_m: FloatArray
    mean_v_per_m: FloatArray


def write_points_csv(path: Path | str, table: PointTable, field: PointField) -> None:
    """Write the electric field at points, atomically.

    Parameters
    ----------
    path : Path or str
        Where to.
    table : PointTable
        From `read_points_csv` or `point_table`; its texts are repeated unchanged.
    field : PointField
        Written as nan outside the head, where the tag is 0.

    Raises
    ------
    BadInputError
        When the numbers of points differ.
    """
    tags = np.asarray(field.tissue_tags)
    parts = (field.e_v_per_m, field.error_v_per_m, field.mean_v_per_m)
    if {len(table.points_m)} != {len(tags), *(len(part) for part in parts)}:
        msg = (
            f"every point needs a field, a tag, an error and a mean; got "
            f"{len(table.points_m)} points, {len(tags)} tags and "
            f"{[len(part) for part in parts]} of those."
        )
        raise BadInputError(msg)
    columns = np.column_stack(parts)
    shown = np.where(tags[:, None] == 0, np.nan, columns)
    rows = []
    for text, values, tag in zip(table.texts, shown, tags, strict=True):
        words = [f"{value:.9g}" for value in values]
        rows.append([*text, *words[:3], int(tag), *words[3:]])
    write_csv(path, FIELD_COLUMNS, rows)
