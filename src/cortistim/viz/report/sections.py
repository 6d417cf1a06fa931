"""The parts of the report that say what follows from a plan: dose, safety, neurons, trust."""

from collections.abc import Sequence
from html import escape
from typing import Any

from msgspec import UNSET, UnsetType

from cortistim.records.safety import ClearanceRecord, CourseDoseRecord, LabelRecord
from cortistim.viz.content import ReportContent
from cortistim.viz.report.tables import cell, facts_of, grid, number, rows, source_list
from cortistim.viz.report.words import is_single

LIMITS = (
    "The electric field is computed, not measured. Conductivities of living tissue differ "
    "between people and publications, and the field follows them.",
    "The anatomy is the head model's. If that is not this person's, position and strength "
    "in this person are not known.",
    "A field is not a response. Which neurons fire also depends on their direction, on the "
    "waveform and on the state of the brain.",
)
SINGLE_PULSE = (
    "A single pulse: models of lasting change speak of many pulses, and none is asked here."
)
RULES = {
    "plain_motor_threshold_percent_mso": "the motor threshold as it was measured",
    "equal_field": "equal field: as much |E| at the target as over the motor cortex",
    "equal_recruitment_of_layer_5_percent_mso": "equal recruitment: as many layer 5 cells",
    "by_depth_percent_mso": "by depth: more output where the cortex is further from the scalp",
}
"""Ways to carry a motor threshold to another place, by their key in the plan."""


def bullets(texts: Sequence[str]) -> str:
    """Write texts as an HTML list, each once; nothing for none."""
    items = "".join(f"<li>{escape(text)}</li>" for text in dict.fromkeys(texts))
    return f"<ul>{items}</ul>" if items else ""


def headed(words: str) -> str:
    """Write a verdict in bold, its first letter large."""
    return f"<b>{escape(words[:1].upper() + words[1:])}</b>"


def dose_section(content: ReportContent) -> str:
    """Write the stated output, and beside it what other rules would give."""
    dose = content.plan.dose
    given = {
        key: value
        for key, value in facts_of(dose).items()
        if key == "percent_mso" or value is not None  # one reason answers for all
    }
    stated = rows(given, leave_out=("rests_on", "reason"))
    if dose.percent_mso is None:
        stated = f'<p class="missing">{escape(dose.reason)}</p>'
    return f"<p>Rests on: {escape(dose.rests_on)}</p>{stated}{_other_rules(content)}"


def _other_rules(content: ReportContent) -> str:
    """Write the rules that carry a threshold from the motor cortex to the target.

    Each gives a threshold; what the protocol takes is its share of that, so both stand side
    by side and compare with the output that was stated.
    """
    dose, protocol = content.plan.neuron.dose, content.plan.protocol
    depth, values = dose.scalp_to_cortex_mm, facts_of(dose.alternatives)
    if not values or isinstance(depth, UnsetType):
        return ""
    values["equal_field"] = dose.percent_mso
    share = protocol.intensity_percent if protocol.threshold == "rMT" else None
    table = []
    for key, words in RULES.items():
        row: dict[str, Any] = {"rule": words, "threshold here (% MSO)": values.get(key)}
        if share is not None and values.get(key) is not None:
            row[f"for this protocol, {share:g} % of it (% MSO)"] = values[key] * share / 100
        table.append(row)
    return (
        "<h3>What other rules would give</h3>"
        "<p>The output above takes the motor threshold as it is. These rules carry it from "
        "the motor cortex to the target, each on assumptions of its own.</p>"
        f"{grid(table)}<p>From the scalp to the nearest mid-grey cortex it is "
        f"{depth.target:.1f} mm over the target and {depth.motor_cortex:.1f} mm over the "
        f"motor cortex ({escape(str(dose.motor_cortex))}).</p>"
    )


def safety_section(content: ReportContent) -> str:
    """Write the safety table's verdict, its reasons, and what speaks beside it."""
    safety = content.plan.safety
    said = (
        f"<p>{headed(safety.verdict)}, by the table "
        f"{escape(safety.table)}.</p>{bullets((*safety.reasons, *safety.cautions))}"
    )
    if is_single(content):  # without a train, its length, rate and rest say nothing
        return said
    facts: dict[str, object] = {"cell": safety.cell} if safety.cell else {}
    if facts_of(safety.limits):
        facts["limits"] = safety.limits
    limits = rows(facts) if facts else ""
    return f"{said}{limits}{_labels(safety.labelled_use)}{_amount(safety.dose)}"


def _labels(labels: Sequence[LabelRecord]) -> str:
    if not labels:
        return ""
    said = [
        f"{label.library_id}: {label.indication}; {label.target}; coil "
        f"{label.coil}; {_cleared(label.clearances)} (confidence {label.confidence}; "
        f"device at hand {label.device_at_hand}). {label.note}"
        for label in labels
    ]
    return f"<h3>Cleared uses with these pulses</h3>{bullets(said)}"


