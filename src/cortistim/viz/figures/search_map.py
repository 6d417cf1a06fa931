"""How the field at the target changes when the coil moves or turns."""

from typing import TYPE_CHECKING, Any

import numpy as np

from cortistim.geometry import unit
from cortistim.typing import FloatArray
from cortistim.units import mm_from_m
from cortistim.viz.content import ReportContent
from cortistim.viz.figures.placement_view import search_range
from cortistim.viz.render.canvas import (
    colour_bar,
    edge_letters,
    halo,
    new_figure,
    plain_axes,
    target_marker,
    title,
)
from cortistim.viz.render.palette import ACCENT, CALM, COIL, field_map
from cortistim.viz.render.raster import View, view_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LONGEST_EDGE_FACTOR = 4.0  # a gap of the search is left white, not bridged
ENOUGH = 0.95
PER_OUTPUT = "|E| at the target (V/m per A/µs)"
CHOSEN: dict[str, Any] = {
    "marker": "P", "ms": 11, "mfc": COIL, "mec": "white", "mew": 1.2, "ls": "", "zorder": 8,
}  # fmt: skip


def search_map(content: ReportContent) -> "Figure":
    """Draw |E| at the target against the coil's position and its handle's angle.

    Parameters
    ----------
    content : ReportContent
        What to draw.

    Returns
    -------
    Figure
        A map on the plane that touches the scalp, and a curve.
    """
    figure = new_figure(12, 4.9)
    _map(figure, figure.add_axes((0.06, 0.12, 0.4, 0.78)), content)
    _by_angle(figure.add_axes((0.62, 0.12, 0.36, 0.78)), content)
    return figure


def tangent_view(content: ReportContent) -> View:
    """Look along the coil's axis, with the coil's centre in the middle of the picture.

    Parameters
    ----------
    content : ReportContent
        Of a plan.

    Returns
    -------
    View
        With the coil in the middle.
    """
    toward = -content.pose.rotation[:, 2]
    seen = view_of(toward, content.search.positions_m)
    away = seen.project_m(content.search.positions_m) - seen.project_m(content.pose.origin_m)
    half_m = max(1.12 * float(np.abs(away[:, :2]).max()), 5e-3)
    return View(seen.toward, seen.up, content.pose.origin_m, half_m, half_m)


def _map(figure: "Figure", axes: "Axes", content: ReportContent) -> None:
    view = tangent_view(content)
    xy = view.project_mm(content.search.positions_m)
    found = content.search.best_e_v_per_m
    low, high = search_range(content)
    style = {"cmap": field_map(), "vmin": low, "vmax": high}
    _filled(axes, xy, found, style)
    axes.scatter(xy[:, 0], xy[:, 1], c=found, s=11, edgecolors="white", linewidths=0.4, **style)
    _handle_arrow(axes, view, content)
    target_marker(axes, view.project_mm(content.target_m))
    axes.plot(0, 0, label="coil's centre as planned", **CHOSEN)
    axes.legend(fontsize=8, frameon=False, loc="lower left", handlelength=1)
    left, right, bottom, top = view.extent_mm
    plain_axes(axes, "along the scalp (mm)", "along the scalp (mm)")
    axes.set(xlim=(left, right), ylim=(bottom, top), aspect="equal")
    edge_letters(axes, view.edge_labels())
    title(axes, "|E| at the target when the coil moves")
    colour_bar(figure, (0.475, 0.2, 0.011, 0.6), high, PER_OUTPUT, low)


def _filled(axes: "Axes", xy: FloatArray, found: FloatArray, style: dict) -> None:
    """Fill between positions, except across gaps and when all lie on one line."""
    from matplotlib.tri import Triangulation

    if np.linalg.matrix_rank(xy - xy.mean(axis=0), tol=0.1) < 2:
        return
    mesh = Triangulation(xy[:, 0], xy[:, 1])
    corners = xy[mesh.triangles]
    edges = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    mesh.set_mask(edges > LONGEST_EDGE_FACTOR * np.median(edges))
    axes.tripcolor(mesh, found, shading="gouraud", **style)


def _handle_arrow(axes: "Axes", view: View, content: ReportContent) -> None:
    flat = content.pose.handle_direction @ np.stack([view.right, view.up]).T
    tip = unit(flat) * 0.55 * mm_from_m(view.half_width_m)
    style = {"arrowstyle": "-|>", "color": COIL, "lw": 2, "mutation_scale": 14}
    axes.annotate(
        "", xy=tuple(tip), xytext=(0, 0), zorder=7,
        arrowprops={**style, "path_effects": halo(4)},
    )  # fmt: skip
    x, y = tip * 1.16
    axes.text(
        x, y, "handle", fontsize=8, color=COIL, ha="center", va="center",
        path_effects=halo(), zorder=8,
    )  # fmt: skip


def _by_angle(axes: "Axes", content: ReportContent) -> None:
    from matplotlib.ticker import MultipleLocator

    search = content.search
    turn_deg = (np.rad2deg(search.angles_rad) + 180) % 360 - 180
    order = np.argsort(turn_deg)
    turn_deg, found = turn_deg[order], search.e_by_angle_v_per_m[order]
    axes.plot(turn_deg, found, "o-", color=CALM, ms=4, linewidth=1.5)
    best = float(np.nanmax(found))
    axes.plot(0, np.interp(0, turn_deg, found, period=360), **CHOSEN)
    axes.axhline(ENOUGH * best, color=ACCENT, linewidth=0.9, linestyle="--")
    axes.text(
        turn_deg[-1], ENOUGH * best, f"{100 * ENOUGH:.0f} % of the best ",
        fontsize=8, color=ACCENT, ha="right", va="bottom",
    )  # fmt: skip
    plain_axes(axes, "turn of the coil from the planned pose (degrees)", PER_OUTPUT)
    axes.set_ylim(0, 1.08 * best or 1.0)
    axes.xaxis.set_major_locator(MultipleLocator(30 if np.ptp(turn_deg) <= 200 else 60))
    title(axes, "|E| at the target when the coil turns")
