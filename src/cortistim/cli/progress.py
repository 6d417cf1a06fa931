"""Progress on standard error: a bar for people, one line a step for logs."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import click
from tqdm import tqdm

from cortistim.typing import Progress, silent

# By default tqdm locks across processes, by a semaphore that lies in a file: where the disk is
# full or read-only, that warns before anything is said. Nothing here runs in several processes.
tqdm.set_lock(threading.RLock())


@contextmanager
def shown(*, quiet: bool) -> Iterator[Progress]:
    """Give a progress callback for the length of a command.

    Parameters
    ----------
    quiet : bool
        Show nothing.

    Yields
    ------
    callable
        To be told what is done and which fraction of it.
    """
    if quiet:
        yield silent
    elif sys.stderr.isatty():
        with _bar() as progress:
            yield progress
    else:
        yield _lines()


@contextmanager
def _bar() -> Iterator[Progress]:
    layout = "{desc:<40} {percentage:3.0f} %|{bar}| {elapsed}"
    with tqdm(total=100, bar_format=layout, file=sys.stderr, leave=False) as bar:

        def progress(what: str, fraction: float) -> None:
            bar.set_description_str(what, refresh=False)
            bar.n = 100 * fraction
            bar.refresh()

        yield progress


def _lines() -> Progress:
    last = ""

    def progress(what: str, _fraction: float) -> None:
        nonlocal last
        if what != last:
            click.echo(what, err=True)
            last = what

    return progress
