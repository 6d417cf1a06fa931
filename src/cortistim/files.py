"""What is asked of a file before it is opened: that it is there and not too large."""

import re
from pathlib import Path

from cortistim.errors import BadInputError, FileFormatError, MissingFileError, quoted

_ENDING = re.compile(r"\.[a-z][a-z0-9]{1,4}(\.gz)?$", re.IGNORECASE)


def require_file(path: Path | str, remedy: str = "Check the path.") -> Path:
    """Refuse a file that is not there, in the words that all of them share.

    Parameters
    ----------
    path : Path or str
        As it was given.
    remedy : str, optional
        What to do.

    Returns
    -------
    Path
        The same.

    Raises
    ------
    MissingFileError
        When there is no such file.
    BadInputError
        When it is a folder, or its name is too long to ask for.
    """
    path = Path(path)
    try:
        folder, there = path.is_dir(), path.is_file()
    except OSError as error:  # a name may be too long to ask for
        msg = f"{quoted(str(path))}: the file cannot be read ({error.strerror or error})."
        raise BadInputError(msg) from error
    if folder:
        msg = f"this must be a file; {path} is a folder. Name a file in it."
        raise BadInputError(msg)
    if not there:
        raise MissingFileError(path, remedy)
    return path


def looks_like_file(text: str) -> bool:
    """Say whether someone who may give a name or a file gave a file.

    Parameters
    ----------
    text : str
        Such as ``magstim_d70``, ``coils/mine.ccd`` or ``0.1Hz``.

    Returns
    -------
    bool
        True for a path and for what ends like a file; there need not be one.
    """
    return "/" in text or "\\" in text or _ENDING.search(text) is not None


def require_size(path: Path, most: int) -> None:
    """Refuse a file before it is read that is larger than any of its kind.

    Parameters
    ----------
    path : Path
        A file.
    most : int
        Bytes.

    Raises
    ------
    FileFormatError
        When it is larger.
    """
    size = path.stat().st_size
    if size > most:
        msg = (
            f"{path}: a file of this kind may have at most {most / 2**20:.3g} MB; it has "
            f"{size / 2**20:.3g} MB. Check that it is the right one."
        )
        raise FileFormatError(msg)
