"""How many pulses a session, a day and a course hold, beside what was published."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from cortistim.protocol import Course, library
from cortistim.safety.trains import has_bursts

NO_LIMIT = (
    "no limit on pulses per day or course is agreed; the largest cleared or published ones in "
    "the library are the yardstick"
)


@dataclass(frozen=True, slots=True)
class Largest:
    """The largest dose in the library, with the entry that has it.

    Parameters
    ----------
    pulses : int
        Count.
    entry : str
        Library id.
    """

    pulses: int
    entry: str


def cumulative_dose(course: Course) -> dict[str, Any]:
    """Compare a course's pulses with the largest published.

    Parameters
    ----------
    course : Course
        A single session counts as a course of one.

    Returns
    -------
    dict
        Pulses per session, day and course; the yardstick; ``within published`` or ``beyond
        published``.
    """
    bursts = has_bursts(course.protocol)
    per_day, in_all = _largest(bursts=bursts)
    busiest = int(course.pulses_per_day.max())
    beyond = busiest > per_day.pulses or course.n_pulses > in_all.pulses
    return {
        "pulses_per_session": course.protocol.n_pulses,
        "sessions": course.n_sessions,
        "most_pulses_per_day": busiest,
        "pulses_per_course": course.n_pulses,
        "days": len(course.pulses_per_day),
        "largest_published_per_day": {"pulses": per_day.pulses, "library_id": per_day.entry},
        "largest_published_per_course": {"pulses": in_all.pulses, "library_id": in_all.entry},
        "kind": "bursts" if bursts else "trains",
        "verdict": "beyond published" if beyond else "within published",
        "note": NO_LIMIT,
    }


@cache
def _largest(*, bursts: bool) -> tuple[Largest, Largest]:
    courses = [
        (entry.id, entry.written().course())
        for entry in library().values()
        if not entry.missing and entry.content["confidence"] != "low"
    ]
    alike = [pair for pair in courses if has_bursts(pair[1].protocol) == bursts]
    days = max(alike, key=lambda pair: pair[1].pulses_per_day.max())
    whole = max(alike, key=lambda pair: pair[1].n_pulses)
    return (
        Largest(int(days[1].pulses_per_day.max()), days[0]),
        Largest(whole[1].n_pulses, whole[0]),
    )
