"""One hunt, pulse by pulse: an object that any program can drive.

::

    hunt = HotspotHunt(space, HotspotSettings(seed=1))
    while (candidate := hunt.propose()) is not None:
        hunt.respond(stimulate_at(candidate))
    print(hunt.result())
"""

from dataclasses import dataclass

import numpy as np

from cortistim.errors import BadInputError, quoted
from cortistim.mapping.hotspot.methods import DEFAULT, METHODS, Seen, best_of
from cortistim.mapping.hotspot.model import (
    CRITERION_V,
    Draws,
    HotspotModel,
    away_from,
    centre_of,
)
from cortistim.mapping.hotspot.space import HuntSpace, Residual
from cortistim.naming import find
from cortistim.typing import FloatArray
from cortistim.units import mm_from_m, uv_from_v

FLOOR_V = 30e-6
"""Responses below it count as censored: three times the noise of electrodes and amplifiers
that goetz2019 found, so that noise is not taken for a response."""
LARGEST_V = 0.05  # no response from a surface electrode is near
FEWEST_PULSES, MOST_PULSES = 15, 60
LARGEST_PULSES = 1000
REGION_DRAWS = 400


@dataclass(frozen=True, slots=True)
class HotspotSettings:
    """How a hot spot is looked for.

    Parameters
    ----------
    method : str
        By name.
    floor_v : float [V]
        Responses below it are censored.
    pulses : int or None
        Exactly so many; else until the region is small.
    radius_m, turn_rad : float
        The region at which to stop: 80 % of the posterior within these of its middle.
    level : float
        Of the region that is told.
    seed : int
        Of the draws.
    """

    method: str = DEFAULT
    floor_v: float = FLOOR_V
    pulses: int | None = None
    radius_m: float = 0.005
    turn_rad: float = float(np.radians(15.0))
    level: float = 0.9
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse what means nothing."""
        find(self.method, METHODS, kind="method")
        if self.pulses is not None and not 1 <= self.pulses <= LARGEST_PULSES:
            msg = f"`pulses` must lie between 1 and {LARGEST_PULSES}; got {self.pulses}."
            raise BadInputError(msg)
        if not 1e-6 <= self.floor_v <= 1e-3:
            msg = f"`floor_v` must lie from 1 to 1000 µV; got {uv_from_v(self.floor_v):g} µV."
            raise BadInputError(msg)
        if not (0 < self.radius_m < 0.1 and 0 < self.turn_rad < np.pi):
            msg = (
                "the region at which to stop must have a radius above 0 and below 100 mm and a "
                f"turn above 0 and below 180°; got {mm_from_m(self.radius_m):g} mm and "
                f"{np.degrees(self.turn_rad):g}°."
            )
            raise BadInputError(msg)


STOP_SHARE = 0.8


@dataclass(frozen=True, eq=False)
class HotspotEstimate:
    """What the pulses so far say.

    Parameters
    ----------
    best : (3,) array
        The best pose: two coordinates in m along the scalp, the turn in radians.
    radius_m, turn_rad : float
        Region: with the level's probability the best place is within the one, and the best
        turn within the other.
    gain, gain_low, gain_high : float
        Response there over that at the start, and its interval of the same level; what lies
        below the floor counts as the floor.
    level : float
        Probability.
    pulses : int
        How many.
    is_found : bool
        Whether the region is as small as was asked for.
    """

    best: FloatArray
    radius_m: float
    turn_rad: float
    gain: float
    gain_low: float
    gain_high: float
    level: float
    pulses: int
    is_found: bool


@dataclass(frozen=True, eq=False)
class HuntPulse:
    """One pulse.

    Parameters
    ----------
    at : int
        The candidate nearest to where the coil was.
    mep_v : float [V]
        Peak to peak.
    log_felt : (n_view,) array or None
        Effective fields where the coil was, when it was not at the candidate.
    """

    at: int
    mep_v: float
    log_felt: FloatArray | None = None


class HotspotHunt:
    """A search for one muscle's hot spot.

    Parameters
    ----------
    space : HuntSpace
        Candidates; with views where there is a head.
    settings : HotspotSettings, optional
        How.
    residual : Residual, optional
        Of the space, made before.

    Raises
    ------
    BadInputError
        When the method needs a head and there is none.
    """

    def __init__(
        self,
        space: HuntSpace,
        settings: HotspotSettings | None = None,
        residual: Residual | None = None,
    ) -> None:
        self.settings = settings or HotspotSettings()
        self.kind = METHODS[find(self.settings.method, METHODS, kind="method")]
        self.space = space if self.kind.physics else space.without_physics()
        self.residual = residual or Residual(space)
        self.start = self.space.nearest(np.zeros(3))
        self.pulses: list[HuntPulse] = []
        self._begin()

    def _begin(self) -> None:
        self.model = HotspotModel(self.space, self.residual)
        self._next: int | None = None
        self._found: HotspotEstimate | None = None

    def _rng(self, purpose: int) -> np.random.Generator:
        """Return the same numbers for the same pulse, whatever was asked before."""
        return np.random.default_rng([self.settings.seed, len(self.pulses), purpose])

    def propose(self) -> int | None:
        """Return the next candidate, or None when it is done."""
        if self.is_done():
            return None
        if self._next is None:
            self._next = self._choose()
        return self._next

    def _choose(self) -> int:
        if not self.pulses:
            return self.start
        draws = self.model.draw(self.kind.draws, self._rng(1)) if self.kind.draws else None
        return self.kind.choose(self._seen(draws))

    def _seen(self, draws: Draws | None = None) -> Seen:
        size_v = np.array([p.mep_v for p in self.pulses])
        log_size = np.log10(np.maximum(size_v, self.settings.floor_v) / CRITERION_V)
        at = np.array([p.at for p in self.pulses], int)
        return Seen(self.space, self.model, draws, at, log_size)

    def is_done(self) -> bool:
        """Tell whether no further pulse is needed."""
        count = len(self.pulses)
        if self.settings.pulses is not None:
            return count >= self.settings.pulses
        if count < FEWEST_PULSES:
            return False
        return count >= MOST_PULSES or self.result().is_found

    def check(self, mep_v: float) -> None:
        """Refuse a response that cannot be, and change nothing.

        Parameters
        ----------
        mep_v : float [V]
            Peak to peak.

        Raises
        ------
        BadInputError
            When it is negative, not finite, or larger than any response.
        """
        if not 0 <= mep_v <= LARGEST_V:
            msg = (
                f"a response must lie between 0 and {uv_from_v(LARGEST_V):g} µV peak to peak; "
                f"got {quoted(f'{uv_from_v(mep_v):g}')} µV. Give it in microvolts."
            )
            raise BadInputError(msg)

    def respond(
        self, mep_v: float, *, at: int | None = None, log_felt: FloatArray | None = None
    ) -> None:
        """Take the response to one pulse.

        Parameters
        ----------
        mep_v : float [V]
            Peak to peak.
        at : int, optional
            The candidate nearest to where the coil was; by default the proposed one.
        log_felt : (n_view,) array, optional
            Effective fields where the coil was, as `HuntSpace.log_felt` has them.

        Raises
        ------
        BadInputError
            When the response cannot be.
        """
        self.check(mep_v)
        if at is None:
            at = self._next if self._next is not None else self._choose()
        self._take(HuntPulse(at, mep_v, log_felt if self.kind.physics else None))

    def _take(self, pulse: HuntPulse) -> None:
        log_size = float(np.log10(max(pulse.mep_v, 1e-9) / CRITERION_V))
        floor = float(np.log10(self.settings.floor_v / CRITERION_V))
        self.model.take(pulse.at, log_size, floor, pulse.log_felt)
        self.pulses.append(pulse)
        self._next, self._found = None, None

    def undo(self) -> HuntPulse:
        """Take back the last pulse.

        Returns
        -------
        HuntPulse
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

    def result(self) -> HotspotEstimate:
        """Return what the pulses so far say."""
        if self._found is None:
            self._found = self._result()
        return self._found

    def _result(self) -> HotspotEstimate:
        asked, period_rad = self.settings, self.space.period_rad
        draws = self.model.draw(REGION_DRAWS, self._rng(2))
        best = self._best(draws)
        away_m, turned_rad = away_from(draws.best, best, period_rad)
        near = (away_m <= asked.radius_m) & (turned_rad <= asked.turn_rad)
        found = self.space.nearest(best)
        # what lies below the floor counts as the floor: no response is infinitely small
        lowest = np.log10(asked.floor_v / CRITERION_V)
        seen = np.maximum(draws.values[:, [found, self.start]], lowest)
        gains = seen[:, 0] - seen[:, 1]
        tail = (1 - asked.level) / 2
        low, middle, high = 10 ** np.quantile(gains, [tail, 0.5, 1 - tail])
        return HotspotEstimate(
            best=best,
            radius_m=float(np.quantile(away_m, asked.level)),
            turn_rad=float(np.quantile(turned_rad, asked.level)),
            gain=float(middle),
            gain_low=float(low),
            gain_high=float(high),
            level=asked.level,
            pulses=len(self.pulses),
            is_found=bool(near.mean() >= STOP_SHARE),
        )

    def _best(self, draws: Draws) -> FloatArray:
        if self.kind.estimate == "middle" or not self.pulses:
            return centre_of(draws.best, self.space.period_rad)
        if self.kind.estimate == "place":
            seen = self._seen()
            return self.space.coordinates[best_of(seen.at, seen.log_size)]
        mean, _ = self.model.mean_and_spread()
        return self.space.coordinates[int(mean.argmax())]
