"""Put nodes inside a layer that is only one tetrahedron thick.

Linear elements see no more than a constant gradient across a tetrahedron. Where all four
nodes lie on the border of a tissue, as in thin cortex, nothing inside the tissue can give
way. Cutting an edge that bridges the tissue puts a node inside and frees all tetrahedra
around that edge.
"""

import numpy as np

from cortistim.head.mesher import _bridge_kernels, topology
from cortistim.typing import FloatArray, IntArray

ROUNDS = 4
GUARD = 0.2


def split_bridges(
    nodes_m: FloatArray, tets: IntArray, labels: IntArray, tissue: int, chosen: np.ndarray,
    guard: float = GUARD, rounds: int = ROUNDS, by: str = "gain", verbose=False,
) -> tuple[FloatArray, IntArray, IntArray]:
    own = np.int64(1 << tissue)
    for _ in range(rounds):
        inside = labels == tissue
        mask = topology.tissues_at_nodes(tets, labels, len(nodes_m))
        flat = inside & (mask != own)[tets].all(axis=1)
        begin, around = topology.incidence(tets, len(nodes_m))
        edges, gains = _bridge_kernels.find_bridges(tets, begin, around, inside, flat & chosen)
        lengths = np.linalg.norm(nodes_m[edges[:, 0]] - nodes_m[edges[:, 1]], axis=1)
        keys = (edges[:, 1], edges[:, 0], -lengths)
        if by == "gain":
            keys = (*keys, -gains)
        order = np.lexsort(keys)
        points_m, tets, parent = _bridge_kernels.split_edges(
            nodes_m, tets, begin, around, edges[order], guard
        )
        nodes_m = np.concatenate([nodes_m, points_m])
        labels = np.concatenate([labels, labels[parent]])
        chosen = np.concatenate([chosen, chosen[parent]])
        if verbose:
            print("flat", (flat & chosen[:len(flat)]).sum(), "edges", len(edges), "split", len(points_m), "tets +", len(parent))
        if not len(points_m):
            break
    return nodes_m, tets, labels
