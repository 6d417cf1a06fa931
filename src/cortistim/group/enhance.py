"""What neighbours on a surface say for each other: clusters by mass, and TFCE [smith2009]_."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cortistim.geometry import freeze
from cortistim.group._kernels import enhanced, labelled
from cortistim.typing import FloatArray, IntArray

EXTENT, HEIGHT = 1.0, 2.0
"""Powers of extent and height on surfaces."""


@dataclass(frozen=True, eq=False)
class Mesh:
    """Which vertices are neighbours, and the area of each.

    Parameters
    ----------
    n_vertex : int
        How many.
    triangles : (n_triangle, 3) int array
        Any number of parts.
    areas : (n_vertex,) array
        Weights of vertices in extents and masses, such as m².
    """

    n_vertex: int
    triangles: IntArray
    areas: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "triangles", "areas")

    @cached_property
    def links(self) -> tuple[IntArray, IntArray]:
        """Neighbours one after the other, and where those of each vertex begin."""
        t = self.triangles
        pairs = np.vstack([t[:, [0, 1]], t[:, [1, 2]], t[:, [2, 0]]])
        pairs = np.unique(np.vstack([pairs, pairs[:, ::-1]]), axis=0)
        first = np.searchsorted(pairs[:, 0], np.arange(self.n_vertex + 1))
        return first, np.ascontiguousarray(pairs[:, 1])


def tfce(mesh: Mesh, values: FloatArray) -> FloatArray:
    """Enhance values that have support around them, without a threshold [smith2009]_.

    ``∫ extent(h)^E · h^H dh`` from 0 to the value, with E = 1 and H = 2 as usual on surfaces;
    the integral is exact, because extents change only where a vertex comes in.

    Parameters
    ----------
    mesh : Mesh
        The surface.
    values : (n_vertex,) array
        Such as t; those below 0 are enhanced among themselves and stay below 0.

    Returns
    -------
    (n_vertex,) array
        In units that mean nothing by themselves.
    """
    first, neighbours = mesh.links
    values = np.ascontiguousarray(values, dtype=np.float64)
    out = []
    for sign in (1.0, -1.0):
        part = np.empty(len(values))
        enhanced(sign * values, first, neighbours, mesh.areas, EXTENT, HEIGHT, part)
        out.append(sign * part)
    return out[0] + out[1]


def clusters(mesh: Mesh, values: FloatArray, level: float) -> tuple[IntArray, FloatArray]:
    """Find clusters of values beyond a level, of either sign.

    Parameters
    ----------
    mesh : Mesh
        The surface.
    values : (n_vertex,) array
        Such as t.
    level : float
        Above 0.

    Returns
    -------
    labels : (n_vertex,) int array
        From 1; 0 where the level is not reached.
    masses : (n_cluster,) array
        Sum of values times areas, below 0 for clusters below 0 [maris2007]_.
    """
    first, neighbours = mesh.links
    values = np.ascontiguousarray(values, dtype=np.float64)
    labels = np.zeros(len(values), np.int64)
    count = 0
    for sign in (1.0, -1.0):
        part = np.zeros(len(values), np.int64)
        found = labelled(sign * values, first, neighbours, level, part)
        labels = np.where(part > 0, part + count, labels)
        count += found
    masses = np.bincount(labels, weights=values * mesh.areas, minlength=count + 1)[1:]
    return labels, masses.astype(float)
