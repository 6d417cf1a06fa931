"""The parts of the report that say what follows from a plan: dose, safety, neurons, trust."""

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET, UnsetType

from cortistim.records.safety import ClearanceRecord, CourseDoseRecord, LabelRecord
from cortistim.units import matrix_mm_from_m
from cortistim.viz.content import ReportContent
from cortistim.viz.report.blocks import (
    Blocks,
    Bullets,
    Columns,
    Grid,
    Heading,
    Matrix,
    Pairs,
    Paragraph,
    Sources,
)
from cortistim.viz.report.tables import NO_REASON, facts_of, number, reason_for
from cortistim.viz.report.words import handle_in_words, is_single, offset_in_words

POSE_ELSEWHERE = ("matsimnibs", "convention", "handle", "handle_deg", "side")
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


def headed(words: str) -> str:
    """Write a verdict with its first letter large.

    Parameters
    ----------
    words : str
        The verdict.

    Returns
    -------
    str
        Not escaped.
    """
    return words[:1].upper() + words[1:]


def dose_section(content: ReportContent) -> Blocks:
    """Give the stated output, and beside it what other rules would give.

    Parameters
    ----------
    content : ReportContent
        Of a plan.

    Returns
    -------
    Blocks
        For the page.
    """
    dose = content.plan.dose
    given = {
        key: value
        for key, value in facts_of(dose).items()
        if key == "percent_mso" or value is not None  # one reason answers for all
    }
    stated = (
        Paragraph(dose.reason, style="missing")
        if dose.percent_mso is None
        else Pairs(given, leave_out=("rests_on", "reason"))
    )
    return (Paragraph(f"Rests on: {dose.rests_on}"), stated, *_other_rules(content))


def _other_rules(content: ReportContent) -> Blocks:
    """Give the rules that carry a threshold from the motor cortex to the target.

    Each gives a threshold; what the protocol takes is its share of that, so both stand side
    by side and compare with the output that was stated.
    """
    dose, protocol = content.plan.neuron.dose, content.plan.protocol
    depth, values = dose.scalp_to_cortex_mm, facts_of(dose.alternatives)
    if not values or isinstance(depth, UnsetType):
        return ()
    values["equal_field"] = dose.percent_mso
    share = protocol.intensity_percent if protocol.threshold == "rMT" else None
    table = []
    for key, words in RULES.items():
        row: dict[str, Any] = {"rule": words, "threshold here (% MSO)": values.get(key)}
        if share is not None and values.get(key) is not None:
            row[f"for this protocol, {share:g} % of it (% MSO)"] = values[key] * share / 100
        table.append(row)
    return (
        Heading("What other rules would give"),
        Paragraph(
            "The output above takes the motor threshold as it is. These rules carry it from "
            "the motor cortex to the target, each on assumptions of its own."
        ),
        Grid(table),
        Paragraph(
            "From the scalp to the nearest mid-grey cortex it is "
            f"{depth.target:.1f} mm over the target and {depth.motor_cortex:.1f} mm over the "
            f"motor cortex ({dose.motor_cortex})."
        ),
    )


def safety_section(content: ReportContent) -> Blocks:
    """Give the safety table's verdict, its reasons, and what speaks beside it.

    Parameters
    ----------
    content : ReportContent
        Of a plan.

    Returns
    -------
    Blocks
        For the page.
    """
    safety = content.plan.safety
    said = (
        Paragraph(f", by the table {safety.table}.", lead=headed(safety.verdict)),
        Bullets((*safety.reasons, *safety.cautions)),
    )
    if is_single(content):  # without a train, its length, rate and rest say nothing
        return said
    facts: dict[str, object] = {"cell": safety.cell} if safety.cell else {}
    if facts_of(safety.limits):
        facts["limits"] = safety.limits
    limits = (Pairs(facts),) if facts else ()
    return (*said, *limits, *_labels(safety.labelled_use), *_amount(safety.dose))


def _labels(labels: Sequence[LabelRecord]) -> Blocks:
    if not labels:
        return ()
    said = [
        f"{label.library_id}: {label.indication}; {label.target}; coil "
        f"{label.coil}; {_cleared(label.clearances)} (confidence {label.confidence}; "
        f"device at hand {label.device_at_hand}). {label.note}"
        for label in labels
    ]
    return Heading("Cleared uses with these pulses"), Bullets(said)


def _cleared(clearances: Sequence[ClearanceRecord]) -> str:
    return ", ".join(
        f"{one.agency} {one.number} for {one.device}, {one.date}"
        + (" (from memory)" if one.basis == "memory" else "")
        for one in clearances
    )


def _amount(dose: CourseDoseRecord) -> Blocks:
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
        Heading("Number of pulses"),
        Paragraph(".", lead=headed(dose.verdict)),
        Bullets([*said, dose.note]),
    )


