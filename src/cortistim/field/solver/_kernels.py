"""Products of sparse matrices with blocks of vectors: arrays in, arrays out; no checks, no I/O.

Each loop takes the place of several passes over memory. Sums over vectors are made in parts of
fixed size, so that results do not depend on the number of threads.
"""

import numpy as np
from jaxtyping import Float, Int
from numba import njit, prange

Flat = Int[np.ndarray, " n_entry"]
Entries = Float[np.ndarray, " n_entry"]
Block = Float[np.ndarray, "n k"]
PerColumn = Float[np.ndarray, " k"]

PART = 4096  # rows


@njit(inline="always")
def _row_product(row: Flat, column: Flat, value: Entries, x: Block, i: int, out: Block) -> None:
    """Write row i of A x; sums of up to three columns stay in registers."""
    width, first, last = x.shape[1], row[i], row[i + 1]
    if first == last or not (width == 1 or width == 3):  # noqa: PLR1714 - compiled
        for c in range(width):
            out[i, c] = 0
        for q in range(first, last):
            v, j = value[q], column[q]
            for c in range(width):
                out[i, c] += v * x[j, c]
        return
    v, j = value[first], column[first]
    if width == 1:
        a = v * x[j, 0]
        for q in range(first + 1, last):
            a += value[q] * x[column[q], 0]
        out[i, 0] = a
        return
    a, b, d = v * x[j, 0], v * x[j, 1], v * x[j, 2]
    for q in range(first + 1, last):
        v, j = value[q], column[q]
        a += v * x[j, 0]
        b += v * x[j, 1]
        d += v * x[j, 2]
    out[i, 0], out[i, 1], out[i, 2] = a, b, d


@njit(parallel=True, fastmath=True, cache=True, nogil=True)
def combined(
    row: Flat, column: Flat, value: Entries, x: Block, scale: float, b: Block, out: Block
) -> None:
    """Write b + scale A x; only A x where ``b`` has no rows."""
    for i in prange(row.shape[0] - 1):
        _row_product(row, column, value, x, i, out)
        if b.shape[0] > 0:
            for c in range(x.shape[1]):
                out[i, c] = b[i, c] + scale * out[i, c]


@njit(parallel=True, fastmath=True, cache=True, nogil=True)
def relaxed(
    row: Flat,
    column: Flat,
    value: Entries,
    inverse: Entries,
    x: Block,
    b: Block,
    weight: float,
    before: Block,
    momentum: float,
    out: Block,
) -> None:
    """Write x + weight D⁻¹(b - A x) + momentum (x - before)."""
    for i in prange(row.shape[0] - 1):
        _row_product(row, column, value, x, i, out)
        for c in range(x.shape[1]):
            step = weight * inverse[i] * (b[i, c] - out[i, c])
            out[i, c] = x[i, c] + step + momentum * (x[i, c] - before[i, c])


@njit(parallel=True, cache=True, nogil=True)
def dots(x: Block, y: Block) -> PerColumn:
    """Dot the columns of two blocks."""
    n, width = x.shape
    n_part = (n + PART - 1) // PART
    parts = np.zeros((n_part, width))
    for p in prange(n_part):
        for i in range(p * PART, min(n, (p + 1) * PART)):
            for c in range(width):
                parts[p, c] += x[i, c] * y[i, c]
    return parts.sum(axis=0)


@njit(parallel=True, cache=True, nogil=True)
def advance(
    x: Block, residual: Block, direction: Block, image: Block, step: PerColumn
) -> PerColumn:
    """Go a step along a direction, in place; return the residual's squares."""
    n, width = x.shape
    n_part = (n + PART - 1) // PART
    parts = np.zeros((n_part, width))
    for p in prange(n_part):
        for i in range(p * PART, min(n, (p + 1) * PART)):
            for c in range(width):
                x[i, c] += step[c] * direction[i, c]
                rest = residual[i, c] - step[c] * image[i, c]
                residual[i, c] = rest
                parts[p, c] += rest * rest
    return parts.sum(axis=0)


@njit(parallel=True, cache=True, nogil=True)
def turn(direction: Block, better: Block, scale: PerColumn, share: PerColumn) -> None:
    """Write scale better + share direction over the direction."""
    n, width = direction.shape
    for p in prange((n + PART - 1) // PART):
        for i in range(p * PART, min(n, (p + 1) * PART)):
            for c in range(width):
                direction[i, c] = scale[c] * better[i, c] + share[c] * direction[i, c]


@njit(parallel=True, cache=True, nogil=True)
def narrowed(x: Block, scale: PerColumn) -> Block:
    """Divide columns by their scales, into single precision."""
    n, width = x.shape
    out = np.empty((n, width), np.float32)
    for p in prange((n + PART - 1) // PART):
        for i in range(p * PART, min(n, (p + 1) * PART)):
            for c in range(width):
                out[i, c] = x[i, c] / scale[c]
    return out
