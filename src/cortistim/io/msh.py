"""Gmsh .msh files of version 2.2, binary and ASCII, plain or gzipped: head meshes and results.

Lengths in the file are millimetres. What SimNIBS writes is read as it is; what gmsh itself
writes (one block per element, other element types, gaps in the numbering) as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cortistim.cache import atomic_path
from cortistim.errors import BadInputError, FileFormatError
from cortistim.geometry import frozen
from cortistim.head.mesh import TetMesh
from cortistim.io.cursor import Cursor, content_of
from cortistim.typing import FloatArray, IntArray
from cortistim.units import m_from_mm, mm_from_m

TRIANGLE, TET = 2, 4
NODES_OF_TYPE = {
    1: 2, 2: 3, 3: 4, 4: 4, 5: 8, 6: 6, 7: 5, 8: 3, 9: 6, 10: 9, 11: 10, 12: 27, 13: 18,
    14: 14, 15: 1, 16: 8, 17: 20, 18: 15, 19: 13,
}  # fmt: skip
LARGEST_TAG = 65535


@dataclass(frozen=True, eq=False)
class MshFile:
    """What a .msh file holds, renumbered from 0 and in metres.

    Parameters
    ----------
    nodes_m : (n_node, 3) array [m]
        Node positions.
    tets : (n_tet, 4) int array
        Node indices.
    tet_tags : (n_tet,) int array
        Physical tag: the tissue.
    triangles : (n_triangle, 3) int array
        Node indices.
    triangle_tags : (n_triangle,) int array
        Physical tag: 1000 + tissue in SimNIBS files.
    node_data : mapping of str to (n_node,) or (n_node, n_component) array
        In the file's units; NaN where the file gives no value.
    tet_data : mapping of str to (n_tet,) or (n_tet, n_component) array
        Likewise.
    triangle_data : mapping of str to (n_triangle,) or (n_triangle, n_component) array
        Likewise.
    """

    nodes_m: FloatArray
    tets: IntArray
    tet_tags: IntArray
    triangles: IntArray
    triangle_tags: IntArray
    node_data: Mapping[str, FloatArray] = field(default_factory=dict)
    tet_data: Mapping[str, FloatArray] = field(default_factory=dict)
    triangle_data: Mapping[str, FloatArray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        object.__setattr__(self, "nodes_m", frozen(self.nodes_m, np.float64))
        for name in ("tets", "tet_tags", "triangles", "triangle_tags"):
            object.__setattr__(self, name, frozen(getattr(self, name), np.int32))

    @property
    def mesh(self) -> TetMesh:
        """The tetrahedra alone.

        Raises
        ------
        MeshError
            When the file has none.
        """
        return TetMesh(self.nodes_m, self.tets, self.tet_tags)


def read_mesh(path: Path | str) -> TetMesh:
    """Read the tetrahedra of a .msh file.

    Parameters
    ----------
    path : Path or str
        A .msh or .msh.gz file.

    Returns
    -------
    TetMesh
        In metres. Whether a field can be trusted on it is not checked here.

    Raises
    ------
    BadInputError
        When the file is missing or breaks its format, or holds no tetrahedra.
    """
    content = read_msh(path)
    if len(content.tets) == 0:
        msg = (
            f"{path}: a head mesh must have tetrahedra; got none, but "
            f"{len(content.triangles)} triangles. Mesh the volume first."
        )
        raise FileFormatError(msg)
    return content.mesh


def read_msh(path: Path | str) -> MshFile:
    """Read nodes, triangles, tetrahedra and data of a .msh file.

    Parameters
    ----------
    path : Path or str
        A .msh or .msh.gz file of version 2.x.

    Returns
    -------
    MshFile
        In metres, numbered from 0. Elements of other types are skipped.

    Raises
    ------
    BadInputError
        When the file is missing.
    FileFormatError
        When it breaks its format.
    """
    path = Path(path)
    cursor = Cursor(path, content_of(path))
    ascii_file, order = _read_format(cursor)
    raw = _Raw()
    while name := cursor.next_section():
        if name == "Nodes":
            read = _nodes_ascii if ascii_file else _nodes_binary
            raw.node_ids, raw.nodes_mm = read(cursor, order)
        elif name == "Elements":
            _read_elements(cursor, raw, order, ascii_file=ascii_file)
        elif name in ("NodeData", "ElementData"):
            title, ids, values = _read_data(cursor, name, order, ascii_file=ascii_file)
            (raw.node_data if name == "NodeData" else raw.element_data)[title] = (ids, values)
        else:
            cursor.until_end(name)
    return _assemble(cursor, raw)


class _Raw:
    """What was read so far, with the file's own numbers."""

    def __init__(self) -> None:
        self.node_ids: IntArray = np.empty(0, np.int64)
        self.nodes_mm: FloatArray = np.empty((0, 3))
        self.blocks: dict[int, list[IntArray]] = {TRIANGLE: [], TET: []}
        self.node_data: dict[str, tuple[IntArray, FloatArray]] = {}
        self.element_data: dict[str, tuple[IntArray, FloatArray]] = {}

    def elements(self, kind: int) -> IntArray:
        """Return rows of id, physical tag, nodes."""
        empty = np.empty((0, 2 + NODES_OF_TYPE[kind]), np.int32)
        return np.concatenate([empty, *self.blocks[kind]])


