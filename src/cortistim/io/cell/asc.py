"""Cell shapes in Neurolucida ASC: nested parentheses, splits marked by |."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cortistim.errors import FileFormatError
from cortistim.io.cell.swc import Points
from cortistim.io.text import text_of
from cortistim.neuron.morphology import APICAL, AXON, BASAL, SOMA

TREES = {"axon": AXON, "dendrite": BASAL, "apical": APICAL, "cellbody": SOMA}
TOKEN = re.compile(r'[()|<>]|"[^"]*"|;[^\n]*|[^\s()|<>;"]+')
NUMBER = re.compile(r"[-+]?(\d|\.\d)")
CLOSED_BY = {"(": ")", "<": ">"}
MOST_NAMED = 4  # drawings left out that a note names one by one

Group = list["str | Group"]


@dataclass
class _Trees:
    """Points while the file is read."""

    rows: list[list[float]] = field(default_factory=list)
    kind: list[int] = field(default_factory=list)
    parent: list[int] = field(default_factory=list)

    def add(self, row: list[float], kind: int, parent: int) -> int:
        self.rows.append(row)
        self.kind.append(kind)
        self.parent.append(parent)
        return len(self.rows) - 1

    def length_um(self) -> float:
        """Return the length of all that was added."""
        xyz, parent = np.array(self.rows)[:, :3], np.array(self.parent)
        steps = xyz[parent >= 0] - xyz[parent[parent >= 0]]
        return float(np.linalg.norm(steps, axis=1).sum())


def read_asc_points(path: Path) -> Points:
    """Read the points of a Neurolucida ASC file.

    Parameters
    ----------
    path : Path
        Trees of points with diameters, contours of the cell body. Spines, which stand between
        < and >, markers and properties are passed over; a drawing that is no axon, dendrite
        or cell body is left out and named in the notes.

    Returns
    -------
    xyz_um, radius_um, kind, parent, notes
        As `cortistim.io.cell.swc.read_swc_points`; the cell body is one point, and every tree
        has a root of its own.

    Raises
    ------
    FileFormatError
        When parentheses do not match, or nothing is drawn.
    """
    groups, spines = _groups(path, text_of(path))
    trees, contours, left_out = _Trees(), [], []
    for group in groups:
        if isinstance(group, str) or not _is_drawing(group):
            continue
        kind = _kind(group)
        if kind == SOMA:
            contours.append([_numbers(path, item) for item in group if _is_point(item)])
        elif kind:
            _read_tree(path, group, kind, trees)
        else:
            left_out += _in_words(path, group)
    notes = _soma(trees, [points for points in contours if points])
    if not trees.rows:
        msg = f"{path}: no cell body, axon or dendrite is drawn here. Export it as ASC again."
        raise FileFormatError(msg)
    if spines:
        notes.append(f"spines passed over: {spines}")
    if left_out:
        more = len(left_out) - MOST_NAMED
        others = f" and {more} more" if more > 0 else ""
        named = "; ".join(left_out[:MOST_NAMED])
        notes.append(f"left out, being no axon, dendrite or cell body: {named}{others}")
    table = np.array(trees.rows)
    kind, parent = np.array(trees.kind), np.array(trees.parent)
    return table[:, :3], table[:, 3] / 2, kind, parent, tuple(notes)


def _groups(path: Path, text: str) -> tuple[Group, int]:
    """Turn the text into nested lists without its spines; return them and count the spines."""
    top: Group = []
    within, closers, spines = [top], [], 0
    for token in TOKEN.findall(text):
        if token in CLOSED_BY:
            inner: Group = []
            if token == "(":
                within[-1].append(inner)
            spines += token == "<"
            within.append(inner)  # what a spine holds is attached to nothing
            closers.append(CLOSED_BY[token])
        elif token in CLOSED_BY.values():
            if not closers or closers.pop() != token:
                msg = f"{path}: a {token} closes what was not opened. Export it as ASC again."
                raise FileFormatError(msg)
            within.pop()
        elif not token.startswith(";"):
            within[-1].append(token)
    if closers:
        what = "parenthesis" if closers[-1] == ")" else "spine"
        msg = (
            f"{path}: a {what} is never closed; the file is truncated. Copy or download it "
            "again."
        )
        raise FileFormatError(msg)
    return top, spines


def _is_point(item: "str | Group") -> bool:
    first = item[0] if item and not isinstance(item, str) else None
    return isinstance(first, str) and bool(NUMBER.match(first))


def _is_split(item: "str | Group") -> bool:
    """Tell a split: it holds branches parted by |, or opens with something in parentheses."""
    if isinstance(item, str) or not item:
        return False
    return "|" in item or not isinstance(item[0], str)


def _is_drawing(group: Group) -> bool:
    """Tell a tree or contour from a property or a marker of one point."""
    drawn = sum(_is_point(item) or _is_split(item) for item in group)
    return drawn > 0 and (drawn > 1 or not isinstance(group[0], str) or group[0][0] == '"')


def _words(group: Group) -> list[str]:
    """List what a drawing is called: its title and its one-word properties."""
    words = [item for item in group[:1] if isinstance(item, str)]
    words += [
        item[0]
        for item in group
        if not isinstance(item, str) and len(item) == 1 and isinstance(item[0], str)
    ]
    return [" ".join(word.strip('"').split()) for word in words]


def _kind(group: Group) -> int:
    """Tell what a group draws; a title such as "Cell Body" counts where no property tells."""
    found = [TREES.get(word.replace(" ", "").lower(), 0) for word in reversed(_words(group))]
    return next((kind for kind in found if kind), 0)


def _in_words(path: Path, group: Group) -> list[str]:
    trees = _Trees()
    _read_tree(path, group, 0, trees)
    if not trees.rows:
        return []
    name = ", ".join(_words(group))[:40] or "a drawing without a name"
    return [f"{name} ({len(trees.rows)} points, {trees.length_um():.1f} µm)"]


def _numbers(path: Path, item: "str | Group") -> list[float]:
    words = [word.rstrip(",") for word in item if isinstance(word, str)]
    try:
        values = [float(word) for word in words[:4]]
    except ValueError:
        values = []
    if len(values) < 3 or not np.isfinite(values).all():
        msg = f"{path}: a point must be (x y z diameter); got ({' '.join(words)[:60]})."
        raise FileFormatError(msg)
    return ([*values, 0.0])[:4]


def _read_tree(path: Path, group: Group, kind: int, trees: _Trees) -> None:
    """Follow one tree; every branch of a split springs from the point before the split."""
    # one entry a level: what is left of it, the point before it, the last point so far
    levels = [(iter(group), -1, -1)]
    while levels:
        items, start, last = levels.pop()
        for item in items:
            if item == "|":
                last = start
            elif _is_point(item):
                last = trees.add(_numbers(path, item), kind, last)
            elif _is_split(item):
                levels += [(items, start, last), (iter(item), last, last)]
                break


def _soma(trees: _Trees, contours: list[list[list[float]]]) -> list[str]:
    """Take the largest contour as the outline of a sphere of the same drawn area."""
    if not contours:
        return []
    areas = [_area(points) for points in contours]
    outline = np.array(contours[int(np.argmax(areas))])
    if len(outline) < 3 or max(areas) == 0:
        radius = float(outline[:, 3].max() / 2)
    else:
        radius = float(np.sqrt(max(areas) / np.pi))
    trees.add([*outline[:, :3].mean(axis=0).tolist(), 2 * radius], SOMA, -1)
    of = f", the largest of {len(contours)}," if len(contours) > 1 else ""
    return [f"soma outline of {len(outline)} points{of} taken as a sphere"]


def _area(points: list[list[float]]) -> float:
    """Return the area inside a closed outline, in whatever plane it lies."""
    xyz = np.array(points)[:, :3]
    spokes = xyz - xyz.mean(axis=0)
    return float(np.linalg.norm(np.cross(spokes, np.roll(spokes, -1, axis=0)).sum(axis=0)) / 2)
