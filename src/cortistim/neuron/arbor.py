"""Growing a cell: a random tree with given statistics, laid out in space.

Topology first: ends are split at random until there are as many as wanted. Then the layout:
stretches of random length that keep to their course, last branches that point where the
statistics of their directions say. Calibres come last, from the endings back to the soma,
because it is the endings that a field acts on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.polynomial.legendre import legval

from cortistim.geometry import unit
from cortistim.neuron.morphology import APICAL, AXON, BASAL, SOMA, Morphology
from cortistim.typing import FloatArray

STEP_M = 30e-6
CALIBRE_POWER = 6.0  # of parents from children; Rall's 1.5 would make trunks too thick
THINNEST_M, THICKEST_M = 0.1e-6, 4e-6
UP = np.array([0.0, 0.0, 1.0])


@dataclass
class _Tree:
    """Points while they grow."""

    xyz: list[FloatArray]
    radius: list[float]
    kind: list[int]
    parent: list[int]

    def add(self, xyz: FloatArray, radius: float, kind: int, parent: int) -> int:
        self.xyz.append(xyz)
        self.radius.append(radius)
        self.kind.append(kind)
        self.parent.append(parent)
        return len(self.xyz) - 1

    def stretch(
        self, start: int, end_m: FloatArray, radius: float, kind: int, bend: FloatArray
    ) -> int:
        """Lead from a point to a place, along a gently bent line; return the last point."""
        origin = self.xyz[start]
        count = max(1, round(float(np.linalg.norm(end_m - origin)) / STEP_M))
        for s in (np.arange(count) + 1) / count:
            place = origin + s * (end_m - origin) + np.sin(np.pi * s) * bend
            start = self.add(place, radius, kind, start)
        return start


def grow(
    statistics: Mapping[str, Any], seed: int, name: str, *, scale: float = 1.0
) -> Morphology:
    """Grow one cell.

    Parameters
    ----------
    statistics : mapping
        A type of ``data/cells.json``: ``soma_radius_m``, ``axon`` and ``dendrites``.
    seed : int
        Of the clone.
    name : str
        Of the clone.
    scale : float
        Multiplies all calibres of the axon.

    Returns
    -------
    Morphology
        The soma at the origin, the pia along +z.
    """
    rng = np.random.default_rng(seed)
    tree = _Tree([np.zeros(3)], [float(statistics["soma_radius_m"])], [SOMA], [-1])
    _grow_axon(tree, statistics["axon"], rng, scale)
    for dendrite in statistics["dendrites"]:
        _grow_dendrite(tree, dendrite, rng)
    return Morphology(
        name,
        np.array(tree.xyz),
        np.array(tree.radius),
        np.array(tree.kind),
        np.array(tree.parent),
        UP,
    )


def _topology(leaves: int, rng: np.random.Generator) -> tuple[list[int], list[list[int]]]:
    """Split ends at random; return parents and children of branches, the trunk first."""
    parent, children, ends = [-1], [[]], [0]
    while len(ends) < leaves:
        split = ends.pop(int(rng.integers(len(ends))))
        for _ in range(2):
            children[split].append(len(parent))
            ends.append(len(parent))
            parent.append(split)
            children.append([])
    return parent, children


def _grow_axon(
    tree: _Tree, axon: Mapping[str, Any], rng: np.random.Generator, scale: float
) -> None:
    leaves = max(4, round(rng.normal(axon["endings"], axon["endings_sd"])))
    parent, children = _topology(leaves, rng)
    heading = np.array([_random_direction(rng, axon["headings"]) for _ in parent])
    heading[0] = unit(np.asarray(axon["leaves_soma"], float))
    calibre = _calibres(axon, heading, children, rng) * scale
    last: list[int] = []
    for branch, before in enumerate(parent):
        start = last[before] if before >= 0 else 0
        if children[branch]:
            along = heading[branch]
            if before >= 0:  # inner branches keep half of their parent's course
                heading[branch] = along = unit(along + heading[before])
            middle, spread = axon["trunk_m" if before < 0 else "branch_m"], axon["branch_sd"]
        else:
            along, middle, spread = heading[branch], axon["last_m"], axon["last_sd"]
        length = middle * np.exp(spread * rng.standard_normal())
        bend = axon["bend"] * length * rng.standard_normal(3) / 3
        end = tree.xyz[start] + length * along
        last.append(tree.stretch(start, end, calibre[branch] / 2, AXON, bend))


def _random_direction(rng: np.random.Generator, headings: list[float]) -> FloatArray:
    """Draw a direction; its density over the cosine to the pia is a Legendre series."""
    top = sum(map(abs, headings))
    while True:
        z, azimuth = rng.uniform(-1, 1), rng.uniform(0, 2 * np.pi)
        if rng.uniform(0, top) <= legval(z, headings):
            r = np.sqrt(1 - z * z)
            return np.array([r * np.cos(azimuth), r * np.sin(azimuth), z])


def _calibres(
    axon: Mapping[str, Any],
    heading: FloatArray,
    children: list[list[int]],
    rng: np.random.Generator,
) -> FloatArray:
    """Give endings log-normal calibres that depend on their direction, parents what follows."""
    spread = axon["calibre_sd"] * rng.standard_normal(len(heading))
    course = legval(heading[:, 2], [0.0, *axon["calibre_by_heading"]])
    calibre = axon["calibre_m"] * np.exp(course + spread)
    for branch in range(len(children) - 1, -1, -1):
        if children[branch]:
            below = calibre[children[branch]] ** CALIBRE_POWER
            calibre[branch] = below.sum() ** (1 / CALIBRE_POWER)
    return np.clip(calibre, THINNEST_M, THICKEST_M)


def _grow_dendrite(tree: _Tree, dendrite: Mapping[str, Any], rng: np.random.Generator) -> None:
    kind = APICAL if dendrite["kind"] == "apical" else BASAL
    for _ in range(dendrite["count"]):
        heading = unit(np.asarray(dendrite["heading"]) + dendrite["scatter"] * _noise(rng))
        end = tree.xyz[0] + dendrite["trunk_m"] * heading
        radius = dendrite["diameter_m"] / 2
        fork = tree.stretch(0, end, radius, kind, np.zeros(3))
        for _ in range(dendrite["tips"]):
            course = unit(heading + dendrite["tip_scatter"] * _noise(rng))
            tip = tree.xyz[fork] + dendrite["tip_m"] * course
            tree.stretch(fork, tip, radius / 2, kind, np.zeros(3))


def _noise(rng: np.random.Generator) -> FloatArray:
    return rng.standard_normal(3)
