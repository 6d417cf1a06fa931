"""Recruitment curves from a table: read, fitted, summarised."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError, quoted
from cortistim.io.table.responses import ResponseTable, read_responses
from cortistim.mapping.curve import (
    QUANTITIES,
    TRUSTED_K,
    CurveDesign,
    CurveFit,
    GroupFit,
    Interval,
    Layout,
    Responses,
    band,
    curve_design,
    curve_quantities,
    fit_alone,
    fit_together,
    interval,
    quantities,
    reaches_plateau,
)
from cortistim.records.curve import (
    ContrastRecord,
    CurveDesignRecord,
    CurveDesignRow,
    CurveGroupRecord,
    CurveRecord,
    CurvesRecord,
    IntervalRecord,
)
from cortistim.records.form import number, significant
from cortistim.typing import FloatArray

UV_PER_UNIT = {"uv": 1.0, "mv": 1000.0}
LARGEST_UV = 50_000.0
FEWEST_CURVES = 3  # for their spread to mean anything
FEW_PULSES = 8
DRAWS = 4000
DIGITS = 5
BAND = 60
MORE_THAN_OUTPUT = 100.0


@dataclass(frozen=True, slots=True)
class CurveRequest:
    """Curves to be fitted.

    Parameters
    ----------
    table : Path
        A CSV with a row for each pulse.
    intensity, response : str
        Columns.
    by : tuple of str
        Columns whose cells tell curves apart.
    person, condition : str or None
        Columns among them: who, and what is compared.
    unit : str or None
        uv or mv; by the column's ending otherwise, else µV.
    criterion_uv : float
        Size at the threshold.
    floor_uv : float or None
        Sizes at or below it are censored; the criterion by default.
    alone : bool
        Fit each curve by itself.
    seed : int
        Of the draws.
    """

    table: Path
    intensity: str
    response: str
    by: tuple[str, ...] = ()
    person: str | None = None
    condition: str | None = None
    unit: str | None = None
    criterion_uv: float = 50.0
    floor_uv: float | None = None
    alone: bool = False
    seed: int = 1

    def columns(self) -> tuple[str, ...]:
        """Return the columns that tell curves apart."""
        named = (*self.by, *(c for c in (self.person, self.condition) if c is not None))
        return tuple(dict.fromkeys(named))

    def floor(self) -> float:
        """Return the size in µV at or below which responses are censored."""
        return self.criterion_uv if self.floor_uv is None else self.floor_uv


@dataclass(frozen=True, eq=False)
class _Curves:
    """Pulses by curve, as they were read."""

    labels: tuple[Mapping[str, str], ...]
    data: Responses
    size_uv: FloatArray
    unit: str
    notes: tuple[str, ...]


def fit_curves(request: CurveRequest) -> CurvesRecord:
    """Fit the curves of a table.

    Parameters
    ----------
    request : CurveRequest
        What is asked.

    Returns
    -------
    CurvesRecord
        Curves, typical curves and contrasts.

    Raises
    ------
    BadInputError
        When the table cannot be used.
    ConvergenceError
        When a curve cannot be fitted.
    """
    read = _read(request)
    together = not request.alone and len(read.labels) >= FEWEST_CURVES
    group, notes = None, list(read.notes)
    if together:
        levels, layout = _layout(request, read.labels)
        group = fit_together(read.data, layout, request.seed)
        fit = group.curves
    else:
        levels, fit = [], fit_alone(read.data, request.seed)
        if request.condition is not None:
            notes.append(f"comparing conditions takes {FEWEST_CURVES} curves fitted together")
    groups, contrasts = ([], []) if group is None else _of_groups(request, read, levels, group)
    return CurvesRecord(
        intensity=request.intensity,
        response=request.response,
        unit=read.unit,
        criterion_uv=request.criterion_uv,
        floor_uv=request.floor(),
        together=together,
        curves=[_curve(request, read, fit, k) for k in range(len(read.labels))],
        groups=groups,
        contrasts=contrasts,
        between_people_percent=_spread(group, of_people=True),
        within_person_percent=_spread(group, of_people=False),
        notes=notes,
    )


def _read(request: CurveRequest) -> _Curves:
    table = read_responses(request.table)
    unit = _unit(request)
    x = table.numbers(request.intensity, low=0)
    size = UV_PER_UNIT[unit] * table.numbers(
        request.response, low=0, high=LARGEST_UV / UV_PER_UNIT[unit]
    )
    _require_responses(request, table, size)
    labels, members = _members(table, request.columns())
    notes = []
    if x.max() > MORE_THAN_OUTPUT:
        notes.append(
            f"intensities reach {x.max():g}: no percent of the maximal output, so that "
            "thresholds are in whatever unit they have"
        )
    return _Curves(tuple(labels), _padded(request, x, size, members),
                   _pad(size, members, 0.0), unit, tuple(notes))  # fmt: skip


def _unit(request: CurveRequest) -> str:
    ending = request.response.lower().rpartition("_")[2]
    told = ending if ending in UV_PER_UNIT else None
    if request.unit is None:
        return told or "uv"
    if request.unit not in UV_PER_UNIT:
        msg = f"`unit` must be uv or mv; got {quoted(request.unit)}."
        raise BadInputError(msg)
    if told is not None and told != request.unit:
        msg = (
            f"the column {quoted(request.response)} says {told}, but `unit` is {request.unit}. "
            "Correct one of them."
        )
        raise BadInputError(msg)
    return request.unit


def _require_responses(request: CurveRequest, table: ResponseTable, size: FloatArray) -> None:
    if size.max() > request.floor():
        return
    msg = (
        f"{table.path}: some response must exceed {request.floor():g} µV; the largest in "
        f"column {quoted(request.response)} is {size.max():.4g} µV. If it is in millivolts, "
        "say so (`unit`)."
    )
    raise BadInputError(msg)


def _members(
    table: ResponseTable, names: Sequence[str]
) -> tuple[list[Mapping[str, str]], list[list[int]]]:
    """Return the cells of each curve, and which rows belong to it, in the table's order."""
    found: dict[tuple[str, ...], list[int]] = {}
    for row, cells in enumerate(table.groups(names)):
        found.setdefault(tuple(cells.values()), []).append(row)
    return [dict(zip(names, key, strict=True)) for key in found], list(found.values())


