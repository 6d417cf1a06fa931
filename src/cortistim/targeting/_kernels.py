"""Currents carried to a regular grid: arrays in, arrays out; no checks, no I/O."""

import numpy as np
from jaxtyping import Float, Int
from numba import njit, prange


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


@njit(parallel=True, cache=True)
def lifts(
    bases: Float[np.ndarray, "n 3 4"],
    turns: Float[np.ndarray, "k 2"],
    solid: Float[np.ndarray, "m 3"],
    distance: Float[np.ndarray, "nx ny nz"],
    step: float,
    highest: float,
) -> Float[np.ndarray, "n k"]:
    """Lift turned points along -z until none is below zero on a grid of distances.

    Everything is in units of the grid, whose first point is the origin; turns are cosine and
    sine. Beyond the grid a point counts as outside. Infinite where the highest lift is not
    enough. A point that was farther away than it moved since is not looked up again.
    """
    n, k, m = bases.shape[0], turns.shape[0], solid.shape[0]
    out = np.empty((n, k))
    for a in prange(n):
        place = np.empty((m, 3))
        gap = np.empty(m)
        seen = np.empty(m)
        for b in range(k):
            c, s = turns[b, 0], turns[b, 1]
            for j in range(m):
                x = c * solid[j, 0] - s * solid[j, 1]
                y = s * solid[j, 0] + c * solid[j, 1]
                for axis in range(3):
                    place[j, axis] = (
                        bases[a, axis, 0] * x
                        + bases[a, axis, 1] * y
                        + bases[a, axis, 2] * solid[j, 2]
                        + bases[a, axis, 3]
                    )
            gap[:] = -1e9
            seen[:] = 0.0
            lift, depth = 0.0, 1.0
            while depth > 0.0 and lift <= highest:
                depth = 0.0
                for j in range(m):
                    if gap[j] - (lift - seen[j]) >= 0.5:
                        continue
                    x = place[j, 0] - lift * bases[a, 0, 2]
                    y = place[j, 1] - lift * bases[a, 1, 2]
                    z = place[j, 2] - lift * bases[a, 2, 2]
                    beyond = (
                        min(x, y, z) < 0.0
                        or x > distance.shape[0] - 1.001
                        or y > distance.shape[1] - 1.001
                        or z > distance.shape[2] - 1.001
                    )
                    if beyond:
                        gap[j] = 0.0
                    else:
                        p, q, r = int(x), int(y), int(z)
                        x, y, z = x - p, y - q, z - r
                        low = (1 - y) * distance[p, q, r] + y * distance[p, q + 1, r]
                        high = (1 - y) * distance[p, q, r + 1] + y * distance[p, q + 1, r + 1]
                        near = (1 - z) * low + z * high
                        p += 1
                        low = (1 - y) * distance[p, q, r] + y * distance[p, q + 1, r]
                        high = (1 - y) * distance[p, q, r + 1] + y * distance[p, q + 1, r + 1]
                        gap[j] = (1 - x) * near + x * ((1 - z) * low + z * high)
                    seen[j] = lift
                    depth = max(depth, -gap[j])
                if depth > 0.0:
                    lift += depth + step
            out[a, b] = lift if depth <= 0.0 else np.inf
    return out


@njit(parallel=True, cache=True)
def mark_cells(
    bases: Float[np.ndarray, "n 3 4"],
    turns: Float[np.ndarray, "k 2"],
    heights: Float[np.ndarray, "n l"],
    dipoles: Float[np.ndarray, "m 3"],
    used: Int[np.ndarray, "nx ny nz"],
) -> None:
    """Mark the grid cells in which turned and lifted dipoles lie; all in units of the grid."""
    for a in prange(bases.shape[0]):
        for h in range(heights.shape[1]):
            for b in range(turns.shape[0]):
                c, s = turns[b, 0], turns[b, 1]
                for j in range(dipoles.shape[0]):
                    x = c * dipoles[j, 0] - s * dipoles[j, 1]
                    y = s * dipoles[j, 0] + c * dipoles[j, 1]
                    z = dipoles[j, 2] - heights[a, h]
                    p = bases[a, 0, 0] * x + bases[a, 0, 1] * y + bases[a, 0, 2] * z
                    q = bases[a, 1, 0] * x + bases[a, 1, 1] * y + bases[a, 1, 2] * z
                    r = bases[a, 2, 0] * x + bases[a, 2, 1] * y + bases[a, 2, 2] * z
                    p += bases[a, 0, 3]
                    q += bases[a, 1, 3]
                    r += bases[a, 2, 3]
                    used[int(p), int(q), int(r)] = 1


@njit(parallel=True, fastmath=True, cache=True)
def turned_fields(
    bases: Float[np.ndarray, "n 3 4"],
    turns: Float[np.ndarray, "k 2"],
    heights: Float[np.ndarray, "n l"],
    dipoles: Float[np.ndarray, "m 3"],
    moments: Float[np.ndarray, "m 3"],
    number: Int[np.ndarray, "nx ny nz"],
    value: Float[np.ndarray, "cell 9"],
) -> Float[np.ndarray, "n l k 3"]:
    """Sum moment · B over turned and lifted dipoles, for three fields B on a grid.

    Everything but moments is in units of the grid. ``number`` gives the row of ``value`` that
    belongs to a grid point; a row holds the fields' x, y and z, of the first field first.
    """
    n, k, m = bases.shape[0], turns.shape[0], dipoles.shape[0]
    out = np.zeros((n, heights.shape[1], k, 3), np.float32)
    for a in prange(n):
        weight = np.empty((3, 4), np.float32)
        first = np.empty(3, np.int64)
        found = np.empty(9, np.float32)
        for h in range(heights.shape[1]):
            for b in range(k):
                c, s = turns[b, 0], turns[b, 1]
                for j in range(m):
                    x = c * dipoles[j, 0] - s * dipoles[j, 1]
                    y = s * dipoles[j, 0] + c * dipoles[j, 1]
                    z = dipoles[j, 2] - heights[a, h]
                    u = c * moments[j, 0] - s * moments[j, 1]
                    v = s * moments[j, 0] + c * moments[j, 1]
                    w = moments[j, 2]
                    for axis in range(3):
                        place = bases[a, axis, 0] * x + bases[a, axis, 1] * y
                        place += bases[a, axis, 2] * z + bases[a, axis, 3]
                        base = int(place)
                        t = np.float32(place - base)
                        first[axis] = base - 1
                        weight[axis, 0] = -t * (t - 1) * (t - 2) / 6
                        weight[axis, 1] = (t + 1) * (t - 1) * (t - 2) / 2
                        weight[axis, 2] = -(t + 1) * t * (t - 2) / 2
                        weight[axis, 3] = (t + 1) * t * (t - 1) / 6
                    found[:] = 0
                    for p in range(4):
                        for q in range(4):
                            both = weight[0, p] * weight[1, q]
                            for r in range(4):
                                row = number[first[0] + p, first[1] + q, first[2] + r]
                                share = both * weight[2, r]
                                for e in range(9):
                                    found[e] += share * value[row, e]
                    mx = bases[a, 0, 0] * u + bases[a, 0, 1] * v + bases[a, 0, 2] * w
                    my = bases[a, 1, 0] * u + bases[a, 1, 1] * v + bases[a, 1, 2] * w
                    mz = bases[a, 2, 0] * u + bases[a, 2, 1] * v + bases[a, 2, 2] * w
                    for e in range(3):
                        out[a, h, b, e] += (
                            mx * found[3 * e] + my * found[3 * e + 1] + mz * found[3 * e + 2]
                        )
    return out
