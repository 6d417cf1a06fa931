"""The hierarchical rule: parcels of one person's region, ranked against those of the seed.

Voxels of the region and of the seed are each joined into parcels that correlate by 0.5 on
average (rank correlation, average linkage). Parcels of the region are then ranked by size,
concentration and net correlation with the seed's parcels; the smallest product of ranks
wins. After Cole et al. 2020; the product sold is closed, and details may differ.
"""

from dataclasses import dataclass

import numpy as np

from cortistim.errors import BadInputError
from cortistim.geometry import freeze
from cortistim.typing import BoolArray, FloatArray, IntArray

CUT = 0.5  # of 1 - rho at which parcels are no longer joined
LEAST_M3 = 400e-9  # 50 voxels of 2 mm
MOST_PLACES = 14000
PAIRS_OF = 1500  # members from which mean distances are estimated


@dataclass(frozen=True, eq=False)
class Parcel:
    """A parcel of the region with what it is ranked by.

    Parameters
    ----------
    members : (n_place,) bool array
        Which places of the region.
    centre_m : (3,) array [m]
        Mean of their places.
    size : float
        Volume in m³ (area in m² on a surface).
    concentration : float
        Places per metre of mean distance between them.
    net : float
        Sum over the seed's parcels of their size in places times the rank correlation of
        median series.
    series : (n_frame,) array
        Median of its members.
    rank_sum : float
        Sum of the logarithms of the ranks; the smallest wins.
    """

    members: BoolArray
    centre_m: FloatArray
    size: float
    concentration: float
    net: float
    series: FloatArray
    rank_sum: float = 0.0

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "members", "centre_m", "series")


def parcels_of(series: FloatArray) -> IntArray:
    """Join series into parcels of an average rank correlation of at least 0.5.

    Parameters
    ----------
    series : (n_frame, n_place) array
        Clean.

    Returns
    -------
    (n_place,) int array
        Number of the parcel of each, from 1.

    Raises
    ------
    BadInputError
        When there are too many places for a matrix of all pairs.
    """
    from scipy.cluster.hierarchy import fcluster, linkage

    count = series.shape[1]
    if count > MOST_PLACES:
        msg = (
            f"the hierarchical method compares all pairs of places and takes at most "
            f"{MOST_PLACES}; the region has {count}. Resample the series to 2 mm, or give a "
            "smaller `search_region`."
        )
        raise BadInputError(msg)
    if count < 2:
        return np.ones(count, np.int64)
    rho = _ranked(series)
    matrix = rho.T @ rho
    upper = np.triu_indices(count, 1)
    apart = np.clip(1 - matrix[upper], 0, 2).astype(np.float64)
    del matrix, upper
    return np.asarray(fcluster(linkage(apart, "average"), CUT, "distance"), np.int64)


def _ranked(series: FloatArray) -> FloatArray:
    """Ranks in time with zero mean and unit length."""
    from scipy.stats import rankdata

    ranks = rankdata(series, axis=0).astype(np.float32)
    ranks -= ranks.mean(axis=0)
    length = np.linalg.norm(ranks, axis=0)
    return ranks / np.where(length > 0, length, 1)


def ranked_clusters(
    region: FloatArray, seed: FloatArray, points_m: FloatArray, sizes: FloatArray
) -> tuple[Parcel, ...]:
    """Rank the parcels of a region by what speaks for stimulating them.

    Parameters
    ----------
    region : (n_frame, n_place) array
        Clean series of the search region.
    seed : (n_frame, n_seed) array
        Those of the seed.
    points_m : (n_place, 3) array [m]
        Where the region's places are.
    sizes : (n_place,) array
        Volume or area of each.

    Returns
    -------
    tuple of Parcel
        Those with net anticorrelation, the best first; those of more than 400 mm³ before all
        others.
    """
    own, other = parcels_of(region), parcels_of(seed)
    seeds = np.stack(
        [np.median(seed[:, other == k], axis=1) for k in range(1, other.max() + 1)]
    )
    weight = np.bincount(other)[1:].astype(float)
    found = []
    for number in range(1, own.max() + 1):
        members = own == number
        series = np.median(region[:, members], axis=1)
        both = _ranked(np.column_stack([series, seeds.T]))
        net = float(weight @ (both[:, 1:].T @ both[:, 0]))
        if net < 0:
            concentration = _concentration(points_m[members])
            centre_m, size = points_m[members].mean(axis=0), float(sizes[members].sum())
            found.append(Parcel(members, centre_m, size, concentration, net, series))
    large = [one for one in found if one.size > LEAST_M3]
    small = [one for one in found if one.size <= LEAST_M3]
    return (*ranked(large), *ranked(small))


def _concentration(points_m: FloatArray) -> float:
    """Divide the number of places by their mean distance in metres; 0 for a single one."""
    from scipy.spatial.distance import pdist

    if len(points_m) < 2:
        return 0.0
    step = -(-len(points_m) // PAIRS_OF)
    return len(points_m) / float(pdist(points_m[::step]).mean())


def ranked(parcels: list[Parcel]) -> tuple[Parcel, ...]:
    """Sort parcels by the product of their three ranks, the smallest first.

    Ties are broken by net correlation, then concentration, then size.

    Parameters
    ----------
    parcels : list of Parcel
        Any order.

    Returns
    -------
    tuple of Parcel
        With ``rank_sum``.
    """
    from scipy.stats import rankdata

    if not parcels:
        return ()
    values = np.array([(-one.size, -one.concentration, one.net) for one in parcels])
    score = np.log(rankdata(values, method="min", axis=0)).sum(axis=1)
    order = np.lexsort((values[:, 0], values[:, 1], values[:, 2], np.round(score, 9)))
    return tuple(
        Parcel(
            one.members, one.centre_m, one.size, one.concentration, one.net, one.series, total
        )
        for one, total in ((parcels[k], float(score[k])) for k in order)
    )
