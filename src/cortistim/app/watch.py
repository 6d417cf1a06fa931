"""Is what we see live? One place decides, so that no stale field can look live."""

from collections import deque
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cortistim.io.live.wire import Flag
from cortistim.placement import Pose
from cortistim.records.live import Liveness

STALE_S = 0.2  # nothing for so long is stale: six frames of the slowest usual tracker
FROZEN_S = 1.0  # an optical tracker's noise never repeats a pose for so long
RATE_OVER_S = 2.0
KEPT = 256  # sightings: some seconds of the fastest tracker
NEAR_S = 0.1  # a pose that was seen farther from the pulse is not its pose
HELD_WORDS = "the coil is moved by hand on this page"
REPLAY_WORDS = "this is a recording"
FROZEN_WORDS = "the pose does not change at all: frozen?"

Kind = Literal["stream", "held", "replay"]
"""Poses must keep coming; hold until moved; come from a recording."""


@dataclass(frozen=True, eq=False, slots=True)
class Sighting:
    """What a source saw.

    Parameters
    ----------
    pose : Pose or None
        In the head's frame; None when the coil is not seen.
    arrived_s : float [s]
        When it came, on a clock that never goes back.
    source_time_s : float [s]
        The source's own clock; nan when it tells none.
    why : str
        Why there is no pose.
    """

    pose: Pose | None
    arrived_s: float
    source_time_s: float = np.nan
    why: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class Then:
    """Where the coil was at some moment.

    Parameters
    ----------
    pose : Pose or None
        None when nothing was seen near that moment.
    off_s : float [s]
        From the moment to the sighting; nan without one.
    """

    pose: Pose | None
    off_s: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a field may look live.

    Parameters
    ----------
    state : str
        One of `Liveness`.
    words : str
        For people.
    flags : Flag
        ``STALE`` unless the field is of where the coil is now.
    """

    state: Liveness
    words: str
    flags: Flag


class Watch:
    """Remembers what a source said and when.

    Parameters
    ----------
    kind : {"stream", "held", "replay"}
        Whether poses must keep coming.
    """

    def __init__(self, kind: Kind) -> None:
        self.kind: Kind = kind
        self._last: Sighting | None = None
        self._seen: Sighting | None = None
        self._same_since_s = np.inf
        self._refusal = ""
        self._arrivals: deque[float] = deque(maxlen=1024)
        self._kept: deque[Sighting] = deque(maxlen=KEPT)

    def see(self, sighting: Sighting) -> None:
        """Take the newest sighting."""
        self._last = sighting
        self._arrivals.append(sighting.arrived_s)
        self._kept.append(sighting)
        if sighting.pose is None:
            return
        before = None if self._seen is None else self._seen.pose
        if before is None or not np.array_equal(before.matrix_m, sighting.pose.matrix_m):
            self._same_since_s = sighting.arrived_s
        self._seen, self._refusal = sighting, ""

    def at(self, arrived_s: float, source_time_s: float = np.nan) -> Then:
        """Find where the coil was when something happened.

        Parameters
        ----------
        arrived_s : float [s]
            When it was heard of, on the clock of the sightings' arrival.
        source_time_s : float [s], optional
            When it happened, on the source's own clock; preferred where sightings have it, too.

        Returns
        -------
        Then
            The nearest sighting's pose; none where nothing was seen within 0.1 s.
        """
        by_source = [s for s in self._kept if np.isfinite(s.source_time_s - source_time_s)]
        offs_s = [s.source_time_s - source_time_s for s in by_source]
        if not by_source or min(map(abs, offs_s)) > NEAR_S:  # another clock, or none
            by_source = list(self._kept)
            offs_s = [s.arrived_s - arrived_s for s in by_source]
        if not offs_s:
            return Then(None, np.nan)
        nearest = int(np.argmin(np.abs(offs_s)))
        pose = by_source[nearest].pose if abs(offs_s[nearest]) <= NEAR_S else None
        return Then(pose, offs_s[nearest])

    def refuse(self, why: str) -> None:
        """Note that the newest pose cannot be evaluated at all."""
        self._refusal = why

    def rate_hz(self, now_s: float) -> float:
        """Count sightings over the last two seconds."""
        return sum(now_s - t <= RATE_OVER_S for t in self._arrivals) / RATE_OVER_S

    def verdict(self, now_s: float) -> Verdict:
        """Say whether the field may look live.

        Parameters
        ----------
        now_s : float [s]
            On the clock of the sightings.

        Returns
        -------
        Verdict
            The gravest that applies.
        """
        last = self._last
        if last is None:
            return Verdict("waiting", "no pose has come yet", Flag.STALE)
        if last.pose is None:
            return Verdict("invisible", last.why or "the coil is not seen", Flag.STALE)
        if self._refusal:
            return Verdict("refused", self._refusal, Flag.STALE | Flag.REFUSED)
        if self.kind != "stream":
            words = HELD_WORDS if self.kind == "held" else REPLAY_WORDS
            return Verdict(self.kind, words, Flag(0))
        return self._streaming(last, now_s)

    def _streaming(self, last: Sighting, now_s: float) -> Verdict:
        age_s = now_s - last.arrived_s
        if age_s > STALE_S:
            return Verdict("stale", f"no pose for {age_s:.1f} s", Flag.STALE)
        frozen = now_s - self._same_since_s > FROZEN_S
        return Verdict("live", FROZEN_WORDS if frozen else "", Flag(0))
