"""GIFTI surfaces and values of others, with the frames that their writers meant.

A GIFTI file may hold vertices of one frame and a matrix to another; FreeSurfer writes tkRAS
and tells the volume's place in the metadata (``VolGeom...``). Files that say their data are in
scanner space, and files that say nothing, are taken as they are.
"""

import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

import numpy as np

from cortistim.errors import FileFormatError
from cortistim.io.gzipped import bounded, size_of
from cortistim.io.surface.freesurfer import (
    StoredSurface,
    checked_surface,
    scanner_from_tk_mm,
)
from cortistim.io.surface.gifti_guard import require_modest
from cortistim.typing import FloatArray

POINTS, TRIANGLES, INDICES, SCANNER = 1008, 1009, 1002, 1
XML_BYTES, XML_PER_BYTE = 2**24, 16  # that a gzipped file may hold; real ones hold four times


def read_surface_gifti(path: Path | str) -> StoredSurface:
    """Read a surface.

    Parameters
    ----------
    path : Path or str
        A .gii file with points and triangles.

    Returns
    -------
    StoredSurface
        Its matrix leads from the file's numbers to scanner coordinates; None when the file
        does not name its frame: then the numbers are as good as scanner coordinates.

    Raises
    ------
    FileFormatError
        When it is not a whole GIFTI surface.
    """
    image = _image(path)
    points = [array for array in image.darrays if array.intent == POINTS]
    triangles = [array for array in image.darrays if array.intent == TRIANGLES]
    if len(points) != 1 or len(triangles) != 1:
        msg = (
            f"{path}: a surface needs one array of points and one of triangles; this GIFTI "
            f"file has {len(points)} and {len(triangles)}. Give a .surf.gii file."
        )
        raise FileFormatError(msg)
    vertices_mm = np.asarray(points[0].data, np.float64)
    corners = np.asarray(triangles[0].data)
    if vertices_mm.shape[1:] != (3,) or corners.shape[1:] != (3,) or len(corners) < 4:
        msg = (
            f"{path}: points and triangles must be rows of three; they have shapes "
            f"{vertices_mm.shape} and {corners.shape}. Save the surface again."
        )
        raise FileFormatError(msg)
    return checked_surface(path, vertices_mm, corners, _frame(path, points[0]))


def read_columns_gifti(path: Path | str) -> dict[str, FloatArray]:
    """Read values at vertices.

    Parameters
    ----------
    path : Path or str
        A .func.gii or .shape.gii file.

    Returns
    -------
    dict of str to (n_vertex,) array
        By the name that the file gives each column, or its number from 1.

    Raises
    ------
    FileFormatError
        When it holds no values, or columns of several lengths.
    """
    columns: dict[str, FloatArray] = {}
    for number, array in enumerate(_image(path).darrays, start=1):
        values = np.asarray(array.data, np.float64)
        values = values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
        if array.intent in (POINTS, TRIANGLES, INDICES) or values.ndim != 1:
            continue
        columns[str(dict(array.meta).get("Name") or number)] = values
    if len({len(values) for values in columns.values()}) != 1:
        msg = (
            f"{path}: values at vertices must be columns of one length; this GIFTI file has "
            f"{[len(values) for values in columns.values()] or 'none'}. Give a .func.gii or "
            ".shape.gii file."
        )
        raise FileFormatError(msg)
    return columns


def _image(path: Path | str) -> Any:  # noqa: ANN401 - nibabel has no type for it
    from nibabel.gifti.gifti import GiftiImage

    path = Path(path)
    content = bounded(path, max(XML_BYTES, XML_PER_BYTE * size_of(path)[0]))
    require_modest(path, content)
    try:
        return GiftiImage.from_bytes(content)
    except (
        ExpatError, ValueError, TypeError, LookupError, AttributeError, AssertionError, OSError,
        EOFError, OverflowError, MemoryError, RuntimeError, ImportError, zlib.error,
    ) as error:  # fmt: skip
        msg = f"{path}: this is not a complete GIFTI file ({error}). Copy or download it again."
        raise FileFormatError(msg) from error


def _frame(path: Path | str, points: Any) -> FloatArray | None:  # noqa: ANN401
    system = points.coordsys
    if system is not None and system.dataspace == SCANNER:
        return np.eye(4)
    meta: Mapping[str, str] = dict(points.meta)
    if "VolGeomC_R" in meta:
        return _from_volume(path, meta)
    matrix = None if system is None else np.asarray(system.xform, float)
    if system is None or system.xformspace != SCANNER or matrix is None:
        return None
    if matrix.shape != (4, 4) or not abs(np.linalg.det(matrix)) > 1e-6:
        msg = f"{path}: the matrix to scanner space must be 4 x 4 and invertible; it is not."
        raise FileFormatError(msg)
    return matrix


def _from_volume(path: Path | str, meta: Mapping[str, str]) -> FloatArray:
    """Read the place of FreeSurfer's volume; a middle at the origin means no shift."""
    try:
        centre_mm = np.array([float(meta[f"VolGeomC_{axis}"]) for axis in "RAS"])
        axes = np.array(
            [[float(meta[f"VolGeom{column}_{axis}"]) for column in "XYZ"] for axis in "RAS"]
        )
    except (KeyError, ValueError) as error:
        msg = (
            f"{path}: the volume's place (VolGeom...) must be 12 numbers; {error} is missing "
            "or none. Convert the surface again."
        )
        raise FileFormatError(msg) from error
    # tools that shift the vertices themselves put the middle to 0 and leave the axes
    return scanner_from_tk_mm(axes, centre_mm) if centre_mm.any() else np.eye(4)
