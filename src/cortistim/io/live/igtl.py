"""OpenIGTLink, protocol versions 1 to 3, as PLUS and 3D Slicer speak it.

A header of 58 bytes, big-endian, then a body whose checksum is CRC-64 of ECMA-182. Version 2 of
the header brings an extended header before the content and metadata behind it, which are passed
over. Read: TRANSFORM, TDATA, POSITION, STATUS, STRING and requests. Images and all other kinds
are skipped without being kept.

PLUS names a transform ``<Tool>To<Frame>`` and sends the identity for a tool that its camera
does not see; from TDATA such a tool is left out.
"""

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from cortistim.errors import FileFormatError, quoted
from cortistim.io.live.events import Heard, StateHeard, matrix_from_quaternion, seen
from cortistim.typing import FloatArray

PORT = 18944
HEADER = struct.Struct(">H12s20sQQQ")
EXTENDED = struct.Struct(">HHII")
TRANSFORM = struct.Struct(">12f")
TRACKED = struct.Struct(">20sBB12f")
STATUS = struct.Struct(">Hq20s")
STRING = struct.Struct(">HH")
START_TDATA = struct.Struct(">i32s")
POLYNOMIAL = 0x42F0E1EBA9EA3693
LONGEST_BODY = 65_536  # of the kinds that are read; a thousand tools fit in TDATA
LONGEST_SKIPPED = 2**31  # an image of 2 GB is no image
REQUESTS = ("GET_", "STT_", "STP_", "RTS_")
SAME_AXES = np.eye(4)
STATUS_WORDS = (
    "invalid", "OK", "unknown error", "panic", "not found", "access denied", "busy",
    "time out or connection lost", "overflow", "checksum error", "configuration error",
    "not enough resource", "illegal or unknown instruction", "not ready", "manual mode",
    "device disabled", "device not present", "unknown version", "hardware failure",
    "shutting down",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class IgtlMessage:
    """One message.

    Parameters
    ----------
    kind : str
        Such as ``TRANSFORM``.
    device : str
        Who sends it.
    time_s : float [s]
        Since 1970; nan when the sender tells none.
    content : bytes
        Without extended header and metadata.
    """

    kind: str
    device: str
    time_s: float
    content: bytes


class IgtlDecoder:
    """Turns a stream into events.

    Parameters
    ----------
    to_ours : (4, 4) array, optional
        Turns the tool's axes into those of `Pose`; by default they are the same.
    """

    def __init__(self, to_ours: FloatArray = SAME_AXES) -> None:
        self._buffer = bytearray()
        self._skip = 0
        self._to_ours = to_ours

    def feed(self, data: bytes) -> Iterator[Heard]:
        """Take bytes and go through what they complete.

        Parameters
        ----------
        data : bytes
            As they came, cut anywhere.

        Yields
        ------
        event
            In the order of the messages; what came before a fault comes out before it raises.

        Raises
        ------
        FileFormatError
            When this is no OpenIGTLink, or a checksum is wrong.
        """
        self._buffer += data
        while (message := self._next()) is not None:
            yield from _events(message, self._to_ours)

    def _next(self) -> IgtlMessage | None:
        """Take the next whole message that is read out of the buffer."""
        while True:
            dropped = min(self._skip, len(self._buffer))
            del self._buffer[:dropped]
            self._skip -= dropped
            if len(self._buffer) < HEADER.size:
                return None
            version, kind, device, time, size, checksum = HEADER.unpack_from(self._buffer)
            kind = _name(kind, "kind")
            _require_header(version, kind, size)
            if _reader(kind) is None:
                self._skip = HEADER.size + size
                continue
            if len(self._buffer) < HEADER.size + size:
                return None
            body = bytes(self._buffer[HEADER.size : HEADER.size + size])
            del self._buffer[: HEADER.size + size]
            _require_checksum(kind, body, checksum)
            content = body if version == 1 else _content(kind, body)
            return IgtlMessage(kind, _name(device, "device"), _seconds(time), content)


def _require_header(version: int, kind: str, size: int) -> None:
    if version not in (1, 2) or not kind:
        msg = (
            "an OpenIGTLink header begins with version 1 or 2 and a kind; got "
            f"{version} and {quoted(kind)}. Is the port that of an OpenIGTLink server?"
        )
        raise FileFormatError(msg)
    most = LONGEST_SKIPPED if _reader(kind) is None else LONGEST_BODY
    if size > most:
        msg = f"a body of kind {quoted(kind)} may have {most} bytes; the header says {size}."
        raise FileFormatError(msg)


def _require_checksum(kind: str, body: bytes, told: int) -> None:
    found = crc64(body)
    if found != told:
        msg = (
            f"the checksum of a {quoted(kind)} message is {found:016x}, its header says "
            f"{told:016x}: bytes were lost or changed on the way. Connect again."
        )
        raise FileFormatError(msg)


def _content(kind: str, body: bytes) -> bytes:
    """Cut extended header and metadata off the body of a message of version 2."""
    if len(body) >= EXTENDED.size:
        size, meta_header, meta, _ = EXTENDED.unpack_from(body)
        end = len(body) - meta_header - meta
        if EXTENDED.size <= size <= end:
            return body[size:end]
    msg = f"the extended header of a {quoted(kind)} message does not fit into its body."
    raise FileFormatError(msg)


def _name(raw: bytes, what: str) -> str:
    text = raw.split(b"\0", 1)[0]
    try:
        return text.decode("ascii")
    except UnicodeDecodeError as error:
        msg = f"the {what} of an OpenIGTLink message must be ASCII; got {quoted(text)}."
        raise FileFormatError(msg) from error


def _seconds(time: int) -> float:
    return time / 2**32 if time else np.nan


def _reader(kind: str) -> "Callable[[IgtlMessage, FloatArray], list[Heard]] | None":
    return _request if kind.startswith(REQUESTS) else READERS.get(kind)


def _events(message: IgtlMessage, to_ours: FloatArray) -> list[Heard]:
    reader = _reader(message.kind)
    if reader is None:
        return []
    try:
        return reader(message, to_ours)
    except struct.error as error:
        msg = f"the content of a {quoted(message.kind)} message has a wrong size ({error})."
        raise FileFormatError(msg) from error


def _transform(message: IgtlMessage, to_ours: FloatArray) -> list[Heard]:
    return [_seen(message.device, TRANSFORM.unpack(message.content), message.time_s, to_ours)]


def _tracked(message: IgtlMessage, to_ours: FloatArray) -> list[Heard]:
    found: list[Heard] = []
    for raw, _, _, *numbers in TRACKED.iter_unpack(message.content):
        found.append(_seen(_name(raw, "tool"), tuple(numbers), message.time_s, to_ours))
    return found


def _seen(name: str, numbers: tuple[float, ...], time_s: float, to_ours: FloatArray) -> Heard:
    """Take twelve numbers, column by column, as a matrix in mm."""
    matrix = np.eye(4)
    matrix[:3] = np.reshape(numbers, (4, 3)).T
    tool, _, frame = name.partition("To")
    return seen(tool or name, matrix, to_ours, source_time_s=time_s, frame=frame)


def _position(message: IgtlMessage, to_ours: FloatArray) -> list[Heard]:
    count = len(message.content) // 4
    numbers = struct.unpack(f">{count}f", message.content)
    place, rest = numbers[:3], numbers[3:]
    if count not in (6, 7):  # 3: a place without a direction is no pose
        if count == 3:
            return [StateHeard(message.device, "POSITION without an orientation")]
        msg = f"a POSITION has 12, 24 or 28 bytes; got {len(message.content)}."
        raise FileFormatError(msg)
    x, y, z = rest[:3]
    w = rest[3] if count == 7 else np.sqrt(max(0.0, 1 - x * x - y * y - z * z))
    matrix = matrix_from_quaternion(w, (x, y, z), (place[0], place[1], place[2]))
    tool, _, frame = message.device.partition("To")
    return [
        seen(tool or message.device, matrix, to_ours, source_time_s=message.time_s, frame=frame)
    ]


def _status(message: IgtlMessage, _axes: FloatArray) -> list[Heard]:
    code, _, name = STATUS.unpack_from(message.content)
    text = message.content[STATUS.size :].split(b"\0", 1)[0].decode("utf-8", "replace")
    words = STATUS_WORDS[code] if code < len(STATUS_WORDS) else f"code {code}"
    said = ": ".join(part for part in (words, _name(name, "status"), text) if part)
    return [StateHeard("status", said)]


def _string(message: IgtlMessage, _axes: FloatArray) -> list[Heard]:
    _, length = STRING.unpack_from(message.content)
    text = message.content[STRING.size : STRING.size + length].decode("utf-8", "replace")
    return [StateHeard(message.device, text)]


def _request(message: IgtlMessage, _axes: FloatArray) -> list[Heard]:
    return [StateHeard("request", message.kind)]


READERS: Mapping[str, Callable[[IgtlMessage, FloatArray], list[Heard]]] = {
    "TRANSFORM": _transform,
    "TDATA": _tracked,
    "POSITION": _position,
    "STATUS": _status,
    "STRING": _string,
}


def _table() -> tuple[int, ...]:
    """Return what each first byte does to the checksum."""
    found = []
    for byte in range(256):
        value = byte << 56
        for _ in range(8):
            value = (value << 1) ^ (POLYNOMIAL if value >> 63 else 0)
            value &= 2**64 - 1
        found.append(value)
    return tuple(found)


TABLE = _table()


def crc64(data: bytes) -> int:
    """Return the checksum of a body: CRC-64 of ECMA-182, not reflected, begun with 0.

    Parameters
    ----------
    data : bytes
        Any.

    Returns
    -------
    int
        64 bits.
    """
    value = 0
    for byte in data:
        value = ((value << 8) & (2**64 - 1)) ^ TABLE[(value >> 56) ^ byte]
    return value


def packed(kind: str, device: str, content: bytes, time_s: float = np.nan) -> bytes:
    """Write a message with a header of version 1, which every peer reads.

    Parameters
    ----------
    kind : str
        Up to 12 letters.
    device : str
        Up to 20.
    content : bytes
        The body.
    time_s : float [s], optional
        Since 1970.

    Returns
    -------
    bytes
        Header and body.
    """
    time = round(time_s * 2**32) if np.isfinite(time_s) else 0
    names = kind.encode("ascii"), device.encode("ascii", "replace")
    return HEADER.pack(1, *names, time, len(content), crc64(content)) + content


def packed_transform(device: str, matrix_mm: FloatArray, time_s: float = np.nan) -> bytes:
    """Write a TRANSFORM.

    Parameters
    ----------
    device : str
        Such as ``CoilToReference``.
    matrix_mm : (4, 4) array
        Translation in mm.
    time_s : float [s], optional
        Since 1970.

    Returns
    -------
    bytes
        A whole message.
    """
    return packed("TRANSFORM", device, TRANSFORM.pack(*matrix_mm[:3].T.ravel()), time_s)


def packed_tracked(tools: Mapping[str, FloatArray], time_s: float = np.nan) -> bytes:
    """Write a TDATA of tools with their matrices in mm; those not seen are left out."""
    rows = [
        TRACKED.pack(name.encode("ascii"), 2, 0, *matrix_mm[:3].T.ravel())
        for name, matrix_mm in tools.items()
    ]
    return packed("TDATA", "tracker", b"".join(rows), time_s)


def packed_start(least_ms: int = 0, frame: str = "") -> bytes:
    """Write the request for TDATA, at most one frame every so many milliseconds."""
    return packed("STT_TDATA", "cortistim", START_TDATA.pack(least_ms, frame.encode("ascii")))
