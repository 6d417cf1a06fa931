"""Sessions against a virtual subject, by a method or by hand, and their score."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cortistim.errors import BadInputError
from cortistim.mapping.curve import (
    CurveFit,
    Responses,
    band,
    curve_quantities,
    fit_alone,
    intensity_of,
)
from cortistim.mapping.muscle import CRITERION_V
from cortistim.mapping.subject import BASELINE_LIMIT_V, VirtualSubject
from cortistim.mapping.threshold import DEFAULT, HuntSettings, ThresholdHunt
from cortistim.records.form import number
from cortistim.records.rehearsal import RehearsalRecord, RehearsedPulse, RehearsedQuantity
from cortistim.units import uv_from_v

START_PERCENT = 60.0
SECONDS_APART = 10.0  # responses vary less than at 5 s; no gain beyond
MOST_PULSES = 400
CURVE_PULSES, LEVELS = 48, 8
LOWEST, HIGHEST = 0.9, 1.5  # over the threshold that was found
TARGET_V = 1e-3  # the size that test pulses usually aim at
TEST_RATIO = 1.2  # of the threshold
GOOD, FAIR = 3.0, 6.0  # percent of the threshold: by 25 pulses 75 % and 97 % of methods' errors


@dataclass(frozen=True, slots=True)
class RehearsalRequest:
    """A session to be rehearsed.

    Parameters
    ----------
    seed : int
        Of the person and all that happens.
    method : str
        That looks for the threshold.
    start_percent : float
        First intensity.
    """

    seed: int = 1
    method: str = DEFAULT
    start_percent: float = START_PERCENT

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing."""
        if self.seed < 0:
            msg = f"`seed` must be 0 or more; got {self.seed}."
            raise BadInputError(msg)


class _Session:
    """A subject and what was done to it."""

    def __init__(self, seed: int) -> None:
        self.seed, self.subject = seed, VirtualSubject(seed)
        self.pulses: list[RehearsedPulse] = []

    def give(self, percent: float, *, again: bool = True) -> RehearsedPulse:
        """Give a pulse, and give it again while the muscle is tense."""
        while True:
            seen = self.subject.pulse(percent)
            tense = seen.baseline_v > BASELINE_LIMIT_V
            pulse = RehearsedPulse(
                pulse=len(self.pulses) + 1,
                percent=percent,
                mep_uv=round(uv_from_v(seen.mep_v), 2),
                baseline_uv=round(uv_from_v(seen.baseline_v), 2),
                kept=not (tense and again),
                cause=seen.cause,
            )
            self.pulses.append(pulse)
            if pulse.kept or len(self.pulses) >= MOST_PULSES:
                return pulse

    def record(
        self, kind: str, by: str, quantities: list[RehearsedQuantity], alarms: list[str]
    ) -> RehearsalRecord:
        disturbed = [pulse for pulse in self.pulses if pulse.cause]
        return RehearsalRecord(
            kind=kind,
            seed=self.seed,
            by=by,
            pulses=self.pulses,
            quantities=quantities,
            minutes=round(len(self.pulses) * SECONDS_APART / 60, 1),
            disturbed=len(disturbed),
            noticed=sum(not pulse.kept for pulse in disturbed),
            alarms=alarms,
            words=_words(quantities, self.pulses),
        )


def rehearse_threshold(request: RehearsalRequest) -> RehearsalRecord:
    """Let a method find the threshold of a virtual subject.

    Parameters
    ----------
    request : RehearsalRequest
        Which subject, which method.

    Returns
    -------
    RehearsalRecord
        The session with its score; equal for equal requests.

    Raises
    ------
    BadInputError
        When there is no such method.
    """
    session = _Session(request.seed)
    hunt = _hunted(session, request)
    found = hunt.result()
    quantity = _quantity(
        "threshold", "%", (found.estimate_percent, found.low_percent, found.high_percent),
        session.subject.threshold_percent(),
    )  # fmt: skip
    return session.record("threshold", request.method, [quantity], list(found.alarms))


def _hunted(session: _Session, request: RehearsalRequest) -> ThresholdHunt:
    settings = HuntSettings(method=request.method, start_percent=request.start_percent)
    hunt = ThresholdHunt(settings)
    while (percent := hunt.propose()) is not None and len(session.pulses) < MOST_PULSES:
        hunt.respond(mep_v=session.give(percent).mep_uv / uv_from_v(1.0), percent=percent)
    return hunt


