"""Least-squares fits of harmonic polynomials to patches of nodes: arrays in, arrays out.

One fit per point, with the point as origin, so that its linear coefficients are the gradient
there. The linear columns come last: once the others are projected out of them, those three
alone give the gradient's weights.
"""

import numpy as np
from jaxtyping import Float, Int
from numba import njit, prange

Nodes = Float[np.ndarray, "n_node 3"]
Tets = Int[np.ndarray, "n_tet 4"]
Flat = Int[np.ndarray, " n_entry"]
PerTet = Int[np.ndarray, " n_tet"]
Patch = Int[np.ndarray, " n_patch"]
Columns = Float[np.ndarray, "n_column n_patch"]
Around = tuple[Tets, PerTet, Flat, Flat]

LARGEST_PATCH = 256
ENOUGH = 16  # nodes; smaller patches are widened
MOST_RINGS = 3
ENOUGH_FOR_QUADRATICS, ENOUGH_FOR_CUBICS = 12, 26
FLATTEST = 0.3  # of the mean squared distance; nearer nodes count alike
DEPENDENT = 1e-6  # of a column's square left by those before it
BLOCKS = 32  # of points, each worked on by one thread with a list of its own


@njit(cache=True)
def _widened(around: Around, tag: int, patch: Patch, first: int, size: int, seen: Flat) -> int:
    """Append the nodes that share a tetrahedron of the tissue with the patch's last nodes."""
    tets, tags, pointer, touching = around
    grown = size
    for s in range(first, size):
        for q in range(pointer[patch[s]], pointer[patch[s] + 1]):
            t = touching[q]
            if tags[t] != tag:
                continue
            for k in range(4):
                if seen[tets[t, k]] == 0 and grown < patch.shape[0]:
                    seen[tets[t, k]] = 1
                    patch[grown] = tets[t, k]
                    grown += 1
    return grown


@njit(cache=True)
def _gather(around: Around, tet: int, patch: Patch, seen: Flat) -> int:
    """Collect the nodes of one tissue around a tetrahedron; return how many.

    ``seen`` must be zero for all nodes, and is given back so.
    """
    tets, tags = around[0], around[1]
    for k in range(4):
        patch[k] = tets[tet, k]
        seen[patch[k]] = 1
    first, size = 0, 4
    for _ in range(MOST_RINGS):
        # what touches earlier nodes is in the patch already
        first, size = size, _widened(around, tags[tet], patch, first, size, seen)
        if size >= ENOUGH:
            break
    for p in range(size):
        seen[patch[p]] = 0
    return size


