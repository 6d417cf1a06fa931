"""What carries a coil's field besides dipoles: wire, or a grid."""

import warnings
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

from cortistim.coil import _kernels
from cortistim.errors import BadInputError
from cortistim.geometry import freeze, transform
from cortistim.typing import BoolArray, FloatArray
from cortistim.units import mm_from_m

# Chords this close to the wire change A by less than 1e-3 where a head can be.
SAGITTA_M, LONGEST_M = 2.5e-5, 5e-3
CONTACT_M = 1e-6
SLOPE_STEP_M = 1e-4


class OutsideGridWarning(UserWarning):
    """A potential known on a grid was asked for beyond it."""


@dataclass(frozen=True, eq=False)
class Segments:
    """Straight pieces of wire that carry the coil's current.

    Parameters
    ----------
    centres_m : (n_segment, 3) array [m]
        Their middles.
    vectors_m : (n_segment, 3) array [m]
        From start to end, along positive current. A factor of the current scales them.
    weight : float
        A factor of the current.
    """

    centres_m: FloatArray
    vectors_m: FloatArray
    weight: float = 1.0

    def __post_init__(self) -> None:
        """Freeze the arrays; refuse what is no wire."""
        freeze(self, "centres_m", "vectors_m", dtype=np.float64)
        shape = self.centres_m.shape
        if len(shape) != 2 or shape[1] != 3 or shape != self.vectors_m.shape or not shape[0]:
            msg = (
                "centres_m and vectors_m must both be (n_segment, 3); got "
                f"{shape} and {self.vectors_m.shape}."
            )
            raise BadInputError(msg)
        if not (np.isfinite(self.centres_m).all() and np.isfinite(self.vectors_m).all()):
            msg = "segments must be finite; some are not. Export them again."
            raise BadInputError(msg)

    @property
    def places_m(self) -> FloatArray:
        """Where the current runs, (n_segment, 3), in metres."""
        return self.centres_m

    @property
    def arrays(self) -> tuple[FloatArray, ...]:
        """All numbers that the field depends on."""
        return self.centres_m, self.vectors_m, np.array([self.weight])

    def vector_potential_t_m(self, points_m: FloatArray) -> FloatArray:
        """Compute A per ampere, (n_point, 3), in T m: mu0/4pi sum v/L ln((s+L)/(s-L)).

        s is the sum of the distances to a segment's ends, L its length.

        Parameters
        ----------
        points_m : (n_point, 3) array [m]
            Off the wire.

        Returns
        -------
        (n_point, 3) array [T m]
            For 1 A.
        """
        points = np.ascontiguousarray(points_m, dtype=np.float64)
        potential = _kernels.segment_potential(points, self.centres_m, self.vectors_m)
        return self.weight * potential

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
        return self.weight * _kernels.segment_slope(points, self.centres_m, self.vectors_m)

    def flux_density_t(self, points_m: FloatArray) -> FloatArray:
        """Compute B per ampere, (n_point, 3), in T, by Biot and Savart's law.

        Parameters
        ----------
        points_m : (n_point, 3) array [m]
            Off the wire.

        Returns
        -------
        (n_point, 3) array [T]
            For 1 A.
        """
        points = np.ascontiguousarray(points_m, dtype=np.float64)
        return self.weight * _kernels.segment_flux(points, self.centres_m, self.vectors_m)

    def joined(self, *, sagitta_m: float = SAGITTA_M, longest_m: float = LONGEST_M) -> Self:
        """Return the wire in fewer pieces, each the chord of a run of the old ones.

        Wire exported every half millimetre costs ten times what its field needs.

        Parameters
        ----------
        sagitta_m : float, optional
            How far a corner may lie from the chord that replaces it.
        longest_m : float, optional
            Length of a chord at most.

        Returns
        -------
        Segments
            With the same ends wherever the wire has ends.
        """
        starts_m = self.centres_m - self.vectors_m / 2
        ends_m = starts_m + self.vectors_m
        gaps_m = np.linalg.norm(starts_m[1:] - ends_m[:-1], axis=1)
        follows = np.append(False, gaps_m < CONTACT_M)
        firsts, lasts, first = [], [], 0
        for last in range(1, len(follows) + 1):
            chained = last < len(follows) and follows[last]
            if chained and _straight(
                starts_m[first : last + 1], ends_m[last], sagitta_m, longest_m
            ):
                continue
            firsts.append(first)
            lasts.append(last - 1)
            first = last
        start_m, end_m = starts_m[firsts], ends_m[lasts]
        return replace(self, centres_m=(start_m + end_m) / 2, vectors_m=end_m - start_m)

    def moved(self, matrix_m: FloatArray) -> Self:
        """Return the wire after a rigid motion, (4, 4).

        Parameters
        ----------
        matrix_m : (4, 4) array [m]
            The motion.

        Returns
        -------
        Segments
            Elsewhere.
        """
        return replace(
            self,
            centres_m=transform(matrix_m, self.centres_m),
            vectors_m=self.vectors_m @ matrix_m[:3, :3].T,
        )

    def scaled(self, factor: float) -> Self:
        """Return the wire with its current times a factor.

        Parameters
        ----------
        factor : float
            Of the current.

        Returns
        -------
        Segments
            With another weight.
        """
        return replace(self, weight=self.weight * factor)


