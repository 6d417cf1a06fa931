"""Loops of the mesher: arrays in, arrays out.

Positions are in voxel-isotropic grid units (any length unit); ``inverse_spacing`` turns them
into voxel indices. Tissue fields have the tissue as last axis, so that one look-up touches
eight short runs of memory.
"""

import numpy as np
from jaxtyping import Float, Int
from numba import njit, prange

from cortistim.head.mesher.topology._kernels import doubled, find_slot, shape

MAX_LABELS = 32


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
                one, other = int(label[i]), int(label[j])
                s = _crossing(fields, inverse_spacing, nodes[i], nodes[j], one, other, value)
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
def _longest_mixed_edge(
    points: Float[np.ndarray, "n_room 3"],
    marks: Int[np.ndarray, "n_room 1"],
    tet: Int[np.ndarray, "4"],
) -> tuple[int, int]:
    """Find the longest edge that joins two tissues; -1 and -1 when there is none."""
    longest, first, second = -1.0, -1, -1
    for a in range(3):
        for b in range(a + 1, 4):
            i, j = tet[a], tet[b]
            if marks[i, 0] < 0 or marks[j, 0] < 0 or marks[i, 0] == marks[j, 0]:
                continue
            length = 0.0
            low, high = min(i, j), max(i, j)
            for d in range(3):
                length += (points[low, d] - points[high, d]) ** 2
            # equal lengths are told apart by their nodes, alike in all tetrahedra
            tie = length == longest and (low, high) > (
                min(tet[first], tet[second]),
                max(tet[first], tet[second]),
            )
            if length > longest or tie:
                longest, first, second = length, a, b
    return first, second


@njit(cache=True)
def _file_cuts(
    made: Int[np.ndarray, "n_room 1"], n_cut: int, first_node: int, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Hash the edges cut so far: keys and the numbers of their nodes."""
    keys = np.full(size, -1, np.int64)
    slots = np.empty(size, np.int32)
    for c in range(n_cut):
        at = find_slot(keys, made[c, 0])
        keys[at] = made[c, 0]
        slots[at] = first_node + c
    return keys, slots


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
    n_node, n_tet, n_cut = len(nodes), len(tets), 0
    points = np.empty((2 * n_node, 3))
    points[:n_node] = nodes
    marks = np.full((2 * n_node, 1), -1, np.int32)
    marks[:n_node, 0] = label
    out = np.empty((2 * n_tet, 4), np.int32)
    out[:n_tet] = tets
    made = np.empty((1 << 15, 1), np.int64)
    keys, slots = _file_cuts(made, 0, n_node, 1 << 16)
    value = np.empty(fields.shape[3])
    t = 0
    while t < n_tet:
        first, second = _longest_mixed_edge(points, marks, out[t])
        if first < 0:
            t += 1
            continue
        i = min(out[t, first], out[t, second])
        j = max(out[t, first], out[t, second])
        if 2 * n_cut >= len(keys):
            keys, slots = _file_cuts(made, n_cut, len(nodes), 4 * len(keys))
        if n_node >= len(points):
            points, marks = doubled(points), doubled(marks)
        if n_tet >= len(out):
            out = doubled(out)
        if n_cut >= len(made):
            made = doubled(made)
        key = (int(i) << 31) | int(j)
        at = find_slot(keys, key)
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
    partner: Int[np.ndarray, "n_tet 4"],
    labels: Int[np.ndarray, "n_tet"],
    agreement: float,
) -> None:
    """Give each tetrahedron the label of highest score plus what its neighbours vote for.

    One pass in place.
    """
    n_label = scores.shape[1]
    total = np.empty(MAX_LABELS)
    for t in range(len(labels)):
        for m in range(n_label):
            total[m] = scores[t, m]
        for f in range(4):
            if partner[t, f] >= 0:
                total[labels[partner[t, f]]] += agreement
        best = labels[t]
        for m in range(n_label):
            if total[m] > total[best]:
                best = m
        labels[t] = best


@njit(cache=True, fastmath=True)
def _worst_shape(
    nodes: np.ndarray, tets: np.ndarray, ease: np.ndarray, around: np.ndarray, floor: float
) -> float:
    """Poorest eased quality in a list of tetrahedra; stops early once below the floor."""
    worst = 1.0
    for t in around:
        q = shape(nodes[tets[t, 0]], nodes[tets[t, 1]], nodes[tets[t, 2]], nodes[tets[t, 3]])
        worst = min(worst, float(q * ease[t]))
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
                    _project(fields, inverse_spacing, int(own), goal, value, slope)
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
