"""A session against a virtual subject, and how it went."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RehearsedPulse:
    """One pulse.

    Parameters
    ----------
    pulse : int
        Its number, from 1.
    percent : float
        Intensity.
    mep_uv, baseline_uv : float
        What was seen: size, and root mean square before the pulse.
    kept : bool
        Whether the trial counted: it was given again where the muscle was tense.
    cause : str
        What disturbed it; sealed until the end.
    """

    pulse: int
    percent: float
    mep_uv: float
    baseline_uv: float
    kept: bool
    cause: str


@dataclass(frozen=True, kw_only=True)
class RehearsedQuantity:
    """What was found, and what is true.

    Parameters
    ----------
    name, unit : str
        Such as threshold and %.
    found, low, high : float or None
        Estimate and interval.
    truth : float
        Of the person.
    error_percent : float or None
        Of the truth.
    held : bool
        Whether the interval holds the truth.
    """

    name: str
    unit: str
    found: float | None
    low: float | None
    high: float | None
    truth: float
    error_percent: float | None
    held: bool


@dataclass(frozen=True, kw_only=True)
class RehearsalRecord:
    """A whole session.

    Parameters
    ----------
    schema : str
        Name and version.
    kind : str
        Threshold or curve.
    seed : int
        Of the person and all that happened.
    by : str
        The method's name, or "hand".
    pulses : list of RehearsedPulse
        In their order.
    quantities : list of RehearsedQuantity
        What was to be found.
    minutes : float
        At ten seconds between pulses.
    disturbed, noticed : int
        Trials that something disturbed, and those of them that were given again.
    alarms : list of str
        What the method itself said.
    words : list of str
        How it went.
    """

    schema: str = "cortistim-rehearsal-1"
    kind: str
    seed: int
    by: str
    pulses: list[RehearsedPulse]
    quantities: list[RehearsedQuantity]
    minutes: float
    disturbed: int
    noticed: int
    alarms: list[str]
    words: list[str]
