"""A plan as JSON: every input, result, version and source, in the units of the clinic."""

from contextlib import suppress
from dataclasses import replace

import numpy as np
from msgspec import UNSET

from cortistim.errors import MissingAnatomyError
from cortistim.field.target import RADIUS_M
from cortistim.plausible import doubt
from cortistim.records import number, numbers
from cortistim.records.plan import (
    DoseRecord,
    PlanAim,
    PlanField,
    PlannedProtocol,
    PlanRecord,
    StimulatorRecord,
    StraightAbove,
    TargetRecord,
)
from cortistim.records.protocol import DeliveryRecord
from cortistim.records.provenance import SourcedNumber
from cortistim.study.plan.output import (
    INTERVAL_WORDS,
    for_protocol,
    output_choices,
)
from cortistim.study.plan.plan import Plan
from cortistim.study.protocol.check import delivery_record
from cortistim.study.record import (
    ERROR_IS,
    PEAK_IS,
    TARGET_IS,
    coil_record,
    convergence_record,
    head_record,
    matsimnibs,
    pose_record,
    sources_record,
    tolerance_record,
    versions,
)
from cortistim.study.request.coil import coil_warnings
from cortistim.study.request.suitability import protocol_doubt
from cortistim.study.target_uncertainty import uncertainty_record
from cortistim.units import a_per_us_from_a_per_s, mm_from_m, us_from_s

PERCENTILES = (50, 90, 95, 99, 99.9)  # of |E| over the cortex, that a record lists
SHARES = (0.5, 0.7, 0.9)  # of the 99.9th percentile, above which the area is listed
ISOTROPIC = "Quasi-static, isotropic and homogeneous conductivity within each tissue"
TENSORS = "Quasi-static; one conductivity per tissue, shaped by diffusion tensors where given"
CONDUCTIVITIES = "Conductivities are literature means; people differ by 20 to 40 %"
LINEAR = (
    "First-order elements: several percent of the field vector, over ten where the cortex is "
    "one element thick"
)
HIGHER = (
    "Search, field and interval at the target are of one accuracy: elements of order {order} "
    "around what is read, some 5 % of the field vector and 3 % of its size off, with a bar"
)


def plan_record(plan: Plan) -> PlanRecord:
    """Return the content of ``plan.json``.

    Parameters
    ----------
    plan : Plan
        From `make_plan`.

    Returns
    -------
    PlanRecord
        Numbers in the units of the clinic; None where a value is withheld.
    """
    return PlanRecord(
        head=head_record(plan.head),
        coil=coil_record(plan.coil),
        stimulator=_stimulator(plan),
        protocol=_protocol(plan),
        safety=plan.safety,
        neuron=replace(plan.neuron, dose=for_protocol(plan.neuron.dose, plan.protocol)),
        plasticity=plan.plasticity,
        target=_target(plan),
        pose=pose_record(plan.head, plan.coil, plan.aimed.pose),
        field=_field(plan),
        aim=_aim(plan),
        dose=_dose(plan),
        uncertainty=(
            None if plan.uncertainty is None else uncertainty_record(plan.uncertainty)
        ),
        limits=_limits(plan),
        warnings=_warnings(plan),
        timing_s=plan.watch.rounded(),
        versions=versions(),
        sources=sources_record(plan.sources),
    )


def _limits(plan: Plan) -> tuple[str, ...]:
    order = plan.on_cortex.highest_order
    return (
        ISOTROPIC if plan.head.anisotropy is None else TENSORS,
        CONDUCTIVITIES,
        LINEAR if order == 1 else HIGHER.format(order=order),
    )


