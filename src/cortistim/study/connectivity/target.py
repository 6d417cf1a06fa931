"""A target from a person's own connectivity: what ``cortistim target connectivity`` does."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cortistim.cache import whole_folder
from cortistim.connectivity import (
    EVIDENCE,
    REGIONS,
    Advice,
    BlockMoments,
    ClusterRule,
    Spread,
    Trust,
    advice_for,
    clusters_of,
    correlation_error,
    ranked_clusters,
    spread_of,
)
from cortistim.connectivity.cluster import peak_m
from cortistim.connectivity.hierarchical import LEAST_M3
from cortistim.connectivity.reliability import drawn_m, halves_m
from cortistim.head import Head
from cortistim.head.space.targets import named_target
from cortistim.image import Volume
from cortistim.io import write_volume_nifti
from cortistim.records import number, numbers
from cortistim.records.connectivity import (
    ClusterRecord,
    ConnectivityTargetRecord,
    DataRecord,
    DistancesRecord,
    OnHeadRecord,
    OtherFilterRecord,
    PeakRecord,
    RunnerUpRecord,
)
from cortistim.study.connectivity.on_head import OnHead, on_head
from cortistim.study.connectivity.reading import (
    Reading,
    Series,
    layout_of,
    neighbours_of,
    read_series,
    reading_of,
    region_volume,
    weighted,
)
from cortistim.study.connectivity.request import SIGNS, ConnectivityRequest, Run, open_run
from cortistim.study.folder import write_json
from cortistim.study.record import sources_record, versions
from cortistim.study.request.inputs import head_of
from cortistim.typing import BoolArray, FloatArray, Progress, silent
from cortistim.units import mm_from_m
from cortistim.viz.figures.connectivity import write_connectivity_target

GROUP_SITE = "dlpfc_l"
MM3_PER_M3 = 1e9
SECONDS = 60.0
SOURCES = ("cash2021", "fox2012", "elbau2023", "morriss2024", "lindquist2019", "bartlett1946")


@dataclass(frozen=True, eq=False)
class Candidate:
    """A part of the search region that may be the target.

    Parameters
    ----------
    members : (n_place,) bool array
        Its places.
    centre_m : (3,) array [m]
        Their mean.
    size : float [m³]
        Its volume.
    """

    members: BoolArray
    centre_m: FloatArray
    size: float


@dataclass(frozen=True, eq=False)
class Found:
    """What one treatment of the global signal gives.

    Parameters
    ----------
    candidates : tuple of Candidate
        The best first, two at most; empty where no place has the sign.
    r, r_se, n_eff : float
        Of the best one's mean series; NaN without one.
    small : bool
        Whether the best parcel is smaller than the method's limit.
    """

    candidates: tuple[Candidate, ...]
    r: float = float("nan")
    r_se: float = float("nan")
    n_eff: float = float("nan")
    small: bool = False

    @property
    def centre_m(self) -> FloatArray | None:
        """The target; None where there is none."""
        return self.candidates[0].centre_m if self.candidates else None


@dataclass(frozen=True, kw_only=True, eq=False)
class ConnectivityResult:
    """A target and what speaks for it.

    Parameters
    ----------
    request : ConnectivityRequest
        What was asked.
    run, series, reading : Run, Series, Reading
        The data, clean as asked.
    found, other : Found
        With the global signal treated as asked, and the other way.
    halves, peak_halves, draws : Spread or None
        Distances between targets of halves, between their peaks, and from the target to those
        of drawn runs.
    drawn_m : (n, 3) array [m]
        Targets of drawn runs.
    advice : Advice
        What to do.
    site : OnHead or None
        The target on a head.
    group_m : (3,) array or None [m]
        The group's site, in the space of the images.
    """

    request: ConnectivityRequest
    run: Run
    series: Series
    reading: Reading
    found: Found
    other: Found
    halves: Spread | None
    peak_halves: Spread | None
    draws: Spread | None
    drawn_m: FloatArray
    advice: Advice
    site: OnHead | None
    group_m: FloatArray | None

    @property
    def minutes(self) -> float:
        """Length of the frames that count."""
        return self.run.cleaning.n_kept * self.run.tr_s / SECONDS

    @property
    def target_m(self) -> FloatArray | None:
        """The target in the space of the images."""
        return self.found.centre_m if self.site is None else self.site.target_m


def run_connectivity(
    request: ConnectivityRequest, *, progress: Progress = silent
) -> ConnectivityResult:
    """Find a target and measure how far to trust it.

    Parameters
    ----------
    request : ConnectivityRequest
        What is asked.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    ConnectivityResult
        For `write_connectivity`.

    Raises
    ------
    BadInputError
        When the files do not belong together or hold too little.
    FileFormatError
        When a file is damaged.
    """
    run = open_run(request)
    head = None if request.head is None else head_of(request.head, progress=progress)
    layout = layout_of(request, run, head)
    progress("read the series", 0.0)
    series = read_series(request, run, layout, progress=progress)
    progress("correlate", 0.6)
    search = _search(request, run, series)
    other = search(reading_of(request, series, run.cleaning, gsr=not request.gsr))
    reading = reading_of(request, series, run.cleaning, gsr=request.gsr)
    found = search(reading)
    progress("halve and draw the data", 0.8)
    halves, peaks, drawn = _spreads(request, run, series, reading)
    centre_m = found.centre_m
    draws = None
    if centre_m is not None and len(drawn):
        draws = spread_of(np.linalg.norm(drawn - centre_m, axis=1))
    site = None
    if head is not None and centre_m is not None:
        site = on_head(request, head, centre_m, progress=progress)
    result = ConnectivityResult(
        request=request,
        run=run,
        series=series,
        reading=reading,
        found=found,
        other=other,
        halves=halves,
        peak_halves=peaks,
        draws=draws,
        drawn_m=drawn,
        advice=Advice("", ()),
        site=site,
        group_m=_group_site(request, head),
    )
    return replace(result, advice=_advice(result))


def _search(
    request: ConnectivityRequest, run: Run, series: Series
) -> Callable[[Reading], Found]:
    """Return the rule that makes a target of a reading."""
    points_m, neighbours = series.points_m, neighbours_of(run, series)
    rule = ClusterRule(request.percent, SIGNS[request.sign])

    def by_cluster(reading: Reading) -> Found:
        parts = clusters_of(reading.r, points_m, neighbours, rule)
        return _found(reading, tuple(Candidate(p.members, p.centre_m, p.size) for p in parts))

    def by_parcels(reading: Reading) -> Found:
        seed = reading.seed * np.float32(-rule.sign)
        parts = ranked_clusters(reading.region, seed, points_m, neighbours.sizes)[:2]
        found = _found(reading, tuple(Candidate(p.members, p.centre_m, p.size) for p in parts))
        return replace(found, small=bool(parts) and parts[0].size <= LEAST_M3)

    return by_parcels if request.method == "hierarchical" else by_cluster


def _found(reading: Reading, candidates: tuple[Candidate, ...]) -> Found:
    if not candidates:
        return Found(())
    own = reading.region[:, candidates[0].members].mean(axis=1, dtype=np.float64)
    return Found(candidates, *correlation_error(own, reading.signal))


def _spreads(
    request: ConnectivityRequest, run: Run, series: Series, reading: Reading
) -> tuple[Spread | None, Spread | None, FloatArray]:
    """Halve the run and draw it anew; parcels are made of two halvings only."""
    points_m, sign = series.points_m, SIGNS[request.sign]
    moments = BlockMoments.of(reading.region, reading.signal, run.times_s)
    peaks = spread_of(
        halves_m(moments, lambda r: peak_m(r, points_m, sign), request.random_seed)
    )
    if request.method == "hierarchical":
        return _halved_parcels(request, run, series, reading), peaks, np.zeros((0, 3))
    neighbours, rule = neighbours_of(run, series), ClusterRule(request.percent, sign)

    def choose(r: FloatArray) -> FloatArray | None:
        parts = clusters_of(r, points_m, neighbours, rule)
        return parts[0].centre_m if parts else None

    halves = spread_of(halves_m(moments, choose, request.random_seed))
    drawn = drawn_m(moments, choose, draws=request.draws, seed=request.random_seed)
    return halves, peaks, drawn


def _halved_parcels(
    request: ConnectivityRequest, run: Run, series: Series, reading: Reading
) -> Spread | None:
    search, count = _search(request, run, series), len(reading.signal)
    first = np.arange(count) < count // 2
    minute = np.floor(run.times_s / SECONDS).astype(int) % 2 == 0
    away = []
    for half in (first, minute):
        places = []
        for rows in (half, ~half):
            part = Reading(
                reading.region[rows], reading.signal[rows], reading.r, reading.seed[rows]
            )
            places.append(search(part).centre_m if rows.sum() > 10 else None)
        one, two = places
        if one is None or two is None:
            away.append(float("nan"))
        else:
            away.append(float(np.linalg.norm(one - two)))
    return spread_of(np.array(away))


def _group_site(request: ConnectivityRequest, head: Head | None) -> FloatArray | None:
    """Return the group's site in the space of the images, where the region is its own."""
    if request.search_region not in REGIONS:
        return None
    site_m = np.array(named_target(GROUP_SITE).mni_m)
    if request.search_region.startswith("right"):
        site_m = site_m * np.array([-1, 1, 1])
    if request.space == "mni" or head is None:
        return site_m if request.space == "mni" else None
    return head.frame.to_subject_m(site_m[None])[0]


