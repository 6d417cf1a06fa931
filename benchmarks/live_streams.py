"""Streams of every live peer to be broken: what `fuzz_live.py` and the tests feed to decoders.

A peer is a function that makes a fresh decoder and a few whole streams. The vector of
OpenIGTLink is the published protocol's; all others are of our own making.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import numpy as np

from cortistim.errors import CortistimError
from cortistim.io.live import (
    BrainsightDecoder,
    IgtlDecoder,
    LocaliteDecoder,
    LslMapping,
    NavinibsDecoder,
    brainsight,
    igtl,
    localite,
    navinibs,
    wire,
)
from cortistim.io.live.lsl import PARTS, PREFIX

POSE_MM = np.array([[1, 0, 0, 10.0], [0, -1, 0, 20], [0, 0, -1, 90], [0, 0, 0, 1]])
QUATERNION = {"q0": 0.0, "qx": 1.0, "qy": 0.0, "qz": 0.0, "x": 10.0, "y": 20.0, "z": 90.0}


@dataclass(frozen=True)
class Peer:
    """How a peer is decoded, and whole streams of it."""

    fresh: Callable[[], Callable[[bytes], object]]
    streams: tuple[bytes, ...]
    whole: bool = False  # messages come whole, so that nothing is split


def extended_header(message):
    """Turn a message of version 1 into one of version 2 with a metadata entry."""
    content = message[igtl.HEADER.size :]
    meta = b"\x00\x01" + b"\x00\x01\x00\x03\x00\x00\x00\x02" + b"kvv"
    body = igtl.EXTENDED.pack(igtl.EXTENDED.size, 10, 3, 7) + content + meta
    _, kind, device, time, _, _ = igtl.HEADER.unpack_from(message)
    return igtl.HEADER.pack(2, kind, device, time, len(body), igtl.crc64(body)) + body


def igtl_streams():
    """Return every kind that is read, an image that is skipped, and both header versions."""
    transform = igtl.packed_transform("CoilToReference", POSE_MM, 1.7e9)
    tracked = igtl.packed_tracked({"CoilToRef": POSE_MM, "Pointer": np.eye(4)}, 1.7e9)
    position = igtl.packed(
        "POSITION", "Coil", np.array([10, 20, 90, 1, 0, 0, 0], ">f4").tobytes()
    )
    status = igtl.packed("STATUS", "plus", igtl.STATUS.pack(7, 0, b"lost") + b"gone\0")
    string = igtl.packed("STRING", "plus", igtl.STRING.pack(3, 5) + b"hello")
    image = igtl.packed("IMAGE", "video", bytes(300))
    return (
        transform + tracked,
        image + status + transform,
        extended_header(transform) + string + position,
        igtl.packed_start(16) + igtl.packed("RTS_TDATA", "x", b"\0") + transform,
    )


def localite_streams():
    """Return positions, a blocked coil, a pulse, and quotes that try the splitter."""
    told = localite.told
    return (
        told("coil_0_status", "OK") + told("coil_0_position", QUATERNION),
        told("coil_0_amplitude", 52) + told("coil_0_didt", 81) + b" \n"
        + told("coil_0_response", {"mepmaxtime": 25, "mepamplitude": 9, "mepmin": -400,
                                   "mepmax": 600}),
        told("coil_0_status", "BLOCKED") + told("coil_0_position", QUATERNION),
        told('a"}\\{', "}\\\"{[") + told("error", 'un"known') + told("navigation_mode", {
            "value": 1, "name": "NAVIGATION"}),
    )  # fmt: skip


def brainsight_streams():
    """Return sightings, a lost tool, a sample, a trigger and a refusal."""
    packet, stamp = brainsight.packet, {"timestamp": "2026-03-04T10:11:12.345Z"}
    place = {"coordinate-system": "World", "serial-number": "C-1"}
    rows = POSE_MM.ravel().tolist()
    return (
        packet("stream:session-polaris-update", **stamp, **place, **{"tool-in-desired": rows}),
        packet("stream:session-polaris-update", **stamp, **place)
        + packet("stream:sample-creation", **stamp, name="Sample 1", position=POSE_MM.tolist()),
        packet("stream:session-ttl-triggers", **stamp)
        + packet("response:set-stream-option", **{"error-code": 801}),
        brainsight.stream_request(brainsight.STREAMS[0], "u"),
    )


def verb_messages():
    """Return one message of every verb."""
    rows = tuple(map(tuple, POSE_MM.tolist()))
    return tuple(
        wire.written_verb(verb)
        for verb in (
            wire.Ack(3),
            wire.Subscribe("vec32"),
            wire.PoseGiven(rows, 1.5),
            wire.PoseGiven(None),
            wire.Drag((0.0, 0.0, 300.0), (0.0, 0.0, -1.0)),
            wire.Nudge(1.0, -1.0, 5.0, 2.0),
            wire.OutputTyped(percent_mso=52.0),
            wire.PulseMarked("first"),
            wire.ResponseTyped(512.0, 3),
            wire.Undo(4),
            wire.ReplayAt(0.5, 1.0),
        )
    )


def field_messages():
    """Return a frame in every encoding."""
    values = np.linspace(0, 120, 7, dtype=np.float32)
    vectors = np.stack([values, -values, values], axis=1)
    return tuple(
        wire.packed_field(
            wire.FieldFrame(
                vectors if name == "vec32" else values, name, wire.Flag.STALE, 5, 1.25, 100.0
            )
        )
        for name in wire.NUMBER_OF
    )


def lsl_sample(data):
    """Read bytes as a sample of a pose stream and of a marker stream."""
    try:
        sample = json.loads(data)
    except (ValueError, RecursionError):
        return []
    sample = sample if isinstance(sample, list) else [sample]
    if len(sample) == 1:
        return LslMapping("Markers").heard(sample, 1.0)
    return LslMapping("NaviNIBS_Float", tuple(PREFIX + part for part in PARTS)).heard(
        sample, 1.0
    )


PEERS = {
    "igtl": Peer(lambda: IgtlDecoder().feed, igtl_streams()),
    "localite": Peer(lambda: LocaliteDecoder().feed, localite_streams()),
    "brainsight": Peer(lambda: BrainsightDecoder().feed, brainsight_streams()),
    "navinibs": Peer(
        lambda: NavinibsDecoder().feed,
        (
            navinibs.published({"coil": POSE_MM, "head": None}, 1.7e9),
            b'{"coil": {"transf": [[1,0,0,0],[0,1,0,0]], "relativeTo": 3}}',
        ),
        whole=True,
    ),
    "lsl": Peer(lambda: lsl_sample, (b"[10, 20, 90, 0, 1, 0, 0]", b'["go"]'), whole=True),
    "verbs": Peer(lambda: wire.verb_of, verb_messages(), whole=True),
    "fields": Peer(lambda: wire.unpacked_field, field_messages(), whole=True),
}


def outcome(peer, data, pieces):
    """Return what a fresh decoder makes of a stream that comes in pieces: text to compare."""
    feed, found, start = peer.fresh(), [], 0
    try:
        for end in (*pieces, len(data)):
            told, start = feed(data[start:end]), end
            single = isinstance(told, wire.FieldFrame | msgspec.Struct)
            found.extend(map(plain, [told] if single else told))
    except CortistimError:
        found.append("refused")
    return found


def plain(entry):
    """Return an event as text that is equal for equal events."""
    if isinstance(entry, str | msgspec.Struct):
        return repr(entry)
    values = (getattr(entry, name) for name in type(entry).__dataclass_fields__)
    return repr([getattr(value, "matrix_m", value) for value in values])
