"""The bar of a whole command: it never runs back, and knows how much is left."""

import pytest

from cortistim.cli.course import ALMOST, PLAN, Course, clock_words


class Clock:
    now_s = 0.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


def test_the_share_never_falls_whatever_is_told(clock):
    course, seen = Course(PLAN, clock), []
    for what, fraction in (
        ("reading the head mesh", 0.98), ("reading the head mesh", 0.0),
        ("cut the lattice", 0.5), ("finding scalp and cortex", 0.0),
        ("searching the scalp", 0.5), ("reading the head mesh", 0),
        ("drawing the report", 0.0), ("drawing the report", 1.0),
    ):  # fmt: skip
        clock.now_s += 5
        course.tell(what, fraction)
        seen.append(course.share)
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1.0)


def test_a_silent_stage_goes_on_by_its_usual_time_and_never_ends_by_it(clock):
    course = Course({"a": 1, "b": 1}, clock)
    course.tell("a", 0.0)
    clock.now_s = 10
    course.tell("a", 1.0)
    course.tell("b", 0.0)
    clock.now_s = 20
    assert course.share == pytest.approx(0.5 + 0.5 * ALMOST / 2)
    clock.now_s = 1e6
    assert 0.9 < course.share < 1


def test_the_time_that_is_left_follows_the_pace(clock):
    course = Course({"a": 1, "b": 3}, clock)
    assert course.left_s is None
    course.tell("a", 0.0)
    clock.now_s = 30
    course.tell("a", 1.0)
    assert course.left_s == pytest.approx(90)
    assert clock_words(125.4) == "2:05"


def test_shares_of_a_plan_are_percent():
    assert sum(PLAN.values()) == pytest.approx(100)
