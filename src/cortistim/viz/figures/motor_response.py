"""The input/output curve of motor responses, with its trials, and paired pulses."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cortistim.cache import atomic_path
from cortistim.records.motor_response import FacilitationRow, PairedRow, ResponseCurveRecord
from cortistim.typing import FloatArray
from cortistim.units import uv_from_v
from cortistim.viz.render.canvas import new_figure, plain_axes, png_bytes, title
from cortistim.viz.render.palette import ACCENT, CALM, INK, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def motor_response(
    record: ResponseCurveRecord, relative: FloatArray, size_v: FloatArray
) -> "Figure":
    """Draw every trial, the mean, and paired pulses where there are any.

    Parameters
    ----------
    record : ResponseCurveRecord
        Its curve and its paired pulses are drawn.
    relative : (n_intensity,) array
        Intensity over the resting motor threshold.
    size_v : (n_intensity, n_trial) array [V]
        Responses.

    Returns
    -------
    Figure
        One or two panels.
    """
    both = bool(record.paired)
    figure = new_figure(12 if both else 6.4, 4.6)
    _curve(figure.add_axes((0.07 if both else 0.13, 0.14, 0.4 if both else 0.82, 0.74)),
           record, relative, size_v)  # fmt: skip
    if both:
        _paired(figure.add_axes((0.57, 0.14, 0.41, 0.74)), record.paired, record.sicf)
    return figure


def _curve(
    axes: "Axes", record: ResponseCurveRecord, relative: FloatArray, size_v: FloatArray
) -> None:
    percent = 100 * np.repeat(relative, size_v.shape[1])
    axes.plot(percent, uv_from_v(size_v.ravel()), ".", ms=3, color=MUTED, alpha=0.4)
    across = _known([row.percent_rmt for row in record.curve])
    axes.plot(across, _known([row.median_uv for row in record.curve]), "-", color=ACCENT, lw=2)
    axes.axhline(50, color=INK, lw=0.8, ls=":")
    axes.set_yscale("log")
    plain_axes(axes, "intensity (% of the resting motor threshold)", "MEP peak-to-peak (µV)")
    title(axes, "Every trial, and the median; dotted: 50 µV")


def _known(values: Sequence[float | None]) -> FloatArray:
    """Return numbers of a record as an array, NaN where there is none."""
    return np.array(values, dtype=float)


def _paired(axes: "Axes", rows: Sequence[PairedRow], sicf: Sequence[FacilitationRow]) -> None:
    across = [row.interval_ms for row in rows]
    size = _known([row.percent_of_test for row in rows])
    axes.plot(across, size, "-", color=MUTED, lw=1)
    colours = [CALM if y < 100 else ACCENT for y in size]
    axes.scatter(across, size, c=colours, s=28, zorder=3)
    if sicf:
        later = [row.interval_ms for row in sicf]
        higher = _known([row.percent_of_first_alone for row in sicf])
        axes.plot(later, higher, "^--", color=ACCENT, ms=4, lw=1, label="weaker pulse second")
        axes.legend(frameon=False)
    axes.axhline(100, color=INK, lw=0.8, ls=":")
    axes.set_xscale("log")
    plain_axes(axes, "interval between the pulses (ms)", "response (% of the test response)")
    title(axes, "Paired pulses: inhibition below the line, facilitation above")


def write_response_figure(
    record: ResponseCurveRecord, relative: FloatArray, size_v: FloatArray, path: Path
) -> None:
    """Write `motor_response` as PNG.

    Parameters
    ----------
    record, relative, size_v
        As there.
    path : Path
        Where to.
    """
    with atomic_path(path) as temporary:
        temporary.write_bytes(png_bytes(motor_response(record, relative, size_v)))
