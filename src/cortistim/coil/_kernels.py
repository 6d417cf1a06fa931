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


@njit(parallel=True, fastmath=True, cache=True, error_model="numpy")
def segment_potential(
    points_m: Float[np.ndarray, "n_point 3"],
    centres_m: Float[np.ndarray, "n_segment 3"],
    vectors_m: Float[np.ndarray, "n_segment 3"],
) -> Float[np.ndarray, "n_point 3"]:
    """Sum A of straight pieces of wire; beyond ten lengths 1/r does, to 5e-4."""
    n_point, n_segment = points_m.shape[0], centres_m.shape[0]
    px, py, pz = centres_m[:, 0].copy(), centres_m[:, 1].copy(), centres_m[:, 2].copy()
    vx, vy, vz = vectors_m[:, 0].copy(), vectors_m[:, 1].copy(), vectors_m[:, 2].copy()
    l2 = vx * vx + vy * vy + vz * vz
    out = np.empty((n_point, 3))
    for i in prange(n_point):
        x, y, z = points_m[i, 0], points_m[i, 1], points_m[i, 2]
        ax = ay = az = 0.0
        for j in range(n_segment):
            rx, ry, rz = x - px[j], y - py[j], z - pz[j]
            r2 = rx * rx + ry * ry + rz * rz
            if r2 > 100.0 * l2[j]:
                w = 1.0 / np.sqrt(r2)
            else:
                along = rx * vx[j] + ry * vy[j] + rz * vz[j]
                mean = r2 + l2[j] / 4
                length = np.sqrt(l2[j])
                s = np.sqrt(mean + along) + np.sqrt(mean - along)
                w = np.log((s + length) / max(s - length, 1e-12 * length)) / length
            ax += vx[j] * w
            ay += vy[j] * w
            az += vz[j] * w
        out[i, 0] = ax * MU0_OVER_4PI
        out[i, 1] = ay * MU0_OVER_4PI
        out[i, 2] = az * MU0_OVER_4PI
    return out


@njit(parallel=True, fastmath=True, cache=True, error_model="numpy")
def segment_slope(
    points_m: Float[np.ndarray, "n_point 3"],
    centres_m: Float[np.ndarray, "n_segment 3"],
    vectors_m: Float[np.ndarray, "n_segment 3"],
) -> Float[np.ndarray, "n_point 3 3"]:
    """Sum dA_i/dx_j of straight pieces of wire: v_i times the slope of their logarithm."""
    n_point, n_segment = points_m.shape[0], centres_m.shape[0]
    out = np.empty((n_point, 3, 3))
    for i in prange(n_point):
        xx = xy = xz = yx = yy = yz = zx = zy = zz = 0.0
        for j in range(n_segment):
            rx = points_m[i, 0] - centres_m[j, 0]
            ry = points_m[i, 1] - centres_m[j, 1]
            rz = points_m[i, 2] - centres_m[j, 2]
            vx, vy, vz = vectors_m[j, 0], vectors_m[j, 1], vectors_m[j, 2]
            r2, l2 = rx * rx + ry * ry + rz * rz, vx * vx + vy * vy + vz * vz
            if r2 > 100.0 * l2:
                w = -1.0 / (r2 * np.sqrt(r2))
                gx, gy, gz = w * rx, w * ry, w * rz
            else:
                along = rx * vx + ry * vy + rz * vz
                a, b = np.sqrt(r2 + l2 / 4 + along), np.sqrt(r2 + l2 / 4 - along)
                w = -2.0 / ((a + b) * (a + b) - l2)
                even, odd = w * (1 / a + 1 / b), w * (1 / a - 1 / b) / 2
                gx = even * rx + odd * vx
                gy = even * ry + odd * vy
                gz = even * rz + odd * vz
            xx += vx * gx
            xy += vx * gy
            xz += vx * gz
            yx += vy * gx
            yy += vy * gy
            yz += vy * gz
            zx += vz * gx
            zy += vz * gy
            zz += vz * gz
        out[i, 0, 0], out[i, 0, 1], out[i, 0, 2] = xx, xy, xz
        out[i, 1, 0], out[i, 1, 1], out[i, 1, 2] = yx, yy, yz
        out[i, 2, 0], out[i, 2, 1], out[i, 2, 2] = zx, zy, zz
        out[i] *= MU0_OVER_4PI
    return out


