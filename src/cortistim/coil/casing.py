"""What must not enter the head: the outside of a coil, made up where no file gives it."""

from collections.abc import Iterable

import numpy as np
from scipy.spatial import ConvexHull

from cortistim.coil.coil import Casing
from cortistim.errors import BadInputError
from cortistim.typing import FloatArray, IntArray

FLAT_PAD_M = 5e-3
BENT_PAD_M = 2.5e-3
CELL_M = 20e-3
LARGEST_M = 10.0


def merged_casing(parts: Iterable[tuple[FloatArray, IntArray]], source: str) -> Casing:
    """Put several closed surfaces into one casing.

    Parameters
    ----------
    parts : iterable of (vertices, triangles)
        Vertices in metres; they may overlap.
    source : str
        How they were made.

    Returns
    -------
    Casing
        All of them.
    """
    pieces = list(parts)
    offsets = np.cumsum([0, *(len(vertices) for vertices, _ in pieces)])
    shifted = [
        triangles + offset for (_, triangles), offset in zip(pieces, offsets, strict=False)
    ]
    return Casing(
        np.concatenate([vertices for vertices, _ in pieces]), np.concatenate(shifted), source
    )


def disc_shell(
    radius_m: float, thickness_m: float, spacing_m: float = 8e-3
) -> tuple[FloatArray, IntArray]:
    """Triangulate a closed flat cylinder whose front face lies in z = 0.

    Parameters
    ----------
    radius_m : float [m]
        Radius.
    thickness_m : float [m]
        Extent towards -z.
    spacing_m : float [m]
        Distance of neighbouring vertices, about.

    Returns
    -------
    vertices : (n_vertex, 3) array [m]
        The faces hold vertices inside as well as on the rim.
    triangles : (n_triangle, 3) int array
        Counter-clockwise seen from outside.
    """
    n_ring = max(1, round(radius_m / spacing_m))
    n_angle = max(8, 4 * round(2 * np.pi * radius_m / spacing_m / 4))
    angle = np.arange(n_angle) * 2 * np.pi / n_angle
    radius = radius_m * np.arange(1, n_ring + 1) / n_ring
    ring = radius[:, None, None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    flat = np.concatenate([np.zeros((1, 2)), ring.reshape(-1, 2)])
    front = np.column_stack([flat, np.zeros(len(flat))])
    back = np.column_stack([flat, np.full(len(flat), -thickness_m)])
    face = _disc_triangles(n_ring, n_angle)
    rim = 1 + (n_ring - 1) * n_angle + np.arange(n_angle)
    ahead, behind = np.roll(rim, -1), rim + len(flat)
    side = np.concatenate(
        [
            np.column_stack([rim, behind, ahead]),
            np.column_stack([ahead, behind, np.roll(behind, -1)]),
        ]
    )
    triangles = np.concatenate([face, face[:, ::-1] + len(flat), side])
    return np.concatenate([front, back]), triangles


def _disc_triangles(n_ring: int, n_angle: int) -> IntArray:
    """Triangles of a polar grid with one vertex in the centre, counter-clockwise."""
    here = np.arange(n_angle)
    there = (here + 1) % n_angle
    fan = np.column_stack([np.zeros(n_angle, dtype=int), 1 + here, 1 + there])
    start = 1 + n_angle * np.arange(n_ring - 1)[:, None]
    inner, outer = start, start + n_angle
    lower = np.stack([inner + here, outer + here, outer + there], axis=-1)
    upper = np.stack([inner + here, outer + there, inner + there], axis=-1)
    return np.concatenate([fan, lower.reshape(-1, 3), upper.reshape(-1, 3)])


def casing_around(dipoles_m: FloatArray) -> Casing:
    """Make up a casing for a coil of which only the dipoles are known.

    A flat coil, all of whose dipoles lie behind z = 0, gets one plate: the convex hull of
    its dipoles, padded by 5 mm sideways and behind and filled up to the plane z = 0, never
    beyond it. The dipoles of a bent coil are gathered in cells of 20 mm, and each cell gets
    the convex hull of its padded dipoles, so that the bend is kept: 2.5 mm of padding, which
    is how far behind their face the dipoles of measured coils lie.

    Parameters
    ----------
    dipoles_m : (n_dipole, 3) array [m]
        Positions in the coil's frame.

    Returns
    -------
    Casing
        One closed surface, or one per cell, overlapping.

    Raises
    ------
    BadInputError
        When the dipoles reach farther than any coil.
    """
    far_m = float(np.abs(dipoles_m).max())
    if far_m > LARGEST_M:
        msg = (
            "a casing can only be made up around a coil of ordinary size; this one reaches "
            f"{far_m:.3g} m from its origin. Check its units, or put a casing file beside it."
        )
        raise BadInputError(msg)
    flat = bool(dipoles_m[:, 2].max() < 0)
    cells = np.floor(dipoles_m / CELL_M).astype(int)
    if flat:
        cells[:] = 0
    _, owner = np.unique(cells, axis=0, return_inverse=True)
    owner = owner.ravel()
    pad = _pad_flat if flat else _pad_bent
    parts = [_hull(pad(dipoles_m[owner == cell])) for cell in range(owner.max() + 1)]
    words = (
        f"padded by {FLAT_PAD_M * 1e3:g} mm, filled up to the face z = 0"
        if flat
        else f"padded by {BENT_PAD_M * 1e3:g} mm, following the bend"
    )
    return merged_casing(parts, f"assumed: dipoles {words}; there is no casing file")


def _pad_flat(dipoles_m: FloatArray) -> FloatArray:
    corners = FLAT_PAD_M * np.array([(-1, -1), (-1, 1), (1, -1), (1, 1)])
    around = (dipoles_m[:, None, :2] + corners).reshape(-1, 2)
    back_m = dipoles_m[:, 2].min() - FLAT_PAD_M
    levels = [np.column_stack([around, np.full(len(around), z)]) for z in (back_m, 0.0)]
    return np.concatenate(levels)


def _pad_bent(dipoles_m: FloatArray) -> FloatArray:
    around = BENT_PAD_M * np.concatenate([np.eye(3), -np.eye(3)])
    return (dipoles_m[:, None] + around).reshape(-1, 3)


def _hull(points_m: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return a convex hull with its triangles counter-clockwise seen from outside."""
    hull = ConvexHull(points_m)
    triangles = hull.simplices
    a, b, c = (points_m[triangles[:, k]] for k in range(3))
    inward = np.einsum("ij,ij->i", np.cross(b - a, c - a), hull.equations[:, :3]) < 0
    triangles = np.where(inward[:, None], triangles[:, ::-1], triangles)
    used, compact = np.unique(triangles, return_inverse=True)
    return points_m[used], compact.reshape(triangles.shape)


def surface_samples_m(
    vertices_m: FloatArray, triangles: IntArray, spacing_m: float
) -> FloatArray:
    """Spread points over a surface: its vertices, edges and faces.

    Parameters
    ----------
    vertices_m : (n_vertex, 3) array [m]
        Positions.
    triangles : (n_triangle, 3) int array
        Vertex indices.
    spacing_m : float [m]
        Largest gap between neighbouring points.

    Returns
    -------
    (n_point, 3) array [m]
        Some points occur more than once.
    """
    corners_m = vertices_m[triangles]
    edges_m = np.linalg.norm(corners_m - np.roll(corners_m, 1, axis=1), axis=2)
    pieces = np.ceil(edges_m.max(axis=1, initial=0.0) / spacing_m).astype(int)
    samples_m = [vertices_m]
    for count in np.unique(pieces[pieces > 1]):
        steps = [(i, j) for i in range(count + 1) for j in range(count + 1 - i)]
        weights = np.array([(i, j, count - i - j) for i, j in steps]) / count
        chosen_m = corners_m[pieces == count]
        samples_m.append(np.einsum("pk,tkx->tpx", weights, chosen_m).reshape(-1, 3))
    return np.vstack(samples_m)