def rehearse_by_hand(
    seed: int, ask: Callable[[RehearsedPulse | None], tuple[float | None, float | None]]
) -> RehearsalRecord:
    """Let a person find the threshold of a virtual subject.

    Parameters
    ----------
    seed : int
        Of the subject.
    ask : callable
        Shown the last pulse, without its cause; returns an intensity to give next, or None and
        the threshold that the person has found, or None twice to end without one.

    Returns
    -------
    RehearsalRecord
        The session with its score.
    """
    session, last = _Session(seed), None
    found: float | None = None
    while len(session.pulses) < MOST_PULSES:
        percent, found = ask(last)
        if percent is None:
            break
        last = session.give(percent, again=False)
    told = np.nan if found is None else found
    truth = session.subject.threshold_percent()
    quantity = _quantity("threshold", "%", (told, np.nan, np.nan), truth)
    return session.record("threshold", "hand", [quantity], [])


def rehearse_curve(request: RehearsalRequest) -> RehearsalRecord:
    """Find threshold and recruitment curve of a virtual subject.

    Parameters
    ----------
    request : RehearsalRequest
        Which subject, and the method for the threshold.

    Returns
    -------
    RehearsalRecord
        The session with its score; equal for equal requests.

    Raises
    ------
    BadInputError
        When there is no such method.
    """
    session = _Session(request.seed)
    found = _hunted(session, request).result()
    middle = (found.low_percent + found.high_percent) / 2
    levels = np.round(middle * np.linspace(LOWEST, HIGHEST, LEVELS))
    levels = np.minimum(np.resize(levels, CURVE_PULSES), 100.0)
    order = np.random.default_rng([request.seed, 3]).permutation(levels)
    begun = len(session.pulses)
    for percent in order:
        session.give(float(percent))
    kept = [pulse for pulse in session.pulses[begun:] if pulse.kept]
    fit = fit_alone(_responses(kept), request.seed)
    rows = _of_curve(fit, session.subject)
    return session.record("curve", request.method, rows, list(found.alarms))


def _of_curve(fit: CurveFit, subject: VirtualSubject) -> list[RehearsedQuantity]:
    """Compare what lies within reach: a plateau that nobody saw is no fair question."""
    criterion_uv = uv_from_v(CRITERION_V)
    truth = subject.threshold_percent()
    beyond = TEST_RATIO * truth
    middle, low, high = criterion_uv * band(fit, 0, np.array([beyond]))[0]
    at_size = intensity_of(fit, 0, TARGET_V / CRITERION_V)
    found = curve_quantities(fit, 0, criterion_uv)["threshold"]
    size = uv_from_v(float(subject.median_v(np.array([beyond]))[0]))
    ends = ((found, truth), (at_size, subject.intensity_percent(TARGET_V)))
    rows = [
        _quantity(name, "%", (values.mean, values.low, values.high), true)
        for name, (values, true) in zip(("threshold", "for 1 mV"), ends, strict=True)
    ]
    return [*rows, _quantity("at 120 %", "µV", (middle, low, high), size)]


def _responses(pulses: list[RehearsedPulse]) -> Responses:
    x = np.array([[pulse.percent for pulse in pulses]])
    size = np.array([[pulse.mep_uv for pulse in pulses]]) / uv_from_v(CRITERION_V)
    hidden = size <= 1
    return Responses(x, np.log10(np.maximum(size, 1)), hidden, np.ones_like(hidden))


def _quantity(
    name: str, unit: str, found: tuple[float, float, float], truth: float
) -> RehearsedQuantity:
    mean, low, high = found
    error = 100 * (mean / truth - 1)
    return RehearsedQuantity(
        name=name,
        unit=unit,
        found=number(mean, 2),
        low=number(low, 2),
        high=number(high, 2),
        truth=round(truth, 2),
        error_percent=number(error, 2),
        held=bool(low <= truth <= high),
    )


def _words(quantities: list[RehearsedQuantity], pulses: list[RehearsedPulse]) -> list[str]:
    """Say how it went, as a teacher would."""
    told = []
    threshold = quantities[0]
    error = threshold.error_percent
    if error is None:
        told.append("No threshold was given.")
    elif abs(error) <= GOOD:
        told.append(f"The threshold is within {GOOD:g} %: as good as the best methods.")
    elif abs(error) <= FAIR:
        told.append(f"The threshold is {abs(error):.1f} % off: fair for a few dozen pulses.")
    else:
        way = "too high" if error > 0 else "too low"
        told.append(
            f"The threshold is {abs(error):.1f} % {way}: outside of what chance explains."
        )
    missed = [row.name for row in quantities if row.low is not None and not row.held]
    told += [f"The interval of '{name}' does not hold the truth." for name in missed]
    tense = [pulse for pulse in pulses if pulse.cause == "pre-activation"]
    counted = sum(pulse.kept for pulse in tense)
    if counted:
        told.append(f"{counted} trials with a tense muscle were counted; look at the baseline.")
    strong = max((pulse.percent for pulse in pulses), default=0)
    if strong > 1.6 * threshold.truth:
        told.append(f"{strong:g} % was far above the threshold: needless for the person.")
    return told
