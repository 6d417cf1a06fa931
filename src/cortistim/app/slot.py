"""One place for the newest value: what was not taken in time is dropped, never queued."""

import threading
from typing import Generic, TypeVar

Value = TypeVar("Value")


class LatestSlot(Generic[Value]):
    """Holds at most one value; putting another one drops it. Safe between threads."""

    def __init__(self) -> None:
        self._ready = threading.Condition()
        self._value: Value | None = None
        self._closed = False
        self.dropped = 0

    def put(self, value: Value) -> None:
        """Leave a value in place of the one that nobody took."""
        with self._ready:
            self.dropped += self._value is not None
            self._value = value
            self._ready.notify()

    def take(self, timeout_s: float | None = None) -> Value | None:
        """Wait for a value and take it.

        Parameters
        ----------
        timeout_s : float [s], optional
            Longest wait; for ever by default.

        Returns
        -------
        value or None
            None after the wait, or when the slot was closed.
        """
        with self._ready:
            self._ready.wait_for(lambda: self._value is not None or self._closed, timeout_s)
            value, self._value = self._value, None
            return value

    def close(self) -> None:
        """Let everybody who waits go on with nothing."""
        with self._ready:
            self._closed = True
            self._ready.notify_all()

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._closed
