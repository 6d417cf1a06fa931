"""Loops of the mesher: arrays in, arrays out.

Positions are in voxel-isotropic grid units (any length unit); ``inverse_spacing`` turns them
into voxel indices. Tissue fields have the tissue as last axis, so that one look-up touches
eight short runs of memory.
"""

import numpy as np
from jaxtyping import Bool, Float, Int
from numba import njit, prange

MAX_LABELS = 32


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
def _find(keys: np.ndarray, key: int) -> int:
    """Slot of a key in an open-addressing table, or the empty slot where it belongs."""
    slot = ((key * 0x9E3779B97F4A7C1) >> 17) & (len(keys) - 1)
    while keys[slot] != -1 and keys[slot] != key:
        slot = (slot + 1) & (len(keys) - 1)
    return slot


@njit(cache=True)
def _doubled(array: np.ndarray) -> np.ndarray:
    """Copy an array into one with twice the rows."""
    out = np.empty((2 * array.shape[0], array.shape[1]), array.dtype)
    out[: array.shape[0]] = array
    return out


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
    capacity = 1 << 16
    while capacity < 4 * len(kuhn):
        capacity *= 2
    nodes = np.empty((capacity, 3), np.int64)
    tets = np.empty((capacity, 5), np.int32)
    keys = np.full(4 * capacity, -1, np.int64)
    slots = np.empty(4 * capacity, np.int32)
    n_node, n_tet = len(corners), len(kuhn)
    nodes[:n_node] = corners
    tets[:n_tet, :4] = kuhn
    tets[:n_tet, 4] = 3
    for i in range(n_node):
        key = (((nodes[i, 0] << 21) | nodes[i, 1]) << 21) | nodes[i, 2]
        at = _find(keys, key)
        keys[at] = key
        slots[at] = i
    nx, ny, nz = sizes.shape
    closing = False
    while True:
        changed = False
        t = 0
        while t < n_tet:
            g = tets[t, 4]
            first, last = tets[t, 0], tets[t, g]
            cut = False
            if not closing:
                length2 = 0.0
                for d in range(3):
                    length2 += float(nodes[first, d] - nodes[last, d]) ** 2
                center = np.zeros(3)
                for d in range(3):
                    total = 0.0
                    for k in range(4):
                        total += nodes[tets[t, k], d]
                    center[d] = (total * 0.25 * unit + origin[d]) * inverse_spacing[d]
                i = min(max(int(center[0] + 0.5), 0), nx - 1)
                j = min(max(int(center[1] + 0.5), 0), ny - 1)
                k = min(max(int(center[2] + 0.5), 0), nz - 1)
                cut = length2 * unit * unit > sizes[i, j, k] ** 2
            else:
                for a in range(3):
                    for b in range(a + 1, 4):
                        p, q = tets[t, a], tets[t, b]
                        x = nodes[p, 0] + nodes[q, 0]
                        y = nodes[p, 1] + nodes[q, 1]
                        z = nodes[p, 2] + nodes[q, 2]
                        if ((x | y | z) & 1) == 0 and not cut:
                            key = ((((x >> 1) << 21) | (y >> 1)) << 21) | (z >> 1)
                            cut = keys[_find(keys, key)] == key
            if not cut:
                t += 1
                continue
            changed = True
            if n_tet + 1 >= len(tets):
                tets = _doubled(tets)
            if n_node + 1 >= len(nodes):
                nodes = _doubled(nodes)
            if 2 * n_node >= len(keys):
                keys = np.full(4 * len(keys), -1, np.int64)
                slots = np.empty(len(keys), np.int32)
                for i in range(n_node):
                    key = (((nodes[i, 0] << 21) | nodes[i, 1]) << 21) | nodes[i, 2]
                    at = _find(keys, key)
                    keys[at] = key
                    slots[at] = i
            x = (nodes[first, 0] + nodes[last, 0]) >> 1
            y = (nodes[first, 1] + nodes[last, 1]) >> 1
            z = (nodes[first, 2] + nodes[last, 2]) >> 1
            key = (((x << 21) | y) << 21) | z
            at = _find(keys, key)
            if keys[at] == -1:
                keys[at] = key
                slots[at] = n_node
                nodes[n_node, 0], nodes[n_node, 1], nodes[n_node, 2] = x, y, z
                n_node += 1
            middle = slots[at]
            tets[n_tet] = tets[t]
            for k in range(g):
                tets[n_tet, k] = tets[t, k + 1]
            tets[n_tet, g] = middle
            tets[t, g] = middle
            tets[t, 4] = g - 1 if g > 1 else 3
            tets[n_tet, 4] = tets[t, 4]
            n_tet += 1
        if closing and not changed:
            break
        closing = True
    return nodes[:n_node].copy(), tets[:n_tet, :4].copy()