def _read_format(cursor: Cursor) -> tuple[bool, str]:
    if not cursor.data.startswith(b"$MeshFormat"):
        cursor.fail("this is not a gmsh .msh file: it must begin with $MeshFormat.")
    cursor.line()
    words = cursor.line().split()
    if len(words) != 3 or words[1] not in ("0", "1"):
        cursor.fail(f"the line after $MeshFormat must read like 2.2 1 8; got {words[:4]}.")
    version, kind, size = words
    if version.split(".")[0] != "2":
        cursor.fail(
            f"the mesh must be of format 2.2; got {version[:12]}. "
            "Save it as 2.2: gmsh -save -format msh22 -o new.msh old.msh"
        )
    if kind == "0":
        cursor.until_end("MeshFormat")
        return True, "<"
    if size != "8":
        cursor.fail(f"numbers must be of 8 bytes; got {size[:12]}. Save it as doubles.")
    cursor.need(1, 4, "byte order probe")
    probe = bytes(cursor.take(np.uint8, 4))
    orders = {(1).to_bytes(4, "little"): "<", (1).to_bytes(4, "big"): ">"}
    if probe not in orders:
        cursor.fail(f"the byte order probe must be the integer 1; got {probe.hex()}.")
    cursor.end("MeshFormat")
    return False, orders[probe]


def _nodes_binary(cursor: Cursor, order: str) -> tuple[IntArray, FloatArray]:
    count = cursor.count("nodes", 28)
    record = np.dtype([("id", f"{order}i4"), ("xyz", f"{order}f8", 3)])
    nodes = cursor.take(record, count)
    cursor.end("Nodes")
    return nodes["id"].astype(np.int64), nodes["xyz"].astype(np.float64)


def _nodes_ascii(cursor: Cursor, _order: str) -> tuple[IntArray, FloatArray]:
    return _rows_ascii(cursor, cursor.count("nodes", 8), 3, "Nodes")


def _rows_ascii(
    cursor: Cursor, count: int, columns: int, section: str
) -> tuple[IntArray, FloatArray]:
    """Read rows of an id and so many numbers."""
    values = cursor.numbers(cursor.until_end(section), np.float64)
    if len(values) != count * (columns + 1):
        cursor.fail(
            f"${section} announces {count} rows of {columns + 1} numbers; "
            f"got {len(values)} numbers. Save the file again."
        )
    rows = values.reshape(count, columns + 1)
    if not (np.abs(rows[:, 0]) < 2**53).all():
        cursor.fail(f"ids in ${section} must be whole numbers; some are not.")
    return rows[:, 0].astype(np.int64), rows[:, 1:].copy()


def _read_elements(cursor: Cursor, raw: _Raw, order: str, *, ascii_file: bool) -> None:
    count = cursor.count("elements", 8)
    if ascii_file:
        flat = cursor.numbers(cursor.until_end("Elements"), np.int64)
        _ascii_elements(cursor, raw, flat, count)
        return
    while count > 0:
        count -= _binary_block(cursor, raw, order, count)
    cursor.end("Elements")


def _binary_block(cursor: Cursor, raw: _Raw, order: str, left: int) -> int:
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


