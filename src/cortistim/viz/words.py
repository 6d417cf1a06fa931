"""The plan in words: where the coil goes, where its handle points, what that gives."""

from collections.abc import Sequence

import numpy as np

from cortistim.geometry import unit
from cortistim.typing import FloatArray
from cortistim.units import a_per_us_from_a_per_s, mm_from_m
from cortistim.viz.content import ReportContent
from cortistim.viz.raster import ANTERIOR

STRAIGHT_OVER_MM = 2.0
NOTABLE = 0.35  # of a unit vector: about 20 degrees out of the plane across


def joined(parts: Sequence[str]) -> str:
    """Join words as English does: ``a``, ``a and b``, ``a, b and c``."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def side_in_words(content: ReportContent) -> str:
    """Return ``left`` or ``right``: the target's hemisphere."""
    return "left" if content.target_is_left else "right"


def offset_in_words(content: ReportContent) -> str:
    """Say where the coil's centre is, seen along its axis, from the target.

    Parameters
    ----------
    content : ReportContent
        With pose and target.

    Returns
    -------
    str
        Such as ``14 mm lateral and 3 mm anterior of the target``.
    """
    axis = content.pose.rotation[:, 2]
    away_m = content.pose.origin_m - content.target_m
    across_mm = mm_from_m(away_m - (away_m @ axis) * axis)
    if np.linalg.norm(across_mm) < STRAIGHT_OVER_MM:
        return "straight over the target"
    lateral = -1 if content.target_is_left else 1
    named = (
        (lateral * across_mm[0], "lateral", "medial"),
        (across_mm[1], "anterior", "posterior"),
        (across_mm[2], "superior", "inferior"),
    )
    parts = [
        (abs(size), f"{abs(size):.0f} mm {plus if size > 0 else minus}")
        for size, plus, minus in named
        if abs(size) >= 0.5
    ]
    parts.sort(reverse=True)
    return f"{joined([text for _, text in parts[:2]])} of the target"


def handle_in_words(content: ReportContent) -> str:
    """Say where the handle points and its angle from posterior.

    Parameters
    ----------
    content : ReportContent
        The plan's ``pose.handle`` counts when it has an angle.

    Returns
    -------
    str
        Such as ``backward and to the left, 45° from posterior``.
    """
    pose = content.part("pose")
    if isinstance(pose.get("handle"), str) and pose.get("handle_deg") is not None:
        return pose["handle"].removeprefix("handle points ")
    handle = content.pose.handle_direction
    named = (
        (-handle[1], "backward", "forward"),
        (-handle[0], "to the left", "to the right"),
        (handle[2], "upward", "downward"),
    )
    words = [plus if size > 0 else minus for size, plus, minus in named if abs(size) > NOTABLE]
    return f"{joined(words)}{_from_posterior(content.pose.rotation[:, 2], handle)}"


def _from_posterior(axis: FloatArray, handle: FloatArray) -> str:
    back = -ANTERIOR + (ANTERIOR @ axis) * axis
    if np.linalg.norm(back) < 0.2:  # the coil faces forward or backward: no such angle
        return ""
    angle_deg = np.rad2deg(np.arccos(np.clip(unit(back) @ handle, -1, 1)))
    return f", {angle_deg:.0f}° from posterior"


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
    where, side = offset_in_words(content), side_in_words(content)
    return (
        f"Put the coil's centre {where}, on the {side} side, with the handle pointing "
        f"{handle_in_words(content)}. {_effect(content)}"
    )


def _effect(content: ReportContent) -> str:
    e_v_per_m, _ = e_at_target(content)
    said = f"At {didt_a_per_us(content):.0f} A/µs this gives {e_v_per_m:.0f} V/m at the target"
    percent = content.part("dose").get("percent_mso")
    if isinstance(percent, int | float) and np.isfinite(percent):
        return f"{said}; the protocol takes {percent:.0f} % of maximum stimulator output."
    return f"{said}."


def didt_a_per_us(content: ReportContent) -> float:
    """Return the dI/dt that the fields are given at, in A/µs.

    Parameters
    ----------
    content : ReportContent
        The plan's ``field.didt_a_per_us`` counts when it is there, else the pulse's peak.

    Returns
    -------
    float
        A/µs.
    """
    given = content.part("field").get("didt_a_per_us")
    if isinstance(given, int | float) and np.isfinite(given):
        return float(given)
    return a_per_us_from_a_per_s(float(np.abs(content.pulse_didt_a_per_s).max(initial=0.0)))


def e_at_target(content: ReportContent) -> tuple[float, str]:
    """Return |E| at the target and how it was taken.

    Parameters
    ----------
    content : ReportContent
        The plan's ``field.target_e_v_per_m`` counts when it is there.

    Returns
    -------
    float
        V/m.
    str
        Where it was evaluated.
    """
    field = content.part("field")
    given = field.get("target_e_v_per_m")
    if isinstance(given, int | float) and np.isfinite(given):
        return float(given), str(field.get("target_e_is", "as the plan evaluates the target"))
    nearest = np.linalg.norm(content.cortex.vertices_m - content.target_m, axis=1).argmin()
    return float(content.e_magnitude_v_per_m[nearest]), "at the nearest cortical vertex"
