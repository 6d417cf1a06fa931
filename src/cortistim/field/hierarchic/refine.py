"""A field with elements of higher order where it is read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import KDTree

from cortistim.errors import BadInputError
from cortistim.field.field import Field, primary_field_v_per_m
from cortistim.field.hierarchic.shapes import HIGHEST
from cortistim.field.hierarchic.space import Space
from cortistim.field.hierarchic.system import EnrichedSystem
from cortistim.field.recovery.patches import Patches
from cortistim.field.recovery.sampling import Sampler
from cortistim.field.solver.fem import TOLERANCE, FemSystem
from cortistim.geometry import freeze
from cortistim.head.mesh import TetMesh
from cortistim.typing import BoolArray, FloatArray, IntArray

DEFAULT_ORDER = 3
# Points with less than this share of the strongest field are read from linear elements, whose
# absolute error there is small beside that of the points that matter.
READ_FRACTION = 0.1
# The same for maps of the whole cortex: half the unknowns.
MAP_FRACTION = 0.2
STRONGEST_PERCENTILE = 99.5
# Each order reaches this many edge lengths beyond the tetrahedra of the next higher one. On a
# head 0.5 leaves 2 % to third order in a ball of 45 mm, 0.35 leaves 3.6 %; 0.8 leaves 0.6 % at
# twice the time.
REACH_EDGES = 0.5
# Of the last order's share in the gradient: the error was below it at 94 % of the points of
# ``benchmarks/head_accuracy.py`` at orders 2, 3 and 4 with a factor of 0.6.
ERROR_FACTOR = 0.7


@dataclass(frozen=True, eq=False, repr=False)
class EnrichedField(Field):
    """A field whose potential is of higher order in a region.

    Parameters
    ----------
    head, coil, pose, didt_a_per_s, potential_v, convergence : see `Field`
        The linear field.
    space : Space
        The functions.
    orders : (n_tet,) int array
        Of the tetrahedra; above 1 in the region.
    added_v : (n_added,) array [V]
        Coefficients of the functions above linear; ``potential_v`` holds those at the nodes.
    """

    space: Space
    orders: IntArray
    added_v: FloatArray

    def __post_init__(self) -> None:
        """Freeze the coefficients."""
        super().__post_init__()
        freeze(self, "added_v")

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of ``references.bib``."""
        return (*super().sources, "szabo1991", "ainsworth2003")

    @property
    def highest_order(self) -> int:
        """Of the elements."""
        return self.space.shapes.order

    def scaled_to(self, didt_a_per_s: float) -> "EnrichedField":
        """Return the field at another dI/dt, as in `Field`.

        Parameters
        ----------
        didt_a_per_s : float [A/s]
            Wanted.

        Returns
        -------
        EnrichedField
            Of the same pose.
        """
        factor = didt_a_per_s / self.didt_a_per_s
        return replace(super().scaled_to(didt_a_per_s), added_v=self.added_v * factor)

    def in_tets_v_per_m(self) -> FloatArray:
        """Compute E at the centre of every tetrahedron, (n_tet, 3), in V/m.

        Returns
        -------
        (n_tet, 3) array [V/m]
            At their centres.
        """
        e_v_per_m = super().in_tets_v_per_m()
        region = self.space.region
        rows = np.arange(len(region))
        centres = np.full((len(rows), 4), 0.25)
        e_v_per_m[region] -= self._added_gradient(rows, centres, lowest=2)
        return e_v_per_m

    def at_v_per_m(self, points: Sampler) -> FloatArray:
        """Read E at prepared points: of higher order in the region, recovered elsewhere.

        Parameters
        ----------
        points : Sampler
            Prepared for this mesh.

        Returns
        -------
        (n_point, 3) array [V/m]
            E there.
        """
        enriched, rest = self._parted(points)
        e_v_per_m = super().at_v_per_m(rest)
        where = np.flatnonzero(enriched)
        rows = self.space.place_in_region(points.tets[where])
        at_m = points.points_m[where]
        within = self.space.barycentric(rows, at_m)
        linear = self._linear_gradient(rows)
        slope = linear + self._added_gradient(rows, within, lowest=2)
        e_v_per_m[where] = -self.dadt_v_per_m(at_m) - slope
        return e_v_per_m

    def error_v_per_m(self, points: Sampler) -> FloatArray:
        """Estimate the numerical error of E at prepared points, as in `Field`.

        Parameters
        ----------
        points : Sampler
            Prepared for this mesh.

        Returns
        -------
        (n_point,) array [V/m]
            0 or more.
        """
        enriched, rest = self._parted(points)
        error = super().error_v_per_m(rest)
        where = np.flatnonzero(enriched)
        for order in range(2, self.space.shapes.order + 1):
            chosen = where[self.orders[points.tets[where]] == order]
            if len(chosen):
                error[chosen] = ERROR_FACTOR * self._last_share(points, chosen, order)
        return error

    def _parted(self, points: Sampler) -> tuple[BoolArray, Sampler]:
        """Which points lie in enriched tetrahedra, and a sampler of the others."""
        enriched = points.inside & (self.orders[points.tets] > 1)
        return enriched, replace(points, tets=np.where(enriched, -1, points.tets))

    def _linear_gradient(self, rows: IntArray) -> FloatArray:
        slopes, _ = self.space.metric_parts(rows)
        return np.einsum("pi,pic->pc", self.potential_v[self.space.tets[rows]], slopes)

    def _added_gradient(
        self, rows: IntArray, barycentric: FloatArray, *, lowest: int
    ) -> FloatArray:
        """Gradient of the functions from an order on, (n_point, 3)."""
        value = self._added_values(rows, lowest)
        shape_slopes = self.space.shapes.slopes_at(barycentric)
        slopes, _ = self.space.metric_parts(rows)
        along = np.einsum("ps,psi->pi", value, shape_slopes)
        return np.einsum("pi,pic->pc", along, slopes)

    def _added_values(self, rows: IntArray, lowest: int) -> FloatArray:
        number = self.space.numbers[rows]
        chosen = (number >= 0) & (self.space.shapes.degree >= max(lowest, 2))
        index = np.where(chosen, number - len(self.potential_v), 0)
        return np.where(chosen, self.added_v[index], 0.0)

    def _last_share(self, points: Sampler, chosen: IntArray, order: int) -> FloatArray:
        """Size of what the last order adds to the gradient, at points and around them."""
        tets, at_m = points.tets[chosen], points.points_m[chosen]
        rows = self.space.place_in_region(tets)
        within = self.space.barycentric(rows, at_m)
        here = np.linalg.norm(self._added_gradient(rows, within, lowest=order), axis=1)
        patches = Patches(self.head.mesh, self.space.region)
        around = patches.rms_around(self._rms_by_tet(order), tets)
        return np.hypot(here, around)

    def _rms_by_tet(self, order: int) -> FloatArray:
        """Root mean square of the gradient of what an order adds, by tetrahedron."""
        rows = np.arange(len(self.space.region))
        value = self._added_values(rows, order)
        used = np.flatnonzero(self.space.shapes.degree >= order)
        slopes, _ = self.space.metric_parts(rows)
        metric = np.einsum("tic,tjc->tij", slopes, slopes).reshape(-1, 16)
        square = np.zeros(len(rows))
        for a in used:
            image = metric @ self.space.shapes.stiffness[a, used].T
            square += value[:, a] * np.einsum("tb,tb->t", image, value[:, used])
        return np.sqrt(np.maximum(square, 0.0))