def _ascii_elements(cursor: Cursor, raw: _Raw, flat: IntArray, count: int) -> None:
    at, found = 0, 0
    while at < len(flat):
        if at + 3 > len(flat):
            cursor.fail("the last element is cut short. Save the file again.")
        kind, n_tag = int(flat[at + 1]), int(flat[at + 2])
        width = _width(cursor, kind, n_tag) + 2
        rows = _run(flat[at:], width, slice(1, 3))
        if len(rows) == 0:
            cursor.fail("the last element is cut short. Save the file again.")
        _keep(cursor, raw, kind, n_tag, np.delete(rows, (1, 2), axis=1))
        at += rows.size
        found += len(rows)
    if found != count:
        cursor.fail(f"$Elements announces {count} elements; got {found}. Save the file again.")


def _width(cursor: Cursor, kind: int, n_tag: int) -> int:
    """Return how many integers an element takes: id, tags, nodes."""
    if kind not in NODES_OF_TYPE:
        cursor.fail(f"elements must be of type 1 to 19; got {kind}. Keep tetrahedra only.")
    if not 0 <= n_tag <= 64:
        cursor.fail(f"an element must have 0 to 64 tags; got {n_tag}. Save the file again.")
    return 1 + n_tag + NODES_OF_TYPE[kind]


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


def _keep(cursor: Cursor, raw: _Raw, kind: int, n_tag: int, rows: IntArray) -> None:
    """Keep id, physical tag and nodes of triangles and tetrahedra."""
    if kind not in raw.blocks:
        return
    tags = rows[:, 1] if n_tag else np.zeros(len(rows), np.int64)
    if tags.min() < 0 or tags.max() > LARGEST_TAG:
        cursor.fail(
            f"tags must be 0 to {LARGEST_TAG}; got {int(tags.min())} to {int(tags.max())}."
        )
    raw.blocks[kind].append(np.column_stack([rows[:, 0], tags, rows[:, 1 + n_tag :]]))


def _read_data(
    cursor: Cursor, section: str, order: str, *, ascii_file: bool
) -> tuple[str, IntArray, FloatArray]:
    words = [cursor.line() for _ in range(cursor.count("string tags", 1))]
    _ = [cursor.line() for _ in range(cursor.count("real tags", 1))]
    integers = [cursor.line() for _ in range(cursor.count("integer tags", 1))]
    if not words or len(integers) < 3 or not all(word.isdigit() for word in integers[1:3]):
        cursor.fail(f"${section} must have a name and 3 integer tags; got {integers[:4]}.")
    n_component, count = int(integers[1]), int(integers[2])
    if not 1 <= n_component <= 9:
        cursor.fail(f"${section} must have 1 to 9 components; got {n_component}.")
    if ascii_file:
        cursor.need(count, 2 * (n_component + 1), "values")
        ids, values = _rows_ascii(cursor, count, n_component, section)
    else:
        record = np.dtype([("id", f"{order}i4"), ("value", f"{order}f8", (n_component,))])
        cursor.need(count, record.itemsize, "values")
        rows = cursor.take(record, count)
        cursor.end(section)
        ids, values = rows["id"].astype(np.int64), rows["value"].astype(np.float64)
    return words[0].strip('"'), ids, values[:, 0] if n_component == 1 else values


def _assemble(cursor: Cursor, raw: _Raw) -> MshFile:
    """Renumber from 0, convert to metres, sort data to their elements."""
    if len(raw.nodes_mm) == 0:
        cursor.fail("a mesh must have nodes; got none. Save the file again.")
    bad = int((~np.isfinite(raw.nodes_mm).all(axis=1)).sum())
    if bad:
        cursor.fail(
            f"node positions must be finite; {bad} of {len(raw.nodes_mm)} are NaN or infinite."
        )
    number = _Numbering(cursor, raw.node_ids)
    triangles, tets = raw.elements(TRIANGLE), raw.elements(TET)
    return MshFile(
        m_from_mm(raw.nodes_mm),
        number.indices(tets[:, 2:]),
        tets[:, 1],
        number.indices(triangles[:, 2:]),
        triangles[:, 1],
        {name: _sorted_to(raw.node_ids, *data) for name, data in raw.node_data.items()},
        {name: _sorted_to(tets[:, 0], *data) for name, data in raw.element_data.items()},
        {name: _sorted_to(triangles[:, 0], *data) for name, data in raw.element_data.items()},
    )


