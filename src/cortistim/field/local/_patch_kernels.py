"""The parts of a local problem: its tetrahedra, functions and matrix.

Arrays in, arrays out; no checks, no I/O. See `_kernels` for what the tuples hold.
"""

from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numba import njit

Flat = Int[np.ndarray, " n"]
Values = Float[np.ndarray, " n"]
Places = Float[np.ndarray, "n 3"]
Grid = Int[np.ndarray, "n k"]
Harmonics = Float[np.ndarray, "n 16"]
Mesh = tuple[Places, Grid, Flat, Flat]
Medium = tuple[Values, Values]
Table = tuple[Flat, Flat, Flat, Grid, Values, Places]
Patch = tuple[Any, ...]

N_ENTITY = 15  # of a tetrahedron: four corners, six edges, four faces, its interior
N_HARMONIC = 16  # up to third degree
EDGES = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))
FACES = ((1, 2, 3), (0, 2, 3), (0, 1, 3), (0, 1, 2))


@njit(cache=True)
def _distance(nodes: Places, node: int, cores: Places) -> float:
    """Distance of a node from the nearest centre of the patch."""
    return _nearest(nodes[node, 0], nodes[node, 1], nodes[node, 2], cores)


@njit(cache=True)
def _nearest(x: float, y: float, z: float, cores: Places) -> float:
    least = np.inf
    for c in range(cores.shape[0]):
        a, b, d = x - cores[c, 0], y - cores[c, 1], z - cores[c, 2]
        least = min(least, a * a + b * b + d * d)
    return np.sqrt(least)


@njit(cache=True)
def _centres(mesh: Mesh, core: Flat) -> Places:
    nodes, tets = mesh[0], mesh[1]
    out = np.zeros((core.shape[0], 3))
    for c in range(core.shape[0]):
        for k in range(4):
            for d in range(3):
                out[c, d] += nodes[tets[core[c], k], d] / 4
    return out


@njit(cache=True)
def gather(mesh: Mesh, core: Flat, reach: float, seen_node: Flat, seen_tet: Flat) -> Patch:
    """Collect the tetrahedra around the nodes within reach, and all their nodes.

    The core comes first. ``seen_node`` gives each node its number in the patch plus one, and
    minus that where it is beyond the reach; both lists must be zero, and are given back so.
    """
    nodes, tets, pointer, around = mesh
    centres = _centres(mesh, core)
    patch, local = np.empty(256, np.int32), np.empty(256, np.int32)
    n_tet = n_node = done = 0
    for t in core:
        patch[n_tet] = t
        seen_tet[t] = 1
        n_tet += 1
    within = np.empty(256, np.bool_)
    next_tet = 0
    while True:
        while next_tet < n_tet:  # number the nodes of new tetrahedra
            if n_node + 4 > local.shape[0]:
                local = np.append(local, np.empty_like(local))
                within = np.append(within, np.empty_like(within))
            for k in range(4):
                i = tets[patch[next_tet], k]
                if seen_node[i] == 0:
                    local[n_node] = i
                    near = next_tet < core.shape[0]
                    within[n_node] = near or _distance(nodes, i, centres) <= reach
                    n_node += 1
                    seen_node[i] = n_node
            next_tet += 1
        if done == n_node:
            break
        i = local[done]
        if within[done]:
            for q in range(pointer[i], pointer[i + 1]):
                t = around[q]
                if seen_tet[t] == 0:
                    if n_tet == patch.shape[0]:
                        patch = np.append(patch, np.empty_like(patch))
                    seen_tet[t] = 1
                    patch[n_tet] = t
                    n_tet += 1
        done += 1
    corners = np.empty((n_tet, 4), np.int32)
    for s in range(n_tet):
        for k in range(4):
            corners[s, k] = seen_node[tets[patch[s], k]] - 1
        seen_tet[patch[s]] = 0
    for s in range(n_node):
        seen_node[local[s]] = 0
    return patch[:n_tet], local[:n_node], within[:n_node], corners, centres


