"""Local problems of higher order around tetrahedra: arrays in, arrays out; no checks, no I/O.

A patch is a group of tetrahedra, its core, in which E is wanted. Its unknowns are the
coefficients of the shape functions near by; the linear potential outside stays as it is. Each
patch is factorised once, and that serves all its points.

A mesh is (nodes, tets with ascending corners, pointer and indices of the tetrahedra around each
node). A medium is (sigma, tensors or none). A table is (entity, degree, rank within the entity,
number by entity and order, stiffness by pairs of coordinates, loads) of the shape functions:
see `hierarchic.shapes`.
"""

import numpy as np
from numba import njit, prange

from cortistim.field.local._envelope_kernels import factorise, substitute
from cortistim.field.local._patch_kernels import (
    EDGES,
    N_HARMONIC,
    Flat,
    Medium,
    Mesh,
    Patch,
    Places,
    Table,
    Values,
    assemble,
    ball,
    choose,
    conduct,
    entities,
    envelope_of,
    gather,
    harmonics_at,
    numbers_of,
    slopes_of,
)

BLOCKS = 32  # of patches, each worked on by one thread with lists of its own


@njit(parallel=True, cache=True)
def measure(mesh: Mesh, pointer: Flat, cores: Flat, reach: Values) -> Patch:
    """Count the nodes of each patch, as pointers (n_patch + 1,); lay a ball around each."""
    n_patch = pointer.shape[0] - 1
    out, balls = np.zeros(n_patch + 1, np.int64), np.empty((n_patch, 4))
    for block in prange(BLOCKS):
        seen_node = np.zeros(mesh[0].shape[0], np.int32)
        seen_tet = np.zeros(mesh[1].shape[0], np.int8)
        for p in range(block, n_patch, BLOCKS):
            core = cores[pointer[p] : pointer[p + 1]]
            _, local, _, _, centres = gather(mesh, core, reach[p], seen_node, seen_tet)
            out[p + 1] = local.shape[0]
            balls[p] = ball(mesh[0][local], centres)
    for p in range(n_patch):
        out[p + 1] += out[p]
    return out, balls