class _Numbering:
    """From the file's node ids to indices from 0."""

    def __init__(self, cursor: Cursor, ids: IntArray) -> None:
        self.cursor = cursor
        self.count = len(ids)
        self.compact = bool((ids == np.arange(1, len(ids) + 1)).all())
        self.order = np.empty(0, np.int64) if self.compact else np.argsort(ids, kind="stable")
        self.ids = ids if self.compact else ids[self.order]
        if not self.compact and (np.diff(self.ids) == 0).any():
            cursor.fail("node ids must differ; some occur twice. Save the file again.")

    def indices(self, ids: IntArray) -> IntArray:
        """Look the ids up."""
        if self.compact:
            wrong = (ids < 1) | (ids > self.count)
            found = ids - 1
        else:
            place = np.minimum(np.searchsorted(self.ids, ids), self.count - 1)
            wrong = self.ids[place] != ids
            found = self.order[place]
        if wrong.any():
            self.cursor.fail(
                f"elements must name nodes of the file; {int(wrong.any(axis=1).sum())} of "
                f"{len(ids)} do not, such as node {int(ids[wrong][0])}. Save the file again."
            )
        return found


def _sorted_to(wanted: IntArray, ids: IntArray, values: FloatArray) -> FloatArray:
    """Return the values in the order of the wanted ids; NaN where there is none."""
    out = np.full((len(wanted), *values.shape[1:]), np.nan)
    if len(ids) == 0:
        return out
    order = np.argsort(ids, kind="stable")
    place = np.minimum(np.searchsorted(ids[order], wanted), len(ids) - 1)
    source = order[place]
    found = ids[source] == wanted
    out[found] = values[source[found]]
    return out


def write_msh(path: Path | str, content: MshFile) -> None:
    """Write a binary .msh file of version 2.2, atomically.

    Ids are compact, triangles come before tetrahedra, both tags are the physical one: what
    SimNIBS needs to load the data. The same content gives the same bytes.

    Parameters
    ----------
    path : Path or str
        Ends in .msh.
    content : MshFile
        Mesh and data. Element data are written when triangles and tetrahedra both have
        them, or when there are no triangles.

    Raises
    ------
    BadInputError
        When data of triangles or tetrahedra have no counterpart in the other.
    """
    names = set(content.tet_data) ^ set(content.triangle_data)
    if names and len(content.triangles) and len(content.tets):
        msg = (
            "element data must be given for triangles and tetrahedra alike; "
            f"{sorted(names)} are not. Add the other half."
        )
        raise BadInputError(msg)
    with atomic_path(Path(path)) as temporary:
        temporary.write_bytes(b"".join(_parts(content)))


def _parts(content: MshFile) -> list[bytes]:
    nodes = np.empty(len(content.nodes_m), np.dtype([("id", "<i4"), ("xyz", "<f8", 3)]))
    nodes["id"] = np.arange(1, len(nodes) + 1)
    nodes["xyz"] = mm_from_m(content.nodes_m)
    n_triangle, n_element = len(content.triangles), len(content.triangles) + len(content.tets)
    parts = [
        b"$MeshFormat\n2.2 1 8\n\x01\x00\x00\x00\n$EndMeshFormat\n",
        f"$Nodes\n{len(nodes)}\n".encode(),
        nodes.tobytes(),
        f"$EndNodes\n$Elements\n{n_element}\n".encode(),
        _block(TRIANGLE, 1, content.triangles, content.triangle_tags),
        _block(TET, 1 + n_triangle, content.tets, content.tet_tags),
        b"$EndElements\n",
    ]
    parts += [_data("NodeData", name, values) for name, values in content.node_data.items()]
    tet_data = content.tet_data if len(content.tets) else content.triangle_data
    for name, values in tet_data.items():
        halves = [content.triangle_data[name]] if n_triangle else []
        halves += [values] if len(content.tets) else []
        parts.append(_data("ElementData", name, np.concatenate(halves)))
    return parts


def _block(kind: int, first_id: int, elements: IntArray, tags: IntArray) -> bytes:
    if len(elements) == 0:
        return b""
    ids = np.arange(first_id, first_id + len(elements))
    rows = np.column_stack([ids, tags, tags, elements + 1]).astype("<i4")
    return np.array([kind, len(rows), 2], "<i4").tobytes() + rows.tobytes()


def _data(section: str, name: str, values: FloatArray) -> bytes:
    columns = values.reshape(len(values), -1)
    rows = np.empty(len(values), [("id", "<i4"), ("value", "<f8", (columns.shape[1],))])
    rows["id"] = np.arange(1, len(values) + 1)
    rows["value"] = columns
    head = f'${section}\n1\n"{name}"\n1\n0\n4\n0\n{columns.shape[1]}\n{len(values)}\n0\n'
    return head.encode() + rows.tobytes() + f"$End{section}\n".encode()
