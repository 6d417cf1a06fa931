"""One page of a plan to print: for a folder in the laboratory."""

from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np

from cortistim.cache import atomic_path
from cortistim.errors import BadInputError, quoted
from cortistim.records.plan import PlanRecord
from cortistim.viz.content import ReportContent
from cortistim.viz.figures.coil_drawing import (
    body_picture,
    coil_points_m,
    draw_handle,
    draw_outline,
    draw_winding,
)
from cortistim.viz.figures.cortex_field import cortex_picture, side_view, top_of_scale
from cortistim.viz.figures.placement_view import scalp_picture
from cortistim.viz.render.canvas import (
    colour_bar,
    new_figure,
    picture_axes,
    scale_bar,
    target_marker,
    title,
)
from cortistim.viz.render.palette import ACCENT, FAINT, INK, MUTED
from cortistim.viz.render.raster import view_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

A4_IN = (8.27, 11.69)
LONGEST_CODE = 40
COLUMN = 88  # characters of a value that fit beside its label
MOST_WARNINGS, MOST_LINES = 4, 3
HEIGHT_PX = 480


def require_code(code: str) -> str:
    """Refuse a patient code that would not fit on the page.

    Parameters
    ----------
    code : str
        A pseudonym; empty for none.

    Returns
    -------
    str
        The same.

    Raises
    ------
    BadInputError
        When it is too long or holds what cannot be printed.
    """
    if len(code) > LONGEST_CODE or not code.isprintable():
        msg = (
            f"`patient_code` must be at most {LONGEST_CODE} printable characters; got "
            f"{quoted(code)}. Give a pseudonym, not a name."
        )
        raise BadInputError(msg)
    return code


def print_page(content: ReportContent, *, patient_code: str = "") -> "Figure":
    """Draw the page.

    Parameters
    ----------
    content : ReportContent
        Of a plan.
    patient_code : str, optional
        Printed where it is given; nothing else names the person.

    Returns
    -------
    Figure
        A4, upright.
    """
    plan = content.plan
    figure = new_figure(*A4_IN)
    _heading(figure, plan, require_code(patient_code))
    _pictures(figure, content)
    axes = figure.add_axes((0.08, 0.13, 0.86, 0.395))
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    _rows(axes, rows(plan))
    _signature(figure, plan)
    return figure


def rows(plan: PlanRecord) -> list[tuple[str, str]]:
    """Say what the page says, label by label.

    Parameters
    ----------
    plan : PlanRecord
        The content of ``plan.json``.

    Returns
    -------
    list of (str, str)
        In the order of the page.
    """
    target, pose, field, dose = plan.target, plan.pose, plan.field, plan.dose
    x, y, z = (row[3] for row in pose.matsimnibs[:3])
    at = ", ".join(f"{value:.1f}" for value in target.subject_mm)
    said = [
        ("Target", f"{target.words} ({target.side}), at ({at}) mm"),
        (
            "Coil",
            f"{plan.coil.name}, centre at ({x:.1f}, {y:.1f}, {z:.1f}) mm ({pose.side}), "
            f"{pose.distance_mm:.1f} mm from the scalp",
        ),
        ("Handle", pose.handle),
        ("Current", pose.current),
        ("Stimulator", plan.stimulator.words),
        ("Protocol", f"{plan.protocol.name}: {plan.protocol.words}; {plan.protocol.intensity}"),
        ("Output", _output(plan)),
        (
            "|E| at target",
            f"{field.target_e_v_per_m:.1f} V/m at {field.didt_a_per_us:.4g} A/µs"
            + _interval(plan),
        ),
    ]
    if dose.percent_mso is not None:
        said.append(("Rests on", dose.rests_on))
    reasons = " ".join(plan.safety.reasons)
    said.append(("Safety", f"{plan.safety.verdict} ({plan.safety.table}): {reasons}"))
    said.append(("Small errors", plan.aim.tolerance.words))
    warnings = plan.warnings[:MOST_WARNINGS]
    said += [("Warning", text) for text in warnings]
    left = len(plan.warnings) - len(warnings)
    if left > 0:
        said.append(("", f"{left} further warnings: see report.html"))
    return said


def _output(plan: PlanRecord) -> str:
    dose = plan.dose
    if dose.percent_mso is None:
        return f"not stated: {dose.reason}"
    rate = "" if dose.didt_a_per_us is None else f", {dose.didt_a_per_us:.4g} A/µs"
    return f"{dose.percent_mso:.0f} % of the maximal output{rate}"


