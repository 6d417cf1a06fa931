"""Which functions of higher order a mesh carries, and their numbers."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cortistim.field.hierarchic.shapes import EDGES, FACES, Shapes, shapes
from cortistim.head.mesh import TetMesh
from cortistim.typing import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Space:
    """Continuous functions of mixed order on a mesh, linear except around chosen tetrahedra.

    A coefficient belongs to each node of the mesh, in its order, and to each function of
    higher order after those.

    Parameters
    ----------
    mesh : TetMesh
        Any mesh.
    shapes : Shapes
        Of the highest order, at least the second.
    region : (n_region,) int array
        The tetrahedra that carry a function above linear.
    tets : (n_region, 4) int array
        Their corners by ascending node number.
    numbers : (n_region, n_shape) int array
        The coefficient of each of their functions, -1 for none.
    count : int
        Number of coefficients.
    """

    mesh: TetMesh
    shapes: Shapes
    region: IntArray
    tets: IntArray
    numbers: IntArray
    count: int

    def place_in_region(self, tets: IntArray) -> IntArray:
        """Return the row of each tetrahedron in ``region``; -1 where it is not there.

        Parameters
        ----------
        tets : (n,) int array
            Tetrahedra of the mesh.

        Returns
        -------
        (n,) int array
            Rows, or -1.
        """
        row = np.full(len(self.mesh.tets) + 1, -1)  # the last for tetrahedron -1
        row[self.region] = np.arange(len(self.region))
        return row[tets]

    @property
    def _edges(self) -> IntArray:
        """Number of each edge's function of second order, -1 for none, (n_region, 6)."""
        return self.numbers[:, 4:10]

    @cached_property
    def middles_m(self) -> FloatArray:
        """Middles of the enriched edges, (n_edge, 3), in the order of their functions."""
        number = self._edges
        held = number >= 0
        middles_m = np.zeros((len(np.unique(number[held])), 3))
        ends_m = self.mesh.nodes_m[self.tets]
        for place, (a, b) in enumerate(EDGES):
            chosen = held[:, place]
            row = number[chosen, place] - len(self.mesh.nodes_m)
            middles_m[row] = ends_m[chosen][:, (a, b)].mean(axis=1)
        return middles_m

    def edge_bubbles(self, values: FloatArray) -> FloatArray:
        """Compute the factors of la lb that make a vector quadratic along enriched edges.

        Parameters
        ----------
        values : (n_node + n_edge, 3) array
            At the nodes and at `middles_m`.

        Returns
        -------
        (n_region, 6, 3) array
            Zero for edges that are linear.
        """
        number = self._edges
        ends = values[self.tets][:, np.array(EDGES)].mean(axis=2)
        bubbles = 4 * (values[number] - ends)
        return np.where((number >= 0)[..., None], bubbles, 0.0)

    def barycentric(self, rows: IntArray, points_m: FloatArray) -> FloatArray:
        """Compute coordinates of points in tetrahedra of the region, (n_point, 4).

        Parameters
        ----------
        rows : (n_point,) int array
            Tetrahedra, as rows of the region.
        points_m : (n_point, 3) array [m]
            One in each.

        Returns
        -------
        (n_point, 4) array
            Summing to 1.
        """
        slopes, _ = self.metric_parts(rows)
        centre = self.mesh.nodes_m[self.tets[rows]].mean(axis=1)
        return 0.25 + np.einsum("pic,pc->pi", slopes, points_m - centre)

    def metric_parts(self, rows: IntArray) -> tuple[FloatArray, FloatArray]:
        """Compute gradients of the barycentric coordinates, (n, 4, 3) [1/m], and volumes [m³].

        Parameters
        ----------
        rows : (n,) int array
            Tetrahedra, as rows of the region.

        Returns
        -------
        gradients : (n, 4, 3) array
            Per metre.
        volumes : (n,) array
            In cubic metres.
        """
        corner = self.mesh.nodes_m[self.tets[rows]]
        side = corner[:, 1:] - corner[:, :1]
        area = np.cross(side[:, (1, 2, 0)], side[:, (2, 0, 1)])
        six_volumes = np.einsum("tc,tc->t", side[:, 0], area[:, 0])
        slopes = np.empty((len(corner), 4, 3))
        slopes[:, 1:] = area / six_volumes[:, None, None]
        slopes[:, 0] = -slopes[:, 1:].sum(axis=1)
        return slopes, np.abs(six_volumes) / 6


def space_of_orders(mesh: TetMesh, orders: IntArray) -> Space:
    """Count through the functions that tetrahedra of given orders need.

    An edge or face has the highest order of the tetrahedra around it, so that the potential
    is continuous; their neighbours carry those functions too.

    Parameters
    ----------
    mesh : TetMesh
        Any mesh.
    orders : (n_tet,) int array
        1 to 6 for each tetrahedron.

    Returns
    -------
    Space
        Of linear functions alone where no order exceeds 1.
    """
    rich = np.flatnonzero(orders > 1)
    marked = np.zeros(len(mesh.nodes_m), bool)
    marked[mesh.tets[rich]] = True
    region = np.flatnonzero(marked[mesh.tets].sum(axis=1) >= 2)
    tets = np.sort(mesh.tets[region], axis=1)
    own = orders[region]
    edge, edge_order = _entities(tets, EDGES, own, len(mesh.nodes_m))
    face, face_order = _entities(tets, FACES, own, len(mesh.nodes_m))
    kept = (edge_order[edge] > 1).any(axis=1)
    ids = {1: edge[kept], 2: face[kept], 3: np.arange(kept.sum())[:, None]}
    levels = {1: edge_order, 2: face_order, 3: own[kept]}
    table = shapes(int(orders.max(initial=2)))
    numbers = np.full((int(kept.sum()), table.count), -1, dtype=np.int32)
    numbers[:, :4] = tets[kept]
    count = len(mesh.nodes_m)
    for first in np.flatnonzero((table.kind > 0) & (table.place == 0)):
        kind = int(table.kind[first])
        active = levels[kind] >= table.degree[first]
        number = np.where(active, count + np.cumsum(active) - 1, -1)
        count += int(active.sum())
        width = ids[kind].shape[1]
        numbers[:, first : first + width] = number[ids[kind]]
    return Space(mesh, table, region[kept], np.ascontiguousarray(tets[kept]), numbers, count)


def _entities(
    tets: IntArray, corners: tuple[tuple[int, ...], ...], orders: IntArray, n_node: int
) -> tuple[IntArray, IntArray]:
    """Find the distinct edges or faces of tetrahedra; give each the highest order around it."""
    key = np.zeros((len(tets), len(corners)), np.int64)
    for column in np.array(corners).T:
        key = key * n_node + tets[:, column]
    distinct, number = np.unique(key, return_inverse=True)
    number = number.reshape(key.shape)
    highest = np.ones(len(distinct), orders.dtype)
    np.maximum.at(highest, number.ravel(), np.repeat(orders, len(corners)))
    return number, highest
