"""Cell shapes from files: SWC and Neurolucida ASC, mended where it can be said how."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.spatial import KDTree

from cortistim.errors import BadInputError, FileFormatError
from cortistim.io.cell.asc import read_asc_points
from cortistim.io.cell.swc import read_swc_points
from cortistim.neuron.morphology import (
    AXON,
    BASAL,
    KINDS,
    SAME_PLACE_M,
    SMALLEST_RADIUS_M,
    SOMA,
    Morphology,
    upward,
)
from cortistim.typing import BoolArray, FloatArray, IntArray

UM = 1e-6
FAR_ROOT_M = 150e-6
SPROUT_M = 1e-8  # files hold two decimals of a micrometre
FARTHEST_UM = 1e6
READERS = {".swc": read_swc_points, ".asc": read_asc_points}


@dataclass
class _Draft:
    """Points while they are mended."""

    name: str
    xyz_m: FloatArray
    radius_m: FloatArray
    kind: IntArray
    parent: IntArray
    notes: list[str] = field(default_factory=list)

    def keep(self, chosen: BoolArray, parent: IntArray) -> None:
        """Keep some points, with parents given as indices of all."""
        index = np.cumsum(chosen) - 1
        self.xyz_m, self.radius_m = self.xyz_m[chosen], self.radius_m[chosen]
        self.kind = self.kind[chosen]
        self.parent = np.where(parent >= 0, index[parent], -1)[chosen]


def read_morphology(path: Path | str) -> Morphology:
    """Read a cell's shape.

    Parameters
    ----------
    path : Path or str
        An .swc or .asc file, coordinates in micrometres.

    Returns
    -------
    Morphology
        With the repairs in its notes.

    Raises
    ------
    BadInputError
        When the file's name ends otherwise, or no cell is described.
    FileFormatError
        When the file breaks its format, has a cycle or no soma, or a tree begins far from it.
    """
    path = Path(path)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        msg = f"{path}: a cell's shape is an .swc or .asc file. Convert it to one of them."
        raise BadInputError(msg)
    xyz_um, radius_um, kind, parent, notes = reader(path)
    largest_um = float(max(np.abs(xyz_um).max(), np.abs(radius_um).max()))
    if largest_um > FARTHEST_UM:
        msg = f"{path}: a number of {largest_um:.3g} is no length in micrometres. Correct it."
        raise FileFormatError(msg)
    draft = _Draft(path.name, xyz_um * UM, radius_um * UM, kind, parent, list(notes))
    drawn_m = _drawn_m(draft)
    _mend(draft)
    _say_lengths(draft, drawn_m)
    up, words = upward(draft.xyz_m, draft.kind)
    return Morphology(
        path.stem,
        draft.xyz_m,
        draft.radius_m,
        draft.kind,
        draft.parent,
        up,
        (*draft.notes, words),
    )


def _mend(draft: _Draft) -> None:
    """Make it a tree whose root is the soma, or refuse it."""
    _hang_sprouts(draft)
    _without_cycle(draft)
    _one_soma(draft)
    _sorted(draft)
    _known_kinds(draft)
    _without_duplicates(draft)
    _thick_enough(draft)


def _drawn_m(draft: _Draft) -> float:
    """Return the length of all branches, from the first point of each tree on."""
    before = np.maximum(draft.parent, 0)
    branch = (draft.parent >= 0) & (draft.kind != SOMA) & (draft.kind[before] != SOMA)
    steps_m = np.linalg.norm(draft.xyz_m - draft.xyz_m[before], axis=1)
    return float(steps_m[branch].sum())


def _say_lengths(draft: _Draft, drawn_m: float) -> None:
    """Note how much was drawn and how much is used; say when nothing can fire."""
    steps_m = np.linalg.norm(draft.xyz_m - draft.xyz_m[np.maximum(draft.parent, 0)], axis=1)
    steps_m[draft.parent <= 0] = 0.0  # the way out of the soma is in no file of outlines
    shares = ", ".join(
        f"{name} {steps_m[draft.kind == kind].sum() / UM:.1f}"
        for kind, name in KINDS.items()
        if kind != SOMA and (draft.kind == kind).any()
    )
    draft.notes.append(
        f"length {drawn_m / UM:.1f} µm in the file, {steps_m.sum() / UM:.1f} µm used: {shares}"
    )
    if not (draft.kind == AXON).any():
        draft.notes.append(
            "the cell has no axon, where spikes begin: expect nothing in it to fire. Mark the "
            "axon's points (type 2 in SWC, Axon in ASC)"
        )


def _refuse(draft: _Draft, why: str) -> None:
    msg = f"{draft.name}: {why}"
    raise FileFormatError(msg)


def _hang_sprouts(draft: _Draft) -> None:
    """Hang trees that begin on a point of another branch there."""
    top = np.where(draft.parent < 0, np.arange(len(draft.parent)), draft.parent)
    for _ in range(len(top).bit_length()):
        top = top[top]  # ends at the root, except on a cycle, which is refused later
    soma = draft.kind == SOMA
    inner = np.flatnonzero((draft.parent >= 0) & ~soma)
    roots = np.flatnonzero((draft.parent < 0) & ~soma)
    if not len(inner) or not len(roots):
        return
    near = KDTree(draft.xyz_m[inner]).query_ball_point(draft.xyz_m[roots], SPROUT_M)
    hung = 0
    for root, places in zip(roots, near, strict=True):
        others = [p for p in inner[sorted(places)] if top[p] != root]
        if others:
            draft.parent[root] = others[0]
            hung += 1
    if hung:
        draft.notes.append(
            f"trees hung on the point of another branch that they repeat: {hung}"
        )


def _without_cycle(draft: _Draft) -> None:
    """Refuse points whose ancestors never end."""
    ancestor = np.r_[draft.parent, -1]  # the last entry stands for "none"
    for _ in range(len(ancestor).bit_length()):
        ancestor = ancestor[ancestor]
    lost = int((ancestor >= 0).sum())
    if lost:
        _refuse(draft, f"{lost} points hang on a cycle: each must lead back to the soma.")


def _one_soma(draft: _Draft) -> None:
    """Make the soma one sphere of equal area, at the front, and hang every tree on it."""
    soma = draft.kind == SOMA
    if not soma.any():
        _refuse(draft, "the cell has no soma. Mark its points as type 1 (CellBody).")
    centre, radius_m = _sphere(draft, soma)
    _warn_of_far_roots(draft, soma, centre)
    on_soma = (draft.parent < 0) | soma[np.maximum(draft.parent, 0)]
    keep = ~soma
    index = np.cumsum(keep)
    draft.parent = np.r_[-1, np.where(on_soma, 0, index[np.maximum(draft.parent, 0)])[keep]]
    draft.xyz_m = np.concatenate([centre[None], draft.xyz_m[keep]])
    draft.radius_m = np.r_[radius_m, draft.radius_m[keep]]
    draft.kind = np.r_[SOMA, draft.kind[keep]]
    if len(draft.kind) < 2:
        _refuse(
            draft,
            f"all its points ({soma.sum()}) are soma and nothing else. Add its axon and "
            "dendrites, or mark them as such (types 2 to 4 in SWC).",
        )


def _sphere(draft: _Draft, soma: BoolArray) -> tuple[FloatArray, float]:
    xyz, radius = draft.xyz_m[soma], draft.radius_m[soma]
    centre = xyz.mean(axis=0)
    if len(xyz) == 1:
        return centre, float(radius[0])
    parents = draft.parent[soma]
    links = [(i, p) for i, p in zip(np.flatnonzero(soma), parents, strict=True) if p >= 0]
    links = [(i, p) for i, p in links if soma[p]]
    area = 0.0
    for i, p in links:  # a stack of cylinders, as three-point somata are drawn
        height = float(np.linalg.norm(draft.xyz_m[i] - draft.xyz_m[p]))
        area += np.pi * (draft.radius_m[i] + draft.radius_m[p]) * height
    if area == 0:
        area = 4 * np.pi * float(radius.max()) ** 2
    draft.notes.append(f"soma of {len(xyz)} points taken as a sphere of the same area")
    return centre, float(np.sqrt(area / (4 * np.pi)))


def _warn_of_far_roots(draft: _Draft, soma: BoolArray, centre: FloatArray) -> None:
    roots = np.flatnonzero((draft.parent < 0) & ~soma)
    if not len(roots):
        return
    far_m = np.linalg.norm(draft.xyz_m[roots] - centre, axis=1)
    if far_m.max() > FAR_ROOT_M:
        _refuse(
            draft,
            f"a tree begins {far_m.max() / UM:.0f} µm away from the soma, joined to nothing. "
            "Join it to its parent.",
        )
    draft.notes.append(
        f"trees without a parent joined to the soma: {len(roots)}, the farthest from "
        f"{far_m.max() / UM:.0f} µm away"
    )


def _known_kinds(draft: _Draft) -> None:
    """Give points of unknown type their parent's, or what hangs on them, and say so.

    Exports use types from 5 on for parts of an axon (myelin, nodes) and for forks and ends of
    any branch: all of these go on with what they hang on.
    """
    kind, parent = draft.kind.copy(), draft.parent
    unknown = ~np.isin(kind, list(KINDS))
    if not unknown.any():
        return
    codes = ", ".join(map(str, np.unique(kind[unknown])[:6].tolist()))
    kind[unknown] = 0
    _inherit(kind, parent)
    for i in range(len(kind) - 1, 0, -1):  # those that begin a tree
        if kind[i] > SOMA and kind[parent[i]] == 0:
            kind[parent[i]] = kind[i]
    _inherit(kind, parent)
    lost = kind == 0
    kind[lost] = BASAL
    found = ", ".join(
        f"{(kind[unknown & ~lost] == k).sum()} {name}"
        for k, name in KINDS.items()
        if (kind[unknown & ~lost] == k).any()
    )
    if found:
        draft.notes.append(
            f"points of unknown type ({codes}) taken as what they hang on: {found}"
        )
    if lost.any():
        draft.notes.append(
            f"points in trees of unknown type only ({codes}) taken as basal dendrite: "
            f"{lost.sum()}"
        )
    draft.kind = kind


def _inherit(kind: IntArray, parent: IntArray) -> None:
    """Give points without a kind that of their parent, unless it is the soma."""
    for i in range(1, len(kind)):
        if kind[i] == 0 and kind[parent[i]] != SOMA:
            kind[i] = kind[parent[i]]


def _sorted(draft: _Draft) -> None:
    """Put parents before children."""
    children: list[list[int]] = [[] for _ in draft.parent]
    for i, p in enumerate(draft.parent.tolist()):
        if p >= 0:
            children[p].append(i)
    order, stack = [], [0]
    while stack:
        point = stack.pop()
        order.append(point)
        stack += reversed(children[point])
    if order == sorted(order):
        return
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    old = draft.parent[order]
    if (draft.parent >= np.arange(len(order))).any():
        draft.notes.append("points put in order, parents before children")
    draft.xyz_m, draft.radius_m = draft.xyz_m[order], draft.radius_m[order]
    draft.kind, draft.parent = draft.kind[order], np.where(old >= 0, place[old], -1)


def _without_duplicates(draft: _Draft) -> None:
    """Merge points that lie on their parent; what hangs on them hangs on that."""
    step = np.linalg.norm(draft.xyz_m - draft.xyz_m[np.maximum(draft.parent, 0)], axis=1)
    same = step <= SAME_PLACE_M
    same[0] = False
    if not same.any():
        return
    count = np.bincount(draft.parent[1:], minlength=len(draft.parent))
    splits, ends = int((same & (count > 1)).sum()), int((same & (count == 0)).sum())
    parent = draft.parent.copy()
    for i in range(1, len(parent)):  # parents come first, so chains fold up
        if parent[i] >= 0 and same[parent[i]]:
            parent[i] = parent[parent[i]]
    draft.keep(~same, parent)
    if len(draft.kind) < 2:
        _refuse(draft, "all its points lie in one place. Check the columns of the file.")
    more = f"; splits whose branches now hang on it: {splits}" if splits else ""
    more += f"; ends: {ends}" if ends else ""
    draft.notes.append(f"points that repeat the one before left out: {same.sum()}{more}")


def _thick_enough(draft: _Draft) -> None:
    thin = draft.radius_m < SMALLEST_RADIUS_M
    if thin[0]:
        _refuse(draft, "the soma has no size. Give its radius.")
    if not thin.any():
        return
    kinds = {KINDS[int(k)] for k in draft.kind[thin]}
    usual = 0.15e-6 if kinds == {KINDS[AXON]} else 0.25e-6
    draft.radius_m = np.where(thin, usual, draft.radius_m)
    draft.notes.append(
        f"points thinner than 0.04 µm given a diameter of {2e6 * usual:g} µm: {thin.sum()}"
    )