def _advice(result: ConnectivityResult) -> Advice:
    found, other, halves = result.found, result.other, result.halves
    candidates = found.candidates
    rival = None
    if len(candidates) > 1:
        rival = candidates[1].size / candidates[0].size
    filters_m = None
    if found.centre_m is not None and other.centre_m is not None:
        filters_m = float(np.linalg.norm(found.centre_m - other.centre_m))
    return advice_for(
        Trust(
            found=bool(candidates),
            minutes=result.minutes,
            half_m=None if halves is None else (halves.p50_m, halves.p90_m),
            rival=rival,
            tsnr=_tsnr(result),
            filters_m=filters_m,
            r_over_error=abs(found.r) / found.r_se if found.r_se > 0 else None,
            cleaned=result.run.confounds,
        )
    )


def _tsnr(result: ConnectivityResult) -> float | None:
    return None if result.request.seed_is_map else result.series.seed_tsnr()


def write_connectivity(result: ConnectivityResult, folder: Path) -> ConnectivityTargetRecord:
    """Write a target.

    Parameters
    ----------
    result : ConnectivityResult
        From `run_connectivity`.
    folder : Path
        Gets ``target.json``, ``target.png``, ``r_map.nii.gz`` and ``cluster.nii.gz``.

    Returns
    -------
    ConnectivityTargetRecord
        The content of ``target.json``.
    """
    record = connectivity_record(result)
    r_map = region_volume(result.run, result.series, result.reading.r)
    files = ["r_map.nii.gz"]
    with whole_folder(folder) as place:
        _write_volume(place / "r_map.nii.gz", r_map)
        if result.found.candidates:
            members = result.found.candidates[0].members.astype(float)
            _write_volume(place / "cluster.nii.gz", region_volume(
                result.run, result.series, members))  # fmt: skip
            files.append("cluster.nii.gz")
        missing = write_connectivity_target(place / "target.png", r_map, record, result.drawn_m)
        if missing:
            record = replace(record, warnings=(*record.warnings, missing))
        else:
            files.append("target.png")
        record = replace(record, files=tuple(files))
        write_json(place / "target.json", record)
    return record


