"""What a group is asked, and what its people bring: maps, plans, columns."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError, FileFormatError
from cortistim.head.fsaverage import Template, fsaverage5
from cortistim.io.text import json_of
from cortistim.records.cohort import CohortPerson, CohortRecord
from cortistim.records.form import read_record
from cortistim.records.plan import PlanRecord
from cortistim.study.cohort.run import RECORD
from cortistim.study.cohort.steps import DERIVATIVES
from cortistim.study.cohort.work import map_name, read_map
from cortistim.typing import FloatArray
from cortistim.units import m_from_mm

UNITS = {"magn": "V/m", "normal": "V/m", "recruitment": "%"}
WORDS = {
    "magn": "|E| on the cortex",
    "normal": "part of E into the cortex",
    "recruitment": "layer-5 cells that fire, at each plan's own dI/dt",
}
LEVELS = {"magn": 50.0, "normal": 25.0, "recruitment": 50.0}
DIDT_A_PER_US = 100.0
LEAST_PEOPLE = 2
LEAST_KNOWN = 0.9
"""Share of the people who must have a value at a vertex for it to count."""


@dataclass(frozen=True, kw_only=True)
class GroupRequest:
    """What is asked of a cohort.

    Parameters
    ----------
    folder : Path
        Of ``cortistim cohort run``.
    column : {"magn", "normal", "recruitment"}
        What is mapped.
    target, coil : str or None
        Of which plans; the first of the cohort by default.
    level : float or None
        Above which people are counted; V/m or percent.
    smoothing_mm : float
        Full width at half maximum along the surface.
    mso_percent : float or None
        Output at which fields are compared, and of the rule that gives everybody the same; by
        default fields are compared at 100 A/µs.
    percent_rmt : float
        Of the rule that doses by motor thresholds.
    groups : str
        ``A-B``: whether two groups differ.
    outcome : str
        A column of the sheet or table: whether values follow it.
    paired : str
        Another coil or target of the cohort: whether the values differ from its.
    covariates : tuple of str
        Columns that are held constant.
    table : Path or None
        More columns, by ``participant_id``.
    atlas : tuple of Path
        Annotations or labels on fsaverage5, left and right.
    permutations, seed : int
        Of the test.
    """

    folder: Path
    column: str = "magn"
    target: str | None = None
    coil: str | None = None
    level: float | None = None
    smoothing_mm: float = 0.0
    mso_percent: float | None = None
    percent_rmt: float = 100.0
    groups: str = ""
    outcome: str = ""
    paired: str = ""
    covariates: tuple[str, ...] = ()
    table: Path | None = None
    atlas: tuple[Path, ...] = ()
    permutations: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        asked = [name for name in ("groups", "outcome", "paired") if getattr(self, name)]
        if len(asked) > 1:
            msg = f"one question at a time: give `{asked[0]}` or `{asked[1]}`, not both."
            raise BadInputError(msg)
        if self.covariates and not (self.groups or self.outcome):
            msg = "`covariates` belong to a question; give `groups` or `outcome`, too."
            raise BadInputError(msg)
        if not 0 <= self.smoothing_mm <= 40:
            msg = f"`smoothing_mm` must lie between 0 and 40 mm; got {self.smoothing_mm:g}."
            raise BadInputError(msg)
        if self.mso_percent is not None and not 0 < self.mso_percent <= 100:
            msg = f"`mso_percent` must lie between 0 and 100 %; got {self.mso_percent:g}."
            raise BadInputError(msg)


def read_cohort_record(folder: Path) -> CohortRecord:
    """Read what a run of a cohort has written.

    Parameters
    ----------
    folder : Path
        With ``cohort.json``.

    Returns
    -------
    CohortRecord
        People and states.

    Raises
    ------
    BadInputError
        When it is no such folder.
    """
    path = folder / RECORD
    if not path.is_file():
        msg = (
            f"{folder}: this must be the folder of a cohort; it has no {RECORD}. Make it with "
        )
        msg += "'cortistim cohort run'."
        raise BadInputError(msg)
    return read_record(CohortRecord, path.read_bytes())


def with_maps(
    cohort: CohortRecord, target: str, coil: str
) -> tuple[list[CohortPerson], dict[str, str]]:
    """Tell those whose maps are done from the others.

    Parameters
    ----------
    cohort : CohortRecord
        Everybody.
    target, coil : str
        Of the maps.

    Returns
    -------
    people : list of CohortPerson
        Who has one.
    left_out : dict of str to str
        Who has none, and why.

    Raises
    ------
    BadInputError
        When fewer than two have one.
    """
    people, left_out = [], {}
    for person in cohort.people:
        step = next(
            (s for s in person.steps if (s.kind, s.target, s.coil) == ("map", target, coil)),
            None,
        )
        if step is not None and step.state == "done":
            people.append(person)
        else:
            left_out[person.id] = person.sentence or "not done yet"
    if len(people) < LEAST_PEOPLE:
        msg = (
            f"a group must have {LEAST_PEOPLE} people or more with a map of {target} and "
            f"{coil}; {cohort.name} has {len(people)}. Run the cohort first."
        )
        raise BadInputError(msg)
    return people, left_out


def plan_of(folder: Path, person: CohortPerson, target: str, coil: str) -> PlanRecord:
    """Read the plan of a person.

    Parameters
    ----------
    folder : Path
        The cohort's.
    person : CohortPerson
        Whose plan is done.
    target, coil : str
        Which plan.

    Returns
    -------
    PlanRecord
        The content of ``plan.json``.
    """
    step = next(s for s in person.steps if (s.kind, s.target, s.coil) == ("plan", target, coil))
    return read_record(PlanRecord, (folder / step.folder / "plan.json").read_bytes())


def values_of(
    request: GroupRequest,
    column: str,
    people: list[CohortPerson],
    plans: list[PlanRecord],
    pair: tuple[str, str],
) -> FloatArray:
    """Read maps, at the dI/dt or output at which they are compared.

    Parameters
    ----------
    request : GroupRequest
        What is asked.
    column : str
        What is mapped.
    people : list of CohortPerson
        Whose maps.
    plans : list of PlanRecord
        Theirs.
    pair : (str, str)
        Target and coil.

    Returns
    -------
    (n_people, 20484) array
        NaN where somebody has none.

    Raises
    ------
    BadInputError
        When a map is on another template, or an output cannot be turned into dI/dt.
    """
    folder = request.folder / DERIVATIVES
    rows = []
    for person, plan in zip(people, plans, strict=True):
        values = read_map(folder, person.id, *pair, column)
        if len(values) != len(fsaverage5().mid_m):
            msg = (
                f"sub-{person.id}: a map must be on fsaverage5, with "
                f"{len(fsaverage5().mid_m)} vertices; it has {len(values)}."
            )
            raise FileFormatError(msg)
        rows.append(values * (1.0 if column == "recruitment" else _didt(request, plan)))
    return np.array(rows)


def _didt(request: GroupRequest, plan: PlanRecord) -> float:
    if request.mso_percent is None:
        return DIDT_A_PER_US
    full = plan.stimulator.didt_max_a_per_us
    if full is None:
        msg = (
            f"`mso_percent` needs dI/dt of the stimulator with the coil, which is not known: "
            f"{plan.stimulator.didt_max_reason} Leave it out to compare at 100 A/µs."
        )
        raise BadInputError(msg)
    return full * request.mso_percent / 100


def words_of_scale(request: GroupRequest, column: str) -> str:
    """Say at which rate of current fields are compared.

    Parameters
    ----------
    request : GroupRequest
        What is asked.
    column : str
        What is mapped.

    Returns
    -------
    str
        In words.
    """
    if column == "recruitment":
        return "at each plan's own dI/dt"
    if request.mso_percent is None:
        return f"at {DIDT_A_PER_US:g} A/µs"
    return f"at {request.mso_percent:g} % of the maximal output"


def smoothed_values(template: Template, values: FloatArray, fwhm_mm: float) -> FloatArray:
    """Smooth maps along the template's surface.

    Neighbours are averaged as often as makes the width; where there is nothing, nothing is
    averaged.

    Parameters
    ----------
    template : Template
        The surface.
    values : (n_people, 20484) array
        NaN where there is nothing.
    fwhm_mm : float [mm]
        Full width at half maximum.

    Returns
    -------
    (n_people, 20484) array
        NaN where there was nothing.
    """
    from scipy.sparse import coo_array, diags_array

    t = template.triangles
    pairs = np.unique(np.vstack([t[:, [0, 1]], t[:, [1, 2]], t[:, [2, 0]]]), axis=0)
    pairs = np.unique(np.vstack([pairs, pairs[:, ::-1]]), axis=0)
    count = len(template.mid_m)
    near = coo_array((np.ones(len(pairs)), pairs.T), shape=(count, count)).tocsr()
    steps = template.mid_m[pairs[:, 0]] - template.mid_m[pairs[:, 1]]
    edge_m = np.sqrt(np.mean(np.einsum("ij,ij->i", steps, steps)))
    # a round in which half stays and half goes one edge away adds half an edge squared, over
    # two directions along the surface
    variance_m2 = (m_from_mm(fwhm_mm) / 2.3548) ** 2
    rounds = max(1, round(variance_m2 / (edge_m**2 / 4)))
    degree = np.maximum(near.sum(axis=1), 1)
    walk = 0.5 * (diags_array(np.ones(count)) + diags_array(1 / degree) @ near)
    known = np.isfinite(values)
    top, share = np.where(known, values, 0.0).T, known.astype(float).T
    for _ in range(rounds):
        top, share = walk @ top, walk @ share
    out = np.divide(top, share, out=np.full_like(top, np.nan), where=share > 1e-6).T
    return np.where(known, out, np.nan)


def ties_of(folder: Path, people: list[CohortPerson], target: str, coil: str) -> dict[str, int]:
    """Count how people's cortex was tied to the template.

    Parameters
    ----------
    folder : Path
        The cohort's.
    people : list of CohortPerson
        With maps.
    target, coil : str
        Of the maps.

    Returns
    -------
    dict of str to int
        People by way.
    """
    found: Counter[str] = Counter()
    for person in people:
        name = map_name(person.id, target, coil, "left", "magn").replace(".gii", ".json")
        sidecar = folder / DERIVATIVES / f"sub-{person.id}" / name
        found[str(json_of(sidecar).get("TiedBy", "")) if sidecar.is_file() else ""] += 1
    return dict(found)
