"""MATLAB files whose container is whole and whose numbers are hostile."""

import struct
import tracemalloc
import zlib

import numpy as np
import pytest

from cortistim.errors import FileFormatError
from cortistim.io.navigators import read_pose_file

HEAD = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<H", 0x100) + b"IM"
POSE = np.array([[1, 0, 0, 5], [0, -1, 0, 6], [0, 0, -1, 90], [0, 0, 0, 1.0]])


def element(kind, body):
    return struct.pack("<II", kind, len(body)) + body + bytes(-len(body) % 8)


def array(dims, body, kind=6, stored=9):
    parts = element(6, struct.pack("<II", kind, 0))
    parts += element(5, struct.pack(f"<{len(dims)}i", *dims))
    return element(14, parts + element(1, b"matsimnibs") + element(stored, body))


def packed(body):
    content = zlib.compress(body, 9)
    return struct.pack("<II", 15, len(content)) + content


def cell(body):
    parts = element(6, struct.pack("<II", 1, 0)) + element(5, struct.pack("<ii", 1, 1))
    return element(14, parts + element(1, b"x") + body)


def test_a_pose_is_read(tmp_path):
    body = array((4, 4), POSE.tobytes("F"))
    for content in (body, packed(body), cell(body)):
        (tmp_path / "a.mat").write_bytes(HEAD + content)
        (found,) = read_pose_file(tmp_path / "a.mat").poses
        assert found.pose.origin_m == pytest.approx([0.005, 0.006, 0.09])


def test_a_case_of_a_thousand_dimensions_is_refused(shared_file):
    with pytest.raises(FileFormatError, match="one has 1000"):
        read_pose_file(shared_file("data/cases/hostile/min/dims1000.mat"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (array((1,) * 1000, bytes(8)), "up to 32 sizes"),
        (array((1,) * 33, bytes(8)), "up to 32 sizes"),
        (array((-4, 4), bytes(128)), "sizes from 0"),
        (array((2**31 - 1, 2**31 - 1), bytes(128)), "does not hold as much"),
        (packed(bytes(2**26)), "32 MB are packed"),
        (packed(cell(array((4, 4), bytes(128)) * 100_000)), "elements"),
        (packed(struct.pack("<II", 5, 0) * 2**21), "elements"),
    ],
)
def test_bombs_and_impossible_sizes_are_refused_in_little_memory(tmp_path, content, words):
    (tmp_path / "a.mat").write_bytes(HEAD + content)
    tracemalloc.start()
    with pytest.raises(FileFormatError, match=words):
        read_pose_file(tmp_path / "a.mat")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2**28


def test_thousands_of_simnibs_positions_are_read(tmp_path):
    """Their structs have many empty fields, which pack to next to nothing."""
    from scipy.io import savemat

    fields = ("type", "name", "date", "istype", "orient", "matsimnibs", "didt", "las", "centre",
              "pos_ydir", "distance", "postprocess", "dirtype")  # fmt: skip
    positions = np.zeros((1, 3000), [(name, object) for name in fields])
    rng = np.random.default_rng(0)
    for place in positions[0]:
        for name in fields:
            place[name] = ""
        place["matsimnibs"] = POSE + np.pad(rng.normal(size=(3, 1)), ((0, 1), (3, 0)))
    content = {"poslist": {"type": "TMSLIST", "pos": positions}}
    savemat(tmp_path / "a.mat", content, do_compression=True)
    assert len(read_pose_file(tmp_path / "a.mat").poses) == 3000
