"""Motor maps in their planes: the chance of a response, the pulses, the centre of gravity."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cortistim.records.motor_map import MapRecord, MapsRecord
from cortistim.typing import FloatArray
from cortistim.viz.render.canvas import halo, new_figure, plain_axes, title, write_png
from cortistim.viz.render.palette import COIL, INK, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure

MOST_PANELS = 15
ACROSS = 5
PANEL_IN = 2.7
LARGEST_DOT, SMALLEST_DOT = 60.0, 6.0
COLOURS = "YlGnBu"


def motor_maps(record: MapsRecord) -> "Figure":
    """Draw the first fifteen maps of a record, all on one scale.

    Parameters
    ----------
    record : MapsRecord
        As measured.

    Returns
    -------
    Figure
        A panel for each map.
    """
    shown = record.maps[:MOST_PANELS]
    last = len(record.maps[0].by)
    repeats = len({tuple(m.by.values())[-1] for m in shown}) if last > 1 else ACROSS
    across = min(max(repeats, 2) if last > 1 else ACROSS, ACROSS, len(shown))
    along = -(-len(shown) // across)
    width, height = PANEL_IN * across + 1.3, (PANEL_IN + 0.35) * along + 0.7
    figure = new_figure(width, height)
    points = np.array([p for m in shown for p in m.points])
    largest = max(points[:, 2].max(), record.criterion_uv)
    drawn = None
    for k, found in enumerate(shown):
        left = (0.65 + PANEL_IN * (k % across)) / width
        bottom = 1 - (0.3 + (PANEL_IN + 0.35) * (k // across) + PANEL_IN) / height
        axes = figure.add_axes(
            (left, bottom, (PANEL_IN - 0.5) / width, (PANEL_IN - 0.3) / height)
        )
        drawn = _panel(axes, found, record.criterion_uv, largest) or drawn
        at_bottom, at_left = k + across >= len(shown), k % across == 0
        plain_axes(axes, "along (mm)" if at_bottom else "", "across (mm)" if at_left else "")
    if drawn is not None:
        place = ((width - 0.75) / width, 0.25, 0.13 / width, 0.5)
        bar = figure.colorbar(drawn, cax=figure.add_axes(place))
        bar.set_label("chance of a response (%)", fontsize=8, color=INK)
        bar.ax.tick_params(labelsize=7, colors=MUTED)
    words = (
        "dots: pulses, filled with a response, larger with its size; cross: centre of gravity"
    )
    if len(record.maps) > len(shown):
        words += f"; {len(record.maps) - len(shown)} more maps are not drawn"
    figure.text(0.5, 0.01, words, ha="center", fontsize=7.5, color=MUTED)
    return figure


def _panel(
    axes: "Axes", found: MapRecord, criterion_uv: float, largest_uv: float
) -> "ScalarMappable | None":
    points = np.array(found.points)
    drawn = None
    if found.outline:
        grid, x, y = _gridded(np.array(found.outline))
        drawn = axes.pcolormesh(x, y, grid.T, cmap=COLOURS, vmin=0, vmax=100, shading="nearest")
        if np.nanmin(grid) < 50 < np.nanmax(grid):
            axes.contour(x, y, grid.T, levels=[50], colors=[INK], linewidths=1.2)
    hit = points[:, 2] > criterion_uv
    axes.scatter(points[~hit, 0], points[~hit, 1], s=5, facecolors="none", edgecolors=MUTED,
                 linewidths=0.4)  # fmt: skip
    span = max(np.log10(largest_uv / criterion_uv), 1e-6)
    share = np.log10(points[hit, 2] / criterion_uv) / span
    axes.scatter(points[hit, 0], points[hit, 1], s=SMALLEST_DOT + (LARGEST_DOT - SMALLEST_DOT)
                 * share, color=COIL, alpha=0.45, linewidths=0)  # fmt: skip
    if hit.any():
        centre = np.average(points[hit, :2], axis=0, weights=points[hit, 2])
        axes.plot(*centre, "+", color=INK, ms=13, mew=2, path_effects=halo(4))
    axes.set_aspect("equal")
    name = ", ".join(f"{a} {b}" for a, b in found.by.items()) or "all pulses"
    title(axes, f"{name[:26]}: {_area(found)}")
    return drawn


def _area(found: MapRecord) -> str:
    area = found.areas.get("area_spline")
    return "no response" if area is None or area.value is None else f"{area.value:.1f} cm²"


def _gridded(outline: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    x, across = np.unique(outline[:, 0], return_inverse=True)
    y, along = np.unique(outline[:, 1], return_inverse=True)
    grid = np.full((len(x), len(y)), np.nan)
    grid[across, along] = outline[:, 2]
    return grid, x, y


def write_motor_maps(path: Path, record: MapsRecord) -> str:
    """Write `motor_maps` as PNG.

    Parameters
    ----------
    path : Path
        Where to.
    record : MapsRecord
        As measured.

    Returns
    -------
    str
        Why it is missing; empty when it was written.
    """
    return write_png(path, partial(motor_maps, record))
