"""Cell shapes in Neurolucida ASC: nested parentheses, splits marked by |."""

import itertools
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cortistim.errors import FileFormatError
from cortistim.io.swc import Points
from cortistim.io.text import text_of
from cortistim.neuron.morphology import APICAL, AXON, BASAL, SOMA

TREES = {"Axon": AXON, "Dendrite": BASAL, "Apical": APICAL, "CellBody": SOMA}
TOKEN = re.compile(r'[()|]|"[^"]*"|;[^\n]*|[^\s()|;"]+')
NUMBER = re.compile(r"[-+]?(\d|\.\d)")


@dataclass
class _Trees:
    """Points while the file is read."""

    rows: list[list[float]] = field(default_factory=list)
    kind: list[int] = field(default_factory=list)
    parent: list[int] = field(default_factory=list)
    contours: list[list[list[float]]] = field(default_factory=list)

    def add(self, row: list[float], kind: int, parent: int) -> int:
        self.rows.append(row)
        self.kind.append(kind)
        self.parent.append(parent)
        return len(self.rows) - 1


def read_asc_points(path: Path) -> Points:
    """Read the points of a Neurolucida ASC file.

    Parameters
    ----------
    path : Path
        Trees of points with diameters, contours of the cell body; markers and spines are
        passed over.

    Returns
    -------
    xyz_um, radius_um, kind, parent, notes
        As `cortistim.io.swc.read_swc_points`; the cell body is one point.

    Raises
    ------
    FileFormatError
        When parentheses do not match, or nothing is drawn.
    """
    tokens = [t for t in TOKEN.findall(text_of(path)) if not t.startswith(";")]
    trees, notes = _Trees(), []
    at = 0
    while at < len(tokens):
        end = _closing(path, tokens, at) if tokens[at] == "(" else at
        kind = _kind(tokens[at : end + 1])
        if kind == SOMA:
            trees.contours.append(_contour(tokens[at : end + 1], path))
        elif kind:
            _read_tree(path, tokens[at + 1 : end], kind, trees)
        at = end + 1
    trees.contours = [points for points in trees.contours if points]
    if trees.contours:
        _soma(trees, notes)  # the last point; every tree springs from it
        trees.parent = [len(trees.rows) - 1 if p < 0 else p for p in trees.parent[:-1]] + [-1]
    if not trees.rows:
        msg = f"{path}: no cell body, axon or dendrite is drawn here. Export it as ASC again."
        raise FileFormatError(msg)
    table = np.array(trees.rows)
    kind, parent = np.array(trees.kind), np.array(trees.parent)
    return table[:, :3], table[:, 3] / 2, kind, parent, tuple(notes)


def _closing(path: Path, tokens: list[str], at: int) -> int:
    depth = 0
    for i in range(at, len(tokens)):
        depth += (tokens[i] == "(") - (tokens[i] == ")")
        if depth == 0:
            return i
    msg = f"{path}: a parenthesis is never closed; the file is cut short. Copy it again."
    raise FileFormatError(msg)


def _kind(tokens: list[str]) -> int:
    """Tell what a group draws from its properties, which stand before the first point."""
    for before, token in itertools.pairwise(tokens):
        if before == "(" and NUMBER.match(token):
            return 0
        word = token.strip('"')
        if before == "(" and word in TREES:
            return TREES[word]
    return 0


def _numbers(path: Path, words: list[str]) -> list[float]:
    try:
        values = [float(word) for word in words[:4]]
    except ValueError:
        values = []
    if len(values) < 3 or not np.isfinite(values).all():
        msg = f"{path}: a point must be (x y z diameter); got ({' '.join(words)[:60]})."
        raise FileFormatError(msg)
    return ([*values, 0.0])[:4]


def _contour(tokens: list[str], path: Path) -> list[list[float]]:
    points = []
    for i, token in enumerate(tokens[:-1]):
        if token == "(" and NUMBER.match(tokens[i + 1]):
            points.append(_numbers(path, tokens[i + 1 : tokens.index(")", i)]))
    return points


def _read_tree(path: Path, tokens: list[str], kind: int, trees: _Trees) -> None:
    """Follow one tree; where it splits, the point before the split is remembered."""
    at, last = 0, -1
    splits: list[int] = []
    while at < len(tokens):
        token, following = tokens[at], tokens[at + 1 : at + 2]
        if token == "(" and following and NUMBER.match(following[0]):
            end = tokens.index(")", at)
            last = trees.add(_numbers(path, tokens[at + 1 : end]), kind, last)
            at = end
        elif token == "(" and following and _is_split(tokens, at):
            splits.append(last)
        elif token == "(":
            at = _closing(path, tokens, at)  # a property or marker
        elif token == "|" and splits:
            last = splits[-1]
        elif token == ")" and splits:
            last = splits.pop()
        at += 1


def _is_split(tokens: list[str], at: int) -> bool:
    """Tell a split: it opens with a point, another split, or an empty first branch."""
    return tokens[at + 1] in ("(", "|") and not (
        tokens[at + 1] == "(" and not _leads_to_point(tokens, at + 1)
    )


def _leads_to_point(tokens: list[str], at: int) -> bool:
    while at < len(tokens) and tokens[at] == "(":
        at += 1
    return at < len(tokens) and bool(NUMBER.match(tokens[at]) or tokens[at] == "Color")


def _soma(trees: _Trees, notes: list[str]) -> None:
    """Take the largest contour as the outline of a sphere of the same drawn area."""
    areas = [_area(points) for points in trees.contours]
    outline = np.array(trees.contours[int(np.argmax(areas))])
    if len(outline) < 3 or max(areas) == 0:
        radius = float(outline[:, 3].max() / 2)
    else:
        radius = float(np.sqrt(max(areas) / np.pi))
    notes.append(f"soma outline of {len(outline)} points taken as a sphere")
    trees.add([*outline[:, :3].mean(axis=0).tolist(), 2 * radius], SOMA, -1)


def _area(points: list[list[float]]) -> float:
    """Return the area inside a closed outline, in whatever plane it lies."""
    xyz = np.array(points)[:, :3]
    spokes = xyz - xyz.mean(axis=0)
    return float(np.linalg.norm(np.cross(spokes, np.roll(spokes, -1, axis=0)).sum(axis=0)) / 2)
