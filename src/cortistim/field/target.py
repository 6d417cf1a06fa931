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

RADIUS_M = 0.005
FARTHEST_M = 0.02
FEWEST = 5


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
    centre = np.asarray(point_m, dtype=float)
    distance = np.linalg.norm(vertices - centre, axis=1)
    moved = 0.0
    if (distance <= radius_m).sum() < FEWEST:
        moved = float(distance.min())
        if not moved <= FARTHEST_M:
            x, y, z = centre.round(4)
            msg = (
                f"a target must lie within {FARTHEST_M} m of the cortex; ({x}, {y}, {z}) m "
                f"in subject space lies {moved:.4f} m away. Check its units and its space."
            )
            raise BadInputError(msg)
        centre = vertices[distance.argmin()]
        distance = np.linalg.norm(vertices - centre, axis=1)
    chosen = np.flatnonzero(distance <= radius_m)
    places = head_sampler(head, vertices[chosen])
    return Target(centre, chosen, places, moved, head, order)
