"""Files gunzipped on the way whatever they are called, and never to more than was expected."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path

from cortistim.errors import BadInputError, FileFormatError
from cortistim.files import require_file

GZIP = b"\x1f\x8b"
LONGEST_SHOWN = 1000  # characters of a path


def size_of(path: Path) -> tuple[int, bool]:
    """Tell how much is stored and whether it is gzipped.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    n_byte : int
        As stored.
    gzipped : bool
        By its first bytes.

    Raises
    ------
    BadInputError
        When it cannot be read.
    """
    require_file(path)
    with _complaining(path):
        with path.open("rb") as file:
            gzipped = file.read(2) == GZIP
        return path.stat().st_size, gzipped


def bounded(path: Path, most: int) -> bytes:
    """Read a file whole, unless it unfolds to more than any real one does.

    Parameters
    ----------
    path : Path
        The file, gzipped or not.
    most : int
        Bytes that a gzipped one may hold; a plain one holds what it holds.

    Returns
    -------
    bytes
        Its content.

    Raises
    ------
    BadInputError
        When there is no such file, or it cannot be read.
    FileFormatError
        When the gzipped content is damaged or larger.
    """
    n_byte, gzipped = size_of(path)
    with opened(path) as stream:
        content = stream.read(most + 1 if gzipped else -1)
    if gzipped and len(content) > most:
        msg = f"{path}: gzipped {n_byte} bytes unfold to more than {most}. Unpack it first."
        raise FileFormatError(msg)
    return content


@contextmanager
def opened(path: Path) -> Iterator[BufferedIOBase]:
    """Open a file's content, gunzipped on the way whatever it is called.

    Parameters
    ----------
    path : Path
        The file; somebody has made sure that it is there.

    Yields
    ------
    file
        To be read from its beginning.

    Raises
    ------
    BadInputError
        When it cannot be read.
    FileFormatError
        When the gzipped content is damaged, on the way.
    """
    with _complaining(path), path.open("rb") as file:
        gzipped = file.read(2) == GZIP
        file.seek(0)
        if not gzipped:
            yield file
            return
        with gzip.GzipFile(fileobj=file) as stream:
            yield stream


@contextmanager
def _complaining(path: Path) -> Iterator[None]:
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        msg = (
            f"{path}: the gzipped file is truncated or damaged ({error}). Copy or download it "
            "again."
        )
        raise FileFormatError(msg) from error
    except OSError as error:
        shown = f"{str(path)[:200]}..." if len(str(path)) > LONGEST_SHOWN else str(path)
        msg = f"{shown}: the file cannot be read ({error.strerror or error})."
        raise BadInputError(msg) from error
