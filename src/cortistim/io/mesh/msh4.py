"""Entities, nodes and elements of a .msh file of version 4.1.

Elements name the entity they belong to, and $Entities says which physical groups that is in.
"""

from typing import Protocol

import numpy as np

from cortistim.io.cursor import Cursor
from cortistim.io.mesh.msh_content import FIRST_ORDER, TET, RawMsh, nodes_of
from cortistim.typing import FloatArray, IntArray

WHOLE = 2**53  # beyond it, a number of 8 bytes is no exact whole number


class Numbers(Protocol):
    """The numbers of a section, one after the other."""

    def ints(self, count: int) -> IntArray:
        """Take integers of 4 bytes.

        Parameters
        ----------
        count : int
            How many.

        Returns
        -------
        (count,) int array
            In the order of the file.
        """
        ...

    def sizes(self, count: int) -> IntArray:
        """Take unsigned integers of 8 bytes.

        Parameters
        ----------
        count : int
            How many.

        Returns
        -------
        (count,) int array
            In the order of the file.
        """
        ...

    def doubles(self, count: int) -> FloatArray:
        """Take real numbers.

        Parameters
        ----------
        count : int
            How many.

        Returns
        -------
        (count,) array
            In the order of the file.
        """
        ...

    def end(self) -> None:
        """Step over the end of the section."""
        ...


class TextNumbers:
    """Numbers written as text.

    Parameters
    ----------
    cursor : Cursor
        Behind the section's name.
    name : str
        Of the section.
    """

    def __init__(self, cursor: Cursor, name: str) -> None:
        self.cursor, self.name, self.at = cursor, name, 0
        self.values = cursor.numbers(cursor.until_end(name), np.float64)

    def doubles(self, count: int) -> FloatArray:
        """Take real numbers.

        Parameters
        ----------
        count : int
            How many.

        Returns
        -------
        (count,) array
            In the order of the file.
        """
        left = len(self.values) - self.at
        if count > left:
            self.cursor.fail(
                f"${self.name} is truncated: {count} more numbers must follow, {left} do. "
                "Save the file again."
            )
        self.at += count
        return self.values[self.at - count : self.at]

    def ints(self, count: int) -> IntArray:
        """Take whole numbers.

        Parameters
        ----------
        count : int
            How many.

        Returns
        -------
        (count,) int array
            In the order of the file.
        """
        values = self.doubles(count)
        if not ((np.abs(values) < WHOLE) & (values == np.rint(values))).all():
            self.cursor.fail(f"counts and ids in ${self.name} must be whole; some are not.")
        return values.astype(np.int64)

    def sizes(self, count: int) -> IntArray:
        """Take whole numbers from 0.

        Parameters
        ----------
        count : int
            How many.

        Returns
        -------
        (count,) int array
            In the order of the file.
        """
        values = self.ints(count)
        if count and values.min() < 0:
            self.cursor.fail(f"counts and ids in ${self.name} must not be negative.")
        return values

    def end(self) -> None:
        """Refuse numbers that are left over."""
        if self.at < len(self.values):
            left = len(self.values) - self.at
            self.cursor.fail(f"${self.name} has {left} numbers too many. Save it again.")


class BinaryNumbers:
    """Numbers in binary.

    Parameters
    ----------
    cursor : Cursor
        Behind the section's name.
    name : str
        Of the section.
    order : str
        ``<`` or ``>``: byte order.
    """

    def __init__(self, cursor: Cursor, name: str, order: str) -> None:
        self.cursor, self.name, self.order = cursor, name, order

    def _take(self, kind: str, count: int) -> np.ndarray:
        record = np.dtype(self.order + kind)
        self.cursor.need(count, record.itemsize, f"numbers in ${self.name}")
        return self.cursor.take(record, count)

    def ints(self, count: int) -> IntArray:
        """Take integers of 4 bytes.

        Parameters
        ----------
        count : int
            How many.

        Returns
        -------
        (count,) int array
            In the order of the file.
        """
        return self._take("i4", count).astype(np.int64)

    def sizes(self, count: int) -> IntArray:
        """Take unsigned integers of 8 bytes.

        Parameters
        ----------
        count : int
            How many.

        Returns
        -------
        (count,) int array
            In the order of the file.
        """
        values = self._take("u8", count)
        if count and values.max() >= WHOLE:
            self.cursor.fail(
                f"a count or an id in ${self.name} is beyond 2^53. Copy or download it again."
            )
        return values.astype(np.int64)

    def doubles(self, count: int) -> FloatArray:
        """Take real numbers.

        Parameters
        ----------
        count : int
            How many.

        Returns
        -------
        (count,) array
            In the order of the file.
        """
        return self._take("f8", count).astype(np.float64)

    def end(self) -> None:
        """Step over the section's end mark."""
        self.cursor.end(self.name)


