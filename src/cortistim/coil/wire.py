"""Wire: its section, its resistance, and the inductance of paths that it takes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cortistim.coil.current import Segments
from cortistim.coil.loops import GMD_OF_CIRCLE, GMD_OF_RECTANGLE, MU0_H_PER_M
from cortistim.errors import BadInputError
from cortistim.typing import FloatArray

COPPER_OHM_M = 1.7241e-8
"""Annealed copper at 20 °C, the international standard; warm copper has 0.4 % more per °C."""
MOST_PIECES = 30_000
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Wire:
    """A wire's section.

    Parameters
    ----------
    width_m, height_m : float [m]
        Of a rectangle; both the diameter of round wire.
    round_section : bool
        A circle, not a rectangle.
    """

    width_m: float
    height_m: float
    round_section: bool = False

    def __post_init__(self) -> None:
        """Refuse wire without a section."""
        if not (0 < self.width_m < np.inf and 0 < self.height_m < np.inf):
            size = f"{self.width_m} x {self.height_m} m"
            msg = f"wire must be wider and higher than 0, and finite; got {size}."
            raise BadInputError(msg)

    @property
    def area_m2(self) -> float:
        """Cross-section, in m²."""
        return self.width_m * self.height_m * (np.pi / 4 if self.round_section else 1.0)

    @property
    def gmd_m(self) -> float:
        """Geometric mean distance of the section from itself, in metres."""
        if self.round_section:
            return GMD_OF_CIRCLE * self.width_m / 2
        return GMD_OF_RECTANGLE * (self.width_m + self.height_m)

    def resistance_ohm(self, length_m: float, frequency_hz: float = 0.0) -> float:
        """Compute the resistance of a length of copper.

        Parameters
        ----------
        length_m : float [m]
            Of wire.
        frequency_hz : float [Hz], optional
            The current is taken to fill a rim one skin depth deep. Neighbouring turns push
            it further aside (proximity), which is left out: close windings have up to a few
            times more.

        Returns
        -------
        float
            Ohm.
        """
        rim_m = np.inf if frequency_hz == 0 else skin_depth_m(frequency_hz)
        width_m, height_m = (
            max(0.0, size_m - 2 * rim_m) for size_m in (self.width_m, self.height_m)
        )
        hollow = width_m * height_m * (np.pi / 4 if self.round_section else 1.0)
        return COPPER_OHM_M * length_m / (self.area_m2 - hollow)


def skin_depth_m(frequency_hz: float) -> float:
    """Return the depth to which an alternating current enters copper.

    Parameters
    ----------
    frequency_hz : float [Hz]
        Positive.

    Returns
    -------
    float
        Metres: sqrt(rho / (pi f mu0)).
    """
    return float(np.sqrt(COPPER_OHM_M / (np.pi * frequency_hz * MU0_H_PER_M)))


def closed_path(corners_m: FloatArray) -> Segments:
    """Join the corners of a path, and the last to the first.

    Parameters
    ----------
    corners_m : (n_corner, 3) array [m]
        In the order in which positive current passes them.

    Returns
    -------
    Segments
        One per corner.

    Raises
    ------
    BadInputError
        When there are fewer than three corners, or two that follow each other are equal.
    """
    corners_m = np.asarray(corners_m, dtype=float)
    if len(corners_m) > 1 and np.array_equal(corners_m[0], corners_m[-1]):
        corners_m = corners_m[:-1]
    vectors_m = np.roll(corners_m, -1, axis=0) - corners_m
    if len(corners_m) < 3 or (np.linalg.norm(vectors_m, axis=1) == 0).any():
        msg = (
            "a path must have three or more corners, no two in a row the same; got "
            f"{len(corners_m)}."
        )
        raise BadInputError(msg)
    return Segments(corners_m + vectors_m / 2, vectors_m)


def path_inductances_h(paths: Sequence[Segments], wire: Wire) -> FloatArray:
    """Compute the self and mutual inductances of closed paths of wire.

    Neumann's double integral, with the distance softened by the wire's geometric mean
    distance g, mu0/4pi sum dl·dl' / sqrt(r² + g²), which for slender wire gives the
    inductance of a section that carries its current evenly.

    Parameters
    ----------
    paths : sequence of Segments
        Closed.
    wire : Wire
        That they are made of.

    Returns
    -------
    (n_path, n_path) array
        Henry; signed by the directions of the paths.

    Raises
    ------
    BadInputError
        When the wire is too long for its thickness to be followed.
    """
    pieces = [_pieces(path, wire.gmd_m) for path in paths]
    total = sum(len(points) for points, _ in pieces)
    if total > MOST_PIECES:
        msg = (
            f"an inductance needs pieces as short as the wire is thick; {total} are too many. "
            "Take thicker wire, or fewer and shorter paths."
        )
        raise BadInputError(msg)
    matrix_h = np.empty((len(paths), len(paths)))
    for i, one in enumerate(pieces):
        for j, other in enumerate(pieces[: i + 1]):
            matrix_h[i, j] = matrix_h[j, i] = _neumann_h(one, other, wire.gmd_m)
    return matrix_h


def _pieces(path: Segments, longest_m: float) -> tuple[FloatArray, FloatArray]:
    """Cut a path into pieces no longer than a length: their middles and vectors."""
    counts = np.ceil(np.linalg.norm(path.vectors_m, axis=1) / longest_m).astype(int)
    counts = np.maximum(counts, 1)
    owner = np.repeat(np.arange(len(counts)), counts)
    first = np.cumsum(counts) - counts
    share = (np.arange(counts.sum()) - first[owner] + 0.5) / counts[owner] - 0.5
    whole_m = path.vectors_m[owner]
    return path.centres_m[owner] + share[:, None] * whole_m, whole_m / counts[owner][:, None]


def _neumann_h(
    one: tuple[FloatArray, FloatArray], other: tuple[FloatArray, FloatArray], gmd_m: float
) -> float:
    total = 0.0
    for start in range(0, len(one[0]), CHUNK):
        here = slice(start, start + CHUNK)
        apart = one[0][here, None] - other[0]
        inverse = 1 / np.sqrt((apart**2).sum(axis=-1) + gmd_m**2)
        total += float((inverse * (one[1][here] @ other[1].T)).sum())
    return MU0_H_PER_M / (4 * np.pi) * total
