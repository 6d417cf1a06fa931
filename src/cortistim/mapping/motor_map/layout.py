"""Pulses of a motor map in the plane that fits them best."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.spatial import ConvexHull, KDTree, QhullError

from cortistim.errors import BadInputError
from cortistim.geometry import freeze
from cortistim.typing import BoolArray, FloatArray, IntArray

FEWEST_PULSES = 8
PIXEL_M = 1e-3
MOST_PIXELS = 60_000
NEIGHBOURS = 24  # a redraw of pulses misses all of them about once in 10^10
THINNEST = 1e-4  # of the second axis against the first: less is a line
LARGEST_M = 0.3  # across a map: more is no head


@dataclass(frozen=True, eq=False)
class Frame:
    """A plane with a raster.

    Parameters
    ----------
    centre_m : (3,) array [m]
        A point of the plane.
    axes : (3, 3) array
        Rows: along the longest extent, across it, and the normal.
    pixels_m : (n_pixel, 2) array [m]
        Centres of the raster's pixels, in the plane.
    pixel_m : float [m]
        Edge of a pixel.
    flatness_m : float [m]
        Root mean square distance of the points from the plane.
    """

    centre_m: FloatArray
    axes: FloatArray
    pixels_m: FloatArray
    pixel_m: float
    flatness_m: float

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "centre_m", "axes", "pixels_m")

    def in_plane_m(self, points_m: FloatArray) -> FloatArray:
        """Return coordinates, (n, 2) in m, of points in the plane."""
        return (points_m - self.centre_m) @ self.axes[:2].T

    def in_space_m(self, plane_m: FloatArray) -> FloatArray:
        """Return points, (n, 3) in m, of coordinates in the plane."""
        return self.centre_m + plane_m @ self.axes[:2]


def frame_of(points_m: FloatArray) -> Frame:
    """Fit a plane to points and lay a raster over them.

    Parameters
    ----------
    points_m : (n, 3) array [m]
        Where pulses took effect.

    Returns
    -------
    Frame
        With pixels of 1 mm, or larger ones where those would be too many.

    Raises
    ------
    BadInputError
        When the points are too few, lie on a line, or spread wider than a head.
    """
    if len(points_m) < FEWEST_PULSES:
        msg = f"a map takes {FEWEST_PULSES} pulses or more; got {len(points_m)}."
        raise BadInputError(msg)
    centre = points_m.mean(axis=0)
    _, sizes, axes = np.linalg.svd(points_m - centre, full_matrices=False)
    if sizes[1] <= THINNEST * max(sizes[0], 1e-12):
        msg = (
            "the pulses of a map must spread over an area; these lie on a line or in one "
            "point. Stimulate places beside it."
        )
        raise BadInputError(msg)
    axes = axes * np.where(axes[np.arange(3), np.abs(axes).argmax(axis=1)] < 0, -1, 1)[:, None]
    plane = (points_m - centre) @ axes[:2].T
    low, high = plane.min(axis=0), plane.max(axis=0)
    if (high - low).max() > LARGEST_M:
        msg = (
            f"coordinates must be in mm, and lie on one head; these reach over "
            f"{1e3 * (high - low).max():.0f} mm."
        )
        raise BadInputError(msg)
    edge = max(PIXEL_M, float(np.sqrt(np.prod(high - low) / MOST_PIXELS)))
    across, along = (np.arange(a + edge / 2, b, edge) for a, b in zip(low, high, strict=True))
    pixels = np.stack(np.meshgrid(across, along, indexing="ij"), axis=-1).reshape(-1, 2)
    flatness = float(np.sqrt(np.mean(((points_m - centre) @ axes[2]) ** 2)))
    return Frame(centre, axes, pixels, edge, flatness)


@dataclass(frozen=True, eq=False)
class MotorMap:
    """Pulses with their responses, in a frame.

    Parameters
    ----------
    frame : Frame
        Their plane.
    points_m : (n, 3) array [m]
        Where each pulse took effect.
    response_v : (n,) array [V]
        Peak to peak, 0 where there was none.
    criterion_v : float [V]
        What counts as a response is above it.
    cell_m : float [m]
        Edge of the cells of the measures that count cells.
    """

    frame: Frame
    points_m: FloatArray
    response_v: FloatArray
    criterion_v: float
    cell_m: float

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "points_m", "response_v")

    @property
    def count(self) -> int:
        """How many pulses."""
        return len(self.points_m)

    @cached_property
    def plane_m(self) -> FloatArray:
        """Where the pulses are in the plane, (n, 2)."""
        return self.frame.in_plane_m(self.points_m)

    @cached_property
    def positive(self) -> BoolArray:
        """Which pulses had a response, (n,)."""
        return self.response_v > self.criterion_v

    @cached_property
    def inside(self) -> BoolArray:
        """Which pixels lie in the hull of the pulses, (n_pixel,)."""
        try:
            faces = ConvexHull(self.plane_m).equations
        except QhullError as error:
            msg = "the pulses of a map must spread over an area; these lie on a line."
            raise BadInputError(msg) from error
        below = self.frame.pixels_m @ faces[:, :2].T + faces[:, 2] <= 1e-9
        return np.asarray(below.all(axis=1))

    @cached_property
    def nearest(self) -> IntArray:
        """Nearest pulses of each pixel inside, (n_inside, k), from near to far."""
        k = min(NEIGHBOURS, self.count)
        found = KDTree(self.plane_m).query(self.frame.pixels_m[self.inside], k=k)[1]
        return np.asarray(found).reshape(-1, k)

    @cached_property
    def cell(self) -> IntArray:
        """Which cell each pulse lies in, (n,), numbered without gaps."""
        place = np.round(self.plane_m / self.cell_m).astype(int)
        return np.unique(place, axis=0, return_inverse=True)[1].reshape(-1)

    @cached_property
    def spacing_m(self) -> float:
        """Median distance from the middle of a cell's pulses to the nearest other one."""
        count = np.bincount(self.cell)
        middle = [np.bincount(self.cell, self.plane_m[:, k]) / count for k in (0, 1)]
        places = np.column_stack(middle)
        if len(places) < 2:
            return self.cell_m
        return float(np.median(KDTree(places).query(places, k=2)[0][:, 1]))


def map_in(
    frame: Frame,
    points_m: FloatArray,
    response_v: FloatArray,
    *,
    criterion_v: float = 50e-6,
    cell_m: float = 0.01,
) -> MotorMap:
    """Put pulses and responses into a frame.

    Parameters
    ----------
    frame : Frame
        Of these pulses, or of several maps that are compared.
    points_m : (n, 3) array [m]
        Where each pulse took effect.
    response_v : (n,) array [V]
        Peak to peak.
    criterion_v : float [V]
        What counts as a response is above it.
    cell_m : float [m]
        Edge of a cell.

    Returns
    -------
    MotorMap
        For `measure`.

    Raises
    ------
    BadInputError
        When there are too few pulses, or they lie on a line.
    """
    if len(points_m) < FEWEST_PULSES:
        msg = f"a map takes {FEWEST_PULSES} pulses or more; got {len(points_m)}."
        raise BadInputError(msg)
    made = MotorMap(frame, points_m, response_v, criterion_v, cell_m)
    _ = made.inside  # refuses a line now
    return made
