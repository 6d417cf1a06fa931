"""MATLAB's version 5 files, as far as poses and EMG need them: numbers, text, cells, structs.

Threat model: the file was sent by a stranger, and opening it must neither run anything nor take
the machine's memory or the interpreter with it. Every length is checked against what is there
before it is believed, compressed parts may grow to a fixed size only, nesting and the number of
elements are bounded, and nothing is executed: function handles, objects and Java are passed
over as None.

`scipy.io.loadmat` was tried behind a cap on the file's size and cannot be held to this: with
scipy 1.17.1, cells nested 200,000 deep in 9.6 MB end the interpreter by a segmentation fault,
which no caller can catch, and 1 MB of packed zeros takes 3.1 GB. Both are bounded only by
walking through the elements first, which is what this module does.
"""

import struct
import zlib
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from cortistim.errors import FileFormatError

HEADER = 128
MAGIC = b"MATLAB 5.0 MAT-file"
HDF5 = b"\x89HDF\r\n\x1a\n"
LARGEST = 32 * 2**20
MANY_ELEMENTS, MOST_ELEMENTS = 400_000, 1_000_000
"""Of packed and of plain files; a position of SimNIBS has 70, most of them empty."""
BYTES_PER_ELEMENT = 16  # of a plain file
MOST_AXES = 32  # what every numpy can hold
DEEPEST = 24
COMPRESSED, MATRIX = 15, 14
CELL, STRUCT, CHAR = 1, 2, 4
NUMBERS = range(6, 16)
DTYPES = {
    1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8",
    13: "u8", 16: "u1", 17: "u2", 18: "u4",
}  # fmt: skip

Element = tuple[int, memoryview]


def looks_like(data: bytes) -> bool:
    """Say whether a file is MATLAB's by its first bytes.

    Parameters
    ----------
    data : bytes
        The file's content, or its beginning.

    Returns
    -------
    bool
        True when it does.
    """
    return data.startswith((MAGIC, b"MATLAB 7.3", HDF5))


def variables(
    path: Path | str, data: bytes, *, largest: int = LARGEST, rows_of_text: bool = False
) -> dict[str, Any]:
    """Read the variables of a file.

    Parameters
    ----------
    path : Path or str
        Named in complaints.
    data : bytes
        The file's content.
    largest : int
        Bytes that its compressed parts may unfold to.
    rows_of_text : bool
        Whether text of several rows becomes a list of them; else one text, column by column.

    Returns
    -------
    dict
        Numbers as arrays in MATLAB's shape, text as str, cells as lists, structs as lists of
        dicts; None for what is none of these.

    Raises
    ------
    FileFormatError
        When it is no such file, is broken, or of version 7.3.
    """
    return _Reader(path, data, largest, rows_of_text=rows_of_text).variables()


