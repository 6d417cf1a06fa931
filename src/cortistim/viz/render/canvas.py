"""Figures without global state: made, styled and turned into PNG here.

Names of heads, coils and protocols come from users. matplotlib would typeset what stands
between two dollar signs, and TeX far more, so figures made here write every word as it is.
"""

from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cortistim.cache import atomic_path
from cortistim.errors import BadInputError
from cortistim.typing import FloatArray
from cortistim.viz.render.palette import FAINT, INK, MUTED, TARGET, field_map
from cortistim.viz.render.raster import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patheffects import AbstractPathEffect

DPI = 150
LONGEST_REASON = 120


@cache
def _literal_figure() -> "type[Figure]":
    """Return a kind of figure that reads no markup in titles, labels and legends."""
    from matplotlib.axis import Axis, Tick
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    class LiteralFigure(Figure):
        def draw(self, renderer: Any) -> None:  # noqa: ANN401 - matplotlib's own
            # ticks are left: the powers of ten on a logarithmic axis are mathtext
            ours = {text for tick in self.findobj(Tick) for text in tick.findobj(Text)}
            ours |= {axis.get_offset_text() for axis in self.findobj(Axis)}
            for text in self.findobj(Text):
                text.set_usetex(False)
                if text not in ours:
                    text.set_parse_math(False)
            super().draw(renderer)

    return LiteralFigure


