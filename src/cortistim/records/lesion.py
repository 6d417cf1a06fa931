"""Virtual lesions as they are written: schedules, power, maps."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class TrialRecord:
    """One trial of a schedule.

    Parameters
    ----------
    person, trial, block : int
        Whose, and when; from 1.
    site, item : str
        What is stimulated and shown.
    start_s : float
        After the start of the block.
    """

    person: int
    trial: int
    block: int
    site: str
    item: str
    start_s: float


@dataclass(frozen=True, kw_only=True)
class LesionDesignRecord:
    """A design with its schedule.

    Parameters
    ----------
    schema : str
        Name and version of the file.
    target, control : str
        The site in question, and the one that feels and sounds most like it.
    discomfort_apart, click_apart : float
        By how much their ratings differ.
    sites : list of str
        All conditions.
    items, people : int
        How many.
    protocol : str
        What each trial, or each block off-line, gives.
    verdict : str
        Of the safety table on a person's session.
    reasons : list of str
        Why.
    notes : list of str
        What to know and to do.
    trials : list of TrialRecord
        By person.
    """

    schema: str = "cortistim-lesion-1"
    target: str
    control: str
    discomfort_apart: float
    click_apart: float
    sites: list[str]
    items: int
    people: int
    protocol: str
    verdict: str
    reasons: list[str]
    notes: list[str]
    trials: list[TrialRecord]


@dataclass(frozen=True, kw_only=True)
class LesionPowerRow:
    """How often a design finds something.

    Parameters
    ----------
    control : str
        ``matched`` or ``no stimulation``.
    effect : float
        Share of errors that the lesion adds.
    share, low, high : float
        Of studies with p < 0.05, with its 95 % interval.
    difference : float
        Mean difference in errors.
    """

    control: str
    effect: float
    share: float
    low: float
    high: float
    difference: float


@dataclass(frozen=True, kw_only=True)
class LesionPowerRecord:
    """Power and false positives of both kinds of control.

    Parameters
    ----------
    people, items, runs : int
        How many.
    baseline, discomfort : float
        Shares of errors without stimulation, and added by discomfort.
    rows : list of LesionPowerRow
        With the effect, and without one: false positives.
    words : str
        What they say.
    """

    people: int
    items: int
    runs: int
    baseline: float
    discomfort: float
    rows: list[LesionPowerRow]
    words: str


@dataclass(frozen=True, kw_only=True)
class LesionSiteRecord:
    """One site of a map.

    Parameters
    ----------
    site : str
        Its name.
    errors, trials : int
        As counted there.
    rests_on : float
        Trials with what sites of overlapping fields lend.
    rate, low, high : float
        Share of errors with its 95 % interval.
    above_baseline : float
        Probability that it exceeds the baseline by more than the margin.
    call : str
        negative, undecided or positive.
    """

    site: str
    errors: int
    trials: int
    rests_on: float
    rate: float
    low: float
    high: float
    above_baseline: float
    call: str


@dataclass(frozen=True, kw_only=True)
class LesionMapRecord:
    """A map, negative sites first.

    Parameters
    ----------
    schema : str
        Name and version of the file.
    baseline_errors, baseline_trials : int
        Without stimulation.
    margin : float
        Above the baseline.
    smoothed : bool
        Whether sites lend each other trials.
    sites : list of LesionSiteRecord
        Negative, undecided, positive.
    notes : list of str
        What to know before using it.
    """

    schema: str = "cortistim-lesion-map-1"
    baseline_errors: int
    baseline_trials: int
    margin: float
    smoothed: bool
    sites: list[LesionSiteRecord]
    notes: list[str]
