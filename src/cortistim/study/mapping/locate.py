"""From poses and responses to the piece of cortex that the responses come from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.spatial import KDTree

from cortistim.coil import Coil
from cortistim.errors import BadInputError, PoseError, quoted
from cortistim.field import FieldOperator, load_operator
from cortistim.head import Head
from cortistim.io.surface.gifti import write_overlay_gifti, write_surface_gifti
from cortistim.io.table.responses import ResponseTable, read_responses
from cortistim.io.text import write_text
from cortistim.mapping.locating import (
    HeldOut,
    Located,
    LocateSettings,
    held_out,
    located,
    overlap_of,
)
from cortistim.mapping.muscle import CRITERION_V
from cortistim.placement import Pose
from cortistim.records.form import json_text, number, numbers
from cortistim.records.locate import HeldOutRecord, LocateRecord
from cortistim.study.mapping.site_fields import MEASURES, SiteFields, fields_of
from cortistim.study.mapping.site_return import aimed, doses_at, ranked_by_congruence
from cortistim.study.request.coil import CoilRequest
from cortistim.study.request.inputs import HeadRequest, find_target
from cortistim.typing import BoolArray, FloatArray, IntArray, Progress, silent
from cortistim.units import mm_from_m, v_from_uv

LARGEST_UV = 50_000.0
MOST_DIDT = 1000.0  # A/µs
MOST_ROWS = 20_000
CLEARLY = 2.0  # standard errors by which another measure must foretell better than |E|
COMPARED = 1500  # elements that measures are compared on
ALL = ""
WANTED = (
    "locating takes a head with its operator (`operator`), the pose of every pulse (`poses`) "
    "and the responses to them (`responses`); {} missing. A table of places alone is no such "
    "thing: 'cortistim map measure' measures it."
)


@dataclass(frozen=True, kw_only=True, eq=False)
class LocateRequest:
    """A site to be found.

    Parameters
    ----------
    head : HeadRequest
        Whose.
    operator : Path or None
        Of that head.
    coil : CoilRequest
        Which coil.
    poses : tuple of Pose
        Of the pulses, in the head's frame.
    responses : Path or None
        Table with ``mep_uv`` and perhaps ``didt_a_per_us``, ``muscle`` and ``pose``.
    muscle : str or None
        Which one, where the table has several.
    measure : str
        ``compared``, or one of `site_fields.MEASURES`.
    floor_uv : float
        At or below it responses are censored.
    shuffles, seed : int
        Of the permutation null.
    aim : bool
        Find the pose that drives the site best.
    dose_at : tuple of str
        Targets whose dose is asked for.
    """

    head: HeadRequest = field(default_factory=HeadRequest)
    operator: Path | None
    coil: CoilRequest = field(default_factory=CoilRequest)
    poses: tuple[Pose, ...]
    responses: Path | None
    muscle: str | None = None
    measure: str = "compared"
    floor_uv: float = 50.0
    shuffles: int = 99
    seed: int = 1
    aim: bool = False
    dose_at: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class MuscleSite:
    """The site of one muscle.

    Parameters
    ----------
    name : str
        Of the muscle; empty where the table names none.
    found : Located
        The site.
    measure : str
        By which.
    held_out : mapping of str to HeldOut
        By measure.
    response_v, didt_a_per_us : (n_pulse,) arrays
        As read.
    pose : (n_pulse,) array of int
        Of each pulse.
    """

    name: str
    found: Located
    measure: str
    held_out: Mapping[str, HeldOut]
    response_v: FloatArray
    didt_a_per_us: FloatArray
    pose: IntArray


@dataclass(frozen=True, eq=False)
class LocateResult:
    """Sites of all muscles.

    Parameters
    ----------
    request : LocateRequest
        What was asked.
    head, coil, operator : Head, Coil, FieldOperator
        As loaded.
    fields : SiteFields
        Of the poses.
    sites : tuple of MuscleSite
        In the table's order.
    scaled : bool
        Whether the table has dI/dt.
    """

    request: LocateRequest
    head: Head
    coil: Coil
    operator: FieldOperator
    fields: SiteFields
    sites: tuple[MuscleSite, ...]
    scaled: bool


def run_locate(request: LocateRequest, *, progress: Progress = silent) -> LocateResult:
    """Find the site of each muscle of a table.

    Parameters
    ----------
    request : LocateRequest
        What is asked.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    LocateResult
        For `write_locate`.

    Raises
    ------
    BadInputError
        When poses and responses do not belong together, or the head is another than the
        operator's.
    PoseError
        When a pose lies inside the head or nowhere near it.
    """
    _require(request)
    rows = read_rows(request)
    coil = request.coil.load()
    head = request.head.load(progress=progress)
    operator = load_operator(_given(request.operator), head)
    for text in request.dose_at:
        find_target(head, text)
    for k, pose in enumerate(request.poses):
        try:
            operator.require_clear(coil, pose)
        except PoseError as error:
            msg = f"pose {k} of {len(request.poses)}, counted from 0: {error}"
            raise PoseError(msg) from error
    progress("evaluating fields", 0.1)
    found = fields_of(operator, head, coil, request.poses, compared=_compared(request))
    sites = []
    for k, row in enumerate(rows):
        progress("locating", 0.2 + 0.7 * k / len(rows))
        sites.append(_site(request, found, row))
    scaled = any(row.scaled for row in rows)
    return LocateResult(request, head, coil, operator, found, tuple(sites), scaled)


def _given(path: Path | None) -> Path:
    if path is None:  # `_require` has refused it
        raise BadInputError(WANTED.format("the operator is"))
    return path


def _require(request: LocateRequest) -> None:
    missing = [name for name, given in (
        ("the operator", request.operator), ("poses", request.poses),
        ("responses", request.responses),
    ) if not given]  # fmt: skip
    if missing:
        words = " and ".join(missing) + (" is" if missing == ["the operator"] else " are")
        raise BadInputError(WANTED.format(words))
    if request.measure not in ("compared", *MEASURES):
        msg = f"`measure` must be compared or one of {', '.join(MEASURES)}; got "
        raise BadInputError(msg + f"{quoted(request.measure)}.")
    if not 0 < request.floor_uv < LARGEST_UV:
        msg = f"`floor_uv` must be above 0 and below {LARGEST_UV:g}; got {request.floor_uv:g}."
        raise BadInputError(msg)


def _compared(request: LocateRequest) -> tuple[str, ...]:
    return MEASURES if request.measure == "compared" else (request.measure,)


@dataclass(frozen=True, eq=False)
class Rows:
    """Responses of one muscle.

    Parameters
    ----------
    name : str
        Of the muscle.
    response_v, didt_a_per_us : (n,) arrays
        Sizes and rates.
    pose : (n,) array of int
        Which pose each is of.
    scaled : bool
        Whether rates were given.
    """

    name: str
    response_v: FloatArray
    didt_a_per_us: FloatArray
    pose: IntArray
    scaled: bool


def read_rows(request: LocateRequest) -> list[Rows]:
    """Read the responses, and tie each to its pose.

    Parameters
    ----------
    request : LocateRequest
        With the table and the poses.

    Returns
    -------
    list of Rows
        One for each muscle that is asked for.

    Raises
    ------
    BadInputError
        When rows and poses cannot be tied together.
    """
    table = read_responses(_given(request.responses))
    if len(table.rows) > MOST_ROWS:
        msg = f"{table.path}: at most {MOST_ROWS} rows are taken; got {len(table.rows)}."
        raise BadInputError(msg)
    size_v = v_from_uv(table.numbers("mep_uv", low=0, high=LARGEST_UV))
    scaled = table.has("didt_a_per_us")
    rate = np.ones(len(size_v))
    if scaled:
        rate = table.numbers("didt_a_per_us", low=1e-3, high=MOST_DIDT)
    names = table.texts("muscle") if table.has("muscle") else [ALL] * len(size_v)
    found = []
    for name in _muscles(request, table, names):
        own = np.array([text == name for text in names])
        pose = _poses(request, table, own, name)
        found.append(Rows(name, size_v[own], rate[own], pose, scaled))
    return found


def _muscles(request: LocateRequest, table: ResponseTable, names: list[str]) -> list[str]:
    known = list(dict.fromkeys(names))
    if request.muscle is None:
        return known
    if request.muscle not in known:
        there = ", ".join(name for name in known if name) or "none"
        msg = (
            f"{table.path}: `muscle` must be one of the column muscle ({quoted(there)}); got "
            f"{quoted(request.muscle)}."
        )
        raise BadInputError(msg)
    return [request.muscle]


def _poses(request: LocateRequest, table: ResponseTable, own: BoolArray, name: str) -> IntArray:
    count, of = len(request.poses), f" of {quoted(name)}" if name else ""
    if table.has("pose"):
        column = table.numbers("pose", low=0, high=count - 1)
        if (column != np.round(column)).any():
            msg = f"{table.path}: the column pose must hold whole numbers from 0."
            raise BadInputError(msg)
        return column[own].astype(int)
    if own.sum() != count:
        msg = (
            f"{table.path}: there must be one row{of} for each of the {count} poses (`poses`), "
            f"in their order, or a column pose that counts from 0; there are {own.sum()} rows."
        )
        raise BadInputError(msg)
    return np.arange(count)


def _site(request: LocateRequest, fields: SiteFields, rows: Rows) -> MuscleSite:
    settings = LocateSettings(
        floor_v=v_from_uv(request.floor_uv), seed=request.seed, shuffles=request.shuffles
    )
    used = len(np.unique(rows.pose))

    def of(measure: str, *, chosen: IntArray | None = None) -> FloatArray:
        values = fields.values[measure]
        if chosen is not None:
            values = values[:, chosen]
        return np.ascontiguousarray(values[rows.pose] * rows.didt_a_per_us[:, None])

    first = "magnitude" if request.measure == "compared" else request.measure
    found = located(of(first), rows.response_v, fields.points_m, used, settings)
    told: dict[str, HeldOut] = {}
    measure = first
    if request.measure == "compared" and found.pulses is not None:
        chosen = np.argsort(-found.explained)[:COMPARED]
        for name in MEASURES:
            told[name] = held_out(of(name, chosen=chosen), found.pulses, request.seed)
        measure = _best(told)
        if measure != first:
            found = located(of(measure), rows.response_v, fields.points_m, used, settings)
    return MuscleSite(rows.name, found, measure, told, rows.response_v, rows.didt_a_per_us,
                      rows.pose)  # fmt: skip


def _best(told: Mapping[str, HeldOut]) -> str:
    """Return the measure that foretells best; |E| unless another one is clearly better."""
    best, most = "magnitude", 0.0
    for name in MEASURES[1:]:
        more, error = told[name].better_by(told["magnitude"])
        if more > CLEARLY * error and more > most:
            best, most = name, more
    return best


def write_locate(
    result: LocateResult, path: Path, *, progress: Progress = silent
) -> dict[str, LocateRecord]:
    """Write sites as JSON, their posterior and its surface as GIFTI beside it.

    Parameters
    ----------
    result : LocateResult
        From `run_locate`.
    path : Path
        The JSON file: one object, or one for each muscle by name.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    dict of str to LocateRecord
        By muscle; the key is empty where the table names none.
    """
    stem = path.name.removesuffix(".json")
    overlay, surface = path.with_name(f"{stem}.func.gii"), path.with_name(f"{stem}.surf.gii")
    cortex = result.head.cortex
    away, found = KDTree(result.fields.points_m).query(cortex.vertices_m)
    nearest, covered = np.asarray(found, dtype=int), away <= 2 * result.fields.spacing_m
    sharing = np.bincount(nearest[covered], minlength=len(result.fields.points_m))
    share = np.where(covered, 1 / np.maximum(sharing[nearest], 1), 0.0)
    columns = {}
    for site in result.sites:
        suffix = f" {site.name}" if site.name else ""
        columns[f"posterior{suffix}"] = share * site.found.posterior[nearest]
        columns[f"explained{suffix}"] = np.where(covered, site.found.explained[nearest], 0.0)
    write_surface_gifti(surface, cortex)
    write_overlay_gifti(overlay, columns)
    records = {}
    for site in result.sites:
        records[site.name] = _record(result, site, overlay, surface, progress)
    alone = len(result.sites) == 1 and (not result.sites[0].name or result.request.muscle)
    write_text(path, json_text(next(iter(records.values())) if alone else records))
    return records


def _record(
    result: LocateResult, site: MuscleSite, overlay: Path, surface: Path, progress: Progress
) -> LocateRecord:
    found, asked = site.found, result.request
    peak_m = None if found.element is None else result.fields.points_m[found.element]
    threshold = _threshold(site)
    pose, doses = None, []
    if peak_m is not None and (asked.aim or asked.dose_at):
        pose = aimed(result.head, result.coil, result.operator, peak_m, progress)
        doses = doses_at(
            result.head, result.coil, result.operator, asked.dose_at, pose,
            threshold if result.scaled and site.measure == "magnitude" else None, progress,
        )  # fmt: skip
    others = {other.name: round(overlap_of(found.posterior, other.found.posterior), 3)
              for other in result.sites if other is not site
              and found.element is not None and other.found.element is not None}  # fmt: skip
    return LocateRecord(
        peak_mm=None if peak_m is None else numbers(mm_from_m(peak_m), 2),
        radius50_mm=number(mm_from_m(found.radius50_m), 2),
        radius90_mm=number(mm_from_m(found.radius90_m), 2),
        identifiable=not found.reasons,
        measure=site.measure,
        reasons=list(found.reasons),
        notes=[*found.notes, *result.fields.notes],
        pulses=len(site.response_v),
        poses=len(np.unique(site.pose)),
        censored=int((site.response_v <= v_from_uv(asked.floor_uv)).sum()),
        floor_uv=asked.floor_uv,
        explained=None if found.element is None
        else number(float(found.explained[found.element]), 3),
        chance=number(found.chance, 3),
        threshold_v_per_m=number(threshold, 3),
        elements=len(result.fields.points_m),
        held_out=_held_out(site),
        congruence_mm=ranked_by_congruence(
            result.fields, site.pose, site.didt_a_per_us, site.response_v
        ) if result.scaled else {},
        overlap=others,
        matsimnibs=None if pose is None else pose.matsimnibs,
        doses=doses,
        head=result.head.name,
        coil=result.coil.name,
        posterior=str(overlay),
        surface=str(surface),
    )  # fmt: skip


def _held_out(site: MuscleSite) -> dict[str, HeldOutRecord]:
    records = {}
    for name, told in site.held_out.items():
        more, error = told.better_by(site.held_out["magnitude"])
        records[name] = HeldOutRecord(
            log_likelihood=round(told.log_likelihood, 2),
            than_magnitude=round(more, 2),
            standard_error=round(error, 2),
        )
    return records


def _threshold(site: MuscleSite) -> float | None:
    """Return the field at which the peak's curve passes the criterion; None beyond its rise."""
    found = site.found
    if found.element is None or found.fits is None or found.pulses is None:
        return None
    bottom, log_height, middle, log_rate = found.fits.parameters[found.element]
    share = (found.pulses.of_volts(CRITERION_V) - bottom) / np.exp(log_height)
    if not 0.001 < share < 0.999:
        return None
    t = middle + np.log(share / (1 - share)) / np.exp(log_rate)
    e = float(found.fits.mean[found.element] + t * found.fits.spread[found.element])
    return e if e > 0 else None
