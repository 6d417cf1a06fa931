"""Motor maps from a table: read, measured, compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError, quoted
from cortistim.io.table.responses import ResponseTable, read_responses
from cortistim.mapping.motor_map import (
    AREAS,
    PLACES,
    VOLUMES,
    Frame,
    Measured,
    MotorMap,
    Repeatability,
    frame_of,
    map_in,
    measure,
    overlap,
    place_repeatability,
    redrawn,
    repeatability,
)
from cortistim.records.form import number, numbers, significant
from cortistim.records.motor_map import (
    MapOverlapRecord,
    MapPlaceRecord,
    MapRecord,
    MapRepeatRecord,
    MapsRecord,
    MapValueRecord,
)
from cortistim.typing import FloatArray
from cortistim.units import m_from_mm, mm_from_m, uv_from_v, v_from_uv

SURFACES = ("scalp", "cortex", "not stated")
UV_PER_UNIT = {"uv": 1.0, "mv": 1000.0}
LARGEST_UV = 50_000.0
LARGEST_MM = 2_000.0
SHARE_OF_DRAWS = 0.9  # that must have a place for it to have an interval
TWO_SIDED = 1.959964
CM2_PER_M2 = 1e4
UV_CM2_PER_V_M2 = 1e10
FEW_RESPONSES = 10
CURVED_M = 5e-3
COARSE = 3  # every so many pixels along an edge go into the record
MOST_MAPS = 400


@dataclass(frozen=True, kw_only=True, slots=True)
class MapRequest:
    """Maps to be measured.

    Parameters
    ----------
    table : Path
        A table with a row for each pulse.
    coordinates : (str, str, str)
        Columns of the place in mm.
    response : str
        Column of the size.
    by : tuple of str
        Columns whose cells tell maps apart; the last one names repeats.
    columns : tuple of str
        Names of the columns of a table without a header.
    delimiter : str
        Between cells.
    unit : str or None
        uv or mv; by the column's ending otherwise, else µV.
    surface : str
        Of `SURFACES`: what the places are.
    criterion_uv : float
        What counts as a response is above it.
    cell_mm : float
        Edge of a cell.
    percent_rmt, interval_s : float or None
        Intensity and time between pulses; only told.
    draws, seed : int
        Of the bootstrap.
    """

    table: Path
    coordinates: tuple[str, str, str]
    response: str
    by: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    delimiter: str = ","
    unit: str | None = None
    surface: str = "not stated"
    criterion_uv: float = 50.0
    cell_mm: float = 10.0
    percent_rmt: float | None = None
    interval_s: float | None = None
    draws: int = 300
    seed: int = 1


@dataclass(frozen=True, eq=False)
class _Maps:
    """Maps as measured, in the table's order."""

    labels: list[Mapping[str, str]]
    maps: list[MotorMap]
    measured: list[Measured | None]
    person: list[int] = field(default_factory=list)


def measure_maps(request: MapRequest) -> MapsRecord:
    """Measure the maps of a table.

    Parameters
    ----------
    request : MapRequest
        What is asked.

    Returns
    -------
    MapsRecord
        Maps, overlaps and repeatability.

    Raises
    ------
    BadInputError
        When the table cannot be used.
    """
    _check(request)
    table = read_responses(request.table, columns=request.columns, delimiter=request.delimiter)
    unit = _unit(request)
    scale = UV_PER_UNIT[unit]
    size_uv = scale * table.numbers(request.response, low=0, high=LARGEST_UV / scale)
    points_m = m_from_mm(np.column_stack([
        table.numbers(name, low=-LARGEST_MM, high=LARGEST_MM) for name in request.coordinates
    ]))  # fmt: skip
    found = _measured(request, table, points_m, v_from_uv(size_uv))
    return MapsRecord(
        coordinates=request.coordinates,
        response=request.response,
        unit=unit,
        surface=request.surface,
        criterion_uv=request.criterion_uv,
        cell_mm=request.cell_mm,
        percent_rmt=request.percent_rmt,
        interval_s=request.interval_s,
        draws=request.draws,
        seed=request.seed,
        maps=[_map(found, k) for k in range(len(found.maps))],
        overlaps=_overlaps(found),
        repeatability=_repeats(found),
        notes=_notes(request, found),
    )


