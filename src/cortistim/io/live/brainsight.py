"""Brainsight's network interface: JSON packets, each ended by the byte 0x1E.

Streams are switched on by requests; nothing else is asked for. ``tool-in-desired`` is a matrix
of 16 numbers row by row, in mm. The live coil axes are taken to be those of its files, see
`cortistim.io.navigators.brainsight`, which has not been confirmed on a device. The fields of
EMG and TTL packets are not published: they are kept as text, and a TTL packet is a pulse.
"""

import json
import uuid
from collections.abc import Iterator

import numpy as np

from cortistim.io.live.events import Heard, PulseHeard, StateHeard, hidden, seen
from cortistim.io.live.localite import said
from cortistim.io.live.objects import EndedSplitter
from cortistim.io.navigators.brainsight import FLIP
from cortistim.io.navigators.source import number, seconds_of
from cortistim.typing import FloatArray

PORT = 60_000
END = b"\x1e"
STREAMS = (
    "stream:session-polaris-update", "stream:sample-creation", "stream:session-ttl-triggers",
    "stream:target-selected", "stream:sample-emg",
)  # fmt: skip
ERRORS = {
    100: "invalid JSON", 101: "unknown name", 102: "no unique number", 103: "missing field",
    104: "wrong type", 105: "too long", 106: "too short", 107: "wrong combination",
    201: "no document open", 202: "several documents open", 301: "no session",
    302: "no such session", 303: "the Perform step is not open", 401: "not 4 by 4",
    402: "no numbers", 403: "singular", 404: "not rigid", 501: "unknown coordinate system",
    601: "no sample created", 801: "unknown stream", 901: "no such target",
    902: "no such target",
}  # fmt: skip


class BrainsightDecoder:
    """Turns a stream into events."""

    def __init__(self) -> None:
        self._objects = EndedSplitter("Brainsight", END)

    def feed(self, data: bytes) -> Iterator[Heard]:
        """Take bytes and go through what they complete.

        Parameters
        ----------
        data : bytes
            As they came, cut anywhere.

        Yields
        ------
        event
            In order.

        Raises
        ------
        FileFormatError
            When a packet is no JSON object.
        """
        yield from map(_event, self._objects.feed(data))


def _event(packet: dict) -> Heard:
    name = packet.get("packet-name")
    name = name if isinstance(name, str) else ""
    if name.endswith("session-polaris-update"):
        return _polaris(packet)
    time_s = seconds_of(packet.get("timestamp"))
    if name.endswith("sample-creation"):
        spot = seen("coil", _matrix(packet.get("position")), FLIP, frame=_frame(packet))
        created = seconds_of(packet.get("creation-date"))
        return PulseHeard("coil", created if np.isfinite(created) else time_s, pose=spot.pose)
    if name.endswith("session-ttl-triggers"):
        return PulseHeard("ttl", time_s)
    if name.startswith("response:"):
        code = packet.get("error-code")
        words = ERRORS.get(code, f"error {said(code)}") if isinstance(code, int) else "no code"
        return StateHeard(said(name), "ok" if code == 0 else words)
    return StateHeard(said(name) or "packet", said(packet))


def _polaris(packet: dict) -> Heard:
    tool = said(packet.get("serial-number", "coil"))
    time_s = seconds_of(packet.get("timestamp"))
    matrix = _matrix(packet.get("tool-in-desired"))
    if not np.isfinite(matrix).all():
        return hidden(tool, source_time_s=time_s)
    return seen(tool, matrix, FLIP, source_time_s=time_s, frame=_frame(packet))


def _frame(packet: dict) -> str:
    frame = packet.get("coordinate-system", "Brainsight")
    return said(frame)


def _matrix(rows: object) -> FloatArray:
    """Read 16 numbers row by row, or four rows of four; nan for anything else."""
    if isinstance(rows, list) and len(rows) == 4 and all(isinstance(r, list) for r in rows):
        rows = [value for row in rows for value in row]
    if not isinstance(rows, list) or len(rows) != 16:
        return np.full((4, 4), np.nan)
    return np.array([number(value) for value in rows]).reshape(4, 4)


def stream_request(stream: str, packet_uuid: str | None = None) -> bytes:
    """Write the request that switches a stream on.

    Parameters
    ----------
    stream : str
        One of `STREAMS`.
    packet_uuid : str, optional
        By default a new one.

    Returns
    -------
    bytes
        A packet.
    """
    return packet(
        "request:set-stream-option",
        **{"stream-name": stream, "stream-value": True},
        **{"packet-uuid": packet_uuid or str(uuid.uuid4())},
    )


def packet(kind: str, **fields: object) -> bytes:
    """Write a packet; what Brainsight would send, for stand-ins in tests, is written so too."""
    return json.dumps({"packet-name": kind, **fields}).encode("utf-8") + END
