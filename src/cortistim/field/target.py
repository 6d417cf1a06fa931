"""The target: the patch of cortex around a point."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cortistim.errors import BadInputError
from cortistim.field.bars import ERROR_FACTOR
from cortistim.field.field import Field
from cortistim.field.hierarchic.refine import DEFAULT_ORDER
from cortistim.field.reader import PointReader
from cortistim.field.recovery.sampling import Sampler, head_sampler
from cortistim.geometry import freeze
from cortistim.head.head import Head
from cortistim.typing import FloatArray, IntArray

RADIUS_M = 0.005  # of every target patch; assumed: about half the width of a gyral crown
FARTHEST_M = 0.02  # assumed: a point farther from any cortex was given in another space
FEWEST = 5  # points of a mean that one bad element does not decide; assumed


@dataclass(frozen=True, eq=False)
class Target:
    """Mid-grey-matter points around a point of the cortex.

    Parameters
    ----------
    centre_m : (3,) array [m]
        In subject space.
    vertices : (n,) int array
        Vertices of the head's cortex within the radius.
    points : Sampler
        The same vertices, ready to have fields read at them.
    moved_m : float [m]
        How far the centre was moved to lie on the cortex; 0 when it was not.
    head : Head
        Whose cortex it is.
    order : int
        Highest order of the elements that fields are read with here.
    """

    centre_m: FloatArray
    vertices: IntArray
    points: Sampler
    moved_m: float
    head: Head
    order: int = DEFAULT_ORDER

    def __post_init__(self) -> None:
        """Freeze the centre."""
        freeze(self, "centre_m")

    @cached_property
    def reader(self) -> PointReader:
        """The one reading of the points: of direct solves, adjoint loads and responses."""
        return PointReader.around(self.head, self.points, self.order)

    def at_v_per_m(self, field: Field) -> FloatArray:
        """Read E of a direct solve at the points.

        Parameters
        ----------
        field : Field
            Of the same head; one of higher order is read as it is.

        Returns
        -------
        (n, 3) array [V/m]
            Of the target's order.
        """
        if field.highest_order > 1:
            return field.at_v_per_m(self.points)
        return self.reader.at_v_per_m(field)

    def bar_v_per_m(self, field: Field) -> float:
        """Estimate the numerical error of a direct solve here.

        Parameters
        ----------
        field : Field
            Of linear elements.

        Returns
        -------
        float [V/m]
            From what the last order adds over the whole target, as `field.bars` has it.
        """
        last = self.reader.last_v_per_m(field)
        return ERROR_FACTOR * float(np.sqrt((last**2).sum(axis=1).mean()))


def target_at(
    head: Head,
    point_m: FloatArray,
    *,
    radius_m: float = RADIUS_M,
    order: int = DEFAULT_ORDER,
) -> Target:
    """Take the patch of mid-grey surface around a point.

    A point without cortex within the radius is moved to the nearest mid-grey point; the
    move is reported in ``moved_m``.

    Parameters
    ----------
    head : Head
        With a cortex.
    point_m : (3,) array [m]
        In subject space.
    radius_m : float [m], optional
        Radius of the patch, straight through space.
    order : int, optional
        Highest order of the elements that fields will be read with, 1 to 6.

    Returns
    -------
    Target
        At least five points.

    Raises
    ------
    BadInputError
        When the point is more than 20 mm from the cortex.
    MissingAnatomyError
        When the head has no grey matter.
    """
    vertices = head.cortex.vertices_m
    patch = patch_around(vertices, point_m, radius_m=radius_m)
    if not patch.moved_m <= FARTHEST_M:
        x, y, z = np.asarray(point_m, dtype=float).round(4)
        msg = (
            f"a target must lie within {FARTHEST_M} m of the cortex; ({x}, {y}, {z}) m "
            f"in subject space lies {patch.moved_m:.4f} m away. Check its units and its space."
        )
        raise BadInputError(msg)
    sampler = head_sampler(head, vertices[patch.points])
    return Target(patch.centre_m, patch.points, sampler, patch.moved_m, head, order)


@dataclass(frozen=True, eq=False)
class PointPatch:
    """Points around a centre.

    Parameters
    ----------
    centre_m : (3,) array [m]
        One of the points where it was moved.
    points : (n,) int array
        Indices of the points within the radius.
    moved_m : float [m]
        How far the centre was moved; 0 when it was not.
    """

    centre_m: FloatArray
    points: IntArray
    moved_m: float


def patch_around(
    points_m: FloatArray, point_m: FloatArray, *, radius_m: float = RADIUS_M
) -> PointPatch:
    """Take the points around a place, which is moved to the nearest one where they are few.

    Parameters
    ----------
    points_m : (n_point, 3) array [m]
        Of a cortex, or those of an operator.
    point_m : (3,) array [m]
        The place.
    radius_m : float [m], optional
        Of the patch, straight through space.

    Returns
    -------
    PointPatch
        At least one point; how far the place may be moved is the caller's to judge.
    """
    centre_m = np.asarray(point_m, dtype=float)
    distance_m = np.linalg.norm(points_m - centre_m, axis=1)
    moved_m = 0.0
    if (distance_m <= radius_m).sum() < FEWEST:
        moved_m = float(distance_m.min())
        centre_m = points_m[distance_m.argmin()]
        distance_m = np.linalg.norm(points_m - centre_m, axis=1)
    return PointPatch(centre_m, np.flatnonzero(distance_m <= radius_m), moved_m)
