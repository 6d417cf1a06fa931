"""First-order finite elements: arrays in, arrays out; SI units; no checks, no I/O.

Loops run over nodes and gather from the tetrahedra around them, so that threads never write
to the same place and results do not depend on their number.
"""

import numpy as np
from jaxtyping import Float, Int
from numba import njit, prange

Nodes = Float[np.ndarray, "n_node 3"]
Tets = Int[np.ndarray, "n_tet 4"]
Pointers = Int[np.ndarray, " n_node_plus_1"]
Flat = Int[np.ndarray, " n_entry"]
PerTet = Float[np.ndarray, " n_tet"]
# xx, xy, xz, yy, yz, zz of the relative conductivity; no rows where all tissues are isotropic
Tensors = Float[np.ndarray, "n_tet_or_0 6"]

FORM_PARTS = 64  # of the tetrahedra, summed one after the other: the same on any machine


@njit(cache=True)
def tets_around_nodes(tets: Tets, n_node: int) -> tuple[Pointers, Flat]:
    """List the tetrahedra around each node: pointers (n_node + 1,), indices (4 n_tet,)."""
    pointer = np.zeros(n_node + 1, np.int64)
    for t in range(tets.shape[0]):
        for k in range(4):
            pointer[tets[t, k] + 1] += 1
    for i in range(n_node):
        pointer[i + 1] += pointer[i]
    cursor = pointer[:-1].copy()
    around = np.empty(4 * tets.shape[0], np.int32)
    for t in range(tets.shape[0]):
        for k in range(4):
            node = tets[t, k]
            around[cursor[node]] = t
            cursor[node] += 1
    return pointer, around


@njit(parallel=True, cache=True)
def neighbour_counts(tets: Tets, pointer: Pointers, around: Flat) -> Pointers:
    """Count the distinct nodes, itself included, that share a tetrahedron with each node."""
    n_node = pointer.shape[0] - 1
    out = np.zeros(n_node + 1, np.int64)
    for i in prange(n_node):
        seen = np.empty(4 * (pointer[i + 1] - pointer[i]) + 1, np.int32)
        n_seen = 0
        for q in range(pointer[i], pointer[i + 1]):
            for k in range(4):
                j = tets[around[q], k]
                known = False
                for s in range(n_seen):
                    if seen[s] == j:
                        known = True
                        break
                if not known:
                    seen[n_seen] = j
                    n_seen += 1
        out[i + 1] = n_seen
    return out


@njit(inline="always")
def _gradient(nodes: Nodes, tets: Tets, t: int, k: int) -> tuple[float, float, float, float]:
    """Gradient of the shape function of corner k, and six times the signed volume."""
    # corners in an order that keeps the orientation: (k, a, b, c) is an even permutation
    a = tets[t, (1, 0, 3, 2)[k]]
    b = tets[t, (2, 3, 0, 1)[k]]
    c = tets[t, (3, 2, 1, 0)[k]]
    i = tets[t, k]
    ux, uy, uz = nodes[b, 0] - nodes[a, 0], nodes[b, 1] - nodes[a, 1], nodes[b, 2] - nodes[a, 2]
    vx, vy, vz = nodes[c, 0] - nodes[a, 0], nodes[c, 1] - nodes[a, 1], nodes[c, 2] - nodes[a, 2]
    # the face normal, pointing away from corner k
    nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    six_volume = (
        (nodes[a, 0] - nodes[i, 0]) * nx
        + (nodes[a, 1] - nodes[i, 1]) * ny
        + (nodes[a, 2] - nodes[i, 2]) * nz
    )
    return -nx / six_volume, -ny / six_volume, -nz / six_volume, six_volume


@njit(inline="always")
def _conducted(
    tensors: Tensors, t: int, x: float, y: float, z: float
) -> tuple[float, float, float]:
    """Multiply a vector by the relative conductivity of a tetrahedron."""
    if tensors.shape[0] == 0:
        return x, y, z
    return (
        tensors[t, 0] * x + tensors[t, 1] * y + tensors[t, 2] * z,
        tensors[t, 1] * x + tensors[t, 3] * y + tensors[t, 4] * z,
        tensors[t, 2] * x + tensors[t, 4] * y + tensors[t, 5] * z,
    )


