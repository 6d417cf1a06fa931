"""Files of FreeSurfer: surfaces, values and annotations at their vertices, Talairach matrix.

Surfaces are stored in "tkRAS": millimetres from the middle of the conformed volume, along the
axes it would have if it were not tilted. The volume's place is told in the surface's footer,
or by ``mri/orig.mgz``.

Files are read here and not by `nibabel.freesurfer`, which is used to write them and agrees on
complete files (a test compares): nibabel 5.4 takes memory for as many vertices or colours as a
header states before it looks at the file's size, reads no gzipped file, and passes over the
footer of surfaces that were saved in scanner coordinates. A guard before it would have to read
the same headers and tables.
"""

import re
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np

from cortistim.errors import FileFormatError
from cortistim.geometry import transform
from cortistim.head.fsaverage import MNI152_FROM_MNI305_MM
from cortistim.io.gzipped import bounded, size_of
from cortistim.io.image.opening import open_image
from cortistim.io.text import text_of, write_bytes
from cortistim.typing import FloatArray, IntArray
from cortistim.units import m_from_mm, matrix_m_from_mm

TRIANGLES = b"\xff\xff\xfe"
VALUES = b"\xff\xff\xff"
PACKED_BYTES, PACKED_PER_BYTE = 2**26, 16  # of gzipped files; real ones unfold to twice
REAL_RAS_TAG, GEOMETRY_TAG = 2, 20
# the axes that tkRAS assumes for the volume: columns left, inferior, anterior
TK_AXES = np.array([[-1.0, 0, 0], [0, 0, 1.0], [0, -1.0, 0]])


@dataclass(frozen=True, eq=False)
class StoredSurface:
    """A surface as its file holds it.

    Parameters
    ----------
    vertices_mm : (n_vertex, 3) array [mm]
        In the file's own frame.
    triangles : (n_triangle, 3) int array
        Vertex indices from 0.
    scanner_from_file_mm : (4, 4) array or None
        To scanner coordinates, in millimetres; None when the file does not tell.
    """

    vertices_mm: FloatArray
    triangles: IntArray
    scanner_from_file_mm: FloatArray | None


def scanner_from_tk_mm(axes: FloatArray, centre_mm: FloatArray) -> FloatArray:
    """Return the matrix from tkRAS to scanner coordinates.

    Parameters
    ----------
    axes : (3, 3) array
        Columns are the directions of the volume's voxel axes in scanner space.
    centre_mm : (3,) array [mm]
        Scanner coordinates of the volume's middle (c_ras).

    Returns
    -------
    (4, 4) array
        Acts on millimetres; a mere shift unless the volume is tilted.
    """
    matrix = np.eye(4)
    matrix[:3, :3] = axes @ np.linalg.inv(TK_AXES)
    matrix[:3, 3] = centre_mm
    return matrix


def tk_of_volume_mm(path: Path | str) -> FloatArray:
    """Return the matrix from tkRAS to scanner coordinates that a volume implies.

    Parameters
    ----------
    path : Path or str
        ``mri/orig.mgz`` of the subject.

    Returns
    -------
    (4, 4) array
        Acts on millimetres.

    Raises
    ------
    FileFormatError
        When it is no FreeSurfer volume.
    """
    image = open_image(path)
    if image.kind != "FreeSurfer":
        msg = f"{path}: this must be a FreeSurfer volume; it is {image.kind}'s. Give orig.mgz."
        raise FileFormatError(msg)
    affine_mm = image.affine_mm()
    lengths_mm = np.linalg.norm(affine_mm[:3, :3], axis=0)
    axes = affine_mm[:3, :3] / lengths_mm
    if abs(np.linalg.det(axes)) < 0.5:
        msg = (
            f"{path}: the volume's axes must be orthogonal; they are not. Copy or download it "
            "again."
        )
        raise FileFormatError(msg)
    return scanner_from_tk_mm(axes, transform(affine_mm, np.array(image.shape[:3]) / 2))


