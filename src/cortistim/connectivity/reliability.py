"""How far a target moves when the same person's data are halved or drawn again.

Clean series are cut into blocks of a minute, whose sums give the correlations of any
selection of blocks without touching the series again.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cortistim.geometry import freeze
from cortistim.typing import FloatArray

BLOCK_S = 60.0
LEAST_BLOCKS = 8
HALVINGS = 50
DRAWS = 200


@dataclass(frozen=True, slots=True)
class Spread:
    """Distances between targets.

    Parameters
    ----------
    p50_m, p90_m : float [m]
        Median and 90th percentile.
    count : int
        How many distances.
    """

    p50_m: float
    p90_m: float
    count: int


def spread_of(distances_m: FloatArray) -> Spread | None:
    """Sum distances up.

    Parameters
    ----------
    distances_m : (n,) array [m]
        NaN where there was no target.

    Returns
    -------
    Spread or None
        None when fewer than half are known.
    """
    known = distances_m[np.isfinite(distances_m)]
    if len(known) == 0 or 2 * len(known) < len(distances_m):
        return None
    p50, p90 = np.percentile(known, [50, 90]).tolist()
    return Spread(p50, p90, len(known))


@dataclass(frozen=True, eq=False)
class BlockMoments:
    """Sums over blocks of time from which correlations follow.

    Parameters
    ----------
    counts : (n_block,) array
        Frames of each.
    seed : (n_block, 2) array
        Sum and sum of squares of the seed.
    place : (3, n_block, n_place) array
        Sum, sum of squares, and sum of products with the seed, of each place.
    """

    counts: FloatArray
    seed: FloatArray
    place: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "counts", "seed", "place")

    @classmethod
    def of(
        cls, series: FloatArray, seed: FloatArray, times_s: FloatArray, block_s: float = BLOCK_S
    ) -> "BlockMoments":
        """Sum series over blocks.

        Parameters
        ----------
        series : (n_frame, n_place) array
            Clean.
        seed : (n_frame,) array
            Clean.
        times_s : (n_frame,) array [s]
            When the frames were taken; rising.
        block_s : float [s]
            Length of a block; shorter where there would be fewer than eight.

        Returns
        -------
        BlockMoments
            An even number of blocks.
        """
        span_s = times_s[-1] - times_s[0]
        n_block = max(LEAST_BLOCKS, 2 * int(span_s / block_s / 2 + 0.5))
        edges = np.searchsorted(times_s, times_s[0] + span_s * np.arange(n_block) / n_block)
        counts = np.diff(np.append(edges, len(times_s)))
        scale = np.asarray(seed, np.float32) / max(float(np.std(seed)), 1e-12)
        weighted = (series, series**2, series * scale[:, None])
        place = np.stack([_sums(one, edges) for one in weighted])
        place[:, counts == 0] = 0
        both = np.column_stack([_sums(scale, edges), _sums(scale**2, edges)])
        both[counts == 0] = 0
        return cls(counts.astype(float), both, place)

    @property
    def n_block(self) -> int:
        """Number of blocks."""
        return len(self.counts)

    def correlations(self, weights: FloatArray) -> FloatArray:
        """Correlate over a selection of blocks.

        Parameters
        ----------
        weights : (n_block,) array
            How often each block counts.

        Returns
        -------
        (n_place,) array
            Pearson's r; zero where a series does not vary.
        """
        count = weights @ self.counts
        if count < 2:
            return np.zeros(self.place.shape[2])
        sums, squares, products = (weights @ one / count for one in self.place)
        mean, square = weights @ self.seed / count
        spread = np.maximum(squares - sums**2, 0) * max(square - mean**2, 0)
        covariance = products - sums * mean
        return np.divide(
            covariance, np.sqrt(spread), out=np.zeros_like(covariance), where=spread > 1e-12
        )


def _sums(values: FloatArray, edges: FloatArray) -> FloatArray:
    starts = np.minimum(edges, len(values) - 1)
    return np.add.reduceat(np.asarray(values, np.float64), starts, axis=0)


Chooser = Callable[[FloatArray], FloatArray | None]


def halves_m(moments: BlockMoments, choose: Chooser, seed: int = 1) -> FloatArray:
    """Measure distances between targets of two halves of the blocks.

    The first halving is in time, the second by odd and even blocks, the others at random.

    Parameters
    ----------
    moments : BlockMoments
        Of the run.
    choose : callable
        From correlations (n_place,) to a place (3,) [m], or None.
    seed : int, optional
        Of the random halvings.

    Returns
    -------
    (n,) array [m]
        Distances; NaN where a half has no target.
    """
    count, draw = moments.n_block, np.random.default_rng(seed)
    half = np.zeros(count)
    half[: count // 2] = 1
    rows = [half, np.arange(count) % 2 == 0]
    rows += [draw.permutation(half) for _ in range(HALVINGS - 2)]
    return np.array([_apart(moments, choose, np.asarray(row, float)) for row in rows])


def _apart(moments: BlockMoments, choose: Chooser, row: FloatArray) -> float:
    places = [choose(moments.correlations(weights)) for weights in (row, 1 - row)]
    if places[0] is None or places[1] is None:
        return float("nan")
    return float(np.linalg.norm(places[0] - places[1]))


def drawn_m(
    moments: BlockMoments, choose: Chooser, *, draws: int = DRAWS, seed: int = 1
) -> FloatArray:
    """Find the targets of runs put together from blocks drawn with replacement.

    Parameters
    ----------
    moments : BlockMoments
        Of the run.
    choose : callable
        From correlations (n_place,) to a place (3,) [m], or None.
    draws : int, optional
        How many.
    seed : int, optional
        Of the draws.

    Returns
    -------
    (draws, 3) array [m]
        Places; NaN where there was none.
    """
    count, draw = moments.n_block, np.random.default_rng(seed)
    out = np.full((draws, 3), np.nan)
    for row in range(draws):
        weights = np.bincount(draw.integers(0, count, count), minlength=count).astype(float)
        place = choose(moments.correlations(weights))
        if place is not None:
            out[row] = place
    return out
