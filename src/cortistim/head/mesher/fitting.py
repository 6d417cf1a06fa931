"""Which tissue a lattice tetrahedron is, and moving its nodes to the tissues' borders."""

from dataclasses import dataclass

import numpy as np

from cortistim.head.mesher import _kernels, topology
from cortistim.head.mesher.bridges import split_bridges
from cortistim.head.tissues import BONES, CSF, EYES, GREY, SCALP
from cortistim.typing import FloatArray, IntArray, Progress

# Chosen by trial on Colin27 for smooth borders, true volumes and good shapes.
BLUR_VOXELS = 0.75
OUTER_BLUR_VOXELS = 1.5
THIN_WEIGHT = 1.5  # of CSF one voxel thin, which would get holes otherwise
NEAR = 0.3  # of an edge: nodes nearer to a border move onto it, other edges are cut
AGREEMENT = 0.2  # a neighbour's vote against a mean field of 1
ROUNDS, SWEEPS, LAST_SWEEPS = 2, 2, 4
PULL, LAST_PULL = 0.5, 0.3
GUARD = 0.2  # 3 r/R that moving a border node must not spoil
COMFORT = 0.35  # 3 r/R below which inner nodes move
LEAST_SHAPE = 0.15  # 3 r/R to reach at the cost of the border's place
MENDS = 8
AIR_EASE = 4.0  # shapes in air count this much better; air is thrown away
FLAT_AIR = 0.05  # air with a shape below this stays air
MOST_SLABS = 16
KEPT_FROM_GREY = (*BONES, SCALP, EYES)


def tissue_fields(labels: IntArray, tags: IntArray) -> FloatArray:
    """Return smooth indicators of each tag whose crossings are the tissues' borders.

    Each indicator b is blurred to 2 G b - G G b, which leaves a flat border where it is and
    keeps more of a sheet one voxel thin than G b does. CSF in such sheets, as in narrow
    sulci, counts half as much again: a hole in it connects two gyri. Air and scalp have no
    thin sheets; they are blurred more, because the steps of the voxels show most on the
    scalp.

    Parameters
    ----------
    labels : (nx, ny, nz) int array
        Tissue tags, 0 outside.
    tags : (n_label,) int array
        The tags that occur.

    Returns
    -------
    (nx, ny, nz, n_label) float32 array
        About 1 inside the tissue, about 0 elsewhere.
    """
    from scipy.ndimage import gaussian_filter

    fields = np.empty((*labels.shape, len(tags)), np.float32)
    for number, tag in enumerate(tags):
        blur = OUTER_BLUR_VOXELS if tag in (0, SCALP) else BLUR_VOXELS
        inside = (labels == tag).astype(np.float32)
        if tag == CSF:
            inside[_thin(labels == tag)] = THIN_WEIGHT
        once = gaussian_filter(inside, blur, mode="nearest")
        fields[..., number] = 2 * once - gaussian_filter(once, blur, mode="nearest")
    return fields


def _thin(mask: np.ndarray) -> np.ndarray:
    """Mark what no cube of two voxels a side fits into."""
    from scipy.ndimage import binary_opening

    return mask & ~binary_opening(mask, np.ones((2, 2, 2)))


