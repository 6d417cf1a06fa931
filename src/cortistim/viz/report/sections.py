"""The first chapters of the report: pose, field, output, safety, and how sure they are."""

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET, UnsetType

from cortistim.records.dose import OutputChoice
from cortistim.records.safety import ClearanceRecord, CourseDoseRecord, LabelRecord
from cortistim.units import matrix_mm_from_m
from cortistim.viz.content import ReportContent
from cortistim.viz.report.blocks import (
    Blocks,
    Bullets,
    Facts,
    Figure,
    Folded,
    Heading,
    Matrix,
    Paragraph,
    Scene,
    Table,
)
from cortistim.viz.report.numbers import quantity, shown, span
from cortistim.viz.report.words import (
    handle_in_words,
    headed,
    is_single,
    level,
    offset_in_words,
    output_interval,
    peak_in_words,
    target_interval,
)

LIMITS = (
    "The electric field is computed, not measured. Conductivities of living tissue differ "
    "between people and publications, and the field follows them.",
    "The anatomy is the head model's. If that is not this person's, position and strength "
    "in this person are not known.",
    "A field is not a response. Which neurons fire also depends on their direction, on the "
    "waveform and on the state of the brain.",
)
REASONS = {
    "numerical": "numerical error",
    "conductivities": "conductivities",
    "navigation": "the coil's place",
    "coil_model": "the coil's model",
}
"""Reasons of an interval, in words."""


def pose_section(content: ReportContent) -> Blocks:
    """Say where the coil goes, with the pose to copy and how it was found.

    Parameters
    ----------
    content : ReportContent
        Of a plan.

    Returns
    -------
    Blocks
        For the page.
    """
    pose, target = content.plan.pose, content.plan.target
    matrix = matrix_mm_from_m(content.pose.matrix_m)
    facts = (
        ("Target", f"{target.words}, on the {content.side}" if content.side != "midline"
         else f"{target.words}, on the midline"),
        ("Coil's centre", f"{offset_in_words(content)} ({content.coil_side})"),
        ("Handle points", handle_in_words(content)),
        ("From the scalp to the coil's face", quantity(pose.distance_mm, "mm")),
        ("Current", pose.current),
        ("If the coil is off", content.plan.aim.tolerance.words),
    )  # fmt: skip
    return (
        Figure("placement_view"),
        Facts(facts),
        Heading("The pose, to copy"),
        Matrix(tuple(map(_matrix_line, matrix.tolist()))),
        Paragraph(
            "One click selects the matrix. Millimetres, subject frame (right, anterior, "
            "superior). The columns are the coil's x, y and z axis and the centre of its face; "
            "z points into the head, y away from the handle.",
            style="hint",
        ),
        Folded("How the pose was found", (Figure("search_map"), _search_facts(content))),
    )


def _matrix_line(line: Sequence[float]) -> str:
    return " ".join([*(f"{value:9.6f}" for value in line[:3]), f"{line[3]:11.5f}"])


def _search_facts(content: ReportContent) -> Facts:
    aim = content.plan.aim
    above = aim.straight_above
    gained = ""
    if above.e_v_per_m:
        gain = 100 * (aim.direct_e_v_per_m / above.e_v_per_m - 1)
        gained = f"{gain:+.0f} % against the {above.words} ({quantity(above.e_v_per_m, 'V/m')})"
    searched = f"{aim.positions_tried} positions within {quantity(aim.radius_mm, 'mm')}"
    return Facts(
        (
            ("Searched", searched + (", the handle's angle kept" if aim.handle_fixed else "")),
            ("The search predicted", quantity(aim.predicted_e_v_per_m, "V/m")),
            (
                "A solve at the chosen pose gave",
                f"{quantity(aim.direct_e_v_per_m, 'V/m')}, {aim.reciprocity_error:.1g} apart",
            ),
            ("Gained", gained),
        )
    )


