"""The coil on the head: what the operator will see."""

from typing import TYPE_CHECKING

import numpy as np

from cortistim.geometry import unit
from cortistim.typing import FloatArray
from cortistim.viz.content import ReportContent
from cortistim.viz.figures.coil_drawing import (
    body_picture,
    coil_points_m,
    draw_handle,
    draw_winding,
)
from cortistim.viz.figures.cortex_field import side_view
from cortistim.viz.render.canvas import (
    colour_bar,
    new_figure,
    picture_axes,
    scale_bar,
    target_marker,
    title,
)
from cortistim.viz.render.palette import SCALP_RGB, field_map
from cortistim.viz.render.raster import SUPERIOR, View, rasterise, shade, view_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT_PX = 640


def scalp_picture(content: ReportContent, view: View) -> FloatArray:
    """Render the scalp, (height, width, 4) RGBA, in one skin-like colour.

    Parameters
    ----------
    content : ReportContent
        Of a plan.
    view : View
        Of the picture.

    Returns
    -------
    (height, width, 4) array
        RGBA.
    """
    scalp = content.scalp
    buffer = rasterise(scalp, np.zeros((len(scalp.vertices_m), 0)), view, HEIGHT_PX)
    rgb = np.broadcast_to(np.array(SCALP_RGB, dtype=np.float32), buffer.normals.shape)
    return shade(buffer, rgb, view, gloss=0.05, hollow_m=12e-3)


def placement_view(content: ReportContent) -> "Figure":
    """Draw the coil at its pose on the scalp, from the target's side and from above.

    Parameters
    ----------
    content : ReportContent
        What to draw.

    Returns
    -------
    Figure
        Two panels; the dots are the searched positions, coloured by |E| at the target.
    """
    figure = new_figure(12, 5.9)
    everything_m = np.vstack([content.scalp.vertices_m, coil_points_m(content)])
    side, toward_side = side_view(content)
    views = (
        (f"Seen from {side}", toward_side),
        ("Seen from above", SUPERIOR),
    )
    for column, (words, toward) in enumerate(views):
        axes = figure.add_axes((0.01 + 0.46 * column, 0.02, 0.45, 0.9))
        view = view_of(toward, everything_m, aspect=1.04, margin=0.085)
        axes.imshow(scalp_picture(content, view), extent=view.extent_mm)
        _searched(axes, content, view)
        axes.imshow(body_picture(content, view, HEIGHT_PX), extent=view.extent_mm, zorder=3)
        picture_axes(axes, view)
        draw_winding(axes, content, view)
        draw_handle(axes, content, view)
        target_marker(axes, view.project_mm(content.target_m))
        scale_bar(axes, view)
        title(axes, words)
    low, high = search_range(content)
    colour_bar(figure, (0.938, 0.2, 0.012, 0.6), high, "|E| at the target (V/m per A/µs)", low)
    return figure


def search_range(content: ReportContent) -> tuple[float, float]:
    """Return the least and the greatest |E| of the search, in V/m for 1 A/µs.

    Parameters
    ----------
    content : ReportContent
        Of a plan.

    Returns
    -------
    (float, float)
        In V/m for 1 A/µs.
    """
    found = content.search.best_e_v_per_m
    low, high = float(np.nanmin(found)), float(np.nanmax(found))
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _searched(axes: "Axes", content: ReportContent, view: View) -> None:
    """Draw the searched positions that face the viewer."""
    search = content.search
    middle_m = content.scalp.vertices_m.mean(axis=0)
    facing = unit(search.positions_m - middle_m) @ view.toward > 0.05
    xy = view.project_mm(search.positions_m[facing])
    low, high = search_range(content)
    axes.scatter(
        xy[:, 0], xy[:, 1], c=search.best_e_v_per_m[facing], cmap=field_map(),
        vmin=low, vmax=high, s=15, linewidths=0.4, edgecolors="white", zorder=5,
    )  # fmt: skip
