"""Sulcus or gyrus: how deep a place of the cortex lies and which way it bends."""

import numpy as np

from cortistim.geometry import transform
from cortistim.head import _kernels
from cortistim.head.mesh import Surface
from cortistim.head.rasterise import grid_around
from cortistim.typing import FloatArray, IntArray

SPACING_M = 2e-3
BRIDGE_M = 20e-3  # gaps up to twice this wide are bridged by the hull
CROWN_M = 4e-3  # convex and less deep: a gyral crown; concave and deeper: a sulcal floor
CROWN, WALL, FLOOR = 1, 0, -1


def sulcal_depth_m(pial_m: FloatArray, triangles: IntArray, mid_m: FloatArray) -> FloatArray:
    """Measure how far places lie below the hull of the cortex.

    The hull is the pial surface closed by a ball of 20 mm radius, on a grid of 2 mm.

    Parameters
    ----------
    pial_m : (n_vertex, 3) array [m]
        Vertices of the closed pial surface of one hemisphere.
    triangles : (n_triangle, 3) int array
        Counter-clockwise seen from outside.
    mid_m : (n_point, 3) array [m]
        Places to measure.

    Returns
    -------
    (n_point,) array [m]
        Depth, not negative; good to a millimetre.
    """
    from scipy.ndimage import distance_transform_edt, map_coordinates

    shape, affine_m = grid_around(pial_m, SPACING_M, BRIDGE_M + 3 * SPACING_M)
    affine_m[:3, 3] -= 1e-3 * SPACING_M * np.array([0.37, 0.53, 0.71])  # off the vertices
    to_index = np.linalg.inv(affine_m)
    inside = _kernels.inside_surface(transform(to_index, pial_m), triangles, shape)
    reach = BRIDGE_M / SPACING_M
    grown = np.asarray(distance_transform_edt(~inside)) <= reach
    hull = np.asarray(distance_transform_edt(grown)) > reach
    inner = np.asarray(distance_transform_edt(hull | inside)) - 0.5
    index = transform(to_index, mid_m).T
    return np.maximum(map_coordinates(inner, index, order=1), 0.0) * SPACING_M


def fold_class(mid: Surface, depth_m: FloatArray) -> IntArray:
    """Tell crowns, walls and floors of the folds apart.

    Parameters
    ----------
    mid : Surface
        With curvature, positive where convex.
    depth_m : (n_vertex,) array [m]
        From `sulcal_depth_m`.

    Returns
    -------
    (n_vertex,) int array
        1 on gyral crowns (convex, less than 4 mm deep), -1 on sulcal floors (concave,
        deeper), 0 on the walls between.
    """
    convex, shallow = mid.curvature_per_m > 0, depth_m < CROWN_M
    return np.where(convex & shallow, CROWN, np.where(~convex & ~shallow, FLOOR, WALL))
