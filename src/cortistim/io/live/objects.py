"""A stream of JSON objects: cut into objects before any is parsed, bounded in size."""

import re
from collections.abc import Iterator
from typing import Any

from cortistim.errors import FileFormatError, quoted
from cortistim.plain import plain_json

LONGEST = 65_536  # bytes of one object; a packet of any navigator has some hundred
_MARKS = re.compile(rb'[{}\[\]"\\]')
_BETWEEN = b" \t\r\n\0"


class ObjectSplitter:
    """Cuts objects that follow one another without a separator.

    Parameters
    ----------
    peer : str
        Named in complaints.
    """

    def __init__(self, peer: str) -> None:
        self._peer = peer
        self._buffer = bytearray()
        self._seen = self._depth = 0
        self._quoted = self._escaped = False

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """Take bytes and go through the objects that they complete.

        Parameters
        ----------
        data : bytes
            As they came, cut anywhere.

        Yields
        ------
        dict
            In order; what came before a fault comes out before it raises.

        Raises
        ------
        FileFormatError
            When something else than an object stands between objects, an object is too long,
            or breaks a rule of `cortistim.plain`.
        """
        self._buffer += data
        while (text := self._next()) is not None:
            yield parsed(text, self._peer)
        if len(self._buffer) > LONGEST:
            raise too_long(self._peer)

    def _next(self) -> bytes | None:
        if self._depth == 0 and not self._begin():
            return None
        while (mark := _MARKS.search(self._buffer, self._seen)) is not None:
            adjoins = mark.start() == self._seen
            self._seen = mark.end()
            if self._step(mark[0], adjoins=adjoins):
                text = bytes(self._buffer[: self._seen])
                del self._buffer[: self._seen]
                self._seen = 0
                return text
        if len(self._buffer) > self._seen:  # something ordinary followed the backslash
            self._escaped = False
        self._seen = len(self._buffer)
        return None

    def _begin(self) -> bool:
        """Drop what may stand between objects; say whether one begins."""
        rest = self._buffer.lstrip(_BETWEEN)
        self._buffer[:] = rest
        if rest and rest[:1] != b"{":
            msg = (
                f"{self._peer} must send JSON objects one after the other; between them "
                f"stands {quoted(bytes(rest[:20]))}."
            )
            raise FileFormatError(msg)
        return bool(rest)

    def _step(self, mark: bytes, *, adjoins: bool) -> bool:
        """Go past a mark; say whether it ends the object."""
        if self._escaped and adjoins:
            self._escaped = False
            return False
        self._escaped = self._quoted and mark == b"\\"
        if mark == b'"':
            self._quoted = not self._quoted
        elif not self._quoted and mark in b"{[":
            self._depth += 1
        elif not self._quoted and mark in b"}]":
            self._depth -= 1
            return self._depth == 0
        return False


class EndedSplitter:
    """Cuts objects that end with a byte of their own.

    Parameters
    ----------
    peer : str
        Named in complaints.
    end : bytes
        One byte that occurs in no object.
    """

    def __init__(self, peer: str, end: bytes) -> None:
        self._peer, self._end = peer, end
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """Take bytes and go through the objects that they complete.

        Parameters
        ----------
        data : bytes
            As they came, cut anywhere.

        Yields
        ------
        dict
            In order; what came before a fault comes out before it raises.

        Raises
        ------
        FileFormatError
            When an object is too long or breaks a rule of `cortistim.plain`.
        """
        self._buffer += data
        *whole, rest = self._buffer.split(self._end)
        self._buffer = bytearray(rest)
        for text in whole:
            if text.strip():
                yield parsed(bytes(text), self._peer)
        if len(rest) > LONGEST:
            raise too_long(self._peer)


def too_long(peer: str) -> FileFormatError:
    """Return the complaint about an object that does not end."""
    msg = f"an object from {peer} may have {LONGEST} bytes; this one is longer."
    return FileFormatError(msg)


def parsed(text: bytes, peer: str) -> dict[str, Any]:
    """Parse one object.

    Parameters
    ----------
    text : bytes
        UTF-8.
    peer : str
        Named in complaints.

    Returns
    -------
    dict
        Numbers in it may be nan.

    Raises
    ------
    FileFormatError
        When it is something else.
    """
    if len(text) > LONGEST:
        raise too_long(peer)
    try:
        content = plain_json(text.decode("utf-8"), f"a message of {peer}", finite=False)
    except UnicodeDecodeError as error:
        msg = f"a message of {peer} must be UTF-8; byte {error.start} is not."
        raise FileFormatError(msg) from error
    if not isinstance(content, dict):
        msg = f"a message of {peer} must be a JSON object; got {quoted(content)}."
        raise FileFormatError(msg)
    return content
