"""From a shape to compartments: areas, axial conductances, myelin, membranes, rest.

Axons follow Aberra 2020: the first 50 µm are bare, nodes of 1 µm stand between internodes of
100 diameters (70 in last branches) and at every branching and ending, and only axons of 0.2
µm and more have myelin. Fibre and axon diameters are tied by a g-ratio that grows with the
diameter.
"""

import itertools
from dataclasses import dataclass, field

import numpy as np

from cortistim.geometry import assign, freeze
from cortistim.neuron import channels
from cortistim.neuron.morphology import APICAL, AXON, BASAL, SOMA, Morphology
from cortistim.typing import FloatArray, IntArray

SOURCES = ("aberra2020", "aberra2018")
AXIAL_OHM_M = 1.0
MEMBRANE_F_PER_M2 = 0.01
SPINES = 2.0  # dendritic capacitance over that of a bare membrane, for the area of spines
PIECE_M = 40e-6
NODE_M = 1e-6
BARE_M = 50e-6
MYELIN_FROM_DIAMETER_M = 0.2e-6
SHORTEST_INTERNODE_M = 20e-6
INTERNODE_DIAMETERS, LAST_INTERNODE_DIAMETERS = 100.0, 70.0
JOINT, BODY, BARE, NODE, INTERNODE, DENDRITE = range(6)
"""What a compartment is; a joint is a branching point without membrane."""


@dataclass(frozen=True, eq=False)
class Cable:
    """Compartments of one cell, parents before children.

    Parameters
    ----------
    name : str
        The cell's.
    centre_m : (n, 3) array [m]
        Where the field is taken.
    parent : (n,) int array
        -1 for the first, the soma.
    area_m2, axial_s, capacitance_f, leak_s : (n,) arrays [m², S, F, S]
        Membrane area, conductance to the parent, capacitance and leak of the membrane.
    bars_s : (n, n_channel) array [S]
        Largest conductances, in the order of `channels.CHANNELS`.
    gates : (n, 2) int array
        First and one past the last gate.
    part : (n,) int array
        `JOINT`, `BODY`, `BARE`, `NODE`, `INTERNODE` or `DENDRITE`.
    to_end_m : (n,) array [m]
        Along an axon to its nearest ending; infinite elsewhere.
    up : (3,) array
        From the soma to the pia.
    rest_v : (n,) array [V]
        Resting potential.
    """

    name: str
    centre_m: FloatArray
    parent: IntArray
    area_m2: FloatArray
    axial_s: FloatArray
    capacitance_f: FloatArray
    leak_s: FloatArray
    bars_s: FloatArray
    gates: IntArray
    part: IntArray
    to_end_m: FloatArray
    up: FloatArray
    rest_v: FloatArray = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        """Freeze the arrays and find the rest."""
        if not len(self.rest_v):
            assign(self, rest_v=resting_v(self))
        freeze(self, *(name for name in self.__dataclass_fields__ if name != "name"))

    @property
    def excitable(self) -> FloatArray:
        """Whether a crossing of 0 mV counts for a spike, (n,) bool."""
        return (self.gates[:, 0] == 0) & (self.gates[:, 1] > 0)


@dataclass
class _Builder:
    """Rows of compartments while they grow."""

    rows: list[tuple] = field(default_factory=list)
    half_ohm: list[float] = field(default_factory=list)

    def add(self, parent: int, centre: FloatArray, sizes: FloatArray, what: tuple) -> int:
        """Add a compartment and return its index.

        ``sizes`` are its membrane area and the axial resistances of its two halves.
        """
        area, near_ohm, far_ohm = sizes
        before = self.half_ohm[parent] if parent >= 0 else 0.0
        total = before + near_ohm
        self.rows.append((parent, centre, area, 1 / total if total > 0 else 0.0, *what))
        self.half_ohm.append(far_ohm)
        return len(self.rows) - 1


@dataclass(frozen=True, eq=False)
class _Run:
    """An unbranched run: arc length, points and diameters along it."""

    arc_m: FloatArray
    points_m: FloatArray
    diameter_m: FloatArray

    @property
    def length_m(self) -> float:
        return float(self.arc_m[-1])

    def centre_m(self, start_m: float, end_m: float) -> FloatArray:
        middle = (start_m + end_m) / 2
        return np.array([np.interp(middle, self.arc_m, c) for c in self.points_m.T])

    def sizes(self, start_m: float, end_m: float, g_ratio: bool) -> FloatArray:  # noqa: FBT001
        """Return area and the axial resistances of both halves, by the midpoint rule."""
        at = start_m + (end_m - start_m) * (np.arange(16) + 0.5) / 16
        diameter = np.interp(at, self.arc_m, self.diameter_m)
        if g_ratio:
            diameter = diameter / fibre_g_ratio(diameter)
        piece = (end_m - start_m) / 16
        ohm = AXIAL_OHM_M * piece / (np.pi * diameter**2 / 4)
        return np.array([np.pi * diameter.sum() * piece, ohm[:8].sum(), ohm[8:].sum()])


