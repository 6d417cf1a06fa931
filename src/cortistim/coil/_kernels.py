"""Fields of magnetic dipoles: arrays in, arrays out; SI units; no checks, no I/O.

One contiguous array per component, copied once, lets the inner loop run in vector registers.
"""

import numpy as np
from jaxtyping import Float
from numba import njit, prange

MU0_OVER_4PI = 1e-7


@njit(parallel=True, fastmath=True, cache=True, error_model="numpy")
def vector_potential(
    points_m: Float[np.ndarray, "n_point 3"],
    dipoles_m: Float[np.ndarray, "n_dipole 3"],
    moments_m2: Float[np.ndarray, "n_dipole 3"],
) -> Float[np.ndarray, "n_point 3"]:
    """Sum A = 1e-7 m x r / |r|³ over dipoles at each point."""
    n_point, n_dipole = points_m.shape[0], dipoles_m.shape[0]
    px, py, pz = dipoles_m[:, 0].copy(), dipoles_m[:, 1].copy(), dipoles_m[:, 2].copy()
    mx, my, mz = moments_m2[:, 0].copy(), moments_m2[:, 1].copy(), moments_m2[:, 2].copy()
    out = np.empty((n_point, 3))
    for i in prange(n_point):
        x, y, z = points_m[i, 0], points_m[i, 1], points_m[i, 2]
        ax = ay = az = 0.0
        for j in range(n_dipole):
            rx, ry, rz = x - px[j], y - py[j], z - pz[j]
            r2 = rx * rx + ry * ry + rz * rz
            w = 1.0 / (r2 * np.sqrt(r2))
            ax += (my[j] * rz - mz[j] * ry) * w
            ay += (mz[j] * rx - mx[j] * rz) * w
            az += (mx[j] * ry - my[j] * rx) * w
        out[i, 0] = ax * MU0_OVER_4PI
        out[i, 1] = ay * MU0_OVER_4PI
        out[i, 2] = az * MU0_OVER_4PI
    return out


@njit(parallel=True, fastmath=True, cache=True, error_model="numpy")
def flux_density(
    points_m: Float[np.ndarray, "n_point 3"],
    dipoles_m: Float[np.ndarray, "n_dipole 3"],
    moments_m2: Float[np.ndarray, "n_dipole 3"],
) -> Float[np.ndarray, "n_point 3"]:
    """Sum B = 1e-7 (3 (m·r) r / |r|⁵ - m / |r|³) over dipoles at each point."""
    n_point, n_dipole = points_m.shape[0], dipoles_m.shape[0]
    px, py, pz = dipoles_m[:, 0].copy(), dipoles_m[:, 1].copy(), dipoles_m[:, 2].copy()
    mx, my, mz = moments_m2[:, 0].copy(), moments_m2[:, 1].copy(), moments_m2[:, 2].copy()
    out = np.empty((n_point, 3))
    for i in prange(n_point):
        x, y, z = points_m[i, 0], points_m[i, 1], points_m[i, 2]
        bx = by = bz = 0.0
        for j in range(n_dipole):
            rx, ry, rz = x - px[j], y - py[j], z - pz[j]
            r2 = rx * rx + ry * ry + rz * rz
            w = 1.0 / (r2 * np.sqrt(r2))
            s = 3.0 * (mx[j] * rx + my[j] * ry + mz[j] * rz) / r2
            bx += (s * rx - mx[j]) * w
            by += (s * ry - my[j]) * w
            bz += (s * rz - mz[j]) * w
        out[i, 0] = bx * MU0_OVER_4PI
        out[i, 1] = by * MU0_OVER_4PI
        out[i, 2] = bz * MU0_OVER_4PI
    return out


@njit(parallel=True, fastmath=True, cache=True, error_model="numpy")
def vector_potential_slope(
    points_m: Float[np.ndarray, "n_point 3"],
    dipoles_m: Float[np.ndarray, "n_dipole 3"],
    moments_m2: Float[np.ndarray, "n_dipole 3"],
) -> Float[np.ndarray, "n_point 3 3"]:
    """Sum dA_i/dx_j = 1e-7 ((m x e_j)_i / |r|³ - 3 (m x r)_i r_j / |r|⁵) over dipoles."""
    n_point, n_dipole = points_m.shape[0], dipoles_m.shape[0]
    out = np.empty((n_point, 3, 3))
    for i in prange(n_point):
        sx = sy = sz = 0.0  # sums of m / |r|³
        xx = xy = xz = yx = yy = yz = zx = zy = zz = 0.0
        for j in range(n_dipole):
            rx = points_m[i, 0] - dipoles_m[j, 0]
            ry = points_m[i, 1] - dipoles_m[j, 1]
            rz = points_m[i, 2] - dipoles_m[j, 2]
            mx, my, mz = moments_m2[j, 0], moments_m2[j, 1], moments_m2[j, 2]
            r2 = rx * rx + ry * ry + rz * rz
            w = 1.0 / (r2 * np.sqrt(r2))
            sx += w * mx
            sy += w * my
            sz += w * mz
            v = -3.0 * w / r2
            ax = (my * rz - mz * ry) * v
            ay = (mz * rx - mx * rz) * v
            az = (mx * ry - my * rx) * v
            xx += ax * rx
            xy += ax * ry
            xz += ax * rz
            yx += ay * rx
            yy += ay * ry
            yz += ay * rz
            zx += az * rx
            zy += az * ry
            zz += az * rz
        out[i, 0, 0], out[i, 0, 1], out[i, 0, 2] = xx, xy - sz, xz + sy
        out[i, 1, 0], out[i, 1, 1], out[i, 1, 2] = yx + sz, yy, yz - sx
        out[i, 2, 0], out[i, 2, 1], out[i, 2, 2] = zx - sy, zy + sx, zz
        out[i] *= MU0_OVER_4PI
    return out
