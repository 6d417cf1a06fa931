"""The score sheet of a rehearsed hunt: one page to print."""

import textwrap
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cortistim.records.hotspot import RehearsedHunt
from cortistim.viz.figures.hotspot import draw_region, draw_scalp, draw_sizes
from cortistim.viz.render.canvas import new_figure, title, write_png
from cortistim.viz.render.palette import COIL, INK, MUTED

if TYPE_CHECKING:
    from matplotlib.figure import Figure

A4_IN = (8.27, 11.69)
LETTERS = 88


def hunt_sheet(record: RehearsedHunt) -> "Figure":
    """Draw a rehearsed hunt, what was found and what is true.

    Parameters
    ----------
    record : RehearsedHunt
        A session that has ended.

    Returns
    -------
    Figure
        A page of A4.
    """
    figure = new_figure(*A4_IN)
    figure.text(0.09, 0.955, "Rehearsal: hot spot", fontsize=18, color=INK, weight="bold")
    line = (
        f"virtual subject {record.seed} on {record.head}, {record.coil}, by {record.by}, "
        f"{record.output_percent:g} % output, {record.minutes:g} minutes"
    )
    figure.text(0.09, 0.932, line, fontsize=9.5, color=MUTED)
    scalp = figure.add_axes((0.11, 0.53, 0.55, 0.36))
    truth = np.array([*record.truth_mm, record.truth_deg])
    draw_scalp(scalp, record.steps, truth=truth)
    title(scalp, "Where the coil was, seen from outside")
    figure.text(0.69, 0.86, _key(), fontsize=8.5, color=INK, va="top", linespacing=1.5)
    sizes = figure.add_axes((0.11, 0.31, 0.38, 0.15))
    draw_sizes(sizes, record.steps)
    odd = [s for s, cause in zip(record.steps, record.causes, strict=True) if cause]
    ring = {"mfc": "none", "mec": COIL, "ms": 10, "mew": 1.2, "ls": ""}
    sizes.plot([s.pulse for s in odd], [max(s.mep_uv, 5) for s in odd], "o", **ring)
    title(sizes, "Responses; ringed: disturbed")
    shrinks = figure.add_axes((0.59, 0.31, 0.36, 0.15))
    draw_region(shrinks, record.steps)
    title(shrinks, "How well it was known")
    for k, text in enumerate(_table(record)):
        look = {"fontsize": 8.5, "color": INK, "family": "monospace"}
        figure.text(0.09, 0.25 - 0.0165 * k, text, **look)
    figure.text(
        0.09, 0.03, "name                                                     date",
        fontsize=10, color=MUTED,
    )  # fmt: skip
    return figure


def _key() -> str:
    return (
        "Each disc is a pulse, darker\nfor a larger response; its line\nis the coil's y axis, "
        "away from\nthe handle. The ring holds the\nbest place with 90 %."
    )


def _table(record: RehearsedHunt) -> list[str]:
    found, region = record.hotspot, record.hotspot.region
    u, v = found.along_mm
    tu, tv = record.truth_mm
    held = {True: "yes", False: "no"}
    rows = [
        f"{'':<10}{'x (mm)':>9}{'y (mm)':>9}{'turn (°)':>10}",
        f"{'found':<10}{u:>9.1f}{v:>9.1f}{found.turn_deg:>10.0f}",
        f"{'truth':<10}{tu:>9.1f}{tv:>9.1f}{record.truth_deg:>10.0f}",
        "",
        f"{'place':<10}{record.error_mm:>6.1f} mm off; region {region.radius_mm:>5.1f} mm, "
        f"holds the truth: {held[record.held_mm]}",
        f"{'turn':<10}{record.error_deg:>6.0f} °  off; region {region.turn_deg:>5.0f} °,  "
        f"holds the truth: {held[record.held_deg]}",
        f"{'response':<10}{record.lost_percent:>6.0f} %  lost at the pose that was found",
        "",
        f"{found.pulses} pulses, {sum(bool(c) for c in record.causes)} of them disturbed; "
        f"{record.given_again} given again",
        "",
    ]
    for text in (*record.words, *found.alarms):
        rows += textwrap.wrap(text, LETTERS, subsequent_indent="  ")
    return rows


def write_hunt_sheet(path: Path, record: RehearsedHunt) -> str:
    """Write `hunt_sheet` as PNG.

    Parameters
    ----------
    path : Path
        Where to.
    record : RehearsedHunt
        A session that has ended.

    Returns
    -------
    str
        Why it is missing; empty when it was written.
    """
    return write_png(path, partial(hunt_sheet, record))
