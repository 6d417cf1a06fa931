"""Files from strangers: bounded in size, parsed without executing or expanding anything.

Threat model: whoever sent the file wants the reader to run something, to take the machine's
memory, or to read other files. A file is at most 64 MB; XML is parsed by `defusedxml`, which
refuses entities and references, and no deeper than 100 elements; JSON by `cortistim.plain`.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder

import numpy as np

from cortistim.errors import BadInputError, FileFormatError
from cortistim.io.cursor import content_of
from cortistim.plain import plain_json
from cortistim.typing import FloatArray
from cortistim.units import v_from_uv

START = datetime(1970, 1, 1, tzinfo=UTC)
LARGEST_BYTES = 64 * 2**20
DEEPEST = 100


def bytes_of(path: Path | str) -> bytes:
    """Read a file of bounded size.

    Parameters
    ----------
    path : Path or str
        Any; gzipped files are refused, no navigator writes them.

    Returns
    -------
    bytes
        Its content.

    Raises
    ------
    BadInputError
        When there is no such file, or it cannot be read.
    FileFormatError
        When it is gzipped or larger than any navigator's file.
    """
    path = Path(path)
    if path.is_file():
        _require_plain(path)
    return content_of(path)


def _require_plain(path: Path) -> None:
    try:
        with path.open("rb") as file:
            gzipped = file.read(2) == b"\x1f\x8b"
        size = path.stat().st_size
    except OSError as error:
        msg = f"{path}: the file cannot be read ({error.strerror})."
        raise BadInputError(msg) from error
    if gzipped or size > LARGEST_BYTES:
        msg = (
            f"{path}: a file of poses must be plain and at most {LARGEST_BYTES >> 20} MB; it "
            f"has {size} bytes{' and is gzipped' if gzipped else ''}."
        )
        raise FileFormatError(msg)


def text_in(path: Path | str, data: bytes) -> str:
    """Decode text in UTF-8.

    Parameters
    ----------
    path : Path or str
        Named in complaints.
    data : bytes
        The file's content.

    Returns
    -------
    str
        Without a byte-order mark.

    Raises
    ------
    FileFormatError
        When it is no such text.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = (
            f"{path}: this must be text in UTF-8; byte {error.start} is not. Save it as UTF-8."
        )
        raise FileFormatError(msg) from error


def json_in(path: Path | str, data: bytes) -> Any:  # noqa: ANN401
    """Decode JSON.

    Parameters
    ----------
    path : Path or str
        Named in complaints.
    data : bytes
        The file's content.

    Returns
    -------
    any
        What it says.

    Raises
    ------
    FileFormatError
        When it is not JSON, or breaks a rule of `cortistim.plain`; NaN is allowed, because
        navigators write it where their camera saw nothing.
    """
    return plain_json(text_in(path, data), path, finite=False)


def xml_in(path: Path | str, data: bytes) -> Element:
    """Parse XML; entities, which could grow without bound or name other files, are refused.

    Parameters
    ----------
    path : Path or str
        Named in complaints.
    data : bytes
        The file's content, of bounded size.

    Returns
    -------
    Element
        The root; names are without their namespace.

    Raises
    ------
    FileFormatError
        When it is not XML, declares entities, refers to other files or is nested too deeply.
    """
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser, ParseError

    parser = DefusedXMLParser(target=_Shallow(path))
    try:
        parser.feed(data)
        return parser.close()
    except FileFormatError:
        raise
    except DefusedXmlException as error:
        msg = (
            f"{path}: the XML declares entities or refers to other files, which is refused. "
            "Export it again."
        )
        raise FileFormatError(msg) from error
    except (ParseError, LookupError, UnicodeError, ValueError) as error:
        msg = f"{path}: this is not well-formed XML ({error}). Export it again."
        raise FileFormatError(msg) from error


class _Shallow(TreeBuilder):
    """Builds a tree and stops at a depth that no navigator writes."""

    def __init__(self, path: Path | str) -> None:
        super().__init__()
        self.path = path
        self.depth = 0

    def start(self, tag: str, attributes: dict[str, str], /) -> Element:
        self.depth += 1
        if self.depth > DEEPEST:
            msg = f"{self.path}: the XML is nested more than {DEEPEST} deep. Export it again."
            raise FileFormatError(msg)
        return super().start(tag.rpartition("}")[2], attributes)

    def end(self, tag: str, /) -> Element:
        self.depth -= 1
        return super().end(tag.rpartition("}")[2])


def number(text: object) -> float:
    """Read a number; nan for anything else.

    Parameters
    ----------
    text : object
        Such as ``"1.5"``, ``1``, ``"(null)"`` or None.

    Returns
    -------
    float
        Finite or nan.
    """
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        return np.nan
    try:
        value = float(text)
    except (ValueError, OverflowError):
        return np.nan
    return value if np.isfinite(value) else np.nan


def seconds_of(stamp: object) -> float:
    """Read a moment such as ``2026-08-06T14:33:01``; nan for anything else.

    Parameters
    ----------
    stamp : object
        Text in ISO 8601, one hopes; without a zone it is taken as UTC.

    Returns
    -------
    float
        Seconds since 1970: only differences mean something.
    """
    try:
        moment = datetime.fromisoformat(stamp) if isinstance(stamp, str) else None
        if moment is None:
            return np.nan
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (aware - START).total_seconds()
    except (ValueError, OverflowError):
        return np.nan


def volts(values_uv: object) -> tuple[float, ...]:
    """Read amplitudes in microvolt, passing over everything that is no number.

    Parameters
    ----------
    values_uv : object
        A list of numbers or words, one hopes.

    Returns
    -------
    tuple of float
        In volt.
    """
    listed = values_uv if isinstance(values_uv, list) else []
    return tuple(v_from_uv(v) for v in map(number, listed) if np.isfinite(v))


def matrix_of(rows: object) -> FloatArray:
    """Read a 4x4 matrix from nested lists; all nan when they hold something else.

    Parameters
    ----------
    rows : object
        Such as four lists of four numbers.

    Returns
    -------
    (4, 4) array
        Finite or nan.
    """
    matrix = np.full((4, 4), np.nan)
    if isinstance(rows, list) and len(rows) == 4:
        for place, row in zip(matrix, rows, strict=True):
            if isinstance(row, list) and len(row) == 4:
                place[:] = [number(value) for value in row]
    return matrix


def dicts_in(items: object) -> Iterator[dict[str, Any]]:
    """Go through the objects of a JSON list, passing over everything else.

    Parameters
    ----------
    items : object
        A list, one hopes.

    Yields
    ------
    dict
        Its objects.
    """
    if isinstance(items, list):
        yield from (item for item in items if isinstance(item, dict))
