"""Hunts for a hot spot: where the coil was, what came of it, how far off methods are."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from cortistim.records.hotspot import HotspotReplayRecord, HotspotSimulationRecord, HotspotStep
from cortistim.typing import FloatArray
from cortistim.units import mm_from_m
from cortistim.viz.render.canvas import new_figure, plain_axes, title, write_png
from cortistim.viz.render.palette import ACCENT, CALM, COIL, INK, MUTED, field_map

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LOWEST_UV, HIGHEST_UV = 10.0, 5000.0
TICK_MM = 2.2  # half of the line that shows how the coil was turned


class Score(Protocol):
    """What a score of a simulated hunt has."""

    @property
    def off_m(self) -> float:
        """Distance from the best place."""
        ...

    @property
    def turned_rad(self) -> float:
        """Turn from the best one."""
        ...

    @property
    def regret(self) -> float:
        """Share of the response that is lost."""
        ...


def draw_scalp(
    axes: "Axes",
    steps: Sequence[HotspotStep],
    *,
    truth: FloatArray | None = None,
) -> None:
    """Draw the pulses on the scalp, the best place and its region.

    Parameters
    ----------
    axes : Axes
        The panel.
    steps : sequence of HotspotStep
        Of the hunt.
    truth : (3,) array, optional
        The best pose: two coordinates in mm, the turn in degrees.
    """
    at = np.array([s.along_mm for s in steps])
    size_uv = np.clip([s.mep_uv for s in steps], LOWEST_UV, HIGHEST_UV)
    turn = np.radians([s.turn_deg for s in steps])
    # the line lies along the coil's y axis, which at no turn points up
    along = TICK_MM * np.stack([-np.sin(turn), np.cos(turn)], axis=1)
    for place, way in zip(at, along, strict=True):
        ends = np.stack([place - way, place + way])
        axes.plot(ends[:, 0], ends[:, 1], "-", color=MUTED, lw=1, zorder=2)
    shade = (np.log10(size_uv) - 1) / np.log10(HIGHEST_UV / LOWEST_UV)
    axes.scatter(
        at[:, 0], at[:, 1], c=field_map()(shade), s=46, edgecolors=INK, linewidths=0.7, zorder=3
    )
    last = steps[-1]
    circle = np.linspace(0, 2 * np.pi, 90)
    ring = (
        last.radius_mm * np.stack([np.cos(circle), np.sin(circle)])
        + np.array(last.best_mm)[:, None]
    )
    axes.plot(*ring, "-", color=CALM, lw=1.6, label="90 % region", zorder=4)
    _needle(axes, np.array(last.best_mm), last.best_deg, CALM, "found")
    if truth is not None:
        _needle(axes, truth[:2], float(truth[2]), ACCENT, "truth")
    axes.plot(0, 0, "s", ms=6, mfc="none", mec=COIL, label="start", zorder=4)
    reach = 1.05 * max(np.abs(at).max(), np.abs(ring).max() if last.radius_mm < 40 else 0, 10)
    axes.set_xlim(reach, -reach)  # seen from outside the coil's x points to the left
    axes.set_ylim(-reach, reach)
    axes.set_aspect("equal")
    plain_axes(axes, "along the start's x (mm)", "along the start's y (mm)")
    axes.legend(frameon=False, fontsize=8, labelcolor=INK, loc="upper left", ncols=2)


def _needle(axes: "Axes", place: FloatArray, turn_deg: float, colour: str, label: str) -> None:
    way = 3 * TICK_MM * np.array([-np.sin(np.radians(turn_deg)), np.cos(np.radians(turn_deg))])
    ends = np.stack([place - way, place + way])
    axes.plot(ends[:, 0], ends[:, 1], "-", color=colour, lw=2.4, zorder=5, label=label)
    axes.plot(*place, "o", color=colour, ms=6, zorder=6)


def draw_sizes(axes: "Axes", steps: Sequence[HotspotStep]) -> None:
    """Draw the responses in their order.

    Parameters
    ----------
    axes : Axes
        The panel.
    steps : sequence of HotspotStep
        Of the hunt.
    """
    pulse = [s.pulse for s in steps]
    size_uv = np.clip([s.mep_uv for s in steps], LOWEST_UV / 2, None)
    axes.plot(pulse, size_uv, "-", color=MUTED, lw=0.7)
    axes.plot(pulse, size_uv, "o", ms=4, color=ACCENT)
    axes.axhline(50, color=INK, lw=0.8, ls=":")
    axes.set_yscale("log")
    plain_axes(axes, "pulse", "MEP peak-to-peak (µV)")
    axes.locator_params(axis="x", integer=True)


def draw_region(axes: "Axes", steps: Sequence[HotspotStep]) -> None:
    """Draw how the region shrinks.

    Parameters
    ----------
    axes : Axes
        The panel.
    steps : sequence of HotspotStep
        Of the hunt.
    """
    pulse = [s.pulse for s in steps]
    axes.plot(pulse, [s.radius_mm for s in steps], "-", color=CALM, lw=2, label="radius (mm)")
    degrees = [s.region_deg for s in steps]
    axes.plot(pulse, degrees, "--", color=COIL, lw=2, label="turn (degrees)")
    axes.set_ylim(bottom=0)
    plain_axes(axes, "pulse", "90 % region")
    axes.locator_params(axis="x", integer=True)
    axes.legend(frameon=False, fontsize=8, labelcolor=INK)


def hunt_course(record: HotspotReplayRecord) -> "Figure":
    """Draw a hunt: the scalp, the responses, and how the region shrinks.

    Parameters
    ----------
    record : HotspotReplayRecord
        Pulse by pulse.

    Returns
    -------
    Figure
        Three panels.
    """
    figure = new_figure(11, 5.4)
    scalp = figure.add_axes((0.07, 0.1, 0.42, 0.8))
    draw_scalp(scalp, record.steps)
    found = record.hotspot
    region = f"{found.region.radius_mm:g} mm and {found.region.turn_deg:g}°"
    title(scalp, f"Hot spot after {found.pulses} pulses, to {region}")
    sizes = figure.add_axes((0.57, 0.58, 0.41, 0.32))
    draw_sizes(sizes, record.steps)
    title(sizes, "Responses")
    shrinks = figure.add_axes((0.57, 0.1, 0.41, 0.32))
    draw_region(shrinks, record.steps)
    title(shrinks, "How well it is known")
    return figure


def write_hunt_course(path: Path, record: HotspotReplayRecord) -> str:
    """Write `hunt_course` as PNG.

    Parameters
    ----------
    path : Path
        Where to.
    record : HotspotReplayRecord
        Pulse by pulse.

    Returns
    -------
    str
        Why it is missing; empty when it was written.
    """
    return write_png(path, partial(hunt_course, record))


def hunt_errors(record: HotspotSimulationRecord, scores: Sequence[Sequence[Score]]) -> "Figure":
    """Draw how far hunts on virtual subjects are off.

    Parameters
    ----------
    record : HotspotSimulationRecord
        What was tried out.
    scores : sequence of sequences of scores
        Of every subject, after ever more pulses.

    Returns
    -------
    Figure
        Distance, turn and loss: median, and the middle half of the subjects.
    """
    figure = new_figure(11, 3.8)
    pulses = [row.pulses for row in record.scores]
    parts = (
        ("distance from the best place (mm)", mm_from_m, "off_m"),
        ("turn from the best (degrees)", np.degrees, "turned_rad"),
        ("response lost (%)", lambda x: 100 * x, "regret"),
    )
    for k, (label, scaled, name) in enumerate(parts):
        axes = figure.add_axes((0.065 + 0.325 * k, 0.15, 0.25, 0.7))
        values = scaled(np.array([[getattr(s, name) for s in hunt] for hunt in scores]))
        low, middle, high = np.percentile(values, [25, 50, 75], axis=0)
        axes.fill_between(pulses, low, high, color=CALM, alpha=0.18, lw=0, label="middle half")
        axes.plot(pulses, middle, "o-", color=CALM, lw=2, ms=4, label="median")
        axes.set_ylim(bottom=0)
        plain_axes(axes, "pulses", label)
        if k == 0:
            who = f"{record.method}, {record.subjects} subjects, {record.generator}"
            title(axes, who)
            axes.legend(frameon=False, fontsize=8, labelcolor=INK)
    return figure


def write_hunt_errors(
    path: Path, record: HotspotSimulationRecord, scores: Sequence[Sequence[Score]]
) -> str:
    """Write `hunt_errors` as PNG.

    Parameters
    ----------
    path : Path
        Where to.
    record, scores
        As there.

    Returns
    -------
    str
        Why it is missing; empty when it was written.
    """
    return write_png(path, partial(hunt_errors, record, scores))
