"""Loops over tetrahedra and their neighbours: arrays in, arrays out."""

import numpy as np
from jaxtyping import Bool, Float, Int
from numba import njit, prange


@njit(cache=True)
def limit_growth(
    values: Float[np.ndarray, "nx ny nz"],
    steps: Int[np.ndarray, "13 3"],
    rises: Float[np.ndarray, "13"],
) -> None:
    """Lower values in place until neighbours differ by at most the rise of their step.

    One forward and one backward pass over half of the 26 neighbours each: with a rise equal
    to the step's length and zeros at seeds, this is a chamfer distance.
    """
    nx, ny, nz = values.shape
    for turn in range(2):
        sign = 1 - 2 * turn
        for a in range(nx):
            i = a if turn == 0 else nx - 1 - a
            for b in range(ny):
                j = b if turn == 0 else ny - 1 - b
                for c in range(nz):
                    k = c if turn == 0 else nz - 1 - c
                    best = values[i, j, k]
                    for s in range(13):
                        p = i - sign * steps[s, 0]
                        q = j - sign * steps[s, 1]
                        r = k - sign * steps[s, 2]
                        if 0 <= p < nx and 0 <= q < ny and 0 <= r < nz:
                            best = min(best, values[p, q, r] + rises[s])
                    values[i, j, k] = best


@njit(cache=True)
def find_slot(keys: np.ndarray, key: int) -> int:
    """Slot of a key in an open-addressing table, or the empty slot where it belongs."""
    slot = ((key * 0x9E3779B97F4A7C1) >> 17) & (len(keys) - 1)
    while keys[slot] != -1 and keys[slot] != key:
        slot = (slot + 1) & (len(keys) - 1)
    return slot


@njit(cache=True)
def doubled(array: np.ndarray) -> np.ndarray:
    """Copy an array into one with twice the rows."""
    out = np.empty((2 * array.shape[0], array.shape[1]), array.dtype)
    out[: array.shape[0]] = array
    return out


@njit(cache=True)
def _lattice_key(x: int, y: int, z: int) -> int:
    return (((x << 21) | y) << 21) | z


