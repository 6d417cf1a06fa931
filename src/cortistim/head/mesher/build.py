"""From a label image to a conforming tetrahedral mesh."""

import numpy as np

from cortistim.errors import BadInputError, MeshError
from cortistim.geometry import transform
from cortistim.head.mesh import TetMesh
from cortistim.head.mesher import _kernels, topology
from cortistim.head.mesher.fitting import Fit, fit, tissue_fields
from cortistim.head.mesher.lattice import graded_lattice
from cortistim.head.mesher.sizes import MeshSizes, size_field
from cortistim.typing import FloatArray, IntArray, Progress, silent

VERSION = 5  # of what the mesher makes; a new one discards kept meshes
MARGIN = 3


def mesh_labels(
    labels: IntArray,
    affine_m: FloatArray,
    *,
    sizes: MeshSizes | None = None,
    progress: Progress = silent,
) -> TetMesh:
    """Fill labelled tissues with tetrahedra that meet at the tissues' borders.

    A graded lattice [maubach1995]_ covers the image. Where a border crosses an edge near its
    end the node moves onto the border, else the edge is cut there, as in isosurface stuffing
    [labelle2007]_. Then nodes are smoothed along the borders, and moved off them if
    tetrahedra would stay below 3 r/R = 0.15. Where grey matter (2) is one tetrahedron thick,
    edges through it are cut, so that nodes lie inside. Sheets thinner than about half the
    local edge get holes, and ridges sharper than the blur (0.75 voxels) are rounded. Grey
    matter that touches bone, scalp or eyes at a node becomes CSF (3), when the labels have
    CSF.

    Parameters
    ----------
    labels : (nx, ny, nz) int array
        Tissue tags, 0 outside; at most 31 different ones.
    affine_m : (4, 4) array [m]
        Voxel index to subject space. Rotations, mirrors and unequal voxels are fine.
    sizes : MeshSizes, optional
        How long edges are, and where.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    TetMesh
        One connected part; tags are the labels.

    Raises
    ------
    BadInputError
        When the labels are not a 3-D image of non-negative whole numbers or the affine is
        singular.
    MeshError
        When no tetrahedron lies inside the labels.
    """
    sizes = sizes or MeshSizes()
    labels, affine_m = _checked(np.asarray(labels), np.asarray(affine_m, dtype=float))
    labels, first = _cropped(labels)
    spacing_m = np.linalg.norm(affine_m[:3, :3], axis=0)
    progress("plan edge lengths", 0.0)
    heights_m = _heights(affine_m, first, labels.shape)
    wanted_m = size_field(labels, spacing_m, heights_m, sizes)
    progress("cut the lattice", 0.0)
    nodes_m, tets = graded_lattice(wanted_m, spacing_m, sizes.finest_m)
    tags = np.unique(labels)
    lattice = Fit(tissue_fields(labels, tags), tags, spacing_m, nodes_m, tets)
    fit(lattice, progress)
    nodes_m, tets, tets_tags = _largest_part(lattice)
    if np.linalg.det(affine_m[:3, :3]) < 0:
        tets = tets[:, [0, 1, 3, 2]]
    return TetMesh(transform(affine_m, nodes_m / spacing_m + first), tets, tets_tags)


def _checked(labels: IntArray, affine_m: FloatArray) -> tuple[IntArray, FloatArray]:
    if labels.ndim != 3 or not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0:
        msg = (
            "labels must be a 3-D image of whole numbers from 0; "
            f"got shape {labels.shape}, type {labels.dtype}."
        )
        raise BadInputError(msg)
    found = np.unique(labels)
    if len(found) > _kernels.MAX_LABELS - 1 or found.max() == 0:
        msg = (
            f"labels must hold 1 to {_kernels.MAX_LABELS - 2} tissues and 0 for air; "
            f"got {np.count_nonzero(found)}. Merge the labels of structures into tissues."
        )
        raise BadInputError(msg)
    if affine_m.shape != (4, 4) or abs(np.linalg.det(affine_m[:3, :3])) < 1e-18:
        msg = f"affine_m must be an invertible 4x4 matrix in metres; got {affine_m.tolist()}."
        raise BadInputError(msg)
    return labels, affine_m


def _cropped(labels: IntArray) -> tuple[IntArray, IntArray]:
    """Labels with a margin of air, and the index of their first voxel in the image."""
    filled = np.argwhere(labels > 0)
    low, high = filled.min(axis=0), filled.max(axis=0) + 1
    inner = labels[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    return np.pad(inner, MARGIN), low - MARGIN


def _heights(affine_m: FloatArray, first: IntArray, shape: tuple[int, ...]) -> FloatArray:
    """World z of each voxel of a crop that begins at voxel ``first``."""
    i, j, k = np.ogrid[tuple(slice(a, a + n) for a, n in zip(first, shape, strict=True))]
    return affine_m[2, 0] * i + affine_m[2, 1] * j + affine_m[2, 2] * k + affine_m[2, 3]


def _largest_part(lattice: Fit) -> tuple[FloatArray, IntArray, IntArray]:
    """Nodes, tetrahedra and tags of the largest connected part that is not air."""
    tags = lattice.tags[lattice.labels]
    part = topology.part_of_tet(lattice.partner, tags > 0)
    if part.max() < 0:
        msg = (
            "the labels are smaller than the tetrahedra; no tetrahedron lies inside. "
            "Check the affine (metres) or give smaller mesh sizes."
        )
        raise MeshError(msg)
    largest = part == np.bincount(part[part >= 0]).argmax()
    used, tets = np.unique(lattice.tets[largest], return_inverse=True)
    return lattice.nodes_m[used], tets.reshape(-1, 4), tags[largest]
