"""Triangulated surfaces: parts, normals, curvature, smoothing, a coarser twin."""

import numpy as np
from scipy.sparse import coo_array, csr_array, diags_array
from scipy.sparse.csgraph import connected_components

from cortistim.geometry import unit
from cortistim.head import _kernels
from cortistim.head.mesh import Surface
from cortistim.head.rasterise import filed_by_cell
from cortistim.typing import FloatArray, IntArray

SHRINK, SWELL = 0.5, -0.53  # the pair of Taubin's filter; pass band 0.11


def area_vectors_m2(vertices_m: FloatArray, triangles: IntArray) -> FloatArray:
    """Compute each triangle's area times its normal.

    Parameters
    ----------
    vertices_m : (n_vertex, 3) array [m]
        Vertex positions.
    triangles : (n_triangle, 3) int array
        Vertex indices.

    Returns
    -------
    (n_triangle, 3) array
        Area vectors in m².
    """
    a, b, c = (vertices_m[triangles[:, k]] for k in range(3))
    return np.cross(b - a, c - a) / 2


def enclosed_volume_m3(vertices_m: FloatArray, triangles: IntArray) -> float:
    """Compute the volume in a closed surface; negative when its triangles face inwards.

    Parameters
    ----------
    vertices_m : (n_vertex, 3) array [m]
        Vertex positions.
    triangles : (n_triangle, 3) int array
        Vertex indices.

    Returns
    -------
    float
        Cubic metres, by the divergence theorem.
    """
    centred_m = vertices_m - vertices_m.mean(axis=0)
    heights_m = centred_m[triangles].mean(axis=1)
    return float((area_vectors_m2(centred_m, triangles) * heights_m).sum() / 3)


def compacted(
    vertices_m: FloatArray, triangles: IntArray
) -> tuple[FloatArray, IntArray, IntArray]:
    """Drop the vertices that no triangle uses.

    Parameters
    ----------
    vertices_m : (n_vertex, 3) array [m]
        Vertex positions.
    triangles : (n_triangle, 3) int array
        Vertex indices.

    Returns
    -------
    vertices_m : (n_kept, 3) array [m]
        The vertices in use.
    triangles : (n_triangle, 3) int array
        Renumbered.
    kept : (n_kept,) int array
        Their indices before.
    """
    kept, renumbered = np.unique(triangles, return_inverse=True)
    return vertices_m[kept], renumbered.reshape(-1, 3).astype(np.int32), kept


def edge_keys(triangles: IntArray) -> IntArray:
    """Give each edge of each triangle a number that its other triangle gives it, too.

    Parameters
    ----------
    triangles : (n_triangle, 3) int array
        Vertex indices.

    Returns
    -------
    (3 n_triangle,) int array
        Three for each triangle; not consecutive.
    """
    edges = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    return edges[:, 0].astype(np.int64) * (int(triangles.max()) + 1) + edges[:, 1]


def parts(triangles: IntArray) -> IntArray:
    """Count off the parts of a surface: what hangs together by edges, not by a vertex.

    Parameters
    ----------
    triangles : (n_triangle, 3) int array
        Vertex indices.

    Returns
    -------
    (n_triangle,) int array
        Part of each triangle, from 0.
    """
    _, edge = np.unique(edge_keys(triangles), return_inverse=True)
    n_triangle = len(triangles)
    owner = np.repeat(np.arange(n_triangle), 3)
    n = n_triangle + int(edge.max()) + 1
    graph = coo_array((np.ones(len(edge), np.int8), (owner, n_triangle + edge)), (n, n))
    return connected_components(graph, directed=False)[1][:n_triangle]


def adjacency(triangles: IntArray, n_vertex: int) -> csr_array:
    """Tell which vertices share an edge.

    Parameters
    ----------
    triangles : (n_triangle, 3) int array
        Vertex indices.
    n_vertex : int
        How many vertices there are.

    Returns
    -------
    (n_vertex, n_vertex) sparse array
        One where two vertices share an edge.
    """
    a = triangles[:, [0, 1, 2, 1, 2, 0]].ravel()
    b = triangles[:, [1, 2, 0, 0, 1, 2]].ravel()
    graph = coo_array((np.ones(len(a)), (a, b)), (n_vertex, n_vertex)).tocsr()
    graph.data[:] = 1.0
    return graph


def _averaging(triangles: IntArray, n_vertex: int) -> csr_array:
    graph = adjacency(triangles, n_vertex)
    degree = np.maximum(np.asarray(graph.sum(axis=1)).ravel(), 1)
    return csr_array(diags_array(1 / degree) @ graph)


def averaged(values: FloatArray, triangles: IntArray, rounds: int) -> FloatArray:
    """Average values with those of the neighbouring vertices, several times.

    Parameters
    ----------
    values : (n_vertex, ...) array
        One or more numbers per vertex.
    triangles : (n_triangle, 3) int array
        Vertex indices.
    rounds : int
        How often; the reach grows with the square root of it.

    Returns
    -------
    (n_vertex, ...) array
        Smoother values.
    """
    mean = _averaging(triangles, len(values))
    for _ in range(rounds):
        values = 0.5 * values + 0.5 * (mean @ values)
    return values


