"""Tetrahedra and who neighbours whom: refining, pairing faces, parts, shapes."""

from cortistim.head.mesher.topology._kernels import (
    incidence,
    limit_growth,
    pair_faces,
    part_of_node,
    part_of_tet,
    refine,
    shape,
    shapes,
    tissues_at_nodes,
)

__all__ = [
    "incidence",
    "limit_growth",
    "pair_faces",
    "part_of_node",
    "part_of_tet",
    "refine",
    "shape",
    "shapes",
    "tissues_at_nodes",
]