@njit(cache=True)
def _prepare(
    mesh: Mesh, medium: Medium, table: Table, core: Flat, radii: Values, seen: Patch
) -> Patch:
    """Choose the functions of a patch and factorise its matrix."""
    chosen, local, within, corners, centres = gather(mesh, core, radii[0], seen[0], seen[1])
    places = mesh[0][local]
    number, members = entities(corners, local.shape[0])
    level, first, count = choose(places, number, members, within, centres, radii, table[3])
    numbers = numbers_of(number, level, first, table)
    slopes, conducted = np.empty((chosen.shape[0], 4, 3)), np.empty((chosen.shape[0], 4, 3))
    for t in range(chosen.shape[0]):
        volume = slopes_of(places, corners[t], slopes[t])
        weight = float(medium[0][chosen[t]] * volume)
        conduct(medium[1], chosen[t], weight, slopes[t], conducted[t])
    n_block = (count + 3) // 4
    envelope = envelope_of(numbers, n_block)
    matrix = np.empty((4 * n_block, 4 * n_block))
    for i in range(4 * n_block):
        matrix[i, 4 * envelope[i // 4] : 4 * (i // 4) + 4] = 0.0
    for i in range(count, 4 * n_block):
        matrix[i, i] = 1.0
    assemble(numbers, conducted, slopes, table[4], matrix)
    good = factorise(matrix, envelope)
    carriers = harmonics_at(places, members, ball(places, centres))
    return good, local, corners, number, numbers, slopes, conducted, matrix, envelope, carriers


@njit(cache=True, fastmath={"reassoc", "contract", "nsz"})
def _pull_back(
    x: Values,
    patch: Patch,
    loads: Places,
    unmix: Places,
    by_node: Values,
    by_sample: Places,
) -> None:
    """Add what a combination of equations takes from the potential and from dA/dt."""
    _, _, corners, number, numbers, slopes, conducted, _, _, carriers = patch
    moment = np.empty(40)
    by_carrier = np.zeros((carriers.shape[0], 3))
    for t in range(numbers.shape[0]):
        moment[:] = 0.0
        for a in range(numbers.shape[1]):
            if numbers[t, a] >= 0:
                value = x[numbers[t, a]]
                for k in range(40):
                    moment[k] += value * loads[a, k]
        fx = fy = fz = 0.0
        for m in range(10):
            wx = wy = wz = 0.0
            for i in range(4):
                wx -= moment[10 * i + m] * conducted[t, i, 0]
                wy -= moment[10 * i + m] * conducted[t, i, 1]
                wz -= moment[10 * i + m] * conducted[t, i, 2]
            e = number[t, m]
            if m < 4:
                fx, fy, fz = fx + wx, fy + wy, fz + wz
            else:  # 4 la lb for what dA/dt is above the mean of the ends
                wx, wy, wz = 4 * wx, 4 * wy, 4 * wz
                for k in range(2):
                    end = number[t, EDGES[m - 4][k]]
                    by_carrier[end, 0] -= wx / 2
                    by_carrier[end, 1] -= wy / 2
                    by_carrier[end, 2] -= wz / 2
            by_carrier[e, 0] += wx
            by_carrier[e, 1] += wy
            by_carrier[e, 2] += wz
        for j in range(4):
            by_node[corners[t, j]] += (
                fx * slopes[t, j, 0] + fy * slopes[t, j, 1] + fz * slopes[t, j, 2]
            )
    by_harmonic = np.zeros((N_HARMONIC, 3))
    for e in range(carriers.shape[0]):
        for h in range(N_HARMONIC):
            for d in range(3):
                by_harmonic[h, d] += carriers[e, h] * by_carrier[e, d]
    for h in range(N_HARMONIC):
        for s in range(N_HARMONIC):
            for d in range(3):
                by_sample[s, d] += unmix[h, s] * by_harmonic[h, d]


@njit(parallel=True, cache=True)
def readings(
    mesh: Mesh,
    medium: Medium,
    table: Table,
    patches: Patch,
    points: Patch,
    unmix: Places,
) -> Patch:
    """Weights of the potential at nodes, and of dA/dt at samples, in gradients at points.

    ``patches`` is (pointer, cores, radii, pointer of nodes), ``points`` is (pointer by patch,
    place of the tetrahedron in the patch, slopes of the functions there, slopes where the last
    order is wanted, pointer of weights).
    Returns nodes by patch, weights (2, ...), weights (2, n_point, 3, 16, 3), and which
    patches could be solved. The first of two is the gradient; the second is the last
    order's share of it.
    """
    pointer, cores, radii, node_pointer = patches
    point_pointer, holder, point_slopes, last_slopes, start = points
    degree, loads = table[1], table[5]
    order, n_patch = radii.shape[1], pointer.shape[0] - 1
    nodes = np.empty(node_pointer[-1], np.int32)
    by_node = np.zeros((2, start[-1]))
    by_sample = np.zeros((2, holder.shape[0], 3, N_HARMONIC, 3))
    good = np.zeros(n_patch, np.bool_)
    for block in prange(BLOCKS):
        seen_node = np.zeros(mesh[0].shape[0], np.int32)
        seen_tet = np.zeros(mesh[1].shape[0], np.int8)
        for p in range(block, n_patch, BLOCKS):
            core = cores[pointer[p] : pointer[p + 1]]
            patch = _prepare(mesh, medium, table, core, radii[p], (seen_node, seen_tet))
            local, corners, numbers, matrix, envelope = (
                patch[1], patch[2], patch[4], patch[7], patch[8],
            )  # fmt: skip
            nodes[node_pointer[p] : node_pointer[p + 1]] = local
            good[p] = patch[0]
            if not good[p]:
                continue
            width = local.shape[0]
            for j in range(point_pointer[p], point_pointer[p + 1]):
                x, t = np.zeros((6, matrix.shape[0])), holder[j]
                for s in range(numbers.shape[1]):
                    a = numbers[t, s]
                    for d in range(3):
                        if a >= 0:
                            x[d, a] += point_slopes[j, s, d]
                            if degree[s] == order:
                                x[3 + d, a] += last_slopes[j, s, d]
                        if s < 4:
                            place = start[j] + d * width + corners[t, s]
                            by_node[0, place] += point_slopes[j, s, d]
                substitute(matrix, envelope, x)
                for r in range(6):
                    place = start[j] + (r % 3) * width
                    _pull_back(
                        x[r], patch, loads, unmix,
                        by_node[r // 3, place : place + width], by_sample[r // 3, j, r % 3],
                    )  # fmt: skip
    return nodes, by_node, by_sample, good


@njit(cache=True, fastmath={"reassoc", "contract", "nsz"})
def _residual(
    potential: Values,
    harmonic: Places,
    patch: Patch,
    loads: Places,
    out: Values,
) -> None:
    """Write what the linear potential leaves of the loads of dA/dt."""
    _, local, corners, number, numbers, slopes, conducted, _, _, carriers = patch
    dadt = np.zeros((carriers.shape[0], 3))
    for e in range(carriers.shape[0]):
        for h in range(N_HARMONIC):
            for d in range(3):
                dadt[e, d] += carriers[e, h] * harmonic[h, d]
    term, slope = np.empty(40), np.empty(3)
    for t in range(numbers.shape[0]):
        slope[:] = 0.0
        for j in range(4):
            for d in range(3):
                slope[d] += potential[local[corners[t, j]]] * slopes[t, j, d]
        for m in range(10):
            e = number[t, m]
            x, y, z = dadt[e, 0], dadt[e, 1], dadt[e, 2]
            if m < 4:
                x, y, z = x + slope[0], y + slope[1], z + slope[2]
            else:
                i, j = number[t, EDGES[m - 4][0]], number[t, EDGES[m - 4][1]]
                x = 4 * x - 2 * (dadt[i, 0] + dadt[j, 0])
                y = 4 * y - 2 * (dadt[i, 1] + dadt[j, 1])
                z = 4 * z - 2 * (dadt[i, 2] + dadt[j, 2])
            for i in range(4):
                c = conducted[t, i]
                term[10 * i + m] = -(c[0] * x + c[1] * y + c[2] * z)
        for a in range(numbers.shape[1]):
            if numbers[t, a] >= 0:
                total = 0.0
                for k in range(40):
                    total += loads[a, k] * term[k]
                out[numbers[t, a]] += total


@njit(parallel=True, cache=True)
def coefficients(
    mesh: Mesh,
    medium: Medium,
    table: Table,
    patches: Patch,
    potential: Values,
    harmonic: Values,
) -> Patch:
    """Coefficients of the functions of each core for one field; which patches were solved.

    ``harmonic`` (n_patch, 16, 3) holds dA/dt by harmonic polynomial.
    """
    pointer, cores, radii = patches
    loads, n_patch = table[5], pointer.shape[0] - 1
    out = np.zeros((cores.shape[0], loads.shape[0]))
    good = np.zeros(n_patch, np.bool_)
    size = np.zeros(n_patch, np.int64)
    for block in prange(BLOCKS):
        seen_node = np.zeros(mesh[0].shape[0], np.int32)
        seen_tet = np.zeros(mesh[1].shape[0], np.int8)
        for p in range(block, n_patch, BLOCKS):
            core = cores[pointer[p] : pointer[p + 1]]
            patch = _prepare(mesh, medium, table, core, radii[p], (seen_node, seen_tet))
            good[p] = patch[0]
            local, corners, numbers, matrix = patch[1], patch[2], patch[4], patch[7]
            size[p] = matrix.shape[0]
            if not good[p]:
                continue
            x = np.zeros((1, matrix.shape[0]))
            _residual(potential, harmonic[p], patch, loads, x[0])
            substitute(matrix, patch[8], x)
            for t in range(core.shape[0]):
                for s in range(numbers.shape[1]):
                    if numbers[t, s] >= 0:
                        out[pointer[p] + t, s] = x[0, numbers[t, s]]
                    if s < 4:
                        out[pointer[p] + t, s] += potential[local[corners[t, s]]]
    return out, good, size
