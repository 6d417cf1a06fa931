"""Our own protocol, ``cortistim.v1``: binary frames of the field, JSON messages for all else.

A frame is little-endian: 32 bytes, then one value per point.

===== ====== ======================================================
bytes type   what
===== ====== ======================================================
0     u8     kind: 1, a field
1     u8     encoding: 1 u8, 2 u16, 3 f32 (all |E|), 4 vec32 (E)
2     u16    flags, see `Flag`
4     u32    seq, the same as in the message with the numbers
8     f64    time of the pose in seconds, monotonic clock of the server
16    f32    lo, V/m
20    f32    hi, V/m: fixed for a session; more than hi is shown as hi
24    u32    number of points
28    u32    number of the surface
===== ====== ======================================================

A u8 stands for lo + value/255 (hi - lo), a u16 likewise with 65535. What a client may say is a
closed list of verbs (`VERBS`); unknown fields, numbers that are not finite and texts that are
too long are refused.
"""

import struct
from dataclasses import dataclass
from enum import IntFlag
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
import numpy as np

from cortistim.errors import FileFormatError
from cortistim.typing import FloatArray

SUBPROTOCOL = "cortistim.v1"
TOKEN_PREFIX = "token."
HEADER = struct.Struct("<BBHIdffII")
FIELD = 1
LONGEST_MESSAGE = 65_536
MOST_POINTS = 10_000_000
Encoding: TypeAlias = Literal["u8", "u16", "f32", "vec32"]
NUMBER_OF: dict[Encoding, int] = {"u8": 1, "u16": 2, "f32": 3, "vec32": 4}
NAME_OF: dict[int, Encoding] = {number: name for name, number in NUMBER_OF.items()}
TYPE_OF = {1: np.dtype("u1"), 2: np.dtype("<u2"), 3: np.dtype("<f4"), 4: np.dtype("<f4")}


class Flag(IntFlag):
    """Why a field must not be taken for what is under the coil now."""

    STALE = 1
    REFUSED = 2  # the coil is in the head; the field is that of the lifted coil
    POOR = 4  # the operator misses more of the coil's potential than it should
    UNIT = 8  # for 1 A/µs, because no output is known
    PREDICTED = 16


@dataclass(frozen=True, eq=False, slots=True)
class FieldFrame:
    """A field as it travels.

    Parameters
    ----------
    values : (n_point,) or (n_point, 3) array
        |E| for ``u8``, ``u16`` and ``f32``, E for ``vec32``; in V/m.
    encoding : {"u8", "u16", "f32", "vec32"}
        How the values are packed.
    flags : Flag
        What is not as it should be.
    seq : int
        Counts up.
    time_s : float [s]
        Of the pose.
    hi_v_per_m : float [V/m]
        The top of the scale.
    lo_v_per_m : float [V/m], optional
        Its bottom.
    surface : int, optional
        Number of the surface.
    """

    values: FloatArray
    encoding: Encoding
    flags: Flag
    seq: int
    time_s: float
    hi_v_per_m: float
    lo_v_per_m: float = 0.0
    surface: int = 0


def packed_field(frame: FieldFrame) -> bytes:
    """Write a field as bytes.

    Parameters
    ----------
    frame : FieldFrame
        With finite values.

    Returns
    -------
    bytes
        Header and values.
    """
    number = NUMBER_OF[frame.encoding]
    head = HEADER.pack(
        FIELD,
        number,
        int(frame.flags),
        frame.seq % 2**32,
        frame.time_s,
        frame.lo_v_per_m,
        frame.hi_v_per_m,
        len(frame.values),
        frame.surface,
    )
    return head + _scaled(frame).astype(TYPE_OF[number], copy=False).tobytes()


def _scaled(frame: FieldFrame) -> FloatArray:
    if frame.encoding in ("f32", "vec32"):
        return frame.values
    top = 255 if frame.encoding == "u8" else 65_535
    span = frame.hi_v_per_m - frame.lo_v_per_m
    level = (frame.values - np.float32(frame.lo_v_per_m)) * np.float32(top / span)
    return np.clip(np.rint(level), 0, top)


def unpacked_field(data: bytes) -> FieldFrame:
    """Read a field from bytes.

    Parameters
    ----------
    data : bytes
        One binary frame.

    Returns
    -------
    FieldFrame
        Values in V/m, in single precision.

    Raises
    ------
    FileFormatError
        When it is no frame of this protocol.
    """
    if len(data) < HEADER.size:
        msg = f"a frame begins with {HEADER.size} bytes; got {len(data)}."
        raise FileFormatError(msg)
    kind, number, flags, seq, time_s, lo, hi, count, surface = HEADER.unpack_from(data)
    encoding = NAME_OF.get(number)
    if kind != FIELD or encoding is None or not np.isfinite([time_s, lo, hi]).all():
        msg = f"a frame must be a field (1) with encoding 1 to 4; got {kind}, {number}."
        raise FileFormatError(msg)
    width = 3 if encoding == "vec32" else 1
    expected = HEADER.size + count * width * TYPE_OF[number].itemsize
    if count > MOST_POINTS or len(data) != expected:
        msg = f"a frame of {count} points has {expected} bytes; got {len(data)}."
        raise FileFormatError(msg)
    raw = np.frombuffer(data, TYPE_OF[number], offset=HEADER.size).astype(np.float32)
    values = raw.reshape(-1, 3) if width == 3 else raw
    if encoding in ("u8", "u16"):
        top = 255 if encoding == "u8" else 65_535
        with np.errstate(over="ignore", invalid="ignore"):
            values = np.float32(lo) + raw / np.float32(top) * np.float32(hi - lo)
    known = Flag(flags & sum(Flag))
    return FieldFrame(values, encoding, known, seq, time_s, hi, lo, surface)