@njit(cache=True)
def _file_nodes(
    nodes: Int[np.ndarray, "n_room 3"], n_node: int, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Hash lattice points: keys and the numbers of the nodes, in tables of a size."""
    keys = np.full(size, -1, np.int64)
    slots = np.empty(size, np.int32)
    for i in range(n_node):
        key = _lattice_key(nodes[i, 0], nodes[i, 1], nodes[i, 2])
        at = find_slot(keys, key)
        keys[at] = key
        slots[at] = i
    return keys, slots


@njit(cache=True)
def _too_long(
    nodes: Int[np.ndarray, "n_room 3"],
    tet: Int[np.ndarray, "5"],
    unit: float,
    sizes: Float[np.ndarray, "nx ny nz"],
    origin: Float[np.ndarray, "3"],
    inverse_spacing: Float[np.ndarray, "3"],
) -> bool:
    """Tell whether the longest edge exceeds the size wanted at the centre."""
    length2 = 0.0
    at = np.empty(3, np.int64)
    for d in range(3):
        length2 += float(nodes[tet[0], d] - nodes[tet[tet[4]], d]) ** 2
        total = 0.0
        for k in range(4):
            total += nodes[tet[k], d]
        center = (total * 0.25 * unit + origin[d]) * inverse_spacing[d]
        at[d] = min(max(int(center + 0.5), 0), sizes.shape[d] - 1)
    return bool(length2 * unit * unit > sizes[at[0], at[1], at[2]] ** 2)


@njit(cache=True)
def _has_node_on_edge(
    nodes: Int[np.ndarray, "n_room 3"],
    tet: Int[np.ndarray, "5"],
    keys: Int[np.ndarray, "n_slot"],
) -> bool:
    """Tell whether a node lies in the middle of any edge."""
    for a in range(3):
        for b in range(a + 1, 4):
            x = nodes[tet[a], 0] + nodes[tet[b], 0]
            y = nodes[tet[a], 1] + nodes[tet[b], 1]
            z = nodes[tet[a], 2] + nodes[tet[b], 2]
            if ((x | y | z) & 1) == 0:
                key = _lattice_key(x >> 1, y >> 1, z >> 1)
                if keys[find_slot(keys, key)] == key:
                    return True
    return False


@njit(cache=True)
def _bisect(tets: Int[np.ndarray, "n_room 5"], t: int, other: int, middle: int) -> None:
    """Replace a tetrahedron by its two halves, the second of them at another place."""
    g = tets[t, 4]
    tets[other] = tets[t]
    for k in range(g):
        tets[other, k] = tets[t, k + 1]
    tets[other, g] = middle
    tets[t, g] = middle
    tets[t, 4] = g - 1 if g > 1 else 3
    tets[other, 4] = tets[t, 4]


@njit(cache=True)
def refine(
    corners: Int[np.ndarray, "n_node 3"],
    kuhn: Int[np.ndarray, "n_tet 4"],
    unit: float,
    sizes: Float[np.ndarray, "nx ny nz"],
    origin: Float[np.ndarray, "3"],
    inverse_spacing: Float[np.ndarray, "3"],
) -> tuple[np.ndarray, np.ndarray]:
    """Bisect Kuhn tetrahedra until no longest edge exceeds the size wanted at its centre.

    A tetrahedron (x0..x3) of type g is cut at the middle z of its longest edge x0-xg into
    (x0..x[g-1], z, x[g+1]..) and (x1..xg, z, x[g+1]..), both of type g-1, or 3 after 1.
    Nodes are integer lattice points kept in a hash table; a tetrahedron with a node in the
    middle of any edge is cut again until none is left, which makes the mesh conform.
    """
    capacity = max(1 << 16, 4 * len(kuhn))
    nodes = np.empty((capacity, 3), np.int64)
    tets = np.empty((capacity, 5), np.int32)
    n_node, n_tet = len(corners), len(kuhn)
    nodes[:n_node] = corners
    tets[:n_tet, :4] = kuhn
    tets[:n_tet, 4] = 3
    table = 1 << 18
    while table < 4 * n_node:
        table *= 2
    keys, slots = _file_nodes(nodes, n_node, table)
    closing, changed = False, True
    while changed:
        changed = not closing  # the first pass looks at sizes, all later ones close gaps
        t = 0
        while t < n_tet:
            if closing:
                cut = _has_node_on_edge(nodes, tets[t], keys)
            else:
                cut = _too_long(nodes, tets[t], unit, sizes, origin, inverse_spacing)
            if not cut:
                t += 1
                continue
            changed = True
            if n_tet + 1 >= len(tets):
                tets = doubled(tets)
            if n_node + 1 >= len(nodes):
                nodes = doubled(nodes)
            if 2 * n_node >= len(keys):
                keys, slots = _file_nodes(nodes, n_node, 4 * len(keys))
            first, last = tets[t, 0], tets[t, tets[t, 4]]
            x = (nodes[first, 0] + nodes[last, 0]) >> 1
            y = (nodes[first, 1] + nodes[last, 1]) >> 1
            z = (nodes[first, 2] + nodes[last, 2]) >> 1
            key = _lattice_key(x, y, z)
            at = find_slot(keys, key)
            if keys[at] == -1:
                keys[at] = key
                slots[at] = n_node
                nodes[n_node, 0], nodes[n_node, 1], nodes[n_node, 2] = x, y, z
                n_node += 1
            _bisect(tets, t, n_tet, slots[at])
            n_tet += 1
        closing = True
    return nodes[:n_node].copy(), tets[:n_tet, :4].copy()


@njit(cache=True)
def pair_faces(tets: Int[np.ndarray, "n_tet 4"], n_node: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the tetrahedron behind each face.

    Returns (n_tet, 4) partners, face k being opposite to corner k: the neighbour's index,
    or -1 on the boundary; and a mark on tetrahedra with a face that two others share.
    """
    n_tet = len(tets)
    begin = np.zeros(n_node + 1, np.int64)
    low = np.empty((n_tet, 4, 3), np.int32)
    for t in range(n_tet):
        for f in range(4):
            a, b, c = tets[t, (f + 1) & 3], tets[t, (f + 2) & 3], tets[t, (f + 3) & 3]
            if a > b:
                a, b = b, a
            if b > c:
                b, c = c, b
            if a > b:
                a, b = b, a
            low[t, f, 0], low[t, f, 1], low[t, f, 2] = a, b, c
            begin[a + 1] += 1
    for i in range(n_node):
        begin[i + 1] += begin[i]
    filled = begin[:-1].copy()
    bucket = np.empty(4 * n_tet, np.int32)
    partner = np.full((n_tet, 4), -1, np.int32)
    crowded = np.zeros(n_tet, np.bool_)
    for t in range(n_tet):
        for f in range(4):
            a, b, c = low[t, f, 0], low[t, f, 1], low[t, f, 2]
            fresh = True
            for s in range(begin[a], filled[a]):
                u, g = bucket[s] >> 2, bucket[s] & 3
                if low[u, g, 1] == b and low[u, g, 2] == c:
                    fresh = False
                    if partner[u, g] >= 0:
                        crowded[t] = True
                    else:
                        partner[u, g] = t
                        partner[t, f] = u
                    break
            if fresh:
                bucket[filled[a]] = 4 * t + f
                filled[a] += 1
    return partner, crowded


@njit(cache=True)
def incidence(tets: Int[np.ndarray, "n_tet 4"], n_node: int) -> tuple[np.ndarray, np.ndarray]:
    """List the tetrahedra around each node: (n_node + 1) offsets and the lists end to end."""
    begin = np.zeros(n_node + 1, np.int64)
    for t in range(len(tets)):
        for k in range(4):
            begin[tets[t, k] + 1] += 1
    for i in range(n_node):
        begin[i + 1] += begin[i]
    filled = begin[:-1].copy()
    around = np.empty(4 * len(tets), np.int32)
    for t in range(len(tets)):
        for k in range(4):
            around[filled[tets[t, k]]] = t
            filled[tets[t, k]] += 1
    return begin, around


@njit(cache=True, fastmath=True)
def shape(
    a: Float[np.ndarray, "3"],
    b: Float[np.ndarray, "3"],
    c: Float[np.ndarray, "3"],
    d: Float[np.ndarray, "3"],
) -> float:
    """Three times inradius over circumradius, with the sign of the volume; 1 if regular."""
    ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    wx, wy, wz = d[0] - a[0], d[1] - a[1], d[2] - a[2]
    px, py, pz = vy * wz - vz * wy, vz * wx - vx * wz, vx * wy - vy * wx
    qx, qy, qz = wy * uz - wz * uy, wz * ux - wx * uz, wx * uy - wy * ux
    rx, ry, rz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    six_volume = ux * px + uy * py + uz * pz
    uu = ux * ux + uy * uy + uz * uz
    vv = vx * vx + vy * vy + vz * vz
    ww = wx * wx + wy * wy + wz * wz
    cx = uu * px + vv * qx + ww * rx
    cy = uu * py + vv * qy + ww * ry
    cz = uu * pz + vv * qz + ww * rz
    sx, sy, sz = px + qx + rx, py + qy + ry, pz + qz + rz
    twice_area = (
        np.sqrt(px * px + py * py + pz * pz)
        + np.sqrt(qx * qx + qy * qy + qz * qz)
        + np.sqrt(rx * rx + ry * ry + rz * rz)
        + np.sqrt(sx * sx + sy * sy + sz * sz)
    )
    circum = np.sqrt(cx * cx + cy * cy + cz * cz)  # 2 R |6 V|
    if circum * twice_area == 0.0:
        return 0.0
    return 6.0 * six_volume * abs(six_volume) / (twice_area * circum)


@njit(cache=True, parallel=True)
def shapes(
    nodes: Float[np.ndarray, "n_node 3"], tets: Int[np.ndarray, "n_tet 4"]
) -> Float[np.ndarray, "n_tet"]:
    """Quality of every tetrahedron, see `shape`."""
    out = np.empty(len(tets))
    for t in prange(len(tets)):
        out[t] = shape(
            nodes[tets[t, 0]], nodes[tets[t, 1]], nodes[tets[t, 2]], nodes[tets[t, 3]]
        )
    return out


@njit(cache=True)
def tissues_at_nodes(
    tets: Int[np.ndarray, "n_tet 4"], labels: Int[np.ndarray, "n_tet"], n_node: int
) -> Int[np.ndarray, "n_node"]:
    """Bit m of a node's mask is set when a tetrahedron of label m touches it."""
    mask = np.zeros(n_node, np.int64)
    for t in range(len(tets)):
        for k in range(4):
            mask[tets[t, k]] |= 1 << labels[t]
    return mask


@njit(cache=True)
def part_of_tet(
    partner: Int[np.ndarray, "n_tet 4"], kept: Bool[np.ndarray, "n_tet"]
) -> Int[np.ndarray, "n_tet"]:
    """Count off the parts of the kept tetrahedra that share faces; -1 for all others."""
    part = np.full(len(partner), -1, np.int32)
    stack = np.empty(len(partner), np.int32)
    n_part = 0
    for seed in range(len(partner)):
        if part[seed] >= 0 or not kept[seed]:
            continue
        part[seed] = n_part
        stack[0] = seed
        height = 1
        while height:
            height -= 1
            t = stack[height]
            for f in range(4):
                u = partner[t, f]
                if u >= 0 and kept[u] and part[u] < 0:
                    part[u] = n_part
                    stack[height] = u
                    height += 1
        n_part += 1
    return part


@njit(cache=True)
def part_of_node(tets: Int[np.ndarray, "n_tet 4"], n_node: int) -> Int[np.ndarray, "n_node"]:
    """Give all nodes that hang together by tetrahedra the same number, one of their own."""
    parent = np.arange(n_node).astype(np.int32)
    for t in range(len(tets)):
        for k in range(1, 4):
            a, b = tets[t, 0], tets[t, k]
            while parent[a] != a:
                parent[a] = parent[parent[a]]
                a = parent[a]
            while parent[b] != b:
                parent[b] = parent[parent[b]]
                b = parent[b]
            parent[max(a, b)] = min(a, b)
    for i in range(n_node):
        parent[i] = parent[parent[i]]
    return parent
