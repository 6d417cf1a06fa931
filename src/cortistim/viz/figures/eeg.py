"""EEG around a pulse: before and after cleaning, and an evoked potential with its peaks."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cortistim.typing import FloatArray
from cortistim.viz.render.canvas import new_figure, plain_axes, title, write_png
from cortistim.viz.render.palette import ACCENT, CALM, INK, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cortistim.eeg import Epochs, Peak

UV, MS = 1e6, 1e3
SHOWN_MS = (-50.0, 300.0)


def _butterfly(axes: "Axes", mean_v: FloatArray, times_s: FloatArray) -> None:
    shown = (MS * times_s >= SHOWN_MS[0]) & (MS * times_s <= SHOWN_MS[1])
    flat = UV * (mean_v - mean_v.mean(axis=0))[:, shown].T
    axes.plot(MS * times_s[shown], flat, lw=0.5, color=MUTED, alpha=0.6)
    axes.axvline(0, color=ACCENT, lw=0.8)
    plain_axes(axes, "time (ms)", "µV")


def cleaning(before: "Epochs", after: "Epochs") -> "Figure":
    """Draw the mean over trials before and after cleaning.

    Parameters
    ----------
    before, after : Epochs
        With the pulse bridged, and clean.

    Returns
    -------
    Figure
        Two panels, each with its own scale.
    """
    figure = new_figure(10.0, 3.6)
    for column, (name, one) in enumerate((("Pulse bridged", before), ("Clean", after))):
        axes = figure.add_axes((0.07 + 0.49 * column, 0.15, 0.42, 0.72))
        _butterfly(axes, one.mean_v, one.times_s)
        title(axes, f"{name}: mean of {len(one.values_v)} trials, {len(one.names)} channels")
    return figure


def tep_figure(epochs: "Epochs", course_v: FloatArray, found: Sequence["Peak"]) -> "Figure":
    """Draw an evoked potential: all channels, global field, and peaks of a course.

    Parameters
    ----------
    epochs : Epochs
        Their mean is drawn.
    course_v : (n_sample,) array [V]
        On which the peaks were measured.
    found : sequence of Peak
        Those with a latency are marked.

    Returns
    -------
    Figure
        Two panels.
    """
    figure = new_figure(10.0, 3.6)
    left = figure.add_axes((0.07, 0.15, 0.42, 0.72))
    _butterfly(left, epochs.mean_v, epochs.times_s)
    flat = epochs.mean_v - epochs.mean_v.mean(axis=0)
    time_ms = MS * epochs.times_s
    shown = (time_ms >= SHOWN_MS[0]) & (time_ms <= SHOWN_MS[1])
    spread = UV * np.sqrt((flat**2).mean(axis=0))
    left.plot(time_ms[shown], spread[shown], lw=2, color=CALM)
    title(left, "All channels, and their global field")
    right = figure.add_axes((0.56, 0.15, 0.42, 0.72))
    right.plot(time_ms[shown], UV * course_v[shown], lw=1.6, color=INK)
    right.axvline(0, color=ACCENT, lw=0.8)
    plain_axes(right, "time (ms)", "µV")
    for one in found:
        if np.isfinite(one.latency_s):
            x, y = MS * one.latency_s, UV * one.amplitude_v
            right.plot(x, y, "o", ms=5, color=ACCENT)
            right.annotate(
                one.name, (x, y), xytext=(0, 7 if y > 0 else -13), textcoords="offset points",
                ha="center", fontsize=8, color=INK,
            )  # fmt: skip
    right.margins(y=0.15)
    title(right, "Mean of the channels at the site")
    return figure


def write_cleaning(path: Path, before: "Epochs", after: "Epochs") -> str:
    """Write `cleaning` as PNG.

    Parameters
    ----------
    path : Path
        Where to.
    before, after : Epochs
        As there.

    Returns
    -------
    str
        Why it is missing; empty when it was written.
    """
    return write_png(path, lambda: cleaning(before, after))


def write_tep_figure(
    path: Path, epochs: "Epochs", course_v: FloatArray, found: Sequence["Peak"]
) -> str:
    """Write `tep_figure` as PNG.

    Parameters
    ----------
    path : Path
        Where to.
    epochs, course_v, found
        As there.

    Returns
    -------
    str
        Why it is missing; empty when it was written.
    """
    return write_png(path, lambda: tep_figure(epochs, course_v, found))
