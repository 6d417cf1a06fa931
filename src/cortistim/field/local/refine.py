"""A field of higher order where it is read, from local problems on a linear solution."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from cortistim.errors import BadInputError
from cortistim.field import _kernels as linear_kernels
from cortistim.field.field import Field
from cortistim.field.hierarchic.refine import DEFAULT_ORDER, MAP_FRACTION, strong_tets
from cortistim.field.hierarchic.shapes import HIGHEST, shapes
from cortistim.field.local.patches import REACH_EDGES, LocalPatches
from cortistim.field.recovery.patches import Patches
from cortistim.field.recovery.sampling import Sampler
from cortistim.field.solver.fem import FemSystem
from cortistim.geometry import freeze
from cortistim.typing import FloatArray, IntArray

# Of the last order's share in the gradient, as for the global solve: the error was below it at
# 90 to 93 % of the points of ``benchmarks/head_accuracy.py``, whose median error is half the
# median bar.
ERROR_FACTOR = 0.7
# A field of one pose wants larger patches than readings, whose cost and size grow with the
# nodes of a patch at every point.
GROUP_EDGES = 1.5


@dataclass(frozen=True, eq=False, repr=False)
class LocalField(Field):
    """A linear field that is read from local problems of higher order in some tetrahedra.

    Parameters
    ----------
    head, coil, pose, didt_a_per_s, potential_v, convergence : see `Field`
        The linear field.
    patches : LocalPatches
        The problems.
    coefficients : (n, n_shape) array [V]
        Of the functions of each of the patches' tetrahedra.
    unknowns : (n_patch,) int array
        Of each problem.
    """

    patches: LocalPatches
    coefficients: FloatArray
    unknowns: IntArray

    def __post_init__(self) -> None:
        """Freeze the coefficients."""
        super().__post_init__()
        freeze(self, "coefficients")

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of ``references.bib``."""
        return (*super().sources, "szabo1991", "ainsworth2003")

    @property
    def highest_order(self) -> int:
        """Of the elements."""
        return self.patches.order

    def scaled_to(self, didt_a_per_s: float) -> "LocalField":
        """Return the field at another dI/dt, as in `Field`.

        Parameters
        ----------
        didt_a_per_s : float [A/s]
            Wanted.

        Returns
        -------
        LocalField
            Of the same pose.
        """
        factor = didt_a_per_s / self.didt_a_per_s
        scaled = super().scaled_to(didt_a_per_s)
        return replace(scaled, coefficients=self.coefficients * factor)

    def in_tets_v_per_m(self) -> FloatArray:
        """Compute E at the centre of every tetrahedron, (n_tet, 3), in V/m.

        Returns
        -------
        (n_tet, 3) array [V/m]
            At their centres.
        """
        e_v_per_m, tets = super().in_tets_v_per_m(), self.patches.tets
        centres_m = self.head.mesh.centroids_m[tets]
        slope = self._gradient(np.arange(len(tets)), centres_m)
        e_v_per_m[tets] = -self.dadt_v_per_m(centres_m) - slope
        return e_v_per_m

    def at_v_per_m(self, points: Sampler) -> FloatArray:
        """Read E at prepared points: of higher order in the patches, recovered elsewhere.

        Parameters
        ----------
        points : Sampler
            Prepared for this mesh.

        Returns
        -------
        (n_point, 3) array [V/m]
            E there.
        """
        where, row, rest = self._parted(points)
        e_v_per_m = super().at_v_per_m(rest)
        at_m = points.points_m[where]
        e_v_per_m[where] = -self.dadt_v_per_m(at_m) - self._gradient(row, at_m)
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
        where, row, rest = self._parted(points)
        error = super().error_v_per_m(rest)
        here = self._gradient(row, points.points_m[where], last=True)
        around = Patches(self.head.mesh, self.patches.tets).rms_around(
            self._rms_by_tet(), points.tets[where]
        )
        error[where] = ERROR_FACTOR * np.hypot(np.linalg.norm(here, axis=1), around)
        return error

    def _parted(self, points: Sampler) -> tuple[IntArray, IntArray, Sampler]:
        """Which points lie in the patches' tetrahedra, where there, and the other points."""
        row = np.full(len(self.head.mesh.tets) + 1, -1)  # the last for tetrahedron -1
        row[self.patches.tets] = np.arange(len(self.patches.tets))
        held = row[points.tets] >= 0
        rest = points  # what is read of held points is replaced
        if not points.prepared:
            rest = replace(points, tets=np.where(held, -1, points.tets))
        return np.flatnonzero(held), row[points.tets[held]], rest

    def _gradient(
        self, rows: IntArray, points_m: FloatArray, *, last: bool = False
    ) -> FloatArray:
        """Gradient of the potential, or of the last order's share in it, (n_point, 3)."""
        slopes = self.patches.slopes_at(self.patches.tets[rows], points_m)
        chosen = shapes(self.patches.order).degree >= (self.patches.order if last else 0)
        return np.einsum("ps,psc->pc", self.coefficients[rows][:, chosen], slopes[:, chosen])

    def _rms_by_tet(self) -> FloatArray:
        """Root mean square of the gradient of what the last order adds, by tetrahedron."""
        table, tets = shapes(self.patches.order), self.patches.tets
        used = np.flatnonzero(table.degree == self.patches.order)
        corner_m = self.head.mesh.nodes_m
        slope = linear_kernels.shape_gradients(corner_m, self.patches.corners[tets])
        metric = np.einsum("tic,tjc->tij", slope, slope).reshape(-1, 16)
        value = self.coefficients[:, used]
        square = np.einsum(
            "ta,tb,tk,abk->t", value, value, metric, table.stiffness[np.ix_(used, used)],
            optimize=True,
        )  # fmt: skip
        return np.sqrt(np.maximum(square, 0.0))


