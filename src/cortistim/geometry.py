"""Points, directions and frames."""

import numpy as np
from numpy.typing import NDArray

from cortistim.typing import FloatArray


def unit(vectors: FloatArray) -> FloatArray:
    """Scale vectors to length one along the last axis; zero vectors stay zero.

    Parameters
    ----------
    vectors : (..., 3) array
        Any vectors.

    Returns
    -------
    (..., 3) array
        Directions.
    """
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.divide(vectors, length, out=np.zeros_like(vectors, dtype=float), where=length > 0)


def transform(matrix: FloatArray, points: FloatArray) -> FloatArray:
    """Apply a 4x4 affine matrix to points.

    Parameters
    ----------
    matrix : (4, 4) array
        Maps column vectors (x, y, z, 1).
    points : (..., 3) array
        Points in the matrix's source frame.

    Returns
    -------
    (..., 3) array
        Points in its target frame.
    """
    return points @ matrix[:3, :3].T + matrix[:3, 3]


def frozen(array: NDArray, dtype: type | None = None) -> NDArray:
    """Return a read-only, contiguous view or copy of an array.

    Parameters
    ----------
    array : array
        Any array.
    dtype : type, optional
        The type to convert to.

    Returns
    -------
    array
        Read-only.
    """
    out = np.ascontiguousarray(array, dtype=dtype).view()
    out.flags.writeable = False
    return out
