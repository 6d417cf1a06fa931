"""A plan as JSON: every input, result, version and source, in the units of the clinic."""

from typing import Any

import numpy as np

from cortistim.errors import MissingAnatomyError
from cortistim.records import number, plain
from cortistim.records.provenance import NOTICE
from cortistim.study.plan.neuron import neuron_record
from cortistim.study.plan.plan import Plan
from cortistim.study.protocol.check import safety_record
from cortistim.study.protocol.plasticity import course_record
from cortistim.study.record import (
    ERROR_IS,
    PEAK_IS,
    coil_record,
    convergence_record,
    head_record,
    pose_record,
    rounded,
    sources_record,
    tolerance_record,
    versions,
)
from cortistim.study.request.coil import coil_warnings
from cortistim.units import a_per_us_from_a_per_s, matrix_mm_from_m, mm_from_m, us_from_s

SCHEMA = "cortistim-plan-1"
ISOTROPIC = "Quasi-static, isotropic and homogeneous conductivity within each tissue"
TENSORS = "Quasi-static; one conductivity per tissue, shaped by diffusion tensors where given"
CONDUCTIVITIES = "Conductivities are literature means; people differ by 20 to 40 %"
LINEAR = (
    "First-order elements: several percent of the field vector, over ten where the cortex is "
    "one element thick"
)
HIGHER = (
    "The field at the chosen pose has elements of order {order} and a bar for its numerical "
    "error; the search for the pose had linear ones, off by several percent and more"
)


def plan_record(plan: Plan) -> dict[str, Any]:
    """Return the content of ``plan.json``.

    Parameters
    ----------
    plan : Plan
        From `make_plan`.

    Returns
    -------
    dict
        Plain numbers, strings, lists and mappings; null where a value is withheld.
    """
    record = {
        "schema": SCHEMA,
        "notice": NOTICE,
        "head": head_record(plan.head),
        "coil": coil_record(plan.coil),
        "stimulator": _stimulator(plan),
        "protocol": _protocol(plan),
        "safety": safety_record(plan.course, plan.verdict),
        "neuron": neuron_record(plan),
        "plasticity": course_record(plan.course),
        "target": _target(plan),
        "pose": pose_record(plan.head, plan.coil, plan.aimed.pose),
        "field": _field(plan),
        "aim": _aim(plan),
        "dose": _dose(plan),
        "limits": _limits(plan),
        "warnings": _warnings(plan),
        "timing_s": plan.watch.rounded(),
        "versions": versions(),
        "sources": sources_record(plan.sources),
    }
    return plain(record)


def _limits(plan: Plan) -> list[str]:
    order = plan.on_cortex.highest_order
    return [
        ISOTROPIC if plan.head.anisotropy is None else TENSORS,
        CONDUCTIVITIES,
        LINEAR if order == 1 else HIGHER.format(order=order),
    ]


def _sourced(value: float, unit: str, key: str, note: str) -> dict[str, Any]:
    return {"value": value, "unit": unit, "source": key, "note": note}


def _stimulator(plan: Plan) -> dict[str, Any]:
    stimulator, full = plan.output.stimulator, plan.output.didt_max
    record: dict[str, Any] = {
        "name": stimulator.name,
        "words": stimulator.words,
        "waveform": stimulator.waveform,
        "didt_max_a_per_us": None,
        "didt_max_reason": plan.output.reason,
        "capacitance": _sourced(
            float(f"{stimulator.capacitance.value * 1e6:.4g}"),
            "µF",
            stimulator.capacitance.key,
            stimulator.capacitance.note,
        ),
        "voltage": _sourced(
            stimulator.voltage.value, "V", stimulator.voltage.key, stimulator.voltage.note
        ),
        "pulse_us": round(float(us_from_s(np.ptp(plan.pulse.time_s))), 1),
    }
    if full is not None:
        record["didt_max_a_per_us"] = round(a_per_us_from_a_per_s(full.value), 3)
        record["didt_max_source"] = full.key
        record["didt_max_note"] = full.note
        record["didt_max_reason"] = ""
    return record


def _protocol(plan: Plan) -> dict[str, Any]:
    protocol = plan.protocol
    return {
        "name": protocol.name,
        "words": protocol.words,
        "pulses": protocol.n_pulses,
        "duration_s": round(protocol.duration_s, 3),
        "length_s": round(protocol.length_s, 3),
        "sessions": plan.course.n_sessions,
        "intensity": protocol.intensity_words,
        "intensity_percent": (
            None
            if protocol.threshold == "V_per_m"
            else round(100 * protocol.intensity_fraction, 3)
        ),
        "threshold": protocol.threshold,
        "confidence": protocol.confidence,
        "waveform": protocol.waveform,
        "sources": list(protocol.sources),
    }


