"""Where responses come from: the posterior on the cortex, and its 90 % ball."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import KDTree

from cortistim.geometry import unit
from cortistim.head.mesh import Surface
from cortistim.mapping.locating.patches import patches
from cortistim.records.locate import LocateRecord
from cortistim.typing import FloatArray
from cortistim.units import m_from_mm
from cortistim.viz.render.canvas import (
    colour_bar,
    halo,
    new_figure,
    picture_axes,
    scale_bar,
    target_marker,
    title,
    write_png,
)
from cortistim.viz.render.palette import INK, field_rgb
from cortistim.viz.render.raster import View, rasterise, shade, view_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT_PX = 700
SULCAL_TINT = 0.22
AROUND_M = 0.045
MOST = 4
SMOOTH_M = 0.002  # for the eye


@dataclass(frozen=True, eq=False)
class SiteContent:
    """What is drawn of one muscle.

    Parameters
    ----------
    name : str
        Of the muscle.
    posterior : (n_element,) array
        Probabilities.
    points_m : (n_element, 3) array [m]
        Of the elements.
    record : LocateRecord
        As written.
    """

    name: str
    posterior: FloatArray
    points_m: FloatArray
    record: LocateRecord


def site_figure(cortex: Surface, contents: Sequence[SiteContent]) -> "Figure":
    """Draw the posterior of each muscle, seen from outside the site.

    Parameters
    ----------
    cortex : Surface
        Mid-grey.
    contents : sequence of SiteContent
        The first four are drawn.

    Returns
    -------
    Figure
        A panel for each.
    """
    shown = contents[:MOST]
    figure = new_figure(4.6 * len(shown) + 1.0, 5.0)
    for k, content in enumerate(shown):
        width = 4.6 / (4.6 * len(shown) + 1.0)
        axes = figure.add_axes((0.01 + k * width, 0.02, width * 0.97, 0.86))
        _panel(axes, cortex, content, first=k == 0)
    at = 1 - 0.85 / (4.6 * len(shown) + 1.0)
    colour_bar(figure, (at, 0.2, 0.02, 0.6), 100.0, "of the largest probability (%)")
    return figure


def _panel(axes: "Axes", cortex: Surface, content: SiteContent, *, first: bool) -> None:
    record = content.record
    middle_m = content.points_m[int(content.posterior.argmax())]
    if record.peak_mm is not None:
        middle_m = m_from_mm(np.array(record.peak_mm))
    near = np.linalg.norm(cortex.vertices_m - middle_m, axis=1) < AROUND_M
    toward = unit(middle_m - cortex.vertices_m.mean(axis=0))
    view = view_of(toward, cortex.vertices_m[near], aspect=1.0, margin=0.02)
    away, nearest = KDTree(content.points_m).query(cortex.vertices_m)
    smooth = content.posterior @ patches(content.points_m, width_m=SMOOTH_M)
    share = smooth / smooth.max()
    percent = np.where(away < 0.003, 100 * share[nearest], 0)
    spread = np.percentile(np.abs(cortex.curvature_per_m), 90) or 1.0
    tint = np.clip(cortex.curvature_per_m / spread, -1, 0.3)
    buffer = rasterise(cortex, np.column_stack([percent, tint]), view, HEIGHT_PX)
    rgb = field_rgb(buffer.values[..., 0], 100.0)
    rgb = rgb * (1 + SULCAL_TINT * np.minimum(buffer.values[..., 1:], 0))
    axes.imshow(shade(buffer, rgb, view), extent=view.extent_mm)
    picture_axes(axes, view)
    if record.peak_mm is not None:
        _ball(axes, view, middle_m, record)
    if first:
        scale_bar(axes, view)
    words = "posterior of the site" if record.identifiable else "not identifiable"
    title(axes, f"{content.name}: {words}" if content.name else words)


def _ball(axes: "Axes", view: View, middle_m: FloatArray, record: LocateRecord) -> None:
    from matplotlib.patches import Circle

    at = view.project_mm(middle_m)
    target_marker(axes, at)
    place = np.asarray(at).reshape(-1)[:2]
    for radius, style in ((record.radius50_mm, "-"), (record.radius90_mm, "--")):
        if radius:
            circle = Circle(
                (place[0], place[1]), radius, fill=False, ls=style, lw=1.3, color=INK
            )
            circle.set_path_effects(halo(3))
            axes.add_patch(circle)


def write_site_figure(path: Path, cortex: Surface, contents: Sequence[SiteContent]) -> str:
    """Write `site_figure` as PNG.

    Parameters
    ----------
    path : Path
        Where to.
    cortex : Surface
        Mid-grey.
    contents : sequence of SiteContent
        Of each muscle.

    Returns
    -------
    str
        Why it is missing; empty when it was written.
    """
    return write_png(path, partial(site_figure, cortex, contents))