@njit(parallel=True, fastmath=True, cache=True, error_model="numpy")
def segment_flux(
    points_m: Float[np.ndarray, "n_point 3"],
    centres_m: Float[np.ndarray, "n_segment 3"],
    vectors_m: Float[np.ndarray, "n_segment 3"],
) -> Float[np.ndarray, "n_point 3"]:
    """Sum B of straight pieces of wire: v x r (a + b) / (a b (a b + a·b))."""
    n_point, n_segment = points_m.shape[0], centres_m.shape[0]
    out = np.empty((n_point, 3))
    for i in prange(n_point):
        bx = by = bz = 0.0
        for j in range(n_segment):
            rx = points_m[i, 0] - centres_m[j, 0]
            ry = points_m[i, 1] - centres_m[j, 1]
            rz = points_m[i, 2] - centres_m[j, 2]
            vx, vy, vz = vectors_m[j, 0], vectors_m[j, 1], vectors_m[j, 2]
            r2, l2 = rx * rx + ry * ry + rz * rz, vx * vx + vy * vy + vz * vz
            along = rx * vx + ry * vy + rz * vz
            a, b = np.sqrt(r2 + l2 / 4 + along), np.sqrt(r2 + l2 / 4 - along)
            w = (a + b) / (a * b * (a * b + r2 - l2 / 4))
            bx += (vy * rz - vz * ry) * w
            by += (vz * rx - vx * rz) * w
            bz += (vx * ry - vy * rx) * w
        out[i, 0] = bx * MU0_OVER_4PI
        out[i, 1] = by * MU0_OVER_4PI
        out[i, 2] = bz * MU0_OVER_4PI
    return out


@njit(parallel=True, fastmath=True, cache=True, error_model="numpy")
def point_potential(
    points_m: Float[np.ndarray, "n_point 3"],
    places_m: Float[np.ndarray, "n_place 3"],
    currents_m: Float[np.ndarray, "n_place 3"],
) -> Float[np.ndarray, "n_point 3"]:
    """Sum A = 1e-7 p / |r| of current elements without extent."""
    n_point, n_place = points_m.shape[0], places_m.shape[0]
    qx, qy, qz = places_m[:, 0].copy(), places_m[:, 1].copy(), places_m[:, 2].copy()
    px, py, pz = currents_m[:, 0].copy(), currents_m[:, 1].copy(), currents_m[:, 2].copy()
    out = np.empty((n_point, 3))
    for i in prange(n_point):
        x, y, z = points_m[i, 0], points_m[i, 1], points_m[i, 2]
        ax = ay = az = 0.0
        for j in range(n_place):
            rx, ry, rz = x - qx[j], y - qy[j], z - qz[j]
            w = 1.0 / np.sqrt(rx * rx + ry * ry + rz * rz)
            ax += px[j] * w
            ay += py[j] * w
            az += pz[j] * w
        out[i, 0] = ax * MU0_OVER_4PI
        out[i, 1] = ay * MU0_OVER_4PI
        out[i, 2] = az * MU0_OVER_4PI
    return out


