"""The content of ``field.json``."""

from dataclasses import dataclass
from typing import Literal

from msgspec import UNSET, UnsetType

from cortistim.records.coil import CoilRecord
from cortistim.records.head import HeadRecord
from cortistim.records.pose import Point, PoseRecord
from cortistim.records.provenance import NOTICE, ConvergenceRecord, SourceRecord
from cortistim.records.uncertainty import UncertaintyRecord


@dataclass(frozen=True, kw_only=True)
class TissueField:
    """Strength of the field in a tissue, by volume.

    Parameters
    ----------
    tag : int
        Of the tissue.
    name : str
        Of the tissue.
    mean_e_v_per_m, p99_9_e_v_per_m : float
        Mean and 99.9th percentile of |E|.
    """

    tag: int
    name: str
    mean_e_v_per_m: float
    p99_9_e_v_per_m: float


@dataclass(frozen=True, kw_only=True)
class PointsRecord:
    """Points that were read.

    Parameters
    ----------
    count : int
        All of them.
    outside_head : int
        Where there is no field.
    """

    count: int
    outside_head: int


@dataclass(frozen=True, kw_only=True)
class PeakUncertainty(UncertaintyRecord):
    """|E| in the strongest patch of cortex with one interval.

    Parameters
    ----------
    e_target_v_per_m, dominant, parts, words : see `UncertaintyRecord`
        The interval.
    target_is : str
        Which piece of cortex is meant.
    target_mm : (3,) tuple of float
        Its middle.
    """

    target_is: str
    target_mm: Point


@dataclass(frozen=True, kw_only=True)
class FieldRecord:
    """The field of a coil at a pose.

    Parameters
    ----------
    schema, notice : str
        Name and version of this record, and what a field is not.
    head, coil, pose : records
        What was solved.
    didt_a_per_us : float
        Rate of the coil's current; of either sign.
    recovery : str
        How the gradient of the potential was read in linear elements.
    order : int
        Highest order of the elements.
    refinement : str or None
        How elements of higher order were solved for; None where all are linear.
    tissues : tuple of TissueField
        Strength by tissue.
    uncertainty : PeakUncertainty or None
        None where it was not asked for, and without a cortex.
    solver : ConvergenceRecord
        How the solve ended.
    warnings : tuple of str
        What a reader must know.
    versions : mapping of str to str
        By library.
    sources : tuple of SourceRecord
        What the field rests on.
    points : PointsRecord, optional
        Where points were asked for.
    """

    schema: Literal["cortistim-field-1"] = "cortistim-field-1"
    notice: str = NOTICE
    head: HeadRecord
    coil: CoilRecord
    pose: PoseRecord
    didt_a_per_us: float
    recovery: str
    order: int
    refinement: str | None
    tissues: tuple[TissueField, ...]
    uncertainty: PeakUncertainty | None
    solver: ConvergenceRecord
    warnings: tuple[str, ...]
    versions: dict[str, str]
    sources: tuple[SourceRecord, ...]
    points: PointsRecord | UnsetType = UNSET