def read_surface(path: Path | str) -> StoredSurface:
    """Read a surface such as ``lh.white``.

    Parameters
    ----------
    path : Path or str
        A binary file of triangles.

    Returns
    -------
    StoredSurface
        With the frame that its footer tells.

    Raises
    ------
    FileFormatError
        When it is not a whole surface.
    """
    path = Path(path)
    content = _content(path)
    begin = content.find(b"\n\n", 3) + 2
    if content[:3] != TRIANGLES or begin < 2 or len(content) < begin + 8:
        raise _broken(path, "a surface of triangles")
    n_vertex, n_triangle = (int(n) for n in np.frombuffer(content, ">i4", 2, begin))
    size = 12 * (n_vertex + n_triangle)
    if n_vertex < 4 or n_triangle < 4 or len(content) < begin + 8 + size:
        raise _broken(path, "a surface of triangles")
    vertices_mm = np.frombuffer(content, ">f4", 3 * n_vertex, begin + 8).astype(np.float64)
    triangles = np.frombuffer(content, ">i4", 3 * n_triangle, begin + 8 + 12 * n_vertex)
    footer = content[begin + 8 + size :]
    return checked_surface(
        path, vertices_mm.reshape(-1, 3), triangles.reshape(-1, 3), _frame(path, footer)
    )


def checked_surface(
    path: Path | str,
    vertices_mm: FloatArray,
    triangles: IntArray,
    scanner_from_file_mm: FloatArray | None,
) -> StoredSurface:
    """Refuse vertices that are not finite and triangles that name none.

    Parameters
    ----------
    path : Path or str
        Named in the complaint.
    vertices_mm : (n_vertex, 3) array [mm]
        In the file's own frame.
    triangles : (n_triangle, 3) int array
        Vertex indices from 0.
    scanner_from_file_mm : (4, 4) array or None
        To scanner coordinates.

    Returns
    -------
    StoredSurface
        Of these parts.

    Raises
    ------
    FileFormatError
        When they make no surface.
    """
    last = len(vertices_mm) - 1
    if not np.isfinite(vertices_mm).all() or triangles.min() < 0 or triangles.max() > last:
        raise _broken(Path(path), "a surface of finite vertices that its triangles name")
    return StoredSurface(vertices_mm, triangles.astype(np.int32), scanner_from_file_mm)


