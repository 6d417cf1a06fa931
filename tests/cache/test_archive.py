"""Does a file of arrays tell when it is damaged?"""

import io
import zipfile

import numpy as np
import pytest

from cortistim import cache
from cortistim.cache import archive
from cortistim.errors import FileFormatError

ARRAYS = {
    "fields": np.arange(600, dtype=np.float32).reshape(200, 3),
    "index": np.arange(7),
    "name": np.array("ball"),
    "turned": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "none": np.zeros((0, 3)),
}


@pytest.fixture
def stored(tmp_path):
    path = tmp_path / "arrays.npz"
    cache.store(path, ARRAYS)
    return path


def same(read):
    return read.keys() == ARRAYS.keys() and all(
        read[name].dtype == array.dtype and np.array_equal(read[name], array)
        for name, array in ARRAYS.items()
    )


def test_arrays_are_read_back_equal_and_can_be_written_to(stored):
    read = cache.load_own(stored)
    assert same(read)
    read["fields"][0] = 1
    assert same(dict(np.load(stored)))


def test_equal_arrays_give_equal_files(stored, tmp_path):
    cache.store(tmp_path / "again.npz", ARRAYS)
    assert (tmp_path / "again.npz").read_bytes() == stored.read_bytes()


def test_every_flipped_bit_is_told_or_changes_no_number(tmp_path):
    path = tmp_path / "small.npz"
    small = {"a": np.arange(3.0), "b": np.arange(4)}
    cache.store(path, small)
    whole, silent = path.read_bytes(), 0
    for bit in range(8 * len(whole)):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        try:
            read = cache.load_own(path)
        except FileFormatError:
            continue
        silent += 1
        assert read.keys() == small.keys()
        for name, array in small.items():
            assert read[name].dtype == array.dtype
            np.testing.assert_array_equal(read[name], array)
    assert silent < 8 * len(whole) / 3  # dates, versions and rights in the zip mean nothing


@pytest.mark.parametrize("left", [0, 1, 100, 0.5, -1, -40])
def test_a_file_cut_short_or_zeroed_is_told(stored, left):
    whole = stored.read_bytes()
    size = round(left * len(whole)) if isinstance(left, float) else left
    for damaged in (whole[:size], whole[:size] + bytes(len(whole) - len(whole[:size]))):
        stored.write_bytes(damaged)
        with pytest.raises(FileFormatError, match="damaged"):
            cache.load_own(stored)


def test_a_member_that_is_missing_added_or_compressed_is_told(stored, tmp_path):
    inside = zipfile.ZipFile(stored)
    parts = {info.filename: inside.read(info) for info in inside.infolist()}
    fewer = {name: data for name, data in parts.items() if name != "index.npy"}
    more = {**parts, "more.npy": parts["index.npy"]}
    for members, method in ((fewer, 0), (more, 0), (parts, zipfile.ZIP_DEFLATED)):
        path = tmp_path / "other.npz"
        with zipfile.ZipFile(path, "w", method) as made:
            for name, data in members.items():
                made.writestr(name, data)
            made.comment = inside.comment
        with pytest.raises(FileFormatError, match="damaged"):
            cache.load_own(path)


def forged(path, header):
    """Write a file whose sums are all right, but whose header lies."""
    with zipfile.ZipFile(path, "w") as made:
        stream = io.BytesIO()
        np.lib.format.write_array_header_1_0(stream, header)
        made.writestr("a.npy", stream.getvalue() + bytes(16))
        made.comment = archive._comment(made)


@pytest.mark.parametrize(
    ("descr", "shape"),
    [("<f8", (10**12,)), ("<f8", (1,)), ("<f8", (-1, -2)), ("|O", (2,)), ("|V16", (1,))],
)
def test_a_header_that_lies_is_told_before_memory_is_asked_for(tmp_path, descr, shape):
    path = tmp_path / "lie.npz"
    forged(path, {"descr": descr, "fortran_order": False, "shape": shape})
    with pytest.raises(FileFormatError, match="damaged"):
        cache.load_own(path)


def test_a_file_of_another_writer_is_not_taken_for_an_own_one(tmp_path):
    path = tmp_path / "theirs.npz"
    np.savez(path, a=np.zeros(3))
    with pytest.raises(FileFormatError, match=r"digest .* missing"):
        cache.load_own(path)
    assert cache.load(path)["a"].shape == (3,)
    np.save(tmp_path / "one.npy", np.zeros(3))
    with pytest.raises(FileFormatError, match="damaged"):
        cache.load(tmp_path / "one.npy")


def test_a_header_is_not_believed_without_a_digest_either(tmp_path):
    path = tmp_path / "theirs.npz"
    np.savez(path, a=np.arange(600.0))
    data = bytearray(path.read_bytes())
    data[data.index(b"(600,)") + 3] = ord(" ")
    path.write_bytes(data)
    with pytest.raises(FileFormatError, match="damaged"):
        cache.load(path)
