"""People of a cohort together: the content of ``group.json``."""

from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta

from cortistim.records.provenance import NOTICE, SourceRecord

Size = Annotated[float, Meta(ge=0)]


@dataclass(frozen=True, kw_only=True)
class RegionRow:
    """A region of fsaverage5 over all people.

    Parameters
    ----------
    region : str
        Its name.
    vertices : int
        Without the medial wall.
    area_cm2 : float
        On fsaverage5.
    mean, mean_low, mean_high : float or None
        Of the people's means over the region, with its 95 % interval by bootstrap.
    sd, variation : float or None
        Between people, and over the mean.
    p99, p99_low, p99_high : float or None
        Mean of the people's 99th percentiles in the region, with its interval.
    above_percent : float or None
        People whose mean is above the level.
    """

    region: str
    vertices: int
    area_cm2: Size
    mean: float | None
    mean_low: float | None
    mean_high: float | None
    sd: float | None
    variation: float | None
    p99: float | None
    p99_low: float | None
    p99_high: float | None
    above_percent: float | None


@dataclass(frozen=True, kw_only=True)
class ClusterRow:
    """A cluster of a test.

    Parameters
    ----------
    area_cm2 : float
        On fsaverage5.
    p : float
        Corrected for the whole surface, by mass.
    peak_t : float
        The largest, by size.
    peak_mni_mm : (3,) tuple of float
        Where.
    hemisphere : str
        Left or right.
    """

    area_cm2: Size
    p: float
    peak_t: float
    peak_mni_mm: tuple[float, float, float]
    hemisphere: str


@dataclass(frozen=True, kw_only=True)
class DetectableRecord:
    """Which effect so many people can show, two-sided at 5 %.

    Parameters
    ----------
    significant_r, r_at_80 : float
        The correlation that is significant at one place, and the true one that is found four
        times of five.
    significant_d, d_at_80 : float
        The same for a mean, in standard deviations.
    r_at_80_corrected, d_at_80_corrected : float
        The same, corrected for the whole surface.
    words : str
        The same in a sentence.
    """

    significant_r: float
    r_at_80: float
    significant_d: float
    d_at_80: float
    r_at_80_corrected: float
    d_at_80_corrected: float
    words: str


@dataclass(frozen=True, kw_only=True)
class TestRecord:
    """A test at every vertex of fsaverage5.

    Parameters
    ----------
    question : str
        What was asked.
    method : str
        How it was tested.
    people : int
        Who had everything.
    permutations : int
        Including the data as they are.
    exact : bool
        All that there are.
    forming_t : float
        That formed clusters.
    largest_t : float
        By size.
    least_p_tfce, least_p_cluster : float
        Corrected for the whole surface.
    area_tfce_cm2 : float
        Where p by TFCE is 0.05 or less.
    clusters : tuple of ClusterRow
        At most twenty, the surest first.
    detectable : DetectableRecord
        For so many people.
    """

    question: str
    method: str
    people: int
    permutations: int
    exact: bool
    forming_t: float
    largest_t: float
    least_p_tfce: float
    least_p_cluster: float
    area_tfce_cm2: Size
    clusters: tuple[ClusterRow, ...]
    detectable: DetectableRecord


@dataclass(frozen=True, kw_only=True)
class PersonDose:
    """A person's dose by one rule.

    Parameters
    ----------
    id : str
        Whose.
    percent_mso, field_v_per_m, relative : float or None
        Output, |E| at the target, and that over the reference.
    verdict : {"under", "within", "over", "unknown"}
        More than a fifth below or above the reference.
    """

    id: str
    percent_mso: float | None
    field_v_per_m: float | None
    relative: float | None
    verdict: Literal["under", "within", "over", "unknown"]


@dataclass(frozen=True, kw_only=True)
class RuleRecord:
    """A dose rule applied to everybody.

    Parameters
    ----------
    rule, words : str
        Which.
    variation : float or None
        Standard deviation of |E| at the target over its mean.
    under, within, over : int
        People.
    people : tuple of PersonDose
        Each.
    """

    rule: str
    words: str
    variation: float | None
    under: int
    within: int
    over: int
    people: tuple[PersonDose, ...]


@dataclass(frozen=True, kw_only=True)
class ForetoldPerson:
    """A motor threshold foretold from the other people.

    Parameters
    ----------
    id : str
        Whose.
    measured_percent, foretold_percent : float
        %MSO.
    """

    id: str
    measured_percent: float
    foretold_percent: float


@dataclass(frozen=True, kw_only=True)
class ForetoldRecord:
    """How well the field at the motor cortex foretells motor thresholds.

    Parameters
    ----------
    people : tuple of ForetoldPerson
        Each left out once.
    threshold_v_per_m : float
        The field at which hands move.
    rmse_percent, rmse_of_mean_percent : float
        Of the forecast, and of the others' mean in its place; %MSO.
    r : float or None
        Correlation of measured and foretold.
    """

    people: tuple[ForetoldPerson, ...]
    threshold_v_per_m: float
    rmse_percent: Size
    rmse_of_mean_percent: Size
    r: float | None


@dataclass(frozen=True, kw_only=True)
class GroupRecord:
    """People together on fsaverage5: the content of ``group.json``.

    Parameters
    ----------
    schema : str
        Name and version of this record.
    notice : str
        What this is not.
    cohort : str
        Its name.
    setting : str
        How finely heads were built.
    map, unit, map_is : str
        What is mapped.
    target, coil : str
        Of which plans.
    people : tuple of str
        Who is in it.
    left_out : mapping of str to str
        Who is not, and why.
    level : float
        Above which people are counted.
    smoothing_mm : float
        Full width at half maximum along the surface.
    mean_peak : float
        99.9th percentile of the mean map.
    regions : tuple of RegionRow
        Of the atlas, or around the cohort's targets.
    test : TestRecord or None
        Where one was asked for.
    rules : tuple of RuleRecord
        Doses; empty where the stimulator's output with the coil is not known.
    rules_reason : str
        Why it is empty.
    foretold : ForetoldRecord or None
        Where three or more motor thresholds are known.
    tied_by : mapping of str to int
        People by how their cortex was tied to fsaverage5.
    notes : tuple of str
        What a reader should know.
    versions : mapping of str to str
        By library.
    sources : tuple of SourceRecord
        What it rests on.
    """

    schema: Literal["cortistim-group-1"] = "cortistim-group-1"
    notice: Annotated[str, Meta(pattern="not a medical device")] = NOTICE
    cohort: str
    setting: str
    map: str
    unit: str
    map_is: str
    target: str
    coil: str
    people: tuple[str, ...]
    left_out: dict[str, str]
    level: float
    smoothing_mm: Size
    mean_peak: float
    regions: tuple[RegionRow, ...]
    test: TestRecord | None
    rules: tuple[RuleRecord, ...]
    rules_reason: str
    foretold: ForetoldRecord | None
    tied_by: dict[str, int]
    notes: tuple[str, ...]
    versions: dict[str, str]
    sources: tuple[SourceRecord, ...]
