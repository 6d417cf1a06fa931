"""The score sheet of a rehearsal: one page to print."""

import textwrap
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cortistim.records.rehearsal import RehearsalRecord
from cortistim.viz.render.canvas import new_figure, plain_axes, title, write_png
from cortistim.viz.render.palette import ACCENT, CALM, COIL, INK, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

A4_IN = (8.27, 11.69)
LOWEST_UV = 2.0
LETTERS, LINES = 92, 13  # of the words below the table


def score_sheet(record: RehearsalRecord) -> "Figure":
    """Draw a session, what was found and what is true.

    Parameters
    ----------
    record : RehearsalRecord
        A session that has ended.

    Returns
    -------
    Figure
        A page of A4.
    """
    figure = new_figure(*A4_IN)
    figure.text(0.09, 0.955, f"Rehearsal: {record.kind}", fontsize=18, color=INK, weight="bold")
    line = f"virtual subject {record.seed}, by {record.by}, {len(record.pulses)} pulses, "
    figure.text(0.09, 0.932, line + f"{record.minutes:g} minutes", fontsize=10, color=MUTED)
    _course(figure.add_axes((0.11, 0.63, 0.83, 0.26)), record)
    _sizes(figure.add_axes((0.11, 0.31, 0.83, 0.24)), record)
    _table(figure, record)
    figure.text(
        0.09, 0.03, "name                                                     date",
        fontsize=10, color=MUTED,
    )  # fmt: skip
    return figure


def _course(axes: "Axes", record: RehearsalRecord) -> None:
    pulse = np.array([p.pulse for p in record.pulses])
    percent = np.array([p.percent for p in record.pulses])
    hit = np.array([p.mep_uv >= 50 for p in record.pulses], bool)
    kept = np.array([p.kept for p in record.pulses], bool)
    odd = np.array([bool(p.cause) for p in record.pulses], bool)
    axes.plot(pulse[hit & kept], percent[hit & kept], "o", color=ACCENT, ms=5, label="response")
    plain = {"mfc": "none", "mec": MUTED, "ms": 5, "ls": ""}
    axes.plot(pulse[~hit & kept], percent[~hit & kept], "o", label="none", **plain)
    axes.plot(pulse[~kept], percent[~kept], "x", color=COIL, ms=6, label="given again")
    ring = {"mfc": "none", "mec": COIL, "ms": 11, "mew": 1.2, "ls": ""}
    axes.plot(pulse[odd], percent[odd], "o", label="disturbed", **ring)
    truth = record.quantities[0].truth
    axes.axhline(truth, color=CALM, lw=1.8, label="true threshold")
    plain_axes(axes, "pulse", "intensity (% of the maximal output)")
    axes.locator_params(axis="x", integer=True)
    axes.margins(y=0.18)
    axes.legend(frameon=False, fontsize=8, ncols=5, loc="upper center", labelcolor=INK)
    title(axes, "What was given, and what came of it")


def _sizes(axes: "Axes", record: RehearsalRecord) -> None:
    percent = np.array([p.percent for p in record.pulses if p.kept])
    size = np.array([p.mep_uv for p in record.pulses if p.kept])
    axes.plot(percent, np.maximum(size, LOWEST_UV), "o", color=ACCENT, ms=4, alpha=0.7)
    axes.axhline(50, color=INK, lw=0.8, ls=":")
    shades = (CALM, COIL)
    for row, colour in zip(
        [q for q in record.quantities if q.unit == "%"], shades, strict=False
    ):
        axes.axvline(row.truth, color=colour, lw=1.8, label=f"true {row.name}")
        if row.low is not None and row.high is not None:
            axes.axvspan(row.low, row.high, color=colour, alpha=0.15, lw=0)
    axes.set_yscale("log")
    plain_axes(axes, "intensity (% of the maximal output)", "MEP peak-to-peak (µV)")
    axes.legend(frameon=False, fontsize=8, loc="lower right", labelcolor=INK)
    title(axes, "Responses; shaded: the interval that was found")


def _table(figure: "Figure", record: RehearsalRecord) -> None:
    lines = [f"{'':<12}{'found':>10}{'interval':>20}{'truth':>10}{'error':>9}"]
    for row in record.quantities:
        found = "none" if row.found is None else f"{row.found:.1f} {row.unit}"
        ends = "none" if row.low is None else f"{row.low:.1f} to {row.high:.1f}"
        error = "" if row.error_percent is None else f"{row.error_percent:+.1f} %"
        lines.append(f"{row.name:<12}{found:>10}{ends:>20}{row.truth:>10.1f}{error:>9}")
    lines += ["", f"disturbed trials {record.disturbed}, of which given again {record.noticed}"]
    lines.append("")
    for text in (*record.words, *record.alarms):
        lines += textwrap.wrap(text, LETTERS, subsequent_indent="  ")
    look = {"fontsize": 8.5, "color": INK, "family": "monospace"}
    for k, line in enumerate(lines[:LINES]):
        figure.text(0.09, 0.255 - 0.0155 * k, line, **look)


def write_score_sheet(path: Path, record: RehearsalRecord) -> str:
    """Write `score_sheet` as PNG.

    Parameters
    ----------
    path : Path
        Where to.
    record : RehearsalRecord
        A session that has ended.

    Returns
    -------
    str
        Why it is missing; empty when it was written.
    """
    return write_png(path, partial(score_sheet, record))