def field_section(content: ReportContent) -> Blocks:
    """Show the field on the cortex and in the brain, and say how strong it is.

    Parameters
    ----------
    content : ReportContent
        Of a plan.

    Returns
    -------
    Blocks
        For the page.
    """
    field = content.plan.field
    at = f"{quantity(field.target_e_v_per_m, 'V/m')}, {field.target_e_is}"
    error = f"up to {quantity(field.target_error_v_per_m, 'V/m')}, {field.target_error_is}"
    inward = quantity(field.target_normal_v_per_m, "V/m")
    facts = (
        ("Strength at the target", at),
        (f"In {level(content)} of cases", target_interval(content)),
        ("Numerical error there", error),
        ("Part into the cortex there", f"{inward}, mean"),
        ("Peak on the cortex", f"{quantity(field.local_peak_e_v_per_m, 'V/m')}, "
         f"{field.local_peak_e_is}; {peak_in_words(content)}"),
        ("For each % of maximum output", quantity(
            field.target_e_per_percent_mso_v_per_m, "V/m at the target",
            missing=content.plan.stimulator.didt_max_reason)),
    )  # fmt: skip
    percentiles = [(f"{p} %", shown(value)) for p, value in field.percentiles_v_per_m.items()]
    areas = [
        (f"{100 * float(share):.0f} %", f"{area:.0f}")
        for share, area in _numbered(field.focality_mm2)
    ]
    return (
        Figure("cortex_field"),
        Facts(facts),
        Figure("slices"),
        Scene(),
        Folded(
            "The field in numbers",
            (
                Figure("field_statistics"),
                Heading("So much of the cortex has a weaker field"),
                Table(("share of the cortex", "|E| (V/m)"), percentiles),
                Heading("Area above a share of the 99.9th percentile"),
                Table(("share", "area (mm²)"), areas),
            ),
        ),
    )


def _numbered(values: dict[str, float]) -> list[tuple[float, float]]:
    return [(float(key), value) for key, value in values.items()]


def dose_section(content: ReportContent) -> Blocks:
    """Recommend one output with its interval; rank what else could be taken.

    Parameters
    ----------
    content : ReportContent
        Of a plan.

    Returns
    -------
    Blocks
        For the page.
    """
    dose, delivery = content.plan.dose, content.plan.dose.delivery
    said: list[Any] = []
    if delivery is not None and delivery.verdict == "not deliverable":
        said.append(Paragraph(f" {delivery.reason}", lead="Not deliverable.", style="alarm"))
    if dose.percent_mso is None:
        said.append(Paragraph(f"{headed(dose.reason)}.", style="missing"))
    else:
        low_high = output_interval(content)
        interval = f" ({low_high}: {dose.interval_words})" if low_high else ""
        said.append(
            Paragraph(
                f" {quantity(dose.percent_mso, '% MSO')}{interval}. It rests on "
                f"{dose.rests_on}.",
                lead="Recommended:",
            )
        )
    return (
        *said,
        *_choices(content),
        Facts(_delivery_facts(content)),
        Figure("pulse_and_protocol"),
    )


def _choices(content: ReportContent) -> Blocks:
    """Rank the outputs; the share of the threshold is in every number already."""
    choices = content.plan.dose.choices
    if len(choices) < 2:
        return ()
    depth = content.plan.neuron.dose.scalp_to_cortex_mm
    lines = [_choice(one) for one in choices]
    said = [
        Heading("Which output to take when"),
        Table(
            (
                "rule",
                "output (% MSO)",
                f"{level(content)} interval (% MSO)",
                "when to use it",
                "deliverable",
            ),
            lines,
            first=True,
        ),
    ]
    if not isinstance(depth, UnsetType):
        said.append(
            Paragraph(
                "From the scalp to the nearest mid-grey cortex it is "
                f"{depth.target:.1f} mm over the target and {depth.motor_cortex:.1f} mm over "
                f"the motor cortex ({content.plan.neuron.dose.motor_cortex}).",
                style="hint",
            )
        )
    return tuple(said)


def _choice(one: OutputChoice) -> tuple[str, ...]:
    fits = {True: "yes", False: "no", None: "not known"}[one.deliverable]
    interval = span(one.percent_mso_low, one.percent_mso_high, "").strip()
    name = f"{one.rank}. {headed(one.words)}"
    return name, shown(one.percent_mso), interval or "-", headed(one.when), fits


def _delivery_facts(content: ReportContent) -> tuple[tuple[str, str], ...]:
    dose, delivery = content.plan.dose, content.plan.dose.delivery
    asked = (
        ("Resting motor threshold", _percent(dose.rmt_percent)),
        ("Active motor threshold", _percent(dose.amt_percent)),
        ("dI/dt at that output", _given(dose.didt_a_per_us, "A/µs")),
    )
    if delivery is None:
        return asked
    notes = delivery.notes or ()
    up_to = delivery.deliverable_up_to_percent_mso
    return (
        *asked,
        ("Device", content.plan.stimulator.words),
        ("Whether it can deliver the protocol", f"{delivery.verdict}: {delivery.reason}"),
        ("Highest output it can deliver it at", "" if up_to is UNSET else _percent(up_to)),
        ("To know of the device", "; ".join(notes)),
    )


