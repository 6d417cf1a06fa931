"""STL surfaces, binary and ASCII, in millimetres: coil casings."""

import re
from pathlib import Path

import numpy as np

from cortistim.coil.bounds import require_casing
from cortistim.errors import BadInputError, FileFormatError
from cortistim.io.cursor import content_of
from cortistim.io.text import write_bytes
from cortistim.typing import FloatArray, IntArray
from cortistim.units import m_from_mm, mm_from_m

FACET = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
CORNER = re.compile(r"vertex\s+(\S+)\s+(\S+)\s+(\S+)")


def read_stl(path: Path | str) -> tuple[FloatArray, IntArray]:
    """Read a triangulated surface.

    Parameters
    ----------
    path : Path or str
        A binary or ASCII .stl file in millimetres.

    Returns
    -------
    vertices_m : (n_vertex, 3) array [m]
        Equal corners are merged.
    triangles : (n_triangle, 3) int array
        Vertex indices.

    Raises
    ------
    BadInputError
        When there is no such file.
    FileFormatError
        When it is no STL, is truncated, or holds no finite triangles.
    """
    data = content_of(Path(path))
    count = int.from_bytes(data[80:84], "little") if len(data) >= 84 else -1
    if count >= 0 and len(data) == 84 + count * FACET.itemsize:
        corners = np.frombuffer(data, FACET, count, 84)["corners"].astype(np.float64)
    else:
        corners = _ascii_corners(Path(path), data)
    if len(corners) == 0 or not np.isfinite(corners).all():
        msg = f"{path}: a surface must have finite triangles; it does not. Export it again."
        raise FileFormatError(msg)
    vertices, triangles = np.unique(corners.reshape(-1, 3), axis=0, return_inverse=True)
    return m_from_mm(vertices), triangles.reshape(-1, 3)


def read_casing_stl(path: Path, conductor_m: FloatArray) -> tuple[FloatArray, IntArray]:
    """Read a coil's casing.

    Parameters
    ----------
    path : Path
        See `read_stl`.
    conductor_m : (n_place, 3) array [m]
        Where the coil's dipoles and wire are; may be empty.

    Returns
    -------
    vertices_m, triangles
        As from `read_stl`.

    Raises
    ------
    BadInputError
        When there is no such file.
    FileFormatError
        When it is no STL, or no casing of this coil: in another unit, elsewhere, or open.
    """
    vertices_m, triangles = read_stl(path)
    try:
        require_casing(vertices_m, triangles, conductor_m)
    except BadInputError as error:
        msg = f"{path}: {error}"
        raise FileFormatError(msg) from error
    return vertices_m, triangles


def _ascii_corners(path: Path, data: bytes) -> FloatArray:
    text = data.decode("latin-1")
    if not text.lstrip().startswith("solid"):
        msg = f"{path}: this is not an STL file, or it is truncated. Export it again."
        raise FileFormatError(msg)
    try:
        numbers = np.array(CORNER.findall(text), dtype=np.float64)
    except ValueError as error:
        msg = f"{path}: a corner must have three numbers ({error}). Export it again."
        raise FileFormatError(msg) from error
    if len(numbers) % 3 or "endsolid" not in text:
        msg = f"{path}: the ASCII STL is truncated. Export it again."
        raise FileFormatError(msg)
    return numbers.reshape(-1, 3, 3)


def write_stl(path: Path | str, vertices_m: FloatArray, triangles: IntArray) -> None:
    """Write a triangulated surface as binary STL in millimetres, atomically.

    Parameters
    ----------
    path : Path or str
        Where to.
    vertices_m : (n_vertex, 3) array [m]
        Positions.
    triangles : (n_triangle, 3) int array
        Vertex indices, counter-clockwise seen from outside.
    """
    write_bytes(path, stl_bytes(vertices_m, triangles))


def stl_bytes(vertices_m: FloatArray, triangles: IntArray) -> bytes:
    """Return a surface as binary STL in millimetres; see `write_stl`.

    Parameters
    ----------
    vertices_m : (n_vertex, 3) array [m]
        Positions.
    triangles : (n_triangle, 3) int array
        Vertex indices, counter-clockwise seen from outside.

    Returns
    -------
    bytes
        What a file holds.
    """
    corners = mm_from_m(np.asarray(vertices_m))[triangles]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    facets = np.zeros(len(triangles), FACET)
    facets["normal"] = normal / np.where(length > 0, length, 1.0)
    facets["corners"] = corners
    head = b"cortistim surface in millimetres".ljust(80)
    return head + len(facets).to_bytes(4, "little") + facets.tobytes()
