"""Where a coil is, and how exactly it must be there."""

from dataclasses import dataclass
from typing import Literal

Point = tuple[float, float, float]
Row = tuple[float, float, float, float]
Matrix4 = tuple[Row, Row, Row, Row]
Side = Literal["left", "right", "midline"]


@dataclass(frozen=True, kw_only=True)
class PoseRecord:
    """A coil on a head.

    Parameters
    ----------
    matsimnibs : (4, 4) tuple of float
        From the coil's frame to the subject's, in millimetres.
    convention : str
        What its columns are.
    distance_mm : float
        From the scalp to the face of the casing, along the coil's axis.
    handle_deg : float or None
        Angle in the scalp plane; None where there is no such angle, as `handle` says.
    handle : str
        Where the handle points.
    side : {"left", "right", "midline"}
        Where the coil's centre lies.
    current : str
        Direction of the induced field for rising current.
    """

    matsimnibs: Matrix4
    convention: str
    distance_mm: float
    handle_deg: float | None
    handle: str
    side: Side
    current: str


@dataclass(frozen=True, kw_only=True)
class ToleranceRecord:
    """What small errors of a pose cost, in percent; negative where an error gains.

    Parameters
    ----------
    shift_mm, turn_deg : float
        Sizes of the errors.
    shifted_percent, turned_percent, tilted_percent, lifted_percent : float
        Loss in the worst direction of each.
    random_rms_percent, random_worst_percent : float
        Loss for shifts and turns in random directions.
    words : str
        The same as a sentence.
    """

    shift_mm: float
    turn_deg: float
    shifted_percent: float
    turned_percent: float
    tilted_percent: float
    lifted_percent: float
    random_rms_percent: float
    random_worst_percent: float
    words: str


@dataclass(frozen=True, kw_only=True)
class MovedPoseRecord:
    """A pose that was turned or shifted.

    Parameters
    ----------
    matsimnibs : (4, 4) tuple of float
        The new pose, in millimetres.
    turned_deg : float
        About the coil's axis, clockwise seen from behind the coil.
    shifted_mm : (3,) tuple of float
        Of the coil's centre along the old x, y and z axis, as it came out.
    tilted_deg : float
        Between the old axis and the new one: 0 unless the coil followed the scalp.
    words : str
        The same as a sentence.
    file : str
        Where the pose was written.
    """

    matsimnibs: Matrix4
    turned_deg: float
    shifted_mm: Point
    tilted_deg: float
    words: str
    file: str
