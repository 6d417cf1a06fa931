"""What a coil can be: how large, how strong, and what a casing must be to hold it.

Files in other units than their format's would give a field that is wrong without a word. The
bounds are assumed, far from any coil that stimulates: coils for heads are 2 to 30 cm wide,
their moments add up to 0.02 to 0.2 A m² per ampere.
"""

import numpy as np

from cortistim.coil.current import SampledPotential
from cortistim.errors import BadInputError
from cortistim.typing import FloatArray, IntArray
from cortistim.units import mm_from_m

SMALLEST_M, LARGEST_M = 2e-3, 0.5  # of a winding, and the farthest it lies from its origin
LARGEST_MOMENT_M2 = 5.0
SMALLEST_CASING_M, LARGEST_CASING_M = 10e-3, 0.7
LARGEST_T_M = 1e-3  # per ampere; coils give some 1e-6, a thousand times less
SMALLEST_GRID_M, LARGEST_GRID_M = 5e-3, 5.0
MOST_TIMES = 8.0  # a casing with its handle over its winding
SLACK_M = 10e-3  # by which windings stick out of casings that were drawn for pictures
OPEN_SHARE = 0.02  # of edges; casings in use have up to 0.011
LEAST_VOLUME_M3 = 1e-7
FACTORS = (
    (1e3, "metres"),
    (1e-3, "micrometres"),
    (10.0, "centimetres"),
    (25.4, "inches"),
    (0.1, "tenths of a millimetre"),
)


def require_winding(conductor_m: FloatArray) -> None:
    """Refuse a winding that no coil has.

    Parameters
    ----------
    conductor_m : (n_place, 3) array [m]
        Dipoles or wire in the coil's frame; none is allowed.

    Raises
    ------
    BadInputError
        With its size, and what would explain it.
    """
    if not len(conductor_m):
        return
    far_m = float(np.linalg.norm(conductor_m, axis=1).max())
    wide_m = float(np.ptp(conductor_m, axis=0).max())
    if max(far_m, wide_m) > LARGEST_M:
        msg = (
            f"a coil's winding lies within {mm_from_m(LARGEST_M):g} mm of the coil's origin; "
            f"this one reaches {mm_from_m(far_m):.4g} mm far and is {mm_from_m(wide_m):.4g} mm "
            "wide. Are its positions ten times too large, or in another unit or frame?"
        )
        raise BadInputError(msg)
    if len(conductor_m) > 1 and wide_m < SMALLEST_M:
        msg = (
            f"a coil's winding is at least {mm_from_m(SMALLEST_M):g} mm wide; this one is "
            f"{mm_from_m(wide_m):.3g} mm. Are its positions a thousand times too small, as "
            "metres read as millimetres are?"
        )
        raise BadInputError(msg)


