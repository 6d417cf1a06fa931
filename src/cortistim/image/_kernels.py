"""Values between the voxels of an image: arrays in, arrays out; no checks, no I/O."""

import numpy as np
from jaxtyping import Float
from numba import njit


@njit(cache=True)
def interpolate(
    index: Float[np.ndarray, "n_point 3"], values: Float[np.ndarray, "nx ny nz"]
) -> np.ndarray:
    """Interpolate a grid linearly; the edge's value holds beyond the edge."""
    out = np.empty(len(index))
    for n in range(len(index)):
        x = min(max(index[n, 0], 0.0), values.shape[0] - 1.000001)
        y = min(max(index[n, 1], 0.0), values.shape[1] - 1.000001)
        z = min(max(index[n, 2], 0.0), values.shape[2] - 1.000001)
        i, j, k = int(x), int(y), int(z)
        x, y, z = x - i, y - j, z - k
        near = (1 - y) * values[i, j, k] + y * values[i, j + 1, k]
        far = (1 - y) * values[i + 1, j, k] + y * values[i + 1, j + 1, k]
        low = (1 - x) * near + x * far
        near = (1 - y) * values[i, j, k + 1] + y * values[i, j + 1, k + 1]
        far = (1 - y) * values[i + 1, j, k + 1] + y * values[i + 1, j + 1, k + 1]
        out[n] = (1 - z) * low + z * ((1 - x) * near + x * far)
    return out
