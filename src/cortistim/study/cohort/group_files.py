"""A group's folder: JSON, tables, maps, figures and one page."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cortistim.cache import whole_folder
from cortistim.errors import BadInputError
from cortistim.group import (
    DosedGroup,
    GroupTest,
    bootstrap_interval,
    detectable_effect,
    doses_by_rule,
    foretell_rmt,
)
from cortistim.head.cortex.hemispheres import SIDES
from cortistim.head.fsaverage import Template
from cortistim.io import write_overlay_gifti
from cortistim.io.surface.freesurfer import read_annotation
from cortistim.io.surface.gifti_read import read_columns_gifti
from cortistim.io.text import write_csv, write_text
from cortistim.records.cohort_group import (
    ClusterRow,
    DetectableRecord,
    ForetoldPerson,
    ForetoldRecord,
    GroupRecord,
    PersonDose,
    RegionRow,
    RuleRecord,
    TestRecord,
)
from cortistim.records.form import number, numbers, significant
from cortistim.study.cohort.group import GroupMaps
from cortistim.study.cohort.group_people import UNITS, WORDS
from cortistim.study.folder import write_json
from cortistim.study.head.hemisphere_files import LETTERS, STRUCTURES
from cortistim.study.record import sources_record, versions
from cortistim.typing import BoolArray, FloatArray, IntArray, Progress, silent
from cortistim.units import m_from_mm, mm_from_m
from cortistim.viz.figures.group import (
    GroupPanel,
    dose_figure,
    foretold_figure,
    group_maps,
    group_page,
    panels_of,
)
from cortistim.viz.render.canvas import nice_top, png_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure

DISC_M = 10e-3
CM2 = 1e4
MOST_CLUSTERS = 20
SOURCES = ("fischl1999", "smith2009", "winkler2014", "maris2007")
E_IS_NORMALISED = (
    "Fields at a share of the motor threshold are normalised by it: testing them against motor "
    "thresholds would be circular."
)
SMOOTH_FIELDS = (
    "|E| is smooth, so that few independent tests are made and the size of a cluster means "
    "little."
)


def write_group(found: GroupMaps, folder: Path, *, progress: Progress = silent) -> GroupRecord:
    """Write maps, tables, figures and the page.

    Parameters
    ----------
    found : GroupMaps
        From `run_group`.
    folder : Path
        Where to.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    GroupRecord
        The content of ``group.json``.
    """
    progress("regions and doses", 0.7)
    record = group_record(found)
    progress("drawing", 0.8)
    pictures = {name: png_bytes(draw()) for name, draw in _drawn(found, record).items()}
    with whole_folder(folder) as place:
        _write_maps(found, place)
        _write_tables(record, place)
        for name, data in pictures.items():
            (place / f"{name}.png").write_bytes(data)
        write_text(place / "group.html", group_page(record, pictures))
        write_json(place / "group.json", record)
    return record


def group_record(found: GroupMaps) -> GroupRecord:
    """Return the content of ``group.json``.

    Parameters
    ----------
    found : GroupMaps
        From `run_group`.

    Returns
    -------
    GroupRecord
        Regions, test, doses.
    """
    request, column = found.request, found.request.column
    doses = _doses(found)
    rules, reason = _rules(found, doses)
    peak = float(np.nanpercentile(np.abs(found.mean), 99.9))
    return GroupRecord(
        cohort=found.cohort.name,
        setting=found.cohort.setting,
        map=column,
        unit=UNITS[column],
        map_is=f"{WORDS[column]}, {found.scale_words}",
        target=found.target,
        coil=found.coil,
        people=tuple(person.id for person in found.people),
        left_out=found.left_out,
        level=found.level,
        smoothing_mm=request.smoothing_mm,
        mean_peak=round(peak, 3),
        regions=tuple(_regions(found)),
        test=None if found.test is None else _test(found, found.test),
        rules=rules,
        rules_reason=reason,
        foretold=_foretold(found, doses),
        tied_by=found.tied_by,
        notes=_notes(found),
        versions=versions(),
        sources=sources_record(SOURCES),
    )


def _notes(found: GroupMaps) -> tuple[str, ...]:
    told = [
        f"{count} people were mapped to fsaverage5 by {by}"
        for by, count in found.tied_by.items()
    ]
    told.append(
        "maxima over vertices are left out for percentiles: single vertices are artefacts"
    )
    told.append(SMOOTH_FIELDS)
    if found.cohort.setting == "coarse":
        told.append(f"the setting is {found.cohort.setting_is}")
    if found.request.outcome.startswith("rmt"):
        told.append(E_IS_NORMALISED)
    if len(found.people) < 20:
        told.append(
            f"{len(found.people)} people are few: intervals by bootstrap are too narrow then"
        )
    return tuple(told)


def _regions(found: GroupMaps) -> list[RegionRow]:
    chosen = _atlas(found) if found.request.atlas else _discs(found)
    area = found.template.area_m2
    return [
        _region(found, name, inside & found.known, area)
        for name, inside in chosen.items()
        if (inside & found.known).any()
    ]


def _region(found: GroupMaps, name: str, inside: BoolArray, area: FloatArray) -> RegionRow:
    values, weights = np.abs(found.values[:, inside]), area[inside]
    known = np.isfinite(values)
    share = np.where(known, weights, 0.0)
    means = (np.where(known, values, 0.0) * share).sum(axis=1) / share.sum(axis=1)
    tops = np.nanpercentile(values, 99, axis=1)
    own = np.column_stack([means, tops])
    low, high = bootstrap_interval(own, lambda drawn: drawn.mean(axis=1))
    sd = float(means.std(ddof=1))
    return RegionRow(
        region=name,
        vertices=int(inside.sum()),
        area_cm2=round(float(weights.sum()) * CM2, 2),
        mean=number(means.mean(), 3),
        mean_low=number(low[0], 3),
        mean_high=number(high[0], 3),
        sd=number(sd, 3),
        variation=number(sd / means.mean(), 4) if means.mean() > 0 else None,
        p99=number(tops.mean(), 3),
        p99_low=number(low[1], 3),
        p99_high=number(high[1], 3),
        above_percent=number(100 * (means > found.level).mean(), 1),
    )


def _discs(found: GroupMaps) -> dict[str, BoolArray]:
    """Cortex within 10 mm of each person's target, put together, and the hemispheres."""
    template, out = found.template, {}
    places = [plan.target.mni_mm for plan in found.plans if plan.target.mni_mm is not None]
    if places:
        middle_m = m_from_mm(np.median(np.array(places), axis=0))
        near = np.linalg.norm(template.mid_m - middle_m, axis=1) <= DISC_M
        side = template.side("left" if middle_m[0] < 0 else "right")
        own = np.zeros(len(near), bool)
        own[side] = near[side]
        out[f"within 10 mm of {found.target}"] = own
    for side in SIDES:
        own = np.zeros(len(template.mid_m), bool)
        own[template.side(side)] = True
        out[f"{side} hemisphere"] = own
    return out


