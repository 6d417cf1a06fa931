"""Reading many linear solutions at the same points, of any order."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from cortistim.errors import BadInputError
from cortistim.field.field import Field
from cortistim.field.hierarchic.shapes import HIGHEST
from cortistim.field.local.reading import LocalReading, local_reading
from cortistim.field.recovery.sampling import Recovery, Sampler, head_sampler
from cortistim.field.solver.fem import FemSystem
from cortistim.head.head import Head
from cortistim.typing import FloatArray


@dataclass(frozen=True, eq=False)
class PointReader:
    """E at points from linear solutions, and what the last order adds to it.

    Parameters
    ----------
    places : Sampler
        The points, all in the head.
    order : int
        Highest order; with 1 the points are read as ``places`` says.
    local : LocalReading
        Of that order; of the second where the order is 1, which then tells the error only.
    """

    places: Sampler
    order: int
    local: LocalReading

    @classmethod
    def of(
        cls,
        head: Head,
        points_m: FloatArray,
        *,
        order: int,
        recovery: Recovery = "harmonic",
        system: FemSystem | None = None,
    ) -> Self:
        """Prepare points.

        Parameters
        ----------
        head : Head
            What is solved on.
        points_m : (n_point, 3) array [m]
            In the subject's frame.
        order : int
            Highest order, 1 to 6.
        recovery : {"harmonic", "tissue", "element"}, optional
            How gradients are read with order 1.
        system : FemSystem, optional
            The head's, when it was built before.

        Returns
        -------
        PointReader
            Good for any coil and pose.

        Raises
        ------
        BadInputError
            When the order is out of range, or a point lies outside the head.
        """
        return cls.around(head, head_sampler(head, points_m, recovery=recovery), order, system)

    @classmethod
    def around(
        cls, head: Head, places: Sampler, order: int, system: FemSystem | None = None
    ) -> Self:
        """Prepare points that were found in the mesh before, as `of`.

        Parameters
        ----------
        head : Head
            What is solved on.
        places : Sampler
            The points, all in the head.
        order : int
            Highest order, 1 to 6.
        system : FemSystem, optional
            The head's, when it was built before.

        Returns
        -------
        PointReader
            Good for any coil and pose.

        Raises
        ------
        BadInputError
            When the order is out of range, or a point lies outside the head.
        """
        if order not in range(1, HIGHEST + 1):
            msg = f"the order must be between 1 and {HIGHEST}; got {order}."
            raise BadInputError(msg)
        outside = int((~places.inside).sum())
        if outside:
            msg = (
                f"points must lie inside the head; {outside} of {len(places.points_m)} lie "
                "outside. Check their units and their space, or leave them out."
            )
            raise BadInputError(msg)
        local = local_reading(head, places, order=max(order, 2), system=system)
        return cls(places, order, local)

    @property
    def samples_m(self) -> FloatArray:
        """Where dA/dt is wanted besides the points, (n_sample, 3), in metres."""
        return self.local.samples_m

    def read(
        self,
        potential_v: FloatArray,
        primary_v_per_m: FloatArray,
        samples_v_per_m: FloatArray,
    ) -> tuple[FloatArray, FloatArray]:
        """Read E of a block of solutions.

        Parameters
        ----------
        potential_v : (n_node, k) array [V]
            Linear solutions.
        primary_v_per_m : (n_point, 3, k) array [V/m]
            dA/dt at the points.
        samples_v_per_m : (n_sample, 3, k) array [V/m]
            And at `samples_m`.

        Returns
        -------
        e_v_per_m : (n_point, 3, k) array [V/m]
            E.
        last_v_per_m : (n_point, 3, k) array [V/m]
            What the last order adds to it; for order 1, what the second would.
        """
        if self.order > 1:
            both = potential_v, samples_v_per_m
            slope, last = self.local.gradient(*both), self.local.last_share(*both)
            return -primary_v_per_m - slope, -last
        slopes = [self.places.gradient(np.ascontiguousarray(v)) for v in potential_v.T]
        slope = np.stack(slopes, axis=-1)
        second = self.local.gradient(potential_v, samples_v_per_m)
        return -primary_v_per_m - slope, slope - second

    def adjoint(self, weight: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Apply the transpose: what reads a weighted sum of E from potential and dA/dt.

        Parameters
        ----------
        weight : (n_point,) array
            Weights of the points.

        Returns
        -------
        loads : (n_node, 3) array
            Minus column c dotted with the linear potential, plus
        positions_m : (n, 3) array [m]
            ... dA/dt at these places ...
        currents : (n, 3, 3) array
            ... by its component and c, is the weighted sum of E's component c.
        """
        primary = -weight[:, None, None] * np.eye(3)
        if self.order == 1:
            return self.places.adjoint_loads(weight), self.places.points_m, primary
        loads, currents = self.local.adjoint(weight)
        positions_m = np.vstack([self.places.points_m, self.samples_m])
        return loads, positions_m, np.concatenate([primary, -currents])

    def at_v_per_m(self, field: Field) -> FloatArray:
        """Read E of a linear field, (n_point, 3), in V/m."""
        return self._both(field)[0]

    def last_v_per_m(self, field: Field) -> FloatArray:
        """Read what the last order adds to E of a linear field, (n_point, 3), in V/m."""
        return self._both(field)[1]

    def _both(self, field: Field) -> tuple[FloatArray, FloatArray]:
        primary_v_per_m = field.dadt_v_per_m(self.places.points_m)
        samples_v_per_m = field.dadt_v_per_m(self.samples_m)
        both = primary_v_per_m[..., None], samples_v_per_m[..., None]
        e_v_per_m, last_v_per_m = self.read(field.potential_v[:, None], *both)
        return e_v_per_m[..., 0], last_v_per_m[..., 0]
