"""The content of ``aim.json``."""

from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from cortistim.records.coil import CoilRecord
from cortistim.records.head import HeadRecord
from cortistim.records.pose import Matrix4, Point, PoseRecord, Side, ToleranceRecord
from cortistim.records.provenance import NOTICE, ConvergenceRecord, SourceRecord
from cortistim.records.uncertainty import UncertaintyRecord


@dataclass(frozen=True, kw_only=True)
class AimTarget:
    """The target of an aim.

    Parameters
    ----------
    words : str
        What it is.
    subject_mm : (3,) tuple of float
        The middle of its patch.
    side : {"left", "right", "midline"}
        Where it lies.
    """

    words: str
    subject_mm: Point
    side: Side


@dataclass(frozen=True, kw_only=True)
class ObjectiveRecord:
    """What a pose was chosen for, and what it reached.

    Parameters
    ----------
    name : str
        Of the objective.
    value : float
        For 1 A/µs.
    unit : str
        ``V/m``, ``mm2`` or ``1``.
    words : str
        What it is.
    """

    name: str
    value: float
    unit: Literal["V/m", "mm2", "1"]
    words: str


@dataclass(frozen=True, kw_only=True)
class OtherPose:
    """Another good pose.

    Parameters
    ----------
    value : float
        Of the objective.
    away_mm : float
        From the chosen pose.
    matsimnibs : (4, 4) tuple of float
        The pose in millimetres.
    """

    value: float
    away_mm: float
    matsimnibs: Matrix4


@dataclass(frozen=True, kw_only=True)
class TradeOffPose:
    """A pose that no other beats in target and avoided region both.

    Parameters
    ----------
    target_e_v_per_m, avoided_e_v_per_m : float
        Mean |E| in each for 1 A/µs.
    matsimnibs : (4, 4) tuple of float
        The pose in millimetres.
    """

    target_e_v_per_m: float
    avoided_e_v_per_m: float
    matsimnibs: Matrix4


@dataclass(frozen=True, kw_only=True)
class AimRecord:
    """The best pose for a target; fields are for 1 A/µs.

    Parameters
    ----------
    schema, notice : str
        Name and version of this record, and what an aim is not.
    head, coil, target, pose : records
        What was asked and what was chosen.
    didt_a_per_us : float
        Rate of current of all fields.
    objective : ObjectiveRecord
        What the pose was chosen for.
    target_e_v_per_m : float
        Mean |E| at the target.
    predicted_e_v_per_m, reciprocity_error : float, optional
        What the search said, where the chosen pose was solved.
    solver : ConvergenceRecord, optional
        How that solve ended.
    avoided_e_v_per_m : float or None, optional
        With an operator; None where nothing was to be avoided.
    target_points, poses_tried : int, optional
        With an operator: its points in the target, and the poses.
    missed_share : float, optional
        Of the coil's vector potential that the operator misses.
    tolerance : ToleranceRecord
        What small errors of the pose cost.
    uncertainty : UncertaintyRecord or None
        The interval of |E| at the target; None where it is not known.
    alternatives : tuple of OtherPose
        Other good poses.
    trade_off : tuple of TradeOffPose
        Empty unless it was asked for.
    warnings : tuple of str
        What a reader must know.
    versions : mapping of str to str
        By library.
    sources : tuple of SourceRecord
        What the aim rests on.
    """

    schema: Literal["cortistim-aim-1"] = "cortistim-aim-1"
    notice: str = NOTICE
    head: HeadRecord
    coil: CoilRecord
    target: AimTarget
    pose: PoseRecord
    didt_a_per_us: Annotated[float, Meta(gt=0)]
    objective: ObjectiveRecord
    target_e_v_per_m: float
    predicted_e_v_per_m: float | UnsetType = UNSET
    reciprocity_error: float | UnsetType = UNSET
    solver: ConvergenceRecord | UnsetType = UNSET
    avoided_e_v_per_m: float | UnsetType | None = UNSET
    target_points: int | UnsetType = UNSET
    poses_tried: int | UnsetType = UNSET
    missed_share: float | UnsetType = UNSET
    tolerance: ToleranceRecord
    uncertainty: UncertaintyRecord | None
    alternatives: tuple[OtherPose, ...]
    trade_off: tuple[TradeOffPose, ...]
    warnings: tuple[str, ...]
    versions: dict[str, str]
    sources: tuple[SourceRecord, ...]
