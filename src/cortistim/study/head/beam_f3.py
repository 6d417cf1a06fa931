"""Beam F3 as a record: from lengths alone, or on a head."""

from typing import Any, cast

import numpy as np

from cortistim.errors import BadInputError, ConvergenceError
from cortistim.head import Head
from cortistim.head.space.beam_f3 import (
    HeadLengths,
    Side,
    beam_f3,
    beam_point,
    measured_lengths,
)
from cortistim.typing import FloatArray
from cortistim.units import mm_from_m

ELECTRODES: dict[Side, str] = {"left": "F3", "right": "F4"}
TARGETS: dict[str, Side] = {"beam_f3": "left", "beam_f4": "right"}
FORMULA = (
    "formula of the Beam F3 calculator on the web; the one printed in the paper differs by up "
    "to a centimetre"
)
CM_PER_M = 100.0


def beam_record(lengths: HeadLengths, side: str = "left") -> dict[str, Any]:
    """Compute both ways of the tape.

    Parameters
    ----------
    lengths : HeadLengths
        Of the head.
    side : str
        ``left`` (F3) or ``right`` (F4).

    Returns
    -------
    dict
        X and Y in cm, the lengths in mm.
    """
    found = beam_f3(lengths)
    return {
        "x_cm": round(CM_PER_M * found.along_m, 3),
        "y_cm": round(CM_PER_M * found.from_vertex_m, 3),
        "side": side,
        "nasion_inion_mm": round(mm_from_m(lengths.nasion_inion_m), 1),
        "tragus_mm": round(mm_from_m(lengths.tragus_m), 1),
        "circumference_mm": round(mm_from_m(lengths.circumference_m), 1),
        "formula": FORMULA,
        "sources": ["beam2009"],
    }


def beam_scalp_m(head: Head, side: Side) -> FloatArray:
    """Find the Beam F3 or F4 point of a head.

    Parameters
    ----------
    head : Head
        With fiducials or a tie to MNI space.
    side : {"left", "right"}
        F3 or F4.

    Returns
    -------
    (3,) array [m]
        On the scalp.
    """
    lengths = measured_lengths(head.scalp, head.electrodes_m)
    return beam_point(head.scalp, head.electrodes_m, beam_f3(lengths), side)


def beam_on_head(head: Head, side: str = "left") -> dict[str, Any]:
    """Measure a head by tape and mark the point on its scalp.

    Parameters
    ----------
    head : Head
        With fiducials or a tie to MNI space.
    side : str
        ``left`` (F3) or ``right`` (F4).

    Returns
    -------
    dict
        As `beam_record`, with the point, its distance to the 10-10 position and its place in
        MNI space (None without a tie to it).
    """
    chosen = cast("Side", side)
    lengths = measured_lengths(head.scalp, head.electrodes_m)
    point_m, electrode = beam_scalp_m(head, chosen), ELECTRODES[chosen]
    apart_m = float(np.linalg.norm(point_m - head.electrodes_m[electrode]))
    return {
        **beam_record(lengths, side),
        "head": head.name,
        "scalp_mm": mm_from_m(point_m).round(2).tolist(),
        "electrode": electrode,
        "electrode_mm": mm_from_m(head.electrodes_m[electrode]).round(2).tolist(),
        "from_electrode_mm": round(mm_from_m(apart_m), 2),
        "mni_mm": _mni_mm(head, point_m),
    }


def _mni_mm(head: Head, point_m: FloatArray) -> list[float] | None:
    try:
        return mm_from_m(head.frame.to_mni_m(point_m[None])[0]).round(2).tolist()
    except (BadInputError, ConvergenceError):
        return None
