"""Motor thresholds: trials as they are logged, what is proposed, what was found."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ThresholdLogHeader:
    """First line of a trial log: how the threshold is looked for.

    Parameters
    ----------
    schema : str
        Name and version of the log.
    method : str
        By name.
    start_percent : float
        First intensity.
    criterion_uv : float
        A response of this size counts.
    pulses : int or None
        Exactly so many; else as the method and the interval demand.
    half_width_percent : float
        Half of the interval, in percent of the threshold, at which to stop.
    seed : int or None
        Of methods that draw at random.
    time, version : str
        When it began, and with which version.
    """

    schema: str = "cortistim-threshold-log-1"
    method: str
    start_percent: float
    criterion_uv: float
    pulses: int | None
    half_width_percent: float
    seed: int | None
    time: str
    version: str


@dataclass(frozen=True, kw_only=True)
class ThresholdTrial:
    """One line of a trial log: a pulse, or that the last one is taken back.

    Parameters
    ----------
    pulse : int
        Its number, from 1; of the one that is taken back.
    percent : float
        Intensity that was delivered.
    response : bool
        Whether the response reached the criterion.
    mep_uv : float or None
        Peak to peak, where it was measured.
    undo : bool
        The pulse of this number does not count.
    time : str
        When the response was given.
    """

    pulse: int
    percent: float
    response: bool
    mep_uv: float | None = None
    undo: bool = False
    time: str = ""


@dataclass(frozen=True, kw_only=True)
class ThresholdProposal:
    """What to do next, and what is known so far.

    Parameters
    ----------
    propose_percent : float
        The next intensity.
    pulse : int
        Its number, from 1.
    estimate_percent, low_percent, high_percent : float or None
        Threshold and its interval; None before the first response.
    """

    propose_percent: float
    pulse: int
    estimate_percent: float | None = None
    low_percent: float | None = None
    high_percent: float | None = None


@dataclass(frozen=True, kw_only=True)
class ThresholdComplaint:
    """Why a line was not taken; the same pulse is proposed again.

    Parameters
    ----------
    error : str
        One sentence.
    propose_percent : float
        As before.
    pulse : int
        As before.
    """

    error: str
    propose_percent: float
    pulse: int


@dataclass(frozen=True, kw_only=True)
class ThresholdRecord:
    """A threshold.

    Parameters
    ----------
    estimate_percent : float or None
        In percent of the maximal output; None where the method has none.
    low_percent, high_percent : float or None
        Of the interval; None without pulses.
    level : float
        Its probability.
    pulses : int
        How many it rests on.
    alarms : list of str
        What speaks against it: ``kind: sentence``.
    """

    estimate_percent: float | None
    low_percent: float | None
    high_percent: float | None
    level: float
    pulses: int
    alarms: list[str]


@dataclass(frozen=True, kw_only=True)
class ReplayedMethod:
    """What one method makes of recorded pulses.

    Parameters
    ----------
    method, words : str
        Its name and what it does.
    estimate_percent : float or None
        The threshold.
    """

    method: str
    words: str
    estimate_percent: float | None


@dataclass(frozen=True, kw_only=True)
class ReplayRecord:
    """A recorded sequence of pulses, looked at again.

    Parameters
    ----------
    threshold : ThresholdRecord
        By the posterior of threshold and width.
    methods : list of ReplayedMethod
        By every method that takes pulses which it did not choose.
    responses : int
        How many pulses had one.
    between_sessions_percent : str
        By how much thresholds differ from one session to the next.
    """

    threshold: ThresholdRecord
    methods: list[ReplayedMethod]
    responses: int
    between_sessions_percent: str
