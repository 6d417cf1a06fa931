"""Gmsh .msh files of versions 2.2 and 4.1, binary and ASCII, plain or gzipped.

Lengths in the file are millimetres. What SimNIBS writes is read as it is; what gmsh itself
writes (one block per element, other element types, gaps in the numbering) as well. Written is
version 2.2.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cortistim.cache import atomic_path
from cortistim.errors import BadInputError, FileFormatError, quoted
from cortistim.geometry import freeze
from cortistim.head.mesh import TetMesh
from cortistim.io.cursor import Cursor, content_of
from cortistim.io.mesh import msh2, msh4
from cortistim.io.mesh.msh_content import TET, TRIANGLE, RawMsh, read_data, read_names
from cortistim.typing import FloatArray, IntArray
from cortistim.units import m_from_mm, mm_from_m

# how other files begin that are given in a mesh's place
OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"solid", "STL triangles"),
    (b"# vtk", "a VTK file"),
    (b"<?xml", "an XML file"),
    (b"<VTKFile", "a VTK file"),
    (b"MATLAB", "a MATLAB file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"MeshVersionFormatted", "a Medit mesh"),
    (b"ply", "a PLY file"),
    (b"*", "an Abaqus file"),
    (b"PK", "a zip archive"),
)
IMAGE = (
    "this is an image, not a mesh. Build a head from it first: 'cortistim head build' takes a "
    "T1 image, 'cortistim head mesh' a label image."
)
IMAGE_SUFFIXES = (".nii", ".nii.gz", ".mgz", ".mgh", ".img", ".hdr", ".dcm", ".nrrd")


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
    tet_entities : (n_tet,) int array, optional
        Elementary tag: the volume of the geometry that gmsh meshed.
    volume_names : mapping of int to str, optional
        What $PhysicalNames calls the physical tags of volumes.
    notes : tuple of str, optional
        What of the file was not read as it stands.
    """

    nodes_m: FloatArray
    tets: IntArray
    tet_tags: IntArray
    triangles: IntArray
    triangle_tags: IntArray
    node_data: Mapping[str, FloatArray] = field(default_factory=dict)
    tet_data: Mapping[str, FloatArray] = field(default_factory=dict)
    triangle_data: Mapping[str, FloatArray] = field(default_factory=dict)
    tet_entities: IntArray = field(default_factory=lambda: np.empty(0, np.int32))
    volume_names: Mapping[int, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "nodes_m", dtype=np.float64)
        freeze(
            self,
            "tets",
            "tet_tags",
            "triangles",
            "triangle_tags",
            "tet_entities",
            dtype=np.int32,
        )

    @property
    def mesh(self) -> TetMesh:
        """The tetrahedra and their nodes alone.

        Raises
        ------
        MeshError
            When the file has none.
        """
        used = np.zeros(len(self.nodes_m), bool)
        used[self.tets.ravel()] = True
        if used.all():
            return TetMesh(self.nodes_m, self.tets, self.tet_tags)
        number = np.cumsum(used, dtype=np.int32) - 1
        return TetMesh(self.nodes_m[used], number[self.tets], self.tet_tags)


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
    require_tetrahedra(path, content)
    return content.mesh


def require_tetrahedra(path: Path | str, content: MshFile) -> None:
    """Refuse a file without tetrahedra.

    Parameters
    ----------
    path : Path or str
        Named in the complaint.
    content : MshFile
        What was read from it.

    Raises
    ------
    FileFormatError
        When it has none.
    """
    if len(content.tets) == 0:
        msg = (
            f"{path}: a head mesh must have tetrahedra; got none, but "
            f"{len(content.triangles)} triangles. Mesh the volume first."
        )
        raise FileFormatError(msg)


def read_msh(path: Path | str) -> MshFile:
    """Read nodes, triangles, tetrahedra and data of a .msh file.

    Parameters
    ----------
    path : Path or str
        A .msh or .msh.gz file of version 2.x or 4.1.

    Returns
    -------
    MshFile
        In metres, numbered from 0. Of triangles and tetrahedra of higher order the corners
        are read; points and lines are passed over.

    Raises
    ------
    BadInputError
        When the file is missing.
    FileFormatError
        When it breaks its format, or holds volume elements that are no tetrahedra.
    """
    path = Path(path)
    cursor = Cursor(path, content_of(path))
    version, ascii_file, order = _read_format(cursor)
    raw = RawMsh()
    while name := cursor.next_section():
        if name in ("Nodes", "Elements", "Entities"):
            read = _read_section_4 if version == 4 else _read_section_2
            read(cursor, raw, name, order, ascii_file=ascii_file)
        elif name == "PhysicalNames":
            read_names(cursor, raw)
        elif name in ("NodeData", "ElementData"):
            title, ids, values = read_data(cursor, name, order, ascii_file=ascii_file)
            (raw.node_data if name == "NodeData" else raw.element_data)[title] = (ids, values)
        elif name == "PartitionedEntities":
            cursor.fail("the mesh must not be partitioned; this one is. Save it in one piece.")
        else:
            cursor.until_end(name)
    return _assemble(cursor, raw)


