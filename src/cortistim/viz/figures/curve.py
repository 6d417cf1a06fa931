"""Recruitment curves: every response, the median with its interval, threshold and s50."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cortistim.records.curve import CurveRecord, CurvesRecord
from cortistim.viz.render.canvas import new_figure, plain_axes, title, write_png
from cortistim.viz.render.palette import ACCENT, CALM, COIL, INK, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_PANELS = 12
ACROSS = 3
LOWEST_UV = 1.0  # where a response of nothing is drawn on a logarithmic axis


def recruitment_curves(record: CurvesRecord) -> "Figure":
    """Draw the first twelve curves of a fit.

    Parameters
    ----------
    record : CurvesRecord
        As fitted.

    Returns
    -------
    Figure
        A panel for each curve, with the same axes.
    """
    shown = record.curves[:MOST_PANELS]
    across = min(ACROSS, len(shown))
    along = int(np.ceil(len(shown) / across))
    figure = new_figure(1.2 + 3.6 * across, 0.9 + 2.7 * along)
    x = np.array([point[0] for curve in shown for point in curve.points])
    left, bottom = 0.8 / (1.2 + 3.6 * across), 0.6 / (0.9 + 2.7 * along)
    width, height = (1 - left) / across, (1 - bottom) / along
    for k, curve in enumerate(shown):
        place = (left + (k % across) * width, bottom + (along - 1 - k // across) * height)
        axes = figure.add_axes((*place, 0.86 * width, 0.76 * height))
        _panel(axes, record, curve)
        axes.set_xlim(x.min() - 0.05 * np.ptp(x) - 0.5, x.max() + 0.05 * np.ptp(x) + 0.5)
        last_row = k + across >= len(shown)
        plain_axes(axes, record.intensity if last_row else "", "")
        if k % across == 0:
            axes.set_ylabel("MEP peak-to-peak (µV)", fontsize=9, color=INK)
    left_out = len(record.curves) - len(shown)
    if left_out:
        words = f"{left_out} more curves are not drawn"
        figure.text(0.99, 0.005, words, ha="right", fontsize=8, color=MUTED)
    return figure


def _panel(axes: "Axes", record: CurvesRecord, curve: CurveRecord) -> None:
    x, size = np.array(curve.points).T
    hidden = size <= record.floor_uv
    axes.plot(x[~hidden], size[~hidden], "o", ms=3.5, color=ACCENT, alpha=0.6, mec="none")
    low = np.maximum(size[hidden], LOWEST_UV)
    axes.plot(x[hidden], low, "o", ms=3.5, mfc="none", mec=MUTED, alpha=0.7)
    at, middle, below, above = np.maximum(np.array(curve.band), LOWEST_UV / 2).T
    axes.fill_between(at, below, above, color=CALM, alpha=0.18, lw=0)
    axes.plot(at, middle, "-", color=CALM, lw=1.8)
    axes.axhline(record.criterion_uv, color=INK, lw=0.7, ls=":")
    for found, colour in ((curve.threshold, COIL), (curve.s50, MUTED)):
        axes.axvspan(found.low, found.high, color=colour, alpha=0.12, lw=0)
        axes.axvline(found.mean, color=colour, lw=1)
    axes.set_yscale("log")
    axes.set_ylim(LOWEST_UV / 1.3, 2 * max(size.max(), middle.max(), record.criterion_uv))
    name = ", ".join(curve.by.values()) or "all pulses"
    title(axes, f"{name}: threshold {curve.threshold.mean:.3g}, s50 {curve.s50.mean:.3g}")


def write_recruitment_curves(path: Path, record: CurvesRecord) -> str:
    """Write `recruitment_curves` as PNG.

    Parameters
    ----------
    path : Path
        Where to.
    record : CurvesRecord
        As fitted.

    Returns
    -------
    str
        Why it is missing; empty when it was written.
    """
    return write_png(path, partial(recruitment_curves, record))