def fibre_g_ratio(diameter_m: FloatArray) -> FloatArray:
    """Return axon over fibre diameter, 0.4 to 0.8, from the axon's diameter (Aberra 2020).

    Parameters
    ----------
    diameter_m : (...) array [m]
        Of the axon.

    Returns
    -------
    (...) array
        The ratio.
    """
    d = np.asarray(diameter_m) * 1e6
    return np.clip(0.6425 * d**3 - 1.778 * d**2 + 1.749 * d + 0.1518, 0.4, 0.8)


def cable_of(shape: Morphology, *, myelin: bool = True, piece_m: float = PIECE_M) -> Cable:
    """Cut a cell into compartments.

    Parameters
    ----------
    shape : Morphology
        Any.
    myelin : bool
        Whether axons are myelinated.
    piece_m : float [m]
        Longest compartment.

    Returns
    -------
    Cable
        With its resting state.
    """
    builder = _Builder()
    soma_m2 = 4 * np.pi * float(shape.radius_m[0]) ** 2
    root = builder.add(-1, shape.points_m[0], np.array([soma_m2, 0, 0]), (BODY, SOMA, 0.0))
    ends, distance_m = {0: root}, {0: 0.0}
    children = shape.children()
    axon_length_m = {0: 0.0}
    for points in shape.sections():
        start, end = points[0], points[-1]
        run = _run_of(shape, points)
        kind = int(shape.kind[end])
        far_m = distance_m[start]
        cuts = _cuts(run, kind, far_m, last=not children[end], myelin=myelin, piece_m=piece_m)
        at = ends[start]
        for s, e, part in cuts:
            what = (part, kind, far_m + (s + e) / 2)
            sizes = run.sizes(s, e, part == INTERNODE)
            at = builder.add(at, run.centre_m(s, e), sizes, what)
        if len(children[end]) > 1:
            what = (JOINT, kind, far_m + run.length_m)
            at = builder.add(at, shape.points_m[end], np.zeros(3), what)
        ends[end], distance_m[end] = at, far_m + run.length_m
        axon_length_m[end] = run.length_m
    return _assembled(shape, builder)


def _run_of(shape: Morphology, points: list[int]) -> _Run:
    xyz, diameter = shape.points_m[points].copy(), 2 * shape.radius_m[points]
    # a branch starts with its own width, not that of the soma or of a thicker parent
    diameter[0] = diameter[1]
    step = np.linalg.norm(np.diff(xyz, axis=0), axis=1)
    return _Run(np.concatenate([[0], np.cumsum(step)]), xyz, diameter)


def _cuts(
    run: _Run, kind: int, far_m: float, *, last: bool, myelin: bool, piece_m: float
) -> list[tuple[float, float, int]]:
    """Return start, end and part of the compartments along a run."""
    length = run.length_m
    if kind != AXON:
        return _pieces(0.0, length, DENDRITE, piece_m)
    bare = min(max(BARE_M - far_m, 0.0), length) if myelin else length
    cuts = _pieces(0.0, bare, BARE, piece_m) if bare > 0 else []
    if length - bare <= 0:
        return cuts
    count = _internodes(run, length - bare, last=last)
    if not count:
        return [*cuts, *_pieces(bare, length, BARE, piece_m)]
    pitch = (length - bare) / count
    for k in range(count):
        start = bare + k * pitch
        cuts += _pieces(start, start + pitch - NODE_M, INTERNODE, piece_m)
        cuts.append((start + pitch - NODE_M, start + pitch, NODE))
    return cuts


def _internodes(run: _Run, length_m: float, *, last: bool) -> int:
    diameter = float(np.median(run.diameter_m))
    if diameter < MYELIN_FROM_DIAMETER_M:
        return 0
    wanted = (LAST_INTERNODE_DIAMETERS if last else INTERNODE_DIAMETERS) * diameter
    count = int(length_m / (wanted + NODE_M))
    return count or int(length_m >= SHORTEST_INTERNODE_M + NODE_M)


def _pieces(
    start_m: float, end_m: float, part: int, piece_m: float
) -> list[tuple[float, float, int]]:
    count = int(np.ceil((end_m - start_m) / piece_m - 1e-9))
    edges = np.linspace(start_m, end_m, max(count, 1) + 1)
    return [(float(s), float(e), part) for s, e in itertools.pairwise(edges)]


