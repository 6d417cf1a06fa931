"""How many pulses a session, a day and a course hold, beside what was published."""

from functools import cache

from cortistim.protocol import Course, library
from cortistim.records.safety import CourseDoseRecord, LargestRecord
from cortistim.safety.trains import has_bursts

NO_LIMIT = (
    "no limit on pulses per day or course is agreed; the largest cleared or published ones in "
    "the library are the yardstick"
)


def cumulative_dose(course: Course) -> CourseDoseRecord:
    """Compare a course's pulses with the largest published.

    Parameters
    ----------
    course : Course
        A single session counts as a course of one.

    Returns
    -------
    CourseDoseRecord
        Pulses per session, day and course, the yardstick and the verdict.
    """
    bursts = has_bursts(course.protocol)
    per_day, in_all = _largest(bursts=bursts)
    busiest = int(course.pulses_per_day.max())
    beyond = busiest > per_day.pulses or course.n_pulses > in_all.pulses
    return CourseDoseRecord(
        pulses_per_session=course.protocol.n_pulses,
        sessions=course.n_sessions,
        most_pulses_per_day=busiest,
        pulses_per_course=course.n_pulses,
        days=len(course.pulses_per_day),
        largest_published_per_day=per_day,
        largest_published_per_course=in_all,
        kind="bursts" if bursts else "trains",
        verdict="beyond published" if beyond else "within published",
        note=NO_LIMIT,
    )


@cache
def _largest(*, bursts: bool) -> tuple[LargestRecord, LargestRecord]:
    courses = [
        (entry.id, entry.written().course())
        for entry in library().values()
        if not entry.missing and entry.confidence != "low"
    ]
    alike = [pair for pair in courses if has_bursts(pair[1].protocol) == bursts]
    days = max(alike, key=lambda pair: pair[1].pulses_per_day.max())
    whole = max(alike, key=lambda pair: pair[1].n_pulses)
    return (
        LargestRecord(pulses=int(days[1].pulses_per_day.max()), library_id=days[0]),
        LargestRecord(pulses=whole[1].n_pulses, library_id=whole[0]),
    )
