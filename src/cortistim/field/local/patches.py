"""Groups of tetrahedra with a small problem of higher order around each.

The linear solution is kept outside a patch. Within, the coefficients of shape functions near
the group solve

    sum over b of K_ab d_b = b_a - sum over nodes of K_aj phi_j

for what they add to the linear potential phi, with K and b as in `hierarchic`. An order q
counts as far from the group's centres as ``radii_m`` says, so the highest one is nearest. What
third order adds to E at a point is decided within some two edges of it: one such step comes
within 0.3 % of the field that third order gives everywhere.

dA/dt enters through sixteen samples on a sphere around each patch: in the Coulomb gauge its
components are harmonic away from the coil, and sixteen harmonic polynomials hold all up to
third degree. What is left falls with the fourth power of radius over distance to the coil.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, cast

import numpy as np
from scipy.linalg import qr

from cortistim.errors import BadInputError, ConvergenceError
from cortistim.field import _kernels as linear_kernels
from cortistim.field.hierarchic.shapes import EDGES, HIGHEST, Shapes, shapes
from cortistim.field.local import _kernels
from cortistim.field.local._patch_kernels import N_HARMONIC, Table, harmonics
from cortistim.field.solver.fem import FemSystem
from cortistim.head.head import Head
from cortistim.head.mesh import TetMesh
from cortistim.typing import FloatArray, IntArray

# In edges: how far the highest order reaches, by how much (of that) each lower one reaches
# further, and the linear functions beyond the second order. Found best for their cost in
# ``benchmarks/head_accuracy.py``.
REACH_EDGES = 0.8
STEP, LINEAR_STEP = 0.75, 0.5
# Where the mesh is finer than elsewhere, as in thin cortex, problems reach as far as elsewhere,
# up to this factor.
WIDEST = 1.5
# Of the distance to a coil on the scalp: how far a patch may reach, so that its samples hold
# dA/dt. Only near the scalp, or in coarse meshes, does that keep a patch small.
LARGEST, COIL_GAP_M = 0.6, 5e-3
GROUP_EDGES = 0.85  # side of the cells whose tetrahedra share a patch
QUADRATURE = 0.5854101966249685  # largest coordinate of the four points of second degree
CHUNK = 4096  # points at which functions are evaluated at once
DIRECTIONS = 400  # that the samples on the sphere are chosen from


@dataclass(frozen=True, eq=False)
class LocalPatches:
    """Tetrahedra in groups, and how far each order reaches around them.

    Parameters
    ----------
    system : FemSystem
        Mesh and conductivities.
    pointer : (n_patch + 1,) int array
        Where each group begins in ``tets``.
    tets : (n,) int array
        The tetrahedra in which E is wanted, by group.
    radii_m : (n_patch, order) array [m]
        Reach of the linear functions, of those of second order, and so on.
    """

    system: FemSystem
    pointer: IntArray
    tets: IntArray
    radii_m: FloatArray

    @classmethod
    def around(
        cls,
        head: Head,
        system: FemSystem,
        tets: IntArray,
        order: int,
        reach_edges: float = REACH_EDGES,
        group_edges: float = GROUP_EDGES,
    ) -> "LocalPatches":
        """Group tetrahedra that lie close together.

        Parameters
        ----------
        head : Head
            Its scalp keeps patches from reaching too close to a coil.
        system : FemSystem
            The head's.
        tets : (n,) int array
            Each once.
        order : int
            Highest order, 2 to 6.
        reach_edges : float, optional
            Reach of the highest order, in edges of the tetrahedra around.
        group_edges : float, optional
            Side of the cells whose tetrahedra share a patch, in edges.

        Returns
        -------
        LocalPatches
            With groups of the tetrahedra in cells of that side.

        Raises
        ------
        BadInputError
            When the order or the reach is out of range.
        """
        if order not in range(2, HIGHEST + 1):
            msg = f"the order of a patch must be between 2 and {HIGHEST}; got {order}."
            raise BadInputError(msg)
        if not 0 < reach_edges < np.inf:
            msg = f"reach_edges must be positive and finite; got {reach_edges:g}."
            raise BadInputError(msg)
        edges_m = edges_around_m(system.mesh, tets)
        side_m = group_edges * np.median(edges_m) if len(tets) else 1.0
        cell = np.floor(system.mesh.centroids_m[tets] / side_m).astype(np.int64)
        group = np.unique(cell, axis=0, return_inverse=True)[1].ravel()
        by_group, sizes = np.argsort(group, kind="stable"), np.bincount(group)
        pointer = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        edge_m: FloatArray = np.asarray(np.bincount(group, edges_m), float) / sizes
        if len(tets):
            edge_m = np.asarray(np.clip(np.median(edges_m), edge_m, WIDEST * edge_m))
        radii_m = edge_m[:, None] * _reaches(order, reach_edges)
        depth_m = -head.outside.at(system.mesh.centroids_m[tets])
        room_m = LARGEST * (np.bincount(group, depth_m) / sizes + COIL_GAP_M) - edge_m
        shrink = np.clip(room_m / radii_m[:, 0], 0.0, 1.0)
        return cls(system, pointer, tets[by_group], radii_m * shrink[:, None])

    @property
    def order(self) -> int:
        """The highest order."""
        return self.radii_m.shape[1]

    @property
    def count(self) -> int:
        """Number of patches."""
        return len(self.pointer) - 1

    @cached_property
    def corners(self) -> IntArray:
        """Corners of all tetrahedra by ascending node number, (n_tet, 4)."""
        return np.ascontiguousarray(np.sort(self.system.mesh.tets, axis=1))

    @cached_property
    def _mesh(self) -> tuple[FloatArray, IntArray, IntArray, IntArray]:
        nodes_m = np.ascontiguousarray(self.system.mesh.nodes_m, dtype=np.float64)
        graph = linear_kernels.tets_around_nodes(self.corners, len(nodes_m))
        return nodes_m, self.corners, *graph

    @cached_property
    def _medium(self) -> tuple[FloatArray, FloatArray]:
        system = self.system
        sigma = np.ascontiguousarray(system.sigma_siemens_per_m, dtype=np.float64)
        if system.relative is None:
            return sigma, np.empty((0, 6))
        rows, columns = np.triu_indices(3)
        return sigma, np.ascontiguousarray(system.relative[:, rows, columns])

    @cached_property
    def _measured(self) -> tuple[IntArray, FloatArray]:
        reach_m = np.ascontiguousarray(self.radii_m[:, 0])
        return _kernels.measure(self._mesh, self.pointer, self.tets, reach_m)

    @property
    def node_pointer(self) -> IntArray:
        """Where each patch begins in the list of all patches' nodes, (n_patch + 1,)."""
        return self._measured[0]

    @property
    def samples_m(self) -> FloatArray:
        """Where dA/dt is wanted, (n_patch, 16, 3), in metres."""
        balls = self._measured[1]
        return balls[:, None, :3] + balls[:, None, 3:] * _samples()[0]

    def slopes_at(self, tets: IntArray, points_m: FloatArray) -> FloatArray:
        """Compute the gradients of the functions of tetrahedra at points.

        Parameters
        ----------
        tets : (n,) int array
            Any of the mesh.
        points_m : (n, 3) array [m]
            One in each.

        Returns
        -------
        (n, n_shape, 3) array [1/m]
            In the order of `hierarchic.shapes`.
        """
        table = shapes(self.order)
        out = np.empty((len(tets), table.count, 3))
        for first in range(0, len(tets), CHUNK):
            some = slice(first, first + CHUNK)
            corner_m = self.system.mesh.nodes_m[self.corners[tets[some]]]
            centre_m = corner_m.mean(axis=1)
            slope = linear_kernels.shape_gradients(
                self.system.mesh.nodes_m, self.corners[tets[some]]
            )
            within = 0.25 + np.einsum("pic,pc->pi", slope, points_m[some] - centre_m)
            out[some] = np.einsum("psi,pic->psc", table.slopes_at(within), slope)
        return out

    def beside_m(self, tets: IntArray, points_m: FloatArray) -> FloatArray:
        """Move points to the nearest point of a quadrature rule in their tetrahedron.

        In its middle the functions of the last order hardly show; at these four points the
        mean square of their gradients is that of the tetrahedron.

        Parameters
        ----------
        tets : (n,) int array
            Which.
        points_m : (n, 3) array [m]
            One in each.

        Returns
        -------
        (n, 3) array [m]
            Inside.
        """
        corner_m = self.system.mesh.nodes_m[self.corners[tets]]
        places_m = QUADRATURE * corner_m + (1 - QUADRATURE) / 3 * (
            corner_m.sum(axis=1)[:, None] - corner_m
        )
        nearest = ((places_m - points_m[:, None]) ** 2).sum(axis=2).argmin(axis=1)
        return places_m[np.arange(len(tets)), nearest]

    def coefficients(
        self, potential_v: FloatArray, dadt_v_per_m: FloatArray
    ) -> tuple[FloatArray, IntArray]:
        """Solve all patches for one field.

        Parameters
        ----------
        potential_v : (n_node,) array [V]
            The linear solution.
        dadt_v_per_m : (n_patch, 16, 3) array [V/m]
            At `samples_m`.

        Returns
        -------
        coefficients : (n, n_shape) array [V]
            Of the shape functions of ``tets``; the first four are potentials at the corners.
        unknowns : (n_patch,) int array
            Solved for, rounded up to fours.

        Raises
        ------
        ConvergenceError
            When a patch cannot be solved.
        """
        harmonic = np.einsum("hs,psd->phd", _samples()[1], dadt_v_per_m)
        found, good, unknowns = _kernels.coefficients(
            self._mesh, self._medium, _table(self.order),
            (self.pointer, self.tets, self.radii_m),
            np.ascontiguousarray(potential_v, dtype=np.float64), np.ascontiguousarray(harmonic),
        )  # fmt: skip
        self._require(good)
        return found, unknowns

    def readings(
        self, by_patch: IntArray, tets: IntArray, points_m: FloatArray
    ) -> tuple[IntArray, FloatArray, FloatArray]:
        """Solve all patches for the weights that read the gradient at points.

        Parameters
        ----------
        by_patch : (n_patch + 1,) int array
            Where the points of each patch begin.
        tets : (n_point,) int array
            The place in ``tets`` of the tetrahedron that holds each point.
        points_m : (n_point, 3) array [m]
            The points.

        Returns
        -------
        nodes : (n_node of all patches,) int array
            As `node_pointer` says.
        of_potential : (2, n_weight) array [1/m]
            Of the potential at the patch's nodes, by point and component of the gradient;
            then of the last order's share in it, beside the point: see `beside_m`.
        of_dadt : (2, n_point, 3, 16, 3) array
            Of dA/dt at the samples.

        Raises
        ------
        ConvergenceError
            When a patch cannot be solved.
        """
        width = np.diff(self.node_pointer)
        sizes = 3 * np.repeat(width, np.diff(by_patch))
        holders = self.tets[tets]
        first = np.repeat(self.pointer[:-1], np.diff(by_patch))
        slopes = self.slopes_at(holders, points_m)
        beside = self.slopes_at(holders, self.beside_m(holders, points_m))
        start = np.concatenate([[0], np.cumsum(sizes)])
        nodes, of_potential, of_dadt, good = _kernels.readings(
            self._mesh, self._medium, _table(self.order),
            (self.pointer, self.tets, self.radii_m, self.node_pointer),
            (by_patch, tets - first, slopes, beside, start), _samples()[1],
        )  # fmt: skip
        self._require(good)
        return nodes, of_potential, of_dadt

    def _require(self, good: IntArray) -> None:
        if not good.all():
            first = self.tets[self.pointer[np.flatnonzero(~good)[0]]]
            x, y, z = self.system.mesh.centroids_m[first].round(4)
            msg = (
                f"{int((~good).sum())} of {len(good)} local problems cannot be solved, the "
                f"first at ({x}, {y}, {z}) m: their matrix is not positive. Repair the mesh "
                "(`repair`), or read with order 1."
            )
            raise ConvergenceError(msg)