def _check(request: MapRequest) -> None:
    if request.surface not in SURFACES:
        msg = f"`surface` must be one of {', '.join(SURFACES)}; got {quoted(request.surface)}."
        raise BadInputError(msg)
    if not 20 <= request.draws <= 5000:
        msg = f"`draws` must lie between 20 and 5000; got {request.draws}."
        raise BadInputError(msg)
    if not 1 <= request.cell_mm <= 50:
        msg = f"`cell_mm` must lie between 1 and 50; got {request.cell_mm:g}."
        raise BadInputError(msg)
    named = (*request.coordinates, request.response)
    if len(set(named)) != len(named):
        msg = (
            "x, y, z and the response must be different columns; got "
            f"{quoted(', '.join(named))}."
        )
        raise BadInputError(msg)


def _unit(request: MapRequest) -> str:
    ending = request.response.lower().rpartition("_")[2]
    told = ending if ending in UV_PER_UNIT else None
    if request.unit is not None and told not in (None, request.unit):
        msg = (
            f"the column {quoted(request.response)} says {told}, but `unit` is {request.unit}. "
            "Correct one of them."
        )
        raise BadInputError(msg)
    return request.unit or told or "uv"


def _measured(
    request: MapRequest, table: ResponseTable, points_m: FloatArray, size_v: FloatArray
) -> _Maps:
    groups = [tuple(cells.values()) for cells in table.groups(request.by)]
    keys = list(dict.fromkeys(groups))
    if len(keys) > MOST_MAPS:
        msg = (
            f"`by` makes {len(keys)} maps of {len(groups)} pulses; at most {MOST_MAPS} are "
            "measured at once. Give columns that tell maps apart, not pulses."
        )
        raise BadInputError(msg)
    rng = np.random.default_rng(request.seed)
    found = _Maps([], [], [])
    people = list(dict.fromkeys(key[:-1] for key in keys))
    frames: dict[tuple[str, ...], Frame] = {}
    for key in keys:
        rows = np.array([group == key for group in groups])
        label = dict(zip(request.by, key, strict=True))
        try:
            if key[:-1] not in frames:
                shared = np.array([group[:-1] == key[:-1] for group in groups])
                frames[key[:-1]] = frame_of(points_m[shared])
            made = map_in(
                frames[key[:-1]], points_m[rows], size_v[rows],
                criterion_v=v_from_uv(request.criterion_uv), cell_m=m_from_mm(request.cell_mm),
            )  # fmt: skip
            usable = bool(made.positive.any())
            measured = (
                measure(made, redrawn(made.count, request.draws, rng)) if usable else None
            )
        except BadInputError as error:
            name = ", ".join(f"{a} {b}" for a, b in label.items()) or "the table"
            msg = f"{request.table}: {name}: {error}"
            raise BadInputError(msg) from error
        found.labels.append(label)
        found.maps.append(made)
        found.measured.append(measured)
        found.person.append(people.index(key[:-1]))
    if not any(m is not None for m in found.measured):
        largest = max(uv_from_v(float(m.response_v.max())) for m in found.maps)
        msg = (
            f"{request.table}: some response must exceed {request.criterion_uv:g} µV; the "
            f"largest in column {quoted(request.response)} is {largest:.4g} µV. If it is in "
            "millivolts, say so (`unit`)."
        )
        raise BadInputError(msg)
    return found


