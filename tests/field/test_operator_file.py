"""Is a damaged or made-up operator refused in one sentence?"""

import numpy as np
import pytest

from cortistim import cache
from cortistim.errors import FileFormatError
from cortistim.field import FieldOperator, load_operator, save_operator
from cortistim.field.bars import ErrorShares
from cortistim.field.operator.file import LAYOUT
from cortistim.field.operator.operator import OperatorOrigin
from cortistim.head.distance import SignedDistance


@pytest.fixture
def stored(tmp_path):
    """An operator whose numbers mean nothing, but fit."""
    rng = np.random.default_rng(1)
    outside = SignedDistance(
        rng.random((6, 3)),
        rng.integers(0, 6, (8, 3)),
        rng.random((3, 4, 5)),
        rng.integers(0, 8, (3, 4, 5)),
        np.eye(4),
    )
    operator = FieldOperator(
        rng.random((20, 3)),
        rng.random((60, 4)),
        rng.random((7, 3)),
        rng.random((21, 4)),
        outside,
        OperatorOrigin("ball", "0" * 16, "1" * 16, ("a", "b"), 4, 0, 1e-6, "harmonic", 3),
        ErrorShares(rng.random((20, 3, 3)), rng.random(20)),
    )
    path = tmp_path / "operator.npz"
    save_operator(operator, path)
    return path, operator


def test_what_is_written_is_read_back_equal(stored):
    path, operator = stored
    read = load_operator(path)
    assert read.origin == operator.origin
    np.testing.assert_array_equal(read.fields_v_per_m, operator.fields_v_per_m)
    np.testing.assert_array_equal(read.outside.nearest, operator.outside.nearest)


CHANGES = {
    "missing": lambda a: a.pop("members"),
    "extra": lambda a: a.update(more=np.zeros(3)),
    "missing origin": lambda a: a.pop("origin_seed"),
    "shape": lambda a: a.update(points_m=a["points_m"][:-1]),
    "turned": lambda a: a.update(fields_v_per_m=a["fields_v_per_m"].T),
    "whole numbers": lambda a: a.update(members=np.ones(a["members"].shape, int)),
    "text": lambda a: a.update(origin_rank=np.array("many")),
    "two versions": lambda a: a.update(origin_version=np.array([1, 1])),
    "infinite": lambda a: a["members"].__setitem__((3, 1), np.inf),
    "one nan": lambda a: a["fields_v_per_m"].__setitem__((3, 1), np.nan),
    "beyond": lambda a: a["outside_nearest"].__setitem__((1, 1, 1), 8),
    "before": lambda a: a["outside_triangles"].__setitem__((1, 1), -1),
    "empty": lambda a: a.update(points_m=np.zeros((0, 3)), fields_v_per_m=np.zeros((0, 4))),
}


@pytest.mark.parametrize("change", CHANGES)
def test_other_content_is_refused(stored, change):
    path, _ = stored
    arrays = cache.load_own(path)
    CHANGES[change](arrays)
    cache.store(path, arrays)
    with pytest.raises(FileFormatError, match=r"not an operator, .* damaged .*Build it again"):
        load_operator(path)


@pytest.mark.parametrize("name", LAYOUT)
def test_a_flipped_bit_in_a_header_is_refused(stored, name):
    path, _ = stored
    data = bytearray(path.read_bytes())
    header = data.index(f"{name}.npy".encode()) + len(f"{name}.npy") + 20
    data[data.index(b"\x93NUMPY", header) + 8] ^= 4
    path.write_bytes(data)
    with pytest.raises(FileFormatError, match="damaged"):
        load_operator(path)


def test_others_files_are_refused(shared_file):
    folder = shared_file("data/cases/hostile/min")
    for name in ("op_missing.npz", "array.npz", "array.npy"):
        if (folder / name).exists():
            with pytest.raises(FileFormatError, match="not an operator"):
                load_operator(folder / name)
