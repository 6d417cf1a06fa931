"""Where on the cortex the fields of two plans differ."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cortistim.typing import FloatArray, IntArray
from cortistim.viz.render.canvas import (
    colour_bar,
    new_figure,
    nice_top,
    picture_axes,
    scale_bar,
    target_marker,
    title,
)
from cortistim.viz.render.palette import INK, field_rgb
from cortistim.viz.render.raster import rasterise, shade, surface_of, view_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEIGHT_PX = 620
TOP_PERCENTILE = 99.9


@dataclass(frozen=True, kw_only=True, eq=False)
class DifferenceContent:
    """What is drawn.

    Parameters
    ----------
    vertices_m : (n_vertex, 3) array [m]
        Of the cortex.
    triangles : (n_triangle, 3) int array
        Of it.
    a_v_per_m, b_v_per_m : (n_vertex,) arrays [V/m]
        |E| of the two plans.
    names : (str, str)
        Of the plans.
    toward : (3,) array
        Unit vector from the head to the viewer.
    target_m : (3,) array [m]
        Of the first plan; marked.
    """

    vertices_m: FloatArray
    triangles: IntArray
    a_v_per_m: FloatArray
    b_v_per_m: FloatArray
    names: tuple[str, str]
    toward: FloatArray
    target_m: FloatArray


def difference_map(content: DifferenceContent) -> "Figure":
    """Draw both fields on one scale, and their difference on another.

    Parameters
    ----------
    content : DifferenceContent
        What to draw.

    Returns
    -------
    Figure
        Three panels: A, B, and B less A, seen along the first coil's axis.
    """
    from matplotlib import colormaps

    cortex = surface_of(content.vertices_m, content.triangles)
    view = view_of(content.toward, cortex.vertices_m, aspect=1.0, margin=0.03)
    away = content.b_v_per_m - content.a_v_per_m
    both = np.concatenate([content.a_v_per_m, content.b_v_per_m])
    top = nice_top(float(np.percentile(both, TOP_PERCENTILE)))
    far = nice_top(float(np.percentile(np.abs(away), TOP_PERCENTILE)))
    values = np.column_stack([content.a_v_per_m, content.b_v_per_m, away])
    buffer = rasterise(cortex, values, view, HEIGHT_PX)
    signed = colormaps["RdBu_r"](0.5 + 0.5 * np.clip(buffer.values[..., 2] / far, -1, 1))
    panels = (
        (f"A: {content.names[0]}", field_rgb(buffer.values[..., 0], top)),
        (f"B: {content.names[1]}", field_rgb(buffer.values[..., 1], top)),
        ("B less A", signed[..., :3]),
    )
    figure = new_figure(13, 4.6)
    for k, (words, rgb) in enumerate(panels):
        axes = figure.add_axes((0.005 + 0.285 * k + 0.055 * (k == 2), 0.02, 0.28, 0.88))
        axes.imshow(shade(buffer, rgb, view), extent=view.extent_mm)
        picture_axes(axes, view)
        target_marker(axes, view.project_mm(content.target_m))
        scale_bar(axes, view)
        title(axes, words)
    colour_bar(figure, (0.58, 0.2, 0.009, 0.6), top, "|E| (V/m)")
    _signed_bar(figure, far)
    return figure


def _signed_bar(figure: "Figure", far: float) -> None:
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    shown = ScalarMappable(Normalize(-far, far), colormaps["RdBu_r"])
    bar = figure.colorbar(shown, cax=figure.add_axes((0.928, 0.2, 0.009, 0.6)))
    bar.set_label("difference of |E| (V/m)", color=INK)
