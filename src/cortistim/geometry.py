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


def freeze(owner: object, *names: str, dtype: type | None = None) -> None:
    """Make arrays of a frozen dataclass read-only and contiguous, in its ``__post_init__``.

    Parameters
    ----------
    owner : object
        The dataclass.
    *names : str
        Its fields.
    dtype : type, optional
        The type to convert them to.
    """
    assign(owner, **{name: frozen(getattr(owner, name), dtype) for name in names})


def assign(owner: object, **values: object) -> None:
    """Set fields of a frozen dataclass, in its ``__post_init__`` and nowhere else.

    Parameters
    ----------
    owner : object
        The dataclass.
    **values : object
        By the name of the field.
    """
    for name, value in values.items():
        object.__setattr__(owner, name, value)


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
