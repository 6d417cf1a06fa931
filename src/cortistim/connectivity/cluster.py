"""The cluster rule: the largest patch of strongest anticorrelation, and its centre.

A single extreme voxel moves by some 30 mm between halves of a session, the centre of a
cluster by a few (Cash et al. 2021).
"""

from dataclasses import dataclass

import numpy as np

from cortistim.connectivity.neighbours import Neighbours
from cortistim.errors import BadInputError
from cortistim.geometry import freeze
from cortistim.typing import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class ClusterRule:
    """How a map of correlations becomes a place.

    Parameters
    ----------
    percent : float
        Share of the correlations of the sign looked for that may belong to a cluster.
    sign : int
        -1 looks for anticorrelation, 1 for correlation.
    """

    percent: float = 10.0
    sign: int = -1

    def __post_init__(self) -> None:
        """Refuse what is no share."""
        if not 0 < self.percent <= 100:
            msg = f"`percent` must be above 0 and at most 100; got {self.percent:g}."
            raise BadInputError(msg)


@dataclass(frozen=True, eq=False)
class Cluster:
    """A connected part of a region.

    Parameters
    ----------
    members : (n_place,) bool array
        Which places of the region.
    centre_m : (3,) array [m]
        Mean of their places.
    size : float
        Volume in m³ (area in m² on a surface).
    r : float
        Mean correlation of the members.
    """

    members: BoolArray
    centre_m: FloatArray
    size: float
    r: float

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "members", "centre_m")


def clusters_of(
    r: FloatArray, points_m: FloatArray, neighbours: Neighbours, rule: ClusterRule
) -> tuple[Cluster, ...]:
    """Find the clusters of strongest correlation of one sign, the largest first.

    Parameters
    ----------
    r : (n_place,) array
        Correlation with the seed.
    points_m : (n_place, 3) array [m]
        Where the places are.
    neighbours : Neighbours
        Of the places.
    rule : ClusterRule
        Threshold and sign.

    Returns
    -------
    tuple of Cluster
        Empty when no correlation has the sign.
    """
    against = rule.sign * r
    right = against > 0
    if not right.any():
        return ()
    limit = np.percentile(against[right], 100 - rule.percent)
    part = neighbours.parts(right & (against >= limit))
    count = int(part.max())
    sizes = np.bincount(part, neighbours.sizes, count + 1)[1:]
    strength = np.bincount(part, against * neighbours.sizes, count + 1)[1:]
    order = np.lexsort((-strength, -np.round(sizes / neighbours.sizes.mean(), 6)))
    return tuple(
        _cluster(part == number + 1, r, points_m, neighbours.sizes)
        for number in order[:2].tolist()
    )


def _cluster(
    members: BoolArray, r: FloatArray, points_m: FloatArray, sizes: FloatArray
) -> Cluster:
    return Cluster(
        members, points_m[members].mean(axis=0), float(sizes[members].sum()),
        float(r[members].mean()),
    )  # fmt: skip


def peak_m(r: FloatArray, points_m: FloatArray, sign: int = -1) -> FloatArray:
    """Return the place of the most extreme correlation: for replication only.

    Parameters
    ----------
    r : (n_place,) array
        Correlation with the seed.
    points_m : (n_place, 3) array [m]
        Where the places are.
    sign : int, optional
        -1 for the lowest.

    Returns
    -------
    (3,) array [m]
        One place.
    """
    return points_m[int(np.argmax(sign * r))]