@njit(parallel=True, fastmath=True, cache=True, error_model="numpy")
def point_slope(
    points_m: Float[np.ndarray, "n_point 3"],
    places_m: Float[np.ndarray, "n_place 3"],
    currents_m: Float[np.ndarray, "n_place 3"],
) -> Float[np.ndarray, "n_point 3 3"]:
    """Sum dA_i/dx_j = -1e-7 p_i r_j / |r|³ of current elements without extent."""
    n_point, n_place = points_m.shape[0], places_m.shape[0]
    qx, qy, qz = places_m[:, 0].copy(), places_m[:, 1].copy(), places_m[:, 2].copy()
    px, py, pz = currents_m[:, 0].copy(), currents_m[:, 1].copy(), currents_m[:, 2].copy()
    out = np.empty((n_point, 3, 3))
    for i in prange(n_point):
        x, y, z = points_m[i, 0], points_m[i, 1], points_m[i, 2]
        xx = xy = xz = yx = yy = yz = zx = zy = zz = 0.0
        for j in range(n_place):
            rx, ry, rz = x - qx[j], y - qy[j], z - qz[j]
            r2 = rx * rx + ry * ry + rz * rz
            w = -1.0 / (r2 * np.sqrt(r2))
            gx, gy, gz = w * rx, w * ry, w * rz
            xx += px[j] * gx
            xy += px[j] * gy
            xz += px[j] * gz
            yx += py[j] * gx
            yy += py[j] * gy
            yz += py[j] * gz
            zx += pz[j] * gx
            zy += pz[j] * gy
            zz += pz[j] * gz
        out[i, 0, 0], out[i, 0, 1], out[i, 0, 2] = xx, xy, xz
        out[i, 1, 0], out[i, 1, 1], out[i, 1, 2] = yx, yy, yz
        out[i, 2, 0], out[i, 2, 1], out[i, 2, 2] = zx, zy, zz
        out[i] *= MU0_OVER_4PI
    return out


@njit(cache=True)
def trilinear(
    index: Float[np.ndarray, "n_point 3"],
    values: Float[np.ndarray, "n_x n_y n_z 3"],
) -> Float[np.ndarray, "n_point 3"]:
    """Interpolate vectors of a grid at fractional indices that lie within it."""
    out = np.empty((index.shape[0], 3))
    last = np.array(values.shape[:3]) - 2
    for p in range(index.shape[0]):
        i = min(int(index[p, 0]), last[0])
        j = min(int(index[p, 1]), last[1])
        k = min(int(index[p, 2]), last[2])
        u, v, w = index[p, 0] - i, index[p, 1] - j, index[p, 2] - k
        for c in range(3):
            low = (1 - v) * ((1 - u) * values[i, j, k, c] + u * values[i + 1, j, k, c]) + v * (
                (1 - u) * values[i, j + 1, k, c] + u * values[i + 1, j + 1, k, c]
            )
            high = (1 - v) * (
                (1 - u) * values[i, j, k + 1, c] + u * values[i + 1, j, k + 1, c]
            ) + v * ((1 - u) * values[i, j + 1, k + 1, c] + u * values[i + 1, j + 1, k + 1, c])
            out[p, c] = (1 - w) * low + w * high
    return out


@njit(cache=True)
def winding_along_x(
    corners: Float[np.ndarray, "n_triangle 3 3"],
    shape: tuple[int, int, int],
) -> Float[np.ndarray, "n_x n_y n_z"]:
    """Count how often closed surfaces wind round each node of the integer grid.

    A ray along x through every node's y and z is cut with the triangles; each cut changes the
    count of all nodes behind it by one, up or down with the triangle's side.
    """
    out = np.zeros(shape, dtype=np.float32)
    for t in range(corners.shape[0]):
        ax, ay, az = corners[t, 0, 0], corners[t, 0, 1], corners[t, 0, 2]
        bx, by, bz = corners[t, 1, 0], corners[t, 1, 1], corners[t, 1, 2]
        cx, cy, cz = corners[t, 2, 0], corners[t, 2, 1], corners[t, 2, 2]
        area = (by - ay) * (cz - az) - (bz - az) * (cy - ay)
        if area == 0.0:
            continue
        low_y = max(0, int(np.ceil(min(ay, by, cy))))
        high_y = min(shape[1] - 1, int(np.floor(max(ay, by, cy))))
        low_z = max(0, int(np.ceil(min(az, bz, cz))))
        high_z = min(shape[2] - 1, int(np.floor(max(az, bz, cz))))
        sign = 1.0 if area > 0 else -1.0
        for y in range(low_y, high_y + 1):
            for z in range(low_z, high_z + 1):
                u = ((y - ay) * (cz - az) - (z - az) * (cy - ay)) / area
                v = ((by - ay) * (z - az) - (bz - az) * (y - ay)) / area
                if u < 0.0 or v < 0.0 or u + v >= 1.0:
                    continue
                x = ax + u * (bx - ax) + v * (cx - ax)
                for i in range(max(0, int(np.ceil(x))), shape[0]):
                    out[i, y, z] += sign
    return out
