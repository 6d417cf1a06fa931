"""What the sections of a .msh file hold, as the file numbers it, whatever its version."""

import re
from collections import Counter

import numpy as np

from cortistim.io.cursor import Cursor
from cortistim.typing import FloatArray, IntArray

TRIANGLE, TET, VOLUME = 2, 4, 3  # types of elements; dimension of a physical group
NODES_OF_TYPE = {
    1: 2, 2: 3, 3: 4, 4: 4, 5: 8, 6: 6, 7: 5, 8: 3, 9: 6, 10: 9, 11: 10, 12: 27, 13: 18,
    14: 14, 15: 1, 16: 8, 17: 20, 18: 15, 19: 13, 20: 9, 21: 10, 22: 12, 23: 15, 24: 15,
    25: 21, 26: 4, 27: 5, 28: 6, 29: 20, 30: 35, 31: 56, 92: 64, 93: 125,
}  # fmt: skip
# elements of higher order name their corners first
CORNERS = {TRIANGLE: 3, TET: 4}
FIRST_ORDER: dict[int, int] = dict.fromkeys((2, 9, 20, 21, 22, 23, 24, 25), TRIANGLE)
FIRST_ORDER |= dict.fromkeys((4, 11, 29, 30, 31), TET)
OTHER_VOLUMES: dict[int, str] = dict.fromkeys((5, 12, 17, 92, 93), "hexahedra")
OTHER_VOLUMES |= dict.fromkeys((6, 13, 18), "prisms") | dict.fromkeys((7, 14, 19), "pyramids")
LARGEST_TAG = 65535
LONGEST_NAME = 80
NAME = re.compile(r'\s*([0-3])\s+(\d{1,9})\s+"(.*)"\s*')


class RawMsh:
    """What was read so far, with the file's own numbers."""

    def __init__(self) -> None:
        self.node_ids: IntArray = np.empty(0, np.int64)
        self.nodes_mm: FloatArray = np.empty((0, 3))
        self.blocks: dict[int, list[IntArray]] = {TRIANGLE: [], TET: []}
        self.node_data: dict[str, tuple[IntArray, FloatArray]] = {}
        self.element_data: dict[str, tuple[IntArray, FloatArray]] = {}
        self.names: dict[int, str] = {}  # of physical volumes
        self.physical_of: dict[tuple[int, int], list[int]] = {}  # by dimension and entity
        self.of_higher_order = 0
        self.other_volumes: Counter[str] = Counter()

    def elements(self, kind: int) -> IntArray:
        """Return rows of id, physical tag, elementary tag, corners.

        Parameters
        ----------
        kind : int
            gmsh's number of the type.

        Returns
        -------
        (n_element, 3 + n_corner) int array
            Empty where there are none.
        """
        empty = np.empty((0, 3 + CORNERS[kind]), np.int32)
        return np.concatenate([empty, *self.blocks[kind]])

    def keep(
        self,
        cursor: Cursor,
        kind: int,
        ids: IntArray,
        tags: tuple[IntArray, IntArray],
        nodes: IntArray,
    ) -> None:
        """Keep the corners of triangles and tetrahedra; count what else fills volume.

        Parameters
        ----------
        cursor : Cursor
            Complains about the file.
        kind : int
            gmsh's number of the type.
        ids : (n_element,) int array
            Of the elements.
        tags : (physical, elementary)
            Two arrays of (n_element,) ints.
        nodes : (n_element, n_node) int array
            Ids of their nodes.
        """
        if kind in OTHER_VOLUMES:
            self.other_volumes[OTHER_VOLUMES[kind]] += len(ids)
        if kind not in FIRST_ORDER or len(ids) == 0:
            return
        physical, elementary = tags
        if physical.min() < 0 or physical.max() > LARGEST_TAG:
            cursor.fail(
                f"tags must be 0 to {LARGEST_TAG}; got {int(physical.min())} to "
                f"{int(physical.max())}. Renumber the physical groups."
            )
        first = FIRST_ORDER[kind]
        self.of_higher_order += len(ids) if first == TET and kind != TET else 0
        rows = np.column_stack([ids, physical, elementary, nodes[:, : CORNERS[first]]])
        self.blocks[first].append(rows)