def _assembled(shape: Morphology, builder: _Builder) -> Cable:
    parent, centre, area, axial, part, kind, far_m = map(
        np.array, zip(*builder.rows, strict=True)
    )
    membrane = [_membrane(*row) for row in zip(part, kind, far_m, strict=True)]
    capacitance, leak, bars, gates = (np.array(x) for x in zip(*membrane, strict=True))
    return Cable(
        shape.name,
        centre,
        parent,
        area,
        axial,
        capacitance * area,
        leak * area,
        bars * area[:, None],
        gates,
        part,
        _to_end(parent, kind, part, centre),
        shape.up,
    )


def _membrane(
    part: int, kind: int, far_m: float
) -> tuple[float, float, FloatArray, tuple[int, int]]:
    """Return capacitance and leak per area, densities and gates of a kind of membrane."""
    if part == JOINT:
        return 0.0, 0.0, channels.densities({}), (0, 0)
    if part == INTERNODE:
        empty = channels.densities({})
        return channels.MYELIN_F_PER_M2, channels.MYELIN_S_PER_M2, empty, (0, 0)
    if kind == APICAL:
        held = {**channels.APICAL, "Ih": channels.APICAL["Ih"] * channels.apical_ih(far_m)}
    else:
        held = {SOMA: channels.SOMA, BASAL: channels.BASAL, AXON: channels.AXON}[kind]
        held = channels.NODE if part == NODE else held
    capacity = MEMBRANE_F_PER_M2 * (SPINES if kind in (BASAL, APICAL) else 1.0)
    gates = (0, 13) if kind == SOMA else channels.gate_range(held)
    return capacity, channels.LEAK_S_PER_M2, channels.densities(held), gates


def _to_end(
    parent: IntArray, kind: IntArray, part: IntArray, centre_m: FloatArray
) -> FloatArray:
    """Return the way down an axon to its nearest ending."""
    has_child = np.zeros(len(parent), bool)
    has_child[parent[1:]] = True
    way = np.where((kind == AXON) & ~has_child & (part != JOINT), 0.0, np.inf)
    for i in range(len(parent) - 1, 0, -1):
        step = float(np.linalg.norm(centre_m[i] - centre_m[parent[i]]))
        if kind[parent[i]] == AXON:
            way[parent[i]] = min(way[parent[i]], way[i] + step)
    return way


def resting_v(cable: Cable, *, steps: int = 400, dt_s: float = 1e-3) -> FloatArray:
    """Relax a cell, its gates always in their steady state.

    Parameters
    ----------
    cable : Cable
        Any.
    steps : int
        At most.
    dt_s : float [s]
        Of implicit steps.

    Returns
    -------
    (n,) array [V]
        Potentials that no longer change.
    """
    from scipy.sparse import coo_array, diags_array
    from scipy.sparse.linalg import splu

    n = len(cable.parent)
    child, parent, g = np.arange(1, n), cable.parent[1:], cable.axial_s[1:]
    i, j = np.r_[child, parent], np.r_[parent, child]
    links = coo_array((np.r_[-g, -g], (i, j)), shape=(n, n)).tocsc()
    diagonal = np.bincount(i, np.r_[g, g], n) + cable.capacitance_f / dt_s
    v = np.full(n, channels.LEAK_V)
    for _ in range(steps):
        conductance, current = _steady(cable, v)
        solver = splu((links + diags_array(diagonal + conductance)).tocsc())
        after = solver.solve(current + cable.capacitance_f / dt_s * v)
        settled = float(np.abs(after - v).max()) < 1e-8
        v = after
        if settled:
            break
    return v


def _steady(cable: Cable, v: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return conductance and reversing current of membranes at rest."""
    s = {name: at[0] for name, at in zip(channels.GATES, channels.rates(1e3 * v), strict=True)}
    opened = (
        s["NaTa_m"] ** 3 * s["NaTa_h"], s["NaP_m"] ** 3 * s["NaP_h"],
        s["KT_m"] ** 4 * s["KT_h"], s["KP_m"] ** 2 * s["KP_h"], s["Kv31_m"],
        s["NaTs2_m"] ** 3 * s["NaTs2_h"], s["Ih_m"], s["Im_m"],
    )  # fmt: skip
    reversal = np.array([0.05, 0.05, -0.085, -0.085, -0.085, 0.05, -0.045, -0.085])
    g = cable.bars_s * np.stack(opened, axis=1)
    return cable.leak_s + g.sum(axis=1), cable.leak_s * channels.LEAK_V + g @ reversal
