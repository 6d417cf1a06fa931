"""Coil poses as ``matsimnibs``: JSON with a 4x4 matrix, translation in millimetres."""

import json
from pathlib import Path

import numpy as np

from cortistim.errors import FileFormatError, PoseError
from cortistim.io.text import json_of, write_text
from cortistim.placement.pose import Pose
from cortistim.units import matrix_m_from_mm, matrix_mm_from_m


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
    content = json_of(path)
    if "matsimnibs" not in content:
        msg = (
            f"{path}: a pose needs the key matsimnibs with a 4x4 matrix in millimetres; got "
            f"the keys {sorted(content)[:8]}."
        )
        raise FileFormatError(msg)
    try:
        matrix_mm = np.array(content["matsimnibs"], dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = f"{path}: matsimnibs must be a 4x4 matrix of numbers; {error}."
        raise FileFormatError(msg) from error
    if matrix_mm.shape != (4, 4):
        msg = f"{path}: matsimnibs must be a 4x4 matrix; got shape {matrix_mm.shape}."
        raise FileFormatError(msg)
    try:
        return Pose(matrix_m_from_mm(matrix_mm))
    except PoseError as error:
        msg = f"{path}: {error}"
        raise PoseError(msg) from error


def write_pose(path: Path | str, pose: Pose) -> None:
    """Write a coil pose, atomically.

    Parameters
    ----------
    path : Path or str
        Where to.
    pose : Pose
        Any.
    """
    rows = (json.dumps([round(x, 9) for x in row]) for row in matrix_mm_from_m(pose.matrix_m))
    body = ",\n    ".join(rows)
    write_text(path, f'{{\n  "matsimnibs": [\n    {body}\n  ],\n  "units": "mm"\n}}\n')
