"""The mid-grey-matter surface, from tetrahedra alone."""

import numpy as np

from cortistim import cache
from cortistim.errors import MissingAnatomyError
from cortistim.geometry import transform, unit
from cortistim.head import _kernels
from cortistim.head.distance import unsigned_distance_m
from cortistim.head.mesh import Surface, TetMesh
from cortistim.head.rasterise import barycentric, grid_around, locate, rasterise_onto
from cortistim.head.surfaces import (
    adjacency,
    area_vectors_m2,
    averaged,
    compacted,
    mean_curvature_per_m,
    parts,
    smoothed,
    vertex_normals,
)
from cortistim.head.tissues import GREY, WHITE
from cortistim.typing import BoolArray, FloatArray, IntArray
from cortistim.units import mm_from_m

VERSION = 4  # raise it when what is kept in the cache changes
SPACING_M = 1e-3
HALF_THICKNESS_M = 1.6e-3  # more would bridge sulci whose banks are fused
BLUR_VOXELS = 0.8
LARGEST_SNAP_M = 2.5e-3
LARGEST_PATCH = 1000  # vertices, about as many square millimetres; ventricles have more
MARGIN = 0.02  # of a tetrahedron's barycentric weights
SMALLEST_PART = 0.02  # of the largest part's area
REACH_M = 6e-3  # distances beyond a thick cortex do not matter
THICK_M = 4.5e-3  # cortex holds no ball of this radius; deep nuclei do
SMALLEST_CORE = 100  # voxels where such balls fit; fused banks of a sulcus have fewer


def mid_grey_surface(mesh: TetMesh) -> Surface:
    """Return the surface halfway between white matter and what lies outside the grey.

    Distances to the white-grey boundary and to the outer boundary of the grey, both to
    triangles, are laid on a 1 mm grid; the surface is where they are equal (marching
    cubes), lightly smoothed. In grey thicker than 3.2 mm, above all where two banks of a
    sulcus are fused in the mesh, it runs 1.6 mm from the white matter. Walls of ventricles,
    deep nuclei (grey that holds a ball of 4.5 mm radius) and fragments under 2 % of the
    largest part are dropped; the cerebellum stays as far as the mesh resolves it. Kept in
    the cache.

    Parameters
    ----------
    mesh : TetMesh
        A head with grey matter (tag 2), and white matter (tag 1) or anything else that the
        grey encloses.

    Returns
    -------
    Surface
        Every vertex lies in a tetrahedron of grey matter; normals point to the pial side.
        Not guaranteed to be a topological sphere.

    Raises
    ------
    MissingAnatomyError
        When the mesh has no grey matter, when the grey encloses nothing, or when none of it
        is a sheet as thin as cortex.
    """
    require_grey(mesh)
    key = cache.digest(mesh.digest, VERSION, SPACING_M)
    arrays = cache.remembered("mid-grey", key, lambda: _build(mesh))
    return Surface(**arrays)


def require_grey(mesh: TetMesh) -> None:
    """Refuse a mesh without grey matter.

    Parameters
    ----------
    mesh : TetMesh
        Of a head.

    Raises
    ------
    MissingAnatomyError
        When it has none.
    """
    if GREY not in mesh.present_tags():
        msg = (
            f"a cortical surface needs grey matter (tag {GREY}); the mesh has tags "
            f"{list(mesh.present_tags())}. Use a head mesh with a brain, or ask for fields "
            "at points instead."
        )
        raise MissingAnatomyError(msg)