def _atlas(found: GroupMaps) -> dict[str, BoolArray]:
    """Regions of annotations or label files, left and right."""
    paths, template = found.request.atlas, found.template
    if len(paths) != 2:
        msg = f"`atlas` must be two files, left and right; got {len(paths)}."
        raise BadInputError(msg)
    out = {}
    for side, path in zip(SIDES, paths, strict=True):
        numbers_, names = _labels(path)
        if len(numbers_) != template.n_side:
            msg = (
                f"{path}: an atlas must be on fsaverage5, with {template.n_side} vertices in "
                f"each hemisphere; it has {len(numbers_)}. Take that of this template."
            )
            raise BadInputError(msg)
        for value in np.unique(numbers_).tolist():
            if value == 0:
                continue
            inside = np.zeros(len(template.mid_m), bool)
            inside[template.side(side)] = numbers_ == value
            out[f"{LETTERS[side]} {names.get(value, value)}"] = inside
    return out


def _labels(path: Path) -> tuple[IntArray, dict[int, str]]:
    if path.suffix == ".annot":
        return read_annotation(path)
    columns = read_columns_gifti(path)
    return np.round(next(iter(columns.values()))).astype(int), {}


def _test(found: GroupMaps, test: GroupTest) -> TestRecord:
    area = found.template.area_m2
    effect = detectable_effect(len(found.tested), test.design.free, test.t_95)
    n_people = len(found.tested)
    by_mean = test.design.question == "mean"
    at_one, over_all = (
        (effect.d_at_80, effect.d_at_80_corrected)
        if by_mean
        else (effect.r_at_80, effect.r_at_80_corrected)
    )
    kind = "a mean of {:.2f} standard deviations" if by_mean else "a correlation of {:.2f}"
    words = (
        f"{n_people} people find {kind.format(at_one)} four times of five at one place chosen "
        f"beforehand, and {kind.format(over_all)} over the whole surface."
    )
    return TestRecord(
        question=test.design.words,
        method=test.method,
        people=n_people,
        permutations=test.n_permutation,
        exact=test.exact,
        forming_t=round(test.forming_t, 4),
        largest_t=round(float(test.t[np.abs(test.t).argmax()]), 4),
        least_p_tfce=float(test.p_tfce.min()),
        least_p_cluster=float(test.p_cluster.min()),
        area_tfce_cm2=round(float(area[test.p_tfce <= 0.05].sum()) * CM2, 2),
        clusters=tuple(_clusters(found.template, test)),
        detectable=DetectableRecord(
            significant_r=round(effect.significant_r, 4),
            r_at_80=round(effect.r_at_80, 4),
            significant_d=round(effect.significant_d, 4),
            d_at_80=round(effect.d_at_80, 4),
            r_at_80_corrected=round(effect.r_at_80_corrected, 4),
            d_at_80_corrected=round(effect.d_at_80_corrected, 4),
            words=words,
        ),
    )


