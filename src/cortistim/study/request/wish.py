"""What an aim is for, as a user types it."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from cortistim.errors import BadInputError, quoted
from cortistim.head import Head
from cortistim.study.request.inputs import find_target
from cortistim.targeting import Region, Wish
from cortistim.units import m_from_mm

AVOID_RADIUS_MM = 10.0  # of a region that is given without one: assumed, a gyrus wide


def wish_for(
    head: Head,
    name: str,
    *,
    direction: str | None = None,
    avoid: Sequence[str] = (),
    space: str = "subject",
    **numbers: float,
) -> Wish:
    """Understand an objective as the user typed it.

    Parameters
    ----------
    head : Head
        Ties the spaces together.
    name : str
        Of the objective.
    direction : str, optional
        ``x,y,z`` in subject space, or ``normal``.
    avoid : sequence of str, optional
        Each ``x,y,z`` or ``x,y,z,radius`` in mm, or what `find_target` understands.
    space : str, optional
        Of the coordinates to be avoided.
    **numbers : float
        ``percent``, ``fraction`` and ``least`` of `Wish`.

    Returns
    -------
    Wish
        In subject space and metres.

    Raises
    ------
    BadInputError
        When something cannot be understood.
    """
    along: Any = direction  # the wish checks it
    if direction is not None and direction != "normal":
        along = _numbers(direction, (3,), "a direction must be normal or x,y,z")
    regions = tuple(_region(head, text, space) for text in avoid)
    return Wish(cast("Any", name), along, avoid=regions, **numbers)


def _region(head: Head, text: str, space: str) -> Region:
    radius_mm = AVOID_RADIUS_MM
    parts = text.replace(",", " ").split()
    if len(parts) == 4:
        *_, radius_mm = _numbers(text, (4,), "a region must be x,y,z[,radius] in mm")
        text = ",".join(parts[:3])
    if not radius_mm > 0:
        msg = f"the radius of a region must be positive; got {radius_mm:g} mm."
        raise BadInputError(msg)
    x, y, z = find_target(head, text, space=space).point_m.tolist()
    return Region((x, y, z), m_from_mm(radius_mm))


def _numbers(text: str, counts: tuple[int, ...], rule: str) -> tuple[float, ...]:
    try:
        found = tuple(float(part) for part in text.replace(",", " ").split())
    except ValueError:
        found = ()
    if len(found) not in counts or not np.isfinite(found).all():
        msg = f"{rule}; got {quoted(text)}."
        raise BadInputError(msg)
    return found
