"""Nodes and elements of a .msh file of version 2.2."""

import numpy as np

from cortistim.io.cursor import Cursor
from cortistim.io.mesh.msh_content import RawMsh, nodes_of, rows_ascii
from cortistim.typing import IntArray

MOST_TAGS = 64


def read_nodes(cursor: Cursor, raw: RawMsh, order: str, *, ascii_file: bool) -> None:
    """Read $Nodes.

    Parameters
    ----------
    cursor : Cursor
        Behind the section's name.
    raw : RawMsh
        Gets the nodes.
    order : str
        ``<`` or ``>``: byte order of a binary file.
    ascii_file : bool
        Whether numbers are text.

    Raises
    ------
    FileFormatError
        When the section breaks its format.
    """
    if ascii_file:
        count = cursor.count("nodes", 8)
        raw.node_ids, raw.nodes_mm = rows_ascii(cursor, count, 3, "Nodes")
        return
    count = cursor.count("nodes", 28)
    nodes = cursor.take(np.dtype([("id", f"{order}i4"), ("xyz", f"{order}f8", 3)]), count)
    cursor.end("Nodes")
    raw.node_ids = nodes["id"].astype(np.int64)
    raw.nodes_mm = nodes["xyz"].astype(np.float64)


def read_elements(cursor: Cursor, raw: RawMsh, order: str, *, ascii_file: bool) -> None:
    """Read $Elements.

    Parameters
    ----------
    cursor : Cursor
        Behind the section's name.
    raw : RawMsh
        Gets triangles and tetrahedra.
    order : str
        ``<`` or ``>``: byte order of a binary file.
    ascii_file : bool
        Whether numbers are text.

    Raises
    ------
    FileFormatError
        When the section breaks its format.
    """
    count = cursor.count("elements", 8)
    if ascii_file:
        flat = cursor.numbers(cursor.until_end("Elements"), np.int64)
        _ascii_elements(cursor, raw, flat, count)
        return
    while count > 0:
        count -= _binary_block(cursor, raw, order, count)
    cursor.end("Elements")


def _binary_block(cursor: Cursor, raw: RawMsh, order: str, left: int) -> int:
    """Read one block, or a run of equal blocks of one element, and return its size."""
    integer = np.dtype(f"{order}i4")
    cursor.need(3, 4, "integers of a block of elements")
    kind, count, n_tag = (int(value) for value in cursor.take(integer, 3))
    width = _width(cursor, kind, n_tag)
    if not 0 < count <= left:
        cursor.fail(f"a block of elements must hold 1 to {left} of them; got {count}.")
    if count == 1:
        cursor.at -= 12
        rest = min(left, (len(cursor.data) - cursor.at) // (4 * (width + 3)))
        flat = np.frombuffer(cursor.data, integer, rest * (width + 3), cursor.at)
        rows = _run(flat, width + 3, slice(0, 3))[:, 3:]
        cursor.need(max(len(rows), 1), 4 * (width + 3), "elements")
        cursor.at += 4 * len(rows) * (width + 3)
    else:
        cursor.need(count, 4 * width, "elements")
        rows = cursor.take(integer, count * width).reshape(count, width)
    _keep(cursor, raw, kind, n_tag, rows)
    return len(rows)


def _ascii_elements(cursor: Cursor, raw: RawMsh, flat: IntArray, count: int) -> None:
    at, found = 0, 0
    while at < len(flat):
        if at + 3 > len(flat):
            cursor.fail("the last element is truncated. Save the file again.")
        kind, n_tag = int(flat[at + 1]), int(flat[at + 2])
        width = _width(cursor, kind, n_tag) + 2
        rows = _run(flat[at:], width, slice(1, 3))
        if len(rows) == 0:
            cursor.fail("the last element is truncated. Save the file again.")
        _keep(cursor, raw, kind, n_tag, np.delete(rows, (1, 2), axis=1))
        at += rows.size
        found += len(rows)
    if found != count:
        cursor.fail(f"$Elements states {count} elements; got {found}. Save the file again.")


def _width(cursor: Cursor, kind: int, n_tag: int) -> int:
    """Return how many integers an element takes: id, tags, nodes."""
    if not 0 <= n_tag <= MOST_TAGS:
        cursor.fail(
            f"an element must have 0 to {MOST_TAGS} tags; got {n_tag}. Save the file again."
        )
    return 1 + n_tag + nodes_of(cursor, kind)


def _run(flat: IntArray, width: int, head: slice) -> IntArray:
    """Return the leading rows whose head equals the first one's, in doubling steps."""
    limit, size = len(flat) // width, 16
    while True:
        rows = flat[: min(size, limit) * width].reshape(-1, width)
        same = (rows[:, head] == rows[:1, head]).all(axis=1)
        if not same.all():
            return rows[: int(np.argmin(same))]
        if size >= limit:
            return rows
        size *= 2


def _keep(cursor: Cursor, raw: RawMsh, kind: int, n_tag: int, rows: IntArray) -> None:
    """Hand rows of id, tags and nodes on; the first tag is physical, the second elementary."""
    none = np.zeros(len(rows), np.int64)
    tags = (rows[:, 1] if n_tag else none, rows[:, 2] if n_tag > 1 else none)
    raw.keep(cursor, kind, rows[:, 0], tags, rows[:, 1 + n_tag :])