def _write_volume(path: Path, volume: Volume) -> None:
    values = np.nan_to_num(np.asarray(volume.values, np.float32))
    write_volume_nifti(path, values, volume.affine_m)


def connectivity_record(result: ConnectivityResult) -> ConnectivityTargetRecord:
    """Return the content of ``target.json``.

    Parameters
    ----------
    result : ConnectivityResult
        From `run_connectivity`.

    Returns
    -------
    ConnectivityTargetRecord
        In millimetres and minutes.
    """
    request, found = result.request, result.found
    cole = ("cole2020",) if request.method == "hierarchical" else ()
    return ConnectivityTargetRecord(
        target_mm=_mm(result.target_m),
        space=request.space,
        r=number(found.r, 4),
        r_se=number(found.r_se, 4),
        split_half_mm=_distances(result.halves),
        runner_up=_runner_up(result),
        advice=result.advice.words,
        method=request.method,
        seed=request.seed,
        search_region=request.search_region,
        sign=request.sign,
        gsr=request.gsr,
        other_gsr=_other(result),
        bootstrap_mm=_distances(result.draws),
        peak=_peak(result),
        cluster=_cluster(result),
        n_eff=number(found.n_eff, 1),
        group_site_mm=_mm(result.group_m),
        data=_data(result),
        on_head=_on_head(result.site),
        evidence=EVIDENCE,
        warnings=_warnings(result),
        notes=_notes(result),
        versions=versions(),
        sources=sources_record((*SOURCES, *cole)),
    )


def _mm(point_m: FloatArray | None) -> tuple[float, float, float] | None:
    if point_m is None:
        return None
    x, y, z = numbers(mm_from_m(np.asarray(point_m, float)), 2)
    return x, y, z


def _distances(spread: Spread | None) -> DistancesRecord:
    if spread is None:
        return DistancesRecord(p50=None, p90=None)
    p50, p90 = (round(float(mm_from_m(one)), 2) for one in (spread.p50_m, spread.p90_m))
    return DistancesRecord(p50=p50, p90=p90)


def _runner_up(result: ConnectivityResult) -> RunnerUpRecord | None:
    if len(result.found.candidates) < 2:
        return None
    first, second = result.found.candidates
    own = result.reading.region[:, second.members].mean(axis=1, dtype=np.float64)
    centre_mm = _mm(second.centre_m)
    if centre_mm is None:
        return None
    away_m = float(np.linalg.norm(second.centre_m - first.centre_m))
    return RunnerUpRecord(
        centre_mm=centre_mm,
        r=round(correlation_error(own, result.reading.signal)[0], 4),
        size_ratio=round(second.size / first.size, 3),
        away_mm=round(float(mm_from_m(away_m)), 2),
    )


