"""Tissue probabilities voxel by voxel: arrays in, arrays out; no checks, no I/O."""

import numpy as np
from jaxtyping import Float, Int
from numba import njit

FLOOR = 1e-8


@njit(cache=True)
def expect(
    values: Float[np.ndarray, "nx ny nz n_channel"],
    inside: Int[np.ndarray, "nx ny nz"],
    priors: Float[np.ndarray, "nx ny nz n_class"],
    posteriors: Float[np.ndarray, "nx ny nz n_class"],
    class_of: Int[np.ndarray, "n_gauss"],
    share: Float[np.ndarray, "n_gauss"],
    mean: Float[np.ndarray, "n_gauss n_channel"],
    deviation: Float[np.ndarray, "n_gauss n_channel"],
    bond: float,
) -> np.ndarray:
    """Update the posteriors in place; give each Gaussian's sums of w, wx and wxx.

    Neighbours across a face bind with e^bond each (mean field, in the order of the sweep).
    Channels count as independent given the tissue; where one is NaN the others decide.
    """
    nx, ny, nz, n_channel = values.shape
    n_class, n_gauss = priors.shape[3], len(mean)
    sums = np.zeros((n_gauss, n_channel, 3))
    pull = np.empty(n_class)
    weight = np.empty(n_gauss)
    fresh = np.empty(n_class)
    scale = 1 / (deviation * np.sqrt(2 * np.pi))
    for i in range(nx):
        for j in range(ny):
            for k in range(nz):
                if not inside[i, j, k]:
                    continue
                for c in range(n_class):
                    near = 0.0
                    if i > 0:
                        near += posteriors[i - 1, j, k, c]
                    if i < nx - 1:
                        near += posteriors[i + 1, j, k, c]
                    if j > 0:
                        near += posteriors[i, j - 1, k, c]
                    if j < ny - 1:
                        near += posteriors[i, j + 1, k, c]
                    if k > 0:
                        near += posteriors[i, j, k - 1, c]
                    if k < nz - 1:
                        near += posteriors[i, j, k + 1, c]
                    pull[c] = priors[i, j, k, c] * np.exp(bond * near)
                    fresh[c] = 0.0
                total = 0.0
                for g in range(n_gauss):
                    w = pull[class_of[g]] * share[g]
                    for m in range(n_channel):
                        x = values[i, j, k, m]
                        if not np.isnan(x):
                            z = (x - mean[g, m]) / deviation[g, m]
                            w *= scale[g, m] * np.exp(-0.5 * z * z) + FLOOR
                    weight[g] = w
                    total += w
                if total <= 0:
                    continue
                for g in range(n_gauss):
                    w = weight[g] / total
                    fresh[class_of[g]] += w
                    for m in range(n_channel):
                        x = values[i, j, k, m]
                        if not np.isnan(x):
                            sums[g, m, 0] += w
                            sums[g, m, 1] += w * x
                            sums[g, m, 2] += w * x * x
                for c in range(n_class):
                    posteriors[i, j, k, c] = fresh[c]
    return sums
