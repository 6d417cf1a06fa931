"""The course of the sulcus next to a point, from the banks that face each other."""

from dataclasses import dataclass

import numpy as np

from cortistim.errors import MissingAnatomyError
from cortistim.geometry import unit
from cortistim.head.mesh import Surface
from cortistim.typing import BoolArray, FloatArray
from cortistim.units import mm_from_m

SEARCH_M = 35e-3
COURSE_M = 15e-3
WIDEST_M, STEP_M = 10e-3, 0.5e-3  # from one mid-grey bank to the other
HIT_M = 1.2e-3
FACING = -0.6  # cosine between the normals of two banks
LINK_M = 2e-3
LEAST_AREA_M2 = 50e-6


@dataclass(frozen=True, eq=False)
class SulcusCourse:
    """How a sulcus runs near a point.

    Parameters
    ----------
    along, across : (3,) arrays
        Unit vectors in the plane of the scalp; ``across`` points forward.
    straightness : float
        1 for a straight course, 0 for one without direction.
    distance_m : float [m]
        From the point to the sulcus.
    """

    along: FloatArray
    across: FloatArray
    straightness: float
    distance_m: float


def sulcus_course(surface: Surface, point_m: FloatArray) -> SulcusCourse:
    """Find the sulcus nearest to a point and the direction in which it runs.

    From each vertex the outward normal is followed until it meets a bank that faces it. The
    points halfway between form sheets, one for each sulcus; the sheet that comes nearest to
    the point is the sulcus. Its course is the longest axis of the sheet's part within 15 mm,
    seen from outside the head, so that bends such as the hand knob do not decide.

    Parameters
    ----------
    surface : Surface
        A mid-grey surface.
    point_m : (3,) array [m]
        Such as the hand knob.

    Returns
    -------
    SulcusCourse
        In the surface's frame; +y is forward.

    Raises
    ------
    MissingAnatomyError
        When no open sulcus is near.
    """
    middle_m, area_m2 = _between_banks(surface, point_m)
    sheet = _nearest_sheet(middle_m, area_m2, point_m)
    if not sheet.any():
        msg = (
            f"there must be an open sulcus within {mm_from_m(SEARCH_M):g} mm of the point to "
            "tell its course; the banks are fused in this mesh or the point is far from the "
            "cortex."
        )
        raise MissingAnatomyError(msg)
    distance_m = np.linalg.norm(middle_m - point_m, axis=1)
    near = sheet & (distance_m < max(COURSE_M, 1.5 * distance_m[sheet].min()))
    outward = unit(point_m - surface.vertices_m.mean(axis=0))
    spread = middle_m[near] - np.average(middle_m[near], axis=0, weights=area_m2[near])
    flat = spread - np.outer(spread @ outward, outward)
    values, axes = np.linalg.eigh((flat * area_m2[near, None]).T @ flat)
    along = axes[:, -1]
    across = unit(np.cross(outward, along))
    across = across if across[1] >= 0 else -across
    straightness = float(1 - values[-2] / values[-1])
    return SulcusCourse(along, across, straightness, float(distance_m[sheet].min()))


def _between_banks(surface: Surface, point_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Points halfway between facing banks near a point, and the area each stands for."""
    from scipy.spatial import KDTree

    near = np.linalg.norm(surface.vertices_m - point_m, axis=1) < SEARCH_M
    places_m, normals = surface.vertices_m[near], surface.normals[near]
    if not len(places_m):
        return np.empty((0, 3)), np.empty(0)
    tree = KDTree(places_m)
    facing = np.full(len(places_m), -1)
    for way_m in np.arange(3 * STEP_M, WIDEST_M + STEP_M / 2, STEP_M):
        off_m, met = map(np.asarray, tree.query(places_m + way_m * normals))
        opposed = np.einsum("ij,ij->i", normals, normals[met]) < FACING
        first = (facing < 0) & (off_m < HIT_M) & opposed
        facing[first] = met[first]
    paired = facing >= 0
    middle_m = (places_m[paired] + places_m[facing[paired]]) / 2
    return middle_m, surface.vertex_areas_m2[near][paired]


def _nearest_sheet(middle_m: FloatArray, area_m2: FloatArray, point_m: FloatArray) -> BoolArray:
    """Mark the points of the connected sheet of some size that comes nearest to a point."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import KDTree

    count = len(middle_m)
    if not count:
        return np.zeros(0, bool)
    pairs = KDTree(middle_m).query_pairs(LINK_M, output_type="ndarray")
    links = coo_matrix((np.ones(len(pairs)), pairs.T), shape=(count, count))
    _, part = connected_components(links, directed=False)
    large = np.bincount(part, weights=area_m2)[part] >= LEAST_AREA_M2
    if not large.any():
        return large
    distance_m = np.where(large, np.linalg.norm(middle_m - point_m, axis=1), np.inf)
    return part == part[distance_m.argmin()]