def _read_section_2(
    cursor: Cursor, raw: RawMsh, name: str, order: str, *, ascii_file: bool
) -> None:
    if name == "Nodes":
        msh2.read_nodes(cursor, raw, order, ascii_file=ascii_file)
    elif name == "Elements":
        msh2.read_elements(cursor, raw, order, ascii_file=ascii_file)
    else:
        cursor.until_end(name)


def _read_section_4(
    cursor: Cursor, raw: RawMsh, name: str, order: str, *, ascii_file: bool
) -> None:
    numbers = msh4.numbers_of(cursor, name, order, ascii_file=ascii_file)
    if name == "Entities":
        msh4.read_entities(numbers, raw)
    elif name == "Nodes":
        msh4.read_nodes(numbers, raw)
    else:
        msh4.read_elements(cursor, numbers, raw)


def _read_format(cursor: Cursor) -> tuple[int, bool, str]:
    """Return major version, whether numbers are text, and the byte order."""
    if not cursor.data.startswith(b"$MeshFormat"):
        cursor.fail(_stranger(cursor))
    cursor.line()
    words = cursor.line().split()
    if len(words) != 3 or words[1] not in ("0", "1"):
        shown = " ".join(words)[:40]
        cursor.fail(f"the line after $MeshFormat must read like 2.2 1 8; got {quoted(shown)}.")
    version, kind, size = words
    if version.split(".")[0] != "2" and version != "4.1":
        cursor.fail(
            f"the mesh must be of format 2.2 or 4.1; got {version[:12]}. "
            "Save it as 2.2: gmsh -save -format msh22 -o new.msh old.msh"
        )
    major = int(version[0])
    if kind == "0":
        cursor.until_end("MeshFormat")
        return major, True, "<"
    if size != "8":
        cursor.fail(f"numbers must be of 8 bytes; got {size[:12]}. Save it as doubles.")
    cursor.need(1, 4, "byte order probe")
    probe = bytes(cursor.take(np.uint8, 4))
    orders = {(1).to_bytes(4, "little"): "<", (1).to_bytes(4, "big"): ">"}
    if probe not in orders:
        cursor.fail(f"the byte order probe must be the integer 1; got {probe.hex()}.")
    cursor.end("MeshFormat")
    return major, False, orders[probe]


def _stranger(cursor: Cursor) -> str:
    """Say what a file is that is no .msh file."""
    data = cursor.data
    if (
        cursor.path.name.lower().endswith(IMAGE_SUFFIXES)
        or data[344:347] in (b"n+1", b"ni1")
        or data[128:132] == b"DICM"
        or data.startswith(b"NRRD")
    ):
        return IMAGE
    what = next((name for start, name in OTHERS if data.startswith(start)), None)
    if what is not None:
        return f"this is {what}, not a gmsh .msh file. Convert it to a .msh file with gmsh."
    return "this is not a gmsh .msh file: it must begin with $MeshFormat."


def _assemble(cursor: Cursor, raw: RawMsh) -> MshFile:
    """Renumber from 0, convert to metres, sort data to their elements."""
    if len(raw.nodes_mm) == 0:
        cursor.fail("a mesh must have nodes; got none. Save the file again.")
    bad = int((~np.isfinite(raw.nodes_mm).all(axis=1)).sum())
    if bad:
        cursor.fail(
            f"node positions must be finite; {bad} of {len(raw.nodes_mm)} are NaN or infinite."
        )
    if raw.other_volumes:
        found = ", ".join(f"{count} {name}" for name, count in raw.other_volumes.items())
        cursor.fail(
            f"volume elements must be tetrahedra; got {found}, which would leave holes. Split "
            "them into tetrahedra."
        )
    number = _Numbering(cursor, raw.node_ids)
    triangles, tets = raw.elements(TRIANGLE), raw.elements(TET)
    return MshFile(
        m_from_mm(raw.nodes_mm),
        number.indices(tets[:, 3:]),
        tets[:, 1],
        number.indices(triangles[:, 3:]),
        triangles[:, 1],
        {name: _sorted_to(raw.node_ids, *data) for name, data in raw.node_data.items()},
        {name: _sorted_to(tets[:, 0], *data) for name, data in raw.element_data.items()},
        {name: _sorted_to(triangles[:, 0], *data) for name, data in raw.element_data.items()},
        tets[:, 2],
        raw.names,
        _notes(raw),
    )


def _notes(raw: RawMsh) -> tuple[str, ...]:
    if not raw.of_higher_order:
        return ()
    return (
        f"{raw.of_higher_order} tetrahedra of the file are of second or higher order; their "
        "corners were read, so that curved faces became flat.",
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
            f"{sorted(names)} are not. Add the missing data."
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
