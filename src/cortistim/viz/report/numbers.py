"""How the page writes numbers: one way for headline, tiles and tables, so that they agree."""

import re

import numpy as np

DIGITS = 3
UNITS = (
    "V/m", "A/µs", "% MSO", "% of", "%", "mm²", "mm", "cm", "ml", "µs", "ms", "s", "Hz", "kHz",
    "min", "µH", "µF", "S/m", "GB", "pulses", "W", "J", "V", "°", "A/m", "years",
)  # fmt: skip
_TIED = re.compile(
    r"(?<=\d) (?=(?:" + "|".join(map(re.escape, UNITS)) + r")(?![a-zA-Z]))", re.UNICODE
)


def shown(value: float, digits: int = DIGITS) -> str:
    """Write a number for a reader: three significant digits, whole ones as they are.

    Parameters
    ----------
    value : float
        Finite.
    digits : int, optional
        Significant ones, of what is not whole.

    Returns
    -------
    str
        Without an exponent between 1e-4 and 1e9; a minus sign is a hyphen.
    """
    if value == int(value) and abs(value) < 1e9:
        return f"{int(value)}"
    if abs(value) >= 10**digits:
        return f"{value:.0f}"
    text = f"{value:.{digits}g}"
    return text.replace("e-0", "e-").replace("e+0", "e")


def quantity(value: float | None, unit: str, missing: str = "not known") -> str:
    """Write a number with its unit.

    Parameters
    ----------
    value : float or None
        None and NaN are missing.
    unit : str
        Such as ``V/m``; empty for none.
    missing : str, optional
        Stands for what is missing.

    Returns
    -------
    str
        Such as ``98.3 V/m``.
    """
    if value is None or not np.isfinite(value):
        return missing
    return f"{shown(value)} {unit}".rstrip()


def span(low: float | None, high: float | None, unit: str) -> str:
    """Write an interval.

    Parameters
    ----------
    low, high : float or None
        Its ends.
    unit : str
        Of both.

    Returns
    -------
    str
        Such as ``80.1 to 118 V/m``; empty where an end is missing.
    """
    if low is None or high is None or not np.isfinite([low, high]).all():
        return ""
    return f"{shown(low)} to {shown(high)} {unit}"


def place(point_mm: tuple[float, ...]) -> str:
    """Write coordinates.

    Parameters
    ----------
    point_mm : tuple of float [mm]
        Of a point.

    Returns
    -------
    str
        Such as ``(-31, 4, 60) mm``.
    """
    return f"({', '.join(f'{round(value)}' for value in point_mm)}) mm"


def tied(text: str) -> str:
    """Keep numbers and their units on one line.

    Parameters
    ----------
    text : str
        Plain words.

    Returns
    -------
    str
        With blanks that do not break between a number and its unit.
    """
    return _TIED.sub("\u00a0", text)
