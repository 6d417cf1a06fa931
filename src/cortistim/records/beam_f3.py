"""Where the tape finds F3 or F4."""

from dataclasses import dataclass
from typing import Literal

from cortistim.records.pose import Point


@dataclass(frozen=True, kw_only=True)
class BeamF3Record:
    """Both ways of the tape, from three lengths.

    Parameters
    ----------
    x_cm : float
        Along the circumference from the midline.
    y_cm : float
        From the vertex towards that point.
    side : {"left", "right"}
        F3 or F4.
    nasion_inion_mm, tragus_mm, circumference_mm : float
        The three lengths.
    formula : str
        Whose it is.
    sources : tuple of str
        Keys of ``references.bib``.
    """

    x_cm: float
    y_cm: float
    side: Literal["left", "right"]
    nasion_inion_mm: float
    tragus_mm: float
    circumference_mm: float
    formula: str
    sources: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class BeamF3OnHeadRecord(BeamF3Record):
    """The same on a head whose lengths were measured.

    Parameters
    ----------
    x_cm, y_cm, side, nasion_inion_mm, tragus_mm, circumference_mm, formula, sources
        As in `BeamF3Record`.
    head : str
        Its name.
    scalp_mm : (3,) tuple of float
        The point.
    electrode : str
        The 10-10 position that it stands for.
    electrode_mm : (3,) tuple of float
        Where that is.
    from_electrode_mm : float
        Between the two.
    mni_mm : (3,) tuple of float or None
        The point in MNI space; None without a transform to it.
    """

    head: str
    scalp_mm: Point
    electrode: str
    electrode_mm: Point
    from_electrode_mm: float
    mni_mm: Point | None
