"""Depth against spread: coils among those that were published."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from cortistim.cache import atomic_path
from cortistim.errors import BadInputError
from cortistim.field.analytic.deng2013 import PUBLISHED
from cortistim.viz.render.canvas import halo, new_figure, plain_axes, png_bytes, title
from cortistim.viz.render.palette import ACCENT, COIL, INK, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def depth_against_spread(coils: Mapping[str, tuple[float, float]]) -> "Figure":
    """Draw coils by depth and spread with the published designs.

    Parameters
    ----------
    coils : mapping of str to (float, float)
        d1/2 in cm and S1/2 in cm², by name.

    Returns
    -------
    Figure
        Upwards is less focal, to the right deeper.
    """
    from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

    figure = new_figure(9.0, 5.2)
    axes = figure.add_axes((0.08, 0.11, 0.56, 0.79))
    plain_axes(axes, "Half-value depth d½ (cm)", "Half-value spread S½ (cm²)")
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(FixedLocator([5, 10, 20, 50, 100, 200, 300]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    title(axes, "Deep or focal")
    for row in PUBLISHED:
        x, y = row.depth_m * 100, row.spread_m2 * 1e4
        axes.plot(x, y, "o", ms=6, color="white", mec=MUTED, mew=1.2, zorder=3)
        _beside(axes, x, y, str(row.number), MUTED)
    for number, (x, y) in enumerate(coils.values()):
        axes.plot(x, y, "D", ms=7, color=ACCENT, mec="white", mew=0.8, zorder=5)
        _beside(axes, x, y, _letter(number), ACCENT)
    _key(figure, list(coils))
    return figure


def _letter(index: int) -> str:
    return chr(ord("A") + index % 26)


def _beside(axes: "Axes", x: float, y: float, text: str, colour: str) -> None:
    axes.annotate(
        text, (x, y), (5, 4), textcoords="offset points", fontsize=8, color=colour,
        path_effects=halo(2.5), zorder=6,
    )  # fmt: skip


def _key(figure: "Figure", names: list[str]) -> None:
    """List the coils and the published designs beside the chart."""
    lines = [("Coils compared", COIL, "bold")]
    lines += [(f"{_letter(k)}   {name}", ACCENT, "normal") for k, name in enumerate(names)]
    lines += [("", INK, "normal"), ("Deng, Lisanby & Peterchev 2013", COIL, "bold")]
    lines += [(f"{row.number}   {row.name}", MUTED, "normal") for row in PUBLISHED]
    step = min(0.045, 0.84 / len(lines))
    for k, (text, colour, weight) in enumerate(lines):
        figure.text(0.67, 0.89 - k * step, text, fontsize=8.5, color=colour, fontweight=weight)


def write_comparison(path: Path | str, coils: Mapping[str, tuple[float, float]]) -> None:
    """Draw coils by depth and spread and write the figure as PNG, atomically.

    Parameters
    ----------
    path : Path or str
        Ends in .png.
    coils : mapping of str to (float, float)
        d1/2 in cm and S1/2 in cm², by name.

    Raises
    ------
    BadInputError
        When the name does not end in .png.
    """
    path = Path(path)
    if path.suffix.lower() != ".png":
        msg = f"{path}: the figure must be written to a file that ends in .png."
        raise BadInputError(msg)
    with atomic_path(path) as temporary:
        temporary.write_bytes(png_bytes(depth_against_spread(coils)))
