"""Averages over the tetrahedra of one tissue around a place."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cortistim.head.mesh import TetMesh
from cortistim.typing import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Patches:
    """For every corner of chosen tetrahedra, the tetrahedra of the same tissue around it.

    Parameters
    ----------
    mesh : TetMesh
        Any mesh.
    region : (n_region,) int array
        The tetrahedra that take part.
    """

    mesh: TetMesh
    region: IntArray

    def mean_around(self, values: FloatArray, tets: IntArray) -> FloatArray:
        """Average values of the region's tetrahedra around others.

        Parameters
        ----------
        values : (n_region, k) array
            One row for each tetrahedron of the region.
        tets : (n,) int array
            Where the mean is wanted; each in the region.

        Returns
        -------
        (n, 4, k) array
            By volume, at each corner.
        """
        wanted = self._keys(tets)
        return (
            np.stack([self._sums(column) for column in values.T], -1)[wanted]
            / (self._sums(np.ones(len(self.region)))[wanted, None])
        )

    def rms_around(self, values: FloatArray, tets: IntArray) -> FloatArray:
        """Compute the root mean square of values, (n_region,), around tetrahedra, (n,)."""
        squares = self.mean_around((values**2)[:, None], tets)
        return np.sqrt(squares.mean(axis=(1, 2)))

    def spread_around(self, vectors: FloatArray, tets: IntArray) -> FloatArray:
        """Compute the standard deviation of vectors, (n_region, 3), around tetrahedra, (n,)."""
        squares = self.mean_around((vectors**2).sum(axis=1)[:, None], tets)[..., 0]
        means = self.mean_around(vectors, tets)
        variance = squares - (means**2).sum(axis=2)
        return np.sqrt(np.maximum(variance, 0.0).mean(axis=1))

    @cached_property
    def _tags(self) -> IntArray:
        return np.unique(self.mesh.tags[self.region])

    def _keys(self, tets: IntArray) -> IntArray:
        tissue = np.searchsorted(self._tags, self.mesh.tags[tets])[:, None]
        return self.mesh.tets[tets] + tissue * len(self.mesh.nodes_m)

    def _sums(self, values: FloatArray) -> FloatArray:
        weight = np.abs(self.mesh.volumes_m3[self.region]) * values
        size = len(self._tags) * len(self.mesh.nodes_m)
        # weighted, so that the counts are floating: NumPy's stubs say indices
        return np.asarray(
            np.bincount(self._keys(self.region).ravel(), np.repeat(weight, 4), size), float
        )