def refine_field(
    field: Field,
    *places: Sampler,
    order: int = DEFAULT_ORDER,
    reach_edges: float = REACH_EDGES,
    fractions: float | Sequence[float] = READ_FRACTION,
    system: FemSystem | None = None,
    tolerance: float = TOLERANCE,
) -> Field:
    """Solve anew with elements of higher order around the points where the field is strong.

    In a cortex one or two tetrahedra thick, linear elements leave 10 to 17 % of error in the
    vector however it is read. Elements of third order around the points alone take away most
    of it, at a fraction of the cost of having them everywhere.

    Parameters
    ----------
    field : Field
        Solved with linear elements: it tells where the field is strong.
    *places : Sampler
        Where the field will be read. Each is judged for itself: strong is what is strong
        among its own points.
    order : int, optional
        Highest order, 1 to 6; 1 returns the field as it is.
    reach_edges : float, optional
        How many edge lengths each order reaches beyond the next higher one.
    fractions : float or sequence of float, optional
        Share of the strongest field from which on points count; one for all sets of points
        or one for each.
    system : FemSystem, optional
        The head's, when it was built before.
    tolerance : float, optional
        On the relative residual.

    Returns
    -------
    Field
        An `EnrichedField` unless the order is 1 or all points lie outside the head.

    Raises
    ------
    BadInputError
        When the order is not between 1 and 6.
    ConvergenceError
        When the tolerance is not reached.
    """
    if order not in range(1, HIGHEST + 1):
        msg = f"the order must be between 1 and {HIGHEST}; got {order}."
        raise BadInputError(msg)
    if order == 1 or not places:
        return field
    shares = np.broadcast_to(fractions, len(places))
    sets = [strong_tets(field, *pair) for pair in zip(places, shares, strict=True)]
    tets = np.unique(np.concatenate(sets))
    if not len(tets):
        return field
    mesh = field.head.mesh
    orders = orders_around(mesh, tets, order, reach_edges)
    enriched = EnrichedSystem(system or FemSystem.of(field.head), orders)
    dadt = primary_field_v_per_m(
        field.coil, field.pose, enriched.load_points_m, field.didt_a_per_s
    )
    solved, convergence = enriched.solve(
        enriched.load(dadt)[:, None],
        tolerance=tolerance,
        start_v=field.potential_v[:, None],
    )
    potential, added = np.split(solved[:, 0], [len(mesh.nodes_m)])
    return EnrichedField(
        field.head, field.coil, field.pose, field.didt_a_per_s,
        potential, convergence, enriched.space, orders, added,
    )  # fmt: skip


