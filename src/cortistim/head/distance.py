"""Signed distance to a closed surface, on a grid, with the way back to its triangles."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cortistim.geometry import freeze, transform
from cortistim.head import _kernels
from cortistim.head.rasterise import grid_around
from cortistim.image._kernels import interpolate
from cortistim.typing import FloatArray, IntArray

# no vertex of a mesh may lie on a grid line, where inside and outside are undecided
OFF_GRID = np.array([0.13579, 0.24681, 0.35791])


@dataclass(frozen=True, eq=False)
class SignedDistance:
    """Signed distance to a closed surface, positive outside.

    Grid nodes hold exact distances to triangles; between them values are interpolated, and
    beyond the grid the closest point is used.

    Parameters
    ----------
    vertices_m : (n_vertex, 3) array [m]
        The surface's vertices.
    triangles : (n_triangle, 3) int array
        Vertex indices, counter-clockwise seen from outside.
    values_m : (nx, ny, nz) array [m]
        Signed distance at the grid's nodes.
    nearest : (nx, ny, nz) int array
        Nearest triangle of each node.
    affine_m : (4, 4) array
        Grid index to metres.
    """

    vertices_m: FloatArray
    triangles: IntArray
    values_m: FloatArray
    nearest: IntArray
    affine_m: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "vertices_m", "triangles", "values_m", "nearest", "affine_m")

    @cached_property
    def _index_from_m(self) -> FloatArray:
        return np.linalg.inv(self.affine_m)

    @cached_property
    def _vertices_in_voxels(self) -> FloatArray:
        return transform(self._index_from_m, self.vertices_m)

    def at(self, points_m: FloatArray) -> FloatArray:
        """Look up the signed distance.

        Parameters
        ----------
        points_m : (n_point, 3) array [m]
            Anywhere.

        Returns
        -------
        (n_point,) array
            Metres, positive outside. Within 0.3 mm of the truth on a grid of 2 mm.
        """
        points_m = np.asarray(points_m, dtype=np.float64)
        index = transform(self._index_from_m, points_m)
        values_m = interpolate(index, self.values_m)
        last = np.array(self.values_m.shape) - 1
        beyond = ((index < 0) | (index > last)).any(axis=1)
        if beyond.any():
            closest_m = self.closest(points_m[beyond])[0]
            values_m[beyond] = np.linalg.norm(points_m[beyond] - closest_m, axis=1)
        return values_m

    @cached_property
    def _rim_m(self) -> float:
        """Smallest distance on the faces of the grid."""
        v = self.values_m
        faces = (v[0], v[-1], v[:, 0], v[:, -1], v[:, :, 0], v[:, :, -1])
        return float(min(face.min() for face in faces))

    def at_least(self, points_m: FloatArray) -> FloatArray:
        """Look up the signed distance, or beyond the grid, cheaply, a lower bound of it.

        A way from beyond to the surface crosses a face of the grid, so it is at least as
        long as the way to the grid and the smallest distance on its faces.

        Parameters
        ----------
        points_m : (n_point, 3) array [m]
            Anywhere.

        Returns
        -------
        (n_point,) array
            Metres; equal to `at` on the grid, not above it elsewhere.
        """
        index = transform(self._index_from_m, np.asarray(points_m, dtype=np.float64))
        values_m = interpolate(index, self.values_m)
        last = np.array(self.values_m.shape) - 1
        off = (index - np.clip(index, 0, last)) @ self.affine_m[:3, :3].T
        beyond = off.any(axis=1)
        values_m[beyond] = np.linalg.norm(off[beyond], axis=1) + self._rim_m
        return values_m

    def closest(self, points_m: FloatArray) -> tuple[FloatArray, IntArray, FloatArray]:
        """Find the closest points of the surface.

        Parameters
        ----------
        points_m : (n_point, 3) array [m]
            Anywhere; exact near the surface, to a voxel's tilt beyond the grid.

        Returns
        -------
        closest_m : (n_point, 3) array [m]
            On triangles.
        triangle : (n_point,) int array
            Which ones.
        weights : (n_point, 3) array
            Barycentric coordinates there.
        """
        index = transform(self._index_from_m, np.asarray(points_m, dtype=np.float64))
        triangle, weights = _kernels.closest_points(
            index, self._vertices_in_voxels, self.triangles, self.nearest
        )
        corners_m = self.vertices_m[self.triangles[triangle]]
        return np.einsum("nk,nkx->nx", weights, corners_m), triangle, weights

    def arrays(self) -> dict[str, np.ndarray]:
        """Return everything as plain arrays, for a file."""
        names = ("vertices_m", "triangles", "values_m", "nearest", "affine_m")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "SignedDistance":
        """Rebuild from what `arrays` returned."""
        return cls(**arrays)


def unsigned_distance_m(
    vertices_m: FloatArray,
    triangles: IntArray,
    shape: tuple[int, int, int],
    affine_m: FloatArray,
    reach_m: float,
) -> tuple[FloatArray, IntArray]:
    """Measure the distance from grid nodes to triangles.

    Parameters
    ----------
    vertices_m : (n_vertex, 3) array [m]
        Vertex positions.
    triangles : (n_triangle, 3) int array
        Vertex indices.
    shape : tuple of int
        Nodes along the grid's axes.
    affine_m : (4, 4) array
        Grid index to metres; the spacing is equal along the axes.
    reach_m : float [m]
        Larger distances are given as this.

    Returns
    -------
    distance_m : (nx, ny, nz) array [m]
        Not negative.
    nearest : (nx, ny, nz) int array
        Nearest triangle, -1 beyond the reach.
    """
    spacing_m = float(affine_m[0, 0])
    index = transform(np.linalg.inv(affine_m), vertices_m)
    nearest, square = _kernels.nearest_triangles(index[triangles], shape, reach_m / spacing_m)
    return np.sqrt(square) * np.float32(spacing_m), nearest


def signed_distance(
    vertices_m: FloatArray, triangles: IntArray, spacing_m: float, margin_m: float
) -> SignedDistance:
    """Build the distance grid of a closed surface.

    Parameters
    ----------
    vertices_m : (n_vertex, 3) array [m]
        Vertex positions.
    triangles : (n_triangle, 3) int array
        Vertex indices, counter-clockwise seen from outside, without a hole.
    spacing_m : float [m]
        Between grid nodes.
    margin_m : float [m]
        Room around the surface.

    Returns
    -------
    SignedDistance
        Positive outside.
    """
    shape, affine_m = grid_around(vertices_m, spacing_m, margin_m)
    affine_m[:3, 3] -= OFF_GRID * spacing_m
    reach_m = spacing_m * float(np.linalg.norm(shape))
    values_m, nearest = unsigned_distance_m(vertices_m, triangles, shape, affine_m, reach_m)
    index = transform(np.linalg.inv(affine_m), vertices_m)
    values_m[_kernels.inside_surface(index, triangles, shape)] *= -1
    return SignedDistance(vertices_m, triangles, values_m, nearest, affine_m)
