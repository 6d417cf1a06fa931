"""Three slices through the target: tissues in grey, |E| in the brain."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import gaussian_filter

from cortistim.head.tissues import BONES, GREY, WHITE
from cortistim.typing import FloatArray, IntArray
from cortistim.units import mm_from_m
from cortistim.viz.content import ReportContent, VolumeGrid
from cortistim.viz.figures.cortex_field import top_of_scale
from cortistim.viz.render.canvas import (
    colour_bar,
    edge_letters,
    new_figure,
    plain_axes,
    title,
)
from cortistim.viz.render.palette import ACCENT, field_rgb, tissue_grey

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PLANES = (
    # title, normal axis, axis to the right, axis upward, letters left/right/below/above
    ("Sagittal", 0, 1, 2, ("P", "A", "I", "S")),
    ("Coronal", 1, 0, 2, ("L", "R", "I", "S")),
    ("Axial", 2, 0, 1, ("L", "R", "P", "A")),
)
BORDERS = ((WHITE,), (WHITE, GREY), (*BONES, WHITE, GREY, 3))
WIDTH_IN, HEIGHT_IN = 12.0, 4.7
VEIL = 0.9  # opacity of the strongest field; weaker fields let the anatomy through


@dataclass(frozen=True, eq=False)
class Slice:
    """One plane of a grid, as a picture with rows from below.

    Parameters
    ----------
    labels : (row, column) int array
        Tissue tags.
    e_magnitude_v_per_m : (row, column) array [V/m]
        |E|, NaN where unknown.
    extent_mm : (4,) tuple
        Left, right, bottom, top.
    """

    labels: IntArray
    e_magnitude_v_per_m: FloatArray
    extent_mm: tuple[float, float, float, float]


def cut(grid: VolumeGrid, point_m: FloatArray, normal: int, across: int, along: int) -> Slice:
    """Cut the plane through a point out of a grid.

    Parameters
    ----------
    grid : VolumeGrid
        Along the subject's axes.
    point_m : (3,) array [m]
        Lies on the plane.
    normal : int
        Axis across the plane.
    across : int
        Axis to the right of the picture.
    along : int
        Axis upward in the picture.

    Returns
    -------
    Slice
        The voxels nearest to the plane.
    """
    index = grid.index_of(point_m)[normal]
    order = (along, across, normal)
    labels = np.transpose(grid.labels, order)[..., index]
    field = np.transpose(grid.e_magnitude_v_per_m, order)[..., index]
    first = mm_from_m(grid.affine_m[:3, 3] - grid.step_m / 2)
    last = first + mm_from_m(grid.step_m * np.array(grid.labels.shape))
    return Slice(labels, field, (first[across], last[across], first[along], last[along]))


def slice_picture(piece: Slice, top: float) -> FloatArray:
    """Colour a slice, (row, column, 3), RGB: pseudo-T1 with |E| over the brain.

    Parameters
    ----------
    piece : Slice
        From `cut`.
    top : float
        The |E| in V/m that takes the strongest colour.

    Returns
    -------
    (row, column, 3) array
        RGB, 0 to 1; white outside the head.
    """
    grey = gaussian_filter(tissue_grey(piece.labels), 0.5)
    grey = np.where(piece.labels > 0, grey, 1.0)
    brain = np.isin(piece.labels, (WHITE, GREY)) & np.isfinite(piece.e_magnitude_v_per_m)
    level = np.nan_to_num(piece.e_magnitude_v_per_m) / top
    opacity = np.where(brain, VEIL * np.clip(0.15 + 1.6 * level, 0, 1), 0)[..., None]
    return grey[..., None] * (1 - opacity) + field_rgb(level, 1.0) * opacity


def slices(content: ReportContent) -> "Figure":
    """Draw the three slices through the target.

    Parameters
    ----------
    content : ReportContent
        What to draw.

    Returns
    -------
    Figure
        Sagittal, coronal and axial, all at one scale, in subject coordinates.
    """
    figure = new_figure(WIDTH_IN, HEIGHT_IN)
    top = top_of_scale(content)
    size_mm = mm_from_m(content.slices.step_m * np.array(content.slices.labels.shape))
    inch_per_mm = min(
        0.79 * WIDTH_IN / (2 * size_mm[0] + size_mm[1]), 0.8 * HEIGHT_IN / size_mm[1:].max()
    )
    left = 0.045
    for name, normal, across, along, letters in PLANES:
        piece = cut(content.slices, content.target_m, normal, across, along)
        width = size_mm[across] * inch_per_mm / WIDTH_IN
        height = size_mm[along] * inch_per_mm / HEIGHT_IN
        axes = figure.add_axes((left, 0.52 - height / 2, width, height))
        left += width + 0.048
        _draw(axes, piece, top)
        _crosshair(axes, mm_from_m(content.target_m[[across, along]]))
        edge_letters(axes, letters)
        plain_axes(axes, f"{'xyz'[across]} (mm)", f"{'xyz'[along]} (mm)")
        axes.yaxis.labelpad = 0
        axes.grid(visible=False)
        place = f"{'xyz'[normal]} = {round(mm_from_m(float(content.target_m[normal])))} mm"
        title(axes, f"{name}, {place}")
    colour_bar(figure, (0.944, 0.2, 0.011, 0.6), top, "|E| in the brain (V/m)")
    return figure


def _draw(axes: "Axes", piece: Slice, top: float) -> None:
    axes.imshow(
        np.clip(slice_picture(piece, top), 0, 1),
        extent=piece.extent_mm,
        origin="lower",
        interpolation="bicubic",
    )
    rows, columns = piece.labels.shape
    left, right, bottom, upper = piece.extent_mm
    x = left + (np.arange(columns) + 0.5) * (right - left) / columns
    y = bottom + (np.arange(rows) + 0.5) * (upper - bottom) / rows
    for tags, width in zip(BORDERS, (0.4, 0.6, 0.6), strict=True):
        mask = gaussian_filter(np.isin(piece.labels, tags).astype(float), 0.6)
        if mask.min() < 0.5 < mask.max():
            axes.contour(x, y, mask, levels=[0.5], colors=["#2b3540"], linewidths=width)


def _crosshair(axes: "Axes", target_mm: FloatArray) -> None:
    gap = 4.0
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    x, y = target_mm
    style = {"color": ACCENT, "linewidth": 0.8}
    for start, end in ((left, x - gap), (x + gap, right)):
        axes.plot([start, end], [y, y], **style)
    for start, end in ((bottom, y - gap), (y + gap, top)):
        axes.plot([x, x], [start, end], **style)
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