def smoothed(vertices_m: FloatArray, triangles: IntArray, rounds: int) -> FloatArray:
    """Smooth a surface without shrinking it, by Taubin's pair of opposite filters.

    Parameters
    ----------
    vertices_m : (n_vertex, 3) array [m]
        Vertex positions.
    triangles : (n_triangle, 3) int array
        Vertex indices.
    rounds : int
        Pairs of filters.

    Returns
    -------
    (n_vertex, 3) array [m]
        Moved vertices.

    References
    ----------
    .. [1] taubin1995
    """
    mean = _averaging(triangles, len(vertices_m))
    for _ in range(rounds):
        for step in (SHRINK, SWELL):
            vertices_m = vertices_m + step * (mean @ vertices_m - vertices_m)
    return vertices_m


def vertex_normals(vertices_m: FloatArray, triangles: IntArray) -> FloatArray:
    """Average the normals of the triangles around each vertex, by area.

    Parameters
    ----------
    vertices_m : (n_vertex, 3) array [m]
        Vertex positions.
    triangles : (n_triangle, 3) int array
        Vertex indices, counter-clockwise seen from outside.

    Returns
    -------
    (n_vertex, 3) array
        Outward unit normals.
    """
    area_m2 = area_vectors_m2(vertices_m, triangles)
    total = np.zeros_like(vertices_m)
    for corner in range(3):
        for axis in range(3):
            total[:, axis] += np.bincount(
                triangles[:, corner], area_m2[:, axis], minlength=len(vertices_m)
            )
    return unit(total)


def disc_normals(vertices_m: FloatArray, triangles: IntArray, radius_m: float) -> FloatArray:
    """Average the normals over a disc around each vertex, so that roughness cancels.

    Area vectors of all triangles within the radius are summed with weights
    1 - (r/radius)². By parts, that is the slope of the least-squares plane through the disc,
    the best estimate where heights err independently. Triangles that face away (the other
    side of an ear) do not count. Two rounds: the second judges "away" by the first.

    Parameters
    ----------
    vertices_m : (n_vertex, 3) array [m]
        Vertex positions.
    triangles : (n_triangle, 3) int array
        Vertex indices, counter-clockwise seen from outside.
    radius_m : float [m]
        Radius of the disc.

    Returns
    -------
    (n_vertex, 3) array
        Outward unit normals.
    """
    origin_m = vertices_m.min(axis=0)
    centres = (vertices_m[triangles].mean(axis=1) - origin_m) / radius_m
    order, starts, shape = filed_by_cell(centres)
    centres, areas = centres[order], area_vectors_m2(vertices_m, triangles)[order]
    points = (vertices_m - origin_m) / radius_m
    normals = vertex_normals(vertices_m, triangles)
    for _ in range(2):
        wide = unit(_kernels.disc_normals(points, normals, centres, areas, starts, shape))
        alone = ~wide.any(axis=1, keepdims=True)  # a disc smaller than the triangles
        normals = np.where(alone, normals, wide)
    return normals


def mean_curvature_per_m(
    vertices_m: FloatArray, triangles: IntArray, normals: FloatArray
) -> FloatArray:
    """Compute the mean curvature as half the divergence of the normals.

    Parameters
    ----------
    vertices_m : (n_vertex, 3) array [m]
        Vertex positions.
    triangles : (n_triangle, 3) int array
        Vertex indices, counter-clockwise seen from outside.
    normals : (n_vertex, 3) array
        Outward unit normals; their smoothness is the curvature's.

    Returns
    -------
    (n_vertex,) array
        Per metre; 1/R on a sphere of radius R, positive where the surface is convex.
    """
    area_m2 = area_vectors_m2(vertices_m, triangles)
    double_m2 = 2 * np.linalg.norm(area_m2, axis=1)
    flux_m = np.zeros(len(triangles))
    for corner in range(3):
        # the gradient of a corner's hat function is normal x opposite edge / (2 area)
        edge_m = (
            vertices_m[triangles[:, (corner + 2) % 3]]
            - vertices_m[triangles[:, (corner + 1) % 3]]
        )
        inward = np.cross(unit(area_m2), edge_m)
        flux_m += np.einsum("ij,ij->i", inward, normals[triangles[:, corner]])
    corners = triangles.ravel()
    total_m = np.bincount(corners, np.repeat(flux_m, 3), minlength=len(vertices_m))
    around_m2 = np.bincount(corners, np.repeat(double_m2, 3), minlength=len(vertices_m))
    return np.divide(total_m, 2 * around_m2, out=np.zeros_like(total_m), where=around_m2 > 0)


def coarser(surface: Surface) -> tuple[Surface, IntArray]:
    """Make a twin with about a quarter of the vertices, for display.

    Vertices no two of which are neighbours are kept; every other one joins its closest kept
    neighbour. Opposite banks of a sulcus never join, since they share no edge.

    Parameters
    ----------
    surface : Surface
        The fine surface.

    Returns
    -------
    twin : Surface
        Its vertices are vertices of the fine surface.
    kept : (n_coarse,) int array
        Index of each coarse vertex among the fine ones: ``fine_values[kept]`` are the
        twin's values.
    """
    n_vertex = len(surface.vertices_m)
    graph = adjacency(surface.triangles, n_vertex)
    order = np.random.default_rng(0).permutation(n_vertex)
    seed = _kernels.gather_around_seeds(graph.indptr, graph.indices, surface.vertices_m, order)
    joined = seed[surface.triangles]
    whole = (joined != np.roll(joined, 1, axis=1)).all(axis=1)
    vertices_m, triangles, kept = compacted(surface.vertices_m, joined[whole])
    twin = Surface(vertices_m, triangles, surface.normals[kept], surface.curvature_per_m[kept])
    return twin, kept
