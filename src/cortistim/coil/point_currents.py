"""Current elements without extent, which stand for a coil that was reduced."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from cortistim.coil import _kernels
from cortistim.errors import BadInputError
from cortistim.geometry import freeze, transform
from cortistim.typing import FloatArray


@dataclass(frozen=True, eq=False)
class PointCurrents:
    """Current elements without extent: what stands for a coil that was reduced.

    Parameters
    ----------
    places_m : (n, 3) array [m]
        Where.
    currents_m : (n, 3) array [m]
        Current times length, per ampere of coil current.
    """

    places_m: FloatArray
    currents_m: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays; refuse what does not pair up."""
        freeze(self, "places_m", "currents_m", dtype=np.float64)
        shape = self.places_m.shape
        if len(shape) != 2 or shape[1] != 3 or shape != self.currents_m.shape or not shape[0]:
            msg = (
                "places_m and currents_m must both be (n, 3); got "
                f"{shape} and {self.currents_m.shape}."
            )
            raise BadInputError(msg)

    @property
    def arrays(self) -> tuple[FloatArray, ...]:
        """All numbers that the field depends on."""
        return self.places_m, self.currents_m

    def vector_potential_t_m(self, points_m: FloatArray) -> FloatArray:
        """Compute A per ampere, (n_point, 3), in T m: mu0/4pi sum p / |r|.

        Parameters
        ----------
        points_m : (n_point, 3) array [m]
            In coil space.

        Returns
        -------
        (n_point, 3) array [T m]
            A.
        """
        points = np.ascontiguousarray(points_m, dtype=np.float64)
        return _kernels.point_potential(points, self.places_m, self.currents_m)

    def vector_potential_slope_t(self, points_m: FloatArray) -> FloatArray:
        """Compute dA_i/dx_j per ampere, (n_point, 3, 3), in T.

        Parameters
        ----------
        points_m : (n_point, 3) array [m]
            In coil space.

        Returns
        -------
        (n_point, 3, 3) array [T]
            Component, direction.
        """
        points = np.ascontiguousarray(points_m, dtype=np.float64)
        return _kernels.point_slope(points, self.places_m, self.currents_m)

    def flux_density_t(self, points_m: FloatArray) -> FloatArray:
        """Compute B per ampere, (n_point, 3), in T: the curl of A.

        Parameters
        ----------
        points_m : (n_point, 3) array [m]
            In coil space.

        Returns
        -------
        (n_point, 3) array [T]
            B.
        """
        slope = self.vector_potential_slope_t(points_m)
        pairs = ((2, 1), (0, 2), (1, 0))
        return np.stack([slope[:, i, j] - slope[:, j, i] for i, j in pairs], axis=1)

    def moved(self, matrix_m: FloatArray) -> Self:
        """Return the elements after a rigid motion, (4, 4).

        Parameters
        ----------
        matrix_m : (4, 4) array [m]
            A rigid motion.

        Returns
        -------
        PointCurrents
            Moved.
        """
        return replace(
            self,
            places_m=transform(matrix_m, self.places_m),
            currents_m=self.currents_m @ matrix_m[:3, :3].T,
        )

    def scaled(self, factor: float) -> Self:
        """Return the elements with the coil's current times a factor.

        Parameters
        ----------
        factor : float
            Times the current.

        Returns
        -------
        PointCurrents
            Of the same places.
        """
        return replace(self, currents_m=factor * self.currents_m)