@njit(parallel=True, cache=True)
def patch_pointers(around: Around, holders: Flat) -> Flat:
    """Count the nodes of the patch around each tetrahedron, as pointers (n + 1,)."""
    n_point = holders.shape[0]
    out = np.zeros(n_point + 1, np.int32)
    for block in prange(BLOCKS):
        seen, patch = np.zeros(around[2].shape[0], np.int8), np.empty(LARGEST_PATCH, np.int32)
        for i in range(block * n_point // BLOCKS, (block + 1) * n_point // BLOCKS):
            out[i + 1] = _gather(around, holders[i], patch, seen)
    for i in range(n_point):
        out[i + 1] += out[i]
    return out


@njit(cache=True)
def _scaled(nodes: Nodes, patch: Patch, point: Float[np.ndarray, "3"], out: Nodes) -> float:
    """Write the patch's places from the point in units of their root mean square."""
    total = 0.0
    for p in range(out.shape[0]):
        for c in range(3):
            out[p, c] = nodes[patch[p], c] - point[c]
            total += out[p, c] * out[p, c]
    scale = np.sqrt(total / out.shape[0])
    for p in range(out.shape[0]):
        for c in range(3):
            out[p, c] /= scale
    return scale


@njit(cache=True)
def _fill(x: Nodes, weight: Float[np.ndarray, " n_patch"], degree: int, out: Columns) -> int:
    """Write the weighted harmonics: constant, degree 2, degree 3, x y z; return how many."""
    for p in range(x.shape[0]):
        a, b, c, w = x[p, 0], x[p, 1], x[p, 2], weight[p]
        aa, bb, cc = a * a, b * b, c * c
        out[0, p] = w
        if degree >= 2:
            out[1, p] = w * a * b
            out[2, p] = w * b * c
            out[3, p] = w * c * a
            out[4, p] = w * (aa - bb)
            out[5, p] = w * (2 * cc - aa - bb)
        if degree >= 3:
            out[6, p] = w * a * b * c
            out[7, p] = w * a * (aa - 3 * bb)
            out[8, p] = w * b * (bb - 3 * aa)
            out[9, p] = w * c * (aa - bb)
            out[10, p] = w * c * (2 * cc - 3 * aa - 3 * bb)
            out[11, p] = w * a * (4 * cc - aa - bb)
            out[12, p] = w * b * (4 * cc - aa - bb)
        last = degree * degree + 2 * degree - 2  # (degree + 1)² harmonics, less three
        out[last, p], out[last + 1, p], out[last + 2, p] = w * a, w * b, w * c
    return (degree + 1) ** 2


@njit(cache=True, fastmath={"reassoc", "contract"})
def _dot(columns: Columns, a: int, b: int) -> float:
    total = 0.0
    for p in range(columns.shape[1]):
        total += columns[a, p] * columns[b, p]
    return total


@njit(cache=True, error_model="numpy")
def _project(columns: Columns, n_column: int) -> None:
    """Make all but the last three orthonormal (dependent ones zero), the last three normal."""
    for k in range(n_column):
        before = _dot(columns, k, k)
        for m in range(min(k, n_column - 3)):
            share = _dot(columns, m, k)
            for p in range(columns.shape[1]):
                columns[k, p] -= share * columns[m, p]
        if k < n_column - 3:
            after = _dot(columns, k, k)
            factor = 1 / np.sqrt(after) if after > DEPENDENT * before else 0.0
            for p in range(columns.shape[1]):
                columns[k, p] *= factor


@njit(cache=True, error_model="numpy")
def _slopes(
    columns: Columns, x: int, weight: Float[np.ndarray, " n_patch"], out: Nodes
) -> float:
    """Solve for the coefficients of columns x, x + 1, x + 2; return the weights' lengths."""
    y, z = x + 1, x + 2
    xx, yy, zz = _dot(columns, x, x), _dot(columns, y, y), _dot(columns, z, z)
    xy, yz, zx = _dot(columns, x, y), _dot(columns, y, z), _dot(columns, z, x)
    # the inverse of the symmetric 3 x 3 matrix by its cofactors
    c_xx, c_yy, c_zz = yy * zz - yz * yz, xx * zz - zx * zx, xx * yy - xy * xy
    c_xy, c_yz, c_zx = yz * zx - xy * zz, zx * xy - yz * xx, xy * yz - zx * yy
    determinant = xx * c_xx + xy * c_xy + zx * c_zx
    if not determinant > 0:
        return np.inf
    total = 0.0
    for p in range(columns.shape[1]):
        a, b, c, w = columns[x, p], columns[y, p], columns[z, p], weight[p] / determinant
        out[p, 0] = w * (c_xx * a + c_xy * b + c_zx * c)
        out[p, 1] = w * (c_xy * a + c_yy * b + c_yz * c)
        out[p, 2] = w * (c_zx * a + c_yz * b + c_zz * c)
        total += np.sqrt(out[p, 0] ** 2 + out[p, 1] ** 2 + out[p, 2] ** 2)
    return total


@njit(parallel=True, cache=True, error_model="numpy")
def harmonic_weights(
    nodes: Nodes, around: Around, points: Nodes, holders: Flat, pointer: Flat, bound: float
) -> tuple[Flat, Float[np.ndarray, "3 n_entry"], Flat]:
    """Weight the patches' nodes so that their sum is the gradient at each point.

    Returns the nodes, their weights, and the degree that each fit used; 0, with weights of
    zero, where even the linear one amplifies errors more than ``bound``.
    """
    node = np.empty(pointer[-1], np.int32)
    weights = np.zeros((3, pointer[-1]))
    degrees = np.zeros(points.shape[0], np.int32)
    n_point = points.shape[0]
    for block in prange(BLOCKS):
        seen, patch = np.zeros(around[2].shape[0], np.int8), np.empty(LARGEST_PATCH, np.int32)
        for i in range(block * n_point // BLOCKS, (block + 1) * n_point // BLOCKS):
            n = _gather(around, holders[i], patch, seen)
            x, slope, columns = np.empty((n, 3)), np.empty((n, 3)), np.empty((16, n))
            scale, weight = _scaled(nodes, patch, points[i], x), np.empty(n)
            for p in range(n):
                node[pointer[i] + p] = patch[p]
                square = x[p, 0] * x[p, 0] + x[p, 1] * x[p, 1] + x[p, 2] * x[p, 2]
                weight[p] = 1 / (FLATTEST + square) ** 2
            degree = 1 + int(n >= ENOUGH_FOR_QUADRATICS) + int(n >= ENOUGH_FOR_CUBICS)
            while degree > 0:
                n_column = _fill(x, weight, degree, columns)
                _project(columns, n_column)
                if _slopes(columns, n_column - 3, weight, slope) <= bound:
                    break
                degree -= 1
            degrees[i] = degree
            if degree > 0:
                for p in range(n):
                    for c in range(3):
                        weights[c, pointer[i] + p] = slope[p, c] / scale
    return node, weights, degrees
