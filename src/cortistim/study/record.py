"""A plan as JSON: every input, result, version and source, in the units of the clinic."""

import platform
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

import numpy as np

from cortistim.coil import Coil
from cortistim.errors import MissingAnatomyError, PoseError
from cortistim.field import Convergence
from cortistim.head import Head
from cortistim.placement import (
    Pose,
    describe_handle,
    distance_along_axis_m,
    handle_angle_rad,
)
from cortistim.sources import describe, references
from cortistim.study.coils import (
    coil_warnings,
    current_direction,
    polarity_record,
    shape_record,
)
from cortistim.study.inputs import side_of
from cortistim.study.neuron_plan import neuron_record
from cortistim.study.plan import Plan
from cortistim.study.plasticity import course_record
from cortistim.study.protocols import safety_record
from cortistim.targeting import Tolerance
from cortistim.typing import FloatArray
from cortistim.units import a_per_us_from_a_per_s, matrix_mm_from_m, mm_from_m, us_from_s

SCHEMA = "cortistim-plan-1"
NOTICE = (
    "Research software, not a medical device. Not for clinical decisions without "
    "independent verification."
)
LIBRARIES = ("cortistim", "numpy", "scipy", "numba", "pyamg", "nibabel", "plotly", "matplotlib")
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
    return {
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


def _limits(plan: Plan) -> list[str]:
    order = plan.on_cortex.highest_order
    return [
        ISOTROPIC if plan.head.anisotropy is None else TENSORS,
        CONDUCTIVITIES,
        LINEAR if order == 1 else HIGHER.format(order=order),
    ]


def head_record(head: Head) -> dict[str, Any]:
    """Describe a head.

    Parameters
    ----------
    head : Head
        Any.

    Returns
    -------
    dict
        Name, origin, size, tissues with conductivities and their sources, frame.
    """
    return {
        "name": head.name,
        "origin": head.origin,
        "mesh_digest": head.mesh.digest,
        "nodes": len(head.mesh.nodes_m),
        "tetrahedra": len(head.mesh.tets),
        "tissues": [
            {
                "tag": tissue.tag,
                "name": tissue.name,
                "sigma_siemens_per_m": tissue.sigma_siemens_per_m,
                "source": tissue.source,
                "note": tissue.note,
            }
            for tissue in head.tissues
        ],
        "missing_tissues": list(head.missing_tissues),
        "anisotropy": None
        if head.anisotropy is None
        else {
            "mapping": head.anisotropy.mapping,
            "tags": list(head.anisotropy.tags),
            "tensors": head.anisotropy.origin,
        },
        "mni": _mni(head),
        "cortex": _cortex(head),
    }


def _cortex(head: Head) -> dict[str, Any] | None:
    """Where given surfaces are from and how they fit; None where the mesh's own are used."""
    given = head.given_cortex
    if given is None:
        return None
    return {
        "origin": given.surfaces.origin,
        "notes": [*given.surfaces.notes, *given.surfaces.warnings, given.in_words()],
        "vertices": given.surfaces.n_vertex,
        "moved_into_grey": len(given.moved_m),
        "left_out": given.dropped,
    }


def _mni(head: Head) -> str:
    try:
        return head.frame.description
    except MissingAnatomyError as error:
        return f"none: {error}"


def coil_record(coil: Coil) -> dict[str, Any]:
    """Describe a coil.

    Parameters
    ----------
    coil : Coil
        Any.

    Returns
    -------
    dict
        Name, geometry, shape, casing, inductance, polarity.
    """
    return {
        "name": coil.name,
        "geometry": coil.geometry,
        **shape_record(coil),
        "casing": coil.casing.source,
        "inductance_uh": _number(coil.inductance_h * 1e6, 3),
        "a_at_20mm_t_m": [float(f"{a:.6g}") for a in coil.a_at_20mm_t_m],
        "current": current_direction(coil),
        "polarity": polarity_record(coil),
        "sources": list(coil.sources),
    }


def pose_record(head: Head, coil: Coil, pose: Pose) -> dict[str, Any]:
    """Describe a pose.

    Parameters
    ----------
    head, coil, pose : Head, Coil, Pose
        The coil on the head.

    Returns
    -------
    dict
        ``matsimnibs`` in millimetres, distance, handle angle and words.
    """
    try:
        handle_deg: float | None = float(np.rad2deg(handle_angle_rad(head, pose)))
    except PoseError:  # the words say that there is no such angle here
        handle_deg = None
    return {
        "matsimnibs": rounded(matrix_mm_from_m(pose.matrix_m), 9),
        "convention": "mm, RAS; columns x, y, z, centre; z into the head, y off the handle",
        "distance_mm": round(mm_from_m(distance_along_axis_m(head, pose)), 3),
        "handle_deg": _number(handle_deg, 2),
        "handle": describe_handle(head, pose),
        "side": side_of(head, pose.origin_m),
        "current": current_direction(coil),
    }


def tolerance_record(tolerance: Tolerance) -> dict[str, Any]:
    """Describe what small errors of a pose cost.

    Parameters
    ----------
    tolerance : Tolerance
        Of a pose.

    Returns
    -------
    dict
        Losses in percent, negative where an error gains, and a sentence.
    """
    names = ("shifted", "turned", "tilted", "lifted", "random_rms", "random_worst")
    losses = {f"{name}_percent": round(100 * getattr(tolerance, name), 3) for name in names}
    shift_mm = mm_from_m(tolerance.shift_m)
    turn_deg = float(np.rad2deg(tolerance.turn_rad))
    by = {name: f"{100 * getattr(tolerance, name):.1f} %" for name in names}
    words = (
        f"{shift_mm:g} mm aside cost up to {by['shifted']}, {shift_mm:g} mm off the head "
        f"{by['lifted']}, {turn_deg:g}° of turn {by['turned']}, {turn_deg:g}° of tilt "
        f"{by['tilted']}; both in random directions {by['random_rms']} (rms)"
    )
    return {"shift_mm": shift_mm, "turn_deg": round(turn_deg, 6), **losses, "words": words}


ERROR_IS = (
    "bar of the numerical error on this mesh, which the error stays below at nine points of "
    "ten; anatomy, conductivities and pose come on top, see 'cortistim uncertainty'"
)
PEAK_IS = (
    "mean |E| over the mid-grey points within 5 mm, where it is largest on the whole cortex; "
    "measured as at the target, and so never below it"
)


def convergence_record(convergence: Convergence) -> dict[str, Any]:
    """Describe how a solve ended.

    Parameters
    ----------
    convergence : Convergence
        Of a solve.

    Returns
    -------
    dict
        Iterations, residual, unknowns, tolerance.
    """
    return {
        "iterations": convergence.iterations,
        "residual": convergence.residual,
        "unknowns": convergence.unknowns,
        "tolerance": convergence.tolerance,
    }


def versions() -> dict[str, str]:
    """Return the versions of everything that computed."""
    found = {name: version(name) for name in LIBRARIES}
    return {**found, "python": platform.python_version(), "platform": platform.platform()}


def sources_record(keys: Iterable[str]) -> list[dict[str, str]]:
    """Describe sources, each with its text.

    Parameters
    ----------
    keys : iterable of str
        Keys of ``references.bib``, or ``assumed``.

    Returns
    -------
    list of dict
        ``key`` and ``text``.
    """
    known = (key for key in keys if key in references())
    return [{"key": key, "text": describe(key)} for key in known]


def rounded(array: FloatArray, decimals: int) -> list:
    """Return an array as nested lists of rounded numbers, without negative zeros."""
    return (np.round(np.asarray(array, dtype=float), decimals) + 0.0).tolist()


def _number(value: float | None, decimals: int) -> float | None:
    return None if value is None or not np.isfinite(value) else round(float(value), decimals)


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
        "target_e_per_percent_mso_v_per_m": _number(per_percent, 5),
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
            "e_v_per_m": _number(aimed.conventional_e_v_per_m * scale, 4),
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
        "percent_mso": _number(dose.percent_mso, 2),
        "reason": dose.reason,
        "rests_on": dose.rests_on,
        "rmt_percent": plan.request.rmt_percent,
        "amt_percent": plan.request.amt_percent,
        "missing": dose.missing,
        "didt_a_per_us": None if didt is None else round(a_per_us_from_a_per_s(didt), 3),
        "target_e_v_per_m": _number(at_dose, 4),
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
