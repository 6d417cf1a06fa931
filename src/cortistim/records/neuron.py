"""Which cells fire, as records say it."""

from dataclasses import dataclass

from msgspec import UNSET, UnsetType

from cortistim.records.provenance import SourceRecord


@dataclass(frozen=True, kw_only=True)
class PulseTableRecord:
    """Whose thresholds are taken for a pulse.

    Parameters
    ----------
    name : str
        Of the pulse.
    shipped_table : bool
        Whether the table, or the one that was scaled, came with the package.
    table : str
        Where it is from, as a sentence.
    scaled_from : str or None
        The pulse whose table was scaled; None where none was.
    scaling_error_percent : float
        How far a table of the pulse's own may lie.
    scaling_factor : float or None
        Of thresholds; None where none was scaled.
    """

    name: str
    shipped_table: bool
    table: str
    scaled_from: str | None
    scaling_error_percent: float
    scaling_factor: float | None


@dataclass(frozen=True, kw_only=True)
class CalibrationRecord:
    """By what the model's thresholds are divided to be those of people.

    Parameters
    ----------
    factor, low, high : float
        The factor and its range.
    fitted : bool
        Whether a motor threshold fixed it.
    words : str
        Where it is from.
    """

    factor: float
    low: float
    high: float
    fitted: bool
    words: str


@dataclass(frozen=True, kw_only=True)
class GradientRecord:
    """Growth of |E| toward the pia over a patch: percentiles.

    Parameters
    ----------
    p05, median, p95 : float or None
        In percent per millimetre.
    """

    p05: float | None
    median: float | None
    p95: float | None


@dataclass(frozen=True, kw_only=True)
class LayersRecord:
    """Where the field of each layer was read; of a field on the surface alone, the words.

    Parameters
    ----------
    words : str
        How layers were read.
    depth : mapping of str to float, optional
        Share of the cortex above the somata, by type of cell.
    e_v_per_m : mapping of str to float, optional
        Mean |E| in the patch, by type of cell.
    gradient_percent_per_mm : GradientRecord, optional
        How the field grows toward the pia.
    moved_into_the_grey_percent : float or None, optional
        Share of the places that lay outside the grey matter and were moved.
    """

    words: str
    depth: dict[str, float] | UnsetType = UNSET
    e_v_per_m: dict[str, float | None] | UnsetType = UNSET
    gradient_percent_per_mm: GradientRecord | UnsetType = UNSET
    moved_into_the_grey_percent: float | UnsetType | None = UNSET


@dataclass(frozen=True, kw_only=True)
class MotorThresholdRecord:
    """The motor threshold that the model expects of a patch of motor cortex.

    Parameters
    ----------
    percent_mso : float or None
        None where the pair of stimulator and coil was not measured.
    percent_mso_range : (2,) tuple of float or None
        With the range of the calibration.
    reason : str
        Why it is None; empty otherwise.
    didt_a_per_us, e_v_per_m : float or None
        At that threshold.
    criterion : str
        What counts as a response.
    """

    percent_mso: float | None
    percent_mso_range: tuple[float | None, float | None]
    reason: str
    didt_a_per_us: float | None
    e_v_per_m: float | None
    criterion: str


@dataclass(frozen=True, kw_only=True)
class TargetRecruitment:
    """Mean shares of cells recruited at a plan's target for one direction of the current.

    Parameters
    ----------
    recruited_percent : mapping of str to float or None
        By type of cell.
    baselines_percent : mapping of str to float or None
        By simple model of layer 5.
    motor_threshold : MotorThresholdRecord, optional
        Of a target in the motor cortex.
    """

    recruited_percent: dict[str, float | None]
    baselines_percent: dict[str, float | None]
    motor_threshold: MotorThresholdRecord | UnsetType = UNSET


@dataclass(frozen=True, kw_only=True)
class RuleOutputs:
    """Motor threshold carried to the target by other rules, in % of the maximal output.

    Empty where there is no motor threshold to carry.

    Parameters
    ----------
    equal_recruitment_of_layer_5_percent_mso : float or None, optional
        As many layer 5 cells as in the motor cortex at threshold.
    plain_motor_threshold_percent_mso : float or None, optional
        The threshold as it was measured.
    by_depth_percent_mso : float or None, optional
        More where the cortex is deeper; None where the rule leaves nothing.
    by_depth_reason : str, optional
        Why it is None; empty otherwise.
    """

    equal_recruitment_of_layer_5_percent_mso: float | UnsetType | None = UNSET
    plain_motor_threshold_percent_mso: float | UnsetType | None = UNSET
    by_depth_percent_mso: float | UnsetType | None = UNSET
    by_depth_reason: str | UnsetType = UNSET


@dataclass(frozen=True, kw_only=True)
class ScalpToCortex:
    """From the scalp to the nearest mid-grey cortex, in millimetres.

    Parameters
    ----------
    target, motor_cortex : float
        Over each.
    """

    target: float
    motor_cortex: float


@dataclass(frozen=True, kw_only=True)
class EqualFieldDose:
    """The output that gives the target the field that the motor cortex has at threshold.

    Parameters
    ----------
    percent_mso : float or None
        None where it cannot be stated.
    reason : str
        Why it is None; empty otherwise.
    protocol_percent_mso : float, optional
        The same times the protocol's share of the threshold: the output for the protocol.
    words : str, optional
        How they are meant, where they are stated.
    motor_cortex : str, optional
        The hand's area, where the field in it is known.
    field_ratio_m1_over_target : float or None, optional
        Of |E| for the same current.
    m1_e_per_a_per_us_v_per_m, target_e_per_a_per_us_v_per_m : float or None, optional
        The two fields.
    alternatives : RuleOutputs
        What other rules give.
    scalp_to_cortex_mm : ScalpToCortex, optional
        What the rule by depth rests on.
    """

    percent_mso: float | None
    reason: str
    protocol_percent_mso: float | UnsetType | None = UNSET
    words: str | UnsetType = UNSET
    motor_cortex: str | UnsetType = UNSET
    field_ratio_m1_over_target: float | UnsetType | None = UNSET
    m1_e_per_a_per_us_v_per_m: float | UnsetType | None = UNSET
    target_e_per_a_per_us_v_per_m: float | UnsetType | None = UNSET
    alternatives: RuleOutputs = RuleOutputs()
    scalp_to_cortex_mm: ScalpToCortex | UnsetType = UNSET


@dataclass(frozen=True, kw_only=True)
class PlanNeuron:
    """What a plan says of neurons.

    Parameters
    ----------
    pulse : str
        Whose thresholds are taken.
    table : PulseTableRecord
        Where they are from.
    layers : LayersRecord
        Where the field was read.
    calibration : CalibrationRecord
        Between the model and people.
    target_is_motor : bool
        Whether the target is the hand's motor cortex.
    patch : str
        The piece of cortex that is meant.
    didt_a_per_us : float or None
        Rate of current of the shares.
    polarity : mapping of str to TargetRecruitment
        By direction of the current: ``as_told``, and ``reversed``.
    dose : EqualFieldDose
        By equal field, with its alternatives.
    limits : tuple of str
        Of the model.
    sources : tuple of SourceRecord
        What it rests on.
    """

    pulse: str
    table: PulseTableRecord
    layers: LayersRecord
    calibration: CalibrationRecord
    target_is_motor: bool
    patch: str
    didt_a_per_us: float | None
    polarity: dict[str, TargetRecruitment]
    dose: EqualFieldDose
    limits: tuple[str, ...]
    sources: tuple[SourceRecord, ...]