class _Reader:
    """Walks through the elements of one file."""

    def __init__(
        self, path: Path | str, data: bytes, largest: int, *, rows_of_text: bool
    ) -> None:
        self.path = path
        self.data = data
        self.largest = self.left = largest
        self.rows_of_text = rows_of_text
        self.n_element = 0
        self.most = min(MOST_ELEMENTS, MANY_ELEMENTS + len(data) // BYTES_PER_ELEMENT)
        self.order = "<"
        self.pair = struct.Struct("<II")

    def fail(self, why: str) -> NoReturn:
        msg = f"{self.path}: {why}"
        raise FileFormatError(msg)

    def variables(self) -> dict[str, Any]:
        if not self.data.startswith(MAGIC) or len(self.data) < HEADER:
            self.fail("a .mat file must be of version 5 to 7. Save it with '-v7'.")
        self.order = ">" if self.data[126:128] == b"MI" else "<"
        self.pair = struct.Struct(self.order + "II")
        found: dict[str, Any] = {}
        for kind, body in self.elements(memoryview(self.data)[HEADER:]):
            inner = self.elements(self.inflated(body)) if kind == COMPRESSED else [(kind, body)]
            for own_kind, own_body in inner:
                if own_kind == MATRIX:
                    name, value = self.matrix(own_body, 0)
                    found[name] = value
        return found

    def inflated(self, body: memoryview) -> memoryview:
        unpacker = zlib.decompressobj()
        try:
            content = unpacker.decompress(bytes(body), self.left)
        except zlib.error as error:
            self.fail(f"a compressed part is damaged ({error}). Copy the file again.")
        self.left -= len(content)
        if unpacker.unconsumed_tail or self.left <= 0:
            self.fail(
                f"more than {self.largest >> 20} MB are packed into it; no such file does."
            )
        return memoryview(content)

    def elements(self, rest: memoryview) -> list[Element]:
        """Split into elements; a short one keeps its length in the upper half of its type."""
        found: list[Element] = []
        while len(rest) >= 8:
            kind, size = self.pair.unpack_from(rest)
            if kind >> 16:
                size, kind, start = kind >> 16, kind & 0xFFFF, 4
                end = 8
            else:
                start = 8
                end = 8 + size + (0 if kind == COMPRESSED else -size % 8)
            if size > len(rest) - start or (start == 4 and size > 4):
                self.fail("the .mat file is truncated or broken. Copy or download it again.")
            found.append((kind, rest[start : start + size]))
            self.n_element += 1
            if self.n_element > self.most:
                self.fail(f"it has more than {self.most} elements; no file of its size does.")
            rest = rest[end:]
        return found

    def matrix(self, body: memoryview, depth: int) -> tuple[str, Any]:
        if depth > DEEPEST:
            self.fail(f"the .mat file is nested more than {DEEPEST} deep.")
        parts = self.elements(body)
        if len(parts) < 3 or len(parts[0][1]) < 8:
            return "", None
        kind = struct.unpack(self.order + "I", parts[0][1][:4])[0] & 0xFF
        shape = tuple(int(n) for n in self.numbers(parts[1]))
        name = bytes(parts[2][1]).decode("latin-1")
        if any(n < 0 for n in shape) or len(shape) > MOST_AXES:
            self.fail(
                f"an array of the .mat file must have up to {MOST_AXES} sizes from 0; one has "
                f"{len(shape)}, the least {min(shape)}. Save the file again."
            )
        return name, self.content(kind, shape, parts[3:], depth)

    def content(
        self, kind: int, shape: tuple[int, ...], parts: list[Element], depth: int
    ) -> Any:  # noqa: ANN401
        if kind == CELL:
            return [self.matrix(b, depth + 1)[1] for k, b in parts if k == MATRIX]
        if kind == STRUCT:
            return self.struct(parts, depth)
        if kind == CHAR:
            return self.text(shape, parts)
        return self.array(shape, parts) if kind in NUMBERS else None

    def struct(self, parts: list[Element], depth: int) -> list[dict[str, Any]]:
        """Return the elements of a struct array; its values come element by element."""
        if len(parts) < 2:
            return []
        widths = self.numbers(parts[0])
        width = int(widths[0]) if len(widths) else 0
        packed = bytes(parts[1][1])
        if not 0 < width <= 256:
            self.fail("the names of a struct in the .mat file are broken.")
        cut = [packed[at : at + width] for at in range(0, len(packed), width)]
        names = [part.partition(b"\0")[0].decode("latin-1") for part in cut]
        values = [self.matrix(b, depth + 1)[1] for k, b in parts[2:] if k == MATRIX]
        step = len(names) or 1
        rows = [values[at : at + step] for at in range(0, len(values), step)]
        return [dict(zip(names, row, strict=False)) for row in rows]

    def text(self, shape: tuple[int, ...], parts: list[Element]) -> str | list[str]:
        codes = self.numbers(parts[0]) if parts else np.empty(0)
        if len(codes) > LARGEST // 8:
            self.fail("a text in the .mat file is too long.")
        several = len(shape) == 2 and shape[0] > 1 and shape[0] * shape[1] == len(codes)
        if self.rows_of_text and several:
            return [_letters(codes[row :: shape[0]]) for row in range(shape[0])]
        return _letters(codes)

    def array(self, shape: tuple[int, ...], parts: list[Element]) -> np.ndarray:
        values = self.numbers(parts[0]) if parts else np.empty(0)
        count = 1
        for n in shape:
            count *= n
        if count != len(values):
            self.fail("an array of the .mat file does not hold as much as it states.")
        return values.astype(float).reshape(shape, order="F")

    def numbers(self, element: Element) -> np.ndarray:
        kind, body = element
        dtype = np.dtype(self.order + DTYPES.get(kind, "u1"))
        if len(body) % dtype.itemsize:
            self.fail("an array of the .mat file is truncated. Copy or download it again.")
        return np.frombuffer(body, dtype) if len(body) else np.empty(0, dtype)


def _letters(codes: np.ndarray) -> str:
    return "".join(chr(int(code)) for code in codes if 0 < code < 0xD800)
