"""The coil in a picture: its outline, its body, its winding and its handle."""

from typing import TYPE_CHECKING

import numpy as np

from cortistim.head.mesh import Surface
from cortistim.typing import FloatArray
from cortistim.viz.content import ReportContent
from cortistim.viz.render.canvas import halo
from cortistim.viz.render.palette import CASING_RGB, COIL
from cortistim.viz.render.raster import View, rasterise, shade, surface_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OUTLINE_PX = 400
ARROW_M = 0.055  # as long as a thumb: seen on a head, yet inside the picture
MOST_DOTS = 1500


def casing_surface(content: ReportContent) -> Surface:
    """Return the casing at its planned pose, with normals for shading.

    Parameters
    ----------
    content : ReportContent
        Of a plan.

    Returns
    -------
    Surface
        In subject space.
    """
    casing = content.coil.casing
    return surface_of(content.pose.to_subject_m(casing.vertices_m), casing.triangles)


def coil_points_m(content: ReportContent) -> FloatArray:
    """Return points that span coil and handle at the pose, (n_point, 3), in metres.

    Parameters
    ----------
    content : ReportContent
        Of a plan.

    Returns
    -------
    (n_point, 3) array [m]
        In subject space.
    """
    coil = content.coil
    in_coil_m = np.vstack([coil.casing.vertices_m, coil.copper_m])
    return np.vstack([content.pose.to_subject_m(in_coil_m), handle_m(content)])


def handle_m(content: ReportContent) -> FloatArray:
    """Return where the handle's arrow starts and ends, (2, 3), in metres.

    It starts at the rim of the casing, behind the winding's centre.

    Parameters
    ----------
    content : ReportContent
        Of a plan.

    Returns
    -------
    (2, 3) array [m]
        In subject space.
    """
    copper_m = content.coil.copper_m
    rim = max(0.03, float(-content.coil.casing.vertices_m[:, 1].min(initial=0.0)))
    back = float(copper_m[:, 2].mean()) if len(copper_m) else 0.0
    ends = np.array([[0, -rim, back], [0, -rim - ARROW_M, back]])
    return content.pose.to_subject_m(ends)


def draw_outline(axes: "Axes", content: ReportContent, view: View) -> None:
    """Draw the casing's outline and its handle's direction over a picture.

    Parameters
    ----------
    axes : Axes
        With the picture.
    content : ReportContent
        Of a plan.
    view : View
        Of the picture.
    """
    surface = casing_surface(content)
    buffer = rasterise(surface, np.zeros((len(surface.vertices_m), 0)), view, OUTLINE_PX)
    if buffer.covered.any():
        _contour(axes, buffer.covered, view)
    draw_handle(axes, content, view)


def _contour(axes: "Axes", covered: FloatArray, view: View) -> None:
    cover = np.flipud(covered).astype(float)
    left, right, bottom, top = view.extent_mm
    rows, columns = cover.shape
    lines = axes.contour(
        np.linspace(left, right, columns),
        np.linspace(bottom, top, rows),
        cover,
        levels=[0.5],
        colors=[COIL],
        linewidths=1.6,
    )
    lines.set_path_effects(halo())


def draw_handle(axes: "Axes", content: ReportContent, view: View) -> None:
    """Draw an arrow from the coil along its handle.

    Parameters
    ----------
    axes : Axes
        With the picture.
    content : ReportContent
        Of a plan.
    view : View
        Of the picture.
    """
    start, end = view.project_mm(handle_m(content))
    style = {"arrowstyle": "-|>", "color": COIL, "lw": 2.2, "mutation_scale": 15}
    axes.annotate(
        "",
        xy=tuple(end),
        xytext=tuple(start),
        arrowprops={**style, "path_effects": halo(4.5)},
        annotation_clip=False,
    )
    x, y = _beyond(start, end)
    axes.text(
        x, y, "handle", fontsize=8, color=COIL, ha="center", va="center",
        path_effects=halo(),
        clip_on=False,
    )  # fmt: skip


def _beyond(start: FloatArray, end: FloatArray) -> FloatArray:
    along = end - start
    length = float(np.hypot(*along))
    if length < 10:  # the handle points at the viewer: write beside it
        return end + np.array([0.0, -7.0])
    return end + along / length * 8


def body_picture(content: ReportContent, view: View, height_px: int) -> FloatArray:
    """Render the casing, (height, width, 4) RGBA, translucent enough to see the scalp.

    Parameters
    ----------
    content : ReportContent
        Of a plan.
    view : View
        Of the picture.
    height_px : int
        Of the picture.

    Returns
    -------
    (height, width, 4) array
        RGBA.
    """
    surface = casing_surface(content)
    buffer = rasterise(surface, np.zeros((len(surface.vertices_m), 0)), view, height_px)
    rgb = np.broadcast_to(np.array(CASING_RGB, dtype=np.float32), buffer.normals.shape)
    picture = shade(buffer, rgb, view, gloss=0.25, hollow_m=0)
    picture[..., 3] *= 0.55
    return picture


def draw_winding(axes: "Axes", content: ReportContent, view: View) -> None:
    """Draw dipoles and wire as dots whose area follows their moment.

    Parameters
    ----------
    axes : Axes
        With the picture.
    content : ReportContent
        Of a plan.
    view : View
        Of the picture.
    """
    coil = content.coil
    strength = coil.strengths
    strongest = np.argsort(strength)[::-1][:MOST_DOTS]
    xy = view.project_mm(content.pose.to_subject_m(coil.copper_m[strongest]))
    size = 5 * strength[strongest]
    axes.scatter(xy[:, 0], xy[:, 1], s=size, c=[COIL], alpha=0.55, linewidths=0)
