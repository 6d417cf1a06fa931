"""Layered spheres whose nodes lie exactly on the spheres."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

from cortistim.errors import BadInputError
from cortistim.geometry import unit
from cortistim.head.mesh import TetMesh
from cortistim.typing import FloatArray, IntArray

MEAN_EDGE = 1.204  # of an equal share of the unit sphere, times the cuts
SEEDS = (2, 3, 5)  # subdivisions of the innermost ball
STEEPNESS = 0.15  # growth of the wanted edge per unit of depth
FLATNESS = 0.85  # thickness of a layer over its edges


def layered_sphere(radii_m: Sequence[float], tags: Sequence[int], *, edge_m: float) -> TetMesh:
    """Fill concentric spheres around the origin with tetrahedra.

    Icosahedral triangulations of growing radius are joined by prisms, each cut into three
    tetrahedra. Towards the centre, where the edges shrink with the radius, a layer of
    another pattern (seven tetrahedra for four outer triangles) halves the subdivision.

    Parameters
    ----------
    radii_m : sequence of float [m]
        Of the tissues' outer surfaces, ascending. Every node of an interface lies on its
        sphere, to rounding.
    tags : sequence of int
        Tissue inside each radius.
    edge_m : float [m]
        Mean edge on the outermost sphere; met within about 20 %, since only 2, 3 or 5 times
        a power of two subdivisions of the icosahedron's edges are possible. Edges grow
        with depth, to about twice as long.

    Returns
    -------
    TetMesh
        One part, positive volumes. Volumes are smaller than the spheres' by about
        (edge / radius)² / 4.

    Raises
    ------
    BadInputError
        When radii do not ascend from above zero, tags do not match them, or the edge is
        longer than half the outer radius.
    """
    radii = np.asarray(radii_m, dtype=float)
    if not (len(radii) == len(tags) > 0 and radii[0] > 0 and (np.diff(radii) > 0).all()):
        msg = (
            "radii_m must ascend from above 0 with one tag each; "
            f"got {list(radii_m)} and {list(tags)}."
        )
        raise BadInputError(msg)
    if not 0 < edge_m <= radii[-1] / 2:
        msg = f"edge_m must be above 0 and at most {radii[-1] / 2} (half the radius); {edge_m}."
        raise BadInputError(msg)
    return _stack(_shells(radii, edge_m), tags)


@dataclass(frozen=True, slots=True)
class Shell:
    """One sphere of triangles: radius, subdivision, and which tissue lies below.

    Parameters
    ----------
    radius_m : float [m]
        Of the sphere.
    cuts : int
        How often the triangles are divided.
    tissue : int
        Tag of what lies below.
    """

    radius_m: float
    cuts: int
    tissue: int

    @property
    def edge_m(self) -> float:
        """Mean edge in metres."""
        return MEAN_EDGE * self.radius_m / self.cuts


def _shells(radii_m: FloatArray, edge_m: float) -> list[Shell]:
    """Plan the spheres from the outermost to the last one before the centre."""
    possible = [seed << k for seed in SEEDS for k in range(12)]
    ideal = MEAN_EDGE * radii_m[-1] / edge_m
    cuts = min(possible, key=lambda n: abs(np.log(n / ideal)))
    shells = []
    for tissue in range(len(radii_m) - 1, 0, -1):
        outer_m, inner_m = radii_m[tissue], radii_m[tissue - 1]
        thickness_m = FLATNESS * MEAN_EDGE * (outer_m + inner_m) / 2 / cuts
        count = max(1, round((outer_m - inner_m) / thickness_m))
        steps = np.linspace(outer_m, inner_m, count + 1)[:-1]
        shells += [Shell(radius_m, cuts, tissue) for radius_m in steps]
    shells.append(Shell(radii_m[0], cuts, 0))
    while True:
        last = shells[-1]
        wanted_m = edge_m + STEEPNESS * (radii_m[-1] - last.radius_m)
        can_halve = last.cuts % 2 == 0 and 2 * last.edge_m < 1.4 * wanted_m
        if last.cuts == 1 or (last.cuts % 2 and last.radius_m < wanted_m):
            return shells
        step_m = FLATNESS * last.edge_m * (1.5 if can_halve else 1.0)
        # where two cuts remain the triangles are nearly as long as the radius
        radius_m = last.radius_m - min(step_m, 0.5 * last.radius_m)
        shells.append(Shell(radius_m, last.cuts // (2 if can_halve else 1), 0))


def _stack(shells: list[Shell], tags: Sequence[int]) -> TetMesh:
    """Join the spheres, and the last one to the centre, with tetrahedra."""
    patterns = {shell.cuts: _pattern(shell.cuts) for shell in shells}
    nodes_m = [unit(patterns[shell.cuts][0]) * shell.radius_m for shell in shells]
    first = np.cumsum([0, *(len(block) for block in nodes_m)])
    layers = []
    for k, (outer, inner) in enumerate(pairwise(shells)):
        if outer.cuts == inner.cuts:
            triangles = patterns[outer.cuts][1]
            layers.append(_prisms(triangles + first[k], triangles + first[k + 1]))
        else:
            halved = _halving(patterns[outer.cuts], patterns[inner.cuts])
            layers.append(np.where(halved < 0, ~halved + first[k + 1], halved + first[k]))
    triangles = patterns[shells[-1].cuts][1] + first[-2]
    layers.append(np.insert(triangles, 3, first[-1], axis=1))
    tissue = np.repeat([shell.tissue for shell in shells], [len(layer) for layer in layers])
    return _oriented(
        np.concatenate([*nodes_m, np.zeros((1, 3))]),
        np.concatenate(layers),
        np.asarray(tags)[tissue],
    )


def _oriented(nodes_m: FloatArray, tets: IntArray, tags: IntArray) -> TetMesh:
    """Swap two corners where the volume would be negative."""
    inside_out = TetMesh(nodes_m, tets, tags).volumes_m3 < 0
    tets[inside_out] = tets[inside_out][:, [0, 1, 3, 2]]
    return TetMesh(nodes_m, tets, tags)


def _pattern(cuts: int) -> tuple[FloatArray, IntArray]:
    """Nodes, on the flat faces of an icosahedron, and triangles of its subdivision."""
    corners, faces = _icosahedron()
    steps = range(cuts + 1)
    weights = np.array([(i, j, cuts - i - j) for i in steps for j in steps if i + j <= cuts])
    number = {(i, j): k for k, (i, j, _) in enumerate(weights.tolist())}
    upward = [(i, j, i + 1, j, i, j + 1) for i, j in number if i + j < cuts]
    downward = [(i, j, i, j - 1, i - 1, j) for i, j in number if i > 0 and j > 0]
    pieces = [[number[q[0:2]], number[q[2:4]], number[q[4:6]]] for q in upward + downward]
    flat = np.einsum("nk,fkd->fnd", weights / cuts, corners[faces]).reshape(-1, 3)
    _, kept, merged = np.unique(flat.round(9), axis=0, return_index=True, return_inverse=True)
    offsets = len(weights) * np.arange(len(faces))
    triangles = merged.reshape(-1)[np.array(pieces)[None] + offsets[:, None, None]]
    return flat[kept], triangles.reshape(-1, 3)


def _icosahedron() -> tuple[FloatArray, IntArray]:
    """Twelve corners at distance one and the twenty triples of mutual neighbours."""
    golden = (1 + np.sqrt(5)) / 2
    signs = [(a, b) for a in (-1, 1) for b in (-golden, golden)]
    corners = np.array([np.roll((0, a, b), k) for k in range(3) for a, b in signs])
    near = np.isclose(np.linalg.norm(corners[:, None] - corners, axis=-1), 2)
    faces = [t for t in combinations(range(12), 3) if near[np.ix_(t, t)].sum() == 6]
    return unit(corners), np.array(faces)


def _prisms(outer: IntArray, inner: IntArray) -> IntArray:
    """Cut prisms into three; diagonals leave from the lower number, so neighbours agree."""
    order = outer.argsort(axis=1)
    a, b, c = np.take_along_axis(outer, order, axis=1).T
    d, e, f = np.take_along_axis(inner, order, axis=1).T
    cut = np.array([[a, b, c, f], [a, b, e, f], [a, d, e, f]])
    return cut.transpose(0, 2, 1).reshape(-1, 4)


def _halving(outer: tuple, inner: tuple) -> IntArray:
    """Cut the layer between a pattern and the one with half its cuts.

    Four outer triangles on each inner one: three corners over their inner node, and an
    octahedron of inner triangle and outer middle triangle, cut into four around a diagonal.
    Inner nodes are given as -1 - number.
    """
    from scipy.spatial import KDTree

    tree = KDTree(outer[0])
    flat, triangles = inner
    over = np.asarray(tree.query(flat)[1])
    a, b, c = (triangles[:, k] for k in range(3))
    ends = ((a, b), (b, c), (c, a))
    ab, bc, ca = (tree.query((flat[p] + flat[q]) / 2)[1] for p, q in ends)
    low_a, low_b, low_c = ~a, ~b, ~c
    cut = np.array([
        [over[a], ab, ca, low_a], [over[b], bc, ab, low_b], [over[c], ca, bc, low_c],
        [low_a, bc, low_b, low_c], [low_a, bc, low_c, ca],
        [low_a, bc, ca, ab], [low_a, bc, ab, low_b],
    ])  # fmt: skip
    return cut.transpose(0, 2, 1).reshape(-1, 4)
