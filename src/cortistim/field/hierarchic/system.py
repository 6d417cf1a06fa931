"""Finite elements of mixed order for the potential that a coil drives in a head.

The linear functions are among those of every order, so the multigrid of the linear system
serves as the second level of a cycle that smooths over all functions.
"""

from functools import cached_property

import numpy as np
import scipy.sparse as sp

from cortistim.field.hierarchic import _kernels
from cortistim.field.hierarchic.space import Space, space_of_orders
from cortistim.field.solver.fem import TOLERANCE, FemSystem
from cortistim.field.solver.multigrid import Convergence, Multigrid
from cortistim.typing import FloatArray, IntArray


class EnrichedSystem:
    """A head's linear system with functions of higher order around chosen tetrahedra.

    Parameters
    ----------
    linear : FemSystem
        The head's first-order system.
    orders : (n_tet,) int array
        1 to 6 for each tetrahedron.
    """

    def __init__(self, linear: FemSystem, orders: IntArray) -> None:
        self.linear = linear
        self.space: Space = space_of_orders(linear.mesh, orders)
        every = np.arange(len(self.space.region))
        self._slopes, volumes = self.space.metric_parts(every)
        self._weight = volumes * linear.sigma_siemens_per_m[self.space.region]
        self._conducted = self._slopes
        if linear.relative is not None:
            tensors = linear.relative[self.space.region]
            self._conducted = np.einsum("tic,tcd->tid", self._slopes, tensors)

    @cached_property
    def _rows(self) -> sp.csr_matrix:
        """Rows of the added functions; the columns are all unknowns, the linear ones first."""
        space, n_linear = self.space, len(self.linear.unknown_nodes)
        unknown = np.full(space.count + 1, -1, np.int32)  # the last for number -1
        unknown[self.linear.unknown_nodes] = np.arange(n_linear, dtype=np.int32)
        added = space.count - len(space.mesh.nodes_m)
        unknown[len(space.mesh.nodes_m) : -1] = n_linear + np.arange(added, dtype=np.int32)
        numbers = unknown[space.numbers]
        metric = np.einsum("t,tic,tjc->tij", self._weight, self._conducted, self._slopes)
        around = _kernels.places_of(numbers, n_linear, added)
        n_column = n_linear + added
        start = np.cumsum(_kernels.row_sizes(numbers, *around, n_column))
        column, value = _kernels.rows(
            numbers, *around, metric.reshape(-1, 16), space.shapes.stiffness, start, n_column
        )
        return sp.csr_matrix((value, column, start), shape=(added, n_column))

    @cached_property
    def matrix(self) -> sp.csr_matrix:
        """K over the unknowns: the linear ones in their order, then the added ones."""
        linear = self.linear.multigrid
        coupling = self._rows[:, : linear.unknowns].T.tocsr()
        top = sp.hstack([linear.matrix, coupling], format="csr")
        return sp.csr_matrix(sp.vstack([top, self._rows]))

    @cached_property
    def _multigrid(self) -> Multigrid:
        return self.linear.multigrid.extended(self.matrix)

    @property
    def load_points_m(self) -> FloatArray:
        """Where `load` wants dA/dt, (n_point, 3): nodes, then middles of enriched edges."""
        return np.concatenate([self.space.mesh.nodes_m, self.space.middles_m])

    def load(self, dadt_v_per_m: FloatArray) -> FloatArray:
        """Compute the load of a primary field.

        Linear dA/dt is enough for linear elements, but left up to half of the remaining error
        with those of third order under a coil 10 mm away.

        Parameters
        ----------
        dadt_v_per_m : (n_point, 3) array [V/m]
            dA/dt at `load_points_m`: taken quadratic along the enriched edges, linear
            elsewhere.

        Returns
        -------
        (n_coefficient,) array
            In amperes.
        """
        space, n_node = self.space, len(self.space.mesh.nodes_m)
        at_nodes = dadt_v_per_m[:n_node]
        values = np.concatenate([at_nodes[space.tets], space.edge_bubbles(dadt_v_per_m)], 1)
        moments = np.einsum(
            "t,tic,tmc->tim", -self._weight, self._conducted, values, optimize=True
        )
        moments_linear = moments.copy()
        moments_linear[:, :, :4] = 0  # these are in the linear system's own load
        loads, held = space.shapes.loads, space.numbers >= 0
        by_tet = moments.reshape(-1, 40) @ loads.T
        by_tet[:, :4] = moments_linear.reshape(-1, 40) @ loads[:4].T
        added = np.bincount(space.numbers[held], by_tet[held], minlength=space.count)
        total = np.zeros(space.count)
        total[:n_node] = self.linear.load(at_nodes)
        return total + added

    def solve(
        self,
        loads: FloatArray,
        *,
        tolerance: float = TOLERANCE,
        start_v: FloatArray | None = None,
    ) -> tuple[FloatArray, Convergence]:
        """Solve for a block of loads.

        Parameters
        ----------
        loads : (n_coefficient, k) array
            From `load`, one column each.
        tolerance : float, optional
            On the relative residual.
        start_v : (n_node, k) array, optional
            First guess of the potentials at the nodes, such as the linear solution's.

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
        start = np.zeros_like(ordered)
        if start_v is not None:
            start[: len(nodes)] = self.linear.unknowns_of(start_v)
        inside, convergence = self._multigrid.solve(ordered, tolerance=tolerance, start=start)
        result = np.zeros_like(loads)
        result[n_node:] = inside[len(nodes) :]
        result[:n_node] = self.linear.potentials(inside[: len(nodes)])
        return result, convergence