def new_figure(width_in: float, height_in: float) -> "Figure":
    """Make an empty white figure for the Agg renderer.

    Parameters
    ----------
    width_in : float
        Inches.
    height_in : float
        Inches.

    Returns
    -------
    Figure
        Belongs to nobody; pyplot does not know it. Words are drawn as they are written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = _literal_figure()(figsize=(width_in, height_in), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def png_bytes(figure: "Figure") -> bytes:
    """Draw a figure as PNG.

    Parameters
    ----------
    figure : Figure
        Any figure.

    Returns
    -------
    bytes
        The file's content; the same figure gives the same bytes.
    """
    stream = BytesIO()
    figure.savefig(stream, format="png", metadata={"Software": "cortistim"})
    return stream.getvalue()


def figure_bytes(figure: "Figure", path: Path) -> bytes:
    """Draw a figure in the format that a file's name ends in.

    Parameters
    ----------
    figure : Figure
        Any figure.
    path : Path
        Ends in .png, .pdf or .svg.

    Returns
    -------
    bytes
        The file's content; the same figure gives the same bytes.

    Raises
    ------
    BadInputError
        When the name ends otherwise.
    """
    kind = path.suffix.lower()
    if kind == ".png":
        return png_bytes(figure)
    if kind not in DATELESS:
        msg = f"{path}: a figure must be written to a file that ends in .png, .pdf or .svg."
        raise BadInputError(msg)
    stream = BytesIO()
    figure.savefig(stream, format=kind[1:], metadata=DATELESS[kind])
    return stream.getvalue()


DATELESS = {".pdf": {"Creator": "cortistim", "CreationDate": None}, ".svg": {"Date": None}}


def write_png(path: Path, draw: Callable[[], "Figure"]) -> str:
    """Draw a figure and write it as PNG; one that fails is told of, not raised.

    A figure is drawn after all the work, and must not cost the numbers.

    Parameters
    ----------
    path : Path
        Where to; replaced when it exists.
    draw : callable
        Makes the figure.

    Returns
    -------
    str
        Empty when it was written; else why there is no such file, for a reader.
    """
    try:
        picture = png_bytes(draw())
    except Exception as error:  # noqa: BLE001 - whatever a drawing library may raise
        said = " ".join(str(error).split())[:LONGEST_REASON]
        return f"{path.name} is missing: drawing it failed with {type(error).__name__}: {said}"
    with atomic_path(path) as temporary:
        temporary.write_bytes(picture)
    return ""


def title(axes: "Axes", text: str) -> None:
    """Write a panel's title, left above it.

    Parameters
    ----------
    axes : Axes
        The panel.
    text : str
        Its title.
    """
    axes.set_title(text, loc="left", fontsize=10, color=INK, fontweight="bold", pad=8)


def plain_axes(axes: "Axes", across: str, along: str) -> None:
    """Style a chart: two spines, faint grid, labels with units.

    Parameters
    ----------
    axes : Axes
        The panel.
    across, along : str
        Labels with units.
    """
    axes.set_xlabel(across, fontsize=9, color=INK)
    axes.set_ylabel(along, fontsize=9, color=INK)
    axes.tick_params(labelsize=8, colors=MUTED)
    axes.grid(visible=True, color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(MUTED)


def picture_axes(axes: "Axes", view: View) -> None:
    """Prepare a panel for a rendered picture: millimetres, no frame, edge letters.

    Parameters
    ----------
    axes : Axes
        The panel.
    view : View
        Of the picture.
    """
    left, right, bottom, top = view.extent_mm
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    axes.set_aspect("equal")
    axes.set_axis_off()
    edge_letters(axes, view.edge_labels())


def edge_letters(axes: "Axes", letters: tuple[str, str, str, str], colour: str = INK) -> None:
    """Write the anatomical letters at the left, right, lower and upper edge of a panel.

    Parameters
    ----------
    axes : Axes
        The panel.
    letters : (str, str, str, str)
        Left, right, lower, upper.
    colour : str
        Of the letters.
    """
    places = ((0.02, 0.5), (0.98, 0.5), (0.5, 0.02), (0.5, 0.98))
    sides = (("left", "center"), ("right", "center"), ("center", "bottom"), ("center", "top"))
    for text, (x, y), (across, along) in zip(letters, places, sides, strict=True):
        axes.text(
            x, y, text, transform=axes.transAxes, ha=across, va=along,
            fontsize=11, fontweight="bold", color=colour, path_effects=halo(), zorder=6,
        )  # fmt: skip


def halo(width: float = 3.5) -> list["AbstractPathEffect"]:
    """Return the white rim that lets words stand on a picture.

    Parameters
    ----------
    width : float
        In points.

    Returns
    -------
    list
        For ``path_effects``.
    """
    from matplotlib import patheffects

    return [patheffects.withStroke(linewidth=width, foreground="white", alpha=0.85)]


def scale_bar(axes: "Axes", view: View, length_mm: float = 20) -> None:
    """Draw a bar of known length in the lower left corner.

    Parameters
    ----------
    axes : Axes
        The panel.
    view : View
        Of the picture.
    length_mm : float [mm]
        Of the bar.
    """
    left, _, bottom, top = view.extent_mm
    x, y = left * 0.94, bottom + 0.015 * (top - bottom)
    axes.plot([x, x + length_mm], [y, y], color=INK, linewidth=2.5, solid_capstyle="butt")
    axes.text(
        x + length_mm / 2, y + 0.012 * (top - bottom), f"{length_mm:g} mm",
        ha="center", va="bottom", fontsize=8, color=INK, path_effects=halo(),
    )  # fmt: skip


def colour_bar(
    figure: "Figure",
    place: tuple[float, float, float, float],
    top: float,
    label: str,
    low: float = 0.0,
) -> None:
    """Draw the bar of the |E| map; what lies above ``top`` shares the last colour.

    Parameters
    ----------
    figure : Figure
        Gets the bar.
    place : (float, float, float, float)
        Left, bottom, width, height of the figure.
    top : float
        Value of the last colour.
    label : str
        With the unit.
    low : float
        Value of the first colour.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    axes = figure.add_axes(place)
    upright = place[3] > place[2]
    bar = figure.colorbar(
        ScalarMappable(Normalize(low, top), field_map()),
        cax=axes,
        orientation="vertical" if upright else "horizontal",
        extend="max" if low == 0 else "neither",
    )
    bar.set_label(label, fontsize=9, color=INK)
    bar.ax.tick_params(labelsize=8, colors=MUTED)
    bar.outline.set_linewidth(0.5)


def target_marker(axes: "Axes", xy: FloatArray) -> None:
    """Mark the target with a ring and a dot that show on light and on dark.

    Parameters
    ----------
    axes : Axes
        The panel.
    xy : (2,) array
        On the picture.
    """
    x, y = np.ravel(xy)[:2]
    ring = {"ms": 13, "mfc": "none", "zorder": 7}
    axes.plot(x, y, "o", mec="white", mew=3.6, **ring)
    axes.plot(x, y, "o", mec=TARGET, mew=1.8, **ring)
    axes.plot(x, y, ".", ms=4, color=TARGET, zorder=7)


def nice_top(value: float) -> float:
    """Round up to two leading digits, so that a colour bar ends on a clean number.

    Parameters
    ----------
    value : float
        Above 0.

    Returns
    -------
    float
        At least the value.
    """
    if not np.isfinite(value) or value <= 0:
        return 1.0
    step = 10.0 ** (np.floor(np.log10(value)) - 1)
    return float(np.ceil(value / step / 5) * step * 5)
