"""The log of what is measured: a JSON line for each trial, on the disk before the next pulse.

The first line says how a threshold or a hot spot is looked for; a pulse that is taken back
stays in the log, with a line that says so. A line that a power cut left unfinished was never
answered, and is removed when the log is taken up again.
"""

import errno
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cortistim import cache
from cortistim.cache.writing import Taken, hold
from cortistim.errors import BadInputError, FileFormatError, MissingFileError
from cortistim.files import require_size
from cortistim.io.text import text_of
from cortistim.records.form import plain, read_record
from cortistim.records.threshold import ThresholdLogHeader, ThresholdTrial

LARGEST_BYTES = 2**22
TRIES = 100


@dataclass(frozen=True, slots=True)
class LogKind:
    """What a log is of.

    Parameters
    ----------
    header, trial : type
        Records of its first line, and of the others.
    noun : str
        Such as threshold.
    """

    header: type
    trial: type
    noun: str


THRESHOLD = LogKind(ThresholdLogHeader, ThresholdTrial, "threshold")


@dataclass(frozen=True, slots=True)
class LoggedTrials:
    """A log as it was read.

    Parameters
    ----------
    header : record or None
        How, as the kind of log has it; None when the log ends in its first line.
    trials : tuple of records
        Those that count, in their order.
    whole_bytes : int
        Length of the lines that are complete.
    unfinished : bool
        Whether there was a line that is not.
    """

    header: Any
    trials: tuple[Any, ...]
    whole_bytes: int
    unfinished: bool


def read_trial_log(path: Path | str, kind: LogKind = THRESHOLD) -> LoggedTrials:
    """Read a log.

    Parameters
    ----------
    path : Path or str
        As `TrialLog` writes it.
    kind : LogKind, optional
        What it is of.

    Returns
    -------
    LoggedTrials
        Without the trials that were taken back.

    Raises
    ------
    MissingFileError
        When there is no such file.
    FileFormatError
        When it is no log, or its pulses are out of order.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(path)
    require_size(path, LARGEST_BYTES)
    text = text_of(path)
    *lines, rest = text.split("\n")
    if not lines:
        return LoggedTrials(None, (), 0, unfinished=bool(rest))
    try:
        header = read_record(kind.header, lines[0])
        trials = _counting([read_record(kind.trial, line) for line in lines[1:]])
    except FileFormatError as error:
        msg = f"{path}: this is no log of a {kind.noun}: {error}"
        raise FileFormatError(msg) from error
    whole = len(text.encode()) - len(rest.encode())
    return LoggedTrials(header, tuple(trials), whole, unfinished=bool(rest))


def _counting(lines: Sequence[Any]) -> list[Any]:
    """Drop the trials that were taken back; the numbers must run without gaps."""
    kept: list[Any] = []
    for place, trial in enumerate(lines):
        expected = len(kept) + (0 if trial.undo else 1)
        if trial.pulse != expected or expected == 0:
            msg = f"line {place + 2} must be of pulse {expected}; it is of {trial.pulse}."
            raise FileFormatError(msg)
        kept = kept[:-1] if trial.undo else [*kept, trial]
    return kept


class TrialLog:
    """A log that is being written.

    Parameters
    ----------
    path : Path
        The file, which `begun` or `taken_up` has made ready.
    handle : int
        Open for appending.
    lock : int or None
        Held until the log is closed.
    """

    def __init__(self, path: Path, handle: int, lock: int | None) -> None:
        self.path = path
        self._handle, self._lock = handle, lock

    def add(self, record: object) -> None:
        """Append a line and bring it to the disk.

        Parameters
        ----------
        record : dataclass
            What the line says.

        Raises
        ------
        BadInputError
            When it cannot be written whole, which leaves nothing of it.
        """
        line = json.dumps(plain(record), ensure_ascii=False, allow_nan=False) + "\n"
        before = os.fstat(self._handle).st_size
        left = memoryview(line.encode())
        try:
            while left:
                left = left[os.write(self._handle, left) :]
            os.fsync(self._handle)
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self._handle, before)
            msg = (
                f"{self.path}: every trial must be on the disk before the next pulse, but this "
                f"one cannot be written ({error.strerror}). Free space there and resume."
            )
            raise BadInputError(msg) from error

    def close(self) -> None:
        """Close the file and unlock it."""
        os.close(self._handle)
        if self._lock is not None:
            os.close(self._lock)


def begun(path: Path | None, header: object, kind: LogKind = THRESHOLD) -> TrialLog:
    """Begin a log.

    Parameters
    ----------
    path : Path or None
        A file that must not exist; by default a fresh one among the user's data.
    header : dataclass
        The first line.
    kind : LogKind, optional
        What it is of.

    Returns
    -------
    TrialLog
        With that line.

    Raises
    ------
    BadInputError
        When the file exists, or cannot be made.
    """
    place, handle = _made(path) if path is not None else _fresh(kind.noun)
    log = TrialLog(place, handle, _locked(place))
    log.add(header)
    with suppress(OSError):
        cache.synced(place.parent)
    return log


def require_fresh(path: Path | None) -> None:
    """Refuse a record that exists, before any work.

    Parameters
    ----------
    path : Path or None
        As for `begun`.

    Raises
    ------
    BadInputError
        When the file exists.
    """
    if path is not None and path.exists():
        raise BadInputError(_exists(path))


def _exists(path: Path) -> str:
    return (
        f"{path}: this record exists, and nothing may be mixed into it. Go on with it "
        "(`resume`), or give another file."
    )


def _made(path: Path) -> tuple[Path, int]:
    try:
        return path, os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o666)
    except FileExistsError as error:
        raise BadInputError(_exists(path)) from error
    except OSError as error:
        msg = f"{path}: the record cannot be made ({error.strerror}). Choose another place."
        raise BadInputError(msg) from error


def _fresh(noun: str) -> tuple[Path, int]:
    """Make a file of a name that nobody has, in the folder that is not a cache's entry."""
    folder = cache.folder() / f"{noun}s"
    folder.mkdir(parents=True, exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    for k in range(TRIES):
        with suppress(FileExistsError):
            path = folder / f"{noun}-{stamp}-{os.getpid()}-{k}.jsonl"
            return path, os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o666)
    raise OSError(errno.EEXIST, os.strerror(errno.EEXIST), str(folder))


def taken_up(path: Path, kind: LogKind = THRESHOLD) -> tuple[TrialLog, LoggedTrials]:
    """Go on with a log.

    Parameters
    ----------
    path : Path
        An existing one.
    kind : LogKind, optional
        What it is of.

    Returns
    -------
    log : TrialLog
        At its end; an unfinished line is removed.
    found : LoggedTrials
        What it holds.

    Raises
    ------
    MissingFileError
        When there is no such file.
    FileFormatError
        When it is no log.
    BadInputError
        When another program writes it, or it cannot be written.
    """
    if not path.is_file():
        raise MissingFileError(path)
    lock = _locked(path)
    found = read_trial_log(path, kind)
    try:
        handle = os.open(path, os.O_RDWR | os.O_APPEND)
        if found.unfinished:
            os.ftruncate(handle, found.whole_bytes)
    except OSError as error:
        msg = f"{path}: the record cannot be written ({error.strerror}). Change its rights."
        raise BadInputError(msg) from error
    return TrialLog(path, handle, lock), found


def _locked(path: Path) -> int | None:
    try:
        return hold(path)
    except Taken as error:
        msg = f"{path}: another program is writing this record. End it first."
        raise BadInputError(msg) from error