Text: TypeAlias = Annotated[str, msgspec.Meta(max_length=500)]
Vector: TypeAlias = tuple[float, float, float]
Row: TypeAlias = tuple[float, float, float, float]
Matrix: TypeAlias = tuple[Row, Row, Row, Row]


# msgspec writes tagged unions for its own structs only, so these are not dataclasses
class _Verb(msgspec.Struct, frozen=True, tag_field="op", forbid_unknown_fields=True):
    """Something that a client says."""


class Ack(_Verb, frozen=True, tag="ack"):
    """The frame was drawn."""

    seq: int


class Subscribe(_Verb, frozen=True, tag="subscribe"):
    """Send fields in another encoding from now on."""

    encoding: Encoding


class PoseGiven(_Verb, frozen=True, tag="pose"):
    """The coil is here: ``matsimnibs`` in mm, or null when it is not seen."""

    matsimnibs: Matrix | None
    source_time_s: float | None = None


class Drag(_Verb, frozen=True, tag="drag"):
    """Put the coil where a ray from the eye meets the scalp."""

    eye_mm: Vector
    direction: Vector


class Nudge(_Verb, frozen=True, tag="nudge"):
    """Move the coil along the scalp, turn its handle, or change its distance."""

    x_mm: Annotated[float, msgspec.Meta(ge=-50, le=50)] = 0.0
    y_mm: Annotated[float, msgspec.Meta(ge=-50, le=50)] = 0.0
    turn_deg: Annotated[float, msgspec.Meta(ge=-180, le=180)] = 0.0
    lift_mm: Annotated[float, msgspec.Meta(ge=-50, le=50)] = 0.0


class OutputTyped(_Verb, frozen=True, tag="output"):
    """A person typed the stimulator's output: %MSO or dI/dt."""

    percent_mso: Annotated[float, msgspec.Meta(gt=0, le=100)] | None = None
    didt_a_per_us: Annotated[float, msgspec.Meta(gt=0, le=1000)] | None = None


class PulseMarked(_Verb, frozen=True, tag="pulse"):
    """A pulse went out now, says a person or a program."""

    note: Text = ""


class ResponseTyped(_Verb, frozen=True, tag="response"):
    """Amplitude of the response to a pulse of the log, by default to the last one."""

    amplitude_uv: Annotated[float, msgspec.Meta(ge=0, le=100_000)]
    pulse: int | None = None


class Undo(_Verb, frozen=True, tag="undo"):
    """Take back an entry of the log: it stays, another entry says that it does not count."""

    entry: int | None = None


class LoopAsked(_Verb, frozen=True, tag="loop"):
    """Begin to look for a motor threshold, or stop looking (``none``)."""

    kind: Literal["threshold", "none"]
    start_percent: Annotated[float, msgspec.Meta(gt=0, le=100)] | None = None
    method: Annotated[str, msgspec.Meta(max_length=40)] | None = None


class ReplayAt(_Verb, frozen=True, tag="replay"):
    """Go to a place in a recorded session, or play it at a speed."""

    at: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    speed: Annotated[float, msgspec.Meta(ge=0, le=100)] | None = None


Verb: TypeAlias = (
    Ack
    | Subscribe
    | PoseGiven
    | Drag
    | Nudge
    | OutputTyped
    | PulseMarked
    | ResponseTyped
    | Undo
    | LoopAsked
    | ReplayAt
)
VIEWING = (Ack, Subscribe)
"""What a client may say that holds only the token for viewing."""
VERBS = ("ack", "subscribe", "pose", "drag", "nudge", "output", "pulse", "response", "undo",
         "loop", "replay")  # fmt: skip
_DECODER = msgspec.json.Decoder(Verb)


def verb_of(data: str | bytes) -> Verb:
    """Read what a client says.

    Parameters
    ----------
    data : str or bytes
        One JSON object of at most 64 kB.

    Returns
    -------
    Verb
        One of the closed list.

    Raises
    ------
    FileFormatError
        When it is something else.
    """
    if len(data) > LONGEST_MESSAGE:
        msg = f"a message may have {LONGEST_MESSAGE} bytes; got {len(data)}."
        raise FileFormatError(msg)
    try:
        return _DECODER.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        msg = f"a message must be one of {', '.join(VERBS)} with its fields; {error}"[:400]
        raise FileFormatError(msg) from error


def written_verb(verb: Verb) -> bytes:
    """Write what a client says."""
    return msgspec.json.encode(verb)


def verb_schema() -> dict[str, Any]:
    """Return the JSON schema of what a client may say, draft 2020-12."""
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SUBPROTOCOL,
        "title": "What a client may say to cortistim live",
    }
    return {**head, **msgspec.json.schema(Verb)}
