"""Motor maps as lists of points: where the field was largest, and how the muscle answered.

Rows without a heading, divided by semicolons: person, session, x, y, z, response; or map, x,
y, z, response. Millimetres and microvolt; 0 stands for no response (sinitsyn2019).
"""

from pathlib import Path

import numpy as np

from cortistim.errors import FileFormatError
from cortistim.io.text import text_of
from cortistim.records.session import PulseRow, SessionRecord

WIDTHS = (5, 6)
NOTE = (
    "coordinates are of the field's maximum in the image's frame, not of the coil; a response "
    "of 0 means that none was seen"
)


def looks_like(text: str) -> bool:
    """Say whether a text is such a list by its first line."""
    words = text.lstrip().partition("\n")[0].split(";")
    if len(words) not in WIDTHS:
        return False
    try:
        [float(word) for word in words]
    except ValueError:
        return False
    return True


def read_mep_map(path: Path | str) -> SessionRecord:
    """Read a motor map that is a list of points.

    Parameters
    ----------
    path : Path or str
        See the head of this module.

    Returns
    -------
    SessionRecord
        One row for each point, in the file's order; pulses count from 1 in each session.

    Raises
    ------
    BadInputError
        When there is no such file.
    FileFormatError
        When a row has another width, or a cell is no number.
    """
    counts: dict[tuple[str, str], int] = {}
    rows = []
    width = 0
    for number, line in enumerate(text_of(path).splitlines(), start=1):
        if not line.strip():
            continue
        words = line.split(";")
        width = width or len(words)
        values = [_number(word) for word in words]
        if len(words) != width or len(words) not in WIDTHS or not np.isfinite(values).all():
            msg = (
                f"{path}: row {number}: a map must have {width if width in WIDTHS else 6} "
                f"numbers divided by semicolons; got {line[:60]!r}."
            )
            raise FileFormatError(msg)
        if values[-1] < 0:
            msg = (
                f"{path}: row {number}, column {width}: a response must be 0 or more; got "
                f"{values[-1]:g}."
            )
            raise FileFormatError(msg)
        subject = f"{values[0]:g}"
        session = f"{values[1]:g}" if width == 6 else ""
        counts[subject, session] = counts.get((subject, session), 0) + 1
        x_mm, y_mm, z_mm, mep_uv = values[-4:]
        rows.append(
            PulseRow(
                subject=subject,
                session=session,
                pulse=counts[subject, session],
                efield_max_x_mm=x_mm,
                efield_max_y_mm=y_mm,
                efield_max_z_mm=z_mm,
                mep_uv=mep_uv,
            )
        )
    return SessionRecord(notes=(NOTE,), pulses=tuple(rows))


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return np.nan