def refine_locally(
    field: Field,
    *places: Sampler,
    order: int = DEFAULT_ORDER,
    reach_edges: float = REACH_EDGES,
    group_edges: float = GROUP_EDGES,
    fractions: float | Sequence[float] = MAP_FRACTION,
    system: FemSystem | None = None,
) -> Field:
    """Solve local problems of higher order around the points where the field is strong.

    They cost a fraction of one linear solve. `hierarchic.refine_field` solves for the same
    functions on the whole head at once: it is slower and a little more accurate, and it
    checks this.

    Parameters
    ----------
    field : Field
        Solved with linear elements.
    *places : Sampler
        Where the field will be read. Each is judged for itself: strong is what is strong
        among its own points.
    order : int, optional
        Highest order, 1 to 6; 1 returns the field as it is.
    reach_edges : float, optional
        How many edge lengths the highest order reaches; each lower one reaches further.
    group_edges : float, optional
        Side of the cells whose tetrahedra share a problem, in edges.
    fractions : float or sequence of float, optional
        Share of the strongest field from which on points count; one for all sets of points
        or one for each.
    system : FemSystem, optional
        The head's, when it was built before.

    Returns
    -------
    Field
        A `LocalField` unless the order is 1 or all points lie outside the head.

    Raises
    ------
    BadInputError
        When the order or the reach is out of range.
    ConvergenceError
        When a local problem cannot be solved.
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
    system = system or FemSystem.of(field.head)
    patches = LocalPatches.around(field.head, system, tets, order, reach_edges, group_edges)
    samples_m = patches.samples_m
    dadt = field.dadt_v_per_m(samples_m.reshape(-1, 3)).reshape(samples_m.shape)
    coefficients, unknowns = patches.coefficients(field.potential_v, dadt)
    return LocalField(
        field.head, field.coil, field.pose, field.didt_a_per_s, field.potential_v,
        field.convergence, patches, coefficients, unknowns,
    )  # fmt: skip
