"""The plan in words: where the coil goes, where its handle points, what that gives.

Sides, numbers and the handle's direction are the plan's own, so that two sentences never
disagree. Mirrored plans get mirrored words.
"""

from collections.abc import Sequence

import numpy as np

from cortistim.records.pose import Side
from cortistim.units import mm_from_m
from cortistim.viz.content import ReportContent

STRAIGHT_OVER_MM = 2.0
STRAIGHT_OVER = "straight over the target"
LEAST_MM = 0.5
SAME_DIDT = 1e-3  # the record rounds


def joined(parts: Sequence[str]) -> str:
    """Join words as English does: ``a``, ``a and b``, ``a, b and c``."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def on_side(side: Side) -> str:
    """Say on which side something lies: ``on the left side``, ``on the midline``."""
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
    """Say where the handle points, as the plan does: ``backward and to the left, 45° ...``."""
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


def _effect(content: ReportContent) -> str:
    field = content.plan.field
    said = (
        f"At {field.didt_a_per_us:.0f} A/µs this gives {field.target_e_v_per_m:.0f} V/m "
        "at the target"
    )
    percent = content.plan.dose.percent_mso
    if percent is None:
        return f"{said}."
    what = "a pulse" if is_single(content) else "the protocol"
    takes = f"{said}; {what} takes {percent:.0f} % of maximum stimulator output"
    return f"{takes}{_at_that_output(content)}."


def _at_that_output(content: ReportContent) -> str:
    """Say what the stated output gives, where the field was stated at another dI/dt."""
    dose, didt = content.plan.dose, content.plan.field.didt_a_per_us
    if dose.didt_a_per_us is None:
        return ", but which dI/dt that is with this coil was not measured"
    if abs(dose.didt_a_per_us - didt) <= SAME_DIDT * didt:
        return ""
    return (
        f", which is {dose.didt_a_per_us:.0f} A/µs and {dose.target_e_v_per_m:.0f} V/m "
        "at the target"
    )


def is_single(content: ReportContent) -> bool:
    """Whether the protocol is a single pulse, of which trains and rates say nothing."""
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
    place = ", ".join(f"{round(value)}" for value in field.local_peak_mm)
    away_mm = field.local_peak_from_target_mm
    if away_mm < LEAST_MM:
        return f"strongest 5 mm patch: the target itself, at ({place}) mm"
    return f"strongest 5 mm patch, {away_mm:.0f} mm from the target, at ({place}) mm"
