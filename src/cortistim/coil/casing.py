"""What must not enter the head: the outside of a coil, made up where no file gives it."""

from collections.abc import Iterable

import numpy as np

from cortistim.coil.coil import Casing
from cortistim.coil.outline import plate_around, solid_around
from cortistim.errors import BadInputError
from cortistim.typing import FloatArray, IntArray
from cortistim.units import mm_from_m

FLAT_MARGIN_M = 5e-3  # assumed: plastic around the winding
BENT_MARGIN_M = 2.5e-3
LARGEST_M = 1.0


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


def casing_around(conductor_m: FloatArray) -> Casing:
    """Assume a casing for a coil of which only the dipoles or the wire are known.

    A flat coil, all of which lies behind z = 0, gets a plate with the outline of its winding,
    5 mm wider on all sides, from the face z = 0 to 5 mm behind the winding, without holes. A
    bent coil gets a shell that follows its winding 2.5 mm away, which is how far behind their
    face the dipoles of measured coils lie. See `cortistim.coil.outline` for what an outline
    is; margins and thickness are assumed, not measured.

    Parameters
    ----------
    conductor_m : (n_place, 3) array [m]
        Positions of dipoles or pieces of wire in the coil's frame.

    Returns
    -------
    Casing
        Closed surfaces: one, or several where the winding lies in parts far from each other.

    Raises
    ------
    BadInputError
        When the places reach farther than any coil.
    """
    far_m = float(np.abs(conductor_m).max())
    if far_m > LARGEST_M:
        msg = (
            "a casing can only be assumed around a coil of ordinary size; this one reaches "
            f"{far_m:.3g} m from its origin. Check its units, or put a casing file beside it."
        )
        raise BadInputError(msg)
    if conductor_m[:, 2].max() < 0:
        back_m = float(conductor_m[:, 2].min()) - FLAT_MARGIN_M
        shell = plate_around(conductor_m, FLAT_MARGIN_M, back_m, 0.0)
        words = (
            f"outline of the winding plus {mm_from_m(FLAT_MARGIN_M):g} mm, a plate from z = 0 "
            f"to {mm_from_m(back_m):.1f} mm"
        )
    else:
        shell = solid_around(conductor_m, BENT_MARGIN_M)
        words = f"shell around the winding, {mm_from_m(BENT_MARGIN_M):g} mm from it"
    return Casing(*shell, f"assumed: {words}; there is no casing file")


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
