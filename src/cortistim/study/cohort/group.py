"""People of a cohort together on fsaverage5: maps, regions, tests, doses."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cortistim.errors import BadInputError, FileFormatError, quoted
from cortistim.group import (
    GroupDesign,
    GroupTest,
    Mesh,
    correlation_design,
    difference_design,
    mean_design,
    permutation_test,
)
from cortistim.head.fsaverage import Template, fsaverage5
from cortistim.naming import find
from cortistim.records.cohort import CohortPerson, CohortRecord
from cortistim.records.plan import PlanRecord
from cortistim.study.cohort.group_people import (
    LEAST_KNOWN,
    LEVELS,
    GroupRequest,
    plan_of,
    read_cohort_record,
    smoothed_values,
    ties_of,
    values_of,
    with_maps,
    words_of_scale,
)
from cortistim.study.cohort.sheet import Cell, rows_of
from cortistim.study.cohort.work import COLUMNS
from cortistim.typing import BoolArray, FloatArray, Progress, silent

Table = dict[str, dict[str, Cell]]


@dataclass(frozen=True, kw_only=True, eq=False)
class GroupMaps:
    """People together.

    Parameters
    ----------
    request : GroupRequest
        What was asked.
    cohort : CohortRecord
        Whose.
    people : tuple of CohortPerson
        Who is in it.
    left_out : mapping of str to str
        Who is not, and why.
    plans : tuple of PlanRecord
        Of those who are.
    target, coil : str
        Of the plans.
    template : Template
        Where values are.
    values : (n_people, 20484) array
        NaN where somebody has none.
    known : (20484,) bool array
        Vertices off the medial wall at which people have values.
    level : float
        Above which people are counted.
    test : GroupTest or None
        At the known vertices, where one was asked for.
    tested : tuple of str
        Who was in the test.
    scale_words : str
        At which dI/dt or output the values are.
    tied_by : mapping of str to int
        People by how their cortex was tied to the template.
    """

    request: GroupRequest
    cohort: CohortRecord
    people: tuple[CohortPerson, ...]
    left_out: dict[str, str]
    plans: tuple[PlanRecord, ...]
    target: str
    coil: str
    template: Template
    values: FloatArray
    known: BoolArray
    level: float
    test: GroupTest | None
    tested: tuple[str, ...]
    scale_words: str
    tied_by: dict[str, int]

    @property
    def mean(self) -> FloatArray:
        """Mean over people, (20484,); NaN where it is not known."""
        return self._over(lambda values: np.nanmean(values, axis=0))

    @property
    def sd(self) -> FloatArray:
        """Standard deviation between people, (20484,)."""
        return self._over(lambda values: np.nanstd(values, axis=0, ddof=1))

    @property
    def above_percent(self) -> FloatArray:
        """Per cent of people above the level, (20484,)."""
        at = self.values[:, self.known]
        out = np.full(len(self.known), np.nan)
        share = (np.abs(at) > self.level).sum(axis=0) / np.isfinite(at).sum(axis=0)
        out[self.known] = 100 * share
        return out

    def _over(self, statistic: Callable[[FloatArray], FloatArray]) -> FloatArray:
        out = np.full(len(self.known), np.nan)
        out[self.known] = statistic(self.values[:, self.known])
        return out


def run_group(request: GroupRequest, *, progress: Progress = silent) -> GroupMaps:
    """Read everybody's maps, and answer the question that was asked.

    Parameters
    ----------
    request : GroupRequest
        What is asked.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    GroupMaps
        Ready to be written by `write_group`.

    Raises
    ------
    BadInputError
        When fewer than two people have maps, or the question cannot be asked of them.
    """
    progress("reading maps", 0.0)
    cohort = read_cohort_record(request.folder)
    column = find(request.column, COLUMNS, kind="map")
    target = _one_of(request.target, cohort.targets, "target")
    coil = _one_of(request.coil, cohort.coils, "coil")
    people, left_out = with_maps(cohort, target, coil)
    plans = [plan_of(request.folder, person, target, coil) for person in people]
    values = values_of(request, column, people, plans, (target, coil))
    template = fsaverage5()
    if request.smoothing_mm:
        progress("smoothing", 0.2)
        values = smoothed_values(template, values, request.smoothing_mm)
    known = (np.isfinite(values).mean(axis=0) >= LEAST_KNOWN) & ~template.wall
    if not known.any():
        msg = "the people's maps must have vertices in common; they have none."
        raise BadInputError(msg)
    test, tested = _tested(request, cohort, people, values, known, progress, (target, coil))
    return GroupMaps(
        request=request,
        cohort=cohort,
        people=tuple(people),
        left_out=left_out,
        plans=tuple(plans),
        target=target,
        coil=coil,
        template=template,
        values=values,
        known=known,
        level=LEVELS[column] if request.level is None else request.level,
        test=test,
        tested=tested,
        scale_words=words_of_scale(request, column),
        tied_by=ties_of(request.folder, people, target, coil),
    )


def _one_of(asked: str | None, names: tuple[str, ...], kind: str) -> str:
    return names[0] if asked is None else find(asked, names, kind=f"{kind} of the cohort")


def _tested(
    request: GroupRequest,
    cohort: CohortRecord,
    people: list[CohortPerson],
    values: FloatArray,
    known: BoolArray,
    progress: Progress,
    pair: tuple[str, str],
) -> tuple[GroupTest | None, tuple[str, ...]]:
    if not (request.groups or request.outcome or request.paired):
        return None, ()
    if request.paired:
        values = values - _other(request, cohort, people, pair)
        known = known & (np.isfinite(values).mean(axis=0) >= LEAST_KNOWN)
    design, chosen = _design(request, people)
    values = values[chosen][:, known]
    whole = np.where(np.isfinite(values), values, np.nanmean(values, axis=0))
    mesh = part_of(fsaverage5(), known)
    progress("permuting", 0.3)
    test = permutation_test(
        whole, design, mesh,
        n_permutation=request.permutations, seed=request.seed, progress=progress,
    )  # fmt: skip
    names = tuple(person.id for person, kept in zip(people, chosen, strict=True) if kept)
    return spread_test(test, known), names


def part_of(template: Template, known: BoolArray) -> Mesh:
    """Return the part of the template that is tested.

    Parameters
    ----------
    template : Template
        The surface.
    known : (20484,) bool array
        Which vertices.

    Returns
    -------
    Mesh
        With areas in m².
    """
    place = np.cumsum(known) - 1
    kept = known[template.triangles].all(axis=1)
    return Mesh(int(known.sum()), place[template.triangles[kept]], template.area_m2[known])


def spread_test(test: GroupTest, known: BoolArray) -> GroupTest:
    """Put a test of some vertices on all of them.

    Parameters
    ----------
    test : GroupTest
        At the known vertices.
    known : (n_vertex,) bool array
        Which they are.

    Returns
    -------
    GroupTest
        At all: t is 0 and p is 1 elsewhere.
    """

    def put(values: NDArray[Any], rest: float) -> NDArray[Any]:
        out = np.full(len(known), rest, values.dtype)
        out[known] = values
        return out

    return replace(
        test, t=put(test.t, 0), p_point=put(test.p_point, 1), p_tfce=put(test.p_tfce, 1),
        p_cluster=put(test.p_cluster, 1), labels=put(test.labels, 0),
    )  # fmt: skip


def _other(
    request: GroupRequest,
    cohort: CohortRecord,
    people: list[CohortPerson],
    pair: tuple[str, str],
) -> FloatArray:
    names = {**{name: (name, pair[1]) for name in cohort.targets},
             **{name: (pair[0], name) for name in cohort.coils}}  # fmt: skip
    other = names[find(request.paired, names, kind="coil or target of the cohort")]
    if other == pair:
        msg = f"`paired` must be another coil or target than {quoted(request.paired)}."
        raise BadInputError(msg)
    plans = [plan_of(request.folder, person, *other) for person in people]
    column = find(request.column, COLUMNS, kind="map")
    found = values_of(request, column, people, plans, other)
    if request.smoothing_mm:
        found = smoothed_values(fsaverage5(), found, request.smoothing_mm)
    return found


def _design(request: GroupRequest, people: list[CohortPerson]) -> tuple[GroupDesign, BoolArray]:
    """Return the design, and who has everything that it needs."""
    if request.paired:
        words = f"mean difference from {request.paired}"
        return mean_design(len(people), words), np.ones(len(people), bool)
    table = {} if request.table is None else _table(request.table)
    columns = [_column(name, people, table) for name in request.covariates]
    held = np.column_stack(columns) if columns else np.zeros((len(people), 0))
    has = np.isfinite(held).all(axis=1)
    if request.outcome:
        outcome = _column(request.outcome, people, table)
        chosen = has & np.isfinite(outcome)
        words = f"correlation with {request.outcome}"
        _require_some(chosen, words)
        return correlation_design(outcome[chosen], held[chosen], words), chosen
    first, second = _groups(request.groups)
    told = np.array([_group(person, table) for person in people])
    chosen = has & ((told == first) | (told == second))
    words = f"{first} against {second}"
    _require_some(chosen, words)
    return difference_design(told[chosen] == first, held[chosen], words), chosen


def _require_some(chosen: BoolArray, words: str) -> None:
    if not chosen.any():
        msg = f"nobody has what '{words}' needs; add the columns to the sheet or a `table`."
        raise BadInputError(msg)


def _groups(text: str) -> tuple[str, str]:
    parts = [part.strip() for part in text.split("-")]
    if len(parts) != 2 or not all(parts) or parts[0] == parts[1]:
        msg = f"`groups` must be A-B, two names of groups; got {quoted(text)}."
        raise BadInputError(msg)
    return parts[0], parts[1]


def _table(path: Path) -> Table:
    rows = rows_of(path)
    if any("participant_id" not in row for row in rows):
        msg = f"{path}: a table of people must have a column participant_id, filled."
        raise FileFormatError(msg)
    return {str(row["participant_id"]).removeprefix("sub-"): dict(row) for row in rows}


def _group(person: CohortPerson, table: Table) -> str:
    return str(table.get(person.id, {}).get("group", person.group))


def _column(name: str, people: list[CohortPerson], table: Table) -> FloatArray:
    """Return a column's numbers; NaN where a person has none."""
    values = []
    for person in people:
        own = {"rmt_percent": person.rmt_percent, **person.values}
        found = table.get(person.id, {}).get(name, own.get(name))
        is_number = isinstance(found, int | float) and not isinstance(found, bool)
        values.append(float(found) if is_number else np.nan)  # type: ignore[arg-type]
    if not np.isfinite(values).any():
        known = sorted({key for person in people for key in person.values})
        msg = (
            f"no person has a number in a column {quoted(name)}; the sheet has "
            f"{', '.join(known) or 'none'} besides rmt_percent. Add it there or in a `table`."
        )
        raise BadInputError(msg)
    return np.array(values)