def _map(found: _Maps, k: int) -> MapRecord:
    made, measured = found.maps[k], found.measured[k]
    places, areas, volumes, outline = {}, {}, {}, []
    if measured is not None:
        places = {name: _place(measured, name) for name in PLACES}
        areas = {name: _value(measured, name, CM2_PER_M2, "cm²") for name in AREAS}
        volumes = {name: _value(measured, name, UV_CM2_PER_V_M2, "µV cm²") for name in VOLUMES}
        outline = _outline(made, measured)
    plane_mm = mm_from_m(made.plane_m)
    size_uv = uv_from_v(made.response_v)
    return MapRecord(
        by=dict(found.labels[k]),
        pulses=made.count,
        responses=int(made.positive.sum()),
        places=places,
        areas=areas,
        volumes=volumes,
        alpha_mm=None if measured is None else number(mm_from_m(measured.alpha_m), 2),
        flatness_mm=round(float(mm_from_m(made.frame.flatness_m)), 2),
        notes=_map_notes(made, measured),
        points=[[round(float(a), 2), round(float(b), 2), round(float(v), 2)]
                for (a, b), v in zip(plane_mm, size_uv, strict=True)],
        outline=outline,
    )  # fmt: skip


def _map_notes(made: MotorMap, measured: Measured | None) -> list[str]:
    told = []
    if measured is None:
        return [
            "no response exceeds the criterion: there is no map, only that it lies elsewhere"
        ]
    if made.positive.sum() < FEW_RESPONSES:
        told.append(f"{made.positive.sum()} responses are few for a map")
    if made.frame.flatness_m > CURVED_M:
        told.append(
            f"the pulses lie {mm_from_m(made.frame.flatness_m):.1f} mm from their plane on "
            "average: areas in the plane are too small"
        )
    reach = made.inside & (np.nan_to_num(measured.chance) > 0.5)
    edge = made.frame.pixels_m[made.inside]
    if reach.any() and _touches_edge(made, reach, edge):
        told.append("the map reaches the edge of what was stimulated: it may be larger")
    return told


def _touches_edge(made: MotorMap, reach: np.ndarray, inside_m: FloatArray) -> bool:
    from scipy.spatial import ConvexHull

    faces = ConvexHull(made.plane_m).equations
    away = -(made.frame.pixels_m[reach] @ faces[:, :2].T + faces[:, 2]).max(axis=1)
    return bool(len(inside_m)) and bool(away.min() < 1.5 * made.frame.pixel_m)


def _value(measured: Measured, name: str, scale: float, unit: str) -> MapValueRecord:
    value, draws = scale * float(measured.values[name]), scale * measured.draws[name]
    half = TWO_SIDED * float(draws.std(ddof=1))
    return MapValueRecord(
        value=significant(value, 4),
        low=significant(max(value - half, 0.0), 4),
        high=significant(value + half, 4),
        unit=unit,
        smallest_change=significant(np.sqrt(2) * half, 4),
    )


def _place(measured: Measured, name: str) -> MapPlaceRecord:
    value, draws = measured.values[name], measured.draws[name]
    known = draws[np.isfinite(draws).all(axis=1)]
    if not np.isfinite(value).all():
        return MapPlaceRecord(mm=None, radius95_mm=None, low=None, high=None,
                              smallest_change_mm=None)  # fmt: skip
    mm = numbers(mm_from_m(value), 2)
    if len(known) < SHARE_OF_DRAWS * len(draws):
        return MapPlaceRecord(mm=mm, radius95_mm=None, low=None, high=None,
                              smallest_change_mm=None)  # fmt: skip
    sd = known.std(axis=0, ddof=1)
    radius = float(np.percentile(np.linalg.norm(known - value, axis=1), 95))
    return MapPlaceRecord(
        mm=mm,
        radius95_mm=number(mm_from_m(radius), 2),
        low=numbers(mm_from_m(value - TWO_SIDED * sd), 2),
        high=numbers(mm_from_m(value + TWO_SIDED * sd), 2),
        smallest_change_mm=number(mm_from_m(np.sqrt(2) * radius), 2),
    )


