"""The field that users read: of higher order wherever it is asked for, with its error bar."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np

from cortistim.coil.coil import Coil
from cortistim.coil.named import as_coil
from cortistim.errors import BadInputError
from cortistim.field.field import Field, SurfaceField, solve_linear
from cortistim.field.hierarchic.refine import DEFAULT_ORDER, MAP_FRACTION, READ_FRACTION
from cortistim.field.hierarchic.shapes import HIGHEST
from cortistim.field.local.refine import refine_locally
from cortistim.field.recovery.sampling import Recovery, Sampler, head_sampler
from cortistim.field.solver.fem import TOLERANCE, FemSystem
from cortistim.head.head import Head
from cortistim.placement.pose import Pose, as_pose
from cortistim.typing import FloatArray


@dataclass(frozen=True, eq=False, repr=False)
class FineField(Field):
    """A field that solves local problems of higher order around whatever is read of it.

    Parameters
    ----------
    head, coil, pose, didt_a_per_s, potential_v, convergence : see `Field`
        The linear field beneath.
    order : int
        Highest order of the elements, 1 to 6.
    system : FemSystem
        The head's.

    Attributes
    ----------
    _kept : dict
        What was refined last.
    """

    order: int
    system: FemSystem
    _kept: dict[int, tuple[Sampler, Field]] = field(default_factory=dict, init=False)

    @property
    def highest_order(self) -> int:
        """Of the elements around what is read."""
        return self.order

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of ``references.bib``."""
        more = ("szabo1991", "ainsworth2003") if self.order > 1 else ()
        return tuple(dict.fromkeys((*super().sources, *more)))

    @property
    def linear(self) -> Field:
        """The same field, read from linear elements."""
        return Field(
            self.head,
            self.coil,
            self.pose,
            self.didt_a_per_s,
            self.potential_v,
            self.convergence,
        )

    def scaled_to(self, didt_a_per_s: float) -> Self:
        """Return the field at another dI/dt, as in `Field`.

        Parameters
        ----------
        didt_a_per_s : float [A/s]
            Wanted.

        Returns
        -------
        FineField
            Of the same pose.
        """
        return super().scaled_to(didt_a_per_s)

    def at_v_per_m(self, points: Sampler) -> FloatArray:
        """Read E at prepared points.

        Parameters
        ----------
        points : Sampler
            Made for this head's mesh; one with another recovery than harmonic reads the
            linear elements, as other programs do.

        Returns
        -------
        (n_point, 3) array [V/m]
            NaN outside the head.
        """
        return self._around(points).at_v_per_m(points)

    def error_v_per_m(self, points: Sampler) -> FloatArray:
        """Estimate the numerical error of E at prepared points, as in `Field`.

        Parameters
        ----------
        points : Sampler
            Made for this head's mesh.

        Returns
        -------
        (n_point,) array [V/m]
            A bar that the error stays below at about nine points of ten.
        """
        return self._around(points).error_v_per_m(points)

    def on_cortex(
        self, *, recovery: Recovery = "harmonic", places: Sampler | None = None
    ) -> SurfaceField:
        """Read E on the mid-grey-matter surface, as in `Field`.

        Parameters
        ----------
        recovery : {"harmonic", "tissue", "element"}, optional
            Others than harmonic read the linear elements.
        places : Sampler, optional
            The vertices of the head's cortex, when they were prepared before.

        Returns
        -------
        SurfaceField
            E at the surface's vertices, with its error bar.
        """
        places = places or head_sampler(
            self.head, self.head.cortex.vertices_m, recovery=recovery
        )
        return self._around(places, MAP_FRACTION).on_cortex(recovery=recovery, places=places)

    def _around(self, points: Sampler, fraction: float = READ_FRACTION) -> Field:
        """Return the field refined around points; of the last ones it is kept."""
        if self.order == 1 or points.recovery != "harmonic":
            return self.linear
        kept = self._kept.get(id(points))
        if kept is not None and kept[0] is points:
            return kept[1]
        found = refine_locally(
            self.linear, points, order=self.order, fractions=fraction, system=self.system
        )
        self._kept.clear()
        self._kept[id(points)] = points, found
        return found


def solve_field(
    head: Head,
    coil: Coil,
    pose: Pose,
    *,
    didt_a_per_s: float = 1e6,
    order: int = DEFAULT_ORDER,
    system: FemSystem | None = None,
    tolerance: float = TOLERANCE,
) -> FineField:
    """Solve for the field of a coil in a head, as accurately as ``cortistim field`` does.

    Parameters
    ----------
    head : Head
        Any mesh of one piece; it needs no cortex.
    coil : Coil
        Outside the head.
    pose : Pose
        Where the coil is.
    didt_a_per_s : float [A/s], optional
        Rate of the coil's current, by default 1 A/µs.
    order : int, optional
        Highest order of the elements around what is read; 1 for linear ones.
    system : FemSystem, optional
        The head's, when it was built before.
    tolerance : float, optional
        On the relative residual.

    Returns
    -------
    FineField
        Local problems around points are solved when the field is read there.

    Raises
    ------
    BadInputError
        When the rate is not finite, or the order is none.
    ConvergenceError
        When the tolerance is not reached.
    """
    if order not in range(1, HIGHEST + 1):
        msg = f"`order` must be between 1 and {HIGHEST}; got {order}."
        raise BadInputError(msg)
    if not np.isfinite(didt_a_per_s):
        msg = f"`didt_a_per_s` must be finite; got {didt_a_per_s}."
        raise BadInputError(msg)
    coil, pose = as_coil(coil), as_pose(pose)
    system = system or FemSystem.of(head)
    found = solve_linear(
        head, coil, pose, didt_a_per_s=didt_a_per_s, system=system, tolerance=tolerance
    )
    return FineField(
        head, coil, pose, didt_a_per_s, found.potential_v, found.convergence, order, system
    )