def _interval(plan: PlanRecord) -> str:
    if plan.uncertainty is None:
        return ", without an interval"
    return f"; {plan.uncertainty.words.split('. ')[0]}"


def _heading(figure: "Figure", plan: PlanRecord, code: str) -> None:
    figure.text(0.08, 0.955, "Plan of a stimulation", fontsize=17, color=INK, weight="bold")
    head = f"head {plan.head.name}"
    figure.text(0.08, 0.935, head if not code else f"{code} · {head}", fontsize=10, color=INK)
    figure.text(0.08, 0.919, plan.notice, fontsize=7.5, color=ACCENT)
    if plan.dose.percent_mso is not None:
        figure.text(
            0.94, 0.945, f"{plan.dose.percent_mso:.0f} % MSO", fontsize=20, color=INK,
            weight="bold", ha="right",
        )  # fmt: skip


def _pictures(figure: "Figure", content: ReportContent) -> None:
    side, toward = side_view(content)
    spans_m = np.vstack([content.scalp.vertices_m, coil_points_m(content)])
    axes = figure.add_axes((0.06, 0.55, 0.42, 0.34))
    view = view_of(toward, spans_m, aspect=0.88, margin=0.07)
    axes.imshow(scalp_picture(content, view), extent=view.extent_mm)
    axes.imshow(body_picture(content, view, HEIGHT_PX), extent=view.extent_mm, zorder=3)
    picture_axes(axes, view)
    draw_winding(axes, content, view)
    draw_handle(axes, content, view)
    target_marker(axes, view.project_mm(content.target_m))
    scale_bar(axes, view)
    title(axes, f"Pose, seen from {side}")
    axes = figure.add_axes((0.5, 0.55, 0.38, 0.34))
    top = top_of_scale(content)
    around_m = np.vstack([content.cortex.vertices_m, coil_points_m(content)])
    view = view_of(-content.pose.rotation[:, 2], around_m, aspect=0.8, margin=0.05)
    axes.imshow(cortex_picture(content, view, top), extent=view.extent_mm)
    picture_axes(axes, view)
    draw_outline(axes, content, view)
    target_marker(axes, view.project_mm(content.target_m))
    scale_bar(axes, view)
    title(axes, "Cortex, along the coil's axis")
    colour_bar(figure, (0.9, 0.6, 0.012, 0.22), top, "|E| (V/m)")


def _rows(axes: "Axes", said: list[tuple[str, str]]) -> None:
    parted = [(label, _lines(value)) for label, value in said]
    total = sum(len(lines) + 0.35 for _, lines in parted)
    step = min(1 / max(total, 1), 0.034)
    y = 1.0
    for label, lines in parted:
        axes.text(0, y, label, fontsize=8, color=MUTED, va="top", weight="bold")
        for line in lines:
            axes.text(0.15, y, line, fontsize=8, color=INK, va="top")
            y -= step
        y -= 0.1 * step
        axes.axhline(y, color=FAINT, lw=0.6)
        y -= 0.25 * step


def _lines(value: str) -> list[str]:
    lines = wrap(value, COLUMN) or [""]
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], lines[MOST_LINES - 1][: COLUMN - 2] + " …"]
    return lines


def _signature(figure: "Figure", plan: PlanRecord) -> None:
    from matplotlib.lines import Line2D

    for left, words in ((0.08, "Date"), (0.34, "Name"), (0.64, "Signature")):
        right = left + (0.22 if words == "Date" else 0.26)
        figure.add_artist(Line2D([left, right], [0.085, 0.085], color=INK, lw=0.8))
        figure.text(left, 0.071, words, fontsize=8, color=MUTED)
    version = plan.versions.get("cortistim", "")
    figure.text(
        0.08, 0.035,
        f"cortistim {version} · mesh {plan.head.mesh_digest} · all numbers: plan.json",
        fontsize=7, color=MUTED,
    )  # fmt: skip


def write_print_page(path: Path, content: ReportContent, *, patient_code: str = "") -> None:
    """Write the page as PDF, atomically.

    Parameters
    ----------
    path : Path
        Ends in .pdf.
    content : ReportContent
        Of a plan.
    patient_code : str, optional
        Printed where it is given.
    """
    figure = print_page(content, patient_code=patient_code)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="pdf", metadata={"Title": "Plan of a stimulation"})