def _stimulator(plan: Plan) -> StimulatorRecord:
    stimulator, full = plan.output.stimulator, plan.output.didt_max
    return StimulatorRecord(
        name=stimulator.name,
        words=stimulator.words,
        waveform=stimulator.waveform,
        didt_max_a_per_us=(
            None if full is None else round(a_per_us_from_a_per_s(full.value), 3)
        ),
        didt_max_reason=plan.output.reason if full is None else "",
        didt_max_source=UNSET if full is None else full.key,
        didt_max_note=UNSET if full is None else full.note,
        capacitance=SourcedNumber(
            value=float(f"{stimulator.capacitance.value * 1e6:.4g}"),
            unit="µF",
            source=stimulator.capacitance.key,
            note=stimulator.capacitance.note,
        ),
        voltage=SourcedNumber(
            value=stimulator.voltage.value,
            unit="V",
            source=stimulator.voltage.key,
            note=stimulator.voltage.note,
        ),
        pulse_us=round(float(us_from_s(np.ptp(plan.pulse.time_s))), 1),
    )


def _protocol(plan: Plan) -> PlannedProtocol:
    protocol = plan.protocol
    return PlannedProtocol(
        name=protocol.name,
        words=protocol.words,
        pulses=protocol.n_pulses,
        duration_s=round(protocol.duration_s, 3),
        length_s=round(protocol.length_s, 3),
        sessions=plan.course.n_sessions,
        intensity=protocol.intensity_words,
        intensity_percent=(
            None
            if protocol.threshold == "V_per_m"
            else round(100 * protocol.intensity_fraction, 3)
        ),
        threshold=protocol.threshold,
        confidence=protocol.confidence,
        waveform=protocol.waveform,
        sources=tuple(protocol.sources),
    )


def _target(plan: Plan) -> TargetRecord:
    patch = plan.aimed.target
    mni_mm, reason = None, ""
    try:
        mni_mm = numbers(mm_from_m(plan.cortex_mni_m(patch.centre_m[None])[0]), 2)
    except MissingAnatomyError as error:
        reason = str(error)
    return TargetRecord(
        name=plan.target.name,
        words=plan.target.words,
        mni_mm=mni_mm,
        mni_reason=reason,
        subject_mm=numbers(mm_from_m(patch.centre_m), 2),
        side=plan.side,
        moved_mm=round(mm_from_m(patch.moved_m), 2),
        radius_mm=mm_from_m(RADIUS_M),
        points=len(patch.vertices),
        source=plan.target.source,
        confidence=plan.target.confidence,
        note=plan.target.note,
    )


def _field(plan: Plan) -> PlanField:
    cortex, vertices = plan.on_cortex, plan.aimed.target.vertices
    peak, full = plan.peak, plan.output.didt_max
    per_percent = None
    if full is not None:
        per_percent = plan.target_e_v_per_m * full.value / 100 / plan.field.didt_a_per_s
    return PlanField(
        didt_a_per_us=round(a_per_us_from_a_per_s(plan.field.didt_a_per_s), 6),
        target_e_v_per_m=round(plan.target_e_v_per_m, 4),
        target_e_is=TARGET_IS,
        target_error_v_per_m=round(float(cortex.error_v_per_m[vertices].mean()), 4),
        target_error_is=ERROR_IS,
        target_normal_v_per_m=round(float(cortex.normal_v_per_m[vertices].mean()), 4),
        target_e_per_percent_mso_v_per_m=number(per_percent, 5),
        peak_e_v_per_m=round(plan.peak_e_v_per_m, 4),
        peak_e_is="99.9th percentile of |E| over the mid-grey surface, by area",
        local_peak_e_v_per_m=round(peak.e_v_per_m, 4),
        local_peak_e_is=PEAK_IS,
        local_peak_mm=numbers(mm_from_m(peak.centre_m), 2),
        local_peak_from_target_mm=round(mm_from_m(peak.from_target_m), 2),
        percentiles_v_per_m={
            str(p): round(cortex.percentile_v_per_m(p), 4) for p in PERCENTILES
        },
        focality_mm2={str(f): round(cortex.focality_m2(f) * 1e6, 1) for f in SHARES},
        recovery=plan.aimed.target.points.recovery,
        order=cortex.highest_order,
        solver=convergence_record(plan.field.convergence),
    )


