"""One HTML file that answers the question and shows what the answer rests on."""

from base64 import b64encode
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from cortistim.cache import atomic_path
from cortistim.units import matrix_mm_from_m, mm_from_m
from cortistim.viz.content import ReportContent
from cortistim.viz.figures.cortex_field import top_of_scale
from cortistim.viz.report.sections import (
    dose_section,
    neuron_section,
    plasticity_section,
    safety_section,
    trust_section,
)
from cortistim.viz.report.tables import (
    NO_REASON,
    facts_of,
    grid,
    number,
    reason_for,
    rows,
    source_list,
)
from cortistim.viz.report.words import (
    answer,
    handle_in_words,
    is_single,
    offset_in_words,
    peak_in_words,
)
from cortistim.viz.scene.scene import scene

NOTICE = (
    "Research software, not a medical device; not for clinical decisions without independent "
    "verification."
)
CAPTIONS: Mapping[str, str] = {
    "cortex_field": "<b>The field on the cortex.</b> Magnitude of the electric field at the "
    "plan's dI/dt; the strongest colour stands for {top} V/m and more. The line is the coil's "
    "casing, the arrow its handle, the ring the target.",
    "slices": "<b>The field in the brain.</b> Slices through the target, tissues in the "
    "greys of a T1-weighted image (drawn from the labels, not measured), tissue borders as "
    "lines; the strongest colour stands for {top} V/m and more. The person's left is on the "
    "left of the coronal and the axial slice.",
    "placement_view": "<b>The coil on the head.</b> Casing and winding at the planned pose. "
    "Each dot is a position that the search tried, coloured by the field it gives at the "
    "target. The ring is the target, seen through the head.",
    "search_map": "<b>What happens when the coil moves or turns.</b> Left: field at the "
    "target for each position, at that position's best angle, seen along the coil's axis. "
    "Right: field at the target when the coil turns about its axis. Both for each A/µs; the "
    "crosses mark the planned pose, the ring the target.",
    "recruitment": "<b>Which cells fire.</b> Share of the cells of each layer that the plan's "
    "pulse recruits, with three simple models of layer 5 beside them: the field's magnitude, "
    "its component into the cortex, and the cosine of its angle. Seen along the coil's axis.",
    "plasticity_course": "<b>What the protocol is likely to do.</b> Pulses left; right the "
    "predicted change of excitability, with the middle 50 and 80 % of an ensemble of parameter "
    "sets and people. A model's opinion, calibrated on motor responses of the hand.",
    "pulse_and_protocol": "<b>Pulse and protocol.</b> Rate of change of the coil's current "
    "during one pulse, and when the pulses come.",
    "field_statistics": "<b>The field in numbers.</b> Left and middle: cortical area by field "
    "strength. Right: the field's magnitude and its parts along and across the cortex, by "
    "straight distance from the target.",
}
ONE_PULSE = (
    "<b>The pulse.</b> Rate of change of the coil's current during the single pulse that the "
    "protocol has."
)
POSE_ELSEWHERE = ("matsimnibs", "convention", "handle", "handle_deg", "side")
GIVEN_AT = "all fields are given at this rate"


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
    return Template(_shipped("report.html")).substitute(
        title=escape(_subject(content)),
        notice=escape(NOTICE),
        subject=escape(_subject(content)),
        answer=escape(answer(content)),
        tiles=_tiles(content),
        warnings=_warnings(content),
        scene=_scene_html(content),
        figures="".join(_figure(content, name, file) for name, file in figures.items()),
        pose=_pose(content),
        dose=dose_section(content),
        safety=safety_section(content),
        neuron=neuron_section(content),
        plasticity=plasticity_section(content),
        trust=trust_section(content),
        inputs=_inputs(content),
        sources=source_list(content.plan.sources),
        run=_run(content),
    )


def _shipped(name: str) -> str:
    return files("cortistim.viz.report").joinpath(name).read_text(encoding="utf-8")


def _subject(content: ReportContent) -> str:
    plan = content.plan
    names = (plan.target.name, plan.head.name, plan.coil.name, plan.protocol.name)
    return "Stimulation plan: " + ", ".join(name for name in names if name)


def _warnings(content: ReportContent) -> str:
    items = "".join(f"<li>{escape(text)}</li>" for text in content.plan.warnings)
    return f'<div class="warnings"><b>Check this</b><ul>{items}</ul></div>' if items else ""


def _tile(name: str, value: str, unit: str, about: str = "") -> str:
    return (
        f'<div class="tile"><div class="name">{escape(name)}</div>'
        f'<div class="value">{escape(value)} <small>{escape(unit)}</small></div>'
        f'<div class="about">{escape(about)}</div></div>'
    )


