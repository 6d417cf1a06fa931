"""Finite elements of mixed order for the potential that a coil drives in a head.

The linear functions are among those of every order, so the multigrid of the linear system
serves as the second level of a cycle that smooths over all functions.
"""

from functools import cached_property

import numpy as np
import scipy.sparse as sp

from cortistim.field.fem import TOLERANCE, FemSystem
from cortistim.field.hierarchic import _kernels
from cortistim.field.hierarchic.space import Space, space_of_orders
from cortistim.field.multigrid import Convergence, Multigrid
from cortistim.typing import FloatArray, IntArray


class EnrichedSystem:
    """A head's linear system with functions of higher order around chosen tetrahedra.

    Parameters
    ----------
    linear : FemSystem
        The head's first-order system.
    orders : (n_tet,) int array
        1 to 5 for each tetrahedron.
    """

    def __init__(self, linear: FemSystem, orders: IntArray) -> None:
        self.linear = linear
        self.space: Space = space_of_orders(linear.mesh, orders)
        every = np.arange(len(self.space.region))
        self._slopes, volumes = self.space.metric_parts(every)
        self._weight = volumes * linear.sigma_siemens_per_m[self.space.region]

    @cached_property
    def _rows(self) -> sp.csr_matrix:
        """Rows of the added functions; the columns are all unknowns, the linear ones first."""
        space, n_linear = self.space, len(self.linear.unknown_nodes)
        unknown = np.full(space.count + 1, -1, np.int32)  # the last for number -1
        unknown[self.linear.unknown_nodes] = np.arange(n_linear, dtype=np.int32)
        added = space.count - len(space.mesh.nodes_m)
        unknown[len(space.mesh.nodes_m) : -1] = n_linear + np.arange(added, dtype=np.int32)
        numbers = unknown[space.numbers]
        metric = np.einsum("t,tic,tjc->tij", self._weight, self._slopes, self._slopes)
        around = _kernels.places_of(numbers, n_linear, added)
        n_column = n_linear + added
        start = np.cumsum(_kernels.row_sizes(numbers, *around, n_column))
        column, value = _kernels.rows(
            numbers, *around, metric.reshape(-1, 16), space.shapes.stiffness, start, n_column
        )
        return sp.csr_matrix((value, column, start), shape=(added, n_column))

    @cached_property
    def _multigrid(self) -> Multigrid:
        linear = self.linear.multigrid
        n_linear, rows = len(self.linear.unknown_nodes), self._rows
        mixed, own = rows[:, :n_linear], rows[:, n_linear:]
        matrix = sp.bmat([[linear.matrix, mixed.T], [mixed, own]], format="csr")
        return linear.extended(matrix)

    def load(self, dadt_nodes_v_per_m: FloatArray) -> FloatArray:
        """Compute the load of a primary field given at all nodes.

        Parameters
        ----------
        dadt_nodes_v_per_m : (n_node, 3) array [V/m]
            dA/dt at the nodes of the mesh, taken linear in each tetrahedron.

        Returns
        -------
        (n_coefficient,) array
            In amperes.
        """
        space = self.space
        moments = np.einsum(
            "t,tic,tmc->tim",
            -self._weight, self._slopes, dadt_nodes_v_per_m[space.tets],
            optimize=True,
        )  # fmt: skip
        by_tet = moments.reshape(-1, 16) @ space.shapes.loads[4:].T
        number = space.numbers[:, 4:]
        held = number >= 0
        added = np.bincount(number[held], by_tet[held], minlength=space.count)
        return np.concatenate(
            [self.linear.load(dadt_nodes_v_per_m), added[len(dadt_nodes_v_per_m) :]]
        )

    def solve(
        self, loads: FloatArray, *, tolerance: float = TOLERANCE
    ) -> tuple[FloatArray, Convergence]:
        """Solve for a block of loads.

        Parameters
        ----------
        loads : (n_coefficient, k) array
            From `load`, one column each.
        tolerance : float, optional
            On the relative residual.

        Returns
        -------
        (n_coefficient, k) array
            Those of nodes are potentials at the nodes, with zero mean.
        Convergence
            Iterations, residual, tolerance, unknowns.

        Raises
        ------
        ConvergenceError
            When the tolerance is not reached.
        """
        n_node, nodes = len(self.space.mesh.nodes_m), self.linear.unknown_nodes
        ordered = np.concatenate([loads[nodes], loads[n_node:]])
        inside, convergence = self._multigrid.solve(ordered, tolerance=tolerance)
        result = np.zeros_like(loads)
        result[n_node:] = inside[len(nodes) :]
        result[:n_node] = self.linear.potentials(inside[: len(nodes)])
        return result, convergence