def _padded(
    request: CurveRequest, x: FloatArray, size: FloatArray, members: list[list[int]]
) -> Responses:
    floor = request.floor()
    y = np.log10(np.maximum(size, floor) / request.criterion_uv)
    used = _pad(np.ones(len(x)), members, 0.0).astype(bool)
    hidden = _pad((size <= floor).astype(float), members, 0.0).astype(bool)
    return Responses(_pad(x, members, 1.0), _pad(y, members, 0.0), hidden, used)


def _pad(values: FloatArray, members: list[list[int]], empty: float) -> FloatArray:
    out = np.full((len(members), max(len(rows) for rows in members)), empty)
    for k, rows in enumerate(members):
        out[k, : len(rows)] = values[rows]
    return out


def _layout(
    request: CurveRequest, labels: Sequence[Mapping[str, str]]
) -> tuple[list[str], Layout]:
    design, levels = np.ones((len(labels), 1)), []
    if request.condition is not None:
        cells = [label[request.condition] for label in labels]
        levels = list(dict.fromkeys(cells))
        columns = [[float(cell == level) for cell in cells] for level in levels[1:]]
        design = np.column_stack([design[:, 0], *columns])
    person = None
    if request.person is not None:
        cells = [label[request.person] for label in labels]
        names = list(dict.fromkeys(cells))
        if len(names) < len(cells):
            person = np.array([names.index(cell) for cell in cells])
    return levels, Layout(design, person)


def _curve(request: CurveRequest, read: _Curves, fit: CurveFit, k: int) -> CurveRecord:
    used = read.data.used[k]
    x, size = read.data.x[k][used], read.size_uv[k][used]
    found = curve_quantities(fit, k, request.criterion_uv)
    across = np.linspace(max(0.9 * x.min(), 1e-6), 1.05 * x.max(), BAND)
    sizes = request.criterion_uv * band(fit, k, across)
    return CurveRecord(
        by=dict(read.labels[k]),
        **{name: _interval(found[name]) for name in QUANTITIES},
        pulses=int(used.sum()),
        censored=int(read.data.censored[k].sum()),
        pareto_k=round(float(fit.pareto_k[k]), 2),
        notes=_notes(request, read, fit, k, found["threshold"]),
        points=[[round(float(a), 4), round(float(b), 3)] for a, b in zip(x, size, strict=True)],
        band=[
            [round(float(a), 4), *(float(f"{v:.{DIGITS}g}") for v in row)]
            for a, row in zip(across, sizes, strict=True)
        ],
    )


