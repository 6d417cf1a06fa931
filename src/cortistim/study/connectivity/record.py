"""A target from connectivity, as it is written."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from cortistim.cache import whole_folder
from cortistim.connectivity import EVIDENCE, Spread, correlation_error
from cortistim.connectivity.cluster import peak_m
from cortistim.connectivity.hierarchical import LEAST_M3
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
from cortistim.study.connectivity.on_head import OnHead
from cortistim.study.connectivity.reading import region_volume, weighted
from cortistim.study.connectivity.request import SIGNS
from cortistim.study.connectivity.target import SECONDS, ConnectivityResult
from cortistim.study.folder import write_json
from cortistim.study.record import sources_record, versions
from cortistim.typing import FloatArray
from cortistim.units import mm_from_m
from cortistim.viz.figures.connectivity import write_connectivity_target

MM3_PER_M3 = 1e9
SOURCES = ("cash2021", "fox2012", "elbau2023", "morriss2024", "lindquist2019", "bartlett1946")


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
    tsnr = result.seed_tsnr
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
