"""Paths of wire as text: corners in millimetres, one a line, a blank line between paths."""

import math
from pathlib import Path

import numpy as np

from cortistim.coil.bounds import require_winding
from cortistim.errors import BadInputError, FileFormatError
from cortistim.io.text import text_of
from cortistim.typing import FloatArray
from cortistim.units import m_from_mm

LARGEST_MM = 1000.0


def read_paths(path: Path | str) -> tuple[FloatArray, ...]:
    """Read the corners of closed paths of wire.

    Parameters
    ----------
    path : Path or str
        Lines ``x,y,z`` in millimetres of the coil's frame, separated by commas or blanks, in
        the order in which positive current passes them. A blank line begins a new path. A
        first line of words and lines that begin with # are passed over.

    Returns
    -------
    tuple of (n_corner, 3) arrays [m]
        One per path, at least one.

    Raises
    ------
    BadInputError
        When there is no such file.
    FileFormatError
        When a line is not three finite numbers within a metre, which the message names; when
        the paths are no coil's in size.
    """
    paths: list[list[list[float]]] = [[]]
    for number, line in enumerate(text_of(path).splitlines(), start=1):
        text = line.strip()
        if text.startswith("#"):
            continue
        if not text:
            paths.append([])
            continue
        values = _numbers(text)
        if number == 1 and _is_header(text):
            continue
        if len(values) != 3 or not all(abs(value) <= LARGEST_MM for value in values):
            msg = (
                f"{path}: line {number}: a corner must be x,y,z in mm, each within "
                f"{LARGEST_MM:g}; got {text[:60]!r}."
            )
            raise FileFormatError(msg)
        paths[-1].append(values)
    found = tuple(m_from_mm(np.array(corners)) for corners in paths if corners)
    if not found:
        msg = f"{path}: a coil needs a path of corners x,y,z in mm; the file holds none."
        raise FileFormatError(msg)
    try:
        require_winding(np.concatenate(found))
    except BadInputError as error:
        msg = f"{path}: {error} Paths are millimetres."
        raise FileFormatError(msg) from error
    return found


def _is_header(text: str) -> bool:
    """Whether a line holds words alone; a corner with a slip in one number is none."""
    return not any(_numbers(word) for word in text.replace(",", " ").split())


def _numbers(text: str) -> list[float]:
    """Return the finite numbers of a line; none when any word is something else."""
    try:
        values = [float(word) for word in text.replace(",", " ").split()]
    except ValueError:
        return []
    return values if all(math.isfinite(value) for value in values) else []
