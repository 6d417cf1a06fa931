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
from cortistim.viz.field_statistics import weighted_percentiles
from cortistim.viz.scene import scene
from cortistim.viz.tables import cell, grid, number, reason_for, rows, source_list
from cortistim.viz.words import (
    answer,
    didt_a_per_us,
    e_at_target,
    handle_in_words,
    offset_in_words,
    side_in_words,
)

NOTICE = (
    "Research software, not a medical device; not for clinical decisions without independent "
    "verification."
)
CAPTIONS: Mapping[str, str] = {
    "cortex_field": "<b>The field on the cortex.</b> Magnitude of the electric field at the "
    "plan's dI/dt; the scale ends at the 99.9th percentile. The line is the coil's casing, "
    "the arrow its handle, the ring the target.",
    "slices": "<b>The field in the brain.</b> Slices through the target, tissues in the "
    "greys of a T1-weighted image (drawn from the labels, not measured), tissue borders as "
    "lines. Left is on the left.",
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
LIMITS = (
    "The electric field is computed, not measured. Conductivities of living tissue differ "
    "between people and publications, and the field follows them.",
    "The anatomy is the head model's. If that is not this person's, position and strength "
    "in this person are not known.",
    "A field is not a response. Which neurons fire also depends on their direction, on the "
    "waveform and on the state of the brain.",
)
GIVEN_AT = "all fields are given at this rate"
OWN_PLACE = (
    "head", "coil", "stimulator", "protocol", "safety", "neuron", "plasticity", "target",
    "pose", "field", "dose", "comparison", "sensitivity", "timing_s", "versions", "sources",
    "warnings", "aim", "limits", "schema", "notice",
)  # fmt: skip
INPUTS = (
    ("Target", "target"),
    ("Coil", "coil"),
    ("Stimulator", "stimulator"),
    ("Protocol", "protocol"),
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
    return Template(_shipped("report.html")).substitute(
        title=escape(_subject(content)),
        notice=escape(NOTICE),
        subject=escape(_subject(content)),
        answer=escape(answer(content)),
        tiles=_tiles(content),
        warnings=_warnings(content),
        scene=_scene_html(content),
        figures="".join(_figure(name, file) for name, file in figures.items()),
        pose=_pose(content),
        dose=_dose(content),
        safety=_safety(content),
        neuron=_neuron(content),
        plasticity=_plasticity(content),
        trust=_trust(content),
        extra=_extra(content),
        inputs=_inputs(content),
        sources=source_list(content.plan.get("sources") or ()),
        run=_run(content),
    )


def _shipped(name: str) -> str:
    return files("cortistim.viz").joinpath(name).read_text(encoding="utf-8")


def _strings(values: object) -> list[str]:
    if isinstance(values, str):
        return [values]
    return [str(value) for value in values] if isinstance(values, list | tuple) else []


def _subject(content: ReportContent) -> str:
    names = [content.part(name).get("name") for name in ("target", "head", "coil", "protocol")]
    return "Stimulation plan: " + ", ".join(str(name) for name in names if name)


def _warnings(content: ReportContent) -> str:
    texts = _strings(content.plan.get("warnings"))
    items = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f'<div class="warnings"><b>Check this</b><ul>{items}</ul></div>' if items else ""


def _tile(name: str, value: str, unit: str, about: str = "") -> str:
    return (
        f'<div class="tile"><div class="name">{escape(name)}</div>'
        f'<div class="value">{escape(value)} <small>{escape(unit)}</small></div>'
        f'<div class="about">{escape(about)}</div></div>'
    )


def _tiles(content: ReportContent) -> str:
    at_target, how = e_at_target(content)
    peak = weighted_percentiles(
        content.e_magnitude_v_per_m, content.cortex.vertex_areas_m2, np.array([99.9])
    )[0]
    depth_m = float(np.linalg.norm(content.pose.origin_m - content.target_m))
    return "".join(
        (
            _tile("|E| at the target", f"{at_target:.0f}", "V/m", how),
            _tile("Peak |E| on the cortex", f"{peak:.0f}", "V/m", "99.9th percentile by area"),
            _output_tile(content),
            _tile("Peak dI/dt", number(didt_a_per_us(content)), "A/µs", GIVEN_AT),
            _tile("Coil to target", f"{mm_from_m(depth_m):.0f}", "mm", _scalp_gap(content)),
            _tile("Side", side_in_words(content).capitalize(), "", offset_in_words(content)),
        )
    )


def _output_tile(content: ReportContent) -> str:
    """Show the stimulator's output, or why it is not known."""
    dose = content.part("dose")
    percent = dose.get("percent_mso")
    if isinstance(percent, int | float) and np.isfinite(percent):
        about = "of maximum stimulator output"
        return _tile("Stimulator output", f"{percent:.0f}", "% MSO", about)
    return (
        '<div class="tile"><div class="name">Stimulator output</div>'
        '<div class="value words">Not given</div>'
        f'<div class="about">{escape(reason_for(dose, "percent_mso"))}</div></div>'
    )


def _scalp_gap(content: ReportContent) -> str:
    gap_mm = content.part("pose").get("distance_mm")
    if isinstance(gap_mm, int | float) and np.isfinite(gap_mm):
        return f"from the casing's face; {gap_mm:.1f} mm to the scalp"
    return "from the centre of the casing's face"


def _scene_html(content: ReportContent) -> str:
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


def _figure(name: str, file: Path) -> str:
    data = b64encode(Path(file).read_bytes()).decode("ascii")
    caption = CAPTIONS.get(name, escape(name))
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
        "handle points": handle_in_words(content),
        **content.part("pose"),
    }
    return (
        f'<pre id="pose">{lines}</pre><p class="hint">One click selects the matrix. '
        "Millimetres, subject frame (right, anterior, superior). The columns are the coil's "
        "x, y and z axis and the centre of its face; z points into the head, y away from the "
        f"handle.</p>{rows(facts, leave_out=('matsimnibs', 'convention', 'handle'))}"
    )


def _dose(content: ReportContent) -> str:
    dose = content.part("dose")
    basis = dose.get("rests_on")
    if isinstance(basis, str | None):
        said = cell(basis, reason="The plan does not say what the dose rests on.")
        given = {
            key: value
            for key, value in dose.items()
            if key == "percent_mso" or value is not None  # one reason answers for all
        }
        return f"<p>Rests on: {said}</p>" + rows(given, leave_out=("rests_on", "reason"))
    return rows(dose)


def _safety(content: ReportContent) -> str:
    safety = content.part("safety")
    if not safety:
        return "<p>Not checked.</p>"
    verdict, table = escape(str(safety.get("verdict"))), escape(str(safety.get("table")))
    notes = [*_strings(safety.get("reasons")), *_strings(safety.get("cautions"))]
    points = "".join(f"<li>{escape(note)}</li>" for note in notes)
    beside = ("cell", "limits", "labelled_use", "published_bursts", "dose")
    facts = {key: safety[key] for key in beside if safety.get(key)}
    return (
        f"<p><b>{verdict[:1].upper()}{verdict[1:]}</b>, by the table {table}.</p>"
        f"<ul>{points}</ul>{rows(facts)}"
    )


def _neuron(content: ReportContent) -> str:
    said = content.part("neuron")
    if not said:
        return "<p>Not computed.</p>"
    table = [
        {"current": name.replace("_", " "), **found["recruited_percent"],
         **{f"baseline {k}": x for k, x in found["baselines_percent"].items()}}
        for name, found in said["polarity"].items()
    ]  # fmt: skip
    expected = [
        {"current": name.replace("_", " "), **found["motor_threshold"]}
        for name, found in said["polarity"].items()
        if "motor_threshold" in found
    ]
    notes = "".join(f"<li>{escape(text)}</li>" for text in _strings(said.get("limits")))
    return (
        f"<p>Cells recruited at the target, in percent, for a {escape(str(said['pulse']))} "
        f"pulse of {said['didt_a_per_us']:g} A/µs in both directions of the current.</p>"
        f"{grid(table)}{grid(expected) if expected else ''}"
        f"<p>Thresholds: {escape(str(said['table']['table']))}. Field: "
        f"{escape(str(said['layers']['words']))}.</p>"
        f"<h3>Calibration</h3>{rows(said['calibration'])}"
        f"<h3>Dose by equal field</h3>{rows(said['dose'])}"
        f"<ul>{notes}</ul>{source_list(said.get('sources') or ())}"
    )


def _plasticity(content: ReportContent) -> str:
    said = content.part("plasticity")
    if not said:
        return "<p>Not predicted.</p>"
    verdict = escape(str(said.get("verdict")))
    points = "".join(f"<li>{escape(text)}</li>" for text in _strings(said.get("reasons")))
    shown = ("minutes", "mean_percent", "sd_percent", "p_up", "p_down", "verdict")
    table = [{key: row[key] for key in shown} for row in said.get("ensemble", ())]
    return (
        f"<p><b>{verdict[:1].upper()}{verdict[1:]}</b>, 15 minutes after the last pulse.</p>"
        f"<ul>{points}</ul>{grid(table) if table else ''}"
        f"<p>{escape(str(said.get('honest')))}</p>{source_list(said.get('sources') or ())}"
    )


def _trust(content: ReportContent) -> str:
    field = content.part("field")
    notes = [*_strings(field.get("notes")), *_strings(content.plan.get("limits")), *LIMITS]
    parts = ["<ul>", *(f"<li>{escape(note)}</li>" for note in notes), "</ul>"]
    parts.append('<div class="columns">')
    for title, values in (
        ("If the coil or the model differs", content.plan.get("sensitivity")),
        ("How the pose was found", content.plan.get("aim")),
        ("Solver", field.get("solver")),
    ):
        if values:
            parts.append(f"<div><h3>{title}</h3>{cell(values)}</div>")
    shown = rows(field, leave_out=("solver", "notes"))
    parts.append(f"<div><h3>Field</h3>{shown}</div></div>")
    return "".join(parts)


def _extra(content: ReportContent) -> str:
    found = ""
    if content.plan.get("comparison"):
        found = f"<section><h2>Comparison</h2>{cell(content.plan['comparison'])}</section>"
    others: dict[str, Any] = {
        str(key): value for key, value in content.plan.items() if key not in OWN_PLACE
    }
    if others:
        found += f"<section><h2>Also recorded</h2>{rows(others)}</section>"
    return found


def _inputs(content: ReportContent) -> str:
    head = content.part("head")
    tissues = head.get("tissues")
    conductivities = ""
    if isinstance(tissues, list | tuple) and tissues:
        conductivities = f"<div><h3>Tissues and conductivities</h3>{grid(tissues)}</div>"
    parts = [
        f"<div><h3>Head</h3>{rows(head, leave_out=('tissues',))}</div>",
        conductivities,
        *(f"<div><h3>{title}</h3>{rows(content.part(key))}</div>" for title, key in INPUTS),
    ]
    return f'<div class="columns">{"".join(parts)}</div>'


def _run(content: ReportContent) -> str:
    timing = {
        f"{str(name).removesuffix('_s')}_s": value
        for name, value in content.part("timing_s").items()
    }
    return (
        f'<div class="columns"><div><h3>Time taken</h3>{rows(timing)}</div>'
        f"<div><h3>Versions</h3>{rows(content.part('versions'))}</div></div>"
    )
