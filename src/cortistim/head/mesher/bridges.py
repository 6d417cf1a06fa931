"""Put nodes inside a layer that is only one tetrahedron thick.

Where all four nodes of a tetrahedron lie on the border of its tissue, as in thin cortex, the
potential inside is what it is on the border. Cutting an edge that bridges the tissue puts a
node inside, and into all tetrahedra around that edge. The border stays as it is.
"""

import numpy as np

from cortistim.head.mesher import _bridge_kernels, topology
from cortistim.typing import FloatArray, IntArray

ROUNDS = 3  # a fourth finds a hundredth of the first's edges
GUARD = 0.3  # 3 r/R of the tetrahedra made


def split_bridges(
    nodes_m: FloatArray, tets: IntArray, labels: IntArray, tissue: int
) -> tuple[FloatArray, IntArray, IntArray]:
    """Cut edges that cross a tissue from border to border, where shapes allow it.

    All tetrahedra around an edge are cut with it, so that every face stays shared. Edges that
    free most tetrahedra come first, then the longest; what is around an edge that was cut
    waits for the next round.

    Parameters
    ----------
    nodes_m : (n_node, 3) array [m]
        Places.
    tets : (n_tet, 4) int32 array
        Conforming, positively oriented.
    labels : (n_tet,) int array
        Tissue of each, below 31.
    tissue : int
        The label to put nodes into. Other labels must lie all around it: what has the
        outside of the tetrahedra for a border would change its shape.

    Returns
    -------
    nodes_m, tets, labels : arrays
        The old nodes, then the new ones.
    """
    for _ in range(ROUNDS):
        inside = labels == tissue
        mask = topology.tissues_at_nodes(tets, labels, len(nodes_m))
        flat = inside & (mask != 1 << tissue)[tets].all(axis=1)
        begin, around = topology.incidence(tets, len(nodes_m))
        edges, gains = _bridge_kernels.find_bridges(tets, begin, around, inside, flat)
        lengths_m = np.linalg.norm(nodes_m[edges[:, 0]] - nodes_m[edges[:, 1]], axis=1)
        order = np.lexsort((edges[:, 1], edges[:, 0], -lengths_m, -gains))
        middles_m, tets, parent = _bridge_kernels.split_edges(
            nodes_m, tets, begin, around, edges[order], GUARD
        )
        nodes_m = np.concatenate([nodes_m, middles_m])
        labels = np.concatenate([labels, labels[parent]])
    return nodes_m, tets, labels
