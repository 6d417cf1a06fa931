"""What a reader wants to know of a coil at a glance, and the coil turned inside out."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import KDTree

from cortistim.coil.coil import Coil
from cortistim.typing import BoolArray, FloatArray

PLANE_M = 10e-3


@dataclass(frozen=True, eq=False)
class CoilMetrics:
    """A coil in numbers.

    Parameters
    ----------
    n_dipole : int
        Number of dipoles.
    extent_m : (3, 2) array [m]
        Smallest and largest x, y, z of the casing.
    copper_extent_m : (3, 2) array [m]
        The same of the dipoles.
    a_at_20mm_t_m : (3,) array [T m]
        Vector potential per ampere 20 mm in front of the face.
    b_peak_10mm_t : float [T]
        Largest flux density per ampere in the plane 10 mm in front of the face; nearer,
        single dipoles show. A coil bent round the head reaches past the plane, so only
        points farther than 10 mm from every dipole count.
    """

    n_dipole: int
    extent_m: FloatArray
    copper_extent_m: FloatArray
    a_at_20mm_t_m: FloatArray
    b_peak_10mm_t: float


def coil_metrics(coil: Coil) -> CoilMetrics:
    """Measure a coil.

    Parameters
    ----------
    coil : Coil
        Any.

    Returns
    -------
    CoilMetrics
        Its numbers.
    """
    copper_m = _extent(coil.copper_m if len(coil.copper_m) else coil.casing.vertices_m)
    x_m, y_m = (np.linspace(low, high, 81) for low, high in copper_m[:2])
    grid = np.stack(np.meshgrid(x_m, y_m, [PLANE_M]), axis=-1).reshape(-1, 3)
    clear = _far_from_copper(coil, grid)
    b_t = np.linalg.norm(coil.flux_density_t(grid[clear]), axis=1)
    return CoilMetrics(
        n_dipole=len(coil.dipoles_m),
        extent_m=_extent(coil.casing.vertices_m),
        copper_extent_m=copper_m,
        a_at_20mm_t_m=coil.a_at_20mm_t_m,
        b_peak_10mm_t=float(b_t.max(initial=0.0)),
    )


def _far_from_copper(coil: Coil, points_m: FloatArray) -> BoolArray:
    if len(coil.copper_m) == 0:
        return np.ones(len(points_m), dtype=bool)
    return KDTree(coil.copper_m).query(points_m)[0] >= PLANE_M


def _extent(points_m: FloatArray) -> FloatArray:
    return np.column_stack([points_m.min(axis=0), points_m.max(axis=0)])


def reversed_current(coil: Coil) -> Coil:
    """Return the same coil with its current's direction swapped.

    Parameters
    ----------
    coil : Coil
        Any.

    Returns
    -------
    Coil
        Every moment, and so A, B and E, has the other sign.
    """
    return replace(
        coil,
        moments_m2=-coil.moments_m2,
        further=tuple(part.scaled(-1.0) for part in coil.further),
        geometry=f"{coil.geometry} Current reversed.",
    )