def _reaches(order: int, reach_edges: float) -> FloatArray:
    """Reach of each order in edges, (order,), the linear functions' first."""
    steps = STEP * np.arange(order - 2, -1, -1)
    return reach_edges * (1 + np.concatenate([[steps[0] + LINEAR_STEP], steps]))


def edges_around_m(mesh: TetMesh, tets: IntArray) -> FloatArray:
    """Measure the typical edge around tetrahedra, (n,), in metres.

    Parameters
    ----------
    mesh : TetMesh
        Any mesh.
    tets : (n,) int array
        Which.

    Returns
    -------
    (n,) array [m]
        Edge of the regular tetrahedron with the mean volume of those that touch each.
    """
    corner, size = mesh.tets.ravel(), len(mesh.nodes_m)
    total = np.bincount(corner, np.repeat(np.abs(mesh.volumes_m3), 4), size)
    number = np.maximum(np.bincount(corner, minlength=size), 1)
    volume = (total / number)[mesh.tets[tets]].mean(axis=1)
    return (6 * np.sqrt(2) * volume) ** (1 / 3)


@cache
def _table(order: int) -> Table:
    """Tell the kernels of the shape functions up to an order."""
    table = shapes(order)
    entity = np.array([0, 4, 10, 14])[table.kind] + table.place
    rank = np.array([int((entity[:s] == e).sum()) for s, e in enumerate(entity)])
    q = np.arange(order + 1)
    counts = np.stack([np.minimum(q, 1), q - 1, (q - 1) * (q - 2) // 2, _interior(q)])
    counts[:, 0] = 0
    return entity, table.degree, rank, np.maximum(counts, 0), _by_edge(table), table.loads


def _by_edge(table: Shapes) -> FloatArray:
    """Stiffness by the products of two coordinates' gradients, (n_shape, n_shape, 6).

    Gradients of the coordinates sum to zero, so that each one's square is minus its products
    with the others.
    """
    full = table.stiffness.reshape(table.count, table.count, 4, 4)
    columns = [
        full[..., i, j] + full[..., j, i] - full[..., i, i] - full[..., j, j] for i, j in EDGES
    ]
    return np.ascontiguousarray(np.stack(columns, axis=-1))


def _interior(q: IntArray) -> IntArray:
    return (q - 1) * (q - 2) * (q - 3) // 6


@cache
def _samples() -> tuple[FloatArray, FloatArray]:
    """Directions (16, 3), and the coefficients of the harmonics from values there."""
    turn = np.arange(DIRECTIONS) + 0.5
    z = 1 - 2 * turn / DIRECTIONS
    angle = np.pi * (1 + np.sqrt(5)) * turn
    flat = np.sqrt(1 - z * z)
    every = np.column_stack([flat * np.cos(angle), flat * np.sin(angle), z])
    values = np.empty((DIRECTIONS, N_HARMONIC))
    for place, row in zip(every, values, strict=True):
        harmonics(place[0], place[1], place[2], row)
    # pivots make the determinant large, and with it the errors of interpolation small
    pivot = cast("Any", qr(values.T, pivoting=True, mode="economic"))[2]
    chosen = np.sort(pivot[:N_HARMONIC])
    return every[chosen], np.linalg.inv(values[chosen])