@njit(cache=True)
def pair_faces(
    tets: Int[np.ndarray, "n_tet 4"], n_node: int
) -> tuple[np.ndarray, np.ndarray]:
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


@njit(cache=True, fastmath=True)
def _add_values(
    fields: np.ndarray, x: float, y: float, z: float, weight: float, value: np.ndarray
) -> None:
    """Add the trilinear values of all tissues at a voxel position to ``value``."""
    nx, ny, nz, n_label = fields.shape
    x = min(max(x, 0.0), nx - 1.001)
    y = min(max(y, 0.0), ny - 1.001)
    z = min(max(z, 0.0), nz - 1.001)
    i, j, k = int(x), int(y), int(z)
    x -= i
    y -= j
    z -= k
    for a in range(2):
        wx = weight * (x if a else 1.0 - x)
        for b in range(2):
            wxy = wx * (y if b else 1.0 - y)
            for c in range(2):
                w = wxy * (z if c else 1.0 - z)
                for m in range(n_label):
                    value[m] += w * fields[i + a, j + b, k + c, m]


@njit(cache=True, fastmath=True)
def _look_up(
    fields: np.ndarray, x: float, y: float, z: float, value: np.ndarray, slope: np.ndarray
) -> None:
    """Trilinear values of all tissues at a voxel position, and their slopes per voxel."""
    nx, ny, nz, n_label = fields.shape
    x = min(max(x, 0.0), nx - 1.001)
    y = min(max(y, 0.0), ny - 1.001)
    z = min(max(z, 0.0), nz - 1.001)
    i, j, k = int(x), int(y), int(z)
    x -= i
    y -= j
    z -= k
    value[:n_label] = 0.0
    slope[:, :n_label] = 0.0
    for a in range(2):
        wx, dx = (x, 1.0) if a else (1.0 - x, -1.0)
        for b in range(2):
            wy, dy = (y, 1.0) if b else (1.0 - y, -1.0)
            for c in range(2):
                wz, dz = (z, 1.0) if c else (1.0 - z, -1.0)
                for m in range(n_label):
                    f = fields[i + a, j + b, k + c, m]
                    value[m] += f * wx * wy * wz
                    slope[0, m] += f * dx * wy * wz
                    slope[1, m] += f * wx * dy * wz
                    slope[2, m] += f * wx * wy * dz


@njit(cache=True, fastmath=True)
def label_nodes(
    fields: Float[np.ndarray, "nx ny nz n_label"],
    inverse_spacing: Float[np.ndarray, "3"],
    nodes: Float[np.ndarray, "n_node 3"],
) -> Int[np.ndarray, "n_node"]:
    """Strongest tissue at each node."""
    out = np.empty(len(nodes), np.int32)
    value = np.empty(fields.shape[3])
    for i in range(len(nodes)):
        value[:] = 0.0
        x, y, z = nodes[i] * inverse_spacing
        _add_values(fields, x, y, z, 1.0, value)
        out[i] = value.argmax()
    return out


