"""A picture for each noun: ``noun.plot()`` and ``cortistim.plot(record)`` come here.

Figures belong to nobody: notebooks show them as they are returned, ``savefig`` writes them.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from cortistim.coil.coil import Coil
from cortistim.errors import BadInputError
from cortistim.field.field import Field, SurfaceField
from cortistim.field.percentiles import weighted_percentile
from cortistim.head.head import Head
from cortistim.head.mesh import Surface
from cortistim.mapping.threshold.hunt import ThresholdHunt
from cortistim.placement.pose import Pose
from cortistim.plasticity.predict import Prediction
from cortistim.protocol.course import Course
from cortistim.protocol.protocol import Protocol
from cortistim.pulse.pulse import Pulse
from cortistim.records.curve import CurvesRecord
from cortistim.records.rehearsal import RehearsalRecord
from cortistim.typing import FloatArray
from cortistim.units import a_per_us_from_a_per_s, mm_from_m, us_from_s
from cortistim.viz.content import ReportContent
from cortistim.viz.figures.coil_drawing import coil_points_m, draw_outline, draw_winding
from cortistim.viz.figures.curve import recruitment_curves
from cortistim.viz.figures.plasticity_course import excitability_course
from cortistim.viz.figures.protocol_drawing import protocol_drawing
from cortistim.viz.figures.rehearsal import score_sheet
from cortistim.viz.figures.threshold import threshold_course
from cortistim.viz.render.canvas import (
    colour_bar,
    new_figure,
    nice_top,
    picture_axes,
    plain_axes,
    scale_bar,
    target_marker,
    title,
)
from cortistim.viz.render.palette import ACCENT, SCALP_RGB, field_rgb
from cortistim.viz.render.raster import SUPERIOR, View, rasterise, shade, view_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure

HEIGHT_PX = 520
TOP_PERCENTILE = 99.9
MOST_DOTS = 4000


@dataclass(frozen=True, eq=False)
class Placed:
    """A coil where it stands: all that outlines need.

    Parameters
    ----------
    coil : Coil
        In its own frame.
    pose : Pose
        Where it is.
    """

    coil: Coil
    pose: Pose

    @property
    def drawn(self) -> ReportContent:
        """Stand for a report in functions that ask it for coil and pose alone."""
        return cast("ReportContent", self)


def plot(noun: Any, **choices: Any) -> "Figure":  # noqa: ANN401
    """Draw a noun or a record.

    Parameters
    ----------
    noun : object
        One of `PICTURES`, or what has one of them as ``field``, ``found`` or ``aimed``.
    **choices
        Of the picture.

    Returns
    -------
    matplotlib.figure.Figure
        Shown by notebooks; ``savefig`` writes it.

    Raises
    ------
    BadInputError
        When there is no picture of it, or the picture has no such choice.

    Examples
    --------
    >>> import cortistim as ct
    >>> figure = ct.plot(ct.pulse())
    >>> len(figure.axes)
    1
    """
    for kind, draw in PICTURES.items():
        if isinstance(noun, kind):
            allowed = set(draw.__annotations__) - {"noun", "return"}
            unknown = sorted(set(choices) - allowed)
            if unknown:
                known = ", ".join(sorted(allowed)) or "none"
                msg = (
                    f"a picture of a {type(noun).__name__} has no choice `{unknown[0]}`; "
                    f"it has: {known}."
                )
                raise BadInputError(msg)
            return draw(noun, **choices)
    aimed = getattr(noun, "aimed", getattr(noun, "found", None))
    if isinstance(getattr(noun, "field", None), Field):
        target = getattr(getattr(noun, "target", None), "point_m", None)
        return plot(noun.field, **{"target_m": target, **choices})
    if isinstance(getattr(aimed, "field", None), Field):
        return plot(aimed, **choices)
    if isinstance(getattr(noun, "pose", None), Pose):
        held = {"head": getattr(noun, "head", None), "coil": getattr(noun, "coil", None)}
        return plot(noun.pose, **{**held, **choices})
    known = ", ".join(kind.__name__ for kind in PICTURES)
    msg = f"there is no picture of a {type(noun).__name__}; there are of: {known}."
    raise BadInputError(msg)


def head_picture(noun: Head) -> "Figure":
    """Draw scalp and cortex, from the left and from above.

    Parameters
    ----------
    noun : Head
        Any.

    Returns
    -------
    Figure
        Two panels.
    """
    figure = new_figure(9, 4.4)
    for column, (words, toward) in enumerate(
        (("Seen from the left", np.array([-1.0, 0, 0])), ("Seen from above", SUPERIOR))
    ):
        axes = figure.add_axes((0.01 + 0.5 * column, 0.02, 0.48, 0.88))
        view = view_of(toward, noun.scalp.vertices_m, aspect=1.08)
        axes.imshow(_plain(noun.scalp, view, SCALP_RGB), extent=view.extent_mm)
        picture_axes(axes, view)
        scale_bar(axes, view)
        title(axes, f"{noun.name}: {words.lower()}")
    return figure


def coil_picture(noun: Coil) -> "Figure":
    """Draw the winding in the plane of the coil and from its side.

    Parameters
    ----------
    noun : Coil
        Any; of a coil known on a grid only the casing is drawn.

    Returns
    -------
    Figure
        Two panels in mm; y points away from the handle, z into the head.
    """
    figure = new_figure(9, 4.2)
    copper_mm = mm_from_m(noun.copper_m)
    strongest = np.argsort(noun.strengths)[::-1][:MOST_DOTS]
    casing_mm = mm_from_m(noun.casing.vertices_m)
    for place, (across, along) in enumerate(((0, 1), (0, 2))):
        axes = figure.add_axes((0.08 + 0.49 * place, 0.14, 0.4, 0.74))
        for triangle in noun.casing.triangles[:: max(1, len(noun.casing.triangles) // 800)]:
            outline = casing_mm[triangle][[0, 1, 2, 0]]
            axes.plot(outline[:, across], outline[:, along], color="0.85", lw=0.4, zorder=1)
        dots = copper_mm[strongest]
        size = 12 * noun.strengths[strongest] / max(noun.strengths.max(initial=0), 1e-12)
        axes.scatter(dots[:, across], dots[:, along], s=size, c=[ACCENT], lw=0, zorder=2)
        axes.set_aspect("equal")
        axes.invert_yaxis() if along == 2 else None
        plain_axes(axes, f"{'xyz'[across]} (mm)", f"{'xyz'[along]} (mm)")
        title(axes, (noun.name, "from behind: the head is below")[place])
    return figure


def pose_picture(noun: Pose, *, head: Head | None = None, coil: Coil | None = None) -> "Figure":
    """Draw a coil at a pose on a head.

    Parameters
    ----------
    noun : Pose
        Where.
    head, coil : Head, Coil
        Both are needed.

    Returns
    -------
    Figure
        From the coil's side and from above.

    Raises
    ------
    BadInputError
        When head or coil are not given.
    """
    if head is None or coil is None:
        msg = "a picture of a pose needs a head and a coil: pose.plot(head=head, coil=coil)."
        raise BadInputError(msg)
    placed = Placed(coil, noun).drawn
    figure = new_figure(9, 4.6)
    everything_m = np.vstack([head.scalp.vertices_m, coil_points_m(placed)])
    for column, (words, toward) in enumerate(
        (("Seen along the coil's axis", -noun.rotation[:, 2]), ("Seen from above", SUPERIOR))
    ):
        axes = figure.add_axes((0.01 + 0.5 * column, 0.02, 0.48, 0.88))
        view = view_of(toward, everything_m, aspect=1.08, margin=0.08)
        axes.imshow(_plain(head.scalp, view, SCALP_RGB), extent=view.extent_mm)
        picture_axes(axes, view)
        draw_winding(axes, placed, view)
        draw_outline(axes, placed, view)
        scale_bar(axes, view)
        title(axes, words)
    return figure


def surface_picture(
    noun: SurfaceField,
    *,
    values: FloatArray | None = None,
    label: str = "|E| on the cortex (V/m)",
    top: float | None = None,
) -> "Figure":
    """Draw a field on the cortex, from where it is strongest and from above.

    Parameters
    ----------
    noun : SurfaceField
        Any.
    values : (n_vertex,) array, optional
        Drawn instead of |E|, not negative.
    label : str, optional
        Of the colour bar, with the unit.
    top : float, optional
        Value of the strongest colour; by default the 99.9th percentile.

    Returns
    -------
    Figure
        Two panels.
    """
    shown = noun.magnitude_v_per_m if values is None else np.asarray(values, float)
    if len(shown) != len(noun.surface.vertices_m):
        msg = (
            f"values must have one number for each of {len(noun.surface.vertices_m)} "
            f"vertices; got {len(shown)}."
        )
        raise BadInputError(msg)
    strongest_m = noun.surface.vertices_m[int(np.nanargmax(shown))]
    toward = strongest_m - noun.surface.vertices_m.mean(axis=0)
    return _on_cortex(noun.surface, shown, (toward, SUPERIOR), label=label, top=top)


def field_picture(
    noun: Field, *, target_m: FloatArray | None = None, top: float | None = None
) -> "Figure":
    """Draw |E| on the cortex with the coil's outline.

    Parameters
    ----------
    noun : Field
        Any, of a head with a cortex.
    target_m : (3,) array [m], optional
        Marked.
    top : float [V/m], optional
        |E| of the strongest colour; by default the 99.9th percentile.

    Returns
    -------
    Figure
        Along the coil's axis and from above.
    """
    on_cortex = noun.on_cortex()
    views = (-noun.pose.rotation[:, 2], SUPERIOR)
    rate = a_per_us_from_a_per_s(noun.didt_a_per_s)
    return _on_cortex(
        on_cortex.surface,
        on_cortex.magnitude_v_per_m,
        views,
        label=f"|E| on the cortex (V/m) at {rate:.4g} A/µs",
        top=top,
        placed=Placed(noun.coil, noun.pose),
        target_m=target_m,
    )


def _on_cortex(
    surface: Surface,
    values: FloatArray,
    views: tuple[FloatArray, FloatArray],
    *,
    label: str,
    top: float | None = None,
    placed: Placed | None = None,
    target_m: FloatArray | None = None,
) -> "Figure":
    if top is None:
        top = nice_top(weighted_percentile(values, surface.vertex_areas_m2, TOP_PERCENTILE))
    figure = new_figure(10, 4.8)
    spans_m = surface.vertices_m
    if placed is not None:
        spans_m = np.vstack([spans_m, coil_points_m(placed.drawn)])
    for column, toward in enumerate(views):
        axes = figure.add_axes((0.01 + 0.46 * column, 0.02, 0.45, 0.88))
        view = view_of(toward, spans_m, aspect=1.08)
        buffer = rasterise(surface, np.nan_to_num(values)[:, None], view, HEIGHT_PX)
        rgb = field_rgb(buffer.values[..., 0], top)
        axes.imshow(shade(buffer, rgb, view), extent=view.extent_mm)
        picture_axes(axes, view)
        if placed is not None:
            draw_outline(axes, placed.drawn, view)
        if target_m is not None:
            target_marker(axes, view.project_mm(target_m))
        scale_bar(axes, view)
        title(axes, ("Facing the strongest field", "Seen from above")[column])
    colour_bar(figure, (0.935, 0.2, 0.012, 0.6), top, label)
    return figure


def _plain(surface: Surface, view: View, colour: tuple[float, ...]) -> FloatArray:
    buffer = rasterise(surface, np.zeros((len(surface.vertices_m), 0)), view, HEIGHT_PX)
    rgb = np.broadcast_to(np.array(colour, dtype=np.float32), buffer.normals.shape)
    return shade(buffer, rgb, view, gloss=0.05, hollow_m=12e-3)


def pulse_picture(noun: Pulse) -> "Figure":
    """Draw dI/dt over time.

    Parameters
    ----------
    noun : Pulse
        Any.

    Returns
    -------
    Figure
        One panel.
    """
    figure = new_figure(6.4, 3.6)
    axes = figure.add_axes((0.13, 0.16, 0.84, 0.72))
    axes.plot(us_from_s(noun.time_s), a_per_us_from_a_per_s(noun.didt_a_per_s), color=ACCENT)
    plain_axes(axes, "time (µs)", "dI/dt (A/µs)")
    title(axes, noun.words or noun.name)
    return figure


def protocol_picture(noun: Protocol | Course) -> "Figure":
    """Draw the pulses at up to four scales.

    Parameters
    ----------
    noun : Protocol or Course
        Any.

    Returns
    -------
    Figure
        A row for each scale.
    """
    if isinstance(noun, Protocol):
        return protocol_drawing(Course(noun.name, noun, np.zeros(1)))
    return protocol_drawing(noun)


def prediction_picture(noun: Prediction) -> "Figure":
    """Draw the course of excitability with its bands.

    Parameters
    ----------
    noun : Prediction
        At several times.

    Returns
    -------
    Figure
        One panel.
    """
    figure = new_figure(7.2, 4.2)
    excitability_course(figure.add_axes((0.11, 0.14, 0.86, 0.76)), noun)
    return figure


def hunt_picture(noun: ThresholdHunt) -> "Figure":
    """Draw every pulse of a threshold, and what was known after it.

    Parameters
    ----------
    noun : ThresholdHunt
        With at least one pulse.

    Returns
    -------
    Figure
        One panel.

    Raises
    ------
    BadInputError
        When no pulse was given yet.
    """
    if not noun.pulses:
        msg = "there is nothing to draw before the first pulse; give one with respond()."
        raise BadInputError(msg)
    again = ThresholdHunt(noun.settings)
    rows = []
    for pulse in noun.pulses:
        hit = pulse.hit if pulse.mep_v is None else None
        again.respond(hit=hit, mep_v=pulse.mep_v, percent=pulse.percent)
        found = again.result()
        rows.append((found.estimate_percent, found.low_percent, found.high_percent))
    course = np.array(rows)
    return threshold_course(
        np.array([pulse.percent for pulse in noun.pulses]),
        np.array([pulse.hit for pulse in noun.pulses]),
        course[:, 0],
        course[:, 1:],
    )


def curves_picture(noun: CurvesRecord) -> "Figure":
    """Draw the first twelve curves of a fit.

    Parameters
    ----------
    noun : CurvesRecord
        As fitted.

    Returns
    -------
    Figure
        A panel for each.
    """
    return recruitment_curves(noun)


def rehearsal_picture(noun: RehearsalRecord) -> "Figure":
    """Draw a rehearsed session, what was found and what is true.

    Parameters
    ----------
    noun : RehearsalRecord
        A session that has ended.

    Returns
    -------
    Figure
        One sheet.
    """
    return score_sheet(noun)


PICTURES: dict[Any, "Callable[..., Figure]"] = {
    Head: head_picture,
    Coil: coil_picture,
    Pose: pose_picture,
    SurfaceField: surface_picture,
    Field: field_picture,
    Pulse: pulse_picture,
    Protocol: protocol_picture,
    Course: protocol_picture,
    Prediction: prediction_picture,
    ThresholdHunt: hunt_picture,
    CurvesRecord: curves_picture,
    RehearsalRecord: rehearsal_picture,
}
"""What can be drawn."""