def _notes(
    request: CurveRequest, read: _Curves, fit: CurveFit, k: int, threshold: Interval
) -> list[str]:
    used, hidden = read.data.used[k], read.data.censored[k]
    x = read.data.x[k][used]
    told = []
    if (~hidden & used).sum() == 0:
        told.append(
            f"no response exceeds {request.floor():g} µV: all that is known is that the "
            f"threshold is not far below {x.max():g}, the rest is prior"
        )
    elif not reaches_plateau(fit, k):
        told.append("plateau not reached: it, s50 and slope lean on the prior")
    if threshold.low < x.min():
        told.append("the threshold's interval goes below the weakest pulse")
    if used.sum() < FEW_PULSES:
        told.append(f"{used.sum()} pulses are few for a curve")
    if fit.pareto_k[k] > TRUSTED_K:
        told.append(f"the intervals cannot be trusted (Pareto k above {TRUSTED_K:g})")
    return told


def _interval(found: Interval) -> IntervalRecord:
    mean, low, high = (significant(x, DIGITS) for x in (found.mean, found.low, found.high))
    return IntervalRecord(mean=mean or 0.0, low=low or 0.0, high=high or 0.0)


def _of_groups(
    request: CurveRequest, read: _Curves, levels: list[str], group: GroupFit
) -> tuple[list[CurveGroupRecord], list[ContrastRecord]]:
    """Return typical curves of the conditions, and how they differ from the first one."""
    rng = np.random.default_rng(request.seed)
    effects = rng.multivariate_normal(group.effects, group.effects_joint, DRAWS, method="eigh")
    effects = effects.reshape(DRAWS, -1, 5)
    found, records, contrasts = [], [], []
    labels = [{request.condition: level} for level in levels] if request.condition else [{}]
    for k, label in enumerate(labels):
        theta = effects[:, 0] + (effects[:, k] if k else 0)
        found.append(quantities(theta, group.curves.reference, request.criterion_uv))
        count = sum(all(own[c] == cell for c, cell in label.items()) for own in read.labels)
        values = {name: _interval(interval(found[k][name])) for name in QUANTITIES}
        records.append(CurveGroupRecord(by=label, curves=count, **values))
        for name in QUANTITIES if k else ():
            ratio = 100 * (found[k][name] / found[0][name] - 1)
            contrasts.append(
                ContrastRecord(
                    condition=label,
                    reference=labels[0],
                    quantity=name,
                    difference=_interval(interval(found[k][name] - found[0][name])),
                    percent=_interval(interval(ratio)),
                )
            )
    return records, contrasts


def _spread(group: GroupFit | None, *, of_people: bool) -> float | None:
    if group is None:
        return None
    one_each = not group.between.any()
    if of_people:
        spread = group.within[0] if one_each else group.between[0]
    else:
        spread = None if one_each else group.within[0]
    return None if spread is None else number(100 * float(spread), 2)


def design_curves(asked: CurveDesign) -> CurveDesignRecord:
    """Simulate a study; see `cortistim.mapping.curve.curve_design`.

    Parameters
    ----------
    asked : CurveDesign
        The study.

    Returns
    -------
    CurveDesignRecord
        A row for each number of pulses.

    Raises
    ------
    BadInputError
        When there is no such model of people.
    """
    rows = [
        CurveDesignRow(
            pulses=row.pulses,
            threshold_error_percent=number(row.threshold_error_percent, 2),
            change_percent=number(row.change_percent, 2),
            sd_percent=number(row.sd_percent, 2),
            people=row.people,
        )
        for row in curve_design(asked)
    ]
    return CurveDesignRecord(
        quantity=asked.quantity,
        change_percent=asked.change_percent,
        session_percent=asked.session_percent,
        generator=asked.generator,
        simulated_people=asked.people,
        rows=rows,
    )
