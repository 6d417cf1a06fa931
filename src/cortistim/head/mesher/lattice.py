"""A graded, conforming tetrahedral lattice: Kuhn cubes cut by Maubach's bisection."""

from itertools import permutations

import numpy as np

from cortistim.head.mesher import topology
from cortistim.typing import FloatArray, IntArray

HALVINGS = 10
COARSEST = 16


def graded_lattice(
    sizes_m: FloatArray, spacing_m: FloatArray, finest_m: float
) -> tuple[FloatArray, IntArray]:
    """Fill the box of a size field with tetrahedra of about these sizes.

    Cubes are cut into six tetrahedra along their diagonals and bisected at their longest
    edges [maubach1995]_, so that only three shapes occur (3 r/R of 0.72 at best) and every
    face is shared.

    Parameters
    ----------
    sizes_m : (nx, ny, nz) array [m]
        Longest edge wanted at each voxel.
    spacing_m : (3,) array [m]
        Voxel size.
    finest_m : float [m]
        The smallest size; cubes are chosen so that whole ones meet it.

    Returns
    -------
    nodes_m : (n_node, 3) array [m]
        Voxel index times spacing.
    tets : (n_tet, 4) int array
        Positively oriented.
    """
    cube_m = COARSEST * finest_m / np.sqrt(3) * (1 - 1e-6)
    extent_m = (np.array(sizes_m.shape) - 1) * spacing_m
    count = np.ceil(extent_m / cube_m).astype(int)
    origin_m = (extent_m - count * cube_m) / 2
    corners, kuhn = _kuhn_cubes(count)
    unit_m = cube_m / (1 << HALVINGS)
    lattice, tets = topology.refine(
        corners << HALVINGS, kuhn, unit_m, sizes_m, origin_m, 1 / spacing_m
    )
    lattice, tets = _sorted_by_place(lattice, tets)
    nodes_m = lattice * unit_m + origin_m
    mirrored = topology.shapes(nodes_m, tets) < 0
    tets[mirrored, 2], tets[mirrored, 3] = tets[mirrored, 3], tets[mirrored, 2]
    return nodes_m, tets


def _sorted_by_place(lattice: IntArray, tets: IntArray) -> tuple[IntArray, IntArray]:
    """Renumber nodes and tetrahedra by cube, so that neighbours are close in memory."""
    cube = lattice >> HALVINGS
    key = np.ravel_multi_index(tuple(cube.T), tuple(cube.max(axis=0) + 1))
    order = np.argsort(key, kind="stable")
    number = np.empty(len(order), dtype=np.int32)
    number[order] = np.arange(len(order))
    tets = number[tets]
    return lattice[order], tets[np.argsort(tets.min(axis=1), kind="stable")]


def _kuhn_cubes(count: IntArray) -> tuple[IntArray, IntArray]:
    """Corners of a block of unit cubes and six tetrahedra in each."""
    corners = np.indices(tuple(count + 1)).reshape(3, -1).T
    strides = np.array([(count[1] + 1) * (count[2] + 1), count[2] + 1, 1])
    cubes = np.indices(tuple(count)).reshape(3, -1).T @ strides
    paths = [np.cumsum([0, *strides[list(order)]]) for order in permutations(range(3))]
    tets = np.concatenate([cubes[:, None] + path for path in paths])
    return corners, tets.astype(np.int32)