def _target(plan: Plan) -> dict[str, Any]:
    patch = plan.aimed.target
    mni: list | None = None
    reason = ""
    try:
        mni = rounded(mm_from_m(plan.cortex_mni_m(patch.centre_m[None])[0]), 2)
    except MissingAnatomyError as error:
        reason = str(error)
    return {
        "name": plan.target.name,
        "words": plan.target.words,
        "mni_mm": mni,
        "mni_reason": reason,
        "subject_mm": rounded(mm_from_m(patch.centre_m), 2),
        "side": plan.side,
        "moved_mm": round(mm_from_m(patch.moved_m), 2),
        "radius_mm": 5.0,
        "points": len(patch.vertices),
        "source": plan.target.source,
        "confidence": plan.target.confidence,
        "note": plan.target.note,
    }


def _field(plan: Plan) -> dict[str, Any]:
    cortex, vertices = plan.on_cortex, plan.aimed.target.vertices
    peak, at_target = plan.peak, round(plan.target_e_v_per_m, 4)
    full = plan.output.didt_max
    per_percent = None
    if full is not None:
        per_percent = plan.target_e_v_per_m * full.value / 100 / plan.field.didt_a_per_s
    return {
        "didt_a_per_us": round(a_per_us_from_a_per_s(plan.field.didt_a_per_s), 6),
        "target_e_v_per_m": at_target,
        "target_e_is": "mean |E| over the mid-grey points within 5 mm of the target",
        "target_error_v_per_m": round(float(cortex.error_v_per_m[vertices].mean()), 4),
        "target_error_is": ERROR_IS,
        "target_normal_v_per_m": round(float(cortex.normal_v_per_m[vertices].mean()), 4),
        "target_e_per_percent_mso_v_per_m": number(per_percent, 5),
        "peak_e_v_per_m": round(plan.peak_e_v_per_m, 4),
        "peak_e_is": "99.9th percentile of |E| over the mid-grey surface, by area",
        "local_peak_e_v_per_m": round(peak.e_v_per_m, 4),
        "local_peak_e_is": PEAK_IS,
        "local_peak_mm": rounded(mm_from_m(peak.centre_m), 2),
        "local_peak_from_target_mm": round(mm_from_m(peak.from_target_m), 2),
        "percentiles_v_per_m": {
            str(p): round(cortex.percentile_v_per_m(p), 4) for p in (50, 90, 95, 99, 99.9)
        },
        "focality_mm2": {
            str(f): round(cortex.focality_m2(f) * 1e6, 1) for f in (0.5, 0.7, 0.9)
        },
        "recovery": plan.aimed.target.points.recovery,
        "order": cortex.highest_order,
        "solver": convergence_record(plan.field.convergence),
    }


def _aim(plan: Plan) -> dict[str, Any]:
    aimed = plan.aimed
    scale = plan.field.didt_a_per_s / 1e6
    conventional = aimed.conventional_pose
    return {
        "predicted_e_v_per_m": round(aimed.predicted_e_v_per_m * scale, 4),
        "direct_e_v_per_m": round(aimed.e_v_per_m * scale, 4),
        "reciprocity_error": float(f"{aimed.reciprocity_error:.3g}"),
        "positions_tried": len(aimed.search_map.positions_m),
        "radius_mm": mm_from_m(plan.request.settings.radius_m),
        "tolerance": tolerance_record(aimed.tolerance),
        "handle_fixed": plan.request.settings.handle_rad is not None,
        "straight_above": {
            "e_v_per_m": number(aimed.conventional_e_v_per_m * scale, 4),
            "matsimnibs": None
            if conventional is None
            else rounded(matrix_mm_from_m(conventional.matrix_m), 9),
            "words": "coil straight above the target, handle 45° away from the midline"
            if plan.request.settings.handle_rad is None
            else "coil straight above the target, handle as asked",
        },
    }


def _dose(plan: Plan) -> dict[str, Any]:
    dose = plan.dose
    didt = dose.didt_a_per_s
    at_dose = None
    if didt is not None:
        at_dose = plan.target_e_v_per_m * didt / plan.field.didt_a_per_s
    return {
        "percent_mso": number(dose.percent_mso, 2),
        "reason": dose.reason,
        "rests_on": dose.rests_on,
        "rmt_percent": plan.request.rmt_percent,
        "amt_percent": plan.request.amt_percent,
        "missing": dose.missing,
        "didt_a_per_us": None if didt is None else round(a_per_us_from_a_per_s(didt), 3),
        "target_e_v_per_m": number(at_dose, 4),
    }


def _warnings(plan: Plan) -> list[str]:
    found = list(plan.head.warnings)
    found += coil_warnings(plan.head, plan.coil, plan.aimed.pose)
    if plan.aimed.target.moved_m > 0:
        moved = mm_from_m(plan.aimed.target.moved_m)
        found.append(f"no cortex within 5 mm of the target; it was moved by {moved:.1f} mm")
    if plan.target.confidence == "low":
        found.append(f"target {plan.target.name} has low confidence: {plan.target.note}")
    if plan.protocol.confidence == "low":
        found.append(f"protocol {plan.protocol.name} has low confidence")
    return found
