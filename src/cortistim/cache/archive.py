"""Files of plain arrays, .npz, that tell when they are damaged.

A zip archive holds a CRC-32 of every member, which finds each flipped bit and each run of up
to 32, but numpy stops reading where an array's header says that it ends, and then the sum is
never compared. Here every member is read to its end, and its header must account for all of
its bytes. Own files hold in the archive's comment a digest of the table of members (names,
sizes, sums), so that none can be missing, added or exchanged. To hash the arrays themselves
would find nothing more of what disks and memory do, and take four times as long.
"""

import contextlib
import hashlib
import math
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import numpy as np

from cortistim.cache.writing import Arrays, atomic_path
from cortistim.errors import FileFormatError

MARK = b"cortistim arrays 1 "
MADE = (1980, 1, 1, 0, 0, 0)  # no clock in the file: equal arrays give equal bytes
SUFFIX = ".npy"
KINDS = "biufcUS"  # plain numbers and texts; never objects
LONGEST_HEADER = 10_000  # bytes; those of plain arrays take 128
CHUNK = 1 << 18  # bytes: what is read is still in the processor when it is copied
# All that zipfile, zlib and numpy raise on broken files; their families are too wide to name.
BROKEN = (
    OSError, ValueError, LookupError, EOFError, RuntimeError, SyntaxError, TypeError,
    OverflowError, MemoryError, struct.error, zipfile.BadZipFile, zlib.error,
    tokenize.TokenError,
)  # fmt: skip


class _Damage(ValueError):  # noqa: N818 - becomes a FileFormatError
    """What is wrong with a file, in words."""


def load(path: Path) -> dict[str, np.ndarray]:
    """Read an .npz file of plain arrays; pickled objects are refused.

    Parameters
    ----------
    path : Path
        Written by `store`, or shipped with the package.

    Returns
    -------
    dict of arrays
        By name.

    Raises
    ------
    FileFormatError
        When it is damaged, or no such file.
    OSError
        When it cannot be opened.
    """
    return _read(path, own=False)


def load_own(path: Path) -> dict[str, np.ndarray]:
    """Read an .npz file that `store` or `growing` has written, and no other.

    Parameters
    ----------
    path : Path
        Its arrays take no more memory than the file has bytes.

    Returns
    -------
    dict of arrays
        By name.

    Raises
    ------
    FileFormatError
        When it is damaged or was not written here.
    OSError
        When it cannot be opened.
    """
    return _read(path, own=True)


def _read(path: Path, *, own: bool) -> dict[str, np.ndarray]:
    with path.open("rb") as stream:
        try:
            with zipfile.ZipFile(stream) as archive:
                _require_table(archive, own=own)
                return {
                    info.filename.removesuffix(SUFFIX): _member(archive, info)
                    for info in archive.infolist()
                }
        except BROKEN as error:
            msg = f"{path}: this file is damaged or was not written by cortistim ({error})."
            raise FileFormatError(msg) from error


def _require_table(archive: zipfile.ZipFile, *, own: bool) -> None:
    members = archive.infolist()
    if own and any(info.compress_type != zipfile.ZIP_STORED for info in members):
        msg = "its arrays must not be compressed"
        raise _Damage(msg)
    names = [info.filename for info in members]
    if len(set(names)) < len(names) or not all(name.endswith(SUFFIX) for name in names):
        msg = "its members must be arrays with names of their own"
        raise _Damage(msg)
    if (own or archive.comment.startswith(MARK)) and archive.comment != _comment(archive):
        msg = "the digest of its content does not match, or is missing"
        raise _Damage(msg)


def _comment(archive: zipfile.ZipFile) -> bytes:
    """Return the mark with the digest of the table of members."""
    total = hashlib.blake2b(digest_size=16)
    for info in archive.infolist():
        total.update(f"{info.filename}|{info.file_size}|{info.CRC}\n".encode())
    return MARK + total.hexdigest().encode()


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray:
    """Read one array to the end of its member, where the sum is compared."""
    with archive.open(info) as stream:
        shape, fortran, dtype = _header(stream)
        size = math.prod(shape) * dtype.itemsize
        # before memory is asked for: a header may say anything
        if dtype.kind not in KINDS or stream.tell() + size != info.file_size:
            msg = f"the header of {info.filename} does not fit its {info.file_size} bytes"
            raise _Damage(msg)
        flat = np.empty(math.prod(shape), dtype)
        view, done = flat.view(np.uint8), 0
        while part := stream.read(CHUNK):
            view[done : done + len(part)] = np.frombuffer(part, np.uint8)
            done += len(part)
        if done != flat.nbytes:
            msg = f"{info.filename} ends early"
            raise _Damage(msg)
    return flat.reshape(shape, order="F" if fortran else "C")


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(stream, max_header_size=LONGEST_HEADER)
    return np.lib.format.read_array_header_2_0(stream, max_header_size=LONGEST_HEADER)


def is_own(path: Path) -> bool:
    """Tell by its last bytes whether a file was written here.

    Parameters
    ----------
    path : Path
        A file that is there.

    Returns
    -------
    bool
        False for files that others wrote, and for older ones.
    """
    length = len(MARK) + 32
    with path.open("rb") as stream:
        stream.seek(0, 2)
        stream.seek(max(0, stream.tell() - length))
        return stream.read().startswith(MARK)


def store(path: Path, arrays: Arrays) -> None:
    """Write arrays to an .npz file, atomically.

    Parameters
    ----------
    path : Path
        Where to.
    arrays : mapping of arrays
        By name; equal ones give equal files.
    """
    with growing(path) as archive:
        for name, array in arrays.items():
            archive.add(name, array)


class GrowingArchive:
    """An .npz file that arrays are added to, one of them row by row.

    Parameters
    ----------
    archive : ZipFile
        Open for writing.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def add(self, name: str, array: np.ndarray) -> None:
        """Add a whole array.

        Parameters
        ----------
        name : str
            Of the array.
        array : array
            All of it.
        """
        with self._open(name) as stream:
            np.lib.format.write_array(stream, np.asarray(array), allow_pickle=False)

    def add_rows(
        self, name: str, shape: tuple[int, ...], dtype: type, parts: Iterable[np.ndarray]
    ) -> None:
        """Add an array that comes in parts along its first axis.

        Parameters
        ----------
        name : str
            In the file.
        shape : tuple of int
            Of the whole array.
        dtype : type
            Of the whole array.
        parts : iterable of arrays
            Written as they come.
        """
        header = {
            "descr": np.lib.format.dtype_to_descr(np.dtype(dtype)),
            "fortran_order": False,
            "shape": shape,
        }
        with self._open(name) as stream:
            np.lib.format.write_array_header_2_0(stream, header)
            for part in parts:
                stream.write(np.ascontiguousarray(part, dtype).tobytes())

    def _open(self, name: str) -> IO[bytes]:
        member = zipfile.ZipInfo(f"{name}{SUFFIX}", MADE)
        return self._archive.open(member, "w", force_zip64=True)


@contextlib.contextmanager
def growing(path: Path) -> Iterator[GrowingArchive]:
    """Write an .npz file bit by bit, atomically.

    Parameters
    ----------
    path : Path
        Where to.

    Yields
    ------
    GrowingArchive
        After an exception nothing remains of it.
    """
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        yield GrowingArchive(archive)
        archive.comment = _comment(archive)