def _outline(made: MotorMap, measured: Measured) -> list[list[float]]:
    pixels = made.frame.pixels_m
    place = np.round((pixels - pixels[0]) / made.frame.pixel_m).astype(int)
    shown = made.inside & (place % COARSE == 0).all(axis=1)
    chance = measured.chance[shown]
    return [
        [round(float(a), 2), round(float(b), 2), round(100 * float(p), 1)]
        for (a, b), p in zip(mm_from_m(pixels[shown]), chance, strict=True)
    ]


def _overlaps(found: _Maps) -> list[MapOverlapRecord]:
    records = []
    for a, b in combinations(range(len(found.maps)), 2):
        one, two = found.measured[a], found.measured[b]
        if found.person[a] != found.person[b] or one is None or two is None:
            continue
        got = overlap(one, two)
        apart = np.linalg.norm(one.values["cog_amplitude"] - two.values["cog_amplitude"])
        dice, weighted = ([number(v, 3) for v in part] for part in (got.dice, got.weighted))
        records.append(
            MapOverlapRecord(
                one=dict(found.labels[a]), two=dict(found.labels[b]),
                dice=dice[0], dice_low=dice[1], dice_high=dice[2],
                weighted=weighted[0], weighted_low=weighted[1], weighted_high=weighted[2],
                of_one_map=number(got.same, 3), apart_mm=number(mm_from_m(apart), 2),
            )
        )  # fmt: skip
    return records


def _repeats(found: _Maps) -> list[MapRepeatRecord]:
    """Compare maps of the same person, where someone has two or more."""
    used = [k for k, m in enumerate(found.measured) if m is not None]
    person = np.array([found.person[k] for k in used])
    if len(np.unique(person)) == len(person):
        return []
    measured = [m for m in found.measured if m is not None]
    frames = [found.maps[k].frame for k in used]
    rows = []
    for name in PLACES:
        places = [f.in_plane_m(m.values[name]) for f, m in zip(frames, measured, strict=True)]
        known = np.isfinite(places).all(axis=1)
        if len(np.unique(person[known])) < known.sum():
            got = place_repeatability(np.array(places)[known], person[known])
            rows.append(_repeat(name, "mm", got, 1e3))
    for names, scale, unit in (
        (AREAS, CM2_PER_M2, "cm²"),
        (VOLUMES, UV_CM2_PER_V_M2, "µV cm²"),
    ):
        for name in names:
            values = np.array([float(m.values[name]) for m in measured])
            rows.append(_repeat(name, unit, repeatability(values, person), scale))
    return rows


def _repeat(name: str, unit: str, got: Repeatability, scale: float) -> MapRepeatRecord:
    sd, change = ([significant(scale * float(v), 4) for v in part]
                  for part in (got.within_sd, got.smallest_change))  # fmt: skip
    icc = [number(float(v), 3) for v in got.icc]
    return MapRepeatRecord(
        measure=name, unit=unit, mean=significant(scale * got.mean, 4),
        within_sd=sd[0], within_sd_low=sd[1], within_sd_high=sd[2],
        smallest_change=change[0], smallest_change_low=change[1],
        smallest_change_high=change[2],
        icc=icc[0], icc_low=icc[1], icc_high=icc[2], people=got.people, maps=got.maps,
    )  # fmt: skip


def _notes(request: MapRequest, found: _Maps) -> list[str]:
    told = []
    missing = [what for what, value in (
        ("whether places are on the scalp or the cortex",
         None if request.surface == "not stated" else request.surface),
        ("the intensity", request.percent_rmt),
        ("the time between pulses", request.interval_s),
    ) if value is None]  # fmt: skip
    if missing:
        told.append(
            f"not stated: {_and(missing)}. Areas depend on them; maps that differ in them are "
            "not comparable"
        )
    lost = sum(m is None for m in found.measured)
    if lost:
        told.append(f"{lost} of {len(found.maps)} maps have no response above the criterion")
    return told


def _and(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
