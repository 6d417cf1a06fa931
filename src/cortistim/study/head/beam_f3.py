"""Beam F3 as a record: from lengths alone, or on a head."""

from dataclasses import fields
from typing import cast

import numpy as np

from cortistim.errors import BadInputError, ConvergenceError
from cortistim.head import Head
from cortistim.head.space.beam_f3 import HeadLengths, Side, beam_f3, measured_lengths
from cortistim.placement.beam_f3 import ELECTRODES, beam_scalp_m
from cortistim.records import numbers
from cortistim.records.beam_f3 import BeamF3OnHeadRecord, BeamF3Record
from cortistim.records.pose import Point
from cortistim.typing import FloatArray
from cortistim.units import mm_from_m

FORMULA = (
    "formula of the Beam F3 calculator on the web; the one printed in the paper differs by up "
    "to a centimetre"
)
CM_PER_M = 100.0


def beam_record(lengths: HeadLengths, side: Side = "left") -> BeamF3Record:
    """Compute both ways of the tape.

    Parameters
    ----------
    lengths : HeadLengths
        Of the head.
    side : {"left", "right"}
        F3 or F4.

    Returns
    -------
    BeamF3Record
        X and Y in cm, the lengths in mm.
    """
    found = beam_f3(lengths)
    return BeamF3Record(
        x_cm=round(CM_PER_M * found.along_m, 3),
        y_cm=round(CM_PER_M * found.from_vertex_m, 3),
        side=side,
        nasion_inion_mm=round(mm_from_m(lengths.nasion_inion_m), 1),
        tragus_mm=round(mm_from_m(lengths.tragus_m), 1),
        circumference_mm=round(mm_from_m(lengths.circumference_m), 1),
        formula=FORMULA,
        sources=("beam2009",),
    )


def beam_on_head(head: Head, side: Side = "left") -> BeamF3OnHeadRecord:
    """Measure a head by tape and mark the point on its scalp.

    Parameters
    ----------
    head : Head
        With fiducials or a tie to MNI space.
    side : {"left", "right"}
        F3 or F4.

    Returns
    -------
    BeamF3OnHeadRecord
        As `beam_record`, with the point, its distance to the 10-10 position and its place in
        MNI space (None without a tie to it).
    """
    measured = beam_record(measured_lengths(head.scalp, head.electrodes_m), side)
    point_m, electrode = beam_scalp_m(head, side), ELECTRODES[side]
    electrode_m = head.electrodes_m[electrode]
    return BeamF3OnHeadRecord(
        **{one.name: getattr(measured, one.name) for one in fields(measured)},
        head=head.name,
        scalp_mm=_point_mm(point_m),
        electrode=electrode,
        electrode_mm=_point_mm(electrode_m),
        from_electrode_mm=round(mm_from_m(float(np.linalg.norm(point_m - electrode_m))), 2),
        mni_mm=_mni_mm(head, point_m),
    )


def _mni_mm(head: Head, point_m: FloatArray) -> Point | None:
    try:
        return _point_mm(head.frame.to_mni_m(point_m[None])[0])
    except (BadInputError, ConvergenceError):
        return None


def _point_mm(point_m: FloatArray) -> Point:
    return cast("Point", numbers(mm_from_m(point_m), 2))
