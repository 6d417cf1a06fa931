"""Loops over edges inside a tissue and the tetrahedra around them: arrays in, arrays out."""

import numpy as np
from jaxtyping import Bool, Float, Int
from numba import njit

from cortistim.head.mesher.topology._kernels import shape

MOST_AROUND = 128  # tetrahedra around an edge; none is cut that has more


@njit(cache=True)
def _ring(
    tets: np.ndarray, begin: np.ndarray, around: np.ndarray, i: int, j: int, ring: np.ndarray
) -> int:
    """List the tetrahedra around an edge; returns how many, at most as many as fit."""
    count = 0
    for at in range(begin[i], begin[i + 1]):
        t = around[at]
        if tets[t, 0] == j or tets[t, 1] == j or tets[t, 2] == j or tets[t, 3] == j:
            ring[count] = t
            count += 1
            if count == len(ring):
                break
    return count


@njit(cache=True)
def find_bridges(
    tets: Int[np.ndarray, "n_tet 4"],
    begin: Int[np.ndarray, "n_node_plus_1"],
    around: Int[np.ndarray, "n_corner"],
    inside: Bool[np.ndarray, "n_tet"],
    flat: Bool[np.ndarray, "n_tet"],
) -> tuple[np.ndarray, np.ndarray]:
    """Find the edges of flat tetrahedra with nothing but the inside around them.

    Returns (n_edge, 2) nodes, the lower first, and how many flat tetrahedra are around.
    """
    edges = np.empty((6 * flat.sum(), 2), np.int32)
    gains = np.empty(len(edges), np.int32)
    ring = np.empty(MOST_AROUND, np.int32)
    n_edge = 0
    for t in range(len(tets)):
        if not flat[t]:
            continue
        for a in range(3):
            for b in range(a + 1, 4):
                i, j = min(tets[t, a], tets[t, b]), max(tets[t, a], tets[t, b])
                count = _ring(tets, begin, around, i, j, ring)
                gain = 0
                for u in ring[:count]:
                    if not inside[u] or (flat[u] and u < t):
                        gain = -1  # on the border, or found before
                        break
                    gain += flat[u]
                if gain > 0 and count < MOST_AROUND:
                    edges[n_edge, 0], edges[n_edge, 1] = i, j
                    gains[n_edge] = gain
                    n_edge += 1
    return edges[:n_edge].copy(), gains[:n_edge].copy()


@njit(cache=True, fastmath=True)
def _worst_half(
    nodes: np.ndarray,
    tets: np.ndarray,
    ring: np.ndarray,
    i: int,
    j: int,
    point: np.ndarray,
    floor: float,
) -> float:
    """Poorest shape around an edge when it is cut at a point; stops early below the floor."""
    worst = 1.0
    corner = np.empty((4, 3))
    for t in ring:
        for end in (i, j):
            for k in range(4):
                v = tets[t, k]
                for d in range(3):
                    corner[k, d] = point[d] if v == end else nodes[v, d]
            worst = min(worst, shape(corner[0], corner[1], corner[2], corner[3]))
            if worst < floor:
                return worst
    return worst


@njit(cache=True, fastmath=True)
def _best_cut(
    nodes: np.ndarray, tets: np.ndarray, ring: np.ndarray, i: int, j: int, point: np.ndarray
) -> float:
    """Move the point from the middle of an edge to where the poorest half is best."""
    length = 0.0
    for d in range(3):
        point[d] = 0.5 * (nodes[i, d] + nodes[j, d])
        length = max(length, abs(nodes[i, d] - nodes[j, d]))
    best = _worst_half(nodes, tets, ring, i, j, point, -1.0)
    step = length / 8
    old, new = np.empty(3), np.empty(3)
    for _ in range(4):
        old[:] = point
        improved = False
        for c in range(27):
            new[0] = old[0] + step * (c // 9 - 1)
            new[1] = old[1] + step * (c // 3 % 3 - 1)
            new[2] = old[2] + step * (c % 3 - 1)
            now = _worst_half(nodes, tets, ring, i, j, new, best)
            if now > best:
                best = now
                point[:] = new
                improved = True
        if not improved:
            step *= 0.5
    return best


@njit(cache=True)
def split_edges(
    nodes: Float[np.ndarray, "n_node 3"],
    tets: Int[np.ndarray, "n_tet 4"],
    begin: Int[np.ndarray, "n_node_plus_1"],
    around: Int[np.ndarray, "n_corner"],
    edges: Int[np.ndarray, "n_edge 2"],
    guard: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cut edges one after the other; those with a tetrahedron that was just cut are left.

    An edge is cut where the poorest of the new tetrahedra is best, if that is no worse than
    the guard. Returns the new nodes, all tetrahedra and the places of the ones that the
    added tetrahedra, at the end, were cut from.
    """
    room = 0
    ring = np.empty(MOST_AROUND, np.int32)
    for e in range(len(edges)):
        room += _ring(tets, begin, around, edges[e, 0], edges[e, 1], ring)
    points = np.empty((len(edges), 3))
    added = np.empty((room, 4), tets.dtype)
    parent = np.empty(room, np.int64)
    out = tets.copy()
    fresh = np.ones(len(tets), np.bool_)
    n_point = n_added = 0
    for e in range(len(edges)):
        i, j = edges[e]
        count = _ring(tets, begin, around, i, j, ring)
        here = ring[:count]
        if not fresh[here].all():
            continue
        if _best_cut(nodes, tets, here, i, j, points[n_point]) < guard:
            continue
        for t in here:
            fresh[t] = False
            parent[n_added] = t
            for k in range(4):
                v = tets[t, k]
                added[n_added, k] = len(nodes) + n_point if v == i else v
                if v == j:
                    out[t, k] = len(nodes) + n_point
            n_added += 1
        n_point += 1
    return points[:n_point].copy(), np.concatenate((out, added[:n_added])), parent[:n_added]
