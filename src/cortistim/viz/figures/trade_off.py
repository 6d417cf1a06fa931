"""The trade-off between a target and a region to be avoided."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cortistim.typing import FloatArray
from cortistim.viz.render.canvas import new_figure, plain_axes, title, write_png
from cortistim.viz.render.palette import ACCENT, COIL, INK

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_trade_off(
    path: Path, target_v_per_m: FloatArray, avoided_v_per_m: FloatArray, chosen: Sequence[float]
) -> str:
    """Write `trade_off` as PNG, atomically.

    Parameters
    ----------
    path : Path
        Gets a PNG.
    target_v_per_m, avoided_v_per_m, chosen
        As there.

    Returns
    -------
    str
        Why it is missing; empty when it was written.
    """
    return write_png(path, partial(trade_off, target_v_per_m, avoided_v_per_m, chosen))


def trade_off(
    target_v_per_m: FloatArray, avoided_v_per_m: FloatArray, chosen: Sequence[float]
) -> "Figure":
    """Draw the field in the target against that in the region to be avoided.

    Parameters
    ----------
    target_v_per_m, avoided_v_per_m : (n,) arrays [V/m]
        Mean |E| of poses that no other beats in both, for 1 A/µs.
    chosen : sequence of two floats
        The same of the pose that was chosen.

    Returns
    -------
    Figure
        One panel.
    """
    figure = new_figure(6.4, 4.4)
    axes = figure.add_axes((0.12, 0.13, 0.84, 0.76))
    front = {"color": ACCENT, "ms": 4, "lw": 1.2, "label": "best trade-offs"}
    axes.plot(avoided_v_per_m, target_v_per_m, "o-", **front)
    mark = {"ms": 11, "mfc": COIL, "mec": "white", "ls": "", "label": "chosen pose"}
    axes.plot(chosen[1], chosen[0], "P", **mark)
    plain_axes(
        axes,
        "mean |E| in the region to be avoided (V/m per A/µs)",
        "mean |E| in the target (V/m per A/µs)",
    )
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.legend(loc="lower right", fontsize=9, frameon=False, labelcolor=INK)
    title(axes, "No pose gives the target more without giving the region more")
    return figure
