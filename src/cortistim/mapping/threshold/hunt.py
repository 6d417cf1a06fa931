"""One person's threshold, pulse by pulse: an object that any program can drive.

::

    hunt = ThresholdHunt(HuntSettings(start_percent=60))
    while (percent := hunt.propose()) is not None:
        hunt.respond(mep_v=stimulate_and_measure(percent))
    print(hunt.result())
"""

from dataclasses import dataclass, field

import numpy as np

from cortistim.errors import BadInputError
from cortistim.mapping.muscle import CRITERION_V
from cortistim.mapping.threshold.alarms import Course, alarms
from cortistim.mapping.threshold.method import Limits, Method, Trial
from cortistim.mapping.threshold.methods import DEFAULT, make_method
from cortistim.mapping.threshold.posterior import Posterior
from cortistim.units import uv_from_v

START_PERCENT = 50.0  # assumed: near the middle of people's thresholds
HALF_WIDTH = 0.04
"""Of the interval over the threshold at which to stop: some 28 pulses with yes and no."""
FEWEST_PULSES, MOST_PULSES = 12, 100
USUAL_PULSES = 25  # of methods without a rule to stop by
LARGEST_V = 0.05  # no response from a surface electrode is near


@dataclass(frozen=True, slots=True)
class HuntSettings:
    """How a threshold is looked for.

    Parameters
    ----------
    method : str
        By name.
    start_percent : float
        First intensity.
    criterion_v : float [V]
        A response of this size counts: 50 µV at rest, 200 µV in an active muscle.
    limits : Limits
        What may be proposed.
    pulses : int or None
        Exactly so many; else until the method has finished or the interval is tight.
    half_width : float
        Half of the interval over the threshold at which to stop.
    level : float
        Of the interval.
    """

    method: str = DEFAULT
    start_percent: float = START_PERCENT
    criterion_v: float = CRITERION_V
    limits: Limits = field(default_factory=Limits)
    pulses: int | None = None
    half_width: float = HALF_WIDTH
    level: float = 0.95

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing."""
        low, high = self.limits.low, self.limits.high
        if not low <= self.start_percent <= high:
            msg = (
                f"`start_percent` must lie between {low:g} and {high:g} %; got "
                f"{self.start_percent:g}."
            )
            raise BadInputError(msg)
        if self.pulses is not None and not 1 <= self.pulses <= 1000:
            msg = f"`pulses` must lie between 1 and 1000; got {self.pulses}."
            raise BadInputError(msg)
        if not 0 < self.criterion_v < LARGEST_V:
            msg = (
                f"`criterion_v` must lie above 0 and below {uv_from_v(LARGEST_V):g} µV; got "
                f"{uv_from_v(self.criterion_v):g} µV."
            )
            raise BadInputError(msg)
        if not 0.005 <= self.half_width < 1:
            msg = f"`half_width` must lie between 0.005 and 1; got {self.half_width:g}."
            raise BadInputError(msg)


@dataclass(frozen=True, slots=True)
class Pulse:
    """One pulse and its response.

    Parameters
    ----------
    percent : float
        Intensity that was delivered.
    hit : bool
        Whether the response reached the criterion.
    mep_v : float or None
        Its size, where it was measured.
    """

    percent: float
    hit: bool
    mep_v: float | None = None


@dataclass(frozen=True, slots=True)
class ThresholdEstimate:
    """What the pulses so far say.

    Parameters
    ----------
    estimate_percent : float
        By the method; NaN where it has none yet.
    low_percent, high_percent : float
        Of the posterior's interval, whichever method chose the pulses; NaN without pulses.
    level : float
        Of the interval.
    pulses : int
        How many.
    alarms : tuple of str
        What speaks against it.
    """

    estimate_percent: float
    low_percent: float
    high_percent: float
    level: float
    pulses: int
    alarms: tuple[str, ...]


class ThresholdHunt:
    """A search for one person's threshold.

    Parameters
    ----------
    settings : HuntSettings
        How.

    Raises
    ------
    BadInputError
        When there is no such method.
    """

    def __init__(self, settings: HuntSettings | None = None) -> None:
        self.settings = settings or HuntSettings()
        self.pulses: list[Pulse] = []
        self._begin()

    def _begin(self) -> None:
        start = np.array([self.settings.start_percent])
        self._method: Method = make_method(self.settings.method, start, self.settings.limits)
        self._posterior = Posterior(start, self.settings.limits)
        if isinstance(self._method, Posterior):
            self._posterior = self._method

    def propose(self) -> float | None:
        """Return the next intensity in percent, or None when it is done."""
        if self.is_done():
            return None
        return float(self.settings.limits.deliverable(self._method.propose())[0])

    def is_done(self) -> bool:
        """Tell whether no further pulse is needed."""
        count = len(self.pulses)
        if self.settings.pulses is not None:
            return count >= self.settings.pulses
        if bool(self._method.finished()[0]):
            return True
        if self._method is self._posterior:
            return count >= MOST_PULSES or (count >= FEWEST_PULSES and self._is_tight())
        own_rule = self.settings.method.startswith(("ifcn", "mills"))
        return not own_rule and count >= USUAL_PULSES

    def _is_tight(self) -> bool:
        low, high = self._posterior.interval(self.settings.level)[0]
        return (high - low) / 2 <= self.settings.half_width * self._posterior.estimate()[0]

    def respond(
        self,
        *,
        hit: bool | None = None,
        mep_v: float | None = None,
        percent: float | None = None,
    ) -> None:
        """Take the response to one pulse.

        Parameters
        ----------
        hit : bool, optional
            Whether there was a response; from the size when it is left out.
        mep_v : float, optional [V]
            Peak to peak.
        percent : float, optional
            What was delivered, when it was not what was proposed.

        Raises
        ------
        BadInputError
            When neither or both say whether there was a response, or a number cannot be.
        """
        self.check(hit=hit, mep_v=mep_v, percent=percent)
        if percent is None:
            percent = float(self.settings.limits.deliverable(self._method.propose())[0])
        reached = bool(hit) if mep_v is None else mep_v >= self.settings.criterion_v
        self._take(Pulse(percent, reached, mep_v))

    def check(
        self,
        *,
        hit: bool | None = None,
        mep_v: float | None = None,
        percent: float | None = None,
    ) -> None:
        """Refuse what `respond` would, and change nothing.

        Parameters
        ----------
        hit, mep_v, percent
            As there.

        Raises
        ------
        BadInputError
            As there.
        """
        if (hit is None) == (mep_v is None):
            msg = "give either `hit` or `mep_v`: whether there was a response, or its size."
            raise BadInputError(msg)
        if mep_v is not None and not 0 <= mep_v <= LARGEST_V:
            msg = (
                f"a response must lie between 0 and {uv_from_v(LARGEST_V):g} µV peak to peak; "
                f"got {uv_from_v(mep_v):g} µV. Give it in microvolts."
            )
            raise BadInputError(msg)
        if percent is not None and not 0 <= percent <= 100:
            msg = f"`percent` must lie between 0 and 100 % of the output; got {percent:g}."
            raise BadInputError(msg)

    def _take(self, pulse: Pulse) -> None:
        size = np.nan
        if pulse.mep_v is not None:
            size = np.log10(max(pulse.mep_v, 1e-12) / self.settings.criterion_v)
        trial = Trial(np.array([pulse.percent]), np.array([pulse.hit]), np.array([size]))
        self._method.take(trial)
        if self._posterior is not self._method:
            self._posterior.take(trial)
        self.pulses.append(pulse)

    def undo(self) -> Pulse:
        """Take back the last pulse.

        Returns
        -------
        Pulse
            The one that is gone.

        Raises
        ------
        BadInputError
            When there is none.
        """
        if not self.pulses:
            msg = "there is no pulse to take back. Give the response to the first one."
            raise BadInputError(msg)
        *kept, gone = self.pulses
        self.pulses = []
        self._begin()
        for pulse in kept:
            self._take(pulse)
        return gone

    def result(self) -> ThresholdEstimate:
        """Return what the pulses so far say."""
        count = len(self.pulses)
        if not count:
            nothing = float("nan")
            return ThresholdEstimate(nothing, nothing, nothing, self.settings.level, 0, ())
        low, high = (float(x) for x in self._posterior.interval(self.settings.level)[0])
        course = Course(
            np.array([p.percent for p in self.pulses]),
            np.array([p.hit for p in self.pulses]),
            uv_from_v(np.array([np.nan if p.mep_v is None else p.mep_v for p in self.pulses])),
        )
        mean, width = float(self._posterior.estimate()[0]), float(self._posterior.width()[0])
        return ThresholdEstimate(
            float(self._method.estimate()[0]),
            low,
            high,
            self.settings.level,
            count,
            alarms(course, mean, width, (high - low) / 2),
        )
