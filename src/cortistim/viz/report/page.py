"""One HTML file that answers the question and shows what the answer rests on."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from gzip import compress
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from cortistim.cache import atomic_path
from cortistim.records.safety import VerdictName
from cortistim.units import mm_from_m
from cortistim.viz.content import ReportContent
from cortistim.viz.figures.cortex_field import top_of_scale
from cortistim.viz.report import markup
from cortistim.viz.report.blocks import Picture, Section, Tile
from cortistim.viz.report.details import (
    inputs_section,
    neuron_section,
    plasticity_section,
    run_section,
    sources_section,
)
from cortistim.viz.report.numbers import quantity, shown
from cortistim.viz.report.sections import (
    dose_section,
    field_section,
    pose_section,
    safety_section,
    trust_section,
)
from cortistim.viz.report.words import (
    answer,
    headed,
    is_single,
    is_undeliverable,
    level,
    offset_in_words,
    output_interval,
    peak_in_words,
    target_interval,
)
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
SECTIONS = (
    ("place", "Where the coil goes", pose_section),
    ("field", "The field", field_section),
    ("output", "Stimulator output", dose_section),
    ("safety", "Safety", safety_section),
    ("trust", "How sure is this", trust_section),
    ("cells", "Which cells fire", neuron_section),
    ("effect", "What it may do", plasticity_section),
    ("inputs", "What went in", inputs_section),
    ("sources", "Sources", sources_section),
    ("run", "The run", run_section),
)
MANY_PULSES = ("effect",)
"""Chapters that say nothing of a single pulse."""
QUALITY = 86  # of pictures inside the page; by eye, none is told from the file beside it


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
    sections = [
        Section(anchor, title, section(content))
        for anchor, title, section in SECTIONS
        if not (is_single(content) and anchor in MANY_PULSES)
    ]
    return markup.page(
        subject=_subject(content),
        notice=NOTICE,
        answer=answer(content),
        tiles=_tiles(content),
        warnings=content.plan.warnings,
        scene=drawn,
        no_scene=reason,
        unpacker=_unpacker(),
        pictures={name: _picture(content, name, file) for name, file in figures.items()},
        sections=sections,
    )


def _subject(content: ReportContent) -> str:
    plan = content.plan
    names = (plan.target.name, plan.head.name, plan.coil.name, plan.protocol.name)
    return "Stimulation plan: " + ", ".join(name for name in names if name)


def _tiles(content: ReportContent) -> tuple[Tile, ...]:
    field, safety = content.plan.field, content.plan.safety
    depth_m = float(np.linalg.norm(content.pose.origin_m - content.target_m))
    gap = (
        f"from the casing's face; {quantity(content.plan.pose.distance_mm, 'mm')} to the scalp"
    )
    peak = shown(field.local_peak_e_v_per_m)
    return (
        _output_tile(content),
        _field_tile(content),
        Tile(
            "Safety",
            headed(safety.verdict),
            about=f"{safety.table}: {safety.reasons[0]}" if safety.reasons else safety.table,
            words=True,
            alarm=safety.verdict not in FINE,
        ),
        Tile("Peak |E| on the cortex", peak, "V/m", peak_in_words(content)),
        Tile("Coil to target", shown(mm_from_m(depth_m)), "mm", gap),
        Tile("Side", content.side.capitalize(), "", offset_in_words(content)),
    )


FINE: tuple[VerdictName, ...] = ("within",)
"""Verdicts that raise no alarm."""


def _field_tile(content: ReportContent) -> Tile:
    field, interval = content.plan.field, target_interval(content)
    at = f"at {quantity(field.didt_a_per_us, 'A/µs')}, as all fields here"
    about = f"{interval} in {level(content)} of cases; {at}" if interval else at
    return Tile("|E| at the target", shown(field.target_e_v_per_m), "V/m", about)


def _output_tile(content: ReportContent) -> Tile:
    """Show the recommended output and whether the device gives it, or why it is not known."""
    dose, name = content.plan.dose, "Stimulator output"
    cannot, delivery = is_undeliverable(content), dose.delivery
    why = "" if delivery is None else delivery.reason
    if dose.percent_mso is None:
        about = f"{dose.reason}. Not deliverable: {why}" if cannot else dose.reason
        return Tile(name, "Not given", about=about, words=True, alarm=cannot)
    interval = output_interval(content)
    about = (
        f"{interval} in {level(content)} of cases"
        if interval
        else "of maximum stimulator output"
    )
    verdict = "not checked" if delivery is None else delivery.verdict
    said = f"Not deliverable: {why}" if cannot else f"{headed(verdict)} by the device"
    return Tile(name, shown(dose.percent_mso), "% MSO", f"{about}. {said}", alarm=cannot)


def _scene(content: ReportContent) -> tuple[str, str]:
    """Draw the scene, or say why there is none: a picture must not cost the report."""
    try:
        return _packed(_scene_script(content)), ""
    except Exception as error:  # noqa: BLE001 - whatever a drawing library may raise
        said = f"{type(error).__name__}: {error}"[:200]
        return "", f"The scene could not be drawn: {said}"


def _scene_script(content: ReportContent) -> str:
    """Return plotly and the scene as one script; the page unpacks and runs it when seen."""
    from plotly.offline import get_plotlyjs

    drawn = json.dumps(_rounded(scene(content).to_dict())).replace("</", "<\\/")
    config = '{"displayModeBar": false, "responsive": true, "scrollZoom": true}'
    after = files("cortistim.viz.report").joinpath("report.js").read_text("utf-8")
    return (
        f"{get_plotlyjs()}\n;(function () {{ const figure = {drawn};\n"
        f'Plotly.newPlot("scene", figure.data, figure.layout, {config}).then(function () {{\n'
        f"{after.replace('{plot_id}', 'scene')}\n}}); }})();"
    )


def _rounded(value: Any) -> Any:  # noqa: ANN401 - plotly's own content
    """Write arrays as numbers of one digit behind the point, which pack best."""
    if isinstance(value, dict) and {"dtype", "bdata"} <= set(value):
        flat = np.frombuffer(b64decode(value["bdata"]), dtype=np.dtype(value["dtype"]))
        whole = np.issubdtype(flat.dtype, np.integer)
        shape = [int(n) for n in str(value.get("shape", flat.size)).split(",")]
        return (flat if whole else flat.astype(float).round(1)).reshape(shape).tolist()
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(part) for part in value]
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def _unpacker() -> str:
    from markupsafe import Markup

    code = files("cortistim.viz.report").joinpath("unpack.js").read_text("utf-8")
    return Markup(code)


def _packed(script: str) -> str:
    """Compress a script; browsers have unpacked gzip by themselves since 2023."""
    return b64encode(compress(script.encode("utf-8"), mtime=0)).decode("ascii")


def _picture(content: ReportContent, name: str, file: Path) -> Picture:
    title, caption = CAPTIONS[name]
    if name == "pulse_and_protocol" and is_single(content):
        title, caption = ONE_PULSE
    top = f"{top_of_scale(content):g}"
    return picture_of(Path(file), name, (title, caption.format(top=top)))


def picture_of(file: Path, name: str, caption: tuple[str, str]) -> Picture:
    """Embed a figure that was drawn.

    Parameters
    ----------
    file : Path
        A PNG.
    name : str
        Of the figure.
    caption : (str, str)
        Title and words below it.

    Returns
    -------
    Picture
        For a page.
    """
    return Picture(name.replace("_", " "), _data_url(file.read_bytes()), *caption)


def _data_url(png: bytes) -> str:
    """Embed a picture, as WebP where that is smaller than the file."""
    from PIL import Image, UnidentifiedImageError

    packed, kind = png, "png"
    try:
        smaller = BytesIO()
        Image.open(BytesIO(png)).convert("RGB").save(smaller, "WEBP", quality=QUALITY)
        if len(smaller.getvalue()) < len(png):
            packed, kind = smaller.getvalue(), "webp"
    except (UnidentifiedImageError, OSError):
        pass  # it is shown as it is
    return f"data:image/{kind};base64,{b64encode(packed).decode('ascii')}"
