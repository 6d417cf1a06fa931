"""Recruitment curves, designs and conditioned responses, as they are written."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class IntervalRecord:
    """A posterior mean with its 95 % interval.

    Parameters
    ----------
    mean, low, high : float
        In the unit of the quantity.
    """

    mean: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class CurveRecord:
    """One recruitment curve.

    Parameters
    ----------
    by : dict of str to str
        Whose it is: the cells that its pulses share.
    threshold, s50 : IntervalRecord
        In the unit of intensity: half of responses reach the criterion; half of the plateau.
    slope : IntervalRecord
        In µV per unit of intensity, at s50.
    plateau : IntervalRecord
        In µV.
    pulses : int
        How many.
    censored : int
        Responses at or below the floor.
    pareto_k : float
        Above 0.7 the intervals cannot be trusted.
    notes : list of str
        What to know before using it.
    points : list of lists
        Intensity and size in µV of each pulse.
    band : list of lists
        Intensity, median, low and high end in µV.
    """

    by: dict[str, str]
    threshold: IntervalRecord
    s50: IntervalRecord
    slope: IntervalRecord
    plateau: IntervalRecord
    pulses: int
    censored: int
    pareto_k: float
    notes: list[str]
    points: list[list[float]]
    band: list[list[float]]


@dataclass(frozen=True, kw_only=True)
class CurveGroupRecord:
    """The typical curve of a condition.

    Parameters
    ----------
    by : dict of str to str
        The condition; empty when there is one only.
    curves : int
        How many it rests on.
    threshold, s50, slope, plateau : IntervalRecord
        As for a curve; for the typical one, not the mean over people.
    """

    by: dict[str, str]
    curves: int
    threshold: IntervalRecord
    s50: IntervalRecord
    slope: IntervalRecord
    plateau: IntervalRecord


@dataclass(frozen=True, kw_only=True)
class ContrastRecord:
    """How one condition differs from the first.

    Parameters
    ----------
    condition, reference : dict of str to str
        Which, and from which.
    quantity : str
        Threshold, s50, slope or plateau.
    difference : IntervalRecord
        In the quantity's unit.
    percent : IntervalRecord
        Of the first condition's.
    """

    condition: dict[str, str]
    reference: dict[str, str]
    quantity: str
    difference: IntervalRecord
    percent: IntervalRecord


@dataclass(frozen=True, kw_only=True)
class CurvesRecord:
    """Fitted curves.

    Parameters
    ----------
    schema : str
        Name and version of the file.
    intensity, response : str
        Columns of the table.
    unit : str
        Of the table's responses: uv or mv.
    criterion_uv, floor_uv : float
        Size at the threshold, and size at or below which responses are censored.
    together : bool
        Whether curves were fitted with what they have in common.
    curves : list of CurveRecord
        Each of them.
    groups : list of CurveGroupRecord
        Typical ones, when fitted together.
    contrasts : list of ContrastRecord
        Between conditions.
    between_people_percent, within_person_percent : float or None
        Standard deviation of thresholds over people, and over curves of one person.
    notes : list of str
        On all of it.
    """

    schema: str = "cortistim-curves-1"
    intensity: str
    response: str
    unit: str
    criterion_uv: float
    floor_uv: float
    together: bool
    curves: list[CurveRecord]
    groups: list[CurveGroupRecord]
    contrasts: list[ContrastRecord]
    between_people_percent: float | None
    within_person_percent: float | None
    notes: list[str]


@dataclass(frozen=True, kw_only=True)
class CurveDesignRow:
    """What curves of so many pulses give.

    Parameters
    ----------
    pulses : int
        Of each curve.
    threshold_error_percent : float
        Median of |error|.
    change_percent, sd_percent : float or None
        Mean change that was found, and its standard deviation over people.
    people : int or None
        Needed for a power of 80 %.
    """

    pulses: int
    threshold_error_percent: float | None
    change_percent: float | None
    sd_percent: float | None
    people: int | None


@dataclass(frozen=True, kw_only=True)
class CurveDesignRecord:
    """How many pulses and people a study needs.

    Parameters
    ----------
    quantity : str
        In which a change is looked for.
    change_percent : float
        Of the threshold.
    session_percent : float
        By how much thresholds differ between sessions anyway.
    generator : str
        The model of people.
    simulated_people : int
        How many.
    rows : list of CurveDesignRow
        By the number of pulses.
    """

    quantity: str
    change_percent: float
    session_percent: float
    generator: str
    simulated_people: int
    rows: list[CurveDesignRow]


@dataclass(frozen=True, kw_only=True)
class RatioRecord:
    """Conditioned over test responses.

    Parameters
    ----------
    by : dict of str to str
        Whose; empty for all people together.
    condition : str
        Which conditioning.
    ratio : IntervalRecord
        Of expectations; 1 is no effect.
    conditioned, test : int
        Trials.
    words : str
        Which way it goes.
    """

    by: dict[str, str]
    condition: str
    ratio: IntervalRecord
    conditioned: int
    test: int
    words: str


@dataclass(frozen=True, kw_only=True)
class RatiosRecord:
    """Conditioned responses of a table.

    Parameters
    ----------
    schema : str
        Name and version of the file.
    response : str
        Column of the sizes.
    test : str
        What marks the test pulse alone.
    ratios : list of RatioRecord
        By person and condition.
    together : list of RatioRecord
        By condition over people; empty with fewer than two.
    words : str
        What kind of ratio it is, and why.
    """

    schema: str = "cortistim-ratios-1"
    response: str
    test: str
    ratios: list[RatioRecord]
    together: list[RatioRecord]
    words: str
