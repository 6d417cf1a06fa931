"""First-order finite elements for the potential that a coil drives in a head.

The quasi-static field is E = -dA/dt - grad phi with div(sigma E) = 0 in the head and no
current through its surface. With linear shape functions N_i this is K phi = b,

    K_ij = ∫ sigma grad N_i · grad N_j,    b_i = -∫ sigma dA/dt · grad N_i,

and dA/dt taken linear in each tetrahedron, so that its mean over the corners integrates b
exactly. Source: Saturnino, Madsen and Thielscher 2019, section 2.
"""

from functools import cached_property

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import reverse_cuthill_mckee

from cortistim import cache
from cortistim.errors import MeshError
from cortistim.field import _kernels
from cortistim.field.solver.lattice import Lattice
from cortistim.field.solver.multigrid import Convergence, Multigrid
from cortistim.head.anisotropy import require_conducting
from cortistim.head.head import Head
from cortistim.head.mesh import TetMesh
from cortistim.typing import FloatArray, IntArray

VERSION = "hierarchy 1"  # of what the cache holds
TOLERANCE = 1e-6
LATTICE_SPACING_M = 5e-3
COLUMNS = 16  # of dense products at once


class FemSystem:
    """A head's stiffness matrix with its multigrid hierarchy, built once and used often.

    Parameters
    ----------
    mesh : TetMesh
        Of one piece; nodes that no tetrahedron uses are left out of the system.
    sigma_siemens_per_m : (n_tet,) array [S/m]
        Conductivity of each tetrahedron.
    relative : (n_tet, 3, 3) array, optional
        Symmetric positive tensors by which it is multiplied where tissue is not isotropic.

    Raises
    ------
    BadInputError
        When a tensor is not symmetric and positive.
    MeshError
        When a tetrahedron has no volume.

    Attributes
    ----------
    tensors : (n_tet, 6) or (0, 6) array
        xx, xy, xz, yy, yz and zz of ``relative``; without rows where it is None.
    """

    def __init__(
        self,
        mesh: TetMesh,
        sigma_siemens_per_m: FloatArray,
        relative: FloatArray | None = None,
    ) -> None:
        self.mesh = mesh
        self.sigma_siemens_per_m = sigma_siemens_per_m
        self.relative = relative
        if relative is not None:
            require_conducting(relative)
        self.tensors = np.empty((0, 6)) if relative is None else _six(relative)
        self._order, self._tets = _compact(mesh)
        self._nodes_m = np.ascontiguousarray(mesh.nodes_m[self._order])
        self._pointer, self._around = _kernels.tets_around_nodes(self._tets, len(self._order))

    @classmethod
    def of(cls, head: Head) -> "FemSystem":
        """Build the system of a head.

        Parameters
        ----------
        head : Head
            With conductivities.
        """
        anisotropy = head.anisotropy
        relative = None if anisotropy is None else anisotropy.relative
        return cls(head.mesh, head.sigma_siemens_per_m, relative)

    @cached_property
    def lattice(self) -> Lattice:
        """Carries smooth fields to the nodes."""
        return Lattice(self.mesh.nodes_m, LATTICE_SPACING_M)

    @cached_property
    def stiffness(self) -> sp.csr_matrix:
        """K over the used nodes, none grounded; symmetric, singular for constants."""
        graph = (self._pointer, self._around)
        row = np.cumsum(_kernels.neighbour_counts(self._tets, *graph))
        column, value = _kernels.stiffness_rows(
            self._nodes_m, self._tets, self.sigma_siemens_per_m, self.tensors, *graph, row
        )
        shape = (len(self._order), len(self._order))
        matrix = sp.csr_matrix((value, column, row), shape=shape)
        matrix.sort_indices()
        return matrix

    @cached_property
    def _permutation(self) -> IntArray:
        # neighbours in space become neighbours in memory: products are gather-bound
        return reverse_cuthill_mckee(self.stiffness, symmetric_mode=True)

    @cached_property
    def unknown_nodes(self) -> IntArray:
        """The node of each unknown, (n_unknown,): all used ones but the grounded one."""
        return self._order[self._permutation[1:]]

    @cached_property
    def _matrix(self) -> sp.csr_matrix:
        """K over the unknowns."""
        order = self._permutation[1:]
        matrix = self.stiffness[order][:, order].tocsr()
        matrix.sort_indices()
        return matrix

    @cached_property
    def multigrid(self) -> Multigrid:
        """The hierarchy over the unknowns."""
        return Multigrid.of(self._matrix)

    def prepare(self, *, keep: bool = False) -> None:
        """Build the hierarchy now instead of at the first solve.

        Parameters
        ----------
        keep : bool, optional
            Take it from the cache, or put it there: for a head's own conductivities, not
            for samples of them.
        """
        if keep and "multigrid" not in self.__dict__:
            key = cache.digest(
                VERSION, self.mesh.digest, self.sigma_siemens_per_m, self.tensors
            )
            kept = cache.remembered(
                "hierarchy", key, lambda: Multigrid.of(self._matrix).arrays()
            )
            self.multigrid = Multigrid.from_arrays(self._matrix, kept)
        self.multigrid  # noqa: B018

    def load(self, dadt_nodes_v_per_m: FloatArray) -> FloatArray:
        """Compute the load of a primary field given at all nodes.

        Parameters
        ----------
        dadt_nodes_v_per_m : (n_node, 3) or (n_node, 3, k) array [V/m]
            dA/dt at the nodes of the mesh; k fields at once cost less than one by one.

        Returns
        -------
        (n_node,) or (n_node, k) array
            b, in amperes; zero at unused nodes.
        """
        n_node = len(self.mesh.nodes_m)
        used = np.ascontiguousarray(dadt_nodes_v_per_m[self._order], dtype=np.float64)
        graph = (self._pointer, self._around)
        out = np.zeros((n_node, *dadt_nodes_v_per_m.shape[2:]))
        out[self._order] = _kernels.load_of_vectors(
            self._nodes_m, self._tets, self.sigma_siemens_per_m, self.tensors,
            used.reshape(len(used), 3, -1), *graph,
        ).reshape(len(used), *out.shape[1:])  # fmt: skip
        return out

    def node_currents(self, potential: FloatArray) -> FloatArray:
        """Lump the currents sigma grad(potential) of the tetrahedra at their corners.

        Parameters
        ----------
        potential : (n_node,) or (n_node, k) array
            Any nodal functions.

        Returns
        -------
        (n_node, 3) or (n_node, 3, k) array
            A quarter of sigma V grad(potential) of each adjacent tetrahedron. Its product
            with dA/dt at the nodes is minus the product of the potential with `load`.
        """
        out = np.zeros((len(self.mesh.nodes_m), 3, *potential.shape[1:]))
        used = np.ascontiguousarray(potential[self._order], dtype=np.float64)
        out[self._order] = _kernels.lumped_currents(
            self._nodes_m, self._tets, self.sigma_siemens_per_m, self.tensors,
            used.reshape(len(used), -1), self._pointer, self._around,
        ).reshape(len(used), 3, *potential.shape[1:])  # fmt: skip
        return out

    def applied(self, potential: FloatArray) -> FloatArray:
        """Multiply potentials by K.

        Parameters
        ----------
        potential : (n_node, k) array
            Any nodal functions.

        Returns
        -------
        (n_node, k) array
            Zero at unused nodes.
        """
        out = np.zeros(potential.shape)
        out[self._order] = self.stiffness @ potential[self._order]
        return out

    def products(self, vectors: FloatArray) -> FloatArray:
        """Multiply K with vectors from both sides.

        Parameters
        ----------
        vectors : (n_node, m) array
            Any nodal functions.

        Returns
        -------
        (m, m) array
            Integrals of sigma times the products of their gradients.
        """
        used = vectors[self._order]
        parts = [
            used.T @ (self.stiffness @ used[:, first : first + COLUMNS])
            for first in range(0, used.shape[1], COLUMNS)
        ]
        return np.concatenate(parts, axis=1)

    def lend_hierarchy(self, other: "FemSystem") -> None:
        """Precondition another system of the same mesh with this one's hierarchy.

        Parameters
        ----------
        other : FemSystem
            With other conductivities: its solves take more iterations, but no hierarchy of
            its own.
        """
        other.multigrid = self.multigrid.with_matrix(other._matrix)

    def solve(
        self, loads: FloatArray, *, tolerance: float = TOLERANCE
    ) -> tuple[FloatArray, Convergence]:
        """Solve K phi = b for a block of loads.

        Parameters
        ----------
        loads : (n_node, k) array
            Each column sums to zero: what flows in flows out.
        tolerance : float, optional
            On the relative residual; the error of E is about 1.2 times as large.

        Returns
        -------
        (n_node, k) array
            Potentials with zero mean over the used nodes; zero at unused ones.
        Convergence
            Iterations, residual, tolerance, unknowns.

        Raises
        ------
        ConvergenceError
            When the tolerance is not reached.
        """
        inside, convergence = self.multigrid.solve(
            np.ascontiguousarray(loads[self.unknown_nodes]), tolerance=tolerance
        )
        return self.potentials(inside), convergence

    def unknowns_of(self, potential: FloatArray) -> FloatArray:
        """Pick the unknowns from potentials at the nodes: the way back from `potentials`.

        Parameters
        ----------
        potential : (n_node, k) array
            Any level.

        Returns
        -------
        (n_unknown, k) array
            Less the potential of the grounded node.
        """
        grounded = self._order[self._permutation[0]]
        return potential[self.unknown_nodes] - potential[grounded]

    def potentials(self, values: FloatArray) -> FloatArray:
        """Spread the values of the unknowns over the nodes.

        Parameters
        ----------
        values : (n_unknown, k) array
            In the order of ``unknown_nodes``.

        Returns
        -------
        (n_node, k) array
            With zero mean over the used nodes; zero at unused ones.
        """
        potential = np.zeros((len(self.mesh.nodes_m), values.shape[1]))
        potential[self.unknown_nodes] = values
        potential[self._order] -= potential[self._order].mean(axis=0)
        return potential


def _six(tensors: FloatArray) -> FloatArray:
    rows, columns = np.triu_indices(3)
    return np.ascontiguousarray(tensors[:, rows, columns], dtype=np.float64)


def _compact(mesh: TetMesh) -> tuple[IntArray, IntArray]:
    """Return the used nodes' old numbers, and the tetrahedra in new ones from zero."""
    used = np.zeros(len(mesh.nodes_m), bool)
    used[mesh.tets.ravel()] = True
    if not (mesh.volumes_m3 != 0).all():
        flat = int((mesh.volumes_m3 == 0).sum())
        msg = f"tetrahedra must have a volume; {flat} have none. Repair the mesh (`repair`)."
        raise MeshError(msg)
    number = np.cumsum(used, dtype=np.int32) - np.int32(1)
    return np.flatnonzero(used), np.ascontiguousarray(number[mesh.tets], dtype=np.int32)
