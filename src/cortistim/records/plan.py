"""The content of ``plan.json``."""

from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from cortistim.errors import BadInputError
from cortistim.records.coil import CoilRecord
from cortistim.records.dose import OutputChoice
from cortistim.records.head import HeadRecord
from cortistim.records.neuron import PlanNeuron
from cortistim.records.plasticity import CourseEffectRecord
from cortistim.records.pose import Matrix4, Point, PoseRecord, Side, ToleranceRecord
from cortistim.records.protocol import DeliveryRecord
from cortistim.records.provenance import (
    NOTICE,
    ConvergenceRecord,
    SourcedNumber,
    SourceRecord,
)
from cortistim.records.safety import SafetyRecord
from cortistim.records.uncertainty import UncertaintyRecord

Count = Annotated[int, Meta(ge=0)]
Size = Annotated[float, Meta(ge=0)]


@dataclass(frozen=True, kw_only=True)
class StimulatorRecord:
    """A stimulator with the plan's coil.

    Parameters
    ----------
    name, words, waveform : str
        What it is.
    didt_max_a_per_us : float or None
        At full output; None where nobody measured the pair.
    didt_max_reason : str
        Why it is None; empty otherwise.
    didt_max_source, didt_max_note : str, optional
        Where it is from.
    capacitance, voltage : SourcedNumber
        Of its circuit.
    pulse_us : float
        How long its pulse lasts.
    """

    name: str
    words: str
    waveform: str
    didt_max_a_per_us: float | None
    didt_max_reason: str
    didt_max_source: str | UnsetType = UNSET
    didt_max_note: str | UnsetType = UNSET
    capacitance: SourcedNumber
    voltage: SourcedNumber
    pulse_us: float


@dataclass(frozen=True, kw_only=True)
class PlannedProtocol:
    """The protocol of a plan.

    Parameters
    ----------
    name, words : str
        What it is.
    pulses : int
        Of one session.
    duration_s, length_s : float
        From the first pulse to the last, and with the last interval.
    sessions : int
        Of the course.
    intensity : str
        In words.
    intensity_percent : float or None
        Of what `threshold` names; None where it is a field strength.
    threshold : str
        What the intensity is a share of.
    confidence : str
        ``high``, ``medium`` or ``low``.
    waveform : str
        That it was published with.
    sources : tuple of str
        Keys of ``references.bib``.
    """

    name: str
    words: str
    pulses: Annotated[int, Meta(ge=1)]
    duration_s: Size
    length_s: Size
    sessions: Annotated[int, Meta(ge=1)]
    intensity: str
    intensity_percent: float | None
    threshold: str
    confidence: str
    waveform: str
    sources: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class TargetRecord:
    """The target of a plan.

    Parameters
    ----------
    name, words : str
        As typed, and what it is.
    mni_mm : (3,) tuple of float, or None
        None without a tie to MNI space, as `mni_reason` says.
    mni_reason : str
        Empty where there is one.
    subject_mm : (3,) tuple of float
        The middle of the patch.
    side : {"left", "right", "midline"}
        Where it lies.
    moved_mm : float
        From the point that was asked for.
    radius_mm : float
        Of the patch.
    points : int
        Mid-grey points in it.
    source, confidence, note : str
        Where the coordinate is from, and what to know of it.
    """

    name: str
    words: str
    mni_mm: Point | None
    mni_reason: str
    subject_mm: Point
    side: Side
    moved_mm: Size
    radius_mm: Size
    points: Annotated[int, Meta(ge=1)]
    source: str
    confidence: str
    note: str


@dataclass(frozen=True, kw_only=True)
class PlanField:
    """The field of a plan.

    Parameters
    ----------
    didt_a_per_us : float
        Rate of current of all fields.
    target_e_v_per_m, target_e_is : float and str
        |E| at the target, and what that is.
    target_error_v_per_m, target_error_is : float and str
        Its error bar.
    target_normal_v_per_m : float
        E into the cortex there.
    target_e_per_percent_mso_v_per_m : float or None
        None where the pair of stimulator and coil was not measured.
    peak_e_v_per_m, peak_e_is : float and str
        The 99.9th percentile over the cortex.
    local_peak_e_v_per_m, local_peak_e_is : float and str
        The strongest patch.
    local_peak_mm : (3,) tuple of float
        Where it lies.
    local_peak_from_target_mm : float
        How far from the target.
    percentiles_v_per_m, focality_mm2 : mapping of str to float
        By percentile, and by share of the 99.9th percentile.
    recovery : str
        How the gradient of the potential was read in linear elements.
    order : int
        Highest order of the elements.
    solver : ConvergenceRecord
        How the solve ended.
    """

    didt_a_per_us: Annotated[float, Meta(gt=0)]
    target_e_v_per_m: Size
    target_e_is: str
    target_error_v_per_m: float
    target_error_is: str
    target_normal_v_per_m: float
    target_e_per_percent_mso_v_per_m: float | None
    peak_e_v_per_m: Size
    peak_e_is: str
    local_peak_e_v_per_m: Size
    local_peak_e_is: str
    local_peak_mm: Point
    local_peak_from_target_mm: Size
    percentiles_v_per_m: dict[str, float]
    focality_mm2: dict[str, float]
    recovery: str
    order: Annotated[int, Meta(ge=1)]
    solver: ConvergenceRecord


