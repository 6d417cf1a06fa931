"""The files of a run, moved into their folder as one.

A new folder appears by one rename. Into a folder that exists, files go one by one, since it
may hold files of others, be a mount, or be somebody's working folder, and so cannot be
exchanged as a whole. So that a run cut off between two moves can neither be overlooked nor
lost, the finished files are first renamed, as one, to ``.settling-`` inside the folder: from
then on the run counts. A notice is laid beside them, old records (JSON) that will be replaced
are taken away before anything else moves and the new ones come last, and the next run into
the folder first moves whatever is still there.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from cortistim.cache.writing import (
    MAKING,
    PREFIX,
    Taken,
    delete,
    hold,
    room_at,
    settling,
    swept_once,
    synced,
    umask,
    unfinished,
)
from cortistim.errors import BadInputError

SETTLING = ".settling-"
NOTICE_NAME = "UNFINISHED.txt"
NOTICE = (
    "Writing to this folder was cut off: it holds files of two runs, and those still to be\n"
    "moved lie in its hidden folder .settling-... Run a cortistim command that writes to\n"
    "this folder: it moves them first and then deletes this notice.\n"
)


@contextlib.contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Give a temporary folder and move its files into place when all went well.

    Parameters
    ----------
    folder : Path
        Where the files go in the end; files of the same names are replaced, others kept.

    Yields
    ------
    Path
        Write here. After an exception nothing remains of it.

    Raises
    ------
    BadInputError
        When the folder is a file, or the disk is full there.
    """
    if folder.exists() and not folder.is_dir():
        msg = f"`out` must be a folder; {folder} is a file."
        raise BadInputError(msg)
    place = folder.absolute()
    finish(place)
    # inside of a folder that exists: one that is a mount has nothing of its own beside it
    beside = place if place.is_dir() else place.parent
    beside.mkdir(parents=True, exist_ok=True)
    for near in {beside, place.parent}:
        swept_once(near)
    make = partial(_made, beside)
    with room_at(folder), unfinished(make) as temporary:
        yield temporary
        (temporary / NOTICE_NAME).write_text(NOTICE, encoding="utf-8")
        temporary.chmod(0o777 & ~umask())
        for path in [*temporary.rglob("*"), temporary]:
            synced(path)
        with settling:
            _settle(temporary, place)


def _made(beside: Path) -> Path:
    return Path(tempfile.mkdtemp(prefix=MAKING, dir=beside))


def _settle(temporary: Path, folder: Path) -> None:
    notice = temporary / NOTICE_NAME
    if not folder.exists():
        notice.unlink()
        with contextlib.suppress(OSError):  # another run may have been faster
            temporary.rename(folder)
        if not temporary.exists():
            synced(folder.parent)
            return
        notice.write_text(NOTICE, encoding="utf-8")
    with _one_at_a_time(folder):
        settled = folder / temporary.name.replace(PREFIX, SETTLING, 1)
        temporary.rename(settled)
        synced(folder)
        _move(settled, folder)


@contextlib.contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Keep two runs that end at the same time from mixing their files."""
    handle = None
    with contextlib.suppress(Taken):
        handle = hold(folder, wait=True)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


def _move(settled: Path, folder: Path) -> None:
    """Move files into the folder: the notice first, records last."""
    notice = settled / NOTICE_NAME
    if notice.exists():
        notice.replace(folder / NOTICE_NAME)
    files = [p for p in settled.rglob("*") if p.is_file() and p != notice]
    records = [p for p in files if p.parent == settled and p.suffix == ".json"]
    for path in records:
        (folder / path.name).unlink(missing_ok=True)
    synced(folder)
    for path in [*sorted(set(files) - set(records)), *sorted(records)]:
        place = folder / path.relative_to(settled)
        place.parent.mkdir(parents=True, exist_ok=True)
        path.replace(place)
    synced(folder)
    (folder / NOTICE_NAME).unlink(missing_ok=True)
    delete(settled)


def finish(folder: Path) -> None:
    """Move what a run that was cut off in moving has left in a folder.

    Parameters
    ----------
    folder : Path
        Need not exist.
    """
    for settled in sorted(folder.glob(f"{SETTLING}*")):
        try:
            handle = hold(settled)
        except Taken:  # by a run that is moving it now
            continue
        try:
            with settling, _one_at_a_time(folder):
                _move(settled, folder)
        finally:
            if handle is not None:
                os.close(handle)