def neuron_section(content: ReportContent) -> Blocks:
    """Say which cells the pulse recruits, and what the model was calibrated by.

    Parameters
    ----------
    content : ReportContent
        Of a plan.

    Returns
    -------
    Blocks
        For the page.
    """
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
    threshold = (Heading("Expected motor threshold"), Grid(expected)) if expected else ()
    fitted = neuron.calibration
    return (
        Paragraph(
            f"Share of the cells recruited in the {neuron.patch}, in percent, for a "
            f"{neuron.pulse} pulse of {neuron.didt_a_per_us:.4g} A/µs in both directions of "
            "the current."
        ),
        Grid(recruited),
        *threshold,
        Paragraph(f"Thresholds: {neuron.table.table}. Field: {neuron.layers.words}."),
        Paragraph(
            f"Calibration: the model's thresholds are divided by {number(fitted.factor)} "
            f"({number(fitted.low)} to {number(fitted.high)}); {fitted.words}."
        ),
        Bullets(neuron.limits),
        Sources(neuron.sources),
    )


def _direction(name: str) -> str:
    return {"as_told": "as stated", "reversed": "reversed"}.get(name, name)


def plasticity_section(content: ReportContent) -> Blocks:
    """Say what models expect of the protocol; of a single pulse, that none is asked.

    Parameters
    ----------
    content : ReportContent
        Of a plan.

    Returns
    -------
    Blocks
        For the page.
    """
    said = content.plan.plasticity
    if is_single(content):
        return (Paragraph(SINGLE_PULSE),)
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
        Paragraph(", 15 minutes after the last pulse.", lead=headed(said.verdict)),
        Bullets(said.reasons),
        *((Grid(table),) if table else ()),
        Paragraph(said.honest),
        Sources(said.sources),
    )


def trust_section(content: ReportContent) -> Blocks:
    """Say what limits the plan, and how pose and field were found.

    Parameters
    ----------
    content : ReportContent
        Of a plan.

    Returns
    -------
    Blocks
        For the page.
    """
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
        *_interval(content),
        Bullets((*content.plan.limits, *LIMITS)),
        Columns(
            (
                (Heading("How the pose was found"), Pairs(found)),
                (Heading("Solver"), Pairs(field.solver)),
                (Heading("Field"), Pairs(shown, leave_out=hidden)),
            )
        ),
    )


def _interval(content: ReportContent) -> Blocks:
    """Say how far the field at the target may be off, and for which reasons."""
    found = content.plan.uncertainty
    if found is None:
        return ()
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
    return Heading("|E| at the target"), Paragraph(f"{found.words}."), Grid(parts)


def pose_section(content: ReportContent) -> Blocks:
    """Give the pose, to be copied and in words."""
    matrix = matrix_mm_from_m(content.pose.matrix_m)
    facts = {
        "coil's centre": offset_in_words(content),
        "its side": f"{content.coil_side}; the target's: {content.side}",
        "handle points": handle_in_words(content),
        **facts_of(content.plan.pose),
    }
    return (
        Matrix(tuple(" ".join(f"{value:12.6f}" for value in line) for line in matrix)),
        Paragraph(
            "One click selects the matrix. Millimetres, subject frame (right, anterior, "
            "superior). The columns are the coil's x, y and z axis and the centre of its face; "
            "z points into the head, y away from the handle.",
            style="hint",
        ),
        Pairs(facts, leave_out=POSE_ELSEWHERE),
    )


def inputs_section(content: ReportContent) -> Blocks:
    """Give what went in."""
    plan = content.plan
    inputs = (
        ("Target", plan.target, ()),
        ("Coil", plan.coil, ("current",)),  # polarity says it
        ("Stimulator", plan.stimulator, ()),
        ("Protocol", plan.protocol, ("intensity_percent", "threshold")),
    )
    return (
        Columns(
            (
                (Heading("Head"), Pairs(_present(plan.head), leave_out=("tissues",))),
                (Heading("Tissues and conductivities"), Grid(plan.head.tissues)),
                *(
                    (Heading(title), Pairs(_present(record), leave_out=hidden))
                    for title, record, hidden in inputs
                ),
            )
        ),
    )


def _present(record: object) -> dict[str, Any]:
    """Leave out what a head or coil does not have: no tensors, no segments, no bending.

    What is missing for a reason, or withheld, stays. A coil's only stimulator has a table of
    its own.
    """
    values = facts_of(record)
    alone = len(values.get("stimulators", ())) == 1
    return {
        key: value
        for key, value in values.items()
        if (value or isinstance(value, float) or reason_for(values, key) != NO_REASON)
        and not (alone and key == "stimulators")
    }


def run_section(content: ReportContent) -> Blocks:
    """Say how long it took, and what computed."""
    timing = {
        f"{name.removesuffix('_s')}_s": value for name, value in content.plan.timing_s.items()
    }
    return (
        Columns(
            (
                (Heading("Time taken"), Pairs(timing)),
                (Heading("Versions"), Pairs(content.plan.versions)),
            )
        ),
    )


def sources_section(content: ReportContent) -> Blocks:
    """Give what the plan rests on."""
    return (Sources(content.plan.sources),)