@njit(cache=True)
def entities(corners: Grid, n_node: int) -> tuple[Grid, Grid]:
    """Count through corners, edges, faces and interiors; list each one's corners."""
    n_tet = corners.shape[0]
    size = 64
    while size < 24 * n_tet:
        size *= 2
    keys, found = np.full(size, -1, np.int64), np.empty(size, np.int32)
    number = np.empty((n_tet, N_ENTITY), np.int32)
    members = np.full((n_node + 11 * n_tet, 4), -1, np.int32)
    for i in range(n_node):
        members[i, 0] = i
    count = n_node
    for t in range(n_tet):
        for e in range(4):
            number[t, e] = corners[t, e]
        for e in range(10):
            i, j, k = 0, 0, -1
            if e < 6:
                i, j = corners[t, EDGES[e][0]], corners[t, EDGES[e][1]]
            else:
                i, j = corners[t, FACES[e - 6][0]], corners[t, FACES[e - 6][1]]
                k = corners[t, FACES[e - 6][2]]
            key = (np.int64(i) * n_node + j) * (n_node + 1) + (k + 1)
            place = (key * np.int64(7046029254386353131) >> 20) & (size - 1)
            while keys[place] >= 0 and keys[place] != key:
                place = (place + 1) & (size - 1)
            if keys[place] < 0:
                keys[place] = key
                found[place] = count
                members[count, 0], members[count, 1], members[count, 2] = i, j, k
                count += 1
            number[t, 4 + e] = found[place]
        for k in range(4):
            members[count, k] = corners[t, k]
        number[t, 14] = count
        count += 1
    return number, members[:count]


@njit(cache=True)
def choose(
    places: Places,
    number: Grid,
    members: Grid,
    within: Values,
    centres: Places,
    radii: Values,
    counts: Grid,
) -> tuple[Flat, Flat, int]:
    """Give each entity its order and the number of its first function; return their sum.

    An order reaches as far as its radius says, and a function needs a node within reach; the
    core has all. The numbers ascend along x, which keeps the envelope narrow.
    """
    n_entity = members.shape[0]
    level, first = np.zeros(n_entity, np.int32), np.full(n_entity, -1, np.int32)
    size, middle = np.zeros(n_entity, np.int32), np.empty((n_entity, 3))
    for e in range(n_entity):
        held = False
        middle[e] = 0.0
        while size[e] < 4 and members[e, size[e]] >= 0:
            i = members[e, size[e]]
            for d in range(3):
                middle[e, d] += places[i, d]
            held |= within[i]
            size[e] += 1
        for d in range(3):
            middle[e, d] /= size[e]
        if held:
            distance = _nearest(middle[e, 0], middle[e, 1], middle[e, 2], centres)
            while level[e] < radii.shape[0] and distance <= radii[level[e]]:
                level[e] += 1
    for t in range(centres.shape[0]):
        for k in range(N_ENTITY):
            level[number[t, k]] = radii.shape[0]
    if level[: places.shape[0]].min() > 0:  # a whole mesh: one node holds the potential
        level[places.shape[0] - 1] = 0
    used, n_used = np.empty(n_entity, np.int32), 0
    for e in range(n_entity):
        if counts[size[e] - 1, level[e]] > 0:
            used[n_used] = e
            n_used += 1
    count = 0
    for u in np.argsort(middle[used[:n_used], 0]):
        first[used[u]] = count
        count += int(counts[size[used[u]] - 1, level[used[u]]])
    return level, first, count


@njit(cache=True)
def numbers_of(number: Grid, level: Flat, first: Flat, table: Table) -> Grid:
    """Give each tetrahedron's functions their numbers, -1 for those that are left out."""
    entity, degree, rank = table[0], table[1], table[2]
    out = np.full((number.shape[0], entity.shape[0]), -1, np.int32)
    for t in range(number.shape[0]):
        for s in range(entity.shape[0]):
            e = number[t, entity[s]]
            if first[e] >= 0 and degree[s] <= level[e]:
                out[t, s] = first[e] + rank[s]
    return out


