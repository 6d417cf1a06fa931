"""A course of sessions: the same session given many times."""

from dataclasses import dataclass

import numpy as np

from cortistim.errors import BadInputError, quoted
from cortistim.geometry import freeze
from cortistim.protocol.blocks import Count, Number, Word
from cortistim.protocol.protocol import Protocol
from cortistim.shown import Facts, Shown
from cortistim.typing import FloatArray, IntArray

DAY_S = 86_400.0
LONGEST_DAYS = 3660
MOST_PER_DAY = 1440
"""One a minute; a typing error asks for more."""


@dataclass(frozen=True, eq=False, repr=False)
class Course(Shown):
    """Sessions of one protocol.

    Parameters
    ----------
    name : str
        What a user calls it.
    protocol : Protocol
        One session.
    session_starts_s : (n_session,) array [s]
        When sessions start; days count from the first.
    """

    name: str
    protocol: Protocol
    session_starts_s: FloatArray

    def facts(self) -> Facts:
        """Name what matters.

        Returns
        -------
        tuple of (str, str)
            Labels and values, with units.
        """
        return (
            ("name", self.name),
            ("sessions", f"{self.n_sessions}"),
            ("pulses", f"{self.n_pulses:,}"),
            *((f"session {label}", value) for label, value in self.protocol.facts()[2:]),
        )

    def __post_init__(self) -> None:
        """Freeze the starts; refuse sessions that overlap."""
        freeze(self, "session_starts_s", dtype=np.float64)
        starts_s = self.session_starts_s
        if starts_s.ndim != 1 or len(starts_s) == 0 or not np.isfinite(starts_s).all():
            msg = (
                f"the course {quoted(self.name)} needs finite session starts, and at least one."
            )
            raise BadInputError(msg)
        if (np.diff(starts_s) <= self.protocol.duration_s).any():
            msg = (
                f"a session of {quoted(self.name)} must end before the next starts; it lasts "
                f"{self.protocol.length_s:g} s and the closest starts are "
                f"{np.diff(starts_s).min():g} s apart."
            )
            raise BadInputError(msg)

    @property
    def n_sessions(self) -> int:
        """How many sessions there are."""
        return len(self.session_starts_s)

    @property
    def n_pulses(self) -> int:
        """How many pulses the whole course holds."""
        return self.n_sessions * self.protocol.n_pulses

    @property
    def duration_s(self) -> float:
        """From the first pulse to the last, in seconds."""
        return float(np.ptp(self.session_starts_s)) + self.protocol.duration_s

    @property
    def pulse_times_s(self) -> FloatArray:
        """Every pulse of the course, in seconds."""
        return (self.session_starts_s[:, None] + self.protocol.pulse_times_s).ravel()

    @property
    def relative_intensity(self) -> FloatArray:
        """Each pulse over the session's intensity."""
        return np.tile(self.protocol.relative_intensity, self.n_sessions)

    @property
    def afferent_times_s(self) -> FloatArray:
        """Every nerve stimulus of the course, in seconds."""
        return (self.session_starts_s[:, None] + self.protocol.afferent_times_s).ravel()

    @property
    def pulses_per_day(self) -> IntArray:
        """Pulses on each day, counted in spans of 24 h from the first start."""
        days = ((self.session_starts_s - self.session_starts_s[0]) // DAY_S).astype(int)
        return np.bincount(days) * self.protocol.n_pulses


def weekly_starts_s(
    days: int,
    *,
    per_day: int = 1,
    gap_s: float = 0.0,
    session_length_s: float = 0.0,
    days_per_week: int = 5,
) -> FloatArray:
    """Return the starts of sessions on the working days of successive weeks.

    Parameters
    ----------
    days : int
        Days with sessions.
    per_day : int
        Sessions on such a day.
    gap_s : float [s]
        From the end of one session to the start of the day's next.
    session_length_s : float [s]
        Of one session.
    days_per_week : int
        The first so many days of each week; 7 for every day.

    Returns
    -------
    (n_session,) array [s]
        Ascending from zero.

    Raises
    ------
    BadInputError
        When a number is out of range or a day's sessions do not fit into it.
    """
    whole = 1 <= days <= LONGEST_DAYS and per_day >= 1 and 1 <= days_per_week <= 7
    if not whole or not 0 <= gap_s < np.inf:
        msg = (
            f"a course needs 1 to {LONGEST_DAYS} days, 1 session a day or more, 1 to 7 days a "
            f"week and a gap of 0 s or more; got {days}, {per_day}, {days_per_week} and "
            f"{gap_s:g} s."
        )
        raise BadInputError(msg)
    step_s = session_length_s + gap_s
    if per_day > MOST_PER_DAY or (per_day - 1) * step_s + session_length_s > DAY_S:
        msg = (
            f"{per_day} sessions of {session_length_s:g} s, {gap_s:g} s apart, must fit into "
            "a day; give fewer or shorten the gap."
        )
        raise BadInputError(msg)
    index = np.arange(days)
    starts_s = DAY_S * (7 * (index // days_per_week) + index % days_per_week)
    return (starts_s[:, None] + step_s * np.arange(per_day)).ravel()


class Phase(Word, frozen=True):
    """A part of a course in which sessions come in the same rhythm.

    Parameters
    ----------
    days : int
        Days with sessions.
    days_per_week : int
        The first so many days of each week.
    sessions_per_day : int
        On such a day.
    gap_s : float [s]
        From the end of one session to the start of the day's next.
    """

    days: Count
    days_per_week: Count = 5
    sessions_per_day: Count = 1
    gap_s: Number = 0.0


def phased_starts_s(phases: tuple[Phase, ...], session_length_s: float) -> FloatArray:
    """Return the starts of all sessions; each phase begins with a new week.

    Parameters
    ----------
    phases : tuple of Phase
        Empty for a single session.
    session_length_s : float [s]
        Of one session.

    Returns
    -------
    (n_session,) array [s]
        Ascending from zero.
    """
    starts_s: list[FloatArray] = [np.zeros(0 if phases else 1)]
    week = 0
    for phase in phases:
        within_s = weekly_starts_s(
            phase.days,
            per_day=phase.sessions_per_day,
            gap_s=phase.gap_s,
            session_length_s=session_length_s,
            days_per_week=phase.days_per_week,
        )
        starts_s.append(within_s + 7 * DAY_S * week)
        week += -(-phase.days // phase.days_per_week)
    return np.concatenate(starts_s)