def _frame(path: Path, footer: bytes) -> FloatArray | None:
    """Read the place of the volume from what follows the triangles."""
    tags = np.frombuffer(footer[: 4 * (len(footer) // 4)], ">i4")
    if len(tags) > 1 and tags[0] == REAL_RAS_TAG and tags[1] == 1:
        return np.eye(4)  # written in scanner coordinates
    text = footer.decode("latin-1")
    fields = dict(re.findall(r"^(\w+)\s*=\s*([^\n#]*)", text, re.MULTILINE))
    valid = re.search(r"valid\s*=\s*(\d)", text)
    if valid is None or valid[1] != "1":
        return None
    try:
        rows = [
            [float(word) for word in fields[name].split()]
            for name in ("xras", "yras", "zras", "cras")
        ]
        numbers = np.array(rows).reshape(4, 3)
    except (KeyError, ValueError) as error:
        raise _broken(path, "a surface whose footer tells the volume's place") from error
    return scanner_from_tk_mm(numbers[:3].T, numbers[3])


def read_values(path: Path | str) -> FloatArray:
    """Read one value per vertex, such as ``lh.thickness`` or ``lh.curv``.

    Parameters
    ----------
    path : Path or str
        FreeSurfer's "new curv" format.

    Returns
    -------
    (n_vertex,) array
        As stored: thickness in mm, curvature per mm and positive in sulci.

    Raises
    ------
    FileFormatError
        When it is not whole or not finite.
    """
    path = Path(path)
    content = _content(path)
    if content[:3] != VALUES or len(content) < 15:
        raise _broken(path, "values at vertices in the 'new curv' format")
    n_vertex, _, per_vertex = (int(n) for n in np.frombuffer(content, ">i4", 3, 3))
    if per_vertex != 1 or n_vertex < 1 or len(content) < 15 + 4 * n_vertex:
        raise _broken(path, "values at vertices in the 'new curv' format")
    values = np.frombuffer(content, ">f4", n_vertex, 15).astype(np.float64)
    if not np.isfinite(values).all():
        raise _broken(path, "finite values at vertices")
    return values


def write_values(path: Path | str, values: FloatArray, n_triangle: int) -> None:
    """Write one value per vertex in FreeSurfer's "new curv" format, atomically.

    Parameters
    ----------
    path : Path or str
        Where to.
    values : (n_vertex,) array
        In the unit that its reader expects.
    n_triangle : int
        Triangles of the surface.
    """
    from nibabel.freesurfer.io import write_morph_data

    stream = BytesIO()
    write_morph_data(stream, np.asarray(values), fnum=n_triangle)
    write_bytes(path, stream.getvalue())


def read_annotation(path: Path | str) -> tuple[IntArray, dict[int, str]]:
    """Read regions, such as ``lh.aparc.annot``.

    Parameters
    ----------
    path : Path or str
        With its table of names and colours.

    Returns
    -------
    numbers : (n_vertex,) int array
        Region of each vertex, from 1 in the order of the table; 0 where there is none.
    names : dict of int to str
        Of the regions.

    Raises
    ------
    FileFormatError
        When it is not a whole annotation.
    """
    path = Path(path)
    content = _content(path)
    try:
        n_vertex = int(np.frombuffer(content, ">i4", 1)[0])
        rows = np.frombuffer(content, ">i4", 2 * n_vertex, 4).reshape(-1, 2)
        entries = _colour_table(content, 4 + 8 * n_vertex)
    except (ValueError, IndexError, UnicodeDecodeError) as error:
        raise _broken(path, "an annotation with a table of names") from error
    if n_vertex < 1 or rows[:, 0].min() < 0 or rows[:, 0].max() >= n_vertex:
        raise _broken(path, "an annotation with a table of names")
    numbers = np.zeros(n_vertex, np.int32)
    number_of = {colour: number for number, (_, colour) in enumerate(entries, start=1)}
    numbers[rows[:, 0]] = [number_of.get(int(colour), 0) for colour in rows[:, 1]]
    return numbers, {number: name for number, (name, _) in enumerate(entries, start=1)}


def _colour_table(content: bytes, place: int) -> list[tuple[str, int]]:
    """Return names and packed colours, of the old and the new table format."""

    def number() -> int:
        nonlocal place
        place += 4
        return int(np.frombuffer(content, ">i4", 1, place - 4)[0])

    def text() -> str:
        nonlocal place
        length = number()
        if not 0 <= length <= len(content):
            raise ValueError(length)
        place += length
        return content[place - length : place].split(b"\0")[0].decode("utf-8")

    if number() != 1:
        raise ValueError(content[:4])
    count = number()
    newer = count < 0
    if newer:
        number()  # the largest index
    text()  # the file the table was taken from
    if newer:
        count = number()
    entries = []
    for _ in range(count):
        if newer:
            number()
        name = text()
        red, green, blue, _ = (number() for _ in range(4))
        entries.append((name, red + (green << 8) + (blue << 16)))
    return entries


def read_talairach_m(path: Path | str) -> FloatArray:
    """Read ``mri/transforms/talairach.xfm`` as the way to MNI152 space.

    Parameters
    ----------
    path : Path or str
        A MNI transform file; it leads from scanner coordinates to MNI305.

    Returns
    -------
    (4, 4) array
        MNI152 from scanner coordinates, acting on metres.

    Raises
    ------
    FileFormatError
        When it holds no matrix.
    """
    text = text_of(path)
    found = re.search(r"Linear_Transform\s*=\s*([^;]*);", text)
    try:
        rows = np.array([float(word) for word in (found[1] if found else "").split()])
        mni305_mm = np.vstack([rows.reshape(3, 4), [0, 0, 0, 1]])
    except ValueError as error:
        raise _broken(Path(path), "a transform with three rows of four numbers") from error
    if not np.isfinite(mni305_mm).all() or abs(np.linalg.det(mni305_mm)) < 1e-3:
        raise _broken(Path(path), "a transform with three rows of four numbers")
    return matrix_m_from_mm(MNI152_FROM_MNI305_MM @ mni305_mm)


def placed_m(stored: StoredSurface, scanner_from_file_mm: FloatArray) -> FloatArray:
    """Carry a stored surface to scanner coordinates.

    Parameters
    ----------
    stored : StoredSurface
        As read.
    scanner_from_file_mm : (4, 4) array
        Acts on millimetres.

    Returns
    -------
    (n_vertex, 3) array [m]
        Vertices.
    """
    return m_from_mm(transform(scanner_from_file_mm, stored.vertices_mm))


def _content(path: Path) -> bytes:
    """Read a file of FreeSurfer, which packs none of these; one that was packed stays small."""
    return bounded(path, max(PACKED_BYTES, PACKED_PER_BYTE * size_of(path)[0]))


def _broken(path: Path, wanted: str) -> FileFormatError:
    return FileFormatError(
        f"{path}: this is not {wanted}, or it is incomplete. Copy or download it again."
    )
