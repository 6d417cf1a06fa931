"""E at points, of higher order, as a linear map of the linear solution and of dA/dt."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from cortistim.field.hierarchic.refine import DEFAULT_ORDER
from cortistim.field.local._patch_kernels import N_HARMONIC
from cortistim.field.local.patches import REACH_EDGES, LocalPatches
from cortistim.field.recovery.sampling import Sampler
from cortistim.field.solver.fem import FemSystem
from cortistim.geometry import freeze
from cortistim.head.head import Head
from cortistim.typing import FloatArray, IntArray

BLOCK = 3 * N_HARMONIC  # columns of a patch's samples


@dataclass(frozen=True, eq=False)
class LocalReading:
    """The gradient of the potential at points, from local problems of higher order.

    It depends on the mesh and the conductivities only: one reading serves every coil, pose
    and member of an operator, and its transpose gives adjoint loads. Rows of the matrices are
    points by components; columns of those for dA/dt are samples by components.

    Parameters
    ----------
    order : int
        Highest order of the elements.
    samples_m : (n_sample, 3) array [m]
        Where dA/dt is wanted besides the points.
    of_potential : sparse (3 n_point, n_node) matrix [1/m]
        From the linear potential to the gradient.
    of_dadt : sparse (3 n_point, 3 n_sample) matrix
        From dA/dt to the gradient.
    last_of_potential, last_of_dadt : sparse matrices
        The same for what the last order adds to it, at a point of the same tetrahedron where
        it shows (`LocalPatches.beside_m`).
    """

    order: int
    samples_m: FloatArray
    of_potential: sp.csr_matrix
    of_dadt: sp.csr_matrix
    last_of_potential: sp.csr_matrix
    last_of_dadt: sp.csr_matrix

    def __post_init__(self) -> None:
        """Freeze the samples."""
        freeze(self, "samples_m", dtype=np.float64)

    def gradient(self, potential_v: FloatArray, dadt_v_per_m: FloatArray) -> FloatArray:
        """Read the gradient of the potential.

        Parameters
        ----------
        potential_v : (n_node,) or (n_node, k) array [V]
            Linear solutions.
        dadt_v_per_m : (n_sample, 3) or (n_sample, 3, k) array [V/m]
            At `samples_m`.

        Returns
        -------
        (n_point, 3) or (n_point, 3, k) array [V/m]
            Zero at points outside the mesh.
        """
        return _applied(self.of_potential, self.of_dadt, potential_v, dadt_v_per_m)

    def last_share(self, potential_v: FloatArray, dadt_v_per_m: FloatArray) -> FloatArray:
        """Read what the last order adds to the gradient, as `gradient`."""
        return _applied(self.last_of_potential, self.last_of_dadt, potential_v, dadt_v_per_m)

    def adjoint(self, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Apply the transpose: loads and currents that read a weighted mean gradient.

        Parameters
        ----------
        weight : (n_point,) array
            Weights of the points in the mean.

        Returns
        -------
        loads : (n_node, 3) array
            Column c dotted with a linear potential, plus
        currents : (n_sample, 3, 3) array
            ... dA/dt at the samples by its component and c, is the weighted sum of the
            gradient's component c.
        """
        parts = [np.kron(weight, axis) for axis in np.eye(3)]
        loads = np.column_stack([self.of_potential.T @ part for part in parts])
        currents = np.column_stack([self.of_dadt.T @ part for part in parts])
        return loads, currents.reshape(-1, 3, 3)


def _applied(
    of_potential: sp.csr_matrix,
    of_dadt: sp.csr_matrix,
    potential_v: FloatArray,
    dadt_v_per_m: FloatArray,
) -> FloatArray:
    flat = dadt_v_per_m.reshape(-1, *potential_v.shape[1:])
    total = of_potential @ potential_v + of_dadt @ flat
    return total.reshape(-1, 3, *potential_v.shape[1:])


def local_reading(
    head: Head,
    places: Sampler,
    *,
    order: int = DEFAULT_ORDER,
    reach_edges: float = REACH_EDGES,
    system: FemSystem | None = None,
) -> LocalReading:
    """Solve the local problems around points.

    Parameters
    ----------
    head : Head
        Mesh and conductivities.
    places : Sampler
        The points.
    order : int, optional
        Highest order, 2 to 6.
    reach_edges : float, optional
        Reach of the highest order, in edges; each lower one reaches further.
    system : FemSystem, optional
        The head's, when it was built before.

    Returns
    -------
    LocalReading
        With empty rows for points outside the mesh.

    Raises
    ------
    BadInputError
        When the order or the reach is out of range.
    ConvergenceError
        When a local problem cannot be solved.
    """
    inside = np.flatnonzero(places.inside)
    system = system or FemSystem.of(head)
    tets = np.unique(places.tets[inside])
    patches = LocalPatches.around(head, system, tets, order, reach_edges)
    slot = np.full(len(system.mesh.tets), -1)
    slot[patches.tets] = np.arange(len(patches.tets))
    points = inside[np.argsort(slot[places.tets[inside]], kind="stable")]
    slots = slot[places.tets[points]]
    by_patch = np.searchsorted(slots, patches.pointer)
    patch = np.repeat(np.arange(patches.count), np.diff(by_patch))
    nodes, of_potential, of_dadt = patches.readings(by_patch, slots, places.points_m[points])
    rows = (3 * points[:, None] + np.arange(3)).ravel()
    # csr matrices by point in the patches' order, then moved to the points' own rows
    width = np.repeat(np.diff(patches.node_pointer)[patch], 3)
    column: IntArray = nodes[_runs(np.repeat(patches.node_pointer[patch], 3), width)]
    samples_m = patches.samples_m.reshape(-1, 3)
    blocks = np.repeat(patch * BLOCK, 3)[:, None] + np.arange(BLOCK)
    even = np.full(len(rows), BLOCK)
    n_row, n_node = 3 * len(places.tets), len(system.mesh.nodes_m)
    by_node = [_moved(rows, part, column, width, (n_row, n_node)) for part in of_potential]
    by_sample = [
        _moved(rows, part.ravel(), blocks.ravel(), even, (n_row, samples_m.size))
        for part in of_dadt
    ]
    return LocalReading(order, samples_m, by_node[0], by_sample[0], by_node[1], by_sample[1])


def _runs(first: IntArray, sizes: IntArray) -> IntArray:
    """Count up from each first number, so many times."""
    ends = np.cumsum(sizes)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(first - ends + sizes, sizes)


def _moved(
    rows: IntArray,
    values: FloatArray,
    columns: IntArray,
    sizes: IntArray,
    shape: tuple[int, int],
) -> sp.csr_matrix:
    """Put rows of so many values into a matrix."""
    start = np.concatenate([[0], np.cumsum(sizes)])
    matrix = sp.csr_matrix((values, columns, start), shape=(len(rows), shape[1]))
    ones = (np.ones(len(rows)), (rows, np.arange(len(rows))))
    return sp.csr_matrix(sp.csr_matrix(ones, shape=(shape[0], len(rows))) @ matrix)
