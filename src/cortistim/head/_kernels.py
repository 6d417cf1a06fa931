"""Search in tetrahedra and triangles: arrays in, arrays out; any unit; no checks, no I/O."""

import numpy as np
from jaxtyping import Float, Int
from numba import njit, prange

FACES = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])
"""Corners of a tetrahedron's faces, counter-clockwise seen from outside."""

SLACK = 1e-9  # a point on a face belongs to both of its tetrahedra


@njit(parallel=True, cache=True)
def volumes(
    nodes: Float[np.ndarray, "n_node 3"], tets: Int[np.ndarray, "n_tet 4"]
) -> Float[np.ndarray, " n_tet"]:
    """Compute the signed volumes of tetrahedra."""
    out = np.empty(tets.shape[0])
    for t in prange(tets.shape[0]):
        a, b, c, d = tets[t, 0], tets[t, 1], tets[t, 2], tets[t, 3]
        x, y, z = nodes[a, 0], nodes[a, 1], nodes[a, 2]
        ux, uy, uz = nodes[b, 0] - x, nodes[b, 1] - y, nodes[b, 2] - z
        vx, vy, vz = nodes[c, 0] - x, nodes[c, 1] - y, nodes[c, 2] - z
        wx, wy, wz = nodes[d, 0] - x, nodes[d, 1] - y, nodes[d, 2] - z
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        out[t] = (nx * wx + ny * wy + nz * wz) / 6
    return out


@njit(parallel=True, cache=True)
def centroids(
    nodes: Float[np.ndarray, "n_node 3"], tets: Int[np.ndarray, "n_tet 4"]
) -> Float[np.ndarray, "n_tet 3"]:
    """Compute the centres of tetrahedra."""
    out = np.empty((tets.shape[0], 3))
    for t in prange(tets.shape[0]):
        for k in range(3):
            total = nodes[tets[t, 0], k] + nodes[tets[t, 1], k]
            out[t, k] = (total + nodes[tets[t, 2], k] + nodes[tets[t, 3], k]) / 4
    return out