def _clusters(template: Template, test: GroupTest) -> list[ClusterRow]:
    area, rows = template.area_m2, []
    for label in range(1, int(test.labels.max(initial=0)) + 1):
        own = np.flatnonzero(test.labels == label)
        peak = own[np.abs(test.t[own]).argmax()]
        rows.append(
            ClusterRow(
                area_cm2=round(float(area[own].sum()) * CM2, 3),
                p=float(test.p_cluster[peak]),
                peak_t=round(float(test.t[peak]), 4),
                peak_mni_mm=numbers(mm_from_m(template.mid_m[peak]), 1),
                hemisphere=SIDES[int(peak >= template.n_side)],
            )
        )
    return sorted(rows, key=lambda row: (row.p, -abs(row.peak_t)))[:MOST_CLUSTERS]


def _doses(found: GroupMaps) -> DosedGroup:
    """Fields at full output; NaN where the stimulator's is not known."""
    full = [plan.stimulator.didt_max_a_per_us or np.nan for plan in found.plans]
    doses = [plan.neuron.dose for plan in found.plans]
    target = [plan.field.target_e_v_per_m / plan.field.didt_a_per_us for plan in found.plans]
    motor = [
        np.nan
        if not isinstance(dose.m1_e_per_a_per_us_v_per_m, float)
        else dose.m1_e_per_a_per_us_v_per_m
        for dose in doses
    ]
    rmt = [np.nan if p.rmt_percent is None else p.rmt_percent for p in found.people]
    return DosedGroup(
        target_v_per_m=np.array(target) * full,
        motor_v_per_m=np.array(motor) * full,
        rmt_percent=np.array(rmt, float),
    )


