"""The pulse's waveform and when the pulses come."""

from typing import TYPE_CHECKING

import numpy as np

from cortistim.typing import FloatArray
from cortistim.units import a_per_us_from_a_per_s, us_from_s
from cortistim.viz.content import ReportContent
from cortistim.viz.render.canvas import new_figure, plain_axes, title
from cortistim.viz.render.palette import CALM, INK, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PAUSE_FACTOR = 3.0
"""A gap this many times the shortest one parts bursts, and again trains."""
MS_PER_S = 1e3
FEW_MINUTES_S = 300.0
SCALES = ("The session", "First block", "First train", "First burst")
BY_ROWS = {
    1: SCALES[:1],
    2: (SCALES[0], "First group"),
    3: (SCALES[0], *SCALES[2:]),
}


def groups(times_s: FloatArray) -> list[FloatArray]:
    """Return the pulses of the session, of its first block, train and burst.

    Parameters
    ----------
    times_s : (n_pulse,) array [s]
        When pulses start.

    Returns
    -------
    list of arrays
        Each a part of the one before; one entry when the pulses come evenly. Blocks are there
        only where pauses part them that are longer than those between trains.
    """
    parts = [np.sort(times_s)]
    while len(parts) < len(SCALES) and len(parts[-1]) > 2:
        gaps = np.diff(parts[-1])
        cuts = np.unique(np.round(gaps, 6))
        longest = cuts[-1]
        if longest < PAUSE_FACTOR * cuts[0]:
            break
        first_pause = int(np.argmax(gaps > longest / PAUSE_FACTOR))
        parts.append(parts[-1][: first_pause + 1])
    return parts


def pulse_and_protocol(content: ReportContent) -> "Figure":
    """Draw dI/dt of one pulse, and the pulses of the session at up to three scales.

    Parameters
    ----------
    content : ReportContent
        What to draw.

    Returns
    -------
    Figure
        The waveform left, the pulse train right; of a single pulse the waveform alone.
    """
    figure = new_figure(12, 4.4)
    if len(content.pulse_times_s) == 1:
        _waveform(figure.add_axes((0.06, 0.14, 0.91, 0.76)), content)
        return figure
    _waveform(figure.add_axes((0.06, 0.14, 0.36, 0.76)), content)
    pulse_rows(figure, content.pulse_times_s, (0.5, 0.14, 0.47, 0.76))
    return figure


def pulse_rows(
    figure: "Figure", pulse_times_s: FloatArray, place: tuple[float, float, float, float]
) -> None:
    """Draw the pulses of a session at up to three scales, one row each.

    Parameters
    ----------
    figure : Figure
        To draw in.
    pulse_times_s : (n_pulse,) array [s]
        When pulses start.
    place : tuple of float
        Left, bottom, width and height of all rows, as fractions of the figure.
    """
    left, bottom, width, tall = place
    parts = groups(pulse_times_s)
    height = tall / len(parts)
    for row, times_s in enumerate(parts):
        low = bottom + tall - height * (row + 1) + 0.09
        axes = figure.add_axes((left, low, width, max(height - 0.17, 0.06)))
        _train(axes, times_s, _name(row, len(parts), times_s))


def _waveform(axes: "Axes", content: ReportContent) -> None:
    time_us = us_from_s(content.pulse_time_s)
    didt = a_per_us_from_a_per_s(content.pulse_didt_a_per_s)
    axes.fill_between(time_us, didt, color=CALM, alpha=0.12, linewidth=0)
    axes.plot(time_us, didt, color=CALM, linewidth=1.8)
    axes.axhline(0, color=MUTED, linewidth=0.8)
    plain_axes(axes, "time (µs)", "dI/dt in the coil (A/µs)")
    axes.margins(x=0.01)
    title(axes, "One pulse at the plan's dI/dt")


def _name(row: int, n_row: int, times_s: FloatArray) -> str:
    count = f"{len(times_s)} pulse" + ("s" if len(times_s) != 1 else "")
    return f"{scale_names(n_row)[row]}: {count}"


def scale_names(n_row: int) -> tuple[str, ...]:
    """Name the parts that `groups` found.

    Parameters
    ----------
    n_row : int
        How many.

    Returns
    -------
    tuple of str
        From the session to its smallest part.
    """
    return SCALES if n_row == len(SCALES) else BY_ROWS[n_row]


def _train(axes: "Axes", times_s: FloatArray, name: str) -> None:
    span_s = float(np.ptp(times_s)) if len(times_s) else 0.0
    scale, unit = (1.0, "s") if span_s >= 1 else (MS_PER_S, "ms")
    if span_s > FEW_MINUTES_S:
        scale, unit = 1 / 60, "min"
    shown = (times_s - (times_s[0] if len(times_s) and span_s < 1 else 0.0)) * scale
    width = 1.6 if len(times_s) < 60 else 0.6
    axes.vlines(shown, 0, 1, color=INK, linewidth=width)
    plain_axes(axes, f"time ({unit})", "")
    axes.set(yticks=[], ylim=(0, 1.05))
    axes.spines["left"].set_visible(False)
    axes.grid(visible=False)
    axes.margins(x=0.02)
    axes.xaxis.labelpad = 1
    title(axes, name)
