"""Components of a surface as its values sink: arrays in, arrays out."""

import numpy as np
from jaxtyping import Float, Int
from numba import njit


@njit(cache=True)
def _root(parent: Int[np.ndarray, " vertex"], one: int) -> int:
    while parent[one] != one:
        parent[one] = parent[parent[one]]
        one = parent[one]
    return one


@njit(cache=True)
def enhanced(
    values: Float[np.ndarray, " vertex"],
    first: Int[np.ndarray, " vertex_and_one"],
    neighbours: Int[np.ndarray, " link"],
    areas: Float[np.ndarray, " vertex"],
    power_extent: float,
    power_height: float,
    out: Float[np.ndarray, " vertex"],
) -> None:
    """Integrate extent^E height^H from 0 to each value, exactly.

    Vertices come in from the highest down. Each starts a node of a tree, which takes the
    components beside it as its children; a node's extent holds from its own level down to
    that of its parent.
    """
    n = len(values)
    count = 0
    for v in range(n):
        out[v] = 0.0
        if values[v] > 0.0:
            count += 1
    if count == 0:
        return
    order = np.argsort(-values)[:count]
    parent = np.arange(n)  # union-find over vertices
    node_of = np.full(n, -1, np.int64)  # of a component's root: its newest node
    above = np.full(count, -1, np.int64)  # parent in the tree of nodes
    extent = np.zeros(count)
    area = np.zeros(n)
    for step in range(count):
        v = order[step]
        node_of[v] = step
        area[v] = areas[v]
        root = v
        for place in range(first[v], first[v + 1]):
            w = neighbours[place]
            if node_of[w] < 0:
                continue
            other = _root(parent, w)
            if other == root:
                continue
            if node_of[other] != step:
                above[node_of[other]] = step
            parent[other] = root
            area[root] += area[other]
        node_of[root] = step
        extent[step] = area[root]
    higher = power_height + 1.0
    # from the lowest node, which is its component's last, up to the leaves
    score = np.zeros(count)
    for step in range(count - 1, -1, -1):
        top = values[order[step]]
        below = 0.0
        low = 0.0
        if above[step] >= 0:
            below = score[above[step]]
            low = values[order[above[step]]]
        gain = extent[step] ** power_extent * (top**higher - low**higher) / higher
        score[step] = below + gain
        out[order[step]] = score[step]


@njit(cache=True)
def labelled(
    values: Float[np.ndarray, " vertex"],
    first: Int[np.ndarray, " vertex_and_one"],
    neighbours: Int[np.ndarray, " link"],
    level: float,
    labels: Int[np.ndarray, " vertex"],
) -> int:
    """Give each component of what is above a level a number, from 1; return how many."""
    n = len(values)
    for v in range(n):
        labels[v] = 0
    waiting = np.empty(n, np.int64)
    found = 0
    for start in range(n):
        if labels[start] != 0 or not values[start] > level:
            continue
        found += 1
        labels[start] = found
        waiting[0] = start
        left = 1
        while left > 0:
            left -= 1
            v = waiting[left]
            for place in range(first[v], first[v + 1]):
                w = neighbours[place]
                if labels[w] == 0 and values[w] > level:
                    labels[w] = found
                    waiting[left] = w
                    left += 1
    return found
