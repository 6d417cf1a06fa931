"""Currents carried to a regular grid: arrays in, arrays out; no checks, no I/O."""

import numpy as np
from jaxtyping import Float, Int
from numba import njit


@njit(cache=True)
def spread_cubic(
    position: Float[np.ndarray, "n 3"],
    value: Float[np.ndarray, "n k"],
    grid: Float[np.ndarray, "cell k"],
    shape: Int[np.ndarray, "3"],
) -> None:
    """Add values to the 4x4x4 grid points around each position, with cubic weights.

    Positions are in units of the grid, at least 1 from its border. The weights are those
    that interpolate cubically from the grid to the position.
    """
    weight = np.empty((3, 4))
    first = np.empty(3, np.int64)
    for n in range(position.shape[0]):
        for axis in range(3):
            base = int(np.floor(position[n, axis]))
            t = position[n, axis] - base
            first[axis] = base - 1
            weight[axis, 0] = -t * (t - 1.0) * (t - 2.0) / 6.0
            weight[axis, 1] = (t + 1.0) * (t - 1.0) * (t - 2.0) / 2.0
            weight[axis, 2] = -(t + 1.0) * t * (t - 2.0) / 2.0
            weight[axis, 3] = (t + 1.0) * t * (t - 1.0) / 6.0
        for i in range(4):
            for j in range(4):
                row = ((first[0] + i) * shape[1] + first[1] + j) * shape[2] + first[2]
                both = weight[0, i] * weight[1, j]
                for k in range(4):
                    w = both * weight[2, k]
                    for c in range(value.shape[1]):
                        grid[row + k, c] += w * value[n, c]
