"""A place in a file's bytes, and the only one who complains about them."""

import gzip
import warnings
import zlib
from io import BytesIO
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import DTypeLike, NDArray

from cortistim.errors import BadInputError, FileFormatError
from cortistim.files import require_file

LARGEST_HEADER_LINE = 4096
SMALL_BYTES = 2**28
MOST_UNFOLDED = 64


def content_of(path: Path) -> bytes:
    """Read a file whole, gunzipped when it is gzipped.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    bytes
        Its content.

    Raises
    ------
    BadInputError
        When there is no such file, or it cannot be read.
    FileFormatError
        When the gzipped content is damaged.
    """
    require_file(path)
    try:
        data = path.read_bytes()
        return _gunzipped(path, data) if data[:2] == b"\x1f\x8b" else data
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        msg = (
            f"{path}: the gzipped file is truncated or damaged ({error}). Copy or download it "
            "again."
        )
        raise FileFormatError(msg) from error
    except OSError as error:
        msg = f"{path}: the file cannot be read ({error.strerror})."
        raise BadInputError(msg) from error


def _gunzipped(path: Path, data: bytes) -> bytes:
    """Gunzip in pieces, stopped when a small file unfolds to more than any real one does."""
    most = max(SMALL_BYTES, MOST_UNFOLDED * len(data))
    with gzip.GzipFile(fileobj=BytesIO(data)) as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        msg = f"{path}: gzipped {len(data)} bytes unfold to more than {most}. Unpack it first."
        raise FileFormatError(msg)
    return content


class Cursor:
    """A place in the bytes of a file made of $Name ... $EndName sections.

    Parameters
    ----------
    path : Path
        Named in complaints.
    data : bytes
        The file's content.
    """

    def __init__(self, path: Path, data: bytes) -> None:
        self.path = path
        self.data = data
        self.at = 0

    def fail(self, why: str) -> NoReturn:
        """Complain about the file.

        Parameters
        ----------
        why : str
            The rule that the file breaks.
        """
        msg = f"{self.path}: {why}"
        raise FileFormatError(msg)

    def line(self) -> str:
        """Take one line of text.

        Returns
        -------
        str
            Without the line's end.
        """
        end = self.data.find(b"\n", self.at, self.at + LARGEST_HEADER_LINE)
        if end < 0:
            self.fail(
                f"the file is truncated or broken at byte {self.at}. Copy or download it again."
            )
        text = self.data[self.at : end].decode("utf-8", errors="replace").strip()
        self.at = end + 1
        return text

    def count(self, what: str, bytes_each: int) -> int:
        """Take a line with a count, refused when the rest of the file cannot hold as many.

        Parameters
        ----------
        what : str
            Is counted, for complaints.
        bytes_each : int
            The least that one can take.

        Returns
        -------
        int
            0 or more.
        """
        text = self.line()
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            self.fail(f"the number of {what} must be a whole number; got {text[:40]!r}.")
        self.need(int(text), bytes_each, what)
        return int(text)

    def need(self, count: int, bytes_each: int, what: str) -> None:
        """Refuse a count that the rest of the file cannot hold.

        Parameters
        ----------
        count : int
            That the file states.
        bytes_each : int
            The least that one can take.
        what : str
            Is counted, for complaints.
        """
        left = len(self.data) - self.at
        if count < 0 or count * bytes_each > left:
            self.fail(
                f"the file is truncated: it states {count} {what} of at least {bytes_each} "
                f"bytes, but only {left} bytes follow. Copy or save it again."
            )

    def take(self, dtype: DTypeLike, count: int) -> NDArray:
        """Take binary records whose room was checked.

        Parameters
        ----------
        dtype : dtype
            Of one record.
        count : int
            How many.

        Returns
        -------
        (count,) array
            As in the file.
        """
        records = np.frombuffer(self.data, dtype, count, self.at)
        self.at += records.nbytes
        return records

    def skip_blanks(self) -> None:
        """Step over line ends and spaces."""
        while self.at < len(self.data) and self.data[self.at] in b" \t\r\n":
            self.at += 1

    def next_section(self) -> str:
        """Take the name of the next section; an empty string at the end of the file.

        Returns
        -------
        str
            Without its ``$``.
        """
        self.skip_blanks()
        if self.at == len(self.data):
            return ""
        if self.data[self.at : self.at + 1] != b"$":
            self.fail(f"a section must begin with $; byte {self.at} does not. Save it again.")
        return self.line()[1:]

    def until_end(self, name: str) -> bytes:
        """Take everything up to the end of a section.

        Parameters
        ----------
        name : str
            Of the section.

        Returns
        -------
        bytes
            As in the file.
        """
        mark = f"$End{name}".encode()
        end = self.data.find(mark, self.at)
        if end < 0:
            self.fail(
                f"the file is truncated: ${name} has no $End{name}. Copy or download it again."
            )
        body = self.data[self.at : end]
        self.at = end + len(mark)
        return body

    def end(self, name: str) -> None:
        """Step over the end mark of a binary section, on a new line or not.

        Parameters
        ----------
        name : str
            Of the section.
        """
        self.skip_blanks()
        mark = f"$End{name}".encode()
        if not self.data.startswith(mark, self.at):
            self.fail(f"$End{name} must follow at byte {self.at}; it does not. Save it again.")
        self.at += len(mark)

    def numbers(self, body: bytes, dtype: DTypeLike) -> NDArray:
        """Parse whitespace-separated numbers.

        Parameters
        ----------
        body : bytes
            Text.
        dtype : dtype
            Of the numbers.

        Returns
        -------
        (n,) array
            In the order of the text.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                return np.fromstring(body.strip(), dtype, sep=" ")
            except (ValueError, OverflowError, DeprecationWarning):
                self.fail("a section of numbers holds something else. Save the file again.")