@dataclass(frozen=True, eq=False)
class SampledPotential:
    """A vector potential on a regular grid, interpolated trilinearly.

    Beyond the grid the value at the nearest place of its box is continued with the inverse
    square of the distance from the frame's origin, as a dipole's would fall off, and an
    `OutsideGridWarning` says how many points and how far: a made-up but continuous field,
    where a jump to zero would put charge on the edge of the box.

    Parameters
    ----------
    values_t_m : (n_x, n_y, n_z, 3) array [T m]
        Per ampere, components along the axes of the grid's frame.
    affine_m : (4, 4) array [m]
        From indices to the grid's frame.
    frame_m : (4, 4) array [m]
        Rigid, from the grid's frame to the coil's.
    """

    values_t_m: FloatArray
    affine_m: FloatArray
    frame_m: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays; refuse what is no grid."""
        freeze(self, "values_t_m", "affine_m", "frame_m", dtype=np.float64)
        shape = self.values_t_m.shape
        if len(shape) != 4 or shape[3] != 3 or min(shape[:3]) < 2:
            msg = f"a potential's grid must be (n_x, n_y, n_z, 3), 2 or more each; got {shape}."
            raise BadInputError(msg)
        if not np.isfinite(self.values_t_m).all() or not np.isfinite(self.affine_m).all():
            msg = "a potential's grid must be finite; it is not. Export it again."
            raise BadInputError(msg)
        if self.affine_m.shape != (4, 4) or abs(np.linalg.det(self.affine_m[:3, :3])) < 1e-15:
            msg = "a grid's affine must be 4x4 and span space; it does not. Export it again."
            raise BadInputError(msg)

    @property
    def places_m(self) -> FloatArray:
        """Nothing: a grid does not say where the current runs."""
        return np.empty((0, 3))

    @property
    def arrays(self) -> tuple[FloatArray, ...]:
        """All numbers that the field depends on."""
        return self.values_t_m, self.affine_m, self.frame_m

    @cached_property
    def _grid_from_coil(self) -> FloatArray:
        return np.linalg.inv(self.frame_m)

    @cached_property
    def _index_from_grid(self) -> FloatArray:
        return np.linalg.inv(self.affine_m)

    @property
    def step_m(self) -> float:
        """Shortest edge of a voxel, in metres."""
        return float(np.linalg.norm(self.affine_m[:3, :3], axis=0).min())

    def vector_potential_t_m(self, points_m: FloatArray) -> FloatArray:
        """Interpolate A per ampere, (n_point, 3), in T m; beyond the grid, see the class.

        Parameters
        ----------
        points_m : (n_point, 3) array [m]
            In the coil's frame.

        Returns
        -------
        (n_point, 3) array [T m]
            For 1 A.
        """
        local_m, inside, beyond = self._located(points_m)
        values = _kernels.trilinear(np.ascontiguousarray(inside), self.values_t_m)
        if beyond.any():
            warnings.warn(self.missed(points_m), OutsideGridWarning, stacklevel=3)
            edge_m = transform(self.affine_m, inside[beyond])
            near_m, far_m = (np.linalg.norm(at, axis=1) for at in (edge_m, local_m[beyond]))
            values[beyond] *= (np.minimum(1.0, near_m / far_m) ** 2)[:, None]
        return values @ self.frame_m[:3, :3].T

    def vector_potential_slope_t(self, points_m: FloatArray) -> FloatArray:
        """Differentiate A over 0.2 mm, (n_point, 3, 3), in T: component, direction.

        Parameters
        ----------
        points_m : (n_point, 3) array [m]
            In coil space.

        Returns
        -------
        (n_point, 3, 3) array [T]
            Component, direction.
        """
        points, slopes = np.asarray(points_m, dtype=float), []
        for step in SLOPE_STEP_M * np.eye(3):
            ahead, behind = (self.vector_potential_t_m(points + s) for s in (step, -step))
            slopes.append((ahead - behind) / (2 * SLOPE_STEP_M))
        return np.stack(slopes, axis=2)

    def missed(self, points_m: FloatArray) -> str:
        """Say how many points lie beyond the grid and how far; nothing when none does.

        Parameters
        ----------
        points_m : (n_point, 3) array [m]
            In the coil's frame.

        Returns
        -------
        str
            A sentence, or empty.
        """
        local_m, inside, beyond = self._located(points_m)
        if not beyond.any():
            return ""
        off_m = local_m[beyond] - transform(self.affine_m, inside[beyond])
        farthest_mm = mm_from_m(float(np.linalg.norm(off_m, axis=1).max()))
        return (
            f"{int(beyond.sum())} of {len(local_m)} points lie up to {farthest_mm:.0f} mm "
            "beyond the grid of the coil's potential; it is continued there with the inverse "
            "square of the distance. Use a coil of dipoles or wire, or a larger grid."
        )

    def _located(self, points_m: FloatArray) -> tuple[FloatArray, FloatArray, BoolArray]:
        """Return points in the grid's frame, their indices within it, and who is beyond."""
        local_m = transform(self._grid_from_coil, np.asarray(points_m, dtype=float))
        index = transform(self._index_from_grid, local_m)
        inside = np.clip(index, 0, np.array(self.values_t_m.shape[:3]) - 1)
        return local_m, inside, np.abs(index - inside).max(axis=1, initial=0.0) > 1e-9

    def flux_density_t(self, points_m: FloatArray) -> FloatArray:
        """Differentiate the interpolated A, (n_point, 3), in T per ampere: B = curl A.

        Parameters
        ----------
        points_m : (n_point, 3) array [m]
            In the coil's frame.

        Returns
        -------
        (n_point, 3) array [T]
            For 1 A.
        """
        points = np.asarray(points_m, dtype=float)
        half_m = self.step_m / 2
        slope = np.stack(
            [
                self.vector_potential_t_m(points + half_m * axis)
                - self.vector_potential_t_m(points - half_m * axis)
                for axis in np.eye(3)
            ],
            axis=1,
        ) / (2 * half_m)
        return np.stack(
            [
                slope[:, 1, 2] - slope[:, 2, 1],
                slope[:, 2, 0] - slope[:, 0, 2],
                slope[:, 0, 1] - slope[:, 1, 0],
            ],
            axis=1,
        )

    def moved(self, matrix_m: FloatArray) -> Self:
        """Return the grid after a rigid motion, (4, 4).

        Parameters
        ----------
        matrix_m : (4, 4) array [m]
            The motion.

        Returns
        -------
        SampledPotential
            Elsewhere.
        """
        return replace(self, frame_m=matrix_m @ self.frame_m)

    def scaled(self, factor: float) -> Self:
        """Return the grid with the coil's current times a factor.

        Parameters
        ----------
        factor : float
            Of the current.

        Returns
        -------
        SampledPotential
            Of the other current.
        """
        return replace(self, values_t_m=self.values_t_m * factor)


def _straight(
    corners_m: FloatArray, end_m: FloatArray, sagitta_m: float, longest_m: float
) -> bool:
    """Whether a run of corners lies along the chord from the first to an end."""
    chord_m = end_m - corners_m[0]
    length_m = np.linalg.norm(chord_m)
    if not 0 < length_m <= longest_m:
        return False
    aside_m = np.linalg.norm(np.cross(corners_m - corners_m[0], chord_m), axis=1) / length_m
    return bool(aside_m.max() <= sagitta_m)