def require_moments(moments_m2: FloatArray) -> None:
    """Refuse dipoles without a field, or stronger than any coil's.

    Parameters
    ----------
    moments_m2 : (n_dipole, 3) array
        A m² per ampere of coil current; at least one.

    Raises
    ------
    BadInputError
        With their sum, and what would explain it.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        total_m2 = float(np.linalg.norm(moments_m2, axis=1).sum())
    if total_m2 == 0:
        msg = "the moments of a coil's dipoles must not all be zero: it has no field."
        raise BadInputError(msg)
    if not total_m2 <= LARGEST_MOMENT_M2:
        msg = (
            "the moments of a coil's dipoles are A m² per ampere and add up to 0.02 to 0.2; "
            f"these add up to {total_m2:.3g}. Are they for more than one ampere, or in another "
            "unit?"
        )
        raise BadInputError(msg)


def require_grid(grid: SampledPotential) -> None:
    """Refuse a sampled potential that no coil gives.

    Parameters
    ----------
    grid : SampledPotential
        As read from a file.

    Raises
    ------
    BadInputError
        When it is zero or too strong, or the grid has another size than a head's surroundings.
    """
    largest_t_m = float(np.abs(grid.values_t_m).max())
    if not 0 < largest_t_m < LARGEST_T_M:
        msg = (
            f"the potential of a coil is some 1e-6 T m per ampere, never 0 or above "
            f"{LARGEST_T_M:g}; the largest here is {largest_t_m:.3g}. Is it for one ampere?"
        )
        raise BadInputError(msg)
    steps = np.array(grid.values_t_m.shape[:3]) - 1
    wide_m = float((np.linalg.norm(grid.affine_m[:3, :3], axis=0) * steps).max())
    if not SMALLEST_GRID_M <= wide_m <= LARGEST_GRID_M:
        msg = (
            f"a coil's potential is sampled over {mm_from_m(SMALLEST_GRID_M):g} to "
            f"{mm_from_m(LARGEST_GRID_M):g} mm; this grid is {mm_from_m(wide_m):.3g} mm wide"
            f"{_guess(wide_m, 0.1, 1.0)} Export it again."
        )
        raise BadInputError(msg)


def require_casing(
    vertices_m: FloatArray, triangles: IntArray, conductor_m: FloatArray
) -> None:
    """Refuse a surface that cannot be the casing of a winding.

    Parameters
    ----------
    vertices_m : (n_vertex, 3) array [m]
        Of the surface, in the coil's frame.
    triangles : (n_triangle, 3) int array
        Vertex indices.
    conductor_m : (n_place, 3) array [m]
        Dipoles or wire; where there is none, only the surface itself is looked at.

    Raises
    ------
    BadInputError
        When it has another size, lies elsewhere, is open, or encloses nothing.
    """
    _require_size(vertices_m, conductor_m)
    _require_around(vertices_m, conductor_m)
    require_closed(vertices_m, triangles)


def _require_size(vertices_m: FloatArray, conductor_m: FloatArray) -> None:
    wide_m = float(np.ptp(vertices_m, axis=0).max())
    winding_m = float(np.ptp(conductor_m, axis=0).max()) if len(conductor_m) else 0.0
    most_m = min(LARGEST_CASING_M, MOST_TIMES * winding_m) if winding_m else LARGEST_CASING_M
    least_m = max(SMALLEST_CASING_M, 0.5 * winding_m)
    if not least_m <= wide_m <= max(most_m, least_m):
        of = f" of a winding of {mm_from_m(winding_m):.4g} mm" if winding_m else ""
        msg = (
            f"a casing{of} is {mm_from_m(least_m):.4g} to {mm_from_m(most_m):.4g} mm long, "
            f"and given in millimetres; this one is {mm_from_m(wide_m):.4g} mm"
            f"{_guess(wide_m, max(least_m, winding_m), most_m)} Export it again."
        )
        raise BadInputError(msg)


def _require_around(vertices_m: FloatArray, conductor_m: FloatArray) -> None:
    if not len(conductor_m):
        return
    low_m, high_m = vertices_m.min(axis=0), vertices_m.max(axis=0)
    gap_m = np.maximum(low_m - conductor_m, conductor_m - high_m).max(axis=1)
    if np.median(gap_m) > SLACK_M:
        msg = (
            "a casing must enclose its winding; this one lies "
            f"{mm_from_m(float(np.median(gap_m))):.4g} mm away from most of it. Give the "
            "casing in the coil's own frame, in millimetres."
        )
        raise BadInputError(msg)


def require_closed(vertices_m: FloatArray, triangles: IntArray) -> None:
    """Refuse a surface that has an edge or encloses nothing.

    Parameters
    ----------
    vertices_m : (n_vertex, 3) array [m]
        Equal vertices merged.
    triangles : (n_triangle, 3) int array
        Vertex indices.

    Raises
    ------
    BadInputError
        With the share of open edges.
    """
    whole = triangles[(triangles != np.roll(triangles, 1, axis=1)).all(axis=1)]
    edges = np.sort(whole[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    count = np.unique(edges, axis=0, return_counts=True)[1]
    open_share = float((count % 2).mean()) if len(count) else 1.0
    if open_share > OPEN_SHARE:
        msg = (
            f"a casing must be a closed surface; {100 * open_share:.0f} % of the edges of this "
            f"one ({len(triangles)} triangles) are open. Close it and export it again."
        )
        raise BadInputError(msg)
    a, b, c = (vertices_m[whole[:, k]] - vertices_m.mean(axis=0) for k in range(3))
    volume_m3 = abs(float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum())) / 6
    if not volume_m3 > LEAST_VOLUME_M3:
        msg = (
            f"a casing must enclose a coil; this one encloses {volume_m3 * 1e6:.2g} ml. Are "
            "its triangles turned all ways? Export it again."
        )
        raise BadInputError(msg)


def _guess(wide_m: float, least_m: float, most_m: float) -> str:
    """Name the unit that would explain a size."""
    for factor, unit in FACTORS:
        if least_m <= factor * wide_m <= most_m:
            return f"; did you mean {unit}?"
    return "."
