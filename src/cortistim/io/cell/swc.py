"""Cell shapes in SWC: seven columns, one point a line."""

from pathlib import Path

import numpy as np

from cortistim.errors import FileFormatError
from cortistim.io.text import text_of
from cortistim.typing import FloatArray, IntArray

LARGEST = 2.0**53  # beyond it a float does not tell an id from the next

Points = tuple[FloatArray, FloatArray, IntArray, IntArray, tuple[str, ...]]


def read_swc_points(path: Path) -> Points:
    """Read the points of an SWC file.

    Parameters
    ----------
    path : Path
        ``id type x y z radius parent``, separated by blanks or commas; # starts a comment.

    Returns
    -------
    xyz_um : (n, 3) array [µm]
        Points.
    radius_um : (n,) array [µm]
        Radii.
    kind, parent : (n,) int arrays
        Types as in the file; indices, -1 for roots.
    notes : tuple of str
        What is odd.

    Raises
    ------
    FileFormatError
        When a line breaks the format, an id occurs twice or a parent is missing.
    """
    rows = []
    for number, line in enumerate(text_of(path).splitlines(), start=1):
        words = line.split("#")[0].replace(",", " ").split()
        if words:
            rows.append(_row(path, number, words))
    if not rows:
        msg = f"{path}: the file holds no points. An SWC line is: id type x y z radius parent."
        raise FileFormatError(msg)
    table = np.array(rows)
    ids, parents = table[:, 0].astype(int), table[:, 6].astype(int)
    place = {point: i for i, point in enumerate(ids.tolist())}
    if len(place) < len(ids):
        twice = next(i for i in place if (ids == i).sum() > 1)
        msg = f"{path}: point {twice} occurs more than once. Give each point its own id."
        raise FileFormatError(msg)
    lost = next((p for p in parents.tolist() if p >= 0 and p not in place), None)
    if lost is not None:
        msg = f"{path}: the parent {lost} is not in the file. Add it, or make its child a root."
        raise FileFormatError(msg)
    parent = np.array([place[p] if p >= 0 else -1 for p in parents.tolist()])
    return table[:, 2:5], table[:, 5], table[:, 1].astype(int), parent, ()


def _row(path: Path, number: int, words: list[str]) -> list[float]:
    try:
        values = [float(word) for word in words[:7]]
    except ValueError:
        values = []
    whole = len(values) == 7 and np.isfinite(values).all() and max(map(abs, values)) < LARGEST
    if not (whole and all(values[k] == int(values[k]) for k in (0, 1, 6))):
        msg = (
            f"{path}: line {number}: must be id, type, x, y, z, radius and parent; got "
            f"{' '.join(words)[:60]!r}."
        )
        raise FileFormatError(msg)
    return values