@njit(cache=True, fastmath=True)
def _crossing(
    fields: np.ndarray,
    inverse_spacing: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
    first: int,
    second: int,
    value: np.ndarray,
) -> float:
    """Fraction of the way from start (first tissue) to end (second) where they are equal."""
    low, high = 0.0, 1.0
    at_low = at_high = 0.0
    fraction = 0.0
    for turn in range(5):
        if turn < 2:
            fraction = float(turn)
        else:
            fraction = low + (high - low) * min(max(at_low / (at_low - at_high), 0.1), 0.9)
        value[:] = 0.0
        _add_values(
            fields,
            (start[0] + fraction * (end[0] - start[0])) * inverse_spacing[0],
            (start[1] + fraction * (end[1] - start[1])) * inverse_spacing[1],
            (start[2] + fraction * (end[2] - start[2])) * inverse_spacing[2],
            1.0,
            value,
        )
        difference = value[first] - value[second]
        if turn == 0 or (turn > 1 and difference > 0):
            low, at_low = fraction, max(difference, 1e-6)
        else:
            high, at_high = fraction, min(difference, -1e-6)
    return low + (high - low) * at_low / (at_low - at_high)


@njit(cache=True, fastmath=True)
def snap_near_nodes(
    fields: Float[np.ndarray, "nx ny nz n_label"],
    inverse_spacing: Float[np.ndarray, "3"],
    nodes: Float[np.ndarray, "n_node 3"],
    tets: Int[np.ndarray, "n_tet 4"],
    begin: Int[np.ndarray, "n_node_plus_1"],
    around: Int[np.ndarray, "n_corner"],
    label: Int[np.ndarray, "n_node"],
    ease: Float[np.ndarray, "n_tet"],
    near: float,
    guard: float,
) -> None:
    """Move nodes that are close to a border, along an edge, onto it; mark them with -1.

    Close is less than the fraction ``near`` of the edge. Nodes are moved and labels changed
    in place; a step is shortened where tetrahedra would fall below the guard.
    """
    nearest = np.full(len(nodes), near)
    goal = nodes.copy()
    value = np.empty(fields.shape[3])
    for t in range(len(tets)):
        for a in range(3):
            for b in range(a + 1, 4):
                i, j = tets[t, a], tets[t, b]
                if label[i] == label[j]:
                    continue
                if i > j:
                    i, j = j, i
                s = _crossing(
                    fields, inverse_spacing, nodes[i], nodes[j], label[i], label[j], value
                )
                v, s_v = (i, s) if s < 0.5 else (j, 1.0 - s)
                if s_v < nearest[v]:
                    nearest[v] = s_v
                    for d in range(3):
                        goal[v, d] = nodes[i, d] + s * (nodes[j, d] - nodes[i, d])
    old = np.empty(3)
    for v in range(len(nodes)):
        if nearest[v] >= near:
            continue
        label[v] = -1
        here = around[begin[v] : begin[v + 1]]
        floor = min(guard, _worst_shape(nodes, tets, ease, here, -1.0))
        old[:] = nodes[v]
        share = 1.0
        for attempt in range(5):
            if attempt == 4:
                share = 0.0
            for d in range(3):
                nodes[v, d] = old[d] + share * (goal[v, d] - old[d])
            if _worst_shape(nodes, tets, ease, here, floor) >= floor:
                break
            share *= 0.6