def _tiles(content: ReportContent) -> str:
    field = content.plan.field
    depth_m = float(np.linalg.norm(content.pose.origin_m - content.target_m))
    peak, at_target = field.local_peak_e_v_per_m, field.target_e_v_per_m
    return "".join(
        (
            _tile("|E| at the target", f"{at_target:.0f}", "V/m", field.target_e_is),
            _tile("Peak |E| on the cortex", f"{peak:.0f}", "V/m", peak_in_words(content)),
            _output_tile(content),
            _tile("Peak dI/dt", number(field.didt_a_per_us), "A/µs", GIVEN_AT),
            _tile("Coil to target", f"{mm_from_m(depth_m):.0f}", "mm", _scalp_gap(content)),
            _tile("Side", content.side.capitalize(), "", offset_in_words(content)),
        )
    )


def _output_tile(content: ReportContent) -> str:
    """Show the stimulator's output, or why it is not known."""
    dose = content.plan.dose
    percent = dose.percent_mso
    if percent is not None:
        about = "of maximum stimulator output"
        return _tile("Stimulator output", f"{percent:.0f}", "% MSO", about)
    return (
        '<div class="tile"><div class="name">Stimulator output</div>'
        '<div class="value words">Not given</div>'
        f'<div class="about">{escape(dose.reason)}</div></div>'
    )


def _scalp_gap(content: ReportContent) -> str:
    gap_mm = content.plan.pose.distance_mm
    return f"from the casing's face; {gap_mm:.1f} mm to the scalp"


def _scene_html(content: ReportContent) -> str:
    """Write the scene, or why there is none: a picture must not cost the report."""
    try:
        return _scene_page(content)
    except Exception as error:  # noqa: BLE001 - whatever a drawing library may raise
        said = escape(f"{type(error).__name__}: {error}"[:200])
        return f'<p class="missing">The scene could not be drawn: {said}</p>'


def _scene_page(content: ReportContent) -> str:
    from plotly.io import to_html

    return to_html(
        scene(content),
        full_html=False,
        include_plotlyjs=True,
        default_height="100%",
        div_id="scene",
        post_script=_shipped("report.js"),
        config={"displayModeBar": False, "responsive": True, "scrollZoom": True},
    )


def _figure(content: ReportContent, name: str, file: Path) -> str:
    data = b64encode(Path(file).read_bytes()).decode("ascii")
    caption = CAPTIONS[name].format(top=f"{top_of_scale(content):g}")
    if name == "pulse_and_protocol" and is_single(content):
        caption = ONE_PULSE
    words = escape(name.replace("_", " "), quote=True)
    return (
        f'<figure><img alt="{words}" src="data:image/png;base64,{data}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _pose(content: ReportContent) -> str:
    matrix = matrix_mm_from_m(content.pose.matrix_m)
    lines = "\n".join(" ".join(f"{value:12.6f}" for value in line) for line in matrix)
    facts = {
        "coil's centre": offset_in_words(content),
        "its side": f"{content.coil_side}; the target's: {content.side}",
        "handle points": handle_in_words(content),
        **facts_of(content.plan.pose),
    }
    return (
        f'<pre id="pose">{lines}</pre><p class="hint">One click selects the matrix. '
        "Millimetres, subject frame (right, anterior, superior). The columns are the coil's "
        "x, y and z axis and the centre of its face; z points into the head, y away from the "
        f"handle.</p>{rows(facts, leave_out=POSE_ELSEWHERE)}"
    )


def _inputs(content: ReportContent) -> str:
    plan = content.plan
    inputs = (
        ("Target", plan.target, ()),
        ("Coil", plan.coil, ("current",)),  # polarity says it
        ("Stimulator", plan.stimulator, ()),
        ("Protocol", plan.protocol, ("intensity_percent", "threshold")),
    )
    parts = [
        f"<div><h3>Head</h3>{rows(_present(plan.head), leave_out=('tissues',))}</div>",
        f"<div><h3>Tissues and conductivities</h3>{grid(plan.head.tissues)}</div>",
        *(
            f"<div><h3>{title}</h3>{rows(_present(record), leave_out=hidden)}</div>"
            for title, record, hidden in inputs
        ),
    ]
    return f'<div class="columns">{"".join(parts)}</div>'


def _present(record: object) -> dict[str, Any]:
    """Leave out what a head or coil does not have: no tensors, no segments, no bending.

    What is missing for a reason, or withheld, stays. A coil's only stimulator has a table of
    its own.
    """
    values = facts_of(record)
    alone = len(values.get("stimulators", ())) == 1
    return {
        key: value
        for key, value in values.items()
        if (value or isinstance(value, float) or reason_for(values, key) != NO_REASON)
        and not (alone and key == "stimulators")
    }


def _run(content: ReportContent) -> str:
    timing = {
        f"{name.removesuffix('_s')}_s": value for name, value in content.plan.timing_s.items()
    }
    return (
        f'<div class="columns"><div><h3>Time taken</h3>{rows(timing)}</div>'
        f"<div><h3>Versions</h3>{rows(content.plan.versions)}</div></div>"
    )
