"""Depth against spread: coils among those that were published."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cortistim.cache import atomic_path
from cortistim.field.analytic.deng2013 import PUBLISHED
from cortistim.viz.render.canvas import figure_bytes, halo, new_figure, plain_axes, title
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
    taken = [(row.depth_m * 100, row.spread_m2 * 1e4) for row in PUBLISHED]
    for number, (x, y) in enumerate(coils.values()):
        axes.plot(x, y, "D", ms=9, color=ACCENT, mec="white", mew=1.2, zorder=8)
        _called(axes, (x, y), [*taken, *coils.values()], _letter(number))
    _key(figure, list(coils))
    return figure


def _letter(index: int) -> str:
    return chr(ord("A") + index % 26)


def _beside(axes: "Axes", x: float, y: float, text: str, colour: str) -> None:
    axes.annotate(
        text, (x, y), (5, 4), textcoords="offset points", fontsize=8, color=colour,
        path_effects=halo(2.5), zorder=6,
    )  # fmt: skip


def _called(
    axes: "Axes", place: tuple[float, float], taken: Sequence[tuple[float, float]], text: str
) -> None:
    """Name a coil in large letters where no other mark lies, with a line to its own."""
    x, y = place
    others = [
        ((px - x) / DEPTH_PER_LABEL, np.log(py / y) / SPREAD_PER_LABEL)
        for px, py in taken
        if (px, py) != (x, y)
    ]
    turns = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    ways = np.column_stack([np.cos(turns), np.sin(turns)])
    free = [min((np.hypot(*(way - np.array(o))) for o in others), default=9.0) for way in ways]
    dx, dy = REACH_PT * ways[int(np.argmax(np.minimum(free, 1.5)))]
    axes.annotate(
        text, (x, y), (dx, dy), textcoords="offset points", fontsize=12, fontweight="bold",
        color=ACCENT, ha="center", va="center", path_effects=halo(3.5), zorder=9,
        arrowprops={"arrowstyle": "-", "color": ACCENT, "lw": 1.2},
    )  # fmt: skip


DEPTH_PER_LABEL, SPREAD_PER_LABEL = 0.25, 0.35
"""Depth in cm, and logarithm of spread, that a label's distance from its coil stands for."""
REACH_PT = 26


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
    """Draw coils by depth and spread and write the figure, atomically.

    Parameters
    ----------
    path : Path or str
        Ends in .png, .pdf or .svg.
    coils : mapping of str to (float, float)
        d1/2 in cm and S1/2 in cm², by name.

    Raises
    ------
    BadInputError
        When the name ends otherwise.
    """
    path = Path(path)
    drawn = figure_bytes(depth_against_spread(coils), path)
    with atomic_path(path) as temporary:
        temporary.write_bytes(drawn)
