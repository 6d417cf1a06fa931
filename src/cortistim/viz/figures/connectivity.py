"""A target from connectivity: the map, the target, and how far it moves."""

from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from cortistim.geometry import transform
from cortistim.image import Volume
from cortistim.records.connectivity import ConnectivityTargetRecord
from cortistim.typing import FloatArray
from cortistim.units import m_from_mm, mm_from_m
from cortistim.viz.render.canvas import (
    edge_letters,
    new_figure,
    plain_axes,
    target_marker,
    title,
    write_png,
)
from cortistim.viz.render.palette import ACCENT, CALM, INK, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PLANES = (
    ("Sagittal", 0, 1, 2, ("P", "A", "I", "S")),
    ("Coronal", 1, 0, 2, ("L", "R", "I", "S")),
    ("Axial", 2, 0, 1, ("L", "R", "P", "A")),
)
STEP_MM, MARGIN_MM = 1.0, 12.0


def connectivity_target(
    r_map: Volume, record: ConnectivityTargetRecord, drawn_m: FloatArray
) -> "Figure":
    """Draw three slices through the target, and the distances between targets.

    Parameters
    ----------
    r_map : Volume
        Correlation with the seed in the search region, NaN elsewhere.
    record : ConnectivityTargetRecord
        What was found.
    drawn_m : (n, 3) array [m]
        Targets of runs drawn from the person's minutes.

    Returns
    -------
    Figure
        Four panels.
    """
    figure = new_figure(12.4, 4.4)
    places_mm = mm_from_m(
        transform(r_map.affine_m, np.argwhere(np.isfinite(r_map.values)).astype(float))
    )
    low, high = places_mm.min(axis=0) - MARGIN_MM, places_mm.max(axis=0) + MARGIN_MM
    centre_mm = places_mm.mean(axis=0)
    if record.on_head is not None:
        centre_mm = np.array(record.on_head.centre_mm)
    elif record.target_mm is not None:
        centre_mm = np.array(record.target_mm)
    top = max(float(np.nanmax(np.abs(r_map.values))), 0.05)
    drawn_mm = mm_from_m(drawn_m[np.isfinite(drawn_m).all(axis=1)])
    picture: Any = None
    for column, plane in enumerate(PLANES):
        axes = figure.add_axes((0.015 + 0.225 * column, 0.16, 0.21, 0.68))
        picture = _slice(axes, r_map, (low, high, centre_mm), plane, top)
        _, _, across, along, _ = plane
        if len(drawn_mm):
            style = {"ms": 2.5, "color": INK, "alpha": 0.25, "mew": 0}
            axes.plot(drawn_mm[:, across], drawn_mm[:, along], "o", **style)
        if record.target_mm is not None:
            target_marker(axes, centre_mm[[across, along]])
    bar = figure.colorbar(picture, cax=figure.add_axes((0.17, 0.09, 0.36, 0.025)),
                          orientation="horizontal")  # fmt: skip
    bar.set_label("correlation with the seed", fontsize=9, color=INK)
    bar.ax.tick_params(labelsize=8, colors=MUTED)
    _distances(figure.add_axes((0.775, 0.2, 0.21, 0.64)), record)
    figure.text(0.015, 0.94, _headline(record), fontsize=11, fontweight="bold", color=INK)
    figure.text(0.55, 0.02, fill(record.evidence, 128), fontsize=5.6, color=MUTED)
    return figure


def _headline(record: ConnectivityTargetRecord) -> str:
    if record.target_mm is None:
        return f"No target: {record.advice}"
    place = ", ".join(f"{value:.1f}" for value in record.target_mm)
    r = "" if record.r is None else f"; r = {record.r:.2f} ± {record.r_se or 0:.2f}"
    verdict = record.advice.split(":")[0]
    return (
        f"Target ({place}) mm, {record.space}{r}; {record.data.minutes_kept:g} min: {verdict}"
    )


def _slice(axes: "Axes", r_map: Volume, box: tuple, plane: tuple, top: float) -> Any:  # noqa: ANN401
    """Sample a plane through the centre on a grid of millimetres, nearest voxel."""
    name, normal, across, along, letters = plane
    low, high, centre_mm = box
    steps = [np.arange(low[axis], high[axis], STEP_MM) for axis in (across, along)]
    grid_mm = np.empty((len(steps[1]), len(steps[0]), 3))
    grid_mm[..., normal] = centre_mm[normal]
    grid_mm[..., across], grid_mm[..., along] = np.meshgrid(*steps)
    index = transform(np.linalg.inv(r_map.affine_m), m_from_mm(grid_mm))
    index = np.rint(index).astype(int)
    held = ((index >= 0) & (index < r_map.shape)).all(axis=-1)
    values = np.full(held.shape, np.nan)
    values[held] = r_map.values[tuple(index[held].T)]
    extent = (steps[0][0], steps[0][-1], steps[1][0], steps[1][-1])
    axes.set_facecolor("#eef1f4")
    picture = axes.imshow(
        values, origin="lower", extent=extent, cmap="RdBu_r", vmin=-top, vmax=top
    )
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    edge_letters(axes, letters)
    title(axes, f"{name}, {'xyz'[normal]} = {centre_mm[normal]:.0f} mm")
    return picture


def _distances(axes: "Axes", record: ConnectivityTargetRecord) -> None:
    """Medians with a bar up to the 90th percentile."""
    rows = [
        ("halves", record.split_half_mm, CALM),
        ("drawn anew", record.bootstrap_mm, CALM),
        ("halves, peak\nvoxel only", None if record.peak is None else record.peak.split_half_mm,
         MUTED),
    ]  # fmt: skip
    known = [
        (name, d, colour) for name, d, colour in rows if d is not None and d.p50 is not None
    ]
    for place, (_, distances, colour) in enumerate(known):
        p50, p90 = distances.p50 or 0.0, distances.p90 or 0.0
        axes.bar(place, p50, width=0.55, color=colour)
        axes.plot([place, place], [p50, p90], color=ACCENT, lw=2)
        axes.plot(place, p90, "_", color=ACCENT, ms=12, mew=2)
    plain_axes(axes, "", "mm")
    axes.set_xticks(range(len(known)), [name for name, _, _ in known], fontsize=8)
    axes.set_ylim(bottom=0)
    title(axes, "Distance between targets\n(median, 90th percentile)")


def write_connectivity_target(
    path: Path, r_map: Volume, record: ConnectivityTargetRecord, drawn_m: FloatArray
) -> str:
    """Write `connectivity_target` as PNG.

    Parameters
    ----------
    path : Path
        Where to.
    r_map, record, drawn_m
        As there.

    Returns
    -------
    str
        Why it is missing; empty when it was written.
    """
    return write_png(path, lambda: connectivity_target(r_map, record, drawn_m))
