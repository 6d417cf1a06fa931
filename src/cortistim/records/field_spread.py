"""What ``cortistim uncertainty`` writes: how |E| spreads at points, and why."""

from dataclasses import dataclass
from typing import Literal

from cortistim.records.coil import CoilRecord
from cortistim.records.head import HeadRecord
from cortistim.records.pose import Point, PoseRecord
from cortistim.records.provenance import NOTICE, SourceRecord


@dataclass(frozen=True, kw_only=True)
class ConductivityRange:
    """Where a tissue's conductivity lies.

    Parameters
    ----------
    tag : int
        Of the tissue.
    name : str
        Of the tissue.
    low_siemens_per_m, high_siemens_per_m : float
        Ends of the range.
    distribution : str
        Between them.
    source : str
        A key of ``references.bib``, ``given by the user`` or ``assumed``.
    """

    tag: int
    name: str
    low_siemens_per_m: float
    high_siemens_per_m: float
    distribution: str
    source: str


@dataclass(frozen=True, kw_only=True)
class PointSpread:
    """How |E| spreads at a point, or over a target.

    Parameters
    ----------
    point_mm : (3,) tuple of float
        The point, or the middle of the target.
    nominal_v_per_m : float
        With the head's conductivities at the pose that was meant.
    mean_v_per_m, sd_v_per_m : float
        Over the samples.
    p5_v_per_m, p25_v_per_m, p50_v_per_m, p75_v_per_m, p95_v_per_m : float
        Percentiles over the samples.
    first_order : mapping of str to float
        Share of the variance that each input explains alone.
    """

    point_mm: Point
    nominal_v_per_m: float
    mean_v_per_m: float
    sd_v_per_m: float
    p5_v_per_m: float
    p25_v_per_m: float
    p50_v_per_m: float
    p75_v_per_m: float
    p95_v_per_m: float
    first_order: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class FieldSpreadRecord:
    """How conductivities and the pose spread |E|.

    Parameters
    ----------
    schema, notice : str
        Name and version of this record, and what it is not.
    head, coil, pose : records
        What is meant.
    didt_a_per_us : float
        Rate of current of all fields.
    conductivities : tuple of ConductivityRange
        Empty where they are certain.
    pose_sd_is : str
        What the pose's standard deviations are.
    pose_sd_mm, pose_sd_deg : float
        Along and about each axis.
    samples, seed : int
        Of the sampling.
    warnings : tuple of str
        What a reader must know.
    reduced_unknowns : int
        Of the reduced problem.
    reduced_error : float
        Largest relative difference from direct solves.
    results : tuple of PointSpread
        One for each point.
    versions : mapping of str to str
        By library.
    sources : tuple of SourceRecord
        What it rests on.
    """

    schema: Literal["cortistim-uncertainty-1"] = "cortistim-uncertainty-1"
    notice: str = NOTICE
    head: HeadRecord
    coil: CoilRecord
    pose: PoseRecord
    didt_a_per_us: float
    conductivities: tuple[ConductivityRange, ...]
    pose_sd_is: str
    pose_sd_mm: float
    pose_sd_deg: float
    samples: int
    seed: int
    warnings: tuple[str, ...]
    reduced_unknowns: int
    reduced_error: float
    results: tuple[PointSpread, ...]
    versions: dict[str, str]
    sources: tuple[SourceRecord, ...]