def _build(mesh: TetMesh) -> dict[str, np.ndarray]:
    shape, affine_m = grid_around(
        mesh.nodes_m[mesh.tets[np.isin(mesh.tags, (GREY, WHITE))]].reshape(-1, 3),
        SPACING_M,
        5 * SPACING_M,
    )
    labels = rasterise_onto(mesh, shape, affine_m)
    inner = _inner(labels)
    level_m = level_of(mesh, labels, inner, affine_m)
    vertices_m, triangles = _zero_surface(level_m, affine_m)
    deep = transform(np.linalg.inv(affine_m), vertices_m)
    cortical = ~thick_grey(labels == GREY)[tuple(deep.round().astype(int).T)]
    triangles = triangles[cortical[triangles].all(axis=1)]
    _require_cortex(triangles, "it is thicker")
    vertices_m, triangles = _contained(mesh, vertices_m, triangles)
    normals = averaged(vertex_normals(vertices_m, triangles), triangles, 2)
    curvature = mean_curvature_per_m(vertices_m, triangles, unit(normals))
    return {
        "vertices_m": vertices_m,
        "triangles": triangles,
        "normals": unit(normals),
        "curvature_per_m": averaged(curvature, triangles, 8),
    }


def _require_cortex(triangles: IntArray, why: str) -> None:
    """Refuse grey matter in which nothing is left of a mid-surface."""
    if len(triangles) == 0:
        msg = (
            "a cortical surface needs grey matter that is a sheet, at most "
            f"{mm_from_m(2 * THICK_M):g} mm thick; everywhere in this mesh {why}. Give grey "
            "matter (tag 2) to the cortex alone, or ask for fields at points instead."
        )
        raise MissingAnatomyError(msg)


def _inner(labels: IntArray) -> IntArray:
    """Tell what lies inside the grey: white matter, else all that the grey encloses."""
    from scipy.ndimage import binary_fill_holes

    if (labels == WHITE).any():
        return labels == WHITE
    grey = labels == GREY
    enclosed = binary_fill_holes(grey) & ~grey
    if not enclosed.any():
        msg = (
            "grey matter (tag 2) must enclose white matter or another tissue; it encloses "
            "nothing. Give the mesh's inner compartment a tag of its own."
        )
        raise MissingAnatomyError(msg)
    return enclosed


def level_of(
    mesh: TetMesh, labels: IntArray, inner: IntArray, affine_m: FloatArray
) -> FloatArray:
    """Measure on a grid how much further the outside is than the inside of the grey.

    Parameters
    ----------
    mesh : TetMesh
        With grey matter.
    labels : (nx, ny, nz) int array
        Its tags on the grid.
    inner : (nx, ny, nz) bool array
        What lies inside the grey.
    affine_m : (4, 4) array
        Voxel index to metres.

    Returns
    -------
    (nx, ny, nz) array [m]
        Zero halfway, positive towards the inside.
    """
    from scipy.ndimage import gaussian_filter

    is_grey = mesh.tags == GREY
    cell = transform(np.linalg.inv(affine_m), mesh.centroids_m).round().astype(int)
    cell = np.clip(cell, 0, np.array(labels.shape) - 1)
    is_inner = ~is_grey & inner[tuple(cell.T)] if WHITE not in mesh.tags else mesh.tags == WHITE
    to_inner_m = _distance_m(mesh, is_inner, labels.shape, affine_m)
    to_inner_m[inner] *= -1
    to_outer_m = _distance_m(mesh, is_inner | is_grey, labels.shape, affine_m)
    to_outer_m[~(inner | (labels == GREY))] *= -1
    level_m = np.minimum(to_outer_m, HALF_THICKNESS_M) - to_inner_m
    return gaussian_filter(level_m, BLUR_VOXELS)


def _distance_m(
    mesh: TetMesh, chosen: IntArray, shape: tuple[int, int, int], affine_m: FloatArray
) -> FloatArray:
    faces = _kernels.boundary_faces(mesh.tets[chosen], len(mesh.nodes_m))
    return unsigned_distance_m(mesh.nodes_m, faces, shape, affine_m, REACH_M)[0]


def _zero_surface(level_m: FloatArray, affine_m: FloatArray) -> tuple[FloatArray, IntArray]:
    from skimage.measure import marching_cubes

    if not level_m.min() < 0 < level_m.max():
        _require_cortex(np.empty((0, 3), int), "it is too thin for a grid of 1 mm")
    index, triangles, _, _ = marching_cubes(level_m, 0.0, gradient_direction="ascent")
    vertices_m = transform(affine_m, index.astype(np.float64))
    return vertices_m, triangles


