"""The cache: what was built once and is read by every later run.

The folder is ``CORTISTIM_CACHE`` or the platform's cache folder. An entry's name carries the
hash of what it was built from, so a stale one is never read, only left behind until `clear`.
"""

import contextlib
import hashlib
import os
import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from cortistim.cache.archive import is_own, load_own, store
from cortistim.cache.writing import Arrays, sweep
from cortistim.errors import BadInputError, FileFormatError

SUFFIX = ".kept.npz"
# older versions wrote names without "kept"; they are never read, but still shown and cleared
ENTRY = re.compile(r".+-[0-9a-f]{16}(-\d{3})?(\.kept)?\.npz")


class RebuiltWarning(UserWarning):
    """An entry of the cache was damaged and is built again."""


def folder() -> Path:
    """Return the cache folder; it need not exist yet.

    Returns
    -------
    Path
        Of this user, or where ``CORTISTIM_CACHE`` says.
    """
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

    Raises
    ------
    BadInputError
        When the cache has none and cannot be written to.

    Warns
    -----
    RebuiltWarning
        When the entry was damaged.
    """
    path = folder() / f"{name}-{key}{SUFFIX}"
    # without a lock, for entries appear whole: a cache that is only read serves, too
    with contextlib.suppress(FileFormatError):
        if path.exists():
            return load_own(path)
    with _locked(path):
        try:
            if path.exists():  # another process built it meanwhile
                return load_own(path)
        except FileFormatError as error:
            warnings.warn(f"{error} It is built again.", RebuiltWarning, stacklevel=2)
        arrays = dict(build())
        store(path, arrays)
        return arrays


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Let only one process at a time build an entry."""
    lock = FileLock(_lock_of(path))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except OSError as error:
        msg = (
            f"the cache must be writable to keep {path.name}, which it lacks; {path.parent} "
            f"is not ({error.strerror}). Set CORTISTIM_CACHE to a writable folder."
        )
        raise BadInputError(msg) from error
    try:
        yield
    finally:
        lock.release()


def _lock_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.lock")


def _entries() -> list[Path]:
    """Return the files in the folder that `remembered` has written, and no others."""
    found = (p for p in folder().glob("*.npz") if ENTRY.fullmatch(p.name) and p.is_file())
    return sorted(p for p in found if _lock_of(p).exists() or is_own(p))


def contents() -> list[tuple[str, int]]:
    """List the entries of the cache with their sizes in bytes.

    Returns
    -------
    list of (str, int)
        Name and size of each.
    """
    return [(path.name, path.stat().st_size) for path in _entries()]


def clear() -> int:
    """Delete the entries that are not being built, and return how many bytes they took.

    Returns
    -------
    int
        In bytes.
    """
    freed = 0
    for path in _entries():
        lock = FileLock(_lock_of(path))
        try:
            with lock.acquire(blocking=False):
                freed += path.stat().st_size
                path.unlink(missing_ok=True)
                _lock_of(path).unlink(missing_ok=True)
        except Timeout:
            continue
    sweep(folder())
    return freed
