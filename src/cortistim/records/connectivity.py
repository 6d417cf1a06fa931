"""Targets from a person's own connectivity."""

from dataclasses import dataclass, field

from cortistim.records.provenance import SourceRecord

Point = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class DistancesRecord:
    """How far targets lie apart, in millimetres.

    Parameters
    ----------
    p50, p90 : float or None
        Median and 90th percentile; None where there are none.
    """

    p50: float | None
    p90: float | None


@dataclass(frozen=True, kw_only=True)
class RunnerUpRecord:
    """The second-best cluster.

    Parameters
    ----------
    centre_mm : tuple of float
        In the space of the target.
    r : float
        Its correlation with the seed.
    size_ratio : float
        Its size over that of the first.
    away_mm : float
        From the target.
    """

    centre_mm: Point
    r: float
    size_ratio: float
    away_mm: float


@dataclass(frozen=True, kw_only=True)
class OtherFilterRecord:
    """The target with the other treatment of the global signal.

    Parameters
    ----------
    gsr : bool
        Whether the global signal was taken out for this one.
    target_mm : tuple of float or None
        The target; None where there is none.
    r, r_se : float or None
        Its correlation with the seed and the standard error.
    away_mm : float or None
        From the target that is recommended.
    """

    gsr: bool
    target_mm: Point | None
    r: float | None
    r_se: float | None
    away_mm: float | None


@dataclass(frozen=True, kw_only=True)
class PeakRecord:
    """The single most extreme place, for replication only.

    Parameters
    ----------
    mm : tuple of float
        In the space of the target.
    r : float
        Its correlation with the seed.
    split_half_mm : DistancesRecord
        Between the peaks of two halves.
    """

    mm: Point
    r: float
    split_half_mm: DistancesRecord


@dataclass(frozen=True, kw_only=True)
class ClusterRecord:
    """The cluster that the target is the centre of.

    Parameters
    ----------
    size_mm3 : float or None
        Its volume; None on a surface.
    size_mm2 : float or None
        Its area; None in a volume.
    places : int
        Voxels or vertices.
    r_mean : float
        Mean correlation of its places with the seed.
    """

    size_mm3: float | None
    size_mm2: float | None
    places: int
    r_mean: float


@dataclass(frozen=True, kw_only=True)
class DataRecord:
    """What the target rests on.

    Parameters
    ----------
    minutes_recorded, minutes_kept : float
        Length of the run, and of the frames that count.
    frames_recorded, frames_kept : int
        Volumes.
    tr_s : float
        From frame to frame.
    freedom : int
        Degrees of freedom after cleaning.
    regressors, redundant_regressors : int
        Nuisance regressors, and how many of them followed from others.
    band_hz : tuple of float
        Frequencies that are kept.
    fwhm_mm : float
        Of the smoothing.
    fd_mm : float or None
        Framewise displacement above which frames do not count; None where it is not known.
    seed_places, region_places : int
        Voxels or vertices.
    seed_tsnr : float or None
        Mean over standard deviation in time, averaged over the seed; None for a map.
    template : str or None
        Space that the file's name states.
    """

    minutes_recorded: float
    minutes_kept: float
    frames_recorded: int
    frames_kept: int
    tr_s: float
    freedom: int
    regressors: int
    redundant_regressors: int
    band_hz: tuple[float, float]
    fwhm_mm: float
    fd_mm: float | None
    seed_places: int
    region_places: int
    seed_tsnr: float | None
    template: str | None


@dataclass(frozen=True, kw_only=True)
class OnHeadRecord:
    """The target on a head.

    Parameters
    ----------
    head : str
        Its name.
    subject_mm : tuple of float
        The target on the mid-grey surface, in the head's frame.
    centre_mm : tuple of float
        Centre of the cluster in the space of the target, before it was moved to grey matter.
    moved_mm : float
        How far it was moved.
    scalp_distance_mm : float
        From the scalp.
    deep : bool
        Whether it lies more than 30 mm below the scalp.
    m1_scalp_distance_mm : float or None
        The same of the hand area of the same side.
    depth_percent_mso : float or None
        By how much the output should rise above that for the hand area by depth alone.
    dose_factor : float or None
        |E| at the hand area over |E| at the target at equal output, each at its best pose;
        None without an operator.
    """

    head: str
    subject_mm: Point
    centre_mm: Point
    moved_mm: float
    scalp_distance_mm: float
    deep: bool
    m1_scalp_distance_mm: float | None
    depth_percent_mso: float | None
    dose_factor: float | None


@dataclass(frozen=True, kw_only=True)
class ConnectivityTargetRecord:
    """What ``target.json`` tells; every key is there, null where nothing is known.

    Parameters
    ----------
    schema : str
        Name and version of the file.
    target_mm : tuple of float or None
        The target in ``space``, moved to grey matter where a head was given.
    space : str
        ``mni`` or ``subject``.
    r, r_se : float or None
        Correlation of the target's mean series with the seed, and its standard error.
    split_half_mm : DistancesRecord
        Between targets of two halves of the run.
    runner_up : RunnerUpRecord or None
        The second-best cluster.
    advice : str
        What to do with the target, and why.
    method, seed, search_region : str
        As asked.
    sign : str
        ``negative`` or ``positive``.
    gsr : bool
        Whether the global signal was taken out.
    other_gsr : OtherFilterRecord
        The target with the other treatment.
    bootstrap_mm : DistancesRecord
        From the target to those of runs drawn from its minutes.
    peak : PeakRecord or None
        The single most extreme place.
    cluster : ClusterRecord or None
        The target's.
    n_eff : float or None
        Effective number of samples behind ``r_se``.
    group_site_mm : tuple of float or None
        The group's site in ``space``, for the dorsolateral prefrontal regions.
    data : DataRecord
        What it rests on.
    on_head : OnHeadRecord or None
        Where a head was given.
    evidence : str
        What is known about targets of this kind.
    warnings, notes : tuple of str
        What a reader should know.
    files : tuple of str
        Written beside this one.
    versions : mapping of str to str
        Of programs.
    sources : tuple of SourceRecord
        Literature.
    """

    schema: str = "cortistim-connectivity-target-1"
    target_mm: Point | None
    space: str
    r: float | None
    r_se: float | None
    split_half_mm: DistancesRecord
    runner_up: RunnerUpRecord | None
    advice: str
    method: str
    seed: str
    search_region: str
    sign: str
    gsr: bool
    other_gsr: OtherFilterRecord
    bootstrap_mm: DistancesRecord
    peak: PeakRecord | None
    cluster: ClusterRecord | None
    n_eff: float | None
    group_site_mm: Point | None
    data: DataRecord
    on_head: OnHeadRecord | None
    evidence: str
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    sources: tuple[SourceRecord, ...] = ()
