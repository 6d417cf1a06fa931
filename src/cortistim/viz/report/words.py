"""The plan in words: where the coil goes, where its handle points, what that gives.

Sides, numbers and the handle's direction are the plan's own, so that two sentences never
disagree. Mirrored plans get mirrored words.
"""

from collections.abc import Sequence

import numpy as np

from cortistim.records.pose import Side
from cortistim.units import mm_from_m
from cortistim.viz.content import ReportContent
from cortistim.viz.report.numbers import place, shown, span

STRAIGHT_OVER_MM = 2.0
STRAIGHT_OVER = "straight over the target"
LEAST_MM = 0.5
LEVEL = 0.9  # of an output's interval, where the field has none
SAME_DIDT = 1e-3  # the record rounds


def joined(parts: Sequence[str]) -> str:
    """Join words as English does: ``a``, ``a and b``, ``a, b and c``.

    Parameters
    ----------
    parts : sequence of str
        Words.

    Returns
    -------
    str
        Empty for none.
    """
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def on_side(side: Side) -> str:
    """Say on which side something lies: ``on the left side``, ``on the midline``.

    Parameters
    ----------
    side : Side
        Of the head.

    Returns
    -------
    str
        Words.
    """
    return "on the midline" if side == "midline" else f"on the {side} side"


def offset_in_words(content: ReportContent) -> str:
    """Say where the coil's centre is, seen along its axis, from the target.

    Parameters
    ----------
    content : ReportContent
        With pose and target.

    Returns
    -------
    str
        Such as ``14 mm lateral and 3 mm anterior of the target``. Lateral is away from the
        midline; for a target on it, and for a coil on the other side, left and right are said.
    """
    axis = content.pose.rotation[:, 2]
    away_m = content.pose.origin_m - content.target_m
    across_mm = mm_from_m(away_m - (away_m @ axis) * axis)
    if np.linalg.norm(across_mm) < STRAIGHT_OVER_MM:
        return STRAIGHT_OVER
    named = zip(
        across_mm.tolist(),
        (_sideways(content), ("anterior", "posterior"), ("superior", "inferior")),
        strict=True,
    )
    parts = [
        (round(abs(size), 3), f"{abs(size):.0f} mm {words[int(size < 0)]}")
        for size, words in named
        if abs(size) >= LEAST_MM
    ]
    parts.sort(key=lambda part: -part[0])
    said = joined([text for _, text in parts[:2]])
    return f"{said} of the target, as seen along the coil's axis"


def _sideways(content: ReportContent) -> tuple[str, str]:
    """Return the words for the right and the left, seen from the target."""
    if content.side == "midline" or {content.side, content.coil_side} == {"left", "right"}:
        return "to the right", "to the left"
    return ("lateral", "medial") if content.side == "right" else ("medial", "lateral")


def handle_in_words(content: ReportContent) -> str:
    """Say where the handle points, as the plan does: ``backward and to the left, 45° ...``.

    Parameters
    ----------
    content : ReportContent
        Of a plan.

    Returns
    -------
    str
        Words.
    """
    return content.plan.pose.handle.removeprefix("handle points ")


def answer(content: ReportContent) -> str:
    """Return the plan in two sentences.

    Parameters
    ----------
    content : ReportContent
        What to say.

    Returns
    -------
    str
        Plain text; not yet escaped for HTML.
    """
    return (
        f"Put the coil's centre {offset_in_words(content)}{_sides(content)}, with the handle "
        f"pointing {handle_in_words(content)}. {_effect(content)}"
    )


def _sides(content: ReportContent) -> str:
    over = offset_in_words(content) == STRAIGHT_OVER
    if over or content.side == content.coil_side:
        return f", {on_side(content.side)}"
    return f" (target {on_side(content.side)}, coil's centre {on_side(content.coil_side)})"


def headed(words: str) -> str:
    """Write words with their first letter large.

    Parameters
    ----------
    words : str
        Such as a verdict.

    Returns
    -------
    str
        Not escaped.
    """
    return words[:1].upper() + words[1:]


