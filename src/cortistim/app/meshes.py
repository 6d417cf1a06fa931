"""What the page draws once: scalp, cortex with its ties to the operator's points, coil."""

import struct

import numpy as np
from scipy.spatial import KDTree

from cortistim.app.scene import Scene
from cortistim.head.mesh import Surface
from cortistim.head.surfaces import coarser
from cortistim.typing import FloatArray, IntArray
from cortistim.units import mm_from_m
from cortistim.viz.render.raster import surface_of

HEADER = struct.Struct("<4sII")
MARK = b"CTM1"
MOST_VERTICES = 24_000  # what a laptop without a graphics card still turns smoothly; assumed
TIES = 3


def packed_mesh(surface: Surface, *further: np.ndarray) -> bytes:
    """Write a surface as bytes.

    Parameters
    ----------
    surface : Surface
        In metres.
    *further : arrays
        One row for each vertex, of four-byte numbers.

    Returns
    -------
    bytes
        Mark, number of vertices, number of triangles, then vertices in mm, normals, triangles
        and what is further; little-endian, four bytes each.
    """
    parts = (
        mm_from_m(surface.vertices_m).astype("<f4"),
        surface.normals.astype("<f4"),
        surface.triangles.astype("<u4"),
        *further,
    )
    head = HEADER.pack(MARK, len(surface.vertices_m), len(surface.triangles))
    return head + b"".join(np.ascontiguousarray(part).tobytes() for part in parts)


def reduced(surface: Surface, most: int = MOST_VERTICES) -> Surface:
    """Make a surface coarse enough to be drawn everywhere.

    Parameters
    ----------
    surface : Surface
        Any.
    most : int, optional
        Vertices.

    Returns
    -------
    Surface
        With at most so many vertices, as far as coarsening still helps.
    """
    while len(surface.vertices_m) > most:
        fewer, _ = coarser(surface)
        if len(fewer.vertices_m) > 0.9 * len(surface.vertices_m):
            break
        surface = fewer
    return surface


def tied(surface: Surface, points_m: FloatArray) -> tuple[IntArray, FloatArray]:
    """Tie the vertices of a surface to points that have values.

    Parameters
    ----------
    surface : Surface
        To be coloured.
    points_m : (n_point, 3) array [m]
        With values.

    Returns
    -------
    places : (n_vertex, 3) int array
        The nearest points of each vertex.
    weights : (n_vertex, 3) array
        By inverse distance; each row adds up to 1.
    """
    count = min(TIES, len(points_m))
    off_m, places = KDTree(points_m).query(surface.vertices_m, k=count)
    weights = 1 / np.maximum(off_m.reshape(-1, count), 1e-6)
    weights /= weights.sum(axis=1, keepdims=True)
    return places.reshape(-1, count), weights


def scene_meshes(scene: Scene) -> dict[str, bytes]:
    """Make everything that the page draws once.

    Parameters
    ----------
    scene : Scene
        The session's fixed parts.

    Returns
    -------
    dict of str to bytes
        ``scalp``, ``cortex`` (with three places, three weights and the curvature per vertex)
        and ``coil``, in its own frame.
    """
    cortex = reduced(scene.head.cortex)
    places, weights = tied(cortex, scene.operator.points_m)
    casing = scene.coil.casing
    return {
        "scalp": packed_mesh(reduced(scene.head.scalp, MOST_VERTICES // 2)),
        "cortex": packed_mesh(
            cortex,
            places.astype("<u4"),
            weights.astype("<f4"),
            cortex.curvature_per_m.astype("<f4"),
        ),
        "coil": packed_mesh(surface_of(casing.vertices_m, casing.triangles)),
    }
