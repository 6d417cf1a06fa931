"""The cortex as a ribbon: its white and pial sides, thickness and layers in between."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from cortistim import cache
from cortistim.errors import BadInputError, MissingAnatomyError
from cortistim.geometry import freeze
from cortistim.head import _kernels
from cortistim.head.cortex.mid_grey import mid_grey_surface
from cortistim.head.distance import SignedDistance, signed_distance
from cortistim.head.mesh import Surface, TetMesh
from cortistim.head.surfaces import (
    averaged,
    compacted,
    mean_curvature_per_m,
    vertex_normals,
)
from cortistim.head.tissues import GREY, WHITE
from cortistim.typing import FloatArray, IntArray

VERSION = 1  # of what the cache keeps
SPACING_M = 1.5e-3
MARGIN_M = 4e-3
LONGEST_WAY_M = 3e-3  # from the middle to a side; half of the thickest cortex
FUSED_M = 2.4e-3  # farther to the outer border than that: banks that touch
RIDGE_STEP_M, RIDGE_SLOPE = 0.25e-3, 0.5
SIDE_ROUNDS = 3  # of averaging the ways from the middle to the sides


@dataclass(frozen=True, eq=False)
class Ribbon:
    """Three surfaces with the same triangles, vertex by vertex across the cortex.

    Parameters
    ----------
    mid : Surface
        Halfway; see `cortistim.head.cortex.mid_grey.mid_grey_surface`.
    white_m, pial_m : (n_vertex, 3) array [m]
        Their places on the borders to white matter and to what lies outside.
    thickness_m : (n_vertex,) array [m]
        Sum of both distances.
    """

    mid: Surface
    white_m: FloatArray
    pial_m: FloatArray
    thickness_m: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "white_m", "pial_m", "thickness_m", dtype=np.float64)

    @cached_property
    def _areas_m2(self) -> tuple[FloatArray, FloatArray]:
        """Areas of the vertices on the pial and on the white side."""
        sides = (_vertex_areas_m2(places, self.mid) for places in (self.pial_m, self.white_m))
        pial_m2, white_m2 = (np.maximum(side, 1e-9) for side in sides)
        return pial_m2, white_m2

    def places_m(self, depth: float) -> FloatArray:
        """Return the places above which a given share of the cortex lies, by volume.

        Layers keep their volume, not their relative depth, in folds: on crowns, where the
        pial side is wider, a surface lies nearer to the pia [waehnert2014]_.

        Parameters
        ----------
        depth : float
            0 at the pia, 1 at the white matter.

        Returns
        -------
        (n_vertex, 3) array [m]
            On the straight ways from side to side.

        Raises
        ------
        BadInputError
            When the depth is not from 0 to 1.
        """
        if not 0 <= depth <= 1:
            msg = f"depth must be from 0 (pia) to 1 (white matter); got {depth}."
            raise BadInputError(msg)
        pial_m2, white_m2 = self._areas_m2
        # areas change linearly along the way, so the volume is a quadratic of the way
        area_m2 = np.sqrt((1 - depth) * pial_m2**2 + depth * white_m2**2)
        even = np.abs(pial_m2 - white_m2) < 1e-3 * pial_m2
        slope_m2 = np.where(even, 1.0, white_m2 - pial_m2)
        way = np.where(even, depth, (area_m2 - pial_m2) / slope_m2)[:, None]
        return (1 - way) * self.pial_m + way * self.white_m

    def at_depth(self, depth: float) -> Surface:
        """Return the surface through `places_m`.

        Parameters
        ----------
        depth : float
            0 at the pia, 1 at the white matter.

        Returns
        -------
        Surface
            With the ribbon's triangles.
        """
        return surface_on(self.mid.triangles, self.places_m(depth))


def cortical_ribbon(mesh: TetMesh) -> Ribbon:
    """Measure the cortex of a mesh from its middle to both sides; kept in the cache.

    Parameters
    ----------
    mesh : TetMesh
        With white and grey matter.

    Returns
    -------
    Ribbon
        Not guaranteed to be topological spheres.

    Raises
    ------
    MissingAnatomyError
        When the mesh lacks white or grey matter.
    """
    missing = sorted({WHITE, GREY} - set(mesh.present_tags()))
    if missing:
        msg = f"cortical thickness needs white and grey matter; the mesh lacks tags {missing}."
        raise MissingAnatomyError(msg)
    mid = mid_grey_surface(mesh)
    key = cache.digest(mesh.digest, mid.vertices_m, VERSION, SPACING_M)
    sides = cache.remembered("ribbon", key, lambda: _sides(mesh, mid))
    white_m, pial_m = sides["white_m"], sides["pial_m"]
    inward_m, outward_m = (
        np.linalg.norm(side - mid.vertices_m, axis=1) for side in (white_m, pial_m)
    )
    return Ribbon(mid, white_m, pial_m, inward_m + outward_m)


def _sides(mesh: TetMesh, mid: Surface) -> dict[str, np.ndarray]:
    return dict(zip(("white_m", "pial_m"), sides_m(mesh, mid), strict=True))


def surface_on(triangles: IntArray, vertices_m: FloatArray) -> Surface:
    """Make a surface of given triangles with normals and mean curvature.

    Parameters
    ----------
    triangles : (n_triangle, 3) int array
        Counter-clockwise seen from outside.
    vertices_m : (n_vertex, 3) array [m]
        Positions.

    Returns
    -------
    Surface
        Normals and curvature lightly smoothed.
    """
    normals = averaged(vertex_normals(vertices_m, triangles), triangles, 2)
    curvature = mean_curvature_per_m(vertices_m, triangles, normals)
    return Surface(vertices_m, triangles, normals, averaged(curvature, triangles, 8))


def sides_m(mesh: TetMesh, mid: Surface) -> tuple[FloatArray, FloatArray]:
    """Find the places on both sides of the cortex that belong to its middle.

    They are the closest ones on the borders to white matter and to what lies outside. Where
    two banks of a sulcus are fused, the outer border is far; there the way goes outwards to
    the middle between the white matter of both banks, 3 mm at most.

    Parameters
    ----------
    mesh : TetMesh
        With white and grey matter.
    mid : Surface
        In grey matter; elsewhere the ways are cut at 3 mm.

    Returns
    -------
    white_m, pial_m : (n_vertex, 3) array [m]
        Lightly smoothed as ways from the middle.
    """
    inner, outer = _border(mesh, (WHITE,)), _border(mesh, (WHITE, GREY))
    inward_m = _shortened(inner.closest(mid.vertices_m)[0] - mid.vertices_m)
    outward_m = outer.closest(mid.vertices_m)[0] - mid.vertices_m
    fused = np.linalg.norm(outward_m, axis=1) > FUSED_M
    outward_m[fused] = _to_ridge_m(inner, mid.vertices_m[fused], mid.normals[fused])
    white_m, pial_m = (
        mid.vertices_m + averaged(way_m, mid.triangles, SIDE_ROUNDS)
        for way_m in (inward_m, outward_m)
    )
    return white_m, pial_m


def _to_ridge_m(inner: SignedDistance, places_m: FloatArray, normals: FloatArray) -> FloatArray:
    """Ways along the normals to where the white matter is no longer getting farther."""
    marks_m = np.arange(0.0, LONGEST_WAY_M + RIDGE_STEP_M / 2, RIDGE_STEP_M)
    away_m = np.stack([inner.at(places_m + mark_m * normals) for mark_m in marks_m])
    stops = np.diff(away_m, axis=0) < RIDGE_SLOPE * RIDGE_STEP_M
    stops = np.vstack([stops, np.ones(len(places_m), bool)])
    return marks_m[stops.argmax(axis=0)][:, None] * normals


def _shortened(ways_m: FloatArray) -> FloatArray:
    length_m = np.linalg.norm(ways_m, axis=1, keepdims=True)
    return ways_m * np.minimum(1.0, LONGEST_WAY_M / np.maximum(length_m, 1e-9))


@lru_cache(maxsize=2)
def _border(mesh: TetMesh, tags: tuple[int, ...]) -> SignedDistance:
    faces = _kernels.boundary_faces(mesh.tets[np.isin(mesh.tags, tags)], len(mesh.nodes_m))
    return signed_distance(*compacted(mesh.nodes_m, faces)[:2], SPACING_M, MARGIN_M)


def _vertex_areas_m2(vertices_m: FloatArray, mid: Surface) -> FloatArray:
    moved = Surface(vertices_m, mid.triangles, mid.normals, mid.curvature_per_m)
    return averaged(moved.vertex_areas_m2, mid.triangles, SIDE_ROUNDS)
