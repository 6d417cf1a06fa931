"""What a plan says of neurons: recruitment at the target, motor threshold, equal-field dose."""

from typing import Any

from cortistim.neuron.calibration import (
    Calibration,
    default_calibration,
    factor_at_criterion,
    fitted_calibration,
)
from cortistim.neuron.motor import (
    LIMITS,
    MOTOR,
    MOTOR_WORDS,
    PATCH_WORDS,
    PERCENT_PER_MM,
    PERCENT_PER_MM_KEY,
    POLARITIES,
    SOURCES,
    Patch,
    is_motor,
    layers_record,
    motor_patch,
    motor_threshold,
    recruited_percent,
    scalp_to_cortex_m,
)
from cortistim.neuron.recruitment import Recruitment
from cortistim.neuron.tables import ThresholdFit
from cortistim.sources import describe, references
from cortistim.study.plan.plan import Plan
from cortistim.study.request.inputs import find_target
from cortistim.study.request.pulse import plain
from cortistim.units import mm_from_m

TOO_SHALLOW = "the cortex here is so close that the rule leaves no output"
DOSE_WORDS = (
    "gives the target the field that the motor cortex has at the motor threshold; multiply by "
    "the protocol's share of the threshold"
)


def neuron_record(plan: Plan) -> dict[str, Any]:
    """Return the plan's entry ``neuron``.

    Parameters
    ----------
    plan : Plan
        With its field.

    Returns
    -------
    dict
        Recruitment by layer at the target for both directions of the current, the
        calibration in use, the expected motor threshold when the target is the motor
        cortex, and the dose by equal field with its alternatives.
    """
    fit, motor = plan.neurons.fit, is_motor(plan.target.name)
    there = _motor_patch(plan)
    here = there if motor and there is not None else _target_patch(plan)
    calibration = _calibration(plan, fit, there)
    by_sign = {}
    for name, sign in POLARITIES.items():
        layers, baselines = recruited_percent(here, fit, calibration, sign=sign)
        by_sign[name] = {"recruited_percent": layers, "baselines_percent": baselines}
        if motor:
            expected = motor_threshold(here, fit, calibration, plan.output, sign=sign)
            by_sign[name]["motor_threshold"] = expected
    keys = [key for key in (*SOURCES, PERCENT_PER_MM_KEY) if key in references()]
    return {
        "pulse": fit.pulse,
        "table": plan.neurons.record(),
        "layers": layers_record(here),
        "calibration": calibration.record(),
        "target_is_motor": motor,
        "patch": MOTOR_WORDS if motor else PATCH_WORDS,
        "didt_a_per_us": plain(plan.field.didt_a_per_s / 1e6, 4),
        "polarity": by_sign,
        "dose": _dose(plan, here, there, fit),
        "limits": list(LIMITS),
        "sources": [{"key": key, "text": describe(key)} for key in keys],
    }


def plan_recruitment(plan: Plan) -> Recruitment:
    """Return recruitment over the plan's whole cortex, the current as told.

    Parameters
    ----------
    plan : Plan
        With its field.

    Returns
    -------
    Recruitment
        With the calibration of `neuron_record`.
    """
    fit = plan.neurons.fit
    calibration = _calibration(plan, fit, _motor_patch(plan))
    return _target_patch(plan).everywhere.recruited(fit, calibration)


def _target_patch(plan: Plan) -> Patch:
    return Patch(plan.on_cortex, plan.aimed.target.vertices, plan.field.didt_a_per_s)


def _motor_patch(plan: Plan) -> Patch | None:
    if is_motor(plan.target.name):
        return motor_patch(plan.on_cortex, plan.target.point_m, plan.field.didt_a_per_s)
    return plan.motor


def _calibration(plan: Plan, fit: ThresholdFit, motor: Patch | None) -> Calibration:
    rmt, full = plan.request.rmt_percent, plan.output.didt_max
    if rmt is None or full is None or motor is None:
        return default_calibration()
    scale = full.value * rmt / 100 / motor.didt_a_per_s
    return fitted_calibration(fit, *motor.felt(scale))


def _dose(plan: Plan, here: Patch, motor: Patch | None, fit: ThresholdFit) -> dict[str, Any]:
    """Recommend the output that gives the target what the motor cortex has at threshold."""
    if motor is None:
        return {"percent_mso": None, "reason": plan.motor_reason, "alternatives": {}}
    ratio = motor.e_per_didt / here.e_per_didt
    told = {
        "motor_cortex": MOTOR[plan.side],
        "field_ratio_m1_over_target": plain(ratio, 4),
        "m1_e_per_a_per_us_v_per_m": plain(1e6 * motor.e_per_didt, 5),
        "target_e_per_a_per_us_v_per_m": plain(1e6 * here.e_per_didt, 5),
    }
    rmt = plan.request.rmt_percent
    if rmt is None:
        why = "no resting motor threshold was stated; measure it with this stimulator and coil"
        return {"percent_mso": None, "reason": why, **told, "alternatives": {}}
    per_didt = [
        factor_at_criterion(fit, *patch.in_core.felt(1 / patch.didt_a_per_s))
        for patch in (here, motor)  # patches of the same size
    ]
    depth_mm = _scalp_to_cortex_mm(plan)
    by_depth = rmt + PERCENT_PER_MM * (depth_mm["target"] - depth_mm["motor_cortex"])
    return {
        "percent_mso": plain(ratio * rmt, 2),
        "reason": "",
        "words": DOSE_WORDS,
        **told,
        "alternatives": {
            "equal_recruitment_of_layer_5_percent_mso": plain(
                per_didt[0] / per_didt[1] * rmt, 2
            ),
            "plain_motor_threshold_percent_mso": plain(rmt, 2),
            "by_depth_percent_mso": plain(by_depth, 2) if by_depth > 0 else None,
            "by_depth_reason": "" if by_depth > 0 else TOO_SHALLOW,
        },
        "scalp_to_cortex_mm": depth_mm,
    }


def _scalp_to_cortex_mm(plan: Plan) -> dict[str, float]:
    """Measure from scalp to cortex, over the target and the motor cortex in the same way."""
    motor_m = find_target(plan.head, MOTOR[plan.side]).point_m
    points = {"target": plan.aimed.target.centre_m, "motor_cortex": motor_m}
    return {
        name: round(mm_from_m(scalp_to_cortex_m(plan.head, point_m)), 2)
        for name, point_m in points.items()
    }
