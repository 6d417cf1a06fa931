"""Circular current loops in closed form: vector potential and inductance.

Equations 5.37 of Jackson's *Classical Electrodynamics*, 3rd ed., and Maxwell's formula for
the mutual inductance of coaxial circles, both with complete elliptic integrals.
"""

import numpy as np
from scipy.special import ellipe, ellipk

from cortistim.typing import FloatArray

MU0_H_PER_M = 4e-7 * np.pi
GMD_OF_RECTANGLE = 0.2235
"""Geometric mean distance of a rectangle from itself, in its width plus height."""
GMD_OF_CIRCLE = float(np.exp(-0.25))
"""Geometric mean distance of a disc from itself, in its radius."""


def _loop_bracket(parameter: FloatArray) -> FloatArray:
    """Return (1 - m/2) K(m) - E(m), by its series where the difference cancels."""
    closed = (1 - parameter / 2) * ellipk(parameter) - ellipe(parameter)
    series = np.pi / 2 * parameter**2 * (1 / 16 + 3 * parameter / 64)
    return np.where(parameter < 1e-4, series, closed)


def loop_vector_potential_t_m(radius_m: float, points_m: FloatArray) -> FloatArray:
    """Compute the vector potential of a circular loop carrying one ampere.

    Parameters
    ----------
    radius_m : float [m]
        Radius; the loop lies in z = 0 around the origin, counter-clockwise seen from +z.
    points_m : (n_point, 3) array [m]
        Anywhere off the loop.

    Returns
    -------
    (n_point, 3) array
        T m per ampere.
    """
    x, y, z = np.asarray(points_m, dtype=float).T
    rho_m = np.hypot(x, y)
    parameter = 4 * radius_m * rho_m / ((radius_m + rho_m) ** 2 + z**2)
    off_axis = np.where(rho_m > 0, rho_m, 1.0)
    k = np.sqrt(np.where(parameter > 0, parameter, 1.0))
    a_phi = MU0_H_PER_M / (np.pi * k) * np.sqrt(radius_m / off_axis) * _loop_bracket(parameter)
    along = np.column_stack([-y, x, np.zeros_like(x)]) / off_axis[:, None]
    return a_phi[:, None] * along


def coaxial_inductance_h(
    radius_a_m: FloatArray, radius_b_m: FloatArray, distance_m: FloatArray
) -> FloatArray:
    """Compute the mutual inductance of coaxial circular filaments.

    Parameters
    ----------
    radius_a_m, radius_b_m : arrays [m]
        Radii, broadcast against each other.
    distance_m : array [m]
        Distance of their planes; with equal radii, never zero: for one wire's own
        inductance take its geometric mean distance.

    Returns
    -------
    array
        Henry.
    """
    parameter = 4 * radius_a_m * radius_b_m / ((radius_a_m + radius_b_m) ** 2 + distance_m**2)
    scale = 2 * MU0_H_PER_M * np.sqrt(radius_a_m * radius_b_m / parameter)
    return scale * _loop_bracket(parameter)
