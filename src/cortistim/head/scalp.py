"""The scalp: outer surface of the head, its normals, and the distance to it."""

import numpy as np

from cortistim import cache
from cortistim.errors import MeshError
from cortistim.head import _kernels
from cortistim.head.distance import SignedDistance, signed_distance
from cortistim.head.mesh import Surface, TetMesh
from cortistim.head.surfaces import (
    averaged,
    compacted,
    disc_normals,
    enclosed_volume_m3,
    mean_curvature_per_m,
    parts,
)
from cortistim.typing import FloatArray, IntArray

ScalpDistance = SignedDistance

VERSION = 1  # raise it when what is kept in the cache changes
SURFACE_VERSION = 1  # the same for the surface
SMOOTHINGS = 5  # of the curvature over neighbours
NORMAL_RADIUS_M = 10e-3  # a coil's face averages the scalp over about this much
SPACING_M = 2e-3
MARGIN_M = 40e-3  # holds the casings of usual coils


def outer_boundary(mesh: TetMesh) -> tuple[FloatArray, IntArray]:
    """Return the outer surface of a mesh; the walls of inner cavities are dropped.

    Parameters
    ----------
    mesh : TetMesh
        Any mesh; of several separate pieces the largest counts.

    Returns
    -------
    vertices_m : (n_vertex, 3) array [m]
        Vertex positions.
    triangles : (n_triangle, 3) int array
        Counter-clockwise seen from outside.

    Raises
    ------
    MeshError
        When no boundary encloses a positive volume: tetrahedra are turned inside out.
    """
    faces = _kernels.boundary_faces(mesh.tets, len(mesh.nodes_m))
    part = parts(faces)
    volumes_m3 = [
        enclosed_volume_m3(*compacted(mesh.nodes_m, faces[part == n])[:2])
        for n in range(part.max() + 1)
    ]
    outer = int(np.argmax(volumes_m3))
    if volumes_m3[outer] <= 0:
        msg = (
            "tetrahedra must be positively oriented; the outer boundary encloses "
            f"{volumes_m3[outer]:.3g} m³. Swap two corners of those with negative volume."
        )
        raise MeshError(msg)
    vertices_m, triangles, _ = compacted(mesh.nodes_m, faces[part == outer])
    return vertices_m, triangles


def scalp_surface(mesh: TetMesh) -> Surface:
    """Return the outer surface of the head with normals that ignore roughness.

    Normals are averages over discs of 10 mm radius (`surfaces.disc_normals`), because the
    triangles of segmented scalps tilt by tens of degrees from one to the next.

    Parameters
    ----------
    mesh : TetMesh
        A head mesh; whatever tissue is outermost counts as scalp.

    Returns
    -------
    Surface
        Curvature follows the same smooth normals. Where the mesh was cut (neck, field of
        view) the cut is part of the surface. Kept in the cache.
    """

    def build() -> dict[str, np.ndarray]:
        vertices_m, triangles = outer_boundary(mesh)
        normals = disc_normals(vertices_m, triangles, NORMAL_RADIUS_M)
        curvature = mean_curvature_per_m(vertices_m, triangles, normals)
        return {
            "vertices_m": vertices_m,
            "triangles": triangles,
            "normals": normals,
            "curvature_per_m": averaged(curvature, triangles, SMOOTHINGS),
        }

    key = cache.digest(mesh.digest, SURFACE_VERSION, NORMAL_RADIUS_M, SMOOTHINGS)
    return Surface(**cache.remembered("scalp", key, build))


def scalp_distance(mesh: TetMesh) -> ScalpDistance:
    """Return the signed distance to the head's outer surface; kept in the cache.

    Parameters
    ----------
    mesh : TetMesh
        A head mesh.

    Returns
    -------
    ScalpDistance
        Positive outside; on a grid of 2 mm with 40 mm around the head.
    """

    def build() -> dict[str, np.ndarray]:
        return signed_distance(*outer_boundary(mesh), SPACING_M, MARGIN_M).arrays()

    key = cache.digest(mesh.digest, VERSION, SPACING_M, MARGIN_M)
    return SignedDistance.from_arrays(cache.remembered("scalp-distance", key, build))