def thick_grey(grey: BoolArray) -> BoolArray:
    """Mark grey matter too thick for cortex, and a rim around it.

    Parameters
    ----------
    grey : (nx, ny, nz) bool array
        On a grid of 1 mm.

    Returns
    -------
    (nx, ny, nz) bool array
        Deep nuclei, above all.
    """
    from scipy.ndimage import distance_transform_edt, label

    reach = THICK_M / SPACING_M
    part = np.zeros(grey.shape, np.int32)
    label(np.asarray(distance_transform_edt(grey)) > reach, output=part)
    core = (part > 0) & (np.bincount(part.ravel())[part] >= SMALLEST_CORE)
    if not core.any():
        return core
    return np.asarray(distance_transform_edt(~core)) <= reach


def _contained(
    mesh: TetMesh, vertices_m: FloatArray, triangles: IntArray
) -> tuple[FloatArray, IntArray]:
    """Smooth the surface, keep it within grey matter, and drop what cannot be kept."""
    vertices_m, triangles, _ = compacted(vertices_m, triangles)
    smooth_m = smoothed(vertices_m, triangles, 4)
    inside = locate(mesh, smooth_m, tags=(GREY,)) >= 0
    vertices_m = np.where(inside[:, None], smooth_m, vertices_m)
    inside[~inside] = locate(mesh, vertices_m[~inside], tags=(GREY,)) >= 0
    # small patches outside are gaps in a thin cortex; large ones are walls of ventricles
    strays = _small_patches(~inside, triangles)
    vertices_m[strays], moved = snapped(mesh, vertices_m[strays])
    inside[strays] = moved
    triangles = triangles[inside[triangles].all(axis=1)]
    _require_cortex(triangles, "it is thinner than its tetrahedra")
    return _large_parts(vertices_m, triangles)


def _small_patches(chosen: BoolArray, triangles: IntArray) -> BoolArray:
    """Select the chosen vertices whose connected patch is small."""
    from scipy.sparse.csgraph import connected_components

    index = np.flatnonzero(chosen)
    graph = adjacency(triangles, len(chosen))[index][:, index]
    patch = connected_components(graph, directed=False)[1]
    out = np.zeros(len(chosen), bool)
    out[index] = np.bincount(patch)[patch] <= LARGEST_PATCH
    return out


def snapped(mesh: TetMesh, points_m: FloatArray) -> tuple[FloatArray, IntArray]:
    """Move points towards the nearest grey tetrahedron until they are just inside it.

    Parameters
    ----------
    mesh : TetMesh
        With grey matter.
    points_m : (n_point, 3) array [m]
        Outside grey matter, or on its border.

    Returns
    -------
    inside_m : (n_point, 3) array [m]
        In grey matter.
    near : (n_point,) bool array
        Whether the move is shorter than 2.5 mm.
    """
    from scipy.spatial import KDTree

    grey = np.flatnonzero(mesh.tags == GREY)
    tet = grey[KDTree(mesh.centroids_m[grey]).query(points_m)[1]]
    weight = barycentric(mesh, tet, points_m)
    # on the way from the centre (1/4 each) the first weight to fall to the margin stops
    way = (0.25 - MARGIN) / np.maximum(0.25 - weight, 1e-12).max(axis=1)
    stopped = 0.25 + np.minimum(way, 1.0)[:, None] * (weight - 0.25)
    inside_m = np.einsum("pk,pkc->pc", stopped, mesh.nodes_m[mesh.tets[tet]])
    return inside_m, np.linalg.norm(inside_m - points_m, axis=1) < LARGEST_SNAP_M


def _large_parts(vertices_m: FloatArray, triangles: IntArray) -> tuple[FloatArray, IntArray]:
    part = parts(triangles)
    area_m2 = np.linalg.norm(area_vectors_m2(vertices_m, triangles), axis=1)
    of_part_m2 = np.bincount(part, area_m2)
    large = of_part_m2 >= SMALLEST_PART * of_part_m2.max()
    return compacted(vertices_m, triangles[large[part]])[:2]