def _given(value: float | None, unit: str) -> str:
    return "" if value is None else quantity(value, unit)


def _percent(value: float | None) -> str:
    return _given(value, "% MSO")


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
    return (*said, *_limits(content), *_labels(safety.labelled_use), *_amount(safety.dose))


def _limits(content: ReportContent) -> Blocks:
    limits, cell = content.plan.safety.limits, content.plan.safety.cell
    rows = [
        ("Longest train", limits.train_s, "s"),
        ("Rate in it", limits.rate_hz, "Hz"),
        ("Trains", limits.trains, ""),
        ("Shortest rest between trains", limits.shortest_rest_s, "s"),
        ("Intensity", limits.percent_of_hand_rmt, "% of the hand's rMT"),
        ("Longest train in the table", limits.train_limit_s, "s"),
        ("Least rest in the table", limits.rest_at_least_s, "s"),
        ("Pulses", limits.pulses, ""),
        ("Highest rate in the table", limits.highest_rate_hz, "Hz"),
    ]
    facts = [
        (name, quantity(float(value), unit)) for name, value, unit in rows if value is not UNSET
    ]
    if cell is not None:
        facts.append(
            (
                "Row of the table",
                f"{shown(cell.rate_hz)} Hz at {shown(cell.percent_of_hand_rmt)} % of rMT: "
                f"{shown(cell.limit_s)} s ({cell.kind}, confidence {cell.confidence})",
            )
        )
    return (Facts(facts),) if facts else ()


def _labels(labels: Sequence[LabelRecord]) -> Blocks:
    if not labels:
        return ()
    said = [
        f"{label.library_id}: {label.indication}; {label.target}; coil "
        f"{label.coil}; {_cleared(label.clearances)} (confidence {label.confidence}; "
        f"device at hand {label.device_at_hand}). {label.note}"
        for label in labels
    ]
    return (Folded("Cleared uses with these pulses", (Bullets(said),)),)


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


def trust_section(content: ReportContent) -> Blocks:
    """Answer with ranges how sure field, output and place are, and what is not counted.

    Parameters
    ----------
    content : ReportContent
        Of a plan.

    Returns
    -------
    Blocks
        For the page.
    """
    dose, field = content.plan.dose, content.plan.field
    tolerance = content.plan.aim.tolerance
    lines = [
        (
            "|E| at the target",
            quantity(field.target_e_v_per_m, "V/m"),
            target_interval(content) or "not asked for",
            "numerical error, conductivities, the coil's place and its model",
        )
    ]
    if dose.percent_mso is not None and output_interval(content):
        lines.append(
            (
                "Recommended output",
                quantity(dose.percent_mso, "% MSO"),
                output_interval(content),
                "how well a motor threshold repeats",
            )
        )
    lines.append(
        (
            f"|E| when the coil slips by {shown(tolerance.shift_mm)} mm",
            "",
            f"{_change(tolerance.shifted_percent)}",
            f"turned by {shown(tolerance.turn_deg)}°: {_change(tolerance.turned_percent)}; "
            f"tilted: {_change(tolerance.tilted_percent)}; "
            f"lifted: {_change(tolerance.lifted_percent)}",
        )
    )
    return (
        Table(("what", "value", f"{level(content)} interval", "rests on"), lines),
        *_interval(content),
        Heading("What is not in these ranges"),
        Bullets((*content.plan.limits, *LIMITS)),
    )


def _change(loss_percent: float) -> str:
    return f"{-loss_percent:+.1f} %"


def _interval(content: ReportContent) -> Blocks:
    """Say how far the field at the target may be off, and for which reasons."""
    found = content.plan.uncertainty
    if found is None:
        return ()
    parts = {name: getattr(found.parts, name) for name in REASONS}
    lines = [
        (
            headed(words),
            f"{shown(parts[name].low)} to {shown(parts[name].high)}",
            f"{100 * parts[name].variance_share:.0f} %",
            parts[name].rests_on,
        )
        for name, words in REASONS.items()
        if parts[name] is not None
    ]
    return (
        Heading("Why |E| at the target is not known better"),
        Paragraph(f"{found.words}."),
        Table(("reason", "alone (V/m)", "share of the variance", "rests on"), lines),
    )
