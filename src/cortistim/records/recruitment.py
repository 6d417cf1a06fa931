"""Who fires over a whole cortex: the content of ``recruit.json``."""

from dataclasses import dataclass

from msgspec import UNSET, UnsetType

from cortistim.records.neuron import (
    CalibrationRecord,
    LayersRecord,
    PulseTableRecord,
    TargetRecruitment,
)
from cortistim.records.pose import PoseRecord
from cortistim.records.provenance import SourceRecord


@dataclass(frozen=True, kw_only=True)
class ByDirection:
    """A number for each direction of the current.

    Parameters
    ----------
    as_told, reversed : float or None
        As the coil's file has it, and the other way round.
    """

    as_told: float | None
    reversed: float | None


@dataclass(frozen=True, kw_only=True)
class AngleRecord:
    """How well one angle of the coil recruits layer 5.

    Parameters
    ----------
    handle_deg : float or None
        Angle of the handle.
    threshold_didt_a_per_us : ByDirection
        At which the uncalibrated model meets the criterion.
    e_direction : tuple of float or None
        Direction of the induced field.
    """

    handle_deg: float | None
    threshold_didt_a_per_us: ByDirection
    e_direction: tuple[float | None, ...]


@dataclass(frozen=True, kw_only=True)
class BestAngle:
    """The angle of a scan that needs the least current.

    Parameters
    ----------
    best_handle_deg : float or None
        Angle of the handle.
    e_off_perpendicular_deg : float or None
        Between the induced field and the direction across the sulcus.
    """

    best_handle_deg: float | None
    e_off_perpendicular_deg: float | None


@dataclass(frozen=True, kw_only=True)
class SulcusRecord:
    """How the best angle lies to the sulcus beside the target; empty without a scan.

    Parameters
    ----------
    reason : str, optional
        Why no sulcus was found.
    across : tuple of float or None, optional
        Unit vector across the sulcus.
    straightness : float or None, optional
        1 where it runs straight.
    distance_mm : float or None, optional
        From the target.
    found_by : str, optional
        What was taken for its course.
    as_told, reversed : BestAngle, optional
        For each direction of the current.
    """

    reason: str | UnsetType = UNSET
    across: tuple[float | None, ...] | UnsetType = UNSET
    straightness: float | UnsetType | None = UNSET
    distance_mm: float | UnsetType | None = UNSET
    found_by: str | UnsetType = UNSET
    as_told: BestAngle | UnsetType = UNSET
    reversed: BestAngle | UnsetType = UNSET


@dataclass(frozen=True, kw_only=True)
class RecruitTargetRecord:
    """Where recruitment is reported.

    Parameters
    ----------
    name, words : str
        As asked for, and what it is.
    points : int
        Vertices of the patch.
    note : str
        What a reader should know; may be empty.
    patch : str
        The piece of cortex that is meant.
    """

    name: str
    words: str
    points: int
    note: str
    patch: str


@dataclass(frozen=True, kw_only=True)
class RecruitmentRecord:
    """What ``cortistim neuron recruit`` tells.

    Parameters
    ----------
    notice : str
        What the software is not for.
    head, coil, stimulator : str
        Names.
    pose : PoseRecord
        Of the coil.
    target : RecruitTargetRecord
        Where shares are reported.
    didt_a_per_us : float or None
        Rate of current.
    percent_mso : float or None
        The same in percent of the maximal output; None where the pair was not measured.
    target_e_v_per_m : float or None
        Mean |E| in the patch.
    pulse : PulseTableRecord
        Whose thresholds are taken.
    layers : LayersRecord
        Where the field was read.
    calibration : CalibrationRecord
        Between the model and people.
    polarity : mapping of str to TargetRecruitment
        By direction of the current: ``as_told``, and ``reversed``.
    polarity_note : str
        What is known of the stimulator's sign.
    area_cm2_above_half : mapping of str to float or None
        Cortex in which more than half of the cells fire, by type of cell and by baseline.
    sulcus : SulcusRecord
        Empty where no angles were scanned.
    angles : tuple of AngleRecord
        Of the scan.
    limits : tuple of str
        Of the model.
    warnings : tuple of str
        What a reader should know.
    versions : mapping of str to str
        Of everything that computed.
    sources : tuple of SourceRecord
        What it rests on.
    """

    notice: str
    head: str
    coil: str
    stimulator: str
    pose: PoseRecord
    target: RecruitTargetRecord
    didt_a_per_us: float | None
    percent_mso: float | None
    target_e_v_per_m: float | None
    pulse: PulseTableRecord
    layers: LayersRecord
    calibration: CalibrationRecord
    polarity: dict[str, TargetRecruitment]
    polarity_note: str
    area_cm2_above_half: dict[str, float | None]
    sulcus: SulcusRecord
    angles: tuple[AngleRecord, ...]
    limits: tuple[str, ...]
    warnings: tuple[str, ...]
    versions: dict[str, str]
    sources: tuple[SourceRecord, ...]
