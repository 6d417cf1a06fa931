"""A replayed session: field at the target and deviation over pulses, responses over field."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cortistim.typing import FloatArray
from cortistim.viz.render.canvas import new_figure, plain_axes, title, write_png
from cortistim.viz.render.palette import ACCENT, CALM, INK, TARGET

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FEW = 60
LOG_SPAN = 20.0


@dataclass(frozen=True, eq=False, slots=True)
class ReplayContent:
    """What is drawn, one value a pulse; nan where it is not known.

    Parameters
    ----------
    words : str
        Coil, head and target.
    e_per_a_per_us : (n_pulse,) array
        E at the target in V/m for 1 A/µs.
    dose_v_per_m : (n_pulse,) array [V/m]
        E at the target at the pulse's own dI/dt.
    deviation_mm : (n_pulse,) array [mm]
        From the plan.
    deviation_deg : (n_pulse,) array
        From the plan, in degrees.
    mep_uv : (n_pulse,) array
        Peak to peak, in microvolt.
    """

    words: str
    e_per_a_per_us: FloatArray
    dose_v_per_m: FloatArray
    deviation_mm: FloatArray
    deviation_deg: FloatArray
    mep_uv: FloatArray


def replay_figure(content: ReplayContent) -> "Figure":
    """Draw a replayed session.

    Parameters
    ----------
    content : ReplayContent
        At least one pulse.

    Returns
    -------
    Figure
        Field above, distance and turn below when there is a plan, responses to the right
        when there are any.
    """
    dosed = bool(np.isfinite(content.dose_v_per_m).any())
    field = content.dose_v_per_m if dosed else content.e_per_a_per_us
    unit = "V/m" if dosed else "V/m per A/µs"
    panels = [(f"Field at the target: {content.words}", f"|E| ({unit})", field, CALM)]
    if np.isfinite(content.deviation_mm).any():
        panels.append(("Distance from the plan", "mm", content.deviation_mm, INK))
        panels.append(("Turn from the plan", "degrees", content.deviation_deg, TARGET))
    answered = bool(np.isfinite(content.mep_uv).any())
    figure = new_figure(12 if answered else 8.5, 1.4 + 2.2 * len(panels))
    width = 0.55 if answered else 0.88
    step = 0.94 / len(panels)
    for row, (name, label, values, colour) in enumerate(panels):
        low = 0.08 + step * (len(panels) - 1 - row)
        axes = figure.add_axes((0.08, low, width, step - 0.13))
        _series(axes, values, colour)
        plain_axes(axes, "pulse" if row == len(panels) - 1 else "", label)
        title(axes, name)
    if answered:
        _responses(figure.add_axes((0.72, 0.08, 0.26, 0.81)), field, content.mep_uv, unit)
    return figure


def write_replay_figure(content: ReplayContent, path: Path) -> str:
    """Write the figure as PNG, atomically.

    Parameters
    ----------
    content : ReplayContent
        At least one pulse.
    path : Path
        Where to.

    Returns
    -------
    str
        Why it is missing; empty when it was written.
    """
    return write_png(path, partial(replay_figure, content))


def _series(axes: "Axes", values: FloatArray, colour: str) -> None:
    from matplotlib.ticker import MaxNLocator

    few = len(values) <= FEW
    axes.plot(
        np.arange(1, len(values) + 1), values,
        linestyle="-" if few else "none", linewidth=0.5,
        marker="o", markersize=4.5 if few else 2, color=colour, markeredgewidth=0,
    )  # fmt: skip
    axes.margins(x=0.02)
    axes.set_ylim(0, 1.08 * max(float(np.nanmax(values)), 1e-6))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _responses(axes: "Axes", field: FloatArray, mep_uv: FloatArray, unit: str) -> None:
    axes.plot(field, mep_uv, "o", markersize=4.5, color=ACCENT, alpha=0.6, markeredgewidth=0)
    plain_axes(axes, f"|E| at the target ({unit})", "response, peak to peak (µV)")
    positive = mep_uv[np.isfinite(mep_uv) & (mep_uv > 0)]
    if len(positive) and positive.max() > LOG_SPAN * positive.min():
        axes.set_yscale("log")
    title(axes, f"{np.isfinite(mep_uv).sum()} responses against field")
