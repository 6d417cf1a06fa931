"""Vectors of our own making for the peers whose formats are known from their clients only."""

import json

import numpy as np
import pytest

from cortistim.errors import BadInputError, FileFormatError
from cortistim.io.live import (
    BrainsightDecoder,
    CoilSeen,
    LocaliteDecoder,
    LslMapping,
    NavinibsDecoder,
    PulseHeard,
    ResponseHeard,
    StateHeard,
    brainsight,
    localite,
    navinibs,
)
from cortistim.io.live.events import matrix_from_quaternion
from cortistim.io.live.lsl import PARTS, PREFIX
from cortistim.io.live.objects import LONGEST

DOWN = {"q0": 0.0, "qx": 1.0, "qy": 0.0, "qz": 0.0, "x": 10.0, "y": 20.0, "z": 90.0}
DOWN_MM = np.array([[1, 0, 0, 10.0], [0, -1, 0, 20], [0, 0, -1, 90], [0, 0, 0, 1]])


def heard(decoder, data):
    return list(decoder.feed(data))


def test_a_quaternion_turns_as_its_axis_says():
    half = np.sqrt(0.5)
    matrix = matrix_from_quaternion(half, (0, 0, half), (1, 2, 3))
    np.testing.assert_allclose(matrix[:3, :3] @ [1, 0, 0], [0, 1, 0], atol=1e-12)
    assert np.isnan(matrix_from_quaternion(0.5, (0, 0, 0), (1, 2, 3))).all()


def test_localite_position_has_the_axes_of_its_files():
    (event,) = heard(LocaliteDecoder(), localite.told("coil_0_position", DOWN))
    file_axes = matrix_from_quaternion(0, (1, 0, 0), (10, 20, 90))[:3, :3]
    np.testing.assert_allclose(
        event.pose.rotation[:, 2], file_axes[:, 0]
    )  # x looks into the head
    np.testing.assert_allclose(event.pose.handle_direction, file_axes[:, 1])
    np.testing.assert_allclose(event.pose.origin_m, [0.01, 0.02, 0.09])


def test_a_blocked_localite_coil_stays_hidden_whatever_positions_follow():
    stream = localite.told("coil_0_status", "BLOCKED") + localite.told("coil_0_position", DOWN)
    decoder = LocaliteDecoder()
    assert [e.pose for e in heard(decoder, stream)] == [None, None]
    again = localite.told("coil_0_status", "OK") + localite.told("coil_0_position", DOWN)
    assert heard(decoder, again)[1].pose is not None


def test_a_localite_pulse_carries_output_and_didt():
    stream = localite.told("coil_0_amplitude", 52) + localite.told("coil_0_didt", 81.5)
    pulse = heard(LocaliteDecoder(), stream)[1]
    assert isinstance(pulse, PulseHeard)
    assert (pulse.percent_mso, pulse.didt_a_per_s) == (52, 81.5e6)


def test_a_localite_response_is_peak_to_peak():
    stream = localite.told("coil_1_response", {"mepmax": 600, "mepmin": -400})
    (event,) = heard(LocaliteDecoder(), stream)
    assert isinstance(event, ResponseHeard)
    assert event.amplitude_v == pytest.approx(1e-3)


def test_objects_without_separator_are_cut_where_they_end():
    texts = [{'a"}\\': '}{"'}, {"b": [{"c": "\\\\"}]}, {"d": "€"}]
    stream = b"".join(json.dumps(t, ensure_ascii=False).encode() for t in texts)
    for size in range(1, len(stream)):
        decoder, keys = LocaliteDecoder(), []
        for at in range(0, len(stream), size):
            keys += [e.key for e in decoder.feed(stream[at : at + size])]
        assert keys == ['a"}\\', "b", "d"]


@pytest.mark.parametrize("junk", [b"x", b"[1]", b'{"a":1}]', b'{"a":' + b" " * LONGEST + b"1"])
def test_localite_junk_is_refused(junk):
    with pytest.raises(FileFormatError):
        heard(LocaliteDecoder(), junk)


def test_only_known_questions_are_put_to_localite():
    assert json.loads(localite.question("coil_0_didt")) == {"get": "coil_0_didt"}
    with pytest.raises(BadInputError, match="known keys"):
        localite.question("coil_0_power")


def test_a_brainsight_matrix_is_row_by_row_with_the_axes_of_its_files():
    stream = brainsight.packet(
        "stream:session-polaris-update",
        timestamp="2026-03-04T10:11:12.345Z",
        **{"serial-number": "C-1", "coordinate-system": "World"},
        **{"tool-in-desired": DOWN_MM.ravel().tolist()},
    )
    (event,) = heard(BrainsightDecoder(), stream)
    np.testing.assert_allclose(event.pose.rotation, DOWN_MM[:3, :3] @ np.diag([-1, 1, -1]))
    assert (event.tool, event.frame) == ("C-1", "World")
    assert event.source_time_s % 60 == pytest.approx(12.345, abs=1e-4)


@pytest.mark.parametrize("rows", [None, [], [1.0] * 15, ["a"] * 16, [None] * 16])
def test_a_brainsight_tool_without_a_matrix_is_hidden(rows):
    stream = brainsight.packet("stream:session-polaris-update", **{"tool-in-desired": rows})
    (event,) = heard(BrainsightDecoder(), stream)
    assert isinstance(event, CoilSeen)
    assert event.pose is None


def test_a_brainsight_sample_is_a_pulse_where_the_coil_was():
    stream = brainsight.packet("stream:sample-creation", position=DOWN_MM.tolist())
    (event,) = heard(BrainsightDecoder(), stream)
    assert isinstance(event, PulseHeard)
    np.testing.assert_allclose(event.pose.origin_m, [0.01, 0.02, 0.09])


def test_a_brainsight_refusal_is_said_in_words():
    stream = brainsight.packet("response:set-stream-option", **{"error-code": 303})
    (event,) = heard(BrainsightDecoder(), stream)
    assert event == StateHeard("response:set-stream-option", "the Perform step is not open")


def test_navinibs_tools_are_seen_or_null():
    events = heard(NavinibsDecoder(), navinibs.published({"coil": DOWN_MM, "head": None}, 7.0))
    assert [e.pose is None for e in events] == [False, True]
    np.testing.assert_allclose(events[0].pose.rotation, DOWN_MM[:3, :3] @ np.diag([-1, 1, -1]))
    assert (events[0].frame, events[0].source_time_s) == ("world", 7.0)


def test_nan_channels_of_a_stream_are_a_hidden_coil():
    labels = ("spare", *(PREFIX + part for part in PARTS))
    mapping = LslMapping("NaviNIBS_Float", labels)
    (seen,) = mapping.heard([5.0, 10, 20, 90, 0, 1, 0, 0], 3.5)
    np.testing.assert_allclose(seen.pose.origin_m, [0.01, 0.02, 0.09])
    (lost,) = mapping.heard([5.0, *[np.nan] * 7], 3.6)
    assert lost.pose is None
    with pytest.raises(FileFormatError, match="channels"):
        mapping.heard([1.0], 3.7)


def test_a_marker_is_a_pulse():
    (pulse,) = LslMapping("Markers").heard(["S  1"], 9.25)
    assert (pulse.source, pulse.source_time_s) == ("marker S  1", 9.25)
