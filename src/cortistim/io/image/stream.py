"""Files of images read as far as they are needed.

A header is read from a file's first bytes, and the rest only when the header says how much
there must be. What a file states is believed up to what it can hold.
"""

import gzip
from io import BufferedIOBase
from pathlib import Path

from cortistim.errors import FileFormatError
from cortistim.files import require_file
from cortistim.io.gzipped import opened, size_of

MOST_DEFLATED = 1032
"""Bytes that one byte of a gzipped file can unfold to: the limit of the method."""
MOST_TRAILING = 2**24
"""Bytes that may follow the announced ones; they are only read for the checksum at the end."""
PIECE = 2**20


def most_held(path: Path) -> int:
    """Bound the content of a file by its size.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    int
        Bytes: its size, or the most that its size can unfold to.
    """
    n_byte, gzipped = size_of(path)
    return n_byte * MOST_DEFLATED if gzipped else n_byte


def beginning(path: Path, count: int) -> bytes:
    """Read the first bytes of a file's content.

    Parameters
    ----------
    path : Path
        The file, gzipped or not.
    count : int
        How many.

    Returns
    -------
    bytes
        As many, or fewer when there are no more.

    Raises
    ------
    BadInputError
        When there is no such file, or it cannot be read.
    FileFormatError
        When the gzipped content is damaged.
    """
    require_file(path)
    with opened(path) as stream:
        return stream.read(count)


def between(path: Path, start: int, count: int) -> bytearray:
    """Read a piece of a file's content, and check the checksum of a gzipped one.

    Parameters
    ----------
    path : Path
        The file, gzipped or not.
    start : int
        Of the first byte.
    count : int
        How many; the caller has made sure that there is room for them.

    Returns
    -------
    bytearray
        As many bytes, or fewer when there are no more.

    Raises
    ------
    BadInputError
        When there is no such file, or it cannot be read.
    FileFormatError
        When the gzipped content is damaged, or goes on and on.
    """
    require_file(path)
    content = bytearray(count)
    view, place = memoryview(content), 0
    with opened(path) as stream:
        _skip(stream, start)
        while place < count and (got := stream.readinto(view[place : place + PIECE])):
            place += got
        _drain(path, stream)
    view.release()
    del content[place:]
    return content


def _skip(stream: BufferedIOBase, count: int) -> None:
    while count > 0 and (got := len(stream.read(min(count, PIECE)))):
        count -= got


def _drain(path: Path, stream: BufferedIOBase) -> None:
    """Read what is left, since the checksum of a gzipped file comes last."""
    if not isinstance(stream, gzip.GzipFile):
        return
    left = MOST_TRAILING
    while left > 0 and (got := len(stream.read(PIECE))):
        left -= got
    if left <= 0:
        msg = (
            f"{path}: the gzipped file goes on for more than {MOST_TRAILING >> 20} MB after "
            "what its header states. Save it again."
        )
        raise FileFormatError(msg)
