"""Numbers that people type: which can only be mistakes, and which are worth a second look.

One table for all commands and functions. A number beyond a quantity's hard limits is refused;
one that is possible but rare is taken, and a doubt is told with what may have been meant.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from cortistim.errors import BadInputError


@dataclass(frozen=True, slots=True)
class Quantity:
    """What values of a number people mean.

    Parameters
    ----------
    rule : str
        What it is and in which unit, to stand before the value.
    refused : callable
        Whether a value can only be a mistake.
    doubted : callable
        Whether a value is rare.
    meant : callable
        From the value to what may have been meant; a sentence.
    """

    rule: str
    refused: Callable[[float], bool]
    doubted: Callable[[float], bool]
    meant: Callable[[float], str]


def _never(_value: float) -> bool:
    return False


def _threshold(words: str) -> Quantity:
    return Quantity(
        rule=f"{words} is in percent of the maximal output",
        refused=lambda value: 0 < value <= FRACTION,
        doubted=lambda value: FRACTION < value < LOWEST_THRESHOLD_PERCENT,
        meant=lambda value: (
            f"Did you mean {100 * value:g} %?"
            if value <= FRACTION
            else f"Thresholds below {LOWEST_THRESHOLD_PERCENT:g} % are rare; check that it was "
            "measured with this stimulator and coil."
        ),
    )


def _angle_deg(words: str) -> Quantity:
    return Quantity(
        rule=f"{words} is in degrees",
        refused=_never,
        doubted=lambda value: 0 < abs(value) <= math.pi and value != round(value),
        meant=lambda value: f"If radians were meant, give {math.degrees(value):.4g} degrees.",
    )


def _angle_rad(words: str) -> Quantity:
    return Quantity(
        rule=f"{words} is in radians",
        refused=lambda value: abs(value) > MOST_RAD,
        doubted=_never,
        meant=lambda value: f"Did you mean degrees? Give numpy.radians({value:g}).",
    )


def _length_mm(words: str) -> Quantity:
    return Quantity(
        rule=f"{words} is in mm",
        refused=_never,
        doubted=lambda value: 0 < abs(value) < LEAST_MM,
        meant=lambda value: f"If metres were meant, give {1e3 * value:g} mm.",
    )


def _length_m(words: str, most_m: float) -> Quantity:
    return Quantity(
        rule=f"{words} is in metres",
        refused=lambda value: abs(value) > most_m,
        doubted=_never,
        meant=lambda value: f"Did you mean millimetres? Give {value / 1e3:g}.",
    )


FRACTION = 1.0
"""Thresholds up to here can only be shares of one: nothing excites at 1 % of its output."""
LOWEST_THRESHOLD_PERCENT = 15.0
"""Resting thresholds of the hand lie at 30 to 80 % with common coils; assumed, with room."""
MOST_RAD = 4 * math.pi
"""Searches may go round more than once; nobody means more."""
LEAST_MM = 0.1
FARTHEST_M = 1.0
"""No point of a head lies further from the origin of its image."""
FARTHEST_COIL_M = 0.35
"""Where a coil has no field worth the name."""
WIDEST_SEARCH_M = 0.5
MOST_DIDT_A_PER_US = 400.0
"""Stimulators give up to some 300 A/µs."""
QUANTITIES: Mapping[str, Quantity] = {
    "rmt_percent": _threshold("a resting motor threshold"),
    "amt_percent": _threshold("an active motor threshold"),
    "handle_deg": _angle_deg("the handle's angle"),
    "turn_deg": _angle_deg("a turn"),
    "bend_deg": _angle_deg("the bend"),
    "handle_rad": _angle_rad("the handle's angle"),
    "bend_rad": _angle_rad("the bend"),
    "distance_mm": _length_mm("the coil's distance"),
    "radius_mm": _length_mm("the search's radius"),
    "distance_m": _length_m("the coil's distance", FARTHEST_COIL_M),
    "radius_m": _length_m("the search's radius", WIDEST_SEARCH_M),
    "point_m": _length_m("a point of the head", FARTHEST_M),
    "points_m": _length_m("a point of the head", FARTHEST_M),
    "didt_a_per_us": Quantity(
        rule="dI/dt is in A/µs",
        refused=_never,
        doubted=lambda value: abs(value) > MOST_DIDT_A_PER_US or 0 < abs(value) < 1e-2,
        meant=lambda _value: (
            "Stimulators give 30 to 300 A/µs; give a number of A/s divided by a million."
        ),
    ),
}
"""By the name of the parameter, in the library or of the command line."""


def require_plausible(
    name: str, value: float | None, *, error: type[BadInputError] = BadInputError
) -> None:
    """Refuse a number that can only be a mistake.

    Parameters
    ----------
    name : str
        Of the parameter; one that is not listed passes.
    value : float or None
        As given; None passes, and so does what is not finite, which has rules of its own.
    error : type, optional
        What is raised.

    Raises
    ------
    BadInputError
        With the rule, the value and what may have been meant.
    """
    quantity = QUANTITIES.get(name)
    if quantity is None or value is None or not math.isfinite(value):
        return
    if quantity.refused(value):
        msg = f"`{name}`: {quantity.rule}; got {value:g}. {quantity.meant(value)}"
        raise error(msg)


def doubt(name: str, value: object) -> str:
    """Say why a number is worth a second look.

    Parameters
    ----------
    name : str
        Of the parameter.
    value : object
        As given; what is no number has no doubts.

    Returns
    -------
    str
        With the rule, the value and what may have been meant; empty where nothing is odd.
    """
    quantity = QUANTITIES.get(name)
    if quantity is None or isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    if not math.isfinite(value) or not quantity.doubted(value):
        return ""
    return f"`{name}`: {quantity.rule}; {value:g} is unusual. {quantity.meant(value)}"


def point_doubt(name: str, point_mm: Iterable[float] | None) -> str:
    """Say why coordinates typed in millimetres may be metres.

    Parameters
    ----------
    name : str
        Of the parameter.
    point_mm : (3,) array or None [mm]
        As typed.

    Returns
    -------
    str
        Empty where nothing is odd.
    """
    if point_mm is None:
        return ""
    x, y, z = (float(value) for value in point_mm)
    if not 0 < max(abs(x), abs(y), abs(z)) < POINT_LEAST_MM:
        return ""
    told = ",".join(f"{1e3 * value:g}" for value in (x, y, z))
    return f"`{name}`: coordinates are in mm; if metres were meant, give {told}."


POINT_LEAST_MM = 0.3
"""A target within this of the origin of its frame is one in metres; heads are larger."""
