"""The outline of a cloud of points: where a ball that rolls around them cannot reach.

Points are swollen to balls whose radius is the reach of the rolling ball plus a margin, and
what the rolling ball can touch is taken away again (a morphological closing). Gaps narrower
than the ball, such as those between turns of wire, are closed; bends and notches wider than
it are kept, and every point keeps the margin around it. In the plane the same makes the rim
of a plate.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Delaunay, KDTree

from cortistim.typing import FloatArray, IntArray

REACH_M = 15e-3  # of the rolling ball; heads, which are rounder, reach wherever it does
LARGEST_REACH_M = 45e-3
FARTHEST_M = 0.1  # between parts that are one coil
PLANE_STEP_M = 2e-3
SPACE_STEP_M = 2.8e-3  # below 2/sqrt(3) of the margin, lest a lone point fall through
MOST_NODES = 2_000_000
RIM_M, CORNER_M = 3e-3, 5e-3  # between the corners of a plate, at its rim and inside
THIN_M = 1e-3  # points closer than this are one


@dataclass(frozen=True, eq=False)
class _Level:
    """A function on a lattice that is negative inside the outline."""

    value_m: FloatArray
    low_m: FloatArray
    step_m: float

    def nodes_m(self) -> FloatArray:
        """Return the lattice's nodes, (n_node, n_axis)."""
        index = np.indices(self.value_m.shape).reshape(self.value_m.ndim, -1).T
        return self.low_m + self.step_m * index

    def at(self, points_m: FloatArray) -> FloatArray:
        """Interpolate at points."""
        index = (points_m - self.low_m) / self.step_m
        return ndimage.map_coordinates(self.value_m, index.T, order=1, mode="nearest")


def solid_around(points_m: FloatArray, margin_m: float) -> tuple[FloatArray, IntArray]:
    """Wrap points in space.

    Parameters
    ----------
    points_m : (n_point, 3) array [m]
        At least one.
    margin_m : float [m]
        Kept around every point, to about a millimetre.

    Returns
    -------
    vertices_m : (n_vertex, 3) array [m]
        Of closed surfaces.
    triangles : (n_triangle, 3) int array
        Counter-clockwise seen from outside.
    """
    from skimage.measure import marching_cubes

    level = _closed(points_m, margin_m, SPACE_STEP_M)
    # a node right on the surface would give triangles without area
    least_m = 1e-3 * level.step_m
    value_m = np.where(level.value_m < 0, -1, 1) * np.maximum(np.abs(level.value_m), least_m)
    vertices, triangles, _, _ = marching_cubes(value_m, 0.0)
    return level.low_m + level.step_m * vertices.astype(float), triangles.astype(np.int64)


def plate_around(
    points_m: FloatArray, margin_m: float, back_m: float, front_m: float
) -> tuple[FloatArray, IntArray]:
    """Wrap points in a plate of even thickness that has no holes.

    Parameters
    ----------
    points_m : (n_point, 3) array [m]
        At least one; seen along z.
    margin_m : float [m]
        Kept around every point, sideways.
    back_m, front_m : float [m]
        Heights z of the two faces.

    Returns
    -------
    vertices_m : (n_vertex, 3) array [m]
        Of closed surfaces.
    triangles : (n_triangle, 3) int array
        Counter-clockwise seen from outside.
    """
    level = _without_holes(_closed(points_m[:, :2], margin_m, PLANE_STEP_M))
    flat_m, face = _filled(level)
    count = len(flat_m)
    edges = np.concatenate([face[:, [0, 1]], face[:, [1, 2]], face[:, [2, 0]]])
    known = set(map(tuple, edges.tolist()))
    rim = np.array([edge for edge in edges.tolist() if (edge[1], edge[0]) not in known])
    here, ahead = rim.T
    side = np.concatenate(
        [
            np.column_stack([here, here + count, ahead]),
            np.column_stack([ahead, here + count, ahead + count]),
        ]
    )
    heights = [np.full(count, height_m) for height_m in (front_m, back_m)]
    vertices_m = np.concatenate([np.column_stack([flat_m, height]) for height in heights])
    return vertices_m, np.concatenate([face, face[:, ::-1] + count, side])


def _closed(points_m: FloatArray, margin_m: float, step_m: float) -> _Level:
    """Close the cloud on a lattice."""
    points_m, reach_m = _bridged(_apart(points_m, THIN_M), margin_m)
    low_m = points_m.min(axis=0) - reach_m - margin_m
    extent_m = points_m.max(axis=0) + reach_m + margin_m - low_m
    step_m = max(step_m, float(np.prod(extent_m) / MOST_NODES) ** (1 / len(extent_m)))
    margin_m = max(margin_m, 0.9 * step_m)  # of a cloud too large for a fine lattice
    shape = np.ceil(extent_m / step_m).astype(int) + 3
    lattice = _Level(np.zeros(shape), low_m - step_m, step_m)
    nodes_m, tree = lattice.nodes_m(), KDTree(points_m)
    swollen_m = reach_m + margin_m
    gap_m = tree.query(nodes_m)[0]
    rim_m = _rim_m(tree, nodes_m, gap_m, swollen_m, step_m)
    inside = gap_m < swollen_m
    value_m = gap_m - margin_m  # right in sign outside, where the rim is not asked
    value_m[inside] = reach_m - KDTree(rim_m).query(nodes_m[inside])[0]
    return _Level(value_m.reshape(shape), lattice.low_m, step_m)