def strong_tets(field: Field, points: Sampler, fraction: float = READ_FRACTION) -> IntArray:
    """List the tetrahedra that hold points where the field is strong among them.

    Parameters
    ----------
    field : Field
        Linear elements will do.
    points : Sampler
        Where it is read.
    fraction : float, optional
        Of the strongest field.

    Returns
    -------
    (n,) int array
        Each once; empty when no point lies in the head.
    """
    mesh = field.head.mesh
    tets = np.unique(points.tets[points.inside])
    if not len(tets):
        return tets
    at_m = mesh.centroids_m[tets]
    slope = field.gradient_in_tets(tets)
    strength = np.linalg.norm(field.dadt_v_per_m(at_m) + slope, axis=1)
    strongest = np.percentile(strength, STRONGEST_PERCENTILE)
    return tets[strength >= fraction * strongest]


def orders_around(
    mesh: TetMesh, tets: IntArray, order: int, reach_edges: float = REACH_EDGES
) -> IntArray:
    """Grade the order down with the distance from tetrahedra.

    Parameters
    ----------
    mesh : TetMesh
        Any mesh.
    tets : (n,) int array
        They and what lies within the reach get the full order; each such step further lowers
        it by one.
    order : int
        1 to 6.
    reach_edges : float, optional
        In their typical edges.

    Returns
    -------
    (n_tet,) int array
        1 to ``order``.
    """
    centres = mesh.centroids_m
    # the edge of a regular tetrahedron of the median volume
    edge_m = (6 * np.sqrt(2) * np.median(np.abs(mesh.volumes_m3[tets]))) ** (1 / 3)
    step_m = reach_edges * edge_m
    furthest = step_m * (order - 1)
    distance, _ = KDTree(centres[tets]).query(centres, distance_upper_bound=furthest)
    steps = np.floor(np.minimum(distance, furthest) / step_m).astype(np.int64)
    return np.maximum(order - steps, 1)
