"""A group on fsaverage5: maps of both hemispheres, doses, thresholds foretold, and a page."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from cortistim.head.cortex.hemispheres import SIDES
from cortistim.head.fsaverage import Template
from cortistim.records.cohort_group import GroupRecord, RuleRecord
from cortistim.typing import FloatArray
from cortistim.viz.figures.head_quality import PAGE
from cortistim.viz.render.canvas import (
    colour_bar,
    new_figure,
    nice_top,
    plain_axes,
    title,
)
from cortistim.viz.render.palette import ACCENT, CALM, FAINT, INK, MUTED, field_rgb
from cortistim.viz.render.raster import rasterise, shade, surface_of, view_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEIGHT_PX = 300
TINT = 0.25
RESTING = np.array([0.82, 0.82, 0.82])
VIEWS = (
    ("left", "lateral", (-1.0, 0.0, 0.2)),
    ("left", "medial", (1.0, 0.0, 0.0)),
    ("right", "medial", (-1.0, 0.0, 0.0)),
    ("right", "lateral", (1.0, 0.0, 0.2)),
)
VERDICTS = {"under": CALM, "within": "#3a8f5c", "over": ACCENT, "unknown": MUTED}


@dataclass(frozen=True, eq=False)
class GroupPanel:
    """A map to be drawn.

    Parameters
    ----------
    words : str
        Above it.
    values : (20484,) array
        NaN where nothing is known; sizes are drawn.
    top : float
        Value of the last colour.
    unit : str
        Beside the colours.
    """

    words: str
    values: FloatArray
    top: float
    unit: str


def group_maps(template: Template, panels: Sequence[GroupPanel]) -> "Figure":
    """Draw maps from both sides of both hemispheres.

    Parameters
    ----------
    template : Template
        The surface.
    panels : sequence of GroupPanel
        One row each.

    Returns
    -------
    Figure
        Four views in each row.
    """
    rows = len(panels)
    figure = new_figure(11, 2.35 * rows)
    for row, panel in enumerate(panels):
        low = 1 - (row + 1) / rows
        for column, (side, words, toward) in enumerate(VIEWS):
            place = (0.005 + 0.225 * column, low + 0.02 / rows, 0.22, 0.84 / rows)
            axes = figure.add_axes(place)
            part = template.side("left" if side == SIDES[0] else "right")
            surface = surface_of(template.mid_m[part], template.side_triangles)
            view = view_of(np.array(toward), surface.vertices_m, aspect=1.3, margin=0.02)
            values = panel.values[part]
            known = np.isfinite(values)
            tint = np.clip(-template.sulc[part], -1, 0.3)
            seen = np.column_stack([np.where(known, np.abs(values), 0), known, tint])
            buffer = rasterise(surface, seen, view, HEIGHT_PX)
            rgb = field_rgb(buffer.values[..., 0], panel.top)
            rgb = np.where(buffer.values[..., 1:2] > 0.5, rgb, RESTING)
            rgb = rgb * (1 + TINT * np.minimum(buffer.values[..., 2:], 0))
            axes.imshow(shade(buffer, rgb, view), extent=view.extent_mm)
            axes.set_axis_off()
            if column == 0:
                title(axes, panel.words)
            axes.text(
                0.5, 0.0, f"{side}, {words}", transform=axes.transAxes, ha="center",
                fontsize=7, color=MUTED,
            )  # fmt: skip
        bar = (0.915, low + 0.15 / rows, 0.012, 0.6 / rows)
        colour_bar(figure, bar, panel.top, panel.unit)
    return figure


def dose_figure(rules: Sequence[RuleRecord]) -> "Figure":
    """Draw the field at the target over the reference, by rule and person.

    Parameters
    ----------
    rules : sequence of RuleRecord
        Applied to the same people.

    Returns
    -------
    Figure
        One column of dots for each rule.
    """
    figure = new_figure(7.2, 4.0)
    axes = figure.add_axes((0.1, 0.12, 0.87, 0.78))
    axes.axhspan(0.8, 1.2, color=FAINT, lw=0)
    for place, rule in enumerate(rules):
        known = [one for one in rule.people if one.relative is not None]
        shift = np.linspace(-0.18, 0.18, len(known)) if len(known) > 1 else np.zeros(len(known))
        for one, off in zip(known, shift, strict=True):
            height = np.nan if one.relative is None else one.relative
            axes.plot(place + off, height, "o", ms=6, color=VERDICTS[one.verdict])
    plain_axes(axes, "", "field at the target / reference")
    axes.set_xticks(range(len(rules)), [_short(rule) for rule in rules], fontsize=8)
    axes.set_xlim(-0.5, len(rules) - 0.5)
    axes.set_ylim(bottom=0)
    title(axes, "Who gets too little, and who too much, by each rule")
    return figure


def _short(rule: RuleRecord) -> str:
    names = {"same_mso": "same %MSO", "percent_rmt": "% of rMT", "equal_field": "equal field"}
    spread = "" if rule.variation is None else f"\nCV {100 * rule.variation:.0f} %"
    return names[rule.rule] + spread


def foretold_figure(record: GroupRecord) -> "Figure":
    """Draw motor thresholds foretold against those measured.

    Parameters
    ----------
    record : GroupRecord
        With thresholds foretold.

    Returns
    -------
    Figure
        One panel.
    """
    figure = new_figure(4.6, 4.2)
    axes = figure.add_axes((0.15, 0.13, 0.8, 0.77))
    people = record.foretold.people if record.foretold else ()
    measured = np.array([one.measured_percent for one in people])
    foretold = np.array([one.foretold_percent for one in people])
    ends = [min(measured.min(), foretold.min()) - 3, max(measured.max(), foretold.max()) + 3]
    axes.plot(ends, ends, "-", color=MUTED, lw=1)
    axes.plot(measured, foretold, "o", ms=6, color=CALM)
    plain_axes(axes, "rMT measured (%MSO)", "rMT foretold from the others (%MSO)")
    title(axes, f"Root mean square error {record.foretold.rmse_percent:.1f} %MSO"
          if record.foretold else "")  # fmt: skip
    return figure


def panels_of(
    mean: FloatArray, sd: FloatArray, above: FloatArray, record: GroupRecord
) -> list[GroupPanel]:
    """Return the maps of a group that are always drawn.

    Parameters
    ----------
    mean, sd, above : (20484,) arrays
        Over people; NaN where not known.
    record : GroupRecord
        Their unit and level.

    Returns
    -------
    list of GroupPanel
        Mean, spread, and per cent of people above the level.
    """
    tops = [nice_top(float(np.nanpercentile(np.abs(one), 99.9))) for one in (mean, sd)]
    level = f"{record.level:g} {record.unit}"
    return [
        GroupPanel(f"Mean of {len(record.people)} people", mean, tops[0], record.unit),
        GroupPanel("Standard deviation between people", sd, tops[1], record.unit),
        GroupPanel(f"People above {level}", above, 100.0, "%"),
    ]


def group_page(record: GroupRecord, pictures: Mapping[str, bytes]) -> str:
    """Write the page of a cohort.

    Parameters
    ----------
    record : GroupRecord
        What was found.
    pictures : mapping of str to bytes
        PNG, by the words that stand for them.

    Returns
    -------
    str
        HTML with everything in it; no network.
    """
    name = f"Cohort {record.cohort}: {record.target}, {record.coil}"
    parts = [
        f"<h1>{escape(name)}</h1><p><small>{escape(record.notice)}</small></p>",
        f"<p>{escape(record.map_is)}; {len(record.people)} people; heads built "
        f"{record.setting}. 99.9th percentile of the mean "
        f"{record.mean_peak:.1f} {record.unit}.</p>",
        _notes(record),
        _picture(pictures, "maps"),
        _regions(record),
        _test(record, pictures),
        _doses(record, pictures),
        _people(record),
    ]
    return PAGE.format(
        title=escape(name), body="".join(parts), ink=INK, faint=FAINT, accent=ACCENT,
        calm=CALM, muted=MUTED,
    )  # fmt: skip


def _picture(pictures: Mapping[str, bytes], name: str) -> str:
    if name not in pictures:
        return ""
    data = b64encode(pictures[name]).decode("ascii")
    return f'<p><img alt="{escape(name)}" src="data:image/png;base64,{data}"></p>'


def _notes(record: GroupRecord) -> str:
    return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in record.notes)}</ul>"


def _table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(word)}</th>" for word in heading)
    body = "".join(
        "<tr>" + "".join(f"<td class='n'>{escape(cell)}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return f"<table><tr>{top}</tr>{body}</table>"


def _cell(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _regions(record: GroupRecord) -> str:
    rows = [
        (one.region, _cell(one.area_cm2), _cell(one.mean),
         f"{_cell(one.mean_low)} to {_cell(one.mean_high)}", _cell(one.sd), _cell(one.p99),
         _cell(one.above_percent, 0))
        for one in record.regions
    ]  # fmt: skip
    heading = ("region", "area (cm²)", f"mean ({record.unit})", "95 % interval", "SD",
               "99th percentile", f"people above {record.level:g} (%)")  # fmt: skip
    return "<h2>Regions</h2>" + _table(heading, rows)


def _test(record: GroupRecord, pictures: Mapping[str, bytes]) -> str:
    test = record.test
    if test is None:
        return ""
    rows = [
        (_cell(one.area_cm2), f"{one.p:.4f}", _cell(one.peak_t, 2), one.hemisphere,
         ", ".join(f"{x:.0f}" for x in one.peak_mni_mm))
        for one in test.clusters
    ]  # fmt: skip
    heading = ("area (cm²)", "p (mass)", "peak t", "hemisphere", "peak in MNI space (mm)")
    told = (
        f"<p>{escape(test.question)}: {test.people} people, {escape(test.method)}, "
        f"{test.permutations} permutations. Least p corrected for the whole surface: "
        f"{test.least_p_tfce:.4f} (TFCE), {test.least_p_cluster:.4f} (cluster mass). "
        f"{escape(test.detectable.words)}</p>"
    )
    clusters = _table(heading, rows) if rows else "<p>No clusters.</p>"
    return "<h2>Test</h2>" + told + _picture(pictures, "test") + clusters


def _doses(record: GroupRecord, pictures: Mapping[str, bytes]) -> str:
    if not record.rules:
        return f"<h2>Dose</h2><p>{escape(record.rules_reason)}</p>"
    rows = [
        (rule.words, "–" if rule.variation is None else f"{100 * rule.variation:.0f} %",
         str(rule.under), str(rule.within), str(rule.over))
        for rule in record.rules
    ]  # fmt: skip
    found = "<h2>Dose</h2>" + _table(("rule", "CV of |E|", "under", "within", "over"), rows)
    found += _picture(pictures, "dose")
    by_rule = [{one.id: one for one in rule.people} for rule in record.rules]
    each = [
        (name, *(f"{_cell(by[name].percent_mso, 0)} %, {_cell(by[name].field_v_per_m, 0)} V/m, "
                 f"{by[name].verdict}" for by in by_rule))
        for name in record.people
    ]  # fmt: skip
    found += _table(("person", *(rule.words for rule in record.rules)), each)
    if record.foretold is not None:
        one = record.foretold
        found += (
            f"<p>Motor thresholds foretold from the field at the motor cortex, each from the "
            f"other people: root mean square error {one.rmse_percent:.1f} %MSO; the mean of "
            f"the others errs by {one.rmse_of_mean_percent:.1f}.</p>"
        )
    return found + _picture(pictures, "foretold")


def _people(record: GroupRecord) -> str:
    left_out = "".join(
        f"<li>{escape(name)}: {escape(why)}</li>" for name, why in record.left_out.items()
    )
    more = f"<p>Not in it:</p><ul>{left_out}</ul>" if left_out else ""
    return f"<h2>People</h2><p>{escape(', '.join(record.people))}</p>{more}"
