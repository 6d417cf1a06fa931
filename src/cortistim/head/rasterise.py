"""Tetrahedra on a regular grid, and points in tetrahedra."""

import numpy as np

from cortistim.errors import BadInputError
from cortistim.geometry import transform
from cortistim.head import _kernels
from cortistim.head.mesh import TetMesh
from cortistim.typing import FloatArray, IntArray

LARGEST_GRID = 1 << 29  # voxels; more would not fit a laptop's memory


def grid_around(
    points_m: FloatArray, spacing_m: float, margin_m: float
) -> tuple[tuple[int, int, int], FloatArray]:
    """Lay a grid around points, with axes x, y, z.

    Parameters
    ----------
    points_m : (n_point, 3) array [m]
        What the grid must hold.
    spacing_m : float [m]
        Edge of a voxel.
    margin_m : float [m]
        Room left around the points.

    Returns
    -------
    shape : tuple of int
        Voxels along x, y, z.
    affine_m : (4, 4) array
        Voxel index to metres.

    Raises
    ------
    BadInputError
        When the spacing is not positive or so small that the grid cannot be kept.
    """
    low = points_m.min(axis=0) - margin_m
    size = points_m.max(axis=0) + margin_m - low
    if not spacing_m > 0 or np.prod(size / spacing_m + 1) > LARGEST_GRID:
        msg = (
            f"a grid may have {LARGEST_GRID} voxels; spacing {spacing_m} m does not allow "
            f"that for {size.round(3).tolist()} m. Take a larger spacing."
        )
        raise BadInputError(msg)
    nx, ny, nz = (int(n) for n in np.ceil(size / spacing_m) + 1)
    affine_m = np.diag([spacing_m, spacing_m, spacing_m, 1.0])
    affine_m[:3, 3] = low
    return (nx, ny, nz), affine_m


def rasterise(
    mesh: TetMesh, spacing_m: float, *, margin_m: float = 0.0
) -> tuple[IntArray, FloatArray]:
    """Write the mesh's tags into voxels.

    Parameters
    ----------
    mesh : TetMesh
        Any mesh.
    spacing_m : float [m]
        Edge of a voxel.
    margin_m : float [m], optional
        Empty room around the mesh.

    Returns
    -------
    labels : (nx, ny, nz) int array
        Tag of the tetrahedron that holds the voxel's centre; 0 outside the mesh.
    affine_m : (4, 4) array
        Voxel index to metres.
    """
    shape, affine_m = grid_around(mesh.nodes_m, spacing_m, margin_m)
    return rasterise_onto(mesh, shape, affine_m), affine_m


def rasterise_onto(
    mesh: TetMesh, shape: tuple[int, int, int], affine_m: FloatArray
) -> IntArray:
    """Write the mesh's tags into the voxels of a given grid.

    Parameters
    ----------
    mesh : TetMesh
        Any mesh.
    shape : tuple of int
        Voxels along the grid's axes.
    affine_m : (4, 4) array
        Voxel index to metres.

    Returns
    -------
    (nx, ny, nz) int array
        Tag of the tetrahedron that holds the voxel's centre; 0 outside the mesh.
    """
    tets = tets_onto(mesh, shape, affine_m)
    return np.where(tets >= 0, mesh.tags[tets], 0).astype(np.int16)


def tets_onto(mesh: TetMesh, shape: tuple[int, int, int], affine_m: FloatArray) -> IntArray:
    """Find the tetrahedron that holds each voxel of a given grid.

    Parameters
    ----------
    mesh : TetMesh
        Any mesh.
    shape : tuple of int
        Voxels along the grid's axes.
    affine_m : (4, 4) array
        Voxel index to metres.

    Returns
    -------
    (nx, ny, nz) int array
        Index of the tetrahedron that holds the voxel's centre; -1 outside the mesh.
    """
    index = np.full(shape, -1, np.int32)
    nodes = transform(np.linalg.inv(affine_m), mesh.nodes_m)
    _kernels.paint(nodes, mesh.tets, index)
    return index


def locate(mesh: TetMesh, points_m: FloatArray, *, tags: tuple[int, ...] = ()) -> IntArray:
    """Find the tetrahedron that holds each point.

    Parameters
    ----------
    mesh : TetMesh
        Any mesh.
    points_m : (n_point, 3) array [m]
        Any points.
    tags : tuple of int, optional
        Look only among tetrahedra with these tags; all when empty.

    Returns
    -------
    (n_point,) int array
        Index of a tetrahedron, -1 where none holds the point.
    """
    points = np.asarray(points_m, dtype=np.float64)
    chosen = np.flatnonzero(np.isin(mesh.tags, tags)) if tags else np.arange(len(mesh.tets))
    found = np.full(len(points), -1)
    if len(points) == 0 or len(chosen) == 0:
        return found
    cell_m = max(np.ptp(points, axis=0).max() / 100, 1e-3)
    origin_m = points.min(axis=0)
    order, starts, shape = filed_by_cell((points - origin_m) / cell_m)
    hits = np.full(len(points), -1)
    _kernels.find_tets(
        (points[order] - origin_m) / cell_m,
        starts,
        shape,
        (mesh.nodes_m - origin_m) / cell_m,
        mesh.tets[chosen],
        hits,
    )
    found[order] = np.where(hits >= 0, chosen[hits], -1)
    return found


def barycentric(mesh: TetMesh, tets: IntArray, points_m: FloatArray) -> FloatArray:
    """Compute the barycentric coordinates of points in given tetrahedra.

    Parameters
    ----------
    mesh : TetMesh
        Any mesh.
    tets : (n_point,) int array
        A tetrahedron for each point.
    points_m : (n_point, 3) array [m]
        In it, or close by.

    Returns
    -------
    (n_point, 4) array
        Weights of the corners; they sum to one.
    """
    corners = mesh.nodes_m[mesh.tets[tets]]
    edges = (corners[:, 1:] - corners[:, :1]).transpose(0, 2, 1)
    last = np.linalg.solve(edges, (points_m - corners[:, 0])[:, :, None])[:, :, 0]
    return np.column_stack([1 - last.sum(axis=1), last])


def filed_by_cell(
    points: FloatArray,
) -> tuple[IntArray, IntArray, tuple[int, int, int]]:
    """Sort points by the unit cell that holds them.

    Parameters
    ----------
    points : (n_point, 3) array
        Not negative, in units of a cell.

    Returns
    -------
    order : (n_point,) int array
        Points by cell, z running fastest.
    starts : (n_cell + 1,) int array
        Where each cell's points begin in that order.
    shape : tuple of int
        Cells along x, y, z.
    """
    cells = points.astype(np.int64)
    nx, ny, nz = (int(n) for n in cells.max(axis=0) + 1)
    number = (cells[:, 0] * ny + cells[:, 1]) * nz + cells[:, 2]
    counts = np.bincount(number, minlength=nx * ny * nz)
    return np.argsort(number, kind="stable"), np.append(0, np.cumsum(counts)), (nx, ny, nz)