def _bridged(points_m: FloatArray, margin_m: float) -> tuple[FloatArray, float]:
    """Join the parts of a sparse cloud by straight bridges; return it and the ball's radius.

    Two points stay joined by the ball alone as long as the neck between their swollen balls
    is wider than it. Parts farther apart than `FARTHEST_M` are left on their own.
    """
    neck_m = 2 * float(np.sqrt((REACH_M + margin_m) ** 2 - REACH_M**2))
    part = _parts(points_m, neck_m)
    longest_m, bridges = REACH_M, [points_m]
    for _ in range(int(part.max())):
        here = part == part[0]
        gap_m, nearest = map(np.asarray, KDTree(points_m[here]).query(points_m[~here]))
        ahead = int(np.argmin(gap_m))
        start_m, end_m = points_m[here][nearest[ahead]], points_m[~here][ahead]
        if gap_m[ahead] > FARTHEST_M:
            break
        count = int(gap_m[ahead] / margin_m) + 2
        bridges.append(np.linspace(start_m, end_m, count))
        longest_m = max(longest_m, float(gap_m[ahead]))
        part[part == part[~here][ahead]] = part[0]
    return np.concatenate(bridges), min(longest_m, LARGEST_REACH_M)


def _parts(points_m: FloatArray, gap_m: float) -> IntArray:
    """Tell to which part each point belongs, when parts lie farther apart than a gap."""
    pairs = KDTree(points_m).query_pairs(gap_m, output_type="ndarray")
    count = len(points_m)
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    return np.asarray(connected_components(links, directed=False)[1])


def _rim_m(
    tree: KDTree, nodes_m: FloatArray, gap_m: FloatArray, radius_m: float, step_m: float
) -> FloatArray:
    """Return points of the surface of the swollen cloud, about a step apart."""
    near_m = nodes_m[np.abs(gap_m - radius_m) < step_m]
    centres_m = tree.data[tree.query(near_m)[1]]
    away_m = near_m - centres_m
    rim_m = centres_m + radius_m * away_m / np.linalg.norm(away_m, axis=1, keepdims=True)
    return rim_m[tree.query(rim_m)[0] > radius_m * (1 - 1e-6)]


def _without_holes(level: _Level) -> _Level:
    """Fill what the outside of a plane figure does not reach."""
    parts = np.zeros(level.value_m.shape, np.int32)
    ndimage.label(level.value_m > 0, output=parts)
    outside = parts == parts[0, 0]
    depth_m = level.step_m * np.asarray(ndimage.distance_transform_edt(~outside))
    filled = np.where(depth_m > 2 * level.step_m, -depth_m, level.value_m)
    return _Level(filled, level.low_m, level.step_m)


def _filled(level: _Level) -> tuple[FloatArray, IntArray]:
    """Triangulate the inside of a plane figure, counter-clockwise."""
    nodes_m, value_m = level.nodes_m(), level.value_m.ravel()
    slope = np.stack([part.ravel() for part in np.gradient(level.value_m, level.step_m)], 1)
    near = np.abs(value_m) < 0.75 * level.step_m
    down = slope[near] / (slope[near] ** 2).sum(axis=1, keepdims=True).clip(0.25)
    rim_m = nodes_m[near] - value_m[near, None] * down
    inner_m = nodes_m[value_m < -CORNER_M / 2]
    corners_m = np.concatenate([_apart(rim_m, RIM_M), _apart(inner_m, CORNER_M)])
    triangles = Delaunay(corners_m).simplices
    a, b, c = (corners_m[triangles[:, k]] for k in range(3))
    (ux, uy), (vx, vy) = (b - a).T, (c - a).T
    area_m2 = ux * vy - uy * vx
    inside = level.at((a + b + c) / 3) < 0
    triangles = np.where(area_m2[:, None] < 0, triangles[:, ::-1], triangles)[inside]
    used, compact = np.unique(triangles, return_inverse=True)
    return corners_m[used], compact.reshape(triangles.shape)


def _apart(points_m: FloatArray, spacing_m: float) -> FloatArray:
    """Keep one point of each cell."""
    cells = np.floor(points_m / spacing_m).astype(np.int64)
    return points_m[np.unique(cells, axis=0, return_index=True)[1]]
