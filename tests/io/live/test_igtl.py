"""OpenIGTLink against the published protocol, byte by byte."""

import numpy as np
import pytest

from cortistim.errors import FileFormatError
from cortistim.io.live import CoilSeen, IgtlDecoder, StateHeard, igtl

# v1, device Coil, 1700000000.5 s, no rotation, (10, 20, 30) mm
GOLDEN = bytes.fromhex(
    "0001"
    "5452414e53464f524d000000"
    "436f696c00000000000000000000000000000000"
    "6553f10080000000"
    "0000000000000030"
    "dcd28e1f46e9e6f7"
    "3f80000000000000000000000000000"
    "03f80000000000000000000000000000"
    "03f8000004120000041a0000041f00000"
)
TURNED_MM = np.array([[0, -1, 0, 10.0], [1, 0, 0, 20], [0, 0, 1, 30], [0, 0, 0, 1]])


def decoded(data):
    return list(IgtlDecoder().feed(data))


def test_the_checksum_is_that_of_ecma_182():
    assert igtl.crc64(b"123456789") == 0x6C40DF5F0B497347


def test_the_published_transform_is_read_and_written():
    (event,) = decoded(GOLDEN)
    assert isinstance(event, CoilSeen)
    assert event.tool == "Coil"
    assert event.source_time_s == 1_700_000_000.5
    np.testing.assert_allclose(event.pose.origin_m, [0.01, 0.02, 0.03])
    matrix_mm = np.eye(4)
    matrix_mm[:3, 3] = 10, 20, 30
    assert igtl.packed_transform("Coil", matrix_mm, 1_700_000_000.5) == GOLDEN


def test_a_rotation_travels_column_by_column():
    (event,) = decoded(igtl.packed_transform("CoilToReference", TURNED_MM))
    np.testing.assert_allclose(event.pose.rotation, TURNED_MM[:3, :3], atol=1e-7)
    assert (event.tool, event.frame) == ("Coil", "Reference")
    assert np.isnan(event.source_time_s)


def test_the_identity_is_a_tool_that_is_not_seen():
    (event,) = decoded(igtl.packed_transform("Coil", np.eye(4)))
    assert event.pose is None
    assert "does not see" in event.why


def test_a_sheared_matrix_gives_no_pose_and_says_why():
    sheared = TURNED_MM.copy()
    sheared[0, 0] = 0.5
    (event,) = decoded(igtl.packed_transform("Coil", sheared))
    assert event.pose is None
    assert "rigid" in event.why


def test_tools_of_a_tracker_come_apart():
    events = decoded(igtl.packed_tracked({"Coil": TURNED_MM, "Pointer": np.eye(4)}, 5.0))
    assert [e.tool for e in events] == ["Coil", "Pointer"]
    assert [e.pose is None for e in events] == [False, True]


def test_a_position_is_a_quaternion_whose_scalar_may_be_left_out():
    half = np.sqrt(0.5)
    numbers = np.array([10, 20, 30, 0, 0, half, half], ">f4")
    for data in (numbers.tobytes(), numbers[:6].tobytes()):
        (event,) = decoded(igtl.packed("POSITION", "Coil", data))
        np.testing.assert_allclose(event.pose.rotation, TURNED_MM[:3, :3], atol=1e-6)


def test_a_status_is_said_in_words():
    (event,) = decoded(igtl.packed("STATUS", "plus", igtl.STATUS.pack(7, 0, b"E") + b"gone\0"))
    assert event == StateHeard("status", "time out or connection lost: E: gone")


def test_an_image_is_skipped_without_being_kept():
    decoder = IgtlDecoder()
    image = igtl.packed("IMAGE", "video", bytes(200_000))
    found = [
        e for at in range(0, len(image), 5000) for e in decoder.feed(image[at : at + 5000])
    ]
    assert found == []
    assert len(decoder._buffer) < 100
    assert len(list(decoder.feed(GOLDEN))) == 1


def test_what_came_before_a_fault_is_not_lost():
    told = []
    with pytest.raises(FileFormatError, match="checksum"):
        told.extend(IgtlDecoder().feed(GOLDEN + GOLDEN[:-1] + b"\1"))
    events = IgtlDecoder().feed(GOLDEN + GOLDEN[:-1] + b"\1")
    assert next(events).pose is not None


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" + bytes(58), "version 1 or 2"),
        (igtl.HEADER.pack(1, b"TDATA", b"x", 0, 2**40, 0), "may have"),
        (igtl.HEADER.pack(1, b"IMAGE", b"x", 0, 2**62, 0), "may have"),
        (igtl.packed("TRANSFORM", "x", b"short"), "wrong size"),
        (igtl.packed("POSITION", "x", bytes(16)), "12, 24 or 28"),
    ],
)
def test_what_is_no_message_is_refused_in_words(data, why):
    with pytest.raises(FileFormatError, match=why):
        decoded(data)
