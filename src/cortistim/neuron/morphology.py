"""The shape of a cell: a tree of points with radii, checked and mended."""

from dataclasses import dataclass

import numpy as np

from cortistim.errors import BadInputError
from cortistim.geometry import freeze, unit
from cortistim.typing import FloatArray, IntArray

SOMA, AXON, BASAL, APICAL = 1, 2, 3, 4
KINDS = {SOMA: "soma", AXON: "axon", BASAL: "basal dendrite", APICAL: "apical dendrite"}
LARGEST_M = 0.2  # of a cell; corticospinal axons, the longest, are not drawn here
SMALLEST_M = 5e-6  # cells in millimetres taken for micrometres are smaller
LARGEST_RADIUS_M = 1e-4
SMALLEST_RADIUS_M = 2e-8
SAME_PLACE_M = 1e-9


@dataclass(frozen=True, eq=False)
class Morphology:
    """A cell's shape; the first point is the soma, parents come before children.

    Parameters
    ----------
    name : str
        What a user calls it.
    points_m : (n, 3) array [m]
        Points along the branches.
    radius_m : (n,) array [m]
        Of the branch there; of a sphere of the soma's area for the first point.
    kind : (n,) int array
        `SOMA`, `AXON`, `BASAL` or `APICAL`; the soma is the first point only.
    parent : (n,) int array
        Index of the point before, -1 for the first.
    up : (3,) array
        Direction from the soma to the pia.
    notes : tuple of str
        What was mended or assumed.
    """

    name: str
    points_m: FloatArray
    radius_m: FloatArray
    kind: IntArray
    parent: IntArray
    up: FloatArray
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Freeze the arrays; refuse what is no cell."""
        freeze(self, "points_m", "radius_m", "up", dtype=np.float64)
        freeze(self, "kind", "parent", dtype=np.int64)
        self._check_tree()
        self._check_sizes()

    def _check_tree(self) -> None:
        order = np.arange(len(self.parent))
        if len(order) < 2 or self.parent[0] != -1 or self.kind[0] != SOMA:
            msg = f"{self.name}: a cell needs a soma as its first point, and a branch."
            raise BadInputError(msg)
        if (self.parent[1:] < 0).any() or (self.parent >= order).any():
            msg = f"{self.name}: every point must follow its parent, without a cycle."
            raise BadInputError(msg)

    def _check_sizes(self) -> None:
        if not (np.isfinite(self.points_m).all() and np.isfinite(self.radius_m).all()):
            msg = f"{self.name}: the points and radii must be finite."
            raise BadInputError(msg)
        extent_m = float(np.ptp(self.points_m, axis=0).max())
        widest_m = float(self.radius_m[1:].max())
        if extent_m > LARGEST_M or widest_m > LARGEST_RADIUS_M or extent_m < SMALLEST_M:
            msg = (
                f"{self.name}: the cell is {extent_m * 1e6:.4g} µm long and its branches up to "
                f"{2e6 * widest_m:.4g} µm thick, which no cortical neuron is. Coordinates and "
                "radii must be in micrometres."
            )
            raise BadInputError(msg)

    @property
    def length_m(self) -> FloatArray:
        """Length from each point's parent to it, (n,), in metres; 0 for the soma."""
        step = self.points_m - self.points_m[np.maximum(self.parent, 0)]
        return np.linalg.norm(step, axis=1)

    def children(self) -> list[list[int]]:
        """List the points that follow each point.

        Returns
        -------
        list of list of int
            For each point, the indices of those that name it as their parent.
        """
        found: list[list[int]] = [[] for _ in self.parent]
        for point, parent in enumerate(self.parent[1:].tolist(), start=1):
            found[parent].append(point)
        return found

    def sections(self) -> list[list[int]]:
        """List the unbranched runs: each from a soma or branch point to the next end.

        Returns
        -------
        list of list of int
            Indices of points, the first of each run being shared with the run before.
        """
        children = self.children()
        runs = []
        for start, below in enumerate(children):
            if start and len(below) == 1:
                continue
            for point in below:
                run = [start, point]
                while len(children[run[-1]]) == 1:
                    run.append(children[run[-1]][0])
                runs.append(run)
        return runs


def upward(points_m: FloatArray, kind: IntArray) -> tuple[FloatArray, str]:
    """Guess the direction from the soma to the pia.

    Parameters
    ----------
    points_m : (n, 3) array [m]
        The soma first.
    kind : (n,) int array
        As in `Morphology`.

    Returns
    -------
    up : (3,) array
        The file's +y, which points to the pia in the usual frame; along the apical dendrite
        where that lies more than 60° away from it.
    words : str
        How it was found.
    """
    y = np.array([0.0, 1.0, 0.0])
    apical = points_m[kind == APICAL]
    if not len(apical):
        return y, "soma to pia is taken as +y of the file, which has no apical dendrite"
    along = unit(apical.mean(axis=0) - points_m[0])
    if along @ y < 0.5:
        return along, "soma to pia runs along the apical dendrite, which is far from +y"
    return y, "soma to pia is +y of the file"
