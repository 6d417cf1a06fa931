"""Tetrahedra and triangulated surfaces: the plain data of a head."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cortistim import cache
from cortistim.errors import MeshError
from cortistim.geometry import assign, freeze, frozen, unit
from cortistim.head import _kernels
from cortistim.typing import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class TetMesh:
    """First-order tetrahedra with one tissue tag each.

    Parameters
    ----------
    nodes_m : (n_node, 3) array [m]
        Node positions in subject space (RAS).
    tets : (n_tet, 4) int array
        Node indices from 0; positively oriented, so that every volume is positive.
    tags : (n_tet,) int array
        Tissue tag of each tetrahedron.
    """

    nodes_m: FloatArray
    tets: IntArray
    tags: IntArray

    def __post_init__(self) -> None:
        """Freeze the arrays; refuse shapes and values nothing can be built on."""
        freeze(self, "nodes_m", dtype=np.float64)
        freeze(self, "tets", "tags", dtype=np.int32)
        if len(self.tets) == 0:
            msg = "a head mesh must have tetrahedra; got none. A surface is not enough."
            raise MeshError(msg)
        if not np.isfinite(self.nodes_m).all():
            bad = int((~np.isfinite(self.nodes_m).all(axis=1)).sum())
            msg = f"node positions must be finite; {bad} of {len(self.nodes_m)} are NaN or inf."
            raise MeshError(msg)
        if self.tets.min() < 0 or self.tets.max() >= len(self.nodes_m):
            msg = f"tetrahedra must name nodes 0 to {len(self.nodes_m) - 1}; some do not."
            raise MeshError(msg)

    @cached_property
    def volumes_m3(self) -> FloatArray:
        """Signed volume of each tetrahedron, (n_tet,), in cubic metres."""
        return _kernels.volumes(self.nodes_m, self.tets)

    @cached_property
    def centroids_m(self) -> FloatArray:
        """Centre of each tetrahedron, (n_tet, 3), in metres."""
        return _kernels.centroids(self.nodes_m, self.tets)

    @cached_property
    def digest(self) -> str:
        """Hash of everything in the mesh."""
        return cache.digest(self.nodes_m, self.tets, self.tags)

    def present_tags(self) -> tuple[int, ...]:
        """Return the tags that occur, ascending.

        Returns
        -------
        tuple of int
            Each once.
        """
        return tuple(int(tag) for tag in np.unique(self.tags))


@dataclass(frozen=True, eq=False)
class Surface:
    """A triangulated surface with one outward normal per vertex.

    Parameters
    ----------
    vertices_m : (n_vertex, 3) array [m]
        Vertex positions in subject space.
    triangles : (n_triangle, 3) int array
        Vertex indices, counter-clockwise seen from outside.
    normals : (n_vertex, 3) array
        Smooth outward unit normals.
    curvature_per_m : (n_vertex,) array
        Mean curvature; positive on gyral crowns (convex), negative in sulci.
    """

    vertices_m: FloatArray
    triangles: IntArray
    normals: FloatArray
    curvature_per_m: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "vertices_m", "curvature_per_m", dtype=np.float64)
        freeze(self, "triangles", dtype=np.int32)
        assign(self, normals=frozen(unit(self.normals), np.float64))

    @cached_property
    def vertex_areas_m2(self) -> FloatArray:
        """A third of the adjacent triangles' area per vertex, (n_vertex,), in m²."""
        a, b, c = (self.vertices_m[self.triangles[:, k]] for k in range(3))
        area_m2 = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
        share = np.repeat(area_m2 / 3, 3)
        # weighted, so that the counts are floating: NumPy's stubs say indices
        return np.asarray(
            np.bincount(self.triangles.ravel(), share, minlength=len(self.vertices_m)), float
        )
