"""Where this package keeps what it built: atomic, hashed, locked .npz files.

The folder is ``CORTISTIM_CACHE`` or the platform's cache folder. A file's name carries the
hash of what it was built from, so a stale one is never read, only left behind until
`clear`.
"""

import contextlib
import hashlib
import os
import shutil
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
from filelock import FileLock

Arrays = Mapping[str, np.ndarray]

_unfinished: set[Path] = set()
settling = threading.Lock()
"""Held while finished files are moved into place; `abandon` waits for it."""


def folder() -> Path:
    """Return the cache folder; it need not exist yet."""
    chosen = os.environ.get("CORTISTIM_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("cortistim", appauthor=False)


def digest(*parts: object) -> str:
    """Hash arrays, numbers and strings into a short hexadecimal name.

    Parameters
    ----------
    *parts : arrays, numbers, strings
        What the cached thing was built from; order matters.

    Returns
    -------
    str
        16 hexadecimal digits.
    """
    total = hashlib.blake2b(digest_size=8)
    for part in parts:
        if isinstance(part, np.ndarray):
            total.update(f"{part.dtype.str}{part.shape}".encode())
            total.update(np.ascontiguousarray(part).tobytes())
        else:
            total.update(repr(part).encode())
        total.update(b"|")
    return total.hexdigest()


@contextlib.contextmanager
def unfinished(path: Path) -> Iterator[Path]:
    """Delete a temporary file or folder at the end, and let `abandon` know of it.

    Parameters
    ----------
    path : Path
        Exists.

    Yields
    ------
    Path
        The same.
    """
    _unfinished.add(path)
    try:
        yield path
    finally:
        _delete(path)
        _unfinished.discard(path)


def abandon() -> None:
    """Delete everything unfinished, because the process is about to end."""
    with settling:
        for path in list(_unfinished):
            _delete(path)


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Give a temporary path beside the target and move it there when all went well.

    Parameters
    ----------
    target : Path
        The file to write; its folder is made.

    Yields
    ------
    Path
        Write here. After an exception nothing remains of it.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    suffix = "".join(target.suffixes[-2:])
    handle, name = tempfile.mkstemp(prefix=".writing-", suffix=suffix, dir=target.parent)
    os.close(handle)
    with unfinished(Path(name)) as temporary:
        yield temporary
        # mkstemp makes files private; what users get back should follow their umask
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(target)


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
    """
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def store(path: Path, arrays: Arrays) -> None:
    """Write arrays to an .npz file, atomically.

    Parameters
    ----------
    path : Path
        Where to.
    arrays : mapping of arrays
        By name.
    """
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.savez(stream, **cast("Any", dict(arrays)))


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
        """Add a whole array."""
        with self._archive.open(f"{name}.npy", "w", force_zip64=True) as stream:
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
        with self._archive.open(f"{name}.npy", "w", force_zip64=True) as stream:
            np.lib.format.write_array_header_2_0(stream, header)
            for part in parts:
                stream.write(np.ascontiguousarray(part, dtype).tobytes())


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


def remembered(name: str, key: str, build: Callable[[], Arrays]) -> dict[str, np.ndarray]:
    """Return arrays from the cache, or build and keep them.

    Parameters
    ----------
    name : str
        What it is, for the reader of the folder.
    key : str
        From `digest`: what it was built from.
    build : callable
        Makes the arrays when the cache has none.

    Returns
    -------
    dict of arrays
        By name.
    """
    path = folder() / f"{name}-{key}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock"):
        if path.exists():
            try:
                return load(path)
            except (OSError, ValueError, KeyError, EOFError):
                path.unlink()  # a file cut short by a full disk is built again
        arrays = dict(build())
        store(path, arrays)
        return arrays


def contents() -> list[tuple[str, int]]:
    """List the cached files with their sizes in bytes."""
    if not folder().exists():
        return []
    return sorted((path.name, path.stat().st_size) for path in folder().glob("*.npz"))


def clear() -> int:
    """Delete the cached files and return how many bytes they took."""
    freed = 0
    for path in [*folder().glob("*.npz"), *folder().glob("*.lock")]:
        freed += path.stat().st_size
        path.unlink(missing_ok=True)
    return freed