def target_interval(content: ReportContent) -> str:
    """Give the interval of |E| at the target at the plan's dI/dt.

    Parameters
    ----------
    content : ReportContent
        Of a plan.

    Returns
    -------
    str
        Such as ``80.1 to 118 V/m``; empty where none was asked for.
    """
    found = content.plan.uncertainty
    if found is None:
        return ""
    return span(found.e_target_v_per_m.low, found.e_target_v_per_m.high, "V/m")


def level(content: ReportContent) -> str:
    """Say which share of cases the page's intervals hold.

    Parameters
    ----------
    content : ReportContent
        Of a plan.

    Returns
    -------
    str
        Such as ``90 %``.
    """
    found = content.plan.uncertainty
    return f"{100 * (LEVEL if found is None else found.e_target_v_per_m.level):.0f} %"


def output_interval(content: ReportContent) -> str:
    """Give the interval of the recommended output.

    Parameters
    ----------
    content : ReportContent
        Of a plan.

    Returns
    -------
    str
        Such as ``56.2 to 68.6 % MSO``; empty where it rests on no threshold.
    """
    dose = content.plan.dose
    return span(dose.percent_mso_low, dose.percent_mso_high, "% MSO")


def is_undeliverable(content: ReportContent) -> bool:
    """Whether the stimulator cannot give the stated output in this protocol.

    Parameters
    ----------
    content : ReportContent
        Of a plan.

    Returns
    -------
    bool
        False where nothing is known against it.
    """
    delivery = content.plan.dose.delivery
    return delivery is not None and delivery.verdict == "not deliverable"


def _effect(content: ReportContent) -> str:
    field = content.plan.field
    said = (
        f"At {shown(field.didt_a_per_us)} A/µs this gives {shown(field.target_e_v_per_m)} V/m "
        "at the target"
    )
    interval = target_interval(content)
    said += f" ({interval} in {level(content)} of cases)" if interval else ""
    percent = content.plan.dose.percent_mso
    if percent is None:
        return f"{said}.{_cannot(content)}"
    what = "a pulse" if is_single(content) else "the protocol"
    takes = f"{said}; {what} takes {shown(percent)} % of maximum stimulator output"
    between = output_interval(content)
    takes += f" ({between})" if between else ""
    return f"{takes}{_at_that_output(content)}.{_cannot(content)}"


def _cannot(content: ReportContent) -> str:
    """Say in the headline that the device cannot deliver the protocol."""
    delivery = content.plan.dose.delivery
    if delivery is None or not is_undeliverable(content):
        return ""
    return f" It cannot be delivered so: {delivery.reason}"


def _at_that_output(content: ReportContent) -> str:
    """Say what the stated output gives, where the field was stated at another dI/dt."""
    dose, didt = content.plan.dose, content.plan.field.didt_a_per_us
    if dose.didt_a_per_us is None:
        return ", but which dI/dt that is with this coil was not measured"
    if abs(dose.didt_a_per_us - didt) <= SAME_DIDT * didt:
        return ""
    return (
        f", which is {shown(dose.didt_a_per_us)} A/µs and {shown(dose.target_e_v_per_m or 0)} "
        "V/m at the target"
    )


def is_single(content: ReportContent) -> bool:
    """Whether the protocol is a single pulse, of which trains and rates say nothing.

    Parameters
    ----------
    content : ReportContent
        Of a plan.

    Returns
    -------
    bool
        False for trains.
    """
    return content.plan.protocol.pulses == 1


def peak_in_words(content: ReportContent) -> str:
    """Say where the peak is: its distance from the target and its coordinates.

    Parameters
    ----------
    content : ReportContent
        With its plan.

    Returns
    -------
    str
        Such as ``5 mm patch 12 mm from the target, at (-31, 4, 60) mm``.
    """
    field = content.plan.field
    where = place(field.local_peak_mm)
    away_mm = field.local_peak_from_target_mm
    if away_mm < LEAST_MM:
        return f"strongest 5 mm patch: the target itself, at {where}"
    return f"strongest 5 mm patch, {away_mm:.0f} mm from the target, at {where}"