def numbers_of(cursor: Cursor, name: str, order: str, *, ascii_file: bool) -> Numbers:
    """Return the numbers of a section.

    Parameters
    ----------
    cursor : Cursor
        Behind the section's name.
    name : str
        Of the section.
    order : str
        ``<`` or ``>``: byte order of a binary file.
    ascii_file : bool
        Whether numbers are text.

    Returns
    -------
    Numbers
        To be taken one after the other.
    """
    return TextNumbers(cursor, name) if ascii_file else BinaryNumbers(cursor, name, order)


def read_entities(numbers: Numbers, raw: RawMsh) -> None:
    """Read which physical groups the entities are in.

    Parameters
    ----------
    numbers : Numbers
        Of $Entities.
    raw : RawMsh
        Gets the groups.

    Raises
    ------
    FileFormatError
        When the section breaks its format.
    """
    for dimension, count in enumerate(numbers.sizes(4)):
        for _ in range(count):
            (entity,) = numbers.ints(1)
            numbers.doubles(6 if dimension else 3)  # place or bounding box
            groups = numbers.ints(int(numbers.sizes(1)[0]))
            if dimension:
                numbers.ints(int(numbers.sizes(1)[0]))  # what bounds it
            # the sign of a group tells the direction only
            raw.physical_of[dimension, int(entity)] = np.abs(groups).tolist()
    numbers.end()


def read_nodes(numbers: Numbers, raw: RawMsh) -> None:
    """Read nodes.

    Parameters
    ----------
    numbers : Numbers
        Of $Nodes.
    raw : RawMsh
        Gets the nodes.

    Raises
    ------
    FileFormatError
        When the section breaks its format.
    """
    ids, places = [raw.node_ids], [raw.nodes_mm]
    for _ in range(int(numbers.sizes(4)[0])):
        dimension, _, parametric = numbers.ints(3).tolist()
        count = int(numbers.sizes(1)[0])
        ids.append(numbers.sizes(count))
        width = 3 + (min(max(dimension, 0), 3) if parametric else 0)
        places.append(numbers.doubles(count * width).reshape(count, width)[:, :3])
    raw.node_ids, raw.nodes_mm = np.concatenate(ids), np.concatenate(places)
    numbers.end()


def read_elements(cursor: Cursor, numbers: Numbers, raw: RawMsh) -> None:
    """Read elements.

    Parameters
    ----------
    cursor : Cursor
        Complains.
    numbers : Numbers
        Of $Elements.
    raw : RawMsh
        Knows the entities' groups; gets triangles and tetrahedra.

    Raises
    ------
    FileFormatError
        When the section breaks its format, or a volume is in several physical groups.
    """
    for _ in range(int(numbers.sizes(4)[0])):
        dimension, entity, kind = numbers.ints(3).tolist()
        count = int(numbers.sizes(1)[0])
        width = 1 + nodes_of(cursor, kind)
        rows = numbers.sizes(count * width).reshape(count, width)
        groups = raw.physical_of.get((dimension, entity), [])
        if len(groups) > 1 and FIRST_ORDER.get(kind) == TET:
            cursor.fail(
                f"a volume must be in one physical group, its tissue; volume {entity} is in "
                f"{groups[:8]}. Leave it in one."
            )
        tags = (np.full(count, groups[0] if groups else 0), np.full(count, entity))
        raw.keep(cursor, kind, rows[:, 0], tags, rows[:, 1:])
    numbers.end()
