"""How |E| is spread over the cortex, and its direction near the target."""

from typing import TYPE_CHECKING

import numpy as np

from cortistim.field.percentiles import weighted_percentile
from cortistim.typing import FloatArray
from cortistim.units import MM_PER_M, mm_from_m
from cortistim.viz.content import ReportContent
from cortistim.viz.render.canvas import halo, new_figure, plain_axes, title
from cortistim.viz.render.palette import ACCENT, CALM, INK, MUTED, field_map

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BINS = 60
PERCENTILES = (50.0, 95.0, 99.0, 99.9)
REACH_M, RING_M = 0.04, 0.002
CM2_PER_M2 = MM_PER_M**2 / 100


def field_statistics(content: ReportContent) -> "Figure":
    """Draw the histogram and the cumulative area of |E|, and its components near the target.

    Parameters
    ----------
    content : ReportContent
        What to draw.

    Returns
    -------
    Figure
        Three panels.
    """
    figure = new_figure(12, 4.2)
    places = ((0.055, 0.14, 0.26, 0.74), (0.385, 0.14, 0.26, 0.74), (0.715, 0.14, 0.27, 0.74))
    _histogram(figure.add_axes(places[0]), content)
    _area_above(figure.add_axes(places[1]), content)
    _near_target(figure.add_axes(places[2]), content)
    return figure


def _histogram(axes: "Axes", content: ReportContent) -> None:
    magnitude, area_m2 = content.e_magnitude_v_per_m, content.cortex.vertex_areas_m2
    area, edges = np.histogram(magnitude, BINS, weights=area_m2 * CM2_PER_M2)
    middle = (edges[:-1] + edges[1:]) / 2
    colours = field_map()(0.1 + 0.9 * middle / middle[-1])
    axes.bar(middle, area, np.diff(edges), color=colours)
    axes.set_yscale("log")
    marks = [weighted_percentile(magnitude, area_m2, p) for p in PERCENTILES]
    for percent, value in zip(PERCENTILES, marks, strict=True):
        axes.axvline(value, color=INK, linewidth=0.8, linestyle=":")
        axes.text(
            value, 0.985, f" {percent:g} %", rotation=90, fontsize=7, color=INK,
            ha="right", va="top", transform=axes.get_xaxis_transform(), path_effects=halo(2.5),
        )  # fmt: skip
    plain_axes(axes, "|E| (V/m)", "cortical area per bar (cm²)")
    title(axes, "Cortex by |E|, with percentiles")


def _area_above(axes: "Axes", content: ReportContent) -> None:
    magnitude = content.e_magnitude_v_per_m
    order = np.argsort(magnitude)[::-1]
    area_cm2 = np.cumsum(content.cortex.vertex_areas_m2[order]) * CM2_PER_M2
    keep = np.unique(np.geomspace(1, len(order), 600).astype(int)) - 1
    axes.plot(magnitude[order][keep], area_cm2[keep], color=CALM, linewidth=1.8)
    axes.set_yscale("log")
    area_m2 = content.cortex.vertex_areas_m2
    half = 0.5 * weighted_percentile(magnitude, area_m2, 99.9)
    above = float(area_cm2[np.searchsorted(-magnitude[order], -half)])
    axes.plot(half, above, "o", color=ACCENT, ms=6)
    axes.annotate(
        f"{above:.0f} cm² above {half:.0f} V/m,\nhalf of the 99.9th percentile",
        (half, above), xytext=(10, 10), textcoords="offset points", fontsize=8, color=ACCENT,
    )  # fmt: skip
    plain_axes(axes, "|E| (V/m)", "cortical area above it (cm²)")
    title(axes, "Area that receives at least |E|")


def _near_target(axes: "Axes", content: ReportContent) -> None:
    distance_m = np.linalg.norm(content.cortex.vertices_m - content.target_m, axis=1)
    near = distance_m < REACH_M
    magnitude, inward = content.e_magnitude_v_per_m[near], content.e_inward_v_per_m[near]
    tangential = np.sqrt(np.maximum(magnitude**2 - inward**2, 0))
    ring = (distance_m[near] / RING_M).astype(int)
    for values, name, colour in (
        (magnitude, "|E|", INK),
        (tangential, "tangential", CALM),
        (inward, "normal, positive into the cortex", ACCENT),
    ):
        at_mm, low, middle, high = _by_ring(ring, values)
        axes.fill_between(at_mm, low, high, color=colour, alpha=0.12, linewidth=0)
        axes.plot(at_mm, middle, color=colour, linewidth=1.7, label=name)
    axes.axhline(0, color=MUTED, linewidth=0.8)
    axes.legend(fontsize=8, frameon=False, loc="upper right")
    axes.margins(x=0.01)
    axes.set_ylim(top=1.45 * float(magnitude.max(initial=1e-9)))
    plain_axes(axes, "distance from the target (mm)", "field on the cortex (V/m)")
    title(axes, "Around the target: median, middle half")


def _by_ring(ring: FloatArray, values: FloatArray) -> FloatArray:
    """Return distance [mm], lower quartile, median, upper quartile of each ring, (4, n)."""
    rows = [
        (mm_from_m((k + 0.5) * RING_M), *np.percentile(values[ring == k], [25, 50, 75]))
        for k in np.unique(ring)
    ]
    return np.array(rows, dtype=float).reshape(-1, 4).T
