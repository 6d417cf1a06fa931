"""A place in a file's bytes, and the only one who complains about them."""

import warnings
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import DTypeLike, NDArray

from cortistim.errors import FileFormatError
from cortistim.io.gzipped import bounded, size_of

LARGEST_HEADER_LINE = 4096
SMALL_BYTES = 2**28  # a file may unfold to as much, however small it is; assumed
MOST_UNFOLDED = 64  # and to so many times its size; meshes as text unfold to ten; assumed


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
        When the gzipped content is damaged, or larger than that of any real file.
    """
    return bounded(path, max(SMALL_BYTES, MOST_UNFOLDED * size_of(path)[0]))


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
            The rule and the remedy.
        """
        msg = f"{self.path}: {why}"
        raise FileFormatError(msg)

    def line(self) -> str:
        """Take one line of text.

        Returns
        -------
        str
            Without blanks around it.
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
            Is counted.
        bytes_each : int
            The least that one takes.

        Returns
        -------
        int
            Not negative.
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
            How many the file states.
        bytes_each : int
            The least that one takes.
        what : str
            Is counted.
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
            Of a record.
        count : int
            How many.

        Returns
        -------
        (count,) array
            A view of the file's content.
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
            Up to its end mark, which is stepped over.
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
            Of a section of text.
        dtype : dtype
            Of the numbers.

        Returns
        -------
        array
            All numbers in one row.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                return np.fromstring(body.strip(), dtype, sep=" ")
            except (ValueError, OverflowError, DeprecationWarning):
                self.fail("a section of numbers holds something else. Save the file again.")
