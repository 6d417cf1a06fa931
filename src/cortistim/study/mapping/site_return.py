"""From a site back to a pose, to doses at other targets, and to measures of congruence."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cortistim.coil import Coil
from cortistim.field import FieldOperator
from cortistim.head import Head
from cortistim.mapping.locating.congruence import (
    congruence_factor,
    congruence_of_fields,
    product_of_fields,
    steadiest,
    weighted_sum,
)
from cortistim.mapping.muscle import CRITERION_V
from cortistim.records.form import numbers
from cortistim.records.locate import DoseRecord
from cortistim.study.mapping.site_fields import SiteFields
from cortistim.study.record import matsimnibs
from cortistim.study.request.inputs import find_target
from cortistim.targeting.operator_aim import Choice, aim_with_operator
from cortistim.typing import FloatArray, IntArray, Progress
from cortistim.units import mm_from_m

LEVELS = 4  # intensities of a pose that make a curve
CURVES = 3  # poses with curves that make a comparison
PER_A_PER_US = 1e6


@dataclass(frozen=True, eq=False)
class AimedSite:
    """The pose that drives a site best.

    Parameters
    ----------
    matsimnibs : tuple of tuples
        In millimetres.
    e_v_per_m : float [V/m]
        Mean |E| at the site for 1 A/µs.
    """

    matsimnibs: tuple[tuple[float, ...], ...]
    e_v_per_m: float


def aimed(
    head: Head, coil: Coil, operator: FieldOperator, point_m: FloatArray, progress: Progress
) -> AimedSite:
    """Find the pose that drives a point of the cortex best.

    Parameters
    ----------
    head, coil, operator : Head, Coil, FieldOperator
        As loaded.
    point_m : (3,) array [m]
        Of the cortex.
    progress : callable
        Told what is being done.

    Returns
    -------
    AimedSite
        Pose and field.
    """
    return _aimed(aim_with_operator(head, coil, point_m, operator, progress=progress).best)


def _aimed(best: Choice) -> AimedSite:
    rows = numbers(np.asarray(matsimnibs(best.pose), dtype=float), 4)
    return AimedSite(rows, best.target_v_per_m)


def doses_at(
    head: Head,
    coil: Coil,
    operator: FieldOperator,
    targets: Sequence[str],
    site: AimedSite,
    threshold_v_per_m: float | None,
    progress: Progress,
) -> list[DoseRecord]:
    """Find the output that gives other targets the site's field at threshold.

    Parameters
    ----------
    head, coil, operator : Head, Coil, FieldOperator
        As loaded.
    targets : sequence of str
        Names or coordinates; the operator must have points there.
    site : AimedSite
        The site with its best pose.
    threshold_v_per_m : float [V/m] or None
        Field at the site at threshold.
    progress : callable
        Told what is being done.

    Returns
    -------
    list of DoseRecord
        In the order of the targets.
    """
    records = []
    for text in targets:
        point = find_target(head, text)
        got = aim_with_operator(head, coil, point.point_m, operator, progress=progress)
        there = _aimed(got.best)
        didt = None if threshold_v_per_m is None else threshold_v_per_m / there.e_v_per_m
        records.append(
            DoseRecord(
                target=text,
                centre_mm=numbers(mm_from_m(got.centre_m), 2),
                matsimnibs=there.matsimnibs,
                e_v_per_m_per_a_per_us=round(there.e_v_per_m, 4),
                didt_a_per_us=None if didt is None else round(didt, 2),
                percent_of_site=round(100 * site.e_v_per_m / there.e_v_per_m, 1),
            )
        )
    return records


def ranked_by_congruence(
    fields: SiteFields, pose: IntArray, didt_a_per_us: FloatArray, response_v: FloatArray
) -> dict[str, tuple[float, ...] | None]:
    """Find where the congruence factor, its variant and its rivals are largest.

    Parameters
    ----------
    fields : SiteFields
        With the magnitude.
    pose : (n_pulse,) array of int
        Of each pulse.
    didt_a_per_us : (n_pulse,) array
        Of each pulse.
    response_v : (n_pulse,) array [V]
        Of each pulse.

    Returns
    -------
    dict of str to (3,) tuple
        Places in mm; empty unless three poses have pulses at four intensities or more.
    """
    if "magnitude" not in fields.values:
        return {}
    used, rows = [], []
    for k in np.unique(pose):
        own = pose == k
        levels = np.unique(didt_a_per_us[own])
        if len(levels) < LEVELS:
            continue
        middle = _crossing(didt_a_per_us[own], response_v[own], 0.5 * response_v[own].max())
        limen = _crossing(didt_a_per_us[own], response_v[own], CRITERION_V)
        if middle is not None and limen is not None:
            used.append(int(k))
            rows.append((middle, limen, levels[0], levels[-1], 0.5 * response_v[own].max()))
    if len(used) < CURVES:
        return {}
    field = fields.values["magnitude"][used] / PER_A_PER_US
    middle, limen, low, high = (
        PER_A_PER_US * np.array(c) for c in list(zip(*rows, strict=True))[:4]
    )
    size = np.array([row[4] for row in rows])
    found = {
        "congruence": congruence_factor(field, middle, low, high),
        "congruence_of_fields": congruence_of_fields(field, middle),
        "bungert2017": steadiest(field, limen),
        "aonuma2018": product_of_fields(field),
        "opitz2013": weighted_sum(field, middle, size),
    }
    return {name: numbers(mm_from_m(fields.points_m[int(values.argmax())]), 2)
            for name, values in found.items()}  # fmt: skip


def _crossing(x: FloatArray, y: FloatArray, level: float) -> float | None:
    """Return where mean responses first pass a level for good, between intensities."""
    levels = np.unique(x)
    means = np.maximum.accumulate([y[x == v].mean() for v in levels])
    above = np.flatnonzero(means >= level)
    if not len(above) or above[0] == 0:
        return None
    k = int(above[0])
    share = (level - means[k - 1]) / max(means[k] - means[k - 1], 1e-30)
    return float(levels[k - 1] + share * (levels[k] - levels[k - 1]))
