"""The course of a threshold: pulses, responses, estimate and interval."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cortistim.typing import FloatArray
from cortistim.viz.render.canvas import new_figure, plain_axes, title, write_png
from cortistim.viz.render.palette import ACCENT, CALM, INK, MUTED

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def threshold_course(
    percent: FloatArray, hit: FloatArray, estimate: FloatArray, ends: FloatArray
) -> "Figure":
    """Draw every pulse, and what was known after it.

    Parameters
    ----------
    percent, hit : (n,) arrays
        Intensities in percent of the output, and responses.
    estimate : (n,) array
        The threshold after each pulse.
    ends : (n, 2) array
        Of its interval.

    Returns
    -------
    Figure
        One panel.
    """
    figure = new_figure(7.2, 4.2)
    axes = figure.add_axes((0.1, 0.13, 0.87, 0.77))
    pulse = np.arange(1, len(percent) + 1)
    band = {"color": CALM, "alpha": 0.15, "lw": 0}
    axes.fill_between(pulse, ends[:, 0], ends[:, 1], label="95 % interval", **band)
    axes.plot(pulse, estimate, "-", color=CALM, lw=2, label="threshold")
    axes.plot(pulse[hit], percent[hit], "o", ms=6, color=ACCENT, label="response")
    axes.plot(pulse[~hit], percent[~hit], "o", ms=6, mfc="none", mec=MUTED, label="none")
    low, high = percent.min(), percent.max()
    margin = max(2.0, 0.1 * (high - low))
    axes.set_ylim(min(low, ends[-1, 0]) - margin, max(high, ends[-1, 1]) + margin)
    plain_axes(axes, "pulse", "intensity (% of the maximal output)")
    axes.locator_params(axis="x", integer=True)
    axes.legend(frameon=False, fontsize=8, labelcolor=INK, ncols=4, loc="upper right")
    title(axes, f"Threshold {estimate[-1]:.1f} % ({ends[-1, 0]:.1f} to {ends[-1, 1]:.1f} %)")
    return figure


def write_threshold_course(
    path: Path, percent: FloatArray, hit: FloatArray, estimate: FloatArray, ends: FloatArray
) -> str:
    """Write `threshold_course` as PNG.

    Parameters
    ----------
    path : Path
        Where to.
    percent, hit, estimate, ends
        As there.

    Returns
    -------
    str
        Why it is missing; empty when it was written.
    """
    return write_png(path, lambda: threshold_course(percent, hit, estimate, ends))
