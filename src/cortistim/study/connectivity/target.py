"""A target from a person's own connectivity: what ``cortistim target connectivity`` does."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from cortistim.connectivity import (
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
from cortistim.study.connectivity.on_head import OnHead, on_head
from cortistim.study.connectivity.reading import (
    Reading,
    Series,
    layout_of,
    neighbours_of,
    read_series,
    reading_of,
)
from cortistim.study.connectivity.request import SIGNS, ConnectivityRequest, Run, open_run
from cortistim.study.request.inputs import head_of
from cortistim.typing import BoolArray, FloatArray, Progress, silent

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
    def seed_tsnr(self) -> float | None:
        """Temporal signal-to-noise ratio of the seed; None for a map."""
        return None if self.request.seed_is_map else self.series.seed_tsnr()

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
            tsnr=result.seed_tsnr,
            filters_m=filters_m,
            r_over_error=abs(found.r) / found.r_se if found.r_se > 0 else None,
            cleaned=result.run.confounds,
        )
    )
