"""Our own protocol: frames and verbs as they are documented."""

import json
import struct
from importlib.resources import files

import numpy as np
import pytest

from cortistim.errors import FileFormatError
from cortistim.io.live import wire
from cortistim.io.live.wire import FieldFrame, Flag, packed_field, unpacked_field, verb_of

VALUES = np.array([0, 25, 50, 100, 150], np.float32)


def frame(encoding="u8", values=VALUES):
    return FieldFrame(values, encoding, Flag.STALE | Flag.POOR, 7, 12.5, 100.0, 0.0, 3)


def test_the_bytes_of_a_frame_are_as_documented():
    data = packed_field(frame())
    assert data[:32] == struct.pack("<BBHIdffII", 1, 1, 5, 7, 12.5, 0.0, 100.0, 5, 3)
    assert list(data[32:]) == [0, 64, 128, 255, 255]


@pytest.mark.parametrize(("encoding", "step"), [("u8", 0.2), ("u16", 1e-3), ("f32", 0)])
def test_values_come_back_within_half_a_step(encoding, step):
    back = unpacked_field(packed_field(frame(encoding)))
    top = VALUES if encoding == "f32" else VALUES.clip(0, 100)
    np.testing.assert_allclose(back.values, top, atol=step + 1e-6)
    assert (back.flags, back.seq, back.time_s) == (Flag.STALE | Flag.POOR, 7, 12.5)


def test_vectors_keep_their_direction():
    vectors = np.stack([VALUES, -VALUES, 2 * VALUES], axis=1)
    back = unpacked_field(packed_field(frame("vec32", vectors)))
    np.testing.assert_array_equal(back.values, vectors)


@pytest.mark.parametrize(
    "data",
    [b"", bytes(31), packed_field(frame())[:-1], packed_field(frame()) + b"0", bytes(40)],
)
def test_what_is_no_frame_is_refused(data):
    with pytest.raises(FileFormatError):
        unpacked_field(data)


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", '{"op":"fire"}', '{"op":"ack"}', '{"op":"ack","seq":1,"more":2}',
        '{"op":"pose","matsimnibs":[[1,0],[0,1]]}', '{"op":"output","percent_mso":101}',
        '{"op":"nudge","x_mm":NaN}', '{"op":"nudge","x_mm":1e999}', "[" * 60_000,
        '{"op":"pulse","note":"' + "x" * 501 + '"}', '{"op":"ack","seq":1}' + " " * 70_000,
    ],
)  # fmt: skip
def test_what_is_no_verb_is_refused(text):
    with pytest.raises(FileFormatError):
        verb_of(text)


def test_the_list_of_verbs_is_the_list_of_kinds():
    known = json.loads(json.dumps(wire.verb_schema()))["$defs"]
    ops = {d["properties"]["op"]["enum"][0] for d in known.values()}
    assert ops == set(wire.VERBS)


def test_no_verb_touches_a_stimulator_or_a_robot():
    forbidden = {
        "fire",
        "arm",
        "trigger",
        "charge",
        "discharge",
        "single_pulse",
        "train",
        "robot",
    }
    assert not forbidden & set(wire.VERBS)


def test_the_schema_in_the_package_is_that_of_the_code():
    text = files("cortistim.io.live").joinpath("cortistim.v1.schema.json").read_text("utf-8")
    assert json.loads(text) == wire.verb_schema()
