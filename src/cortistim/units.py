"""Units at the border: the only file that knows a power of ten.

Inside the package everything is SI. Files, figures and the command line speak millimetres,
microseconds and amperes per microsecond; they convert here.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", float, np.floating, NDArray[np.floating])

MM_PER_M = 1e3
US_PER_S = 1e6
MS_PER_S = 1e3
UV_PER_V = 1e6
A_PER_US_IN_A_PER_S = 1e6


def m_from_mm(value_mm: Number) -> Number:
    """Convert millimetres to metres.

    Parameters
    ----------
    value_mm : float or array [mm]
        Any.

    Returns
    -------
    float or array [m]
        The same.
    """
    return value_mm / MM_PER_M


def mm_from_m(value_m: Number) -> Number:
    """Convert metres to millimetres.

    Parameters
    ----------
    value_m : float or array [m]
        Any.

    Returns
    -------
    float or array [mm]
        The same.
    """
    return value_m * MM_PER_M


def a_per_s_from_a_per_us(value_a_per_us: Number) -> Number:
    """Convert amperes per microsecond to amperes per second.

    Parameters
    ----------
    value_a_per_us : float or array
        In A/µs.

    Returns
    -------
    float or array [A/s]
        The same.
    """
    return value_a_per_us * A_PER_US_IN_A_PER_S


def a_per_us_from_a_per_s(value_a_per_s: Number) -> Number:
    """Convert amperes per second to amperes per microsecond.

    Parameters
    ----------
    value_a_per_s : float or array [A/s]
        Any.

    Returns
    -------
    float or array
        In A/µs.
    """
    return value_a_per_s / A_PER_US_IN_A_PER_S


def us_from_s(value_s: Number) -> Number:
    """Convert seconds to microseconds.

    Parameters
    ----------
    value_s : float or array [s]
        Any.

    Returns
    -------
    float or array
        In microseconds.
    """
    return value_s * US_PER_S


def s_from_ms(value_ms: Number) -> Number:
    """Convert milliseconds to seconds.

    Parameters
    ----------
    value_ms : float or array
        In milliseconds.

    Returns
    -------
    float or array [s]
        The same.
    """
    return value_ms / MS_PER_S


def ms_from_s(value_s: Number) -> Number:
    """Convert seconds to milliseconds.

    Parameters
    ----------
    value_s : float or array [s]
        Any.

    Returns
    -------
    float or array
        In milliseconds.
    """
    return value_s * MS_PER_S


def v_from_uv(value_uv: Number) -> Number:
    """Convert microvolts to volts.

    Parameters
    ----------
    value_uv : float or array
        In microvolts.

    Returns
    -------
    float or array [V]
        The same.
    """
    return value_uv / UV_PER_V


def uv_from_v(value_v: Number) -> Number:
    """Convert volts to microvolts.

    Parameters
    ----------
    value_v : float or array [V]
        Any.

    Returns
    -------
    float or array
        In microvolts.
    """
    return value_v * UV_PER_V


def matrix_m_from_mm(matrix_mm: NDArray[np.floating]) -> NDArray[np.floating]:
    """Convert the translation of a 4x4 frame matrix from millimetres to metres.

    Parameters
    ----------
    matrix_mm : (4, 4) array [mm]
        A frame.

    Returns
    -------
    (4, 4) array [m]
        The same.
    """
    matrix_m = np.array(matrix_mm, dtype=np.float64)
    matrix_m[:3, 3] /= MM_PER_M
    return matrix_m


def matrix_mm_from_m(matrix_m: NDArray[np.floating]) -> NDArray[np.floating]:
    """Convert the translation of a 4x4 frame matrix from metres to millimetres.

    Parameters
    ----------
    matrix_m : (4, 4) array [m]
        A frame.

    Returns
    -------
    (4, 4) array [mm]
        The same.
    """
    matrix_mm = np.array(matrix_m, dtype=np.float64)
    matrix_mm[:3, 3] *= MM_PER_M
    return matrix_mm