def _cleared(clearances: Sequence[ClearanceRecord]) -> str:
    return ", ".join(
        f"{one.agency} {one.number} for {one.device}, {one.date}"
        + (" (from memory)" if one.basis == "memory" else "")
        for one in clearances
    )


def _amount(dose: CourseDoseRecord) -> str:
    """Say how many pulses come, against the largest published numbers."""
    counts = (
        ("day", dose.most_pulses_per_day, dose.largest_published_per_day),
        ("course", dose.pulses_per_course, dose.largest_published_per_course),
    )
    said = [
        f"{pulses} in a {what}; the largest published number is {largest.pulses} "
        f"({largest.library_id})"
        for what, pulses, largest in counts
    ]
    return (
        f"<h3>Number of pulses</h3><p>{headed(dose.verdict)}.</p>{bullets([*said, dose.note])}"
    )


def neuron_section(content: ReportContent) -> str:
    """Write which cells the pulse recruits, and what the model was calibrated by."""
    neuron = content.plan.neuron
    recruited = [
        {"current": _direction(name), **found.recruited_percent,
         **{f"{k} alone": x for k, x in found.baselines_percent.items()}}
        for name, found in neuron.polarity.items()
    ]  # fmt: skip
    expected = [
        {"current": _direction(name), **facts_of(found.motor_threshold)}
        for name, found in neuron.polarity.items()
        if found.motor_threshold is not UNSET
    ]
    threshold = f"<h3>Expected motor threshold</h3>{grid(expected)}" if expected else ""
    fitted = neuron.calibration
    return (
        f"<p>Share of the cells recruited in the {escape(neuron.patch)}, in percent, "
        f"for a {escape(neuron.pulse)} pulse of {neuron.didt_a_per_us:.4g} A/µs in "
        f"both directions of the current.</p>{grid(recruited)}{threshold}"
        f"<p>Thresholds: {escape(neuron.table.table)}. Field: "
        f"{escape(neuron.layers.words)}.</p>"
        f"<p>Calibration: the model's thresholds are divided by {number(fitted.factor)} "
        f"({number(fitted.low)} to {number(fitted.high)}); "
        f"{escape(fitted.words)}.</p>"
        f"{bullets(neuron.limits)}{source_list(neuron.sources)}"
    )


def _direction(name: str) -> str:
    return {"as_told": "as stated", "reversed": "reversed"}.get(name, name)


def plasticity_section(content: ReportContent) -> str:
    """Write what models expect of the protocol; of a single pulse, that none is asked."""
    said = content.plan.plasticity
    if is_single(content):
        return f"<p>{SINGLE_PULSE}</p>"
    table = [
        {
            "minutes after the last pulse": row.minutes,
            "mean change (%)": row.mean_percent,
            "standard deviation (%)": row.sd_percent,
            "P(up)": row.p_up,
            "P(down)": row.p_down,
            "verdict": row.verdict,
        }
        for row in said.ensemble
    ]
    return (
        f"<p>{headed(said.verdict)}, 15 minutes after the last pulse.</p>"
        f"{bullets(said.reasons)}{grid(table) if table else ''}"
        f"<p>{escape(said.honest)}</p>{source_list(said.sources)}"
    )


def _interval(content: ReportContent) -> str:
    """Write how far the field at the target may be off, and for which reasons."""
    found = content.plan.uncertainty
    if found is None:
        return ""
    parts = [
        {
            "reason": name.replace("_", " "),
            "from (V/m)": part.low,
            "to (V/m)": part.high,
            "share of the variance": part.variance_share,
            "rests on": part.rests_on,
        }
        for name, part in facts_of(found.parts).items()
        if part is not None
    ]
    return f"<h3>|E| at the target</h3><p>{escape(found.words)}.</p>{grid(parts)}"


def trust_section(content: ReportContent) -> str:
    """Write what limits the plan, and how pose and field were found."""
    field, aim = content.plan.field, content.plan.aim
    found = {
        key: value
        for key, value in facts_of(aim).items()
        if key not in ("tolerance", "straight_above")
    }
    found["if the coil is off"] = aim.tolerance.words
    above = aim.straight_above
    found[f"|E| with the {above.words} (V/m, linear elements)"] = above.e_v_per_m
    shares = {f"above {100 * float(s):.0f} %": x for s, x in field.focality_mm2.items()}
    shown = facts_of(field) | {
        "percentiles_v_per_m": {f"{p} %": x for p, x in field.percentiles_v_per_m.items()},
        "focality_mm2": shares,
    }
    hidden = ("solver", "peak_e_v_per_m", "peak_e_is")  # the percentiles say it by its name
    return (
        f'{_interval(content)}{bullets((*content.plan.limits, *LIMITS))}<div class="columns">'
        f"<div><h3>How the pose was found</h3>{rows(found)}</div>"
        f"<div><h3>Solver</h3>{cell(field.solver)}</div>"
        f"<div><h3>Field</h3>{rows(shown, leave_out=hidden)}</div></div>"
    )
