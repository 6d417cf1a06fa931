"""How long the edges of a head mesh are, and where."""

from dataclasses import dataclass
from itertools import product

import numpy as np

from cortistim.errors import BadInputError
from cortistim.head.mesher import topology
from cortistim.head.tissues import CSF, GREY, WHITE
from cortistim.typing import BoolArray, FloatArray, IntArray

COIL_LEVEL = 0.35
SKULL_TO_CORTEX = 1.2  # inside of the skull: between the two is a thin layer of CSF
HALF_OF_NEIGHBOURS = np.array([s for s in product((-1, 0, 1), repeat=3) if s > (0, 0, 0)])


@dataclass(frozen=True, slots=True)
class MeshSizes:
    """Longest edges by place; about 1.4 times the mean edge.

    Parameters
    ----------
    cortex_m : float [m]
        At the borders of white and grey matter that a coil can reach; 1.2 times as long at
        the inside of the skull above them.
    deep_m : float [m]
        At the same borders deeper in the head.
    surface_m : float [m]
        At all other borders: skull, scalp, eyes.
    bulk_m : float [m]
        Far from any border.
    reach_m : float [m]
        How far below the outer surface the cortex counts as reached. The lowest 35 % of the
        labelled height, where no coil is put, do not count as outer surface.
    growth : float
        How much the edges may grow per unit of distance.
    """

    cortex_m: float = 0.0029
    deep_m: float = 0.0048
    surface_m: float = 0.0048
    bulk_m: float = 0.0096
    reach_m: float = 0.030
    growth: float = 0.8

    def __post_init__(self) -> None:
        """Refuse sizes that cannot be met."""
        values = (self.cortex_m, self.deep_m, self.surface_m, self.bulk_m, self.growth)
        if not all(0 < value < np.inf for value in values):
            msg = f"mesh sizes must be positive and finite; got {self}."
            raise BadInputError(msg)

    @property
    def finest_m(self) -> float:
        """The shortest of the longest edges, in metres."""
        return min(self.cortex_m, self.deep_m, self.surface_m, self.bulk_m)


def size_field(
    labels: IntArray, spacing_m: FloatArray, heights_m: FloatArray, sizes: MeshSizes
) -> FloatArray:
    """Return the longest edge wanted at each voxel.

    Parameters
    ----------
    labels : (nx, ny, nz) int array
        Tissue tags, 0 outside.
    spacing_m : (3,) array [m]
        Voxel size.
    heights_m : (nx, ny, nz) array [m]
        Height of each voxel: its z in subject space.
    sizes : MeshSizes
        Edges by place.

    Returns
    -------
    (nx, ny, nz) array [m]
        Its slope is at most ``sizes.growth``, but for chamfer steps.
    """
    wanted = np.where(labels > 0, sizes.bulk_m, 4 * sizes.bulk_m)
    wanted[_at_interface(labels)] = sizes.surface_m
    cortical = _at_interface(np.where(np.isin(labels, (WHITE, GREY)), labels, 0))
    skull = _at_interface(np.isin(labels, (WHITE, GREY, CSF)))
    reached = _depth(labels, spacing_m, heights_m) < sizes.reach_m
    wanted[skull & reached] = min(SKULL_TO_CORTEX * sizes.cortex_m, sizes.surface_m)
    wanted[cortical & ~reached] = sizes.deep_m
    wanted[cortical & reached] = sizes.cortex_m
    _limit_growth(wanted, spacing_m, sizes.growth)
    return wanted


def _at_interface(labels: IntArray | BoolArray) -> BoolArray:
    """Mark the voxels with a neighbour, across a face, of another label."""
    found = np.zeros(labels.shape, dtype=bool)
    for axis in range(3):
        change = np.diff(labels.astype(np.int16), axis=axis) != 0
        low, high = np.moveaxis(found, axis, 0)[:-1], np.moveaxis(found, axis, 0)[1:]
        low |= np.moveaxis(change, axis, 0)
        high |= np.moveaxis(change, axis, 0)
    return found


def _depth(labels: IntArray, spacing_m: FloatArray, heights_m: FloatArray) -> FloatArray:
    """Distance in metres to the air where a coil can be: beside and above the brain case."""
    low, high = (reduce(heights_m[labels > 0]) for reduce in (np.min, np.max))
    open_air = (labels == 0) & (heights_m > low + COIL_LEVEL * (high - low))
    depth = np.where(open_air, 0.0, np.inf)
    _limit_growth(depth, spacing_m, 1.0)
    return depth


def _limit_growth(values: FloatArray, spacing_m: FloatArray, growth: float) -> None:
    lengths = np.linalg.norm(HALF_OF_NEIGHBOURS * spacing_m, axis=1)
    topology.limit_growth(values, HALF_OF_NEIGHBOURS, growth * lengths)
