"""Files written whole: beside their place first, moved there when complete.

What is being written is named ``.writing-`` and eight random signs, and is locked by the
process that writes it. The system gives the lock up when that process ends, however it ends,
so that whoever writes to the same folder later can tell what was left behind, and sweeps it.
It gets that name when it is locked and is called ``.making-`` before, for a sweep that came
between the making and the locking would take it for left behind.
"""

import contextlib
import errno
import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError

try:
    import fcntl
except ImportError:  # Windows: nothing is locked, so nothing is taken for left behind
    fcntl = None

Arrays = Mapping[str, np.ndarray]

PREFIX = ".writing-"
MAKING = ".making-"
STRAY = re.compile(r"\.(writing|making)-[a-z0-9_]{8}(\..+)?")
MADE_WITHIN_S = 60.0
"""Making and locking take no such time; what is older is left behind."""
FULL = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})
TAKEN = frozenset({errno.EAGAIN, errno.EACCES, errno.ENOENT, errno.ESTALE})

_unfinished: set[Path] = set()
_swept: set[Path] = set()
settling = threading.Lock()
"""Held while finished files are moved into place; `abandon` waits for it."""


class Taken(Exception):  # noqa: N818 - never leaves this package
    """Another process has the lock, or the thing is gone."""


@contextlib.contextmanager
def unfinished(make: Callable[[], Path]) -> Iterator[Path]:
    """Make a temporary file or folder, delete it at the end, and let `abandon` know of it.

    Parameters
    ----------
    make : callable
        Makes it under a name that begins with `MAKING` and returns its absolute path.

    Yields
    ------
    Path
        What was made, locked by this process.
    """
    path, handle = _made_and_held(make)
    _unfinished.add(path)
    try:
        yield path
    finally:
        delete(path)
        _unfinished.discard(path)
        if handle is not None:
            os.close(handle)


def _made_and_held(make: Callable[[], Path]) -> tuple[Path, int | None]:
    made = make()
    try:
        handle = hold(made)
    except Taken:
        delete(made)
        msg = f"{made}: a file made there must be readable to its maker; check umask."
        raise BadInputError(msg) from None
    return made.rename(made.with_name(made.name.replace(MAKING, PREFIX, 1))), handle