@dataclass(eq=False)
class Fit:
    """A lattice on its way to become a mesh; nodes and labels change in place.

    Parameters
    ----------
    fields : (nx, ny, nz, n_label) float32 array
        From `tissue_fields`.
    tags : (n_label,) int array
        Tag of each field.
    spacing_m : (3,) array [m]
        Voxel size.
    nodes_m : (n_node, 3) array [m]
        Voxel index times spacing.
    tets : (n_tet, 4) int array
        Positively oriented.
    """

    fields: FloatArray
    tags: IntArray
    spacing_m: FloatArray
    nodes_m: FloatArray
    tets: IntArray

    def __post_init__(self) -> None:
        """Cut the lattice at the borders and find who neighbours whom."""
        self._cut()
        self.labels = np.full(len(self.tets), -1, np.int32)
        self._connect()

    def _cut(self) -> None:
        inverse = 1 / self.spacing_m
        begin, around = topology.incidence(self.tets, len(self.nodes_m))
        label = _kernels.label_nodes(self.fields, inverse, self.nodes_m)
        air = (self.tags[label][self.tets] == 0).all(axis=1)
        ease = np.where(air, AIR_EASE, 1.0)
        _kernels.snap_near_nodes(
            self.fields, inverse, self.nodes_m, self.tets, begin, around, label, ease,
            NEAR, GUARD,
        )  # fmt: skip
        self.nodes_m, label, self.tets = _kernels.cut_at_borders(
            self.fields, inverse, self.nodes_m, self.tets, label
        )

    def _connect(self) -> None:
        self.partner, _ = topology.pair_faces(self.tets, len(self.nodes_m))
        self.begin, self.around = topology.incidence(self.tets, len(self.nodes_m))
        self.order, self.slabs = self._slabs()

    def relabel(self) -> None:
        """Give every tetrahedron its tissue where it is now."""
        scores = _kernels.score_tets(self.fields, 1 / self.spacing_m, self.nodes_m, self.tets)
        if self.labels[0] < 0:
            self.labels[:] = scores.argmax(axis=1)
        flat_air = self._is_air() & (topology.shapes(self.nodes_m, self.tets) < FLAT_AIR)
        scores[flat_air, 0] = np.inf
        for _ in range(3):
            _kernels.settle_labels(scores, self.partner, self.labels, AGREEMENT)
        self._keep_csf_around_grey()

    def move(self, *, sweeps: int, pull: float) -> None:
        """Sweep all nodes towards the borders and towards better shapes.

        Parameters
        ----------
        sweeps : int
            How many.
        pull : float
            How strongly the borders attract.
        """
        mask = topology.tissues_at_nodes(self.tets, self.labels, len(self.nodes_m))
        ease = np.where(self._is_air(), AIR_EASE, 1.0)
        for _ in range(sweeps):
            _kernels.sweep(
                self.fields, 1 / self.spacing_m, self.nodes_m, self.tets, self.begin,
                self.around, mask, ease, self.order, self.slabs, pull, GUARD, COMFORT,
            )  # fmt: skip

    def _slabs(self) -> tuple[IntArray, IntArray]:
        """Nodes slab by slab along the longest side, and where the slabs begin.

        Slabs are thicker than the longest edge and hold as many nodes each as that allows.
        """
        along = self.nodes_m[:, np.ptp(self.nodes_m, axis=0).argmax()]
        reach_m = np.ptp(along[self.tets], axis=1).max()
        count = int(np.clip(np.ptp(along) / reach_m / 2, 1, MOST_SLABS))
        edges = np.quantile(along, np.linspace(0, 1, count + 1)[1:-1])
        while len(edges) > 1 and np.diff(edges).min() <= reach_m:
            edges = np.delete(edges, np.diff(edges).argmin())
        slab = np.searchsorted(edges, along, side="right")
        starts = np.concatenate([[0], np.cumsum(np.bincount(slab, minlength=len(edges) + 1))])
        return np.argsort(slab, kind="stable"), starts

    def _is_air(self) -> np.ndarray:
        return self.tags[self.labels] == 0

    def mend(self) -> None:
        """Move nodes, off the borders if need be, until no tetrahedron is poor."""
        ease = np.where(self._is_air(), AIR_EASE, 1.0)
        for _ in range(MENDS):
            if not _kernels.mend(
                self.nodes_m, self.tets, self.begin, self.around, ease, LEAST_SHAPE
            ):
                return

    def thicken(self) -> None:
        """Put nodes into grey matter where it is one tetrahedron thick."""
        for tissue in np.flatnonzero(self.tags == GREY):
            self.nodes_m, self.tets, self.labels = split_bridges(
                self.nodes_m, self.tets, self.labels, int(tissue)
            )
            self._connect()

    def _keep_csf_around_grey(self) -> None:
        """Turn grey matter that touches bone, scalp or eyes at a node into CSF."""
        number = {int(tag): k for k, tag in enumerate(self.tags)}
        if GREY not in number or CSF not in number:
            return
        apart = sum(1 << number[tag] for tag in KEPT_FROM_GREY if tag in number)
        mask = topology.tissues_at_nodes(self.tets, self.labels, len(self.nodes_m))
        touched = ((mask & apart) != 0)[self.tets].any(axis=1)
        self.labels[touched & (self.labels == number[GREY])] = number[CSF]


def fit(lattice: Fit, progress: Progress) -> None:
    """Label, move and relabel until the lattice's inner faces lie on the tissues' borders.

    Relabelling after moving lets a tetrahedron that was squeezed onto a border fall to the
    side where its volume is, which takes pits and spikes out of the border.

    Parameters
    ----------
    lattice : Fit
        Changed in place.
    progress : callable
        Told the fraction done.
    """
    lattice.relabel()
    for turn in range(ROUNDS):
        progress("fit tissue borders", turn / (ROUNDS + 1))
        lattice.move(sweeps=SWEEPS, pull=PULL)
        lattice.relabel()
    progress("fit tissue borders", ROUNDS / (ROUNDS + 1))
    lattice.move(sweeps=LAST_SWEEPS, pull=LAST_PULL)
    lattice.mend()
    lattice.thicken()
    progress("fit tissue borders", 1.0)