def _aim(plan: Plan) -> PlanAim:
    aimed, fixed = plan.aimed, plan.request.settings.handle_rad is not None
    scale = plan.field.didt_a_per_s / 1e6
    above = aimed.conventional_pose
    return PlanAim(
        predicted_e_v_per_m=round(aimed.predicted_e_v_per_m * scale, 4),
        direct_e_v_per_m=round(aimed.e_v_per_m * scale, 4),
        reciprocity_error=float(f"{aimed.reciprocity_error:.3g}"),
        positions_tried=len(aimed.search_map.positions_m),
        radius_mm=mm_from_m(plan.request.settings.radius_m),
        tolerance=tolerance_record(aimed.tolerance),
        handle_fixed=fixed,
        straight_above=StraightAbove(
            e_v_per_m=number(aimed.conventional_e_v_per_m * scale, 4),
            matsimnibs=None if above is None else matsimnibs(above),
            words="coil straight above the target, handle as asked"
            if fixed
            else "coil straight above the target, handle 45° away from the midline",
        ),
    )


def _dose(plan: Plan) -> DoseRecord:
    dose, didt = plan.dose, plan.dose.didt_a_per_s
    at_dose, interval = None, (None, None)
    if didt is not None:
        scale = didt / plan.field.didt_a_per_s
        at_dose = plan.target_e_v_per_m * scale
        if plan.uncertainty is not None:
            interval = plan.uncertainty.scaled_by(scale).interval_v_per_m
    device = plan.output.stimulator.name
    choices = output_choices(plan.protocol, dose, plan.neuron.dose, device)
    recommended = choices[0] if choices else None
    low = None if recommended is None else recommended.percent_mso_low
    return DoseRecord(
        percent_mso=number(dose.percent_mso, 2),
        reason=dose.reason,
        rests_on=dose.rests_on,
        rmt_percent=plan.request.rmt_percent,
        amt_percent=plan.request.amt_percent,
        missing=dose.missing,
        didt_a_per_us=None if didt is None else round(a_per_us_from_a_per_s(didt), 3),
        target_e_v_per_m=number(at_dose, 4),
        target_e_low_v_per_m=number(interval[0], 4),
        target_e_high_v_per_m=number(interval[1], 4),
        percent_mso_low=low,
        percent_mso_high=None if recommended is None else recommended.percent_mso_high,
        interval_words="" if low is None else INTERVAL_WORDS,
        delivery=_delivery(plan),
        choices=choices,
    )


def _delivery(plan: Plan) -> DeliveryRecord:
    return delivery_record(
        plan.protocol,
        plan.output.stimulator.name,
        plan.request.rmt_percent,
        plan.request.amt_percent,
    )


def _warnings(plan: Plan) -> tuple[str, ...]:
    delivery = _delivery(plan)
    found = [delivery.reason] if delivery.verdict == "not deliverable" else []
    found += _doubts(plan)
    found += plan.head.warnings
    found += coil_warnings(plan.head, plan.coil, plan.aimed.pose)
    if plan.aimed.target.moved_m > 0:
        moved = mm_from_m(plan.aimed.target.moved_m)
        found.append(f"no cortex within 5 mm of the target; it was moved by {moved:.1f} mm")
    if plan.target.confidence == "low":
        found.append(f"target {plan.target.name} has low confidence: {plan.target.note}")
    if plan.protocol.confidence == "low":
        found.append(f"protocol {plan.protocol.name} has low confidence")
    return tuple(found)


def _doubts(plan: Plan) -> list[str]:
    """Say which numbers and names of the request are worth a second look."""
    request, mni_m = plan.request, None
    with suppress(MissingAnatomyError):
        mni_m = plan.cortex_mni_m(plan.aimed.target.centre_m[None])[0]
    said = [request.protocol_note, protocol_doubt(request.protocol, request.target, mni_m)]
    said += [doubt(name, getattr(request, name)) for name in ("rmt_percent", "amt_percent")]
    return [text.replace("`", "") for text in said if text]
