"""Values of one hemisphere at the vertices of another that lies on the same sphere."""

from dataclasses import dataclass

import numpy as np

from cortistim.errors import BadInputError
from cortistim.geometry import freeze, unit
from cortistim.head.cortex.hemispheres import Parcels
from cortistim.typing import FloatArray, IntArray

NEIGHBOURS = 24  # triangles tried per vertex, the closest centres first
SLACK = 1e-6  # of barycentric weights, for vertices on an edge


@dataclass(frozen=True, eq=False)
class SphereMap:
    """For each vertex of a template, the triangle of the subject that lies under it.

    Parameters
    ----------
    corners : (n_vertex, 3) int array
        Vertices of the subject.
    weights : (n_vertex, 3) array
        Barycentric weights; they sum to one.
    """

    corners: IntArray
    weights: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "corners", "weights")

    def values(self, values: FloatArray) -> FloatArray:
        """Interpolate values; corners that are NaN do not count.

        Parameters
        ----------
        values : (n_subject_vertex,) array
            At the subject's vertices.

        Returns
        -------
        (n_vertex,) array
            At the template's; NaN where all three corners are.
        """
        at = values[self.corners]
        known = np.isfinite(at)
        share = (self.weights * known).sum(axis=1)
        total = (self.weights * np.where(known, at, 0.0)).sum(axis=1)
        return np.divide(total, share, out=np.full(len(at), np.nan), where=share > 1e-3)

    def nearest(self) -> IntArray:
        """Return the subject's vertex that weighs most, (n_vertex,)."""
        return self.corners[np.arange(len(self.corners)), self.weights.argmax(axis=1)]

    def parcels(self, parcels: Parcels) -> Parcels:
        """Carry regions over: each vertex takes that of the nearest one."""
        return Parcels(
            parcels.name, parcels.numbers[self.nearest()], parcels.names, parcels.source
        )


def sphere_map(sphere: FloatArray, triangles: IntArray, onto: FloatArray) -> SphereMap:
    """Find the subject's triangle under each vertex of a template.

    Parameters
    ----------
    sphere : (n_subject_vertex, 3) array
        Unit vectors: the subject's registered sphere.
    triangles : (n_triangle, 3) int array
        Of the subject.
    onto : (n_vertex, 3) array
        Unit vectors: the template's sphere.

    Returns
    -------
    SphereMap
        Barycentric where a triangle holds the vertex; where the sphere is folded or has a
        hole, the nearest vertex counts alone.

    Raises
    ------
    BadInputError
        When the hemisphere has no registered sphere.
    """
    from scipy.spatial import KDTree

    if len(sphere) == 0:
        msg = (
            "mapping to fsaverage needs the subject's registered spheres (sphere.reg of "
            "FreeSurfer or charm); there are none. Give them as `surfaces`."
        )
        raise BadInputError(msg)
    centres = unit(sphere[triangles].mean(axis=1))
    count = min(NEIGHBOURS, len(centres))
    tries = np.asarray(KDTree(centres).query(onto, k=count)[1]).reshape(len(onto), count)
    nearest = np.asarray(KDTree(sphere).query(onto)[1])
    corners = np.repeat(nearest[:, None], 3, axis=1)
    weights = np.tile([1.0, 0.0, 0.0], (len(onto), 1))
    left = np.arange(len(onto))
    for column in range(tries.shape[1]):
        tried = triangles[tries[left, column]]
        found = _weights(sphere[tried], onto[left])
        holds = found.min(axis=1) > -SLACK
        corners[left[holds]], weights[left[holds]] = tried[holds], found[holds].clip(0, 1)
        left = left[~holds]
        if len(left) == 0:
            break
    return SphereMap(corners, weights / weights.sum(axis=1, keepdims=True))


def _weights(corners: FloatArray, directions: FloatArray) -> FloatArray:
    """Barycentric weights of where rays from the centre meet the triangles' planes."""
    a, b, c = (corners[:, k] for k in range(3))
    parts = np.stack(
        [
            np.einsum("ij,ij->i", directions, np.cross(p, q))
            for p, q in ((b, c), (c, a), (a, b))
        ],
        axis=1,
    )
    total = parts.sum(axis=1, keepdims=True)
    # rays that miss, or meet the triangle on the far side, get weights below zero
    volume = np.einsum("ij,ij->i", a, np.cross(b, c))[:, None]
    good = np.abs(total) > 1e-300
    weights = np.divide(parts, total, out=np.full_like(parts, -1.0), where=good)
    return np.where(total * np.sign(volume) > 0, weights, -1.0)
