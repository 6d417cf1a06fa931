"""Assembly over tetrahedra of mixed order: arrays in, arrays out; no checks, no I/O."""

import numpy as np
from jaxtyping import Float, Int
from numba import njit, prange

Numbers = Int[np.ndarray, "n_tet n_shape"]
Pointers = Int[np.ndarray, " n_row_plus_1"]
Flat = Int[np.ndarray, " n_entry"]
Table = Float[np.ndarray, "n_shape n_shape 16"]
Metric = Float[np.ndarray, "n_tet 16"]

BLOCKS = 16  # of rows, each worked on by one thread with a list of its own


@njit(cache=True)
def places_of(numbers: Numbers, first: int, n_row: int) -> tuple[Pointers, Flat]:
    """List where each unknown from ``first`` on stands in the flattened table of numbers."""
    pointer = np.zeros(n_row + 1, np.int64)
    flat = numbers.ravel()
    for n in flat:
        if n >= first:
            pointer[n - first + 1] += 1
    for i in range(n_row):
        pointer[i + 1] += pointer[i]
    cursor = pointer[:-1].copy()
    place = np.empty(pointer[-1], np.int64)
    for k in range(flat.shape[0]):
        n = flat[k]
        if n >= first:
            place[cursor[n - first]] = k
            cursor[n - first] += 1
    return pointer, place


@njit(parallel=True, cache=True)
def row_sizes(numbers: Numbers, pointer: Pointers, place: Flat, n_column: int) -> Pointers:
    """Count the distinct unknowns that share a tetrahedron with that of each row."""
    n_row, n_shape = pointer.shape[0] - 1, numbers.shape[1]
    out = np.zeros(n_row + 1, np.int64)
    for block in prange(BLOCKS):
        seen_by = np.full(n_column, -1, np.int32)
        for i in range(block * n_row // BLOCKS, (block + 1) * n_row // BLOCKS):
            for q in range(pointer[i], pointer[i + 1]):
                tet = place[q] // n_shape
                for b in range(n_shape):
                    column = numbers[tet, b]
                    if column >= 0 and seen_by[column] != i:
                        seen_by[column] = i
                        out[i + 1] += 1
    return out


@njit(parallel=True, cache=True)
def rows(
    numbers: Numbers,
    pointer: Pointers,
    place: Flat,
    metric: Metric,
    table: Table,
    start: Pointers,
    n_column: int,
) -> tuple[Flat, Float[np.ndarray, " n_entry"]]:
    """Fill the rows of the stiffness matrix; ``metric`` holds sigma V grad l_i · grad l_j."""
    n_row, n_shape = pointer.shape[0] - 1, numbers.shape[1]
    columns = np.empty(start[-1], np.int32)
    values = np.zeros(start[-1])
    for block in prange(BLOCKS):
        where = np.full(n_column, -1, np.int64)
        for i in range(block * n_row // BLOCKS, (block + 1) * n_row // BLOCKS):
            end = start[i]
            for q in range(pointer[i], pointer[i + 1]):
                tet, a = place[q] // n_shape, place[q] % n_shape
                for b in range(n_shape):
                    column = numbers[tet, b]
                    if column < 0:
                        continue
                    # places of earlier rows lie before this row's start
                    if where[column] < start[i]:
                        where[column] = end
                        columns[end] = column
                        end += 1
                    total = 0.0
                    for k in range(16):
                        total += table[a, b, k] * metric[tet, k]
                    values[where[column]] += total
    return columns, values