@dataclass(frozen=True, kw_only=True)
class StraightAbove:
    """What the coil straight above the target would give.

    Parameters
    ----------
    e_v_per_m : float or None
        At the target; None where the coil cannot stand there.
    matsimnibs : (4, 4) tuple of float, or None
        That pose in millimetres.
    words : str
        How it stands.
    """

    e_v_per_m: float | None
    matsimnibs: Matrix4 | None
    words: str


@dataclass(frozen=True, kw_only=True)
class PlanAim:
    """How the pose of a plan was found.

    Parameters
    ----------
    predicted_e_v_per_m, direct_e_v_per_m : float
        At the target with linear elements, by the search and by a solve.
    reciprocity_error : float
        Relative difference of the two.
    positions_tried : int
        On the scalp.
    radius_mm : float
        How far the search went.
    tolerance : ToleranceRecord
        What small errors of the pose cost.
    handle_fixed : bool
        Whether the handle's angle was given.
    straight_above : StraightAbove
        For comparison.
    """

    predicted_e_v_per_m: float
    direct_e_v_per_m: float
    reciprocity_error: float
    positions_tried: Annotated[int, Meta(ge=1)]
    radius_mm: float
    tolerance: ToleranceRecord
    handle_fixed: bool
    straight_above: StraightAbove


@dataclass(frozen=True, kw_only=True)
class DoseRecord:
    """The stimulator output that a plan takes.

    Parameters
    ----------
    percent_mso : float or None
        None where it cannot be stated.
    reason : str
        Why it is None; empty otherwise.
    rests_on : str
        What the number rests on.
    rmt_percent, amt_percent : float or None
        Motor thresholds as stated.
    missing : str
        The parameter that would tell the output; empty when none would.
    didt_a_per_us, target_e_v_per_m : float or None
        At that output.
    target_e_low_v_per_m, target_e_high_v_per_m : float or None
        Ends of the interval of |E| there; None where none was asked for.
    percent_mso_low, percent_mso_high : float or None
        Ends of the interval of the output; None where it rests on no threshold.
    interval_words : str
        What that interval rests on; empty without one.
    delivery : DeliveryRecord or None
        What the stimulator can deliver of the protocol.
    choices : tuple of OutputChoice
        The recommended output, then others by rank; empty where none can be stated.
    """

    percent_mso: Annotated[float, Meta(gt=0, le=100)] | None
    reason: str
    rests_on: Annotated[str, Meta(min_length=1)]
    rmt_percent: float | None
    amt_percent: float | None
    missing: str
    didt_a_per_us: float | None
    target_e_v_per_m: float | None
    target_e_low_v_per_m: float | None
    target_e_high_v_per_m: float | None
    percent_mso_low: float | None = None
    percent_mso_high: float | None = None
    interval_words: str = ""
    delivery: DeliveryRecord | None = None
    choices: tuple[OutputChoice, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an output that is withheld without a word."""
        if self.percent_mso is None and not self.reason:
            msg = "an output that is withheld must have a reason; none is given. Say why."
            raise BadInputError(msg)


@dataclass(frozen=True, kw_only=True)
class PlanRecord:
    """A plan: every input, result, version and source, in the units of the clinic.

    Parameters
    ----------
    schema : str
        Name and version of this record.
    notice : str
        What the plan is not.
    head, coil, stimulator, protocol : records
        What went in.
    safety, neuron, plasticity : records
        What follows for the person, by tables and models.
    target : TargetRecord
        Where the field is aimed.
    pose, field, aim, dose : records
        What came out.
    uncertainty : UncertaintyRecord or None
        The interval of |E| at the target; None where it was not asked for.
    limits, warnings : tuple of str
        What a reader must know.
    timing_s : mapping of str to float
        Seconds by part of the run.
    versions : mapping of str to str
        By library.
    sources : tuple of SourceRecord
        What the plan rests on.
    """

    schema: Literal["cortistim-plan-2"] = "cortistim-plan-2"
    notice: Annotated[str, Meta(pattern="not a medical device")] = NOTICE
    head: HeadRecord
    coil: CoilRecord
    stimulator: StimulatorRecord
    protocol: PlannedProtocol
    safety: SafetyRecord
    neuron: PlanNeuron
    plasticity: CourseEffectRecord
    target: TargetRecord
    pose: PoseRecord
    field: PlanField
    aim: PlanAim
    dose: DoseRecord
    uncertainty: UncertaintyRecord | None
    limits: tuple[str, ...]
    warnings: tuple[str, ...]
    timing_s: dict[str, float]
    versions: dict[str, str]
    sources: tuple[SourceRecord, ...]
