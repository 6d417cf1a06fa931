"""The headline picture: |E| on the cortex, from the coil's side and from the side."""

from typing import TYPE_CHECKING

import numpy as np

from cortistim.field.percentiles import weighted_percentile
from cortistim.typing import FloatArray
from cortistim.viz.content import ReportContent
from cortistim.viz.figures.coil_drawing import coil_points_m, draw_outline
from cortistim.viz.render.canvas import (
    colour_bar,
    new_figure,
    nice_top,
    picture_axes,
    scale_bar,
    target_marker,
    title,
)
from cortistim.viz.render.palette import field_rgb
from cortistim.viz.render.raster import ANTERIOR, View, rasterise, shade, view_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEIGHT_PX = 800
SULCAL_TINT = 0.22
TOP_PERCENTILE = 99.9


def top_of_scale(content: ReportContent) -> float:
    """Return the |E| that takes the strongest colour, in V/m.

    The 99.9th percentile over the cortex by area, so that a few elements do not set the scale;
    more where the strongest patch has more. Rounded up to a clean number.
    """
    magnitude, area_m2 = content.e_magnitude_v_per_m, content.cortex.vertex_areas_m2
    high = weighted_percentile(magnitude, area_m2, TOP_PERCENTILE)
    return nice_top(max(high, content.plan.field.local_peak_e_v_per_m))


def side_view(content: ReportContent) -> tuple[str, FloatArray]:
    """Choose where a viewer stands to see the target from its side.

    A target on the midline is seen from the front or the back, whichever is nearer, so that
    neither hemisphere is preferred.

    Returns
    -------
    words : str
        Such as ``the left``.
    toward : (3,) array
        Unit vector from the head to the viewer.
    """
    if content.side == "midline":
        y_m = content.cortex.vertices_m[:, 1]
        front = content.target_m[1] > (y_m.min() + y_m.max()) / 2
        return ("the front", ANTERIOR) if front else ("the back", -ANTERIOR)
    sign = -1.0 if content.side == "left" else 1.0
    return f"the {content.side}", np.array([sign, 0.0, 0.0])


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
    side, toward_side = side_view(content)
    views = (
        ("Seen along the coil's axis", -content.pose.rotation[:, 2]),
        (f"Seen from {side}", toward_side),
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
