"""A coil's field in the sphere: on the brain, seen along the coil's axis, and by depth."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cortistim.typing import FloatArray
from cortistim.viz.render.canvas import new_figure, nice_top, plain_axes, title
from cortistim.viz.render.palette import ACCENT, CALM, INK, MUTED, field_map

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, kw_only=True, eq=False)
class CoilInSphere:
    """What is drawn.

    Parameters
    ----------
    name : str
        Of the coil.
    didt_a_per_us : float [A/µs]
        Rate of current.
    theta_rad, turn_rad : (n_ring,) and (n_turn,) arrays
        From the coil's axis and about it.
    e_v_per_m : (n_ring, n_turn) array [V/m]
        On the brain's surface.
    depth_mm, profile_v_per_m : (n_depth,) arrays
        Below the strongest place.
    half_mm : float [mm]
        Where it has fallen to half.
    strongest_rad : (float, float)
        Of the strongest place.
    """

    name: str
    didt_a_per_us: float
    theta_rad: FloatArray
    turn_rad: FloatArray
    e_v_per_m: FloatArray
    depth_mm: FloatArray
    profile_v_per_m: FloatArray
    half_mm: float
    strongest_rad: tuple[float, float]


def coil_in_sphere(content: CoilInSphere) -> "Figure":
    """Draw the field on the brain's upper half, and its profile in depth.

    Parameters
    ----------
    content : CoilInSphere
        What to draw.

    Returns
    -------
    Figure
        Left seen from behind the coil, its handle down; right by depth.
    """
    figure = new_figure(11.5, 5.0)
    top = nice_top(float(content.e_v_per_m.max()))
    axes = figure.add_axes((0.03, 0.08, 0.4, 0.8), projection="polar")
    degrees = np.rad2deg(content.theta_rad)
    drawn = axes.pcolormesh(
        content.turn_rad, degrees, content.e_v_per_m, cmap=field_map(), vmin=0, vmax=top,
        shading="gouraud", rasterized=True,
    )  # fmt: skip
    half = content.e_v_per_m.max() / 2
    lines = axes.contour(content.turn_rad, degrees, content.e_v_per_m, [half], colors=INK)
    lines.set_linewidth(0.9)
    around, away = content.strongest_rad[1], np.rad2deg(content.strongest_rad[0])
    axes.plot([around], [away], "x", color=ACCENT, mew=2)
    axes.set_xticks([0, np.pi / 2, np.pi, 3 * np.pi / 2], ["x", "y", "-x", "handle"])
    axes.set_yticks([30, 60, 90], ["30°", "60°", "90°"], color=MUTED)
    axes.grid(alpha=0.3)
    title(axes, f"{content.name} on the brain of the sphere")
    bar = figure.colorbar(drawn, cax=figure.add_axes((0.455, 0.2, 0.012, 0.56)))
    bar.set_label(f"|E| at {content.didt_a_per_us:g} A/µs (V/m)", color=INK)
    below = figure.add_axes((0.58, 0.13, 0.39, 0.75))
    below.plot(content.depth_mm, content.profile_v_per_m, color=CALM, linewidth=2)
    at_half = float(np.interp(content.half_mm, content.depth_mm, content.profile_v_per_m))
    below.plot([content.half_mm], [at_half], "o", color=ACCENT)
    below.annotate(
        f"d½ {content.half_mm:.1f} mm",
        (content.half_mm, at_half),
        (8, 6), textcoords="offset points", color=ACCENT,
    )  # fmt: skip
    below.set_ylim(bottom=0)
    plain_axes(below, "depth below the brain's surface (mm)", "|E| (V/m)")
    title(below, "Below the strongest place")
    return figure
