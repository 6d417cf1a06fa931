"""Progress on standard error: a bar for people, one line a step with its time for logs."""

import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import click
from tqdm import tqdm

from cortistim.cli.course import Course, clock_words
from cortistim.typing import Progress, silent

# By default tqdm locks across processes, by a semaphore that lies in a file: where the disk is
# full or read-only, that warns before anything is said. Nothing here runs in several processes.
tqdm.set_lock(threading.RLock())
TICK_S = 0.5
LONGEST_STAGE = 40  # characters


@contextmanager
def shown(*, quiet: bool, stages: Mapping[str, float] | None = None) -> Iterator[Progress]:
    """Give a progress callback for the length of a command.

    Parameters
    ----------
    quiet : bool
        Show nothing.
    stages : mapping of str to float, optional
        Stages of the whole command with their share of the time: the bar then runs once from
        0 to 100 %, with the time that is left. Without it, each stage has a bar of its own.

    Yields
    ------
    callable
        To be told what is done and which fraction of it.
    """
    if quiet:
        yield silent
    elif not sys.stderr.isatty():
        yield _lines()
    elif stages:
        with _whole_bar(Course(stages)) as progress:
            yield progress
    else:
        with _bar() as progress:
            yield progress


@contextmanager
def _bar() -> Iterator[Progress]:
    layout = "{desc:<40} {percentage:3.0f} %|{bar}| {elapsed}"
    with tqdm(total=100, bar_format=layout, file=sys.stderr, leave=False) as bar:

        def progress(what: str, fraction: float) -> None:
            bar.set_description_str(what, refresh=False)
            bar.n = 100 * fraction
            bar.refresh()

        yield progress


@contextmanager
def _whole_bar(course: Course) -> Iterator[Progress]:
    """Show one bar that never runs back; its clock goes on while compiled code works."""
    layout = "{desc:<40} {percentage:3.0f} %|{bar}| {postfix}"
    ended = threading.Event()
    with tqdm(total=100, bar_format=layout, file=sys.stderr, leave=False) as bar:

        def draw() -> None:
            bar.n = 100 * course.share
            left_s = course.left_s
            left = "" if left_s is None else f", {clock_words(left_s)} left"
            bar.postfix = f"{clock_words(course.elapsed_s)}{left}"
            bar.refresh()

        def progress(what: str, fraction: float) -> None:
            course.tell(what, fraction)
            bar.set_description_str(what[:LONGEST_STAGE], refresh=False)
            draw()

        def tick() -> None:
            while not ended.wait(TICK_S):
                draw()

        ticking = threading.Thread(target=tick, daemon=True)
        ticking.start()
        try:
            yield progress
        finally:
            ended.set()
            ticking.join(2 * TICK_S)


def _lines() -> Progress:
    last, course = "", Course({})

    def progress(what: str, _fraction: float) -> None:
        nonlocal last
        if what != last:
            click.echo(f"{clock_words(course.elapsed_s):>6}  {what}", err=True)
            last = what

    return progress
