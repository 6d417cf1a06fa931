"""Units of voltage as files write them, and headings that hold a name and a unit."""

import re

from cortistim.errors import FileFormatError, quoted

VOLTS = {
    "v": 1.0, "volt": 1.0, "volts": 1.0, "mv": 1e-3, "millivolt": 1e-3, "millivolts": 1e-3,
    "uv": 1e-6, "microvolt": 1e-6, "microvolts": 1e-6, "nv": 1e-9,
}  # fmt: skip
SECONDS = {"s": 1.0, "sec": 1.0, "seconds": 1.0, "second": 1.0, "ms": 1e-3, "msec": 1e-3,
           "us": 1e-6}  # fmt: skip
_BRACKETED = re.compile(r"^(?P<name>.*?)\s*[(\[]\s*(?P<unit>[^)\]]*)\s*[)\]]\s*$")
_JOINED = re.compile(r"^(?P<name>.+?)[_ ](?P<unit>[munµμ]?[vVsS])$")


def volts_of(unit: str) -> float | None:
    """Return how many volt a unit is.

    Parameters
    ----------
    unit : str
        Such as ``µV``, ``uV`` or ``mV``, in any letters.

    Returns
    -------
    float or None
        None for what is no unit of voltage.
    """
    return VOLTS.get(_plain(unit))


def seconds_of(unit: str) -> float | None:
    """Return how many seconds a unit is, None for what is none."""
    return SECONDS.get(_plain(unit))


def _plain(unit: str) -> str:
    return unit.strip().replace("µ", "u").replace("μ", "u").lower()


def named_unit(heading: str) -> tuple[str, str]:
    """Part a heading such as ``FDI (mV)``, ``FDI [µV]`` or ``FDI_uV``.

    Parameters
    ----------
    heading : str
        Of a column.

    Returns
    -------
    name, unit : str
        The unit is empty when the heading holds none.
    """
    text = heading.strip().strip('"').strip()
    hit = _BRACKETED.match(text)
    if hit is None:
        hit = _JOINED.match(text)
    if hit is None or not hit["name"].strip():
        return text, ""
    return hit["name"].strip(), hit["unit"].strip()


def require_volts(unit: str) -> float:
    """Return how many volt a unit is.

    Parameters
    ----------
    unit : str
        Such as ``uV``.

    Returns
    -------
    float
        Volt for one.

    Raises
    ------
    FileFormatError
        When it is no unit of voltage.
    """
    factor = volts_of(unit)
    if factor is None:
        msg = f"`unit` must be one of V, mV, uV and nV; got {quoted(unit)}."
        raise FileFormatError(msg)
    return factor
