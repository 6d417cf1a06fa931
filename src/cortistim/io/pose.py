"""Coil poses as ``matsimnibs``: JSON with a 4x4 matrix, translation in millimetres."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from cortistim.errors import FileFormatError, PoseError
from cortistim.io.text import json_of, write_text
from cortistim.placement.pose import Pose
from cortistim.typing import FloatArray
from cortistim.units import matrix_m_from_mm, matrix_mm_from_m

LEAST_MM = 0.5


def read_pose(path: Path | str) -> Pose:
    """Read a coil pose.

    Parameters
    ----------
    path : Path or str
        JSON such as ``{"matsimnibs": [[...], [...], [...], [0, 0, 0, 1]]}``, millimetres.

    Returns
    -------
    Pose
        In metres.

    Raises
    ------
    BadInputError
        When there is no such file, no such key, or it is not a 4x4 matrix of numbers.
    PoseError
        When the matrix is not rigid.
    """
    matrix_mm = _matsimnibs(path, "a 4x4 matrix")
    if matrix_mm.shape != (4, 4):
        msg = f"{path}: matsimnibs must be a 4x4 matrix; got shape {matrix_mm.shape}."
        raise FileFormatError(msg)
    return _pose(matrix_mm, str(path))


def read_poses(path: Path | str) -> tuple[Pose, ...]:
    """Read several coil poses.

    Parameters
    ----------
    path : Path or str
        JSON such as ``{"matsimnibs": [4x4, 4x4, ...]}``, millimetres; one 4x4 will do.

    Returns
    -------
    tuple of Pose
        In metres; at least one.

    Raises
    ------
    BadInputError
        When there is no such file, no such key, or it does not hold 4x4 matrices.
    PoseError
        When a matrix is not rigid; the message counts from 1.
    """
    matrices_mm = _matsimnibs(path, "a list of 4x4 matrices")
    if matrices_mm.ndim == 2:
        matrices_mm = matrices_mm[None]
    if matrices_mm.ndim != 3 or matrices_mm.shape[1:] != (4, 4):
        msg = (
            f"{path}: matsimnibs must be a list of 4x4 matrices; got shape {matrices_mm.shape}."
        )
        raise FileFormatError(msg)
    return tuple(_pose(m, f"{path}: pose {n}") for n, m in enumerate(matrices_mm, start=1))


def _matsimnibs(path: Path | str, wanted: str) -> FloatArray:
    content = json_of(path)
    if "matsimnibs" not in content:
        msg = (
            f"{path}: a pose needs the key matsimnibs with {wanted} in millimetres; got "
            f"the keys {sorted(content)[:8]}."
        )
        raise FileFormatError(msg)
    try:
        return np.array(content["matsimnibs"], dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        msg = f"{path}: matsimnibs must be {wanted} of numbers; {str(error)[:80]}."
        raise FileFormatError(msg) from error


def _pose(matrix_mm: FloatArray, where: str) -> Pose:
    doubt = unit_doubt(matrix_mm)
    if doubt:
        msg = f"{where}: {doubt}"
        raise PoseError(msg)
    try:
        return Pose(matrix_m_from_mm(matrix_mm))
    except PoseError as error:
        msg = f"{where}: {error}"
        raise PoseError(msg) from error


def unit_doubt(matrix_mm: FloatArray) -> str:
    """Say why a matrix is not in millimetres; nothing when it may be.

    Parameters
    ----------
    matrix_mm : (4, 4) array
        ``matsimnibs`` as in the file.

    Returns
    -------
    str
        For a complaint, or empty.
    """
    far_mm = float(np.linalg.norm(matrix_mm[:3, 3]))
    if not 0 < far_mm < LEAST_MM:
        return ""
    return (
        "the translation of matsimnibs is in millimetres, and no coil is "
        f"{far_mm:.3g} mm from the origin of a head's frame. Is it in metres?"
    )


def read_deformation(path: Path | str) -> dict[str, float]:
    """Read how the coil of a pose file is bent.

    Parameters
    ----------
    path : Path or str
        JSON that may hold ``{"deformation": {"name": value}}``, degrees or millimetres; files
        of navigators say nothing of it.

    Returns
    -------
    dict of str to float
        Empty when the file says nothing of it.

    Raises
    ------
    FileFormatError
        When it is no mapping to numbers.
    """
    if Path(path).suffix.lower() != ".json":
        return {}
    content = json_of(path).get("deformation", {})
    if not isinstance(content, dict) or not all(
        isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e6
        for value in content.values()
    ):
        msg = f"{path}: deformation must map names to numbers; got {str(content)[:60]}."
        raise FileFormatError(msg)
    return {str(name): float(value) for name, value in content.items()}


def write_pose(
    path: Path | str, pose: Pose, *, deformation: Mapping[str, float] | None = None
) -> None:
    """Write a coil pose, atomically.

    Parameters
    ----------
    path : Path or str
        Where to.
    pose : Pose
        Any.
    deformation : mapping of str to float, optional
        How the coil is bent there, in degrees or millimetres.
    """
    rows = (json.dumps([round(x, 9) for x in row]) for row in matrix_mm_from_m(pose.matrix_m))
    body = ",\n    ".join(rows)
    bent = f',\n  "deformation": {json.dumps(dict(deformation))}' if deformation else ""
    write_text(path, f'{{\n  "matsimnibs": [\n    {body}\n  ],\n  "units": "mm"{bent}\n}}\n')
