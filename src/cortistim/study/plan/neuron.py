"""What a plan says of neurons: recruitment at the target, motor threshold, equal-field dose."""

from dataclasses import dataclass, replace
from functools import cached_property

from cortistim.head import Head
from cortistim.neuron.calibration import (
    Calibration,
    default_calibration,
    factor_at_criterion,
    fitted_calibration,
)
from cortistim.neuron.layers import LayeredField
from cortistim.neuron.motor import (
    LIMITS,
    MOTOR,
    MOTOR_WORDS,
    PATCH_WORDS,
    PERCENT_PER_MM,
    PERCENT_PER_MM_KEY,
    SOURCES,
    Patch,
    by_direction,
    is_motor,
    layers_record,
    motor_patch,
    scalp_to_cortex_m,
)
from cortistim.neuron.recruitment import Recruitment
from cortistim.neuron.tables import ThresholdFit
from cortistim.pulse import Output
from cortistim.records import number
from cortistim.records.neuron import (
    EqualFieldDose,
    PlanNeuron,
    RuleOutputs,
    ScalpToCortex,
)
from cortistim.records.pose import Side
from cortistim.study.record import sources_record
from cortistim.study.request.inputs import find_target
from cortistim.study.request.pulse import PulseTable
from cortistim.typing import FloatArray, IntArray
from cortistim.units import mm_from_m

NO_THRESHOLD = "no resting motor threshold was stated; measure it with this stimulator and coil"
TOO_SHALLOW = "the cortex here is so close that the rule leaves no output"
DOSE_WORDS = (
    "gives the target the field that the motor cortex has at the motor threshold; multiply by "
    "the protocol's share of the threshold"
)


@dataclass(frozen=True, kw_only=True, eq=False)
class StimulatedCortex:
    """A target with the field on the cortex around it, as its cells feel it.

    Parameters
    ----------
    head : Head
        Whose cortex it is.
    name : str
        Of the target; names of the motor cortex are known.
    point_m, centre_m : (3,) array [m]
        Where the target was asked for, and the middle of its patch.
    vertices : (n,) int array
        Of the patch.
    side : {"left", "right", "midline"}
        Where the target lies.
    on_cortex : LayeredField
        The field at `didt_a_per_s`.
    didt_a_per_s : float [A/s]
        Rate of the coil's current.
    table : PulseTable
        Thresholds of cells for the stimulator's pulse.
    output : Output
        What the stimulator gives.
    rmt_percent : float or None
        The person's resting motor threshold in percent of the maximal output.
    motor : Patch or None
        The hand's motor cortex with the coil over it, where the target is another.
    motor_reason : str
        Why it is None.
    """

    head: Head
    name: str
    point_m: FloatArray
    centre_m: FloatArray
    vertices: IntArray
    side: Side
    on_cortex: LayeredField
    didt_a_per_s: float
    table: PulseTable
    output: Output
    rmt_percent: float | None
    motor: Patch | None
    motor_reason: str

    @property
    def patch(self) -> Patch:
        """Cortex within 5 mm of the target."""
        return Patch(self.on_cortex, self.vertices, self.didt_a_per_s)

    @cached_property
    def motor_patch(self) -> Patch | None:
        """The hand's motor cortex, under this very field where the target is in it."""
        if is_motor(self.name):
            return motor_patch(self.on_cortex, self.point_m, self.didt_a_per_s)
        return self.motor

    @cached_property
    def calibration(self) -> Calibration:
        """Fitted to the person's motor threshold where one is stated, else the default."""
        full, motor = self.output.didt_max, self.motor_patch
        if self.rmt_percent is None or full is None or motor is None:
            return default_calibration()
        scale = full.value * self.rmt_percent / 100 / motor.didt_a_per_s
        return fitted_calibration(self.table.fit, *motor.felt(scale))

    def recruitment(self) -> Recruitment:
        """Return recruitment over the whole cortex, the current as stated."""
        return self.patch.everywhere.recruited(self.table.fit, self.calibration)