def _rules(found: GroupMaps, doses: DosedGroup) -> tuple[tuple[RuleRecord, ...], str]:
    if not np.isfinite(doses.target_v_per_m).all():
        reason = found.plans[0].stimulator.didt_max_reason
        return (), f"no output can be stated: {reason}"
    request = found.request
    rules = doses_by_rule(
        doses, percent_mso=request.mso_percent, percent_rmt=request.percent_rmt
    )
    return tuple(
        RuleRecord(
            rule=rule.rule,
            words=rule.words,
            variation=number(rule.variation, 4),
            under=rule.verdicts.count("under"),
            within=rule.verdicts.count("within"),
            over=rule.verdicts.count("over"),
            people=tuple(
                PersonDose(
                    id=person.id,
                    percent_mso=number(rule.percent_mso[k], 2),
                    field_v_per_m=number(rule.field_v_per_m[k], 2),
                    relative=number(rule.relative[k], 4),
                    verdict=rule.verdicts[k],
                )
                for k, person in enumerate(found.people)
            ),
        )
        for rule in rules
    ), ""


def _foretold(found: GroupMaps, doses: DosedGroup) -> ForetoldRecord | None:
    told = foretell_rmt(doses)
    if told is None:
        return None
    names = [found.people[k].id for k in told.people.tolist()]
    return ForetoldRecord(
        people=tuple(
            ForetoldPerson(
                id=name,
                measured_percent=round(float(a), 2),
                foretold_percent=round(float(b), 2),
            )
            for name, a, b in zip(names, told.measured, told.foretold, strict=True)
        ),
        threshold_v_per_m=round(told.threshold_v_per_m, 2),
        rmse_percent=round(told.rmse, 3),
        rmse_of_mean_percent=round(told.rmse_of_mean, 3),
        r=significant(told.r, 4),
    )


def _drawn(found: GroupMaps, record: GroupRecord) -> dict[str, "Callable[[], Figure]"]:
    panels = panels_of(found.mean, found.sd, found.above_percent, record)
    drawn = {"maps": partial(group_maps, found.template, panels)}
    if found.test is not None:
        t = np.where(found.known, found.test.t, np.nan)
        sure = np.where(found.known & (found.test.p_tfce <= 0.05), found.test.t, np.nan)
        top = nice_top(float(np.nanmax(np.abs(t))))
        rows = [
            GroupPanel(f"|t|: {record.test.question if record.test else ''}", t, top, "|t|"),
            GroupPanel("|t| where p is 0.05 or less (TFCE, whole surface)", sure, top, "|t|"),
        ]
        drawn["test"] = partial(group_maps, found.template, rows)
    if record.rules:
        drawn["dose"] = partial(dose_figure, record.rules)
    if record.foretold is not None:
        drawn["foretold"] = partial(foretold_figure, record)
    return drawn


def _write_maps(found: GroupMaps, place: Path) -> None:
    columns = {
        f"mean [{UNITS[found.request.column]}]": found.mean,
        f"standard deviation [{UNITS[found.request.column]}]": found.sd,
        f"people above {found.level:g} {UNITS[found.request.column]} [%]": found.above_percent,
    }
    test = found.test
    if test is not None:
        columns |= {
            "t": test.t, "p of each vertex": test.p_point, "p by TFCE, corrected": test.p_tfce,
            "p by cluster mass, corrected": test.p_cluster,
        }  # fmt: skip
    for side in SIDES:
        own = {name: values[found.template.side(side)] for name, values in columns.items()}
        path = place / f"{LETTERS[side]}.group.fsaverage5.func.gii"
        write_overlay_gifti(path, own, STRUCTURES[side])


def _write_tables(record: GroupRecord, place: Path) -> None:
    names = list(RegionRow.__dataclass_fields__)
    rows = [[_text(getattr(row, name)) for name in names] for row in record.regions]
    write_csv(place / "regions.csv", names, rows)
    if record.rules:
        heading = ["person", "rule", "percent_mso", "field_v_per_m", "relative", "verdict"]
        write_csv(
            place / "dose.csv",
            heading,
            [
                [one.id, rule.rule, _text(one.percent_mso), _text(one.field_v_per_m),
                 _text(one.relative), one.verdict]
                for rule in record.rules
                for one in rule.people
            ],
        )  # fmt: skip


def _text(value: object) -> object:
    return "" if value is None else value
