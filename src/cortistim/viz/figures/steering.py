"""A hot spot steered by currents: the field for every locus, and what each channel gives."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cortistim.records.array import ArrayRecord, LocusRecord
from cortistim.typing import FloatArray, IntArray
from cortistim.units import mm_from_m
from cortistim.viz.render.canvas import colour_bar, new_figure, plain_axes, title, write_png
from cortistim.viz.render.palette import ACCENT, INK, MUTED, field_map

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN_MM = 45.0
ARROW_MM = 12.0
WIDE_IN = 2.9
SIDES_IN = 1.6  # for the labels on the left and the colour bar


@dataclass(frozen=True, eq=False)
class LocusPicture:
    """The field of one locus on the cortex, in the set's frame.

    Parameters
    ----------
    in_set_m : (n, 3) array [m]
        Vertices.
    size_v_per_m : (n,) array [V/m]
        |E| there.
    patch : (k,) int array
        Vertices of the hot spot.
    """

    in_set_m: FloatArray
    size_v_per_m: FloatArray
    patch: IntArray


def write_steering(path: Path, record: ArrayRecord, pictures: Sequence[LocusPicture]) -> str:
    """Write `steering` as PNG, atomically.

    Parameters
    ----------
    path : Path
        Gets a PNG.
    record, pictures
        As there.

    Returns
    -------
    str
        Why it is missing; empty when it was written.
    """
    return write_png(path, partial(steering, record, pictures))


def steering(record: ArrayRecord, pictures: Sequence[LocusPicture]) -> "Figure":
    """Draw |E| on the cortex under the resting set, once for each locus.

    Parameters
    ----------
    record : ArrayRecord
        What was asked and found.
    pictures : sequence of LocusPicture
        One for each locus.

    Returns
    -------
    Figure
        Maps seen along the set's axis above the channels' dI/dt.
    """
    count = len(pictures)
    wide_in = WIDE_IN * count + SIDES_IN
    figure = new_figure(wide_in, 5.2)
    width = WIDE_IN / wide_in
    high = max(float(picture.size_v_per_m.max()) for picture in pictures)
    most = max(abs(c.didt_a_per_us) for locus in record.loci for c in locus.channels)
    for number, (locus, picture) in enumerate(zip(record.loci, pictures, strict=True)):
        left = 0.75 / wide_in + number * width
        first = number == 0
        axes = figure.add_axes((left, 0.42, 0.86 * width, 0.5))
        _map(axes, locus, picture, high, first=first)
        _bars(figure.add_axes((left, 0.1, 0.86 * width, 0.2)), locus, most, first=first)
    right = 0.8 / (WIDE_IN * count + SIDES_IN) + count * width
    colour_bar(
        figure, (right, 0.46, 0.1 / (WIDE_IN * count + SIDES_IN), 0.4), high, "|E| (V/m)"
    )
    return figure


def _map(
    axes: "Axes", locus: LocusRecord, picture: LocusPicture, high: float, *, first: bool
) -> None:
    x_mm, y_mm, z_mm = mm_from_m(picture.in_set_m).T
    order = np.argsort(-z_mm, kind="stable")  # what is nearest to the set is drawn last
    axes.scatter(
        x_mm[order],
        y_mm[order],
        c=picture.size_v_per_m[order],
        s=7,
        lw=0,
        cmap=field_map(),
        vmin=0,
        vmax=high,
    )
    wished = {"color": "white", "marker": "+", "ms": 13, "mew": 1.8, "ls": ""}
    axes.plot(*locus.asked_mm, label="asked for", **wished)
    found = {"mfc": "none", "mec": "white", "marker": "o", "ms": 11, "mew": 1.5, "ls": ""}
    axes.plot(*locus.peak.in_plane_mm, label="hot spot, direct solve", **found)
    along = np.deg2rad(locus.peak.angle_deg)
    x_mm, y_mm = locus.peak.in_plane_mm
    axes.annotate(
        "",
        xy=(x_mm - ARROW_MM * np.sin(along), y_mm + ARROW_MM * np.cos(along)),
        xytext=(x_mm, y_mm),
        arrowprops={"arrowstyle": "->", "color": "white", "lw": 1.8},
    )
    plain_axes(axes, "set's x (mm)", "set's y (mm)" if first else "")
    axes.set(xlim=(-SHOWN_MM, SHOWN_MM), ylim=(-SHOWN_MM, SHOWN_MM), aspect="equal")
    if first:
        words = {"fontsize": 7, "handlelength": 1, "labelcolor": "white", "loc": "lower left"}
        axes.legend(facecolor=MUTED, framealpha=0.9, edgecolor="none", **words)
    else:
        axes.set_yticklabels([])
    x, y = locus.asked_mm
    title(axes, f"{x:g}, {y:g} mm, {locus.asked_deg:g}°: {locus.energy_j:.3g} J")


def _bars(axes: "Axes", locus: LocusRecord, most: float, *, first: bool) -> None:
    names = [channel.name.replace("_", "\n") for channel in locus.channels]
    rates = [channel.didt_a_per_us for channel in locus.channels]
    axes.bar(range(len(rates)), rates, color=ACCENT, width=0.6)
    axes.axhline(0.0, color=INK, lw=0.6)
    plain_axes(axes, "", "dI/dt (A/µs)" if first else "")
    axes.set_ylim(-1.08 * most, 1.08 * most)
    axes.set_xticks(range(len(names)), names, fontsize=6)
