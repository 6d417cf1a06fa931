"""The predicted course of excitability with its bands, and the pulses that led to it."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cortistim.cache import atomic_path
from cortistim.plasticity import Prediction
from cortistim.typing import FloatArray
from cortistim.viz.figures.pulse_and_protocol import pulse_rows
from cortistim.viz.render.canvas import new_figure, plain_axes, png_bytes, title
from cortistim.viz.render.palette import ACCENT, CALM, INK, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BANDS = ((10, 90, 0.12), (25, 75, 0.22))
COLOURS = {"up": ACCENT, "down": CALM, "none": MUTED, "not determined": MUTED}
COURSE_MIN = np.concatenate([[0.5], np.arange(1.0, 10.0), np.arange(10.0, 122.0, 2.0)])
"""When a course is drawn, in minutes after the last pulse."""


def plasticity_course(prediction: Prediction, pulse_times_s: FloatArray) -> "Figure":
    """Draw the course of excitability beside the pulses.

    Parameters
    ----------
    prediction : Prediction
        At many times, such as `COURSE_MIN`.
    pulse_times_s : (n_pulse,) array [s]
        Of one session.

    Returns
    -------
    Figure
        Pulses left, course right.
    """
    figure = new_figure(12, 4.8)
    pulse_rows(figure, pulse_times_s, (0.05, 0.12, 0.36, 0.8))
    excitability_course(figure.add_axes((0.5, 0.14, 0.48, 0.76)), prediction)
    return figure


def write_plasticity_figure(
    prediction: Prediction, pulse_times_s: FloatArray, path: Path
) -> None:
    """Write the figure as PNG.

    Parameters
    ----------
    prediction : Prediction
        At many times.
    pulse_times_s : (n_pulse,) array [s]
        Of one session.
    path : Path
        Where to.
    """
    with atomic_path(path) as temporary:
        temporary.write_bytes(png_bytes(plasticity_course(prediction, pulse_times_s)))


def excitability_course(axes: "Axes", prediction: Prediction) -> None:
    """Draw the course of excitability with its bands into a panel.

    Parameters
    ----------
    axes : Axes
        The panel.
    prediction : Prediction
        At many times.
    """
    minutes, percent = prediction.minutes, prediction.percent
    rows = prediction.summary()
    strongest = max(rows, key=lambda row: abs(row.mean_percent))
    colour = COLOURS[strongest.verdict]
    for low, high, alpha in BANDS:
        edges = np.percentile(percent, [low, high], axis=0)
        label = f"{high - low} % of members"
        axes.fill_between(minutes, *edges, color=colour, alpha=alpha, lw=0, label=label)
    axes.plot(minutes, percent.mean(axis=0), color=colour, linewidth=2.2, label="mean")
    styles = iter(("--", ":", "-.", (0, (1, 3))))
    for opinion in prediction.opinions:
        if opinion.answers:
            style = {"color": INK, "lw": 1.0, "ls": next(styles), "label": opinion.model}
            axes.plot(minutes, opinion.percent, **style)
    axes.axhline(0, color=MUTED, linewidth=0.8)
    axes.axhspan(-10, 10, color=MUTED, alpha=0.07, lw=0)
    plain_axes(axes, "minutes after the last pulse", "change of excitability (%)")
    axes.margins(x=0.01)
    low, high = axes.get_ylim()
    axes.set_ylim(max(low, -100), min(high, 250))
    axes.legend(fontsize=8, frameon=False, loc="upper right", ncols=2)
    said = f"P(up) {strongest.p_up:.2f}, P(down) {strongest.p_down:.2f}"
    at = f"at {strongest.minutes:g} min"
    title(axes, f"{prediction.protocol}: {strongest.verdict} {at} ({said})")