@njit(cache=True, fastmath=True)
def cut_at_borders(
    fields: Float[np.ndarray, "nx ny nz n_label"],
    inverse_spacing: Float[np.ndarray, "3"],
    nodes: Float[np.ndarray, "n_node 3"],
    tets: Int[np.ndarray, "n_tet 4"],
    label: Int[np.ndarray, "n_node"],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cut tetrahedra where an edge joins two tissues, at the border between them.

    Edges are cut longest first, in an order that all tetrahedra share, so that the two
    sides of a face are cut alike. Returns nodes, their labels (-1 on a border) and
    tetrahedra; none joins two tissues.
    """
    size = 1 << 16
    keys = np.full(size, -1, np.int64)
    slots = np.empty(size, np.int32)
    n_node, n_tet, n_cut = len(nodes), len(tets), 0
    points = np.empty((2 * n_node, 3))
    points[:n_node] = nodes
    marks = np.full((2 * n_node, 1), -1, np.int32)
    marks[:n_node, 0] = label
    out = np.empty((2 * n_tet, 4), np.int32)
    out[:n_tet] = tets
    made = np.empty((1 << 15, 1), np.int64)
    value = np.empty(fields.shape[3])
    t = 0
    while t < n_tet:
        longest, first, second = -1.0, -1, -1
        for a in range(3):
            for b in range(a + 1, 4):
                i, j = out[t, a], out[t, b]
                if marks[i, 0] < 0 or marks[j, 0] < 0 or marks[i, 0] == marks[j, 0]:
                    continue
                length = 0.0
                low, high = min(i, j), max(i, j)
                for d in range(3):
                    length += (points[low, d] - points[high, d]) ** 2
                tie = length == longest and (low, high) > (
                    min(out[t, first], out[t, second]),
                    max(out[t, first], out[t, second]),
                )
                if length > longest or tie:
                    longest, first, second = length, a, b
        if first < 0:
            t += 1
            continue
        i = min(out[t, first], out[t, second])
        j = max(out[t, first], out[t, second])
        if 2 * n_cut >= len(keys):
            keys = np.full(4 * len(keys), -1, np.int64)
            slots = np.empty(len(keys), np.int32)
            for c in range(n_cut):
                at = _find(keys, made[c, 0])
                keys[at] = made[c, 0]
                slots[at] = len(nodes) + c
        if n_node >= len(points):
            points, marks = _doubled(points), _doubled(marks)
        if n_tet >= len(out):
            out = _doubled(out)
        if n_cut >= len(made):
            made = _doubled(made)
        key = (np.int64(i) << 31) | np.int64(j)
        at = _find(keys, key)
        if keys[at] == -1:
            keys[at] = key
            slots[at] = n_node
            made[n_cut, 0] = key
            s = _crossing(
                fields, inverse_spacing, points[i], points[j], marks[i, 0], marks[j, 0], value
            )
            for d in range(3):
                points[n_node, d] = points[i, d] + s * (points[j, d] - points[i, d])
            marks[n_node, 0] = -1
            n_node += 1
            n_cut += 1
        out[n_tet] = out[t]
        out[n_tet, first] = slots[at]
        out[t, second] = slots[at]
        n_tet += 1
    return points[:n_node].copy(), marks[:n_node, 0].copy(), out[:n_tet].copy()


@njit(cache=True, fastmath=True, parallel=True)
def score_tets(
    fields: Float[np.ndarray, "nx ny nz n_label"],
    inverse_spacing: Float[np.ndarray, "3"],
    nodes: Float[np.ndarray, "n_node 3"],
    tets: Int[np.ndarray, "n_tet 4"],
) -> Float[np.ndarray, "n_tet n_label"]:
    """Mean of each tissue's field over a tetrahedron: its centre and four points around."""
    n_label = fields.shape[3]
    out = np.zeros((len(tets), n_label), np.float32)
    for t in prange(len(tets)):
        point = np.empty(3)
        for s in range(5):
            for d in range(3):
                total = 0.0
                for k in range(4):
                    weight = 0.25 if s == 4 else (0.55 if s == k else 0.15)
                    total += weight * nodes[tets[t, k], d]
                point[d] = total * inverse_spacing[d]
            _add_values(fields, point[0], point[1], point[2], 0.2, out[t])
    return out


@njit(cache=True)
def settle_labels(
    scores: Float[np.ndarray, "n_tet n_label"],
    bias: Float[np.ndarray, "n_label"],
    partner: Int[np.ndarray, "n_tet 4"],
    labels: Int[np.ndarray, "n_tet"],
    agreement: float,
) -> int:
    """Give each tetrahedron the label of highest score plus what its neighbours vote for.

    One pass in place; returns how many changed.
    """
    n_label = scores.shape[1]
    total = np.empty(MAX_LABELS)
    changed = 0
    for t in range(len(labels)):
        for m in range(n_label):
            total[m] = scores[t, m] + bias[m]
        for f in range(4):
            if partner[t, f] >= 0:
                total[labels[partner[t, f]]] += agreement
        best = labels[t]
        for m in range(n_label):
            if total[m] > total[best]:
                best = m
        if best != labels[t]:
            labels[t] = best
            changed += 1
    return changed


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


@njit(cache=True, fastmath=True)
def _worst_shape(
    nodes: np.ndarray, tets: np.ndarray, ease: np.ndarray, around: np.ndarray, floor: float
) -> float:
    """Poorest eased quality in a list of tetrahedra; stops early once below the floor."""
    worst = 1.0
    for t in around:
        q = shape(nodes[tets[t, 0]], nodes[tets[t, 1]], nodes[tets[t, 2]], nodes[tets[t, 3]])
        worst = min(worst, q * ease[t])
        if worst < floor:
            break
    return worst


@njit(cache=True, fastmath=True)
def _project(
    fields: np.ndarray,
    inverse_spacing: np.ndarray,
    mask: int,
    point: np.ndarray,
    value: np.ndarray,
    slope: np.ndarray,
) -> None:
    """Move a point to where the fields of the masked tissues are equal, in place.

    Each step is a Newton step on the difference of the strongest and the weakest of them,
    at most half a voxel; with two tissues it ends on their interface, with more near the
    junction.
    """
    longest = 0.5 / inverse_spacing.max()
    for _ in range(3):
        _look_up(
            fields,
            point[0] * inverse_spacing[0],
            point[1] * inverse_spacing[1],
            point[2] * inverse_spacing[2],
            value,
            slope,
        )
        high = low = -1
        for m in range(fields.shape[3]):
            if (mask >> m) & 1:
                if high < 0 or value[m] > value[high]:
                    high = m
                if low < 0 or value[m] < value[low]:
                    low = m
        gx = (slope[0, high] - slope[0, low]) * inverse_spacing[0]
        gy = (slope[1, high] - slope[1, low]) * inverse_spacing[1]
        gz = (slope[2, high] - slope[2, low]) * inverse_spacing[2]
        steep2 = gx * gx + gy * gy + gz * gz
        if steep2 * longest * longest < 1e-4:  # flat: no interface to be found near
            return
        step = (value[high] - value[low]) / steep2
        step *= min(1.0, longest / (abs(step) * np.sqrt(steep2) + 1e-30))
        point[0] -= step * gx
        point[1] -= step * gy
        point[2] -= step * gz


@njit(cache=True, fastmath=True, parallel=True)
def sweep(
    fields: Float[np.ndarray, "nx ny nz n_label"],
    inverse_spacing: Float[np.ndarray, "3"],
    nodes: Float[np.ndarray, "n_node 3"],
    tets: Int[np.ndarray, "n_tet 4"],
    begin: Int[np.ndarray, "n_node_plus_1"],
    around: Int[np.ndarray, "n_corner"],
    mask: Int[np.ndarray, "n_node"],
    ease: Float[np.ndarray, "n_tet"],
    order: Int[np.ndarray, "n_node"],
    slabs: Int[np.ndarray, "n_slab_plus_1"],
    pull: float,
    guard: float,
    comfort: float,
) -> None:
    """Move each node once, in place: smooth along its border, project, keep quality.

    A node is pulled towards the mean of the neighbours that touch all of its tissues, then
    projected to their border. A step is halved until no tetrahedron around it falls below
    the guard (below ``comfort`` for inner nodes), unless it was there before; qualities
    count ``ease`` times, so that tetrahedra of no account can be squeezed more. The nodes
    of every second slab are moved at the same time: they have no neighbours in common.
    """
    n_slab = len(slabs) - 1
    for parity in range(2):
        for half in prange((n_slab + 1 - parity) // 2):
            goal, old = np.empty(3), np.empty(3)
            value, slope = np.empty(MAX_LABELS), np.empty((3, MAX_LABELS))
            slab = 2 * half + parity
            for place in range(slabs[slab], slabs[slab + 1]):
                i = order[place]
                own = mask[i]
                on_border = (own & (own - 1)) != 0
                here = around[begin[i] : begin[i + 1]]
                before = _worst_shape(nodes, tets, ease, here, -1.0)
                if not on_border and before >= comfort:
                    continue
                goal[:] = 0.0
                count = 0
                for t in here:
                    for k in range(4):
                        j = tets[t, k]
                        if j != i and (mask[j] & own) == own:
                            count += 1
                            for d in range(3):
                                goal[d] += nodes[j, d]
                for d in range(3):
                    old[d] = nodes[i, d]
                    goal[d] = old[d] + pull * (goal[d] / count - old[d]) if count else old[d]
                if on_border:
                    _project(fields, inverse_spacing, own, goal, value, slope)
                floor = min(before, guard if on_border else comfort)
                share = 1.0
                for attempt in range(5):
                    if attempt == 4:
                        share = 0.0
                    for d in range(3):
                        nodes[i, d] = old[d] + share * (goal[d] - old[d])
                    if _worst_shape(nodes, tets, ease, here, floor) >= floor:
                        break
                    share *= 0.5


@njit(cache=True, fastmath=True)
def mend(
    nodes: Float[np.ndarray, "n_node 3"],
    tets: Int[np.ndarray, "n_tet 4"],
    begin: Int[np.ndarray, "n_node_plus_1"],
    around: Int[np.ndarray, "n_corner"],
    ease: Float[np.ndarray, "n_tet"],
    guard: float,
) -> int:
    """Search around the nodes of poor tetrahedra for places where the poorest is better.

    Steps along 26 directions, an eighth of the way to the neighbours and less, in place;
    returns how many tetrahedra are still below the guard.
    """
    poor = 0
    best = np.empty(3)
    old = np.empty(3)
    for t in range(len(tets)):
        q = shape(nodes[tets[t, 0]], nodes[tets[t, 1]], nodes[tets[t, 2]], nodes[tets[t, 3]])
        if q * ease[t] >= guard:
            continue
        poor += 1
        for corner in range(4):
            i = tets[t, corner]
            here = around[begin[i] : begin[i + 1]]
            length = 0.0
            for d in range(3):
                length = max(length, abs(nodes[i, d] - nodes[tets[t, (corner + 1) & 3], d]))
            before = _worst_shape(nodes, tets, ease, here, -1.0)
            step = length / 8
            for _ in range(4):
                old[:] = nodes[i]
                best[:] = old
                for c in range(27):
                    nodes[i, 0] = old[0] + step * (c // 9 - 1)
                    nodes[i, 1] = old[1] + step * (c // 3 % 3 - 1)
                    nodes[i, 2] = old[2] + step * (c % 3 - 1)
                    now = _worst_shape(nodes, tets, ease, here, before)
                    if now > before:
                        before = now
                        best[:] = nodes[i]
                if best[0] == old[0] and best[1] == old[1] and best[2] == old[2]:
                    step *= 0.5
                nodes[i] = best
    return poor


@njit(cache=True)
def part_of_tet(
    partner: Int[np.ndarray, "n_tet 4"], kept: Bool[np.ndarray, "n_tet"]
) -> Int[np.ndarray, "n_tet"]:
    """Number the parts of the kept tetrahedra that hang together by faces; -1 if not kept."""
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
