"""When the pulses of a protocol come: the course, the session, a train, a burst."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cortistim.protocol import Course
from cortistim.typing import FloatArray
from cortistim.viz.figures.pulse_and_protocol import groups, scale_names
from cortistim.viz.render.canvas import new_figure, plain_axes, title
from cortistim.viz.render.palette import CALM, INK, MUTED, TARGET

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 3000
"""No more strokes than this are drawn in a row; pulses closer than that run together."""
ROW_IN, MARGIN_IN = 1.35, 1.05


@dataclass(frozen=True, slots=True)
class _Scale:
    per_s: float
    unit: str


def protocol_drawing(course: Course) -> "Figure":
    """Draw a protocol at up to five scales.

    Parameters
    ----------
    course : Course
        A single session counts as a course of one.

    Returns
    -------
    Figure
        Pulses per day when there are several sessions; the session; its first block, train and
        burst. The height of a stroke is the pulse's relative intensity.
    """
    protocol = course.protocol
    parts = groups(protocol.pulse_times_s)
    associative = len(protocol.afferent_times_s) > 0
    rows = len(parts) + (course.n_sessions > 1) + associative
    height_in = MARGIN_IN + ROW_IN * rows
    figure = new_figure(9.5, height_in)
    name_at, facts_at = 1 - 0.3 / height_in, 1 - 0.55 / height_in
    figure.text(0.06, name_at, course.name, fontsize=13, fontweight="bold", color=INK)
    figure.text(0.06, facts_at, _facts(course), fontsize=9, color=MUTED)
    places = [
        (0.06, 1 - (0.75 + ROW_IN * (row + 1) - 0.4) / height_in, 0.9, 0.62 / height_in)
        for row in range(rows)
    ]
    if course.n_sessions > 1:
        _days(figure.add_axes(places.pop(0)), course)
    names = ("One session", *scale_names(len(parts))[1:])
    for place, times_s, name in zip(places, parts, names, strict=False):
        _pulses(figure.add_axes(place), course, times_s, name)
    if associative:
        _first_pair(figure.add_axes(places[-1]), course)
    return figure


def _facts(course: Course) -> str:
    protocol = course.protocol
    sessions = f", {course.n_sessions} sessions" if course.n_sessions > 1 else ""
    return (
        f"{protocol.n_pulses} pulses in {protocol.length_s:g} s at {protocol.intensity_words}, "
        f"{protocol.waveform}{sessions}; confidence {protocol.confidence}"
    )


def _days(axes: "Axes", course: Course) -> None:
    per_day = course.pulses_per_day
    axes.bar(np.arange(1, len(per_day) + 1), per_day, color=CALM, width=0.8)
    plain_axes(axes, "day", "")
    axes.locator_params(axis="y", nbins=3)
    title(axes, f"Pulses per day: {course.n_pulses} on {np.count_nonzero(per_day)} days")


def _pulses(axes: "Axes", course: Course, times_s: FloatArray, name: str) -> None:
    protocol = course.protocol
    span_s = float(np.ptp(times_s))
    scale = _scale(span_s)
    shown = np.searchsorted(protocol.pulse_times_s, times_s)
    relative = protocol.relative_intensity[shown]
    strokes, heights = _thinned(times_s, relative)
    width = 1.6 if len(times_s) < 60 else 0.6
    axes.vlines(strokes * scale.per_s, 0, heights, color=INK, linewidth=width)
    near = protocol.afferent_times_s
    near = near[(near >= times_s[0] - 1) & (near <= times_s[-1] + 1)]
    if len(near):
        axes.plot(near * scale.per_s, np.full(len(near), 1.12), "v", color=TARGET, markersize=3)
    plain_axes(axes, f"time ({scale.unit})", "")
    axes.set(yticks=[], ylim=(0, max(1.05, 1.05 * heights.max()) + 0.15 * bool(len(near))))
    axes.spines["left"].set_visible(False)
    axes.grid(visible=False)
    axes.margins(x=0.02)
    axes.xaxis.labelpad = 1
    stimuli = f", {len(near)} nerve stimuli (triangles)" if len(near) else ""
    count = f"{len(times_s)} pulse" + ("s" if len(times_s) != 1 else "")
    title(axes, f"{name}: {count}{stimuli}")


def _first_pair(axes: "Axes", course: Course) -> None:
    protocol = course.protocol
    nerve_s = protocol.afferent_times_s[0]
    pulse_s = protocol.pulse_times_s[np.abs(protocol.pulse_times_s - nerve_s).argmin()]
    lag_ms = 1e3 * float(pulse_s - nerve_s)
    axes.vlines([lag_ms], 0, 1, color=INK, linewidth=1.6)
    axes.plot([0], [1.0], "v", color=TARGET, markersize=6)
    plain_axes(axes, "time after the nerve stimulus (ms)", "")
    edge_ms = 1.3 * abs(lag_ms) + 1
    axes.set(yticks=[], ylim=(0, 1.2), xlim=(min(-5, 1.3 * lag_ms), edge_ms))
    axes.spines["left"].set_visible(False)
    axes.grid(visible=False)
    when = "after" if lag_ms >= 0 else "before"
    title(axes, f"First pair: the pulse comes {abs(lag_ms):.4g} ms {when} the nerve stimulus")


def _scale(span_s: float) -> _Scale:
    if span_s > 300:
        return _Scale(1 / 60, "min")
    return _Scale(1.0, "s") if span_s >= 1 else _Scale(1e3, "ms")


def _thinned(times_s: FloatArray, heights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Keep one stroke per column of the picture, the highest."""
    if len(times_s) <= COLUMNS:
        return times_s, heights
    column = ((times_s - times_s[0]) / np.ptp(times_s) * (COLUMNS - 1)).astype(int)
    _, firsts = np.unique(column, return_index=True)
    return times_s[firsts], np.maximum.reduceat(heights, firsts)