@njit(cache=True)
def boundary_faces(
    tets: Int[np.ndarray, "n_tet 4"], n_node: int
) -> Int[np.ndarray, "n_triangle 3"]:
    """List the faces that one tetrahedron alone has, counter-clockwise seen from outside."""
    # faces are filed under their smallest node, so that a pair meets in one short drawer
    n_face = 4 * tets.shape[0]
    starts = np.zeros(n_node + 2, np.int64)
    low = np.empty(n_face, np.int32)
    high = np.empty(n_face, np.int32)
    for face in range(n_face):
        tet, corners = tets[face // 4], FACES[face % 4]
        a, b, c = tet[corners[0]], tet[corners[1]], tet[corners[2]]
        low[face], high[face] = min(a, b, c), max(a, b, c)
        starts[low[face] + 2] += 1
    starts = np.cumsum(starts)
    filed = np.empty(n_face, np.int64)
    for face in range(n_face):
        filed[starts[low[face] + 1]] = face
        starts[low[face] + 1] += 1
    alone = np.ones(n_face, np.bool_)
    for node in range(n_node):
        for i in range(starts[node], starts[node + 1]):
            for j in range(i + 1, starts[node + 1]):
                f, g = filed[i], filed[j]
                if high[f] == high[g]:
                    tet, corners = tets[f // 4], FACES[f % 4]
                    of_f = tet[corners[0]] + tet[corners[1]] + tet[corners[2]]
                    tet, corners = tets[g // 4], FACES[g % 4]
                    if of_f == tet[corners[0]] + tet[corners[1]] + tet[corners[2]]:
                        alone[f] = alone[g] = False
    chosen = np.nonzero(alone)[0]
    out = np.empty((len(chosen), 3), np.int32)
    for k in range(len(chosen)):
        for corner in range(3):
            out[k, corner] = tets[chosen[k] // 4, FACES[chosen[k] % 4, corner]]
    return out


@njit(cache=True)
def barycentric_matrix(corners: Float[np.ndarray, "4 3"]) -> Float[np.ndarray, "3 3"]:
    """Invert the edge matrix of a tetrahedron: rows times (p - corner 0) are coordinates."""
    a, b, c = corners[1] - corners[0], corners[2] - corners[0], corners[3] - corners[0]
    out = np.empty((3, 3))
    out[0, 0], out[0, 1] = b[1] * c[2] - b[2] * c[1], b[2] * c[0] - b[0] * c[2]
    out[0, 2] = b[0] * c[1] - b[1] * c[0]
    out[1, 0], out[1, 1] = c[1] * a[2] - c[2] * a[1], c[2] * a[0] - c[0] * a[2]
    out[1, 2] = c[0] * a[1] - c[1] * a[0]
    out[2, 0], out[2, 1] = a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2]
    out[2, 2] = a[0] * b[1] - a[1] * b[0]
    return out / (a[0] * out[0, 0] + a[1] * out[0, 1] + a[2] * out[0, 2])


@njit(cache=True)
def holds(matrix: Float[np.ndarray, "3 3"], x: float, y: float, z: float) -> bool:
    """Tell whether a tetrahedron holds corner 0 + (x, y, z)."""
    total = 0.0
    for k in range(3):
        weight = matrix[k, 0] * x + matrix[k, 1] * y + matrix[k, 2] * z
        if weight < -SLACK:
            return False
        total += weight
    return total <= 1.0 + SLACK


@njit(cache=True, nogil=True)
def paint(
    nodes: Float[np.ndarray, "n_node 3"],
    tets: Int[np.ndarray, "n_tet 4"],
    index: Int[np.ndarray, "nx ny nz"],
) -> None:
    """Write each tetrahedron's number into the voxels whose centres it holds; in voxels."""
    first, last = np.empty(3, np.int64), np.empty(3, np.int64)
    corners = np.empty((4, 3))
    for tet in range(tets.shape[0]):
        a, b, c, d = tets[tet, 0], tets[tet, 1], tets[tet, 2], tets[tet, 3]
        empty = False
        for axis in range(3):
            p, q, r, s = nodes[a, axis], nodes[b, axis], nodes[c, axis], nodes[d, axis]
            first[axis] = max(0, int(np.ceil(min(p, q, r, s))))
            last[axis] = min(index.shape[axis] - 1, int(np.floor(max(p, q, r, s))))
            empty = empty or first[axis] > last[axis]
            corners[0, axis], corners[1, axis] = p, q
            corners[2, axis], corners[3, axis] = r, s
        if empty:
            continue
        matrix = barycentric_matrix(corners)
        for i in range(first[0], last[0] + 1):
            for j in range(first[1], last[1] + 1):
                for k in range(first[2], last[2] + 1):
                    dx, dy, dz = i - corners[0, 0], j - corners[0, 1], k - corners[0, 2]
                    if holds(matrix, dx, dy, dz):
                        index[i, j, k] = tet


@njit(cache=True)
def find_tets(
    points: Float[np.ndarray, "n_point 3"],
    starts: Int[np.ndarray, "n_cell_plus_1"],
    shape: tuple[int, int, int],
    nodes: Float[np.ndarray, "n_node 3"],
    tets: Int[np.ndarray, "n_tet 4"],
    tet_of_point: Int[np.ndarray, "n_point"],
) -> None:
    """Find a tetrahedron for each point; points sorted by unit cell, all in cell units."""
    first = np.empty(3, np.int64)
    last = np.empty(3, np.int64)
    for tet in range(tets.shape[0]):
        a, b, c, d = tets[tet, 0], tets[tet, 1], tets[tet, 2], tets[tet, 3]
        for axis in range(3):  # without an array of corners: most tetrahedra hold no point
            p, q, r, s = nodes[a, axis], nodes[b, axis], nodes[c, axis], nodes[d, axis]
            first[axis] = max(0, int(np.floor(min(p, q, r, s))))
            last[axis] = min(shape[axis] - 1, int(np.floor(max(p, q, r, s))))
        if first[2] > last[2]:
            continue
        matrix = np.empty((0, 0))
        for i in range(first[0], last[0] + 1):
            for j in range(first[1], last[1] + 1):
                row = (i * shape[1] + j) * shape[2]
                # cells along z lie side by side, so their points are one stretch
                for point in range(starts[row + first[2]], starts[row + last[2] + 1]):
                    if matrix.shape[0] == 0:
                        matrix = barycentric_matrix(nodes[tets[tet]])
                    dx = points[point, 0] - nodes[a, 0]
                    dy = points[point, 1] - nodes[a, 1]
                    dz = points[point, 2] - nodes[a, 2]
                    if holds(matrix, dx, dy, dz):
                        tet_of_point[point] = tet


@njit(cache=True)
def closest_on_triangle(
    p: Float[np.ndarray, "3"], corners: Float[np.ndarray, "3 3"]
) -> tuple[float, float, float]:
    """Return the squared distance to a triangle and the weights of corners 1 and 2."""
    aa = bb = cross = da = db = 0.0
    for k in range(3):
        ab, ac = corners[1, k] - corners[0, k], corners[2, k] - corners[0, k]
        ap = p[k] - corners[0, k]
        aa += ab * ab
        bb += ac * ac
        cross += ab * ac
        da += ab * ap
        db += ac * ap
    size = aa * bb - cross * cross
    v = (bb * da - cross * db) / size if size > 0 else -1.0
    w = (aa * db - cross * da) / size if size > 0 else -1.0
    if v < 0 or w < 0 or v + w > 1:
        # outside: the best of the three edges
        best = np.inf
        s = min(1.0, max(0.0, da / aa)) if aa > 0 else 0.0
        t = min(1.0, max(0.0, db / bb)) if bb > 0 else 0.0
        cc = aa + bb - 2 * cross
        u = min(1.0, max(0.0, (db - da + aa - cross) / cc)) if cc > 0 else 0.0
        for vv, ww in ((s, 0.0), (0.0, t), (1.0 - u, u)):
            # |ap - vv ab - ww ac|² without the constant |ap|²
            value = vv * vv * aa + ww * ww * bb + 2 * (vv * ww * cross - vv * da - ww * db)
            if value < best:
                best, v, w = value, vv, ww
    distance2 = 0.0
    for k in range(3):
        ab, ac = corners[1, k] - corners[0, k], corners[2, k] - corners[0, k]
        gap = p[k] - corners[0, k] - v * ab - w * ac
        distance2 += gap * gap
    return distance2, v, w


@njit(cache=True)
def inside_surface(
    vertices: Float[np.ndarray, "n_vertex 3"],
    triangles: Int[np.ndarray, "n_triangle 3"],
    shape: tuple[int, int, int],
) -> np.ndarray:
    """Fill a closed surface by counting signed crossings along x; vertices in voxels."""
    crossings = np.zeros(shape, np.int8)
    for triangle in range(triangles.shape[0]):
        c = vertices[triangles[triangle]]
        x0, y0, z0 = c[0, 0], c[0, 1], c[0, 2]
        x1, y1, z1 = c[1, 0], c[1, 1], c[1, 2]
        x2, y2, z2 = c[2, 0], c[2, 1], c[2, 2]
        area = (y1 - y0) * (z2 - z0) - (z1 - z0) * (y2 - y0)
        if area == 0.0:
            continue
        sign = 1 if area < 0 else -1  # a normal towards -x is where the line enters
        for j in range(max(0, int(np.ceil(c[:, 1].min()))), int(c[:, 1].max()) + 1):
            for k in range(max(0, int(np.ceil(c[:, 2].min()))), int(c[:, 2].max()) + 1):
                w1 = ((j - y0) * (z2 - z0) - (k - z0) * (y2 - y0)) / area
                w2 = ((y1 - y0) * (k - z0) - (z1 - z0) * (j - y0)) / area
                if w1 >= 0 and w2 >= 0 and w1 + w2 < 1 and j < shape[1] and k < shape[2]:
                    x = x0 + w1 * (x1 - x0) + w2 * (x2 - x0)
                    if x < shape[0]:
                        crossings[max(0, int(np.ceil(x))), j, k] += sign
    for i in range(1, shape[0]):
        crossings[i] += crossings[i - 1]
    return crossings > 0


@njit(cache=True)
def nearest_triangles(
    corners: Float[np.ndarray, "n_triangle 3 3"],
    shape: tuple[int, int, int],
    reach: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Give each grid node its nearest triangle and squared distance; corners in voxels.

    Nodes around a triangle measure it; then eight sweeps hand triangles from node to node
    (tsai2002), up to the reach in voxels. Unreached nodes have triangle -1.
    """
    nearest = np.full(shape, -1, np.int32)
    square = np.full(shape, reach * reach, np.float32)
    here = np.empty(3)
    for triangle in range(corners.shape[0]):
        c = corners[triangle]
        for i in range(int(c[:, 0].min()) - 1, int(c[:, 0].max()) + 3):
            for j in range(int(c[:, 1].min()) - 1, int(c[:, 1].max()) + 3):
                for k in range(int(c[:, 2].min()) - 1, int(c[:, 2].max()) + 3):
                    if 0 <= i < shape[0] and 0 <= j < shape[1] and 0 <= k < shape[2]:
                        here[0], here[1], here[2] = i, j, k
                        d2 = closest_on_triangle(here, c)[0]
                        if d2 < square[i, j, k]:
                            square[i, j, k], nearest[i, j, k] = d2, triangle
    nx, ny, nz = shape
    for sweep in range(8):
        si, sj, sk = 1 - 2 * (sweep & 1), 1 - (sweep & 2), 1 - (sweep & 4) // 2
        for ii in range(nx):
            i = ii if si > 0 else nx - 1 - ii
            for jj in range(ny):
                j = jj if sj > 0 else ny - 1 - jj
                for kk in range(nz):
                    k = kk if sk > 0 else nz - 1 - kk
                    here[0], here[1], here[2] = i, j, k
                    for move in (1, 2, 4):
                        a, b = i - si * (move & 1), j - sj * ((move & 2) >> 1)
                        e = k - sk * (move >> 2)
                        if not (0 <= a < nx and 0 <= b < ny and 0 <= e < nz):
                            continue
                        other = nearest[a, b, e]
                        if other >= 0 and other != nearest[i, j, k]:
                            d2 = closest_on_triangle(here, corners[other])[0]
                            if d2 < square[i, j, k]:
                                square[i, j, k], nearest[i, j, k] = d2, other
    return nearest, square


@njit(cache=True)
def closest_points(
    points: Float[np.ndarray, "n_point 3"],
    vertices: Float[np.ndarray, "n_vertex 3"],
    triangles: Int[np.ndarray, "n_triangle 3"],
    nearest: Int[np.ndarray, "nx ny nz"],
) -> tuple[np.ndarray, np.ndarray]:
    """Find triangle and weights of the closest point; all in voxels of the nearest grid."""
    best_triangle = np.full(len(points), -1, np.int64)
    weights = np.zeros((len(points), 3))
    for n in range(len(points)):
        best = np.inf
        for corner in range(64):
            # the 4x4x4 nodes around the point: thin parts have another triangle on each side
            i = int(np.floor(points[n, 0])) + (corner & 3) - 1
            j = int(np.floor(points[n, 1])) + (corner >> 2 & 3) - 1
            k = int(np.floor(points[n, 2])) + (corner >> 4) - 1
            i = min(max(i, 0), nearest.shape[0] - 1)
            j = min(max(j, 0), nearest.shape[1] - 1)
            k = min(max(k, 0), nearest.shape[2] - 1)
            triangle = nearest[i, j, k]
            if triangle >= 0 and triangle != best_triangle[n]:
                d2, v, w = closest_on_triangle(points[n], vertices[triangles[triangle]])
                if d2 < best:
                    best, best_triangle[n] = d2, triangle
                    weights[n] = 1 - v - w, v, w
    return best_triangle, weights


@njit(cache=True)
def closest_of_all(
    points: Float[np.ndarray, "n_point 3"], corners: Float[np.ndarray, "n_triangle 3 3"]
) -> np.ndarray:
    """Find the closest points of a surface by measuring every triangle."""
    out = np.empty_like(points)
    for n in range(len(points)):
        best = np.inf
        for triangle in range(len(corners)):
            d2, v, w = closest_on_triangle(points[n], corners[triangle])
            if d2 < best:
                best = d2
                for k in range(3):
                    start = corners[triangle, 0, k]
                    along = v * (corners[triangle, 1, k] - start)
                    out[n, k] = start + along + w * (corners[triangle, 2, k] - start)
    return out


@njit(cache=True)
def disc_normals(
    vertices: Float[np.ndarray, "n_vertex 3"],
    rough: Float[np.ndarray, "n_vertex 3"],
    centres: Float[np.ndarray, "n_triangle 3"],
    areas: Float[np.ndarray, "n_triangle 3"],
    starts: Int[np.ndarray, "n_cell_plus_1"],
    shape: tuple[int, int, int],
) -> np.ndarray:
    """Average area vectors over unit discs; faces sorted by unit cell, all in disc radii.

    Only faces that look the way of the rough normal count; weights are 1 - r².
    """
    out = np.zeros_like(vertices)
    for n in range(len(vertices)):
        p = vertices[n]
        for i in range(max(0, int(p[0]) - 1), min(shape[0], int(p[0]) + 2)):
            for j in range(max(0, int(p[1]) - 1), min(shape[1], int(p[1]) + 2)):
                row = (i * shape[1] + j) * shape[2]
                low, high = max(0, int(p[2]) - 1), min(shape[2], int(p[2]) + 2)
                for face in range(starts[row + low], starts[row + high]):
                    away = 1.0
                    along = 0.0
                    for k in range(3):
                        away -= (centres[face, k] - p[k]) ** 2
                        along += areas[face, k] * rough[n, k]
                    if away > 0 and along > 0:
                        for k in range(3):
                            out[n, k] += away * areas[face, k]
    return out


@njit(cache=True)
def gather_around_seeds(
    starts: Int[np.ndarray, "n_vertex_plus_1"],
    neighbours: Int[np.ndarray, "n_edge"],
    vertices: Float[np.ndarray, "n_vertex 3"],
    order: Int[np.ndarray, "n_vertex"],
) -> np.ndarray:
    """Choose vertices no two of which are neighbours; give every vertex its closest one."""
    seed = np.full(len(vertices), -1, np.int64)
    for vertex in order:
        if seed[vertex] < 0:
            seed[vertex] = vertex
            for neighbour in neighbours[starts[vertex] : starts[vertex + 1]]:
                seed[neighbour] = neighbour if seed[neighbour] == neighbour else vertex
    for vertex in range(len(vertices)):
        if seed[vertex] != vertex:
            best = np.inf
            for neighbour in neighbours[starts[vertex] : starts[vertex + 1]]:
                gap = np.sum((vertices[neighbour] - vertices[vertex]) ** 2)
                if seed[neighbour] == neighbour and gap < best:
                    best, seed[vertex] = gap, neighbour
    return seed
