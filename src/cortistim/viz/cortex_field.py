"""The headline picture: |E| on the cortex, from the coil's side and from the side."""

from typing import TYPE_CHECKING

import numpy as np

from cortistim.typing import FloatArray
from cortistim.viz.canvas import (
    colour_bar,
    new_figure,
    nice_top,
    picture_axes,
    scale_bar,
    target_marker,
    title,
)
from cortistim.viz.coil_drawing import coil_points_m, draw_outline
from cortistim.viz.content import ReportContent
from cortistim.viz.palette import field_rgb
from cortistim.viz.raster import View, rasterise, shade, view_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEIGHT_PX = 800
SULCAL_TINT = 0.22
TOP_PERCENTILE = 99.9


def top_of_scale(content: ReportContent) -> float:
    """Return the |E| that takes the strongest colour, in V/m.

    The 99.9th percentile over the cortex, so that a few elements do not set the scale.
    """
    return nice_top(float(np.percentile(content.e_magnitude_v_per_m, TOP_PERCENTILE)))


def side_direction(content: ReportContent) -> FloatArray:
    """Return the unit vector from the head to a viewer at the target's side, (3,)."""
    return np.array([-1.0, 0.0, 0.0]) if content.target_is_left else np.array([1.0, 0.0, 0.0])


def cortex_picture(content: ReportContent, view: View, top: float) -> FloatArray:
    """Render the cortex coloured by |E|, with darker sulci.

    Parameters
    ----------
    content : ReportContent
        What to draw.
    view : View
        From where.
    top : float
        The |E| in V/m that takes the strongest colour.

    Returns
    -------
    (height, width, 4) array
        RGBA.
    """
    cortex = content.cortex
    spread = np.percentile(np.abs(cortex.curvature_per_m), 90) or 1.0
    tint = np.clip(cortex.curvature_per_m / spread, -1, 0.3)
    values = np.column_stack([content.e_magnitude_v_per_m, tint])
    buffer = rasterise(cortex, values, view, HEIGHT_PX)
    rgb = field_rgb(buffer.values[..., 0], top)
    rgb = rgb * (1 + SULCAL_TINT * np.minimum(buffer.values[..., 1:], 0))
    return shade(buffer, rgb, view)


def cortex_field(content: ReportContent) -> "Figure":
    """Draw |E| on the cortex along the coil's axis and from the target's side.

    Parameters
    ----------
    content : ReportContent
        What to draw.

    Returns
    -------
    Figure
        Two panels with the coil's outline, its handle and the target.
    """
    figure = new_figure(12, 5.9)
    top = top_of_scale(content)
    side = "left" if content.target_is_left else "right"
    views = (
        ("Seen along the coil's axis", -content.pose.rotation[:, 2]),
        (f"Seen from the {side}", side_direction(content)),
    )
    everything_m = np.vstack([content.cortex.vertices_m, coil_points_m(content)])
    for column, (words, toward) in enumerate(views):
        axes = figure.add_axes((0.01 + 0.46 * column, 0.02, 0.45, 0.9))
        view = view_of(toward, everything_m, aspect=1.04, margin=0.05)
        axes.imshow(cortex_picture(content, view, top), extent=view.extent_mm)
        picture_axes(axes, view)
        draw_outline(axes, content, view)
        target_marker(axes, view.project_mm(content.target_m))
        scale_bar(axes, view)
        title(axes, words)
    colour_bar(figure, (0.945, 0.2, 0.012, 0.6), top, "|E| on the cortex (V/m)")
    return figure
