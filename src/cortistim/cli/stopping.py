"""Commands that run until they are told to end: an interrupt ends them in order."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE_S = 10.0
_stops: list[threading.Event] = []


@contextmanager
def softly(stop: threading.Event) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM set an event while the block runs, instead of ending the process.

    Parameters
    ----------
    stop : Event
        The work ends by itself after it is set.
    """
    _stops.append(stop)
    try:
        yield
    finally:
        _stops.remove(stop)


def ask() -> bool:
    """Set the event of the command that runs, if it has one.

    Returns
    -------
    bool
        Whether somebody will end in order.
    """
    for stop in _stops:
        stop.set()
    return bool(_stops)