def hold(path: Path, *, wait: bool = False) -> int | None:
    """Lock a file or folder, and tell that it is still the one at its path.

    Parameters
    ----------
    path : Path
        Exists.
    wait : bool, optional
        For the other process to be done with it.

    Returns
    -------
    int or None
        To be closed, which unlocks it; None where the file system has no locks.

    Raises
    ------
    Taken
        When another process has locked it, or it is gone.
    """
    if fcntl is None:
        return None
    handle = None
    try:
        handle = os.open(path, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        if os.path.samestat(os.fstat(handle), path.stat()):
            return handle
    except OSError as error:
        if handle is not None:
            os.close(handle)
        if error.errno in TAKEN:
            raise Taken from error
        return None
    os.close(handle)
    raise Taken


def abandon() -> None:
    """Delete everything unfinished, because the process is about to end."""
    with settling:
        for path in list(_unfinished):
            delete(path)


def sweep(folder: Path) -> int:
    """Delete what processes that ended left unfinished in a folder.

    Parameters
    ----------
    folder : Path
        Exists; what lies in its folders is left alone.

    Returns
    -------
    int
        How many files and folders were deleted.
    """
    count = 0
    for path in folder.absolute().glob(".*ing-*"):
        if not STRAY.fullmatch(path.name) or path in _unfinished or _is_being_made(path):
            continue
        try:
            handle = hold(path)
        except Taken:
            continue
        if handle is not None:
            delete(path)
            os.close(handle)
            count += not path.exists()
    return count


def _is_being_made(path: Path) -> bool:
    if not path.name.startswith(MAKING):
        return False
    with contextlib.suppress(OSError):
        return time.time() - path.stat().st_mtime < MADE_WITHIN_S
    return True  # it has its next name by now


def swept_once(folder: Path) -> None:
    """Sweep a folder, the first time that this process writes to it.

    Parameters
    ----------
    folder : Path
        In which files are written.
    """
    place = folder.absolute()
    if place not in _swept:
        _swept.add(place)
        sweep(place)


def delete(path: Path) -> None:
    """Delete a file or a folder with all that it holds; what cannot be deleted stays.

    Parameters
    ----------
    path : Path
        A file or a folder; it need not be there.
    """
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


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
        Write here. After an exception nothing remains of it, and a loss of power leaves the
        old file or the new one.

    Raises
    ------
    BadInputError
        When the disk is full there.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    swept_once(target.parent)
    nested = _is_unfinished(target)
    with room_at(target), unfinished(partial(_file_beside, target)) as temporary:
        yield temporary
        # mkstemp makes files private; what users get back should follow their umask
        temporary.chmod(0o666 & ~umask())
        if not nested:  # whoever writes the folder syncs it as one
            synced(temporary)
        temporary.replace(target)
        if not nested:
            synced(target.parent)


def _file_beside(target: Path) -> Path:
    suffix = "".join(target.suffixes[-2:])
    place = target.parent.absolute()
    handle, name = tempfile.mkstemp(prefix=MAKING, suffix=suffix, dir=place)
    os.close(handle)
    return Path(name)


def umask() -> int:
    """Return the process's mask of permissions, which can only be read by setting it.

    Returns
    -------
    int
        Such as ``0o022``.
    """
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _is_unfinished(path: Path) -> bool:
    return not _unfinished.isdisjoint(path.absolute().parents)


def is_full(error: OSError) -> bool:
    """Tell whether there was no room: disk full, or a quota or limit on sizes reached.

    Parameters
    ----------
    error : OSError
        Of a write.

    Returns
    -------
    bool
        False for every other failure.
    """
    return error.errno in FULL


@contextlib.contextmanager
def room_at(place: Path) -> Iterator[None]:
    """Say which place is full when writing fails for that.

    Parameters
    ----------
    place : Path
        The file or folder being written. Inside of something unfinished nothing is said,
        for whoever writes the whole knows the place by the user's name.

    Yields
    ------
    None
        Write meanwhile.

    Raises
    ------
    BadInputError
        When the disk is full, or a quota or a limit on file sizes is reached.
    """
    try:
        yield
    except OSError as error:
        if not is_full(error) or _is_unfinished(place):
            raise
        msg = (
            f"{place}: what is to be written must fit there, but the disk is full or a limit "
            f"is reached ({error.strerror}). Free space there, or choose another place."
        )
        raise BadInputError(msg) from error


def synced(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk, so that a loss of power keeps it.

    Parameters
    ----------
    path : Path
        Exists.
    """
    if path.is_dir() and os.name == "nt":
        return  # Windows cannot open folders
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # not every file system can
            raise
    finally:
        os.close(handle)


def require_writable(target: Path) -> None:
    """Refuse a file or folder that cannot be made, before the work that it is for.

    Parameters
    ----------
    target : Path
        To be written later; it and the folders above it need not exist.

    Raises
    ------
    BadInputError
        When nothing can be written there.
    """
    place = target.absolute()
    while not place.exists():
        place = place.parent
    if place.is_file() and place == target.absolute():
        place = place.parent
    try:
        handle, name = tempfile.mkstemp(prefix=MAKING, dir=place)
        os.close(handle)
        Path(name).unlink()
    except OSError as error:
        msg = (
            f"{target}: what is written must go to a place that can be written to; {place} "
            f"takes no files ({error.strerror}). Choose another."
        )
        raise BadInputError(msg) from error


def require_apart(target: Path, inputs: Iterable[Path]) -> None:
    """Refuse to write over a file that is read.

    Parameters
    ----------
    target : Path
        To be written.
    inputs : iterable of Path
        To be read; those that are no files are passed over.

    Raises
    ------
    BadInputError
        When one of them is the target, under whatever name.
    """
    for path in inputs:
        if target.is_file() and path.is_file() and target.samefile(path):
            msg = (
                f"{target}: what is written must not be what is read, or the input would be "
                "lost. Choose another place."
            )
            raise BadInputError(msg)
