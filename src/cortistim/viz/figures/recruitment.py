"""Who fires where: shares of cells recruited, drawn on the cortex beside the baselines."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cortistim.head.mesh import Surface
from cortistim.typing import FloatArray
from cortistim.viz.render.canvas import (
    colour_bar,
    new_figure,
    picture_axes,
    scale_bar,
    target_marker,
    title,
    write_png,
)
from cortistim.viz.render.palette import field_rgb
from cortistim.viz.render.raster import rasterise, shade, view_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEIGHT_PX = 420
SULCAL_TINT = 0.22
COLUMNS = 4


def recruitment_maps(
    cortex: Surface, percent: Mapping[str, FloatArray], toward: FloatArray, target_m: FloatArray
) -> "Figure":
    """Draw one panel per map, all on one scale.

    Parameters
    ----------
    cortex : Surface
        Mid-grey.
    percent : mapping of (n_vertex,) arrays
        0 to 100, by the words above each panel.
    toward : (3,) array
        Unit vector from the head to the viewer.
    target_m : (3,) array [m]
        Marked.

    Returns
    -------
    Figure
        Panels in rows of four.
    """
    rows = -(-len(percent) // COLUMNS)
    figure = new_figure(12, 3.1 * rows)
    view = view_of(toward, cortex.vertices_m, aspect=1.0, margin=0.03)
    spread = np.percentile(np.abs(cortex.curvature_per_m), 90) or 1.0
    tint = np.clip(cortex.curvature_per_m / spread, -1, 0.3)
    for k, (words, shares) in enumerate(percent.items()):
        row, column = divmod(k, COLUMNS)
        place = (0.01 + 0.23 * column, 1 - (row + 0.98) / rows, 0.22, 0.86 / rows)
        axes = figure.add_axes(place)
        buffer = rasterise(cortex, np.column_stack([shares, tint]), view, HEIGHT_PX)
        rgb = field_rgb(buffer.values[..., 0], 100.0)
        rgb = rgb * (1 + SULCAL_TINT * np.minimum(buffer.values[..., 1:], 0))
        axes.imshow(shade(buffer, rgb, view), extent=view.extent_mm)
        picture_axes(axes, view)
        target_marker(axes, view.project_mm(target_m))
        title(axes, words)
        if k == 0:
            scale_bar(axes, view)
    colour_bar(figure, (0.945, 0.2, 0.012, 0.6), 100.0, "cells recruited (%)")
    return figure


def write_recruitment_figure(
    cortex: Surface,
    percent: Mapping[str, FloatArray],
    toward: FloatArray,
    target_m: FloatArray,
    path: Path,
) -> str:
    """Write `recruitment_maps` as PNG.

    Parameters
    ----------
    cortex, percent, toward, target_m
        As there.
    path : Path
        Where to.

    Returns
    -------
    str
        Why it is missing; empty when it was written.
    """
    return write_png(path, partial(recruitment_maps, cortex, percent, toward, target_m))