def neurons_at(cortex: StimulatedCortex) -> PlanNeuron:
    """Say which cells fire at a target, and which output would be alike in the motor cortex.

    Parameters
    ----------
    cortex : StimulatedCortex
        Target and field.

    Returns
    -------
    PlanNeuron
        Recruitment by layer at the target for both directions of the current, the
        calibration in use, the expected motor threshold when the target is the motor
        cortex, and the dose by equal field with its alternatives.
    """
    motor, there = is_motor(cortex.name), cortex.motor_patch
    here = there if motor and there is not None else cortex.patch
    keys = (*SOURCES, PERCENT_PER_MM_KEY)
    return PlanNeuron(
        pulse=cortex.table.fit.pulse,
        table=cortex.table.record(),
        layers=layers_record(here),
        calibration=cortex.calibration.record(),
        target_is_motor=motor,
        patch=MOTOR_WORDS if motor else PATCH_WORDS,
        didt_a_per_us=number(cortex.didt_a_per_s / 1e6, 4),
        polarity=by_direction(
            here,
            cortex.table.fit,
            cortex.calibration,
            output=cortex.output if motor else None,
        ),
        dose=_dose(cortex, here),
        limits=LIMITS,
        sources=sources_record(keys),
    )


def _dose(cortex: StimulatedCortex, here: Patch) -> EqualFieldDose:
    """Recommend the output that gives the target what the motor cortex has at threshold."""
    motor, rmt = cortex.motor_patch, cortex.rmt_percent
    if motor is None:
        return EqualFieldDose(percent_mso=None, reason=cortex.motor_reason)
    ratio = motor.e_per_didt / here.e_per_didt
    stated = EqualFieldDose(
        percent_mso=None,
        reason=NO_THRESHOLD,
        motor_cortex=MOTOR[cortex.side],
        field_ratio_m1_over_target=number(ratio, 4),
        m1_e_per_a_per_us_v_per_m=number(1e6 * motor.e_per_didt, 5),
        target_e_per_a_per_us_v_per_m=number(1e6 * here.e_per_didt, 5),
    )
    if rmt is None:
        return stated
    depth_mm = _scalp_to_cortex_mm(cortex)
    return replace(
        stated,
        percent_mso=number(ratio * rmt, 2),
        reason="",
        words=DOSE_WORDS,
        alternatives=_other_rules(cortex.table.fit, here, motor, rmt, depth_mm),
        scalp_to_cortex_mm=depth_mm,
    )


def _other_rules(
    fit: ThresholdFit, here: Patch, motor: Patch, rmt_percent: float, depth_mm: ScalpToCortex
) -> RuleOutputs:
    per_didt = [
        factor_at_criterion(fit, *patch.in_core.felt(1 / patch.didt_a_per_s))
        for patch in (here, motor)  # patches of the same size
    ]
    deeper_mm = depth_mm.target - depth_mm.motor_cortex
    by_depth = rmt_percent + PERCENT_PER_MM * deeper_mm
    return RuleOutputs(
        equal_recruitment_of_layer_5_percent_mso=number(
            per_didt[0] / per_didt[1] * rmt_percent, 2
        ),
        plain_motor_threshold_percent_mso=number(rmt_percent, 2),
        by_depth_percent_mso=number(by_depth, 2) if by_depth > 0 else None,
        by_depth_reason="" if by_depth > 0 else TOO_SHALLOW,
    )


def _scalp_to_cortex_mm(cortex: StimulatedCortex) -> ScalpToCortex:
    """Measure from scalp to cortex, over the target and the motor cortex in the same way."""
    motor_m = find_target(cortex.head, MOTOR[cortex.side]).point_m
    target_mm, motor_mm = (
        round(mm_from_m(scalp_to_cortex_m(cortex.head, point_m)), 2)
        for point_m in (cortex.centre_m, motor_m)
    )
    return ScalpToCortex(target=target_mm, motor_cortex=motor_mm)