@njit(cache=True)
def envelope_of(numbers: Grid, n_block: int) -> Flat:
    first = np.arange(n_block)
    for t in range(numbers.shape[0]):
        least = 4 * n_block
        for s in range(numbers.shape[1]):
            if 0 <= numbers[t, s] < least:
                least = numbers[t, s]
        for s in range(numbers.shape[1]):
            if numbers[t, s] >= 0:
                first[numbers[t, s] // 4] = min(first[numbers[t, s] // 4], least // 4)
    return first


@njit(cache=True, error_model="numpy")
def slopes_of(places: Places, corners: Flat, slope: Places) -> float:
    """Write the gradients of the four barycentric coordinates; return the volume."""
    six = 0.0
    for k in range(4):
        a, b, c = corners[(1, 0, 0, 0)[k]], corners[(2, 2, 1, 1)[k]], corners[(3, 3, 3, 2)[k]]
        i = corners[k]
        ux, vx = places[b, 0] - places[a, 0], places[c, 0] - places[a, 0]
        uy, vy = places[b, 1] - places[a, 1], places[c, 1] - places[a, 1]
        uz, vz = places[b, 2] - places[a, 2], places[c, 2] - places[a, 2]
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        six = (
            (places[i, 0] - places[a, 0]) * nx
            + (places[i, 1] - places[a, 1]) * ny
            + (places[i, 2] - places[a, 2]) * nz
        )
        slope[k, 0], slope[k, 1], slope[k, 2] = nx / six, ny / six, nz / six
    return abs(six) / 6


@njit(cache=True)
def conduct(tensors: Values, tet: int, weight: float, slope: Places, out: Places) -> None:
    """Write the slopes times the conductivity."""
    for k in range(4):
        x, y, z = slope[k, 0], slope[k, 1], slope[k, 2]
        if tensors.shape[0] > 0:
            m = tensors[tet]
            x, y, z = (
                m[0] * x + m[1] * y + m[2] * z,
                m[1] * x + m[3] * y + m[4] * z,
                m[2] * x + m[4] * y + m[5] * z,
            )
        out[k, 0], out[k, 1], out[k, 2] = weight * x, weight * y, weight * z


@njit(cache=True, fastmath={"reassoc", "contract", "nsz"})
def assemble(
    numbers: Grid, conducted: Values, slopes: Values, stiffness: Values, matrix: Places
) -> None:
    """Add the tetrahedra's stiffness to the lower half of the matrix.

    The gradients of the four coordinates sum to zero, so that six of their products are
    enough; ``stiffness`` is by those, in the order of `EDGES`.
    """
    metric, used = np.empty(6), np.empty(numbers.shape[1], np.int64)
    for t in range(numbers.shape[0]):
        n_used = 0
        for a in range(numbers.shape[1]):
            if numbers[t, a] >= 0:
                used[n_used] = a
                n_used += 1
        if n_used == 0:
            continue
        for k in range(6):
            c, s = conducted[t, EDGES[k][0]], slopes[t, EDGES[k][1]]
            metric[k] = c[0] * s[0] + c[1] * s[1] + c[2] * s[2]
        for u in range(n_used):
            a, row = used[u], numbers[t, used[u]]
            for v in range(u + 1):
                b, column = used[v], numbers[t, used[v]]
                total = 0.0
                for k in range(6):
                    total += stiffness[a, b, k] * metric[k]
                matrix[max(row, column), min(row, column)] += total


@njit(cache=True)
def harmonics(x: float, y: float, z: float, out: Values) -> None:
    """Write the sixteen harmonic polynomials up to third degree."""
    xx, yy, zz = x * x, y * y, z * z
    out[0], out[1], out[2], out[3] = 1.0, x, y, z
    out[4], out[5], out[6], out[7] = x * y, y * z, z * x, xx - yy
    out[8], out[9] = 2 * zz - xx - yy, x * y * z
    out[10], out[11], out[12] = x * (xx - 3 * yy), y * (yy - 3 * xx), z * (xx - yy)
    out[13] = z * (2 * zz - 3 * xx - 3 * yy)
    out[14], out[15] = x * (4 * zz - xx - yy), y * (4 * zz - xx - yy)


@njit(cache=True)
def ball(places: Places, centres: Places) -> Values:
    """Centre and radius of a ball around a patch."""
    out = np.zeros(4)
    for c in range(centres.shape[0]):
        for d in range(3):
            out[d] += centres[c, d] / centres.shape[0]
    for i in range(places.shape[0]):
        a, b, c = places[i, 0] - out[0], places[i, 1] - out[1], places[i, 2] - out[2]
        out[3] = max(out[3], np.sqrt(a * a + b * b + c * c))
    return out


@njit(cache=True)
def harmonics_at(places: Places, members: Grid, around: Values) -> Harmonics:
    """Evaluate the harmonics at nodes and middles of edges, in units of the ball."""
    out = np.zeros((members.shape[0], N_HARMONIC))
    x, y, z, radius = around
    for e in range(members.shape[0]):
        i, j = members[e, 0], members[e, 1]
        if members[e, 2] >= 0:  # faces and interiors carry no dA/dt
            continue
        if j < 0:
            j = i
        harmonics(
            ((places[i, 0] + places[j, 0]) / 2 - x) / radius,
            ((places[i, 1] + places[j, 1]) / 2 - y) / radius,
            ((places[i, 2] + places[j, 2]) / 2 - z) / radius,
            out[e],
        )
    return out
