"""A pose in a row of a session's table."""

from dataclasses import replace
from typing import Any

from cortistim.records import number
from cortistim.records.session import AXES, PLACE, PulseRow
from cortistim.typing import FloatArray
from cortistim.units import mm_from_m

DIGITS = 6


def with_pose(row: PulseRow, matrix_m: FloatArray) -> PulseRow:
    """Write a coil's pose into a row.

    Parameters
    ----------
    row : PulseRow
        Of any pulse.
    matrix_m : (4, 4) array
        ``matsimnibs`` in metres.

    Returns
    -------
    PulseRow
        With the centre in mm and the three axes.
    """
    place = zip(PLACE, mm_from_m(matrix_m[:3, 3]).tolist(), strict=True)
    axes = zip(AXES, matrix_m[:3, :3].T.ravel().tolist(), strict=True)
    columns: dict[str, Any] = {n: number(v, DIGITS) for n, v in place}
    return replace(row, **columns, **{n: number(v, 9) for n, v in axes})