def _other(result: ConnectivityResult) -> OtherFilterRecord:
    other, found = result.other, result.found
    away_m = float("nan")
    if other.centre_m is not None and found.centre_m is not None:
        away_m = float(np.linalg.norm(other.centre_m - found.centre_m))
    return OtherFilterRecord(
        gsr=not result.request.gsr,
        target_mm=_mm(other.centre_m),
        r=number(other.r, 4),
        r_se=number(other.r_se, 4),
        away_mm=number(mm_from_m(away_m), 2),
    )


def _peak(result: ConnectivityResult) -> PeakRecord | None:
    r, sign = result.reading.r, SIGNS[result.request.sign]
    place_mm = _mm(peak_m(r, result.series.points_m, sign))
    if place_mm is None or not result.found.candidates:
        return None
    extreme = float(sign * np.max(sign * r))
    return PeakRecord(
        mm=place_mm, r=round(extreme, 4), split_half_mm=_distances(result.peak_halves)
    )


def _cluster(result: ConnectivityResult) -> ClusterRecord | None:
    if not result.found.candidates:
        return None
    best = result.found.candidates[0]
    return ClusterRecord(
        size_mm3=round(best.size * MM3_PER_M3, 1),
        size_mm2=None,
        places=int(best.members.sum()),
        r_mean=round(float(result.reading.r[best.members].mean()), 4),
    )


def _data(result: ConnectivityResult) -> DataRecord:
    run, request = result.run, result.request
    freedom = run.cleaning.freedom - int(request.gsr)
    tsnr = _tsnr(result)
    return DataRecord(
        minutes_recorded=round(run.bold.n_frame * run.tr_s / SECONDS, 2),
        minutes_kept=round(result.minutes, 2),
        frames_recorded=run.bold.n_frame,
        frames_kept=run.cleaning.n_kept,
        tr_s=run.tr_s,
        freedom=freedom,
        regressors=len(run.regressors),
        redundant_regressors=run.cleaning.redundant,
        band_hz=request.band_hz,
        fwhm_mm=request.fwhm_mm,
        fd_mm=request.fd_mm if run.fd_known else None,
        seed_places=len(result.series.seed),
        region_places=len(result.series.region),
        seed_tsnr=number(tsnr, 1),
        template=run.template,
    )


def _on_head(site: OnHead | None) -> OnHeadRecord | None:
    if site is None:
        return None
    subject_mm, centre_mm = _mm(site.subject_m), _mm(site.centre_m)
    if subject_mm is None or centre_mm is None:
        return None
    return OnHeadRecord(
        head=site.head,
        subject_mm=subject_mm,
        centre_mm=centre_mm,
        moved_mm=round(float(mm_from_m(site.moved_m)), 2),
        scalp_distance_mm=round(float(mm_from_m(site.depth_m)), 2),
        deep=site.deep,
        m1_scalp_distance_mm=number(mm_from_m(site.m1_depth_m), 2),
        depth_percent_mso=number(site.depth_percent_mso, 1),
        dose_factor=number(site.dose_factor, 3),
    )


def _warnings(result: ConnectivityResult) -> tuple[str, ...]:
    warnings = list(result.run.warnings)
    if result.found.small:
        warnings.append(
            f"no parcel with net anticorrelation has more than {LEAST_M3 * MM3_PER_M3:g} mm³; "
            "the best of the smaller ones was taken"
        )
    if result.site is not None and result.site.deep:
        warnings.append("the target lies more than 30 mm below the scalp")
    return tuple(warnings)


def _notes(result: ConnectivityResult) -> tuple[str, ...]:
    notes = list(result.run.notes)
    if weighted(result.request) and not result.request.seed_is_map:
        notes.append(
            "the seed map is the person's own: correlation with the sphere's mean, outside the "
            "search region"
        )
    if result.request.method == "hierarchical":
        notes.append(
            "halves: first and second, odd and even minutes; parcels are not drawn anew"
        )
    if result.run.template is not None and result.request.space == "mni":
        notes.append(
            f"coordinates are those of {result.run.template}; versions of MNI space differ by "
            "1 to 3 mm"
        )
    return tuple(notes)


def group_site_words(record: ConnectivityTargetRecord) -> str:
    """Say where the group's site is.

    Parameters
    ----------
    record : ConnectivityTargetRecord
        With the site, or without.

    Returns
    -------
    str
        Empty where there is none.
    """
    if record.group_site_mm is None:
        return ""
    place = ", ".join(f"{value:g}" for value in record.group_site_mm)
    return f"({place}) mm in {record.space} space, {named_target(GROUP_SITE).source}"
