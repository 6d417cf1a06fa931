"""Directions of the field around a cell, and fields that grow along it."""

import numpy as np

from cortistim.geometry import unit
from cortistim.typing import FloatArray

GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))


def even_directions(count: int, up: FloatArray) -> FloatArray:
    """Cover the sphere evenly, both poles included.

    Parameters
    ----------
    count : int
        At least 2.
    up : (3,) array
        The axis; the first direction is along it, the last against it.

    Returns
    -------
    (count, 3) array
        Unit vectors on a spiral around the axis.
    """
    z = np.linspace(1.0, -1.0, count)
    r = np.sqrt(np.maximum(0.0, 1 - z * z))
    azimuth = GOLDEN_ANGLE * np.arange(count)
    side, front = across(up)
    return (
        (r * np.cos(azimuth))[:, None] * side
        + (r * np.sin(azimuth))[:, None] * front
        + z[:, None] * unit(np.asarray(up, float))
    )


def across(up: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return two directions that make a right-handed frame with the axis.

    Parameters
    ----------
    up : (3,) array
        The axis, of any length.

    Returns
    -------
    first, second : (3,) array
        Unit vectors.
    """
    axis = unit(np.asarray(up, float))
    seed = np.eye(3)[0] if abs(axis[0]) < 0.9 else np.eye(3)[1]
    side = unit(seed - (seed @ axis) * axis)
    return side, np.cross(axis, side)


def theta_deg(directions: FloatArray, up: FloatArray) -> FloatArray:
    """Return the angle to the soma-to-pia axis.

    Parameters
    ----------
    directions : (n, 3) array
        Unit vectors.
    up : (3,) array
        The axis.

    Returns
    -------
    (n,) array [degree]
        0 toward the pia, 180 into the cortex.
    """
    return np.degrees(np.arccos(np.clip(directions @ unit(np.asarray(up, float)), -1, 1)))


def graded(
    directions: FloatArray, centre_m: FloatArray, up: FloatArray, percent_per_mm: float
) -> FloatArray:
    """Return fields that keep their direction and grow toward the pia.

    Parameters
    ----------
    directions : (n_field, 3) array
        At the soma.
    centre_m : (n, 3) array [m]
        Of compartments, the soma first.
    up : (3,) array
        The axis.
    percent_per_mm : float
        Growth of the magnitude along the axis, in percent of that at the soma.

    Returns
    -------
    (n_field, n, 3) array
        Per unit magnitude at the soma.
    """
    height_mm = 1e3 * (centre_m - centre_m[0]) @ unit(np.asarray(up, float))
    size = np.maximum(0.0, 1 + percent_per_mm / 100 * height_mm)
    return directions[:, None] * size[:, None]