@njit(parallel=True, cache=True, error_model="numpy")
def stiffness_rows(
    nodes: Nodes,
    tets: Tets,
    sigma: PerTet,
    tensors: Tensors,
    pointer: Pointers,
    around: Flat,
    row: Pointers,
) -> tuple[Flat, Float[np.ndarray, " n_entry"]]:
    """Fill the rows of K_ij = sum over tetrahedra of V grad N_i · sigma grad N_j."""
    columns = np.empty(row[-1], np.int32)
    values = np.zeros(row[-1])
    for i in prange(pointer.shape[0] - 1):
        first = row[i]
        n_seen = 0
        for q in range(pointer[i], pointer[i + 1]):
            t = around[q]
            own = 0
            for k in range(4):
                if tets[t, k] == i:
                    own = k
            gx, gy, gz, six_volume = _gradient(nodes, tets, t, own)
            gx, gy, gz = _conducted(tensors, t, gx, gy, gz)
            weight = sigma[t] * abs(six_volume) / 6.0
            for k in range(4):
                j = tets[t, k]
                place = n_seen
                for s in range(n_seen):
                    if columns[first + s] == j:
                        place = s
                        break
                if place == n_seen:
                    columns[first + n_seen] = j
                    n_seen += 1
                hx, hy, hz, _ = _gradient(nodes, tets, t, k)
                values[first + place] += weight * (gx * hx + gy * hy + gz * hz)
    return columns, values


@njit(parallel=True, cache=True, error_model="numpy")
def load_of_vectors(
    nodes: Nodes,
    tets: Tets,
    weight: PerTet,
    tensors: Tensors,
    vectors: Float[np.ndarray, "n_node 3 k"],
    pointer: Pointers,
    around: Flat,
) -> Float[np.ndarray, "n_node k"]:
    """Compute b_i = -sum over tetrahedra of weight V grad N_i · mean of the corner vectors."""
    width = vectors.shape[2]
    out = np.zeros((pointer.shape[0] - 1, width))
    for i in prange(pointer.shape[0] - 1):
        for q in range(pointer[i], pointer[i + 1]):
            t = around[q]
            own = 0
            for k in range(4):
                if tets[t, k] == i:
                    own = k
            gx, gy, gz, six_volume = _gradient(nodes, tets, t, own)
            gx, gy, gz = _conducted(tensors, t, gx, gy, gz)
            scale = -weight[t] * abs(six_volume) / 24.0
            gx, gy, gz = scale * gx, scale * gy, scale * gz
            for k in range(4):
                j = tets[t, k]
                for c in range(width):
                    out[i, c] += (
                        gx * vectors[j, 0, c] + gy * vectors[j, 1, c] + gz * vectors[j, 2, c]
                    )
    return out


@njit(parallel=True, cache=True, error_model="numpy")
def lumped_currents(
    nodes: Nodes,
    tets: Tets,
    weight: PerTet,
    tensors: Tensors,
    potential: Float[np.ndarray, "n_node k"],
    pointer: Pointers,
    around: Flat,
) -> Float[np.ndarray, "n_node 3 k"]:
    """Sum a quarter of weight V grad(potential) over the tetrahedra around each node."""
    width = potential.shape[1]
    out = np.zeros((pointer.shape[0] - 1, 3, width))
    for i in prange(pointer.shape[0] - 1):
        for q in range(pointer[i], pointer[i + 1]):
            t = around[q]
            last, lx, ly, lz = tets[t, 3], 0.0, 0.0, 0.0
            for k in range(4):
                if k < 3:
                    gx, gy, gz, six_volume = _gradient(nodes, tets, t, k)
                    scale = float(weight[t]) * abs(six_volume) / 24.0
                    gx, gy, gz = _conducted(tensors, t, scale * gx, scale * gy, scale * gz)
                    lx, ly, lz = lx - gx, ly - gy, lz - gz
                    j = tets[t, k]
                else:  # the four gradients sum to zero
                    gx, gy, gz, j = lx, ly, lz, last
                for c in range(width):
                    value = potential[j, c]
                    out[i, 0, c] += gx * value
                    out[i, 1, c] += gy * value
                    out[i, 2, c] += gz * value
    return out


