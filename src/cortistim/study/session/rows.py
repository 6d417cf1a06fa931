"""A pose as columns of a session's table."""

from typing import Any

from cortistim.records import number
from cortistim.records.session import AXES, PLACE
from cortistim.typing import FloatArray
from cortistim.units import mm_from_m

DIGITS = 6


def pose_columns(matrix_m: FloatArray) -> dict[str, Any]:
    """Return place and axes of a coil as a row has them.

    Parameters
    ----------
    matrix_m : (4, 4) array
        ``matsimnibs`` in metres.

    Returns
    -------
    dict of str to float
        The centre in mm and the three axes, by the columns' names.
    """
    place = zip(PLACE, mm_from_m(matrix_m[:3, 3]).tolist(), strict=True)
    axes = zip(AXES, matrix_m[:3, :3].T.ravel().tolist(), strict=True)
    return {n: number(v, DIGITS) for n, v in place} | {n: number(v, 9) for n, v in axes}
