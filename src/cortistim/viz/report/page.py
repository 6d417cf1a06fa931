"""One HTML file that answers the question and shows what the answer rests on."""

from base64 import b64encode
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import numpy as np

from cortistim.cache import atomic_path
from cortistim.units import mm_from_m
from cortistim.viz.content import ReportContent
from cortistim.viz.figures.cortex_field import top_of_scale
from cortistim.viz.report import markup
from cortistim.viz.report.blocks import Picture, Tile
from cortistim.viz.report.sections import (
    dose_section,
    inputs_section,
    neuron_section,
    plasticity_section,
    pose_section,
    run_section,
    safety_section,
    sources_section,
    trust_section,
)
from cortistim.viz.report.tables import number
from cortistim.viz.report.words import answer, is_single, offset_in_words, peak_in_words
from cortistim.viz.scene.scene import scene

NOTICE = (
    "Research software, not a medical device; not for clinical decisions without independent "
    "verification."
)
CAPTIONS: Mapping[str, tuple[str, str]] = {
    "cortex_field": (
        "The field on the cortex.",
        "Magnitude of the electric field at the plan's dI/dt; the strongest colour stands "
        "for {top} V/m and more. The line is the coil's casing, the arrow its handle, the "
        "ring the target.",
    ),
    "slices": (
        "The field in the brain.",
        "Slices through the target, tissues in the greys of a T1-weighted image (drawn "
        "from the labels, not measured), tissue borders as lines; the strongest colour "
        "stands for {top} V/m and more. The person's left is on the left of the coronal "
        "and the axial slice.",
    ),
    "placement_view": (
        "The coil on the head.",
        "Casing and winding at the planned pose. Each dot is a position that the search "
        "tried, coloured by the field it gives at the target. The ring is the target, "
        "seen through the head.",
    ),
    "search_map": (
        "What happens when the coil moves or turns.",
        "Left: field at the target for each position, at that position's best angle, seen "
        "along the coil's axis. Right: field at the target when the coil turns about its "
        "axis. Both for each A/µs; the crosses mark the planned pose, the ring the "
        "target.",
    ),
    "recruitment": (
        "Which cells fire.",
        "Share of the cells of each layer that the plan's pulse recruits, with three "
        "simple models of layer 5 beside them: the field's magnitude, its component into "
        "the cortex, and the cosine of its angle. Seen along the coil's axis.",
    ),
    "plasticity_course": (
        "What the protocol is likely to do.",
        "Pulses left; right the predicted change of excitability, with the middle 50 and "
        "80 % of an ensemble of parameter sets and people. A model's opinion, calibrated "
        "on motor responses of the hand.",
    ),
    "pulse_and_protocol": (
        "Pulse and protocol.",
        "Rate of change of the coil's current during one pulse, and when the pulses come.",
    ),
    "field_statistics": (
        "The field in numbers.",
        "Left and middle: cortical area by field strength. Right: the field's magnitude "
        "and its parts along and across the cortex, by straight distance from the target.",
    ),
}
"""Title and words below each figure, by its name."""
ONE_PULSE = (
    "The pulse.",
    "Rate of change of the coil's current during the single pulse that the protocol has.",
)
GIVEN_AT = "all fields are given at this rate"
SECTIONS = (
    ("Where the coil goes", pose_section),
    ("Dose", dose_section),
    ("What the safety table says", safety_section),
    ("Which neurons fire", neuron_section),
    ("What it is likely to do", plasticity_section),
    ("How sure is this", trust_section),
    ("What went in", inputs_section),
    ("Sources", sources_section),
    ("The run", run_section),
)


def write_report(
    content: ReportContent, path: Path | str, *, figures: Mapping[str, Path]
) -> Path:
    """Write the report; it needs no network and no other file.

    Parameters
    ----------
    content : ReportContent
        What to report.
    path : Path or str
        The .html file; replaced when it exists, only when all went well.
    figures : mapping of str to Path
        PNG files by figure name, from `write_figures`.

    Returns
    -------
    Path
        The file.
    """
    page = report_html(content, figures)
    target = Path(path)
    with atomic_path(target) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return target


def report_html(content: ReportContent, figures: Mapping[str, Path]) -> str:
    """Return the report's HTML.

    Parameters
    ----------
    content : ReportContent
        What to report.
    figures : mapping of str to Path
        PNG files by figure name.

    Returns
    -------
    str
        A whole page.
    """
    drawn, reason = _scene(content)
    return markup.page(
        subject=_subject(content),
        notice=NOTICE,
        answer=answer(content),
        tiles=_tiles(content),
        warnings=content.plan.warnings,
        scene=drawn,
        no_scene=reason,
        pictures=[_picture(content, name, file) for name, file in figures.items()],
        sections=[(title, section(content)) for title, section in SECTIONS],
    )


def _subject(content: ReportContent) -> str:
    plan = content.plan
    names = (plan.target.name, plan.head.name, plan.coil.name, plan.protocol.name)
    return "Stimulation plan: " + ", ".join(name for name in names if name)


def _tiles(content: ReportContent) -> tuple[Tile, ...]:
    field = content.plan.field
    depth_m = float(np.linalg.norm(content.pose.origin_m - content.target_m))
    gap_mm = content.plan.pose.distance_mm
    gap = f"from the casing's face; {gap_mm:.1f} mm to the scalp"
    peak, at_target = field.local_peak_e_v_per_m, field.target_e_v_per_m
    return (
        Tile("|E| at the target", f"{at_target:.0f}", "V/m", field.target_e_is),
        Tile("Peak |E| on the cortex", f"{peak:.0f}", "V/m", peak_in_words(content)),
        _output_tile(content),
        Tile("Peak dI/dt", number(field.didt_a_per_us), "A/µs", GIVEN_AT),
        Tile("Coil to target", f"{mm_from_m(depth_m):.0f}", "mm", gap),
        Tile("Side", content.side.capitalize(), "", offset_in_words(content)),
    )


def _output_tile(content: ReportContent) -> Tile:
    """Show the stimulator's output, or why it is not known."""
    dose, name = content.plan.dose, "Stimulator output"
    if dose.percent_mso is None:
        return Tile(name, "Not given", about=dose.reason, words=True)
    about = "of maximum stimulator output"
    return Tile(name, f"{dose.percent_mso:.0f}", "% MSO", about)


def _scene(content: ReportContent) -> tuple[str, str]:
    """Draw the scene, or say why there is none: a picture must not cost the report."""
    try:
        return _scene_html(content), ""
    except Exception as error:  # noqa: BLE001 - whatever a drawing library may raise
        said = f"{type(error).__name__}: {error}"[:200]
        return "", f"The scene could not be drawn: {said}"


def _scene_html(content: ReportContent) -> str:
    from markupsafe import Markup
    from plotly.io import to_html

    drawn = to_html(
        scene(content),
        full_html=False,
        include_plotlyjs=True,
        default_height="100%",
        div_id="scene",
        post_script=files("cortistim.viz.report").joinpath("report.js").read_text("utf-8"),
        config={"displayModeBar": False, "responsive": True, "scrollZoom": True},
    )
    return Markup(drawn)


def _picture(content: ReportContent, name: str, file: Path) -> Picture:
    data = b64encode(Path(file).read_bytes()).decode("ascii")
    title, caption = CAPTIONS[name]
    if name == "pulse_and_protocol" and is_single(content):
        title, caption = ONE_PULSE
    top = f"{top_of_scale(content):g}"
    return Picture(name.replace("_", " "), data, title, caption.format(top=top))