@njit(parallel=True, cache=True, error_model="numpy")
def forms(
    nodes: Nodes,
    tets: Tets,
    tissue: Int[np.ndarray, " n_tet"],
    n_tissue: int,
    tensors: Tensors,
    primary: Float[np.ndarray, "n_node 3"],
    vectors: Float[np.ndarray, "n_node m"],
) -> Float[np.ndarray, "n_tissue 1_plus_m 1_plus_m"]:
    """Integrate products of mean dA/dt and of gradients over each tissue."""
    count = 1 + vectors.shape[1]
    parts = np.zeros((FORM_PARTS, n_tissue, count, count))
    for part in prange(FORM_PARTS):
        own, flow = np.empty((count, 3)), np.empty((count, 3))
        n_tet = tets.shape[0]
        for t in range(part * n_tet // FORM_PARTS, (part + 1) * n_tet // FORM_PARTS):
            if tissue[t] < 0:
                continue
            own[:] = 0.0
            volume = 0.0
            for k in range(4):
                gx, gy, gz, six_volume = _gradient(nodes, tets, t, k)
                volume = abs(six_volume) / 6.0
                j = tets[t, k]
                for d in range(3):
                    own[0, d] += primary[j, d] / 4.0
                for c in range(vectors.shape[1]):
                    own[1 + c, 0] += gx * vectors[j, c]
                    own[1 + c, 1] += gy * vectors[j, c]
                    own[1 + c, 2] += gz * vectors[j, c]
            for a in range(count):
                flow[a, 0], flow[a, 1], flow[a, 2] = _conducted(
                    tensors, t, volume * own[a, 0], volume * own[a, 1], volume * own[a, 2]
                )
            out = parts[part, tissue[t]]
            for a in range(count):
                for b in range(count):
                    out[a, b] += (
                        own[a, 0] * flow[b, 0] + own[a, 1] * flow[b, 1] + own[a, 2] * flow[b, 2]
                    )
    return parts.sum(axis=0)


@njit(parallel=True, cache=True, error_model="numpy")
def gradients(
    nodes: Nodes, tets: Tets, potential: Float[np.ndarray, " n_node"]
) -> Float[np.ndarray, "n_tet 3"]:
    """Compute the constant gradient of a nodal function in each tetrahedron."""
    out = np.empty((tets.shape[0], 3))
    for t in prange(tets.shape[0]):
        sx = sy = sz = 0.0
        for k in range(4):
            gx, gy, gz, _ = _gradient(nodes, tets, t, k)
            value = potential[tets[t, k]]
            sx += gx * value
            sy += gy * value
            sz += gz * value
        out[t, 0] = sx
        out[t, 1] = sy
        out[t, 2] = sz
    return out


@njit(parallel=True, cache=True, error_model="numpy")
def shape_gradients(nodes: Nodes, tets: Tets) -> Float[np.ndarray, "n_tet 4 3"]:
    """Compute the gradients of the four shape functions of each tetrahedron."""
    out = np.empty((tets.shape[0], 4, 3))
    for t in prange(tets.shape[0]):
        for k in range(4):
            gx, gy, gz, _ = _gradient(nodes, tets, t, k)
            out[t, k, 0] = gx
            out[t, k, 1] = gy
            out[t, k, 2] = gz
    return out


@njit(parallel=True, fastmath=True, cache=True)
def interpolate_cubic(
    position: Float[np.ndarray, "n 3"],
    number: Int[np.ndarray, "nx ny nz"],
    value: Float[np.ndarray, "cell k"],
) -> Float[np.ndarray, "n k"]:
    """Interpolate cubically from the 4x4x4 lattice points around each position.

    Positions are in units of the lattice; ``number`` gives the row of ``value`` that belongs
    to a lattice point.
    """
    width = value.shape[1]
    out = np.zeros((position.shape[0], width))
    for n in prange(position.shape[0]):
        weight = np.empty((3, 4))
        first = np.empty(3, np.int64)
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
                both = weight[0, i] * weight[1, j]
                for k in range(4):
                    w = both * weight[2, k]
                    row = number[first[0] + i, first[1] + j, first[2] + k]
                    for c in range(width):
                        out[n, c] += w * value[row, c]
    return out


@njit(parallel=True, fastmath=True, cache=True, nogil=True)
def products(
    matrix: Float[np.ndarray, "n k"], vector: Float[np.ndarray, " k"]
) -> Float[np.ndarray, " n"]:
    """Multiply a matrix with one vector, in single precision.

    The threads of BLAS would wait for those of the kernel before, for longer than this takes.
    """
    out = np.empty(matrix.shape[0], np.float32)
    for i in prange(matrix.shape[0]):
        total = np.float32(0)
        for j in range(matrix.shape[1]):
            total += matrix[i, j] * vector[j]
        out[i] = total
    return out


@njit(parallel=True, fastmath=True, cache=True, nogil=True)
def bars(
    e: Float[np.ndarray, "n_field n_point 3"],
    maps: Float[np.ndarray, "n_point 3 3"],
    around: Float[np.ndarray, " n_point"],
    factor: float,
) -> Float[np.ndarray, "n_field n_point"]:
    """Root mean square of a map of E and a share of E, at each point of each field."""
    out = np.empty(e.shape[:2], e.dtype)
    for i in prange(e.shape[1]):
        m = maps[i]
        share = around[i] * around[i]
        for f in range(e.shape[0]):
            x, y, z = e[f, i, 0], e[f, i, 1], e[f, i, 2]
            total = share * (x * x + y * y + z * z)
            for c in range(3):
                part = m[c, 0] * x + m[c, 1] * y + m[c, 2] * z
                total += part * part
            out[f, i] = factor * np.sqrt(total / 2)
    return out


@njit(parallel=True, fastmath=True, cache=True, error_model="numpy")
def dipoles_around_sphere(
    points_m: Float[np.ndarray, "n_point 3"],
    dipoles_m: Float[np.ndarray, "n_dipole 3"],
    rates: Float[np.ndarray, "n_dipole 3"],
) -> Float[np.ndarray, "n_point 3"]:
    """Sum E of changing dipoles around a sphere, at points within it (Sarvas 1987)."""
    out = np.empty((points_m.shape[0], 3))
    for i in prange(points_m.shape[0]):
        x, y, z = points_m[i, 0], points_m[i, 1], points_m[i, 2]
        sx = sy = sz = 0.0
        for j in range(dipoles_m.shape[0]):
            px, py, pz = dipoles_m[j, 0], dipoles_m[j, 1], dipoles_m[j, 2]
            mx, my, mz = rates[j, 0], rates[j, 1], rates[j, 2]
            ax, ay, az = px - x, py - y, pz - z
            a, p = np.sqrt(ax * ax + ay * ay + az * az), np.sqrt(px * px + py * py + pz * pz)
            along = (ax * px + ay * py + az * pz) / a
            f = a * (p * a + p * p - (x * px + y * py + z * pz))
            c1 = a * a / p + along + 2.0 * a + 2.0 * p
            c2 = a + 2.0 * p + along
            slope = c1 * (px * mx + py * my + pz * mz) - c2 * (x * mx + y * my + z * mz)
            slope /= f * f
            sx += mx / f - px * slope
            sy += my / f - py * slope
            sz += mz / f - pz * slope
        out[i, 0] = -1e-7 * (y * sz - z * sy)
        out[i, 1] = -1e-7 * (z * sx - x * sz)
        out[i, 2] = -1e-7 * (x * sy - y * sx)
    return out
