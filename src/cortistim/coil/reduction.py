"""Coils of any size in a few hundred current elements: as good in the head, much faster.

Outside its copper a coil's vector potential is harmonic. Elements p / |r| on some of the
coil's own places can therefore stand for all of its dipoles and wire wherever a head can be:
the places are chosen by pivoted elimination on the matrix of 1 / |r|, the three components of
p by least squares on the surfaces of stand-in brains and scalps under legal poses (equivalent
sources; harmonic inside, the difference is largest on those surfaces). What is left over is
measured on poses that the fit has not seen.

A reduced coil is for searching. Within a centimetre of the copper it is wrong: for figures,
for depth profiles and for every field that is reported the full coil is used.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.linalg import qr
from scipy.spatial import KDTree

from cortistim import cache
from cortistim.coil.coil import Coil
from cortistim.coil.current import SampledPotential
from cortistim.coil.point_currents import PointCurrents
from cortistim.coil.stand_in import FitsNoHeadError, Scene, scenes
from cortistim.typing import FloatArray, IntArray

VERSION = 1  # of what the cache keeps
SIZES = (150, 250, 400, 600, 800)  # tried in turn until the bound is kept
BOUND = 0.005  # of A in the brain, rms: what a reduced coil may be off
MARGIN = (
    2.0  # real heads were up to 1.5 times worse than stand-ins (benchmarks/reduced_coils.py)
)
FEW = 400  # a coil of no more elements is as fast as it is
CELL_M = 4e-3  # one candidate in each: finer than the distance from copper to brain needs
FITTED, UNSEEN = 60, 20  # poses
NEAR, SPREAD = 70, 30  # points of each brain that are fitted: the next to copper, and others
SCALP_WEIGHT = 0.1  # the adjoint currents are weak there
RIDGE = 1e-6  # of the largest singular value
MU0_OVER_4PI = 1e-7


@dataclass(frozen=True, eq=False)
class Reduction:
    """A coil in few elements, and how far it is from the full one.

    Parameters
    ----------
    coil : Coil
        The few elements with the full coil's casing; the full coil itself where it was not
        reduced.
    full_elements, elements : int
        Dipoles and pieces of wire of the full coil, and elements that stand for them.
    brain_error : float
        Bound for A in the brain: twice the rms difference over rms of the worst unseen pose.
    peak_error : float
        The same for the largest difference over the largest A.
    scalp_error : float
        As `brain_error`, on the scalp, which may be 3 mm from the copper.
    poses : int
        How many unseen poses were checked.
    words : str
        Why it was not reduced; empty when it was.
    """

    coil: Coil
    full_elements: int
    elements: int
    brain_error: float = 0.0
    peak_error: float = 0.0
    scalp_error: float = 0.0
    poses: int = 0
    words: str = ""


@lru_cache(maxsize=16)
def reduced(coil: Coil, *, few: int = FEW) -> Reduction:
    """Reduce a coil to a few hundred current elements.

    Parameters
    ----------
    coil : Coil
        Any.
    few : int, optional
        A coil of no more elements stays as it is.

    Returns
    -------
    Reduction
        Kept in the cache by the coil's content. Coils of few elements, those known on a grid
        and those that 800 elements do not hold are returned as they are.
    """
    full = len(coil.copper_m)
    if any(isinstance(part, SampledPotential) for part in coil.further):
        return Reduction(coil, full, full, words="a grid costs the same whatever it holds")
    if full <= few:
        return Reduction(coil, full, full, words=f"not more than {few} elements")
    casing = coil.casing
    key = cache.digest(VERSION, *coil.arrays, casing.vertices_m, casing.triangles)
    try:
        kept = cache.remembered("reduced-coil", key, lambda: _fitted_arrays(coil))
    except FitsNoHeadError:
        return Reduction(coil, full, full, words="it fits on no head that stands in for one")
    brain, peak, scalp = kept["errors"].tolist()
    if not brain <= BOUND:
        words = f"{SIZES[-1]} elements leave {100 * brain:.2g} % of A in the brain"
        return Reduction(coil, full, full, words=words)
    small = replace(
        coil,
        dipoles_m=np.empty((0, 3)),
        moments_m2=np.empty((0, 3)),
        further=(PointCurrents(kept["places_m"], kept["currents_m"]),),
    )
    count = len(kept["places_m"])
    return Reduction(small, full, count, brain, peak, scalp, UNSEEN)


def _fitted_arrays(coil: Coil) -> dict[str, np.ndarray]:
    seen = scenes(coil, FITTED, seed=0)
    unseen = scenes(coil, UNSEEN, seed=1)
    candidates_m = thinned(coil.copper_m)
    rows = fit_rows(seen, candidates_m)
    wanted = [coil.vector_potential_t_m(points_m) for points_m, _ in rows]
    fit = Fit.of(candidates_m, rows, wanted)
    found: dict[str, np.ndarray] = {}
    for size in SIZES:
        places_m, currents_m = fit.elements(min(size, len(candidates_m)))
        errors = MARGIN * measured(coil, PointCurrents(places_m, currents_m), unseen)
        if not found or errors[0] < found["errors"][0]:
            found = {"places_m": places_m, "currents_m": currents_m, "errors": errors}
        if errors[0] <= BOUND:
            break
    return found


def thinned(places_m: FloatArray) -> FloatArray:
    """Keep one place in every cell of 4 mm, (n, 3).

    Parameters
    ----------
    places_m : (n, 3) array [m]
        Any.

    Returns
    -------
    (m, 3) array [m]
        Some of them.
    """
    cells = np.floor(places_m / CELL_M).astype(np.int64)
    return places_m[np.unique(cells, axis=0, return_index=True)[1]]


def fit_rows(seen: Sequence[Scene], copper_m: FloatArray) -> list[tuple[FloatArray, float]]:
    """Choose the points of each scene that are fitted, and the weight of brain and scalp.

    Parameters
    ----------
    seen : sequence of Scene
        Where heads may lie.
    copper_m : (n, 3) array [m]
        The coil's own points.

    Returns
    -------
    list of (points_m, weight)
        For the fit.
    """
    tree, rows = KDTree(copper_m), []
    for scene in seen:
        for points_m, weight in ((scene.brain_m, 1.0), (scene.scalp_m, SCALP_WEIGHT)):
            order = np.argsort(tree.query(points_m)[0], kind="stable")
            rest = order[NEAR :: max(1, (len(order) - NEAR) // SPREAD)]
            rows.append((points_m[np.concatenate([order[:NEAR], rest])], weight))
    return rows


@dataclass(frozen=True, eq=False)
class Fit:
    """Least squares for the currents of some of many candidates.

    Parameters
    ----------
    candidates_m : (n, 3) array [m]
        The best pivots first.
    matrix : (n_row, n) array
        Weighted 1 / |r| between rows and candidates.
    wanted : (n_row, 3) array
        Weighted A.
    """

    candidates_m: FloatArray
    matrix: FloatArray
    wanted: FloatArray

    @classmethod
    def of(
        cls,
        candidates_m: FloatArray,
        rows: Sequence[tuple[FloatArray, float]],
        wanted: Sequence[FloatArray],
    ) -> "Fit":
        """Gather the equations of all scenes, each as strong as any other.

        Parameters
        ----------
        candidates_m : (n, 3) array [m]
            Places where an element may lie.
        rows : sequence of (points, weight)
            From `fit_rows`: brain and scalp of one scene after the other.
        wanted : sequence of (n_point, 3) arrays
            A there.

        Returns
        -------
        Fit
            Ready for any number of elements.
        """
        strengths = [np.sqrt((a_t_m**2).sum(axis=1).mean()) for a_t_m in wanted[::2]]
        scale = np.concatenate(
            [
                np.full(len(points), weight / strength)
                for (points, weight), strength in zip(
                    rows, np.repeat(strengths, 2), strict=True
                )
            ]
        )
        points_m = np.concatenate([points for points, _ in rows])
        matrix = scale[:, None] * _inverse_distances(points_m, candidates_m)
        order = _pivots(matrix)
        stacked = scale[:, None] * np.concatenate(list(wanted))
        return cls(candidates_m[order], matrix[:, order], stacked)

    def elements(self, count: int) -> tuple[FloatArray, FloatArray]:
        """Fit the first candidates: their places and currents, both (count, 3).

        Parameters
        ----------
        count : int
            How many candidates.

        Returns
        -------
        places_m, currents_m : (count, 3) arrays
            Current elements, per ampere.
        """
        chosen = self.matrix[:, :count]
        size = np.linalg.norm(chosen, axis=0)
        scaled = chosen / size
        squared = scaled.T @ scaled
        ridge = RIDGE**2 * float(np.linalg.eigvalsh(squared)[-1])
        squared[np.diag_indices(count)] += max(ridge, np.finfo(float).eps * count)
        currents = np.linalg.solve(squared, scaled.T @ self.wanted) / size[:, None]
        return self.candidates_m[:count], currents


def _pivots(matrix: FloatArray) -> IntArray:
    """Order candidates so that the first ones span what all of them can make."""
    count = min(SIZES[-1], matrix.shape[1])
    step = max(1, len(matrix) // (2 * count))  # rows of neighbouring points say the same
    order = qr(matrix[::step], mode="r", pivoting=True)[-1]
    return np.asarray(order)[:count]


def _inverse_distances(points_m: FloatArray, places_m: FloatArray) -> FloatArray:
    squared = (points_m**2).sum(axis=1)[:, None] + (places_m**2).sum(axis=1)
    squared -= 2 * points_m @ places_m.T
    return MU0_OVER_4PI / np.sqrt(squared)


def measured(coil: Coil, few: PointCurrents, unseen: Sequence[Scene]) -> FloatArray:
    """Compare a coil with its elements on scenes.

    Parameters
    ----------
    coil : Coil
        The full one.
    few : PointCurrents
        What stands for it.
    unseen : sequence of Scene
        Poses.

    Returns
    -------
    (3,) array
        Of the worst pose: rms in the brain, largest in the brain, rms on the scalp; each as
        a share of A.
    """
    rows = []
    for scene in unseen:
        brain, peak = _difference(coil, few, scene.brain_m)
        rows.append((brain, peak, _difference(coil, few, scene.scalp_m)[0]))
    return np.max(rows, axis=0)


def _difference(coil: Coil, few: PointCurrents, points_m: FloatArray) -> tuple[float, float]:
    wanted = coil.vector_potential_t_m(points_m)
    off = np.linalg.norm(few.vector_potential_t_m(points_m) - wanted, axis=1)
    size = np.linalg.norm(wanted, axis=1)
    rms = float(np.sqrt((off**2).sum() / (size**2).sum()))
    return rms, float(off.max() / size.max())


__all__ = ["Reduction", "reduced"]
