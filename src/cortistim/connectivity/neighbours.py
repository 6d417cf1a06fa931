"""Which places of a search region touch each other."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from cortistim.geometry import freeze
from cortistim.typing import BoolArray, FloatArray, IntArray


class Neighbours(Protocol):
    """The places of a region, with the volume of each."""

    @property
    def sizes(self) -> FloatArray:
        """Volume (or area) of each place, (n_place,)."""
        ...

    def parts(self, chosen: BoolArray) -> IntArray:
        """Give the connected parts of chosen places numbers from 1, and 0 to all others.

        Parameters
        ----------
        chosen : (n_place,) bool array
            Which.
        """
        ...


@dataclass(frozen=True, eq=False)
class GridNeighbours:
    """Voxels, which touch across faces, edges and corners.

    Parameters
    ----------
    index : (n_place, 3) int array
        Indices of the voxels.
    voxel_m3 : float [m³]
        Volume of one.
    """

    index: IntArray
    voxel_m3: float

    def __post_init__(self) -> None:
        """Freeze the indices, from their corner."""
        freeze(self, "index")

    @property
    def sizes(self) -> FloatArray:
        """Volume of each place, (n_place,), in m³."""
        return np.full(len(self.index), self.voxel_m3)

    @cached_property
    def _places(self) -> tuple[tuple[IntArray, ...], tuple[int, ...]]:
        from_corner = self.index - self.index.min(axis=0)
        return tuple(from_corner.T), tuple((from_corner.max(axis=0) + 1).tolist())

    def parts(self, chosen: BoolArray) -> IntArray:
        """Give the connected parts of chosen places numbers from 1, and 0 to all others.

        Parameters
        ----------
        chosen : (n_place,) bool array
            Which.

        Returns
        -------
        (n_place,) int array
            Numbers of the parts.
        """
        from scipy.ndimage import label

        places, shape = self._places
        grid = np.zeros(shape, bool)
        grid[places] = chosen
        numbers: Any = label(grid, np.ones((3, 3, 3)))
        return numbers[0][places]


@dataclass(frozen=True, eq=False)
class MeshNeighbours:
    """Vertices, which touch along edges.

    Parameters
    ----------
    edges : (n_edge, 2) int array
        Between places.
    areas_m2 : (n_place,) array [m²]
        Of each.
    """

    edges: IntArray
    areas_m2: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "edges", "areas_m2")

    @property
    def sizes(self) -> FloatArray:
        """Area of each place, (n_place,), in m²."""
        return self.areas_m2

    def parts(self, chosen: BoolArray) -> IntArray:
        """Give the connected parts of chosen places numbers from 1, and 0 to all others.

        Parameters
        ----------
        chosen : (n_place,) bool array
            Which.

        Returns
        -------
        (n_place,) int array
            Numbers of the parts.
        """
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import connected_components

        count = len(self.areas_m2)
        within = self.edges[chosen[self.edges].all(axis=1)]
        graph = coo_matrix((np.ones(len(within)), tuple(within.T)), (count, count))
        number = np.asarray(connected_components(graph, directed=False)[1])
        out = np.zeros(count, np.int64)
        out[chosen] = np.unique(number[chosen], return_inverse=True)[1] + 1
        return out
