"""A regular lattice around a mesh, from which smooth fields are carried to its nodes."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cortistim.field import _kernels
from cortistim.geometry import freeze
from cortistim.typing import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Lattice:
    """Lattice points enough to interpolate cubically to given points.

    Parameters
    ----------
    points_m : (n_point, 3) array [m]
        Where values are wanted.
    spacing_m : float [m]
        Between lattice points. The vector potential of a wire at the distance d is off by
        about half of (spacing / d)⁴.
    """

    points_m: FloatArray
    spacing_m: float

    def __post_init__(self) -> None:
        """Freeze the points."""
        freeze(self, "points_m", dtype=np.float64)

    @cached_property
    def _origin_m(self) -> FloatArray:
        return self.points_m.min(axis=0) - 1.5 * self.spacing_m

    @cached_property
    def _positions(self) -> FloatArray:
        return (self.points_m - self._origin_m) / self.spacing_m

    @cached_property
    def _used(self) -> IntArray:
        """Lattice points that some interpolation needs, as a box of bools."""
        base = np.floor(self._positions).astype(int)
        used = np.zeros(base.max(axis=0) + 3, bool)
        used[tuple(base.T)] = True
        for axis in range(3):
            used = np.logical_or.reduce([np.roll(used, k, axis) for k in (-1, 0, 1, 2)])
        return used

    @cached_property
    def cells_m(self) -> FloatArray:
        """Where values must be given, (n_cell, 3), in metres."""
        return self._origin_m + self.spacing_m * np.argwhere(self._used)

    @cached_property
    def _number(self) -> IntArray:
        return (np.cumsum(self._used, dtype=np.int32) - 1).reshape(self._used.shape)

    def at_points(self, values: FloatArray) -> FloatArray:
        """Interpolate.

        Parameters
        ----------
        values : (n_cell, k) array
            At `cells_m`.

        Returns
        -------
        (n_point, k) array
            At the points.
        """
        return _kernels.interpolate_cubic(
            self._positions, self._number, np.ascontiguousarray(values)
        )