def nodes_of(cursor: Cursor, kind: int) -> int:
    """Return how many nodes an element of a type has.

    Parameters
    ----------
    cursor : Cursor
        Complains about the file.
    kind : int
        gmsh's number of the type.

    Returns
    -------
    int
        Corners and what lies between them.
    """
    if kind not in NODES_OF_TYPE:
        cursor.fail(
            f"elements must be of a type that gmsh lists (1 to 31, 92, 93); got {kind}. "
            "Keep tetrahedra only."
        )
    return NODES_OF_TYPE[kind]


def read_names(cursor: Cursor, raw: RawMsh) -> None:
    """Read what $PhysicalNames calls the volumes.

    Parameters
    ----------
    cursor : Cursor
        After the section's name.
    raw : RawMsh
        Gets the names.
    """
    text = cursor.until_end("PhysicalNames").decode("utf-8", errors="replace")
    for line in text.splitlines()[2 if text.startswith("\n") else 1 :]:
        found = NAME.fullmatch(line)
        if found and int(found[1]) == VOLUME:
            raw.names[int(found[2])] = found[3].strip()[:LONGEST_NAME]
        elif not found and line.strip():
            cursor.fail(
                '$PhysicalNames must have lines such as 3 2 "grey matter"; got '
                f"{line.strip()[:40]!r}. Save the file again."
            )


def rows_ascii(
    cursor: Cursor, count: int, columns: int, section: str
) -> tuple[IntArray, FloatArray]:
    """Read rows of an id and so many numbers.

    Parameters
    ----------
    cursor : Cursor
        After the count of rows.
    count : int
        How many rows.
    columns : int
        Numbers of a row besides its id.
    section : str
        Its name.

    Returns
    -------
    ids : (count,) int array
        First of each row.
    values : (count, columns) array
        The others.
    """
    values = cursor.numbers(cursor.until_end(section), np.float64)
    if len(values) != count * (columns + 1):
        cursor.fail(
            f"${section} states {count} rows of {columns + 1} numbers; "
            f"got {len(values)} numbers. Save the file again."
        )
    rows = values.reshape(count, columns + 1)
    if not (np.abs(rows[:, 0]) < 2**53).all():
        cursor.fail(f"ids in ${section} must be whole numbers; some are not.")
    return rows[:, 0].astype(np.int64), rows[:, 1:].copy()


def read_data(
    cursor: Cursor, section: str, order: str, *, ascii_file: bool
) -> tuple[str, IntArray, FloatArray]:
    """Read the values of nodes or elements: their name, ids and values.

    Parameters
    ----------
    cursor : Cursor
        After the section's name.
    section : str
        Its name.
    order : str
        Of the bytes, ``<`` or ``>``.
    ascii_file : bool
        Whether the file is text.

    Returns
    -------
    name : str
        Of the values.
    ids : (n,) int array
        Of nodes or elements.
    values : (n, n_component) array
        Theirs.
    """
    words = [cursor.line() for _ in range(cursor.count("string tags", 1))]
    _ = [cursor.line() for _ in range(cursor.count("real tags", 1))]
    integers = [cursor.line() for _ in range(cursor.count("integer tags", 1))]
    counts = [word for word in integers[1:3] if word.isascii() and word.isdigit()]
    if not words or len(counts) < 2 or max(map(len, counts)) > 18:
        shown = [word[:20] for word in integers[:4]]
        cursor.fail(f"${section} must have a name and 3 integer tags; got {shown}.")
    n_component, count = map(int, counts)
    if not 1 <= n_component <= 9:
        cursor.fail(f"${section} must have 1 to 9 components; got {n_component}.")
    if ascii_file:
        cursor.need(count, 2 * (n_component + 1), "values")
        ids, values = rows_ascii(cursor, count, n_component, section)
    else:
        record = np.dtype([("id", f"{order}i4"), ("value", f"{order}f8", (n_component,))])
        cursor.need(count, record.itemsize, "values")
        rows = cursor.take(record, count)
        cursor.end(section)
        ids, values = rows["id"].astype(np.int64), rows["value"].astype(np.float64)
    return words[0].strip('"'), ids, values[:, 0] if n_component == 1 else values
