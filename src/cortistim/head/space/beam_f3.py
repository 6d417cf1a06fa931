"""Beam F3: the place of F3 from three lengths that a tape measures [beam2009]_.

The formula is that of the authors' calculator on the web, in use since 2009. It reproduces
worked examples of clinics; the one printed in the paper differs from it by up to a centimetre.
It is an empirical standard, not the geometry of the 10-20 system.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cortistim.errors import BadInputError, MissingAnatomyError
from cortistim.geometry import unit
from cortistim.head.mesh import Surface
from cortistim.head.space.eeg import Tape, onto, tape
from cortistim.typing import FloatArray
from cortistim.units import mm_from_m

Side = Literal["left", "right"]
LENGTHS_M = {  # newborns' are shorter, the largest adults' a little longer
    "nasion to inion": (0.20, 0.50),
    "tragus to tragus": (0.20, 0.50),
    "circumference": (0.35, 0.75),
}
SHRINK = 0.91  # of the way from the vertex, as the calculator has it


@dataclass(frozen=True, slots=True)
class HeadLengths:
    """Three lengths of a head, along the scalp.

    Parameters
    ----------
    nasion_inion_m : float [m]
        Over the vertex.
    tragus_m : float [m]
        From tragus to tragus over the vertex.
    circumference_m : float [m]
        Around the head at the height of FPz and Oz.

    Raises
    ------
    BadInputError
        When one is not that of a human head.
    """

    nasion_inion_m: float
    tragus_m: float
    circumference_m: float

    def __post_init__(self) -> None:
        """Refuse lengths of no head, above all those in another unit."""
        lengths_m = (self.nasion_inion_m, self.tragus_m, self.circumference_m)
        for (name, (low_m, high_m)), length_m in zip(LENGTHS_M.items(), lengths_m, strict=True):
            if not low_m <= length_m <= high_m:
                msg = (
                    f"the length {name} must be {mm_from_m(low_m):.0f} to "
                    f"{mm_from_m(high_m):.0f} mm; got {mm_from_m(length_m):g} mm. Measure in "
                    "millimetres along the scalp."
                )
                raise BadInputError(msg)


@dataclass(frozen=True, slots=True)
class BeamF3:
    """Two ways that a tape goes.

    Parameters
    ----------
    along_m : float [m]
        X: from the midline at FPz along the circumference, to the left.
    from_vertex_m : float [m]
        Y: from the vertex towards the point so found.
    """

    along_m: float
    from_vertex_m: float


def beam_f3(lengths: HeadLengths) -> BeamF3:
    """Compute where a tape finds F3 (or, mirrored, F4).

    Parameters
    ----------
    lengths : HeadLengths
        Of the head.

    Returns
    -------
    BeamF3
        X and Y of the calculator.

    References
    ----------
    .. [1] beam2009
    """
    across_m, over_m = 0.4 * lengths.tragus_m, 0.4 * lengths.nasion_inion_m
    rise = np.sin(np.radians(324)) + over_m / 2 / across_m
    swing = np.radians(298)
    slope = over_m * np.sin(swing) / (over_m * np.cos(swing) - across_m / 2)
    x_m = (over_m - across_m * slope) / 2 / (rise - slope)
    y_m = rise * x_m - over_m / 2
    quarter_m = lengths.circumference_m / 4
    share = 1 + np.arctan(y_m / x_m) / (np.pi / 2)
    return BeamF3(float(quarter_m * share), float(SHRINK * np.hypot(x_m, y_m)))


def measured_lengths(scalp: Surface, electrodes_m: Mapping[str, FloatArray]) -> HeadLengths:
    """Measure the three lengths on a scalp, as a tape would.

    Parameters
    ----------
    scalp : Surface
        The head's outer surface.
    electrodes_m : mapping of str to (3,) array [m]
        10-10 positions and fiducials; the preauricular points stand for the traguses.

    Returns
    -------
    HeadLengths
        Along taut tapes.

    Raises
    ------
    MissingAnatomyError
        When a position is missing.
    """
    rows = {
        "over": ("Nz", "Cz", "Iz"), "across": ("LPA", "Cz", "RPA"),
        "left": ("Fpz", "T7", "Oz"), "right": ("Fpz", "T8", "Oz"),
    }  # fmt: skip
    found = {name: _taped(scalp, electrodes_m, row).length_m for name, row in rows.items()}
    around_m = found["left"] + found["right"]
    return HeadLengths(found["over"], found["across"], around_m)


def beam_point(
    scalp: Surface,
    electrodes_m: Mapping[str, FloatArray],
    beam: BeamF3,
    side: Side = "left",
) -> FloatArray:
    """Follow the two ways over a scalp.

    Parameters
    ----------
    scalp : Surface
        The head's outer surface.
    electrodes_m : mapping of str to (3,) array [m]
        10-10 positions; Cz is the vertex.
    beam : BeamF3
        From `beam_f3`.
    side : {"left", "right"}, optional
        Left for F3, right for F4.

    Returns
    -------
    (3,) array [m]
        On the scalp.
    """
    ear = "T7" if side == "left" else "T8"
    ring = _taped(scalp, electrodes_m, ("Fpz", ear, "Oz"))
    rim_m = onto(scalp, ring.at(beam.along_m)[None])[0]
    vertex_m = electrodes_m["Cz"]
    bulge = unit((vertex_m + rim_m) / 2 - _middle_m(electrodes_m))
    over_m = (vertex_m + rim_m) / 2 + 0.5 * np.linalg.norm(vertex_m - rim_m) * bulge
    way = tape(scalp, vertex_m, onto(scalp, over_m[None])[0], rim_m)
    return onto(scalp, way.at(beam.from_vertex_m)[None])[0]


def _middle_m(electrodes_m: Mapping[str, FloatArray]) -> FloatArray:
    return np.mean([electrodes_m[name] for name in ("Fpz", "Oz", "T7", "T8")], axis=0)


def _taped(
    scalp: Surface, electrodes_m: Mapping[str, FloatArray], row: tuple[str, str, str]
) -> Tape:
    missing = [name for name in row if name not in electrodes_m]
    if missing:
        msg = (
            f"tape measures need the position {', '.join(missing)}; the head has none. Give "
            "the fiducials."
        )
        raise MissingAnatomyError(msg)
    return tape(scalp, *(electrodes_m[name] for name in row))
