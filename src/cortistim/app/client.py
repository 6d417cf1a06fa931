"""One browser or program at the other end of a socket: gets the newest, never a queue."""

from collections import deque
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from cortistim.app.engine import Computed
from cortistim.io.live.wire import Encoding, FieldFrame, Flag, packed_field

MOST_UNDRAWN = 2  # frames that a client may owe an answer for before the next one is sent
MOST_A_SECOND = 120
WINDOW_S = 1.0


@dataclass(eq=False)
class Published:
    """A field as it goes out: packed once for each encoding that somebody wants.

    Parameters
    ----------
    seq : int
        Counts up.
    computed : Computed
        The field.
    flags : Flag
        What is not as it should be.
    scale_v_per_m : float [V/m]
        Top of the scale.
    """

    seq: int
    computed: Computed
    flags: Flag
    scale_v_per_m: float
    _packed: dict[Encoding, bytes] = field(default_factory=dict)

    def packed(self, encoding: Encoding) -> bytes:
        """Return the binary frame in an encoding."""
        if encoding not in self._packed:
            shown = self.computed.shown
            values = shown.e_v_per_m if encoding == "vec32" else shown.strength_v_per_m
            time_s = self.computed.sighting.arrived_s
            self._packed[encoding] = packed_field(
                FieldFrame(values, encoding, self.flags, self.seq, time_s, self.scale_v_per_m)
            )
        return self._packed[encoding]


class Wire(Protocol):
    """Sends; what it returns can be waited for."""

    async def send(self, message: bytes, *, binary: bool) -> None:
        """Send one message and wait until it has left."""
        ...


class Client:
    """What one client has got and what it gets next.

    Parameters
    ----------
    wire : Wire
        Sends to it.
    """

    def __init__(self, wire: Wire) -> None:
        self.encoding: Encoding = "u8"
        self.sent = 0
        self._wire = wire
        self._field: Published | None = None
        self._said: dict[str, bytes] = {}
        self._undrawn: deque[int] = deque()
        self._busy = False
        self._spoke: deque[float] = deque()

    def offer(self, published: Published) -> None:
        """Have a field in place of the one that was not sent yet."""
        self._field = published

    def say(self, message: object, *, key: str) -> None:
        """Have a message in place of the one of its kind that was not sent yet."""
        self._said[key] = msgspec.json.encode(message)

    @property
    def backlog(self) -> int:
        """How many messages wait."""
        return len(self._said)

    def drawn(self, seq: int) -> None:
        """Note that frames up to this one were drawn."""
        while self._undrawn and self._undrawn[0] <= seq:
            self._undrawn.popleft()

    def too_fast(self, now_s: float) -> bool:
        """Count a message; say whether there were too many within a second."""
        self._spoke.append(now_s)
        while self._spoke[0] < now_s - WINDOW_S:
            self._spoke.popleft()
        return len(self._spoke) > MOST_A_SECOND

    async def pump(self) -> None:
        """Send what waits, unless something is still on its way or the client lags."""
        if self._busy:
            return
        self._busy = True
        try:
            while (due := self._due()) is not None:
                message, binary = due
                await self._wire.send(message, binary=binary)
        finally:
            self._busy = False

    def _due(self) -> tuple[bytes, bool] | None:
        published = self._field
        if published is not None and len(self._undrawn) <= MOST_UNDRAWN:
            self._field = None
            self._undrawn.append(published.seq)
            self.sent += 1
            return published.packed(self.encoding), True
        if self._said:
            return self._said.pop(next(iter(self._said))), False
        return None
