"""What a GIFTI file states, checked before its arrays are unpacked.

The arrays of a GIFTI file are packed inside XML, so a few megabytes can announce, or unfold
to, gigabytes. Here the XML is walked through once without unpacking more than is announced.
"""

import binascii
import math
import zlib
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

from cortistim.errors import FileFormatError, quoted

ROOM_BYTES = 2**26
"""Unpacked arrays that any file may hold: a surface of more than a million vertices."""
ROOM_PER_BYTE = 32
"""Beyond that, bytes per byte of the file; real surfaces unfold to three times their size."""
DEEPEST = 32
BYTES_OF = {
    "NIFTI_TYPE_UINT8": 1, "NIFTI_TYPE_INT8": 1, "NIFTI_TYPE_INT16": 2, "NIFTI_TYPE_UINT16": 2,
    "NIFTI_TYPE_INT32": 4, "NIFTI_TYPE_UINT32": 4, "NIFTI_TYPE_FLOAT32": 4,
    "NIFTI_TYPE_INT64": 8, "NIFTI_TYPE_UINT64": 8, "NIFTI_TYPE_FLOAT64": 8,
}  # fmt: skip
TEXT, PLAIN, PACKED = "ASCII", "Base64Binary", "GZipBase64Binary"


def require_modest(path: Path, content: bytes) -> None:
    """Refuse a GIFTI file that states or unfolds to more than any real one does.

    Parameters
    ----------
    path : Path
        Named in complaints.
    content : bytes
        The file's XML.

    Raises
    ------
    FileFormatError
        When arrays are larger than they can be, hold another amount than they announce, or are
        of a kind that surfaces do not have; when entities are declared, or it is not XML.
    """
    try:
        _Walk(path, len(content)).through(content)
    except (expat.ExpatError, LookupError, UnicodeError) as error:
        msg = f"{path}: this is not a complete GIFTI file ({error}). Copy or download it again."
        raise FileFormatError(msg) from error


class _Walk:
    """Goes through the XML and keeps the text of one array at a time."""

    def __init__(self, path: Path, n_byte: int) -> None:
        self.path = path
        self.left = max(ROOM_BYTES, ROOM_PER_BYTE * n_byte)
        self.depth = 0
        self.encoding, self.wanted = "", 0
        self.text: list[str] | None = None

    def through(self, content: bytes) -> None:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.data
        parser.EntityDeclHandler = self.refuse
        parser.Parse(content, True)  # noqa: FBT003

    def fail(self, why: str) -> NoReturn:
        msg = f"{self.path}: {why}. Save the GIFTI file again."
        raise FileFormatError(msg)

    def refuse(self, *_declaration: object) -> NoReturn:
        self.fail("a GIFTI file must declare no entities; this one does")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            self.fail(f"the XML is nested more than {DEEPEST} deep")
        if tag == "DataArray":
            self.announced(attributes)
        elif tag == "Data":
            self.text = []

    def data(self, text: str) -> None:
        if self.text is not None:
            self.text.append(text)

    def end(self, tag: str) -> None:
        self.depth -= 1
        if tag == "Data" and self.text is not None:
            self.measured("".join(self.text))
            self.text = None

    def announced(self, attributes: dict[str, str]) -> None:
        """Check one array's type and size, and take its room."""
        self.encoding = attributes.get("Encoding", "")
        if self.encoding not in (TEXT, PLAIN, PACKED):
            known = f"{TEXT}, {PLAIN} or {PACKED}"
            self.fail(f"arrays must be {known}; one is {quoted(self.encoding)}")
        size = BYTES_OF.get(attributes.get("DataType", ""))
        if size is None:
            kind = attributes.get("DataType", "")
            self.fail(f"arrays must hold numbers; one is of the type {quoted(kind)}")
        count = attributes.get("Dimensionality", "")
        if count.strip() not in ("1", "2"):
            self.fail(f"arrays must have one or two dimensions; one has {quoted(count)}")
        dims = [attributes.get(f"Dim{axis}", "") for axis in range(int(count))]
        if not all(dim.isascii() and dim.isdigit() and len(dim) < 12 for dim in dims):
            self.fail(f"the sizes of an array must be whole numbers; they are {quoted(dims)}")
        self.wanted = size * math.prod(int(dim) for dim in dims)
        self.left -= self.wanted
        if self.left < 0:
            self.fail(f"arrays announce more than a file of this size holds ({quoted(dims)})")

    def measured(self, text: str) -> None:
        """Compare one array's content with what it states."""
        if self.encoding == TEXT:
            return  # as many numbers as the text has room for
        try:
            content = binascii.a2b_base64(text)
            if self.encoding == PACKED:
                content = zlib.decompressobj().decompress(content, self.wanted + 1)
        except (ValueError, zlib.error) as error:
            self.fail(f"the packed numbers of an array are damaged ({error})")
        if len(content) != self.wanted:
            held = f"holds {len(content)} or more"
            self.fail(f"an array states {self.wanted} bytes and {held}")
