"""First-order reach: where the recruited cortex sends, over somebody's own connectome.

No waveform and no latency of a response: a connectome and a place do not determine them. What
is told is how the connections of the recruited parcels spread over the others, one step far,
and how that compares with the same recruitment at other places of the cortex.
"""

from dataclasses import dataclass

import numpy as np

from cortistim.errors import BadInputError
from cortistim.typing import FloatArray, IntArray, Progress, silent

SPEEDS_M_PER_S = (2.0, 10.0)
"""Of conduction in myelinated fibres of the cortex; between them lies most of what was seen."""
ROTATIONS = 200


@dataclass(frozen=True, eq=False)
class Recruited:
    """Recruited cortex by parcel.

    Parameters
    ----------
    direct : (n,) array [m²]
        Share recruited times area.
    share : (n,) array
        Recruited, of the parcel.
    centres_m : (n, 3) array [m]
        Of the parcels.
    """

    direct: FloatArray
    share: FloatArray
    centres_m: FloatArray


@dataclass(frozen=True, eq=False)
class Reach:
    """Drive, reach and what chance gives, for each parcel.

    Parameters
    ----------
    direct : (n,) array [m²]
        Recruited cortex: share recruited times area.
    share : (n,) array
        Recruited, of the parcel.
    reach : (n,) array
        What arrives by one connection, over its sum.
    null_mean, null_p95 : (n,) arrays
        The same when the recruited cortex is turned to other places.
    p : (n,) array
        Share of places that reach the parcel as strongly, this one included.
    length_m : (n,) array [m]
        Mean length of the connections that arrive, weighted by what they carry; NaN without
        lengths or connections.
    """

    direct: FloatArray
    share: FloatArray
    reach: FloatArray
    null_mean: FloatArray
    null_p95: FloatArray
    p: FloatArray
    length_m: FloatArray

    def delays_s(self, speed_m_per_s: float) -> FloatArray:
        """Return when what is sent arrives.

        Parameters
        ----------
        speed_m_per_s : float
            Of conduction, in metres per second.

        Returns
        -------
        (n,) array [s]
            After the recruited cells fire.
        """
        return self.length_m / speed_m_per_s


def require_connectome(weights: FloatArray, count: int) -> None:
    """Refuse what is no connectome of these parcels.

    Parameters
    ----------
    weights : array
        Strengths of connections.
    count : int
        Of parcels.

    Raises
    ------
    BadInputError
        When it is not square, of another size, negative, not finite, or without connections.
    """
    if weights.ndim != 2 or weights.shape != (count, count):
        size = " x ".join(map(str, weights.shape))
        msg = (
            f"the `connectome` must have a row and a column for each of the {count} parcels of "
            f"`parcels`; it is {size}. Give both of the same parcellation, rows in ascending "
            "order of the parcels' numbers."
        )
        raise BadInputError(msg)
    if not np.isfinite(weights).all() or (weights < 0).any():
        row, column = np.argwhere(~(weights >= 0) | ~np.isfinite(weights))[0]
        msg = (
            "the `connectome` must hold strengths, finite and not negative; row "
            f"{row + 1}, column {column + 1} is {weights[row, column]:g}. Take streamline "
            "counts or densities, not correlations."
        )
        raise BadInputError(msg)
    if not weights[~np.eye(count, dtype=bool)].any():
        msg = "the `connectome` must hold a connection between two parcels; it holds none."
        raise BadInputError(msg)


def normalised(weights: FloatArray) -> FloatArray:
    """Scale a connectome so that parcels with many connections do not drown the others.

    The symmetric part without its diagonal, each weight over the root of both strengths, as
    in the normalised Laplacian.

    Parameters
    ----------
    weights : (n, n) array
        Not negative.

    Returns
    -------
    (n, n) array
        Symmetric, zero on the diagonal.
    """
    both = (weights + weights.T) / 2
    np.fill_diagonal(both, 0.0)
    strength = both.sum(axis=1)
    root = np.sqrt(np.where(strength > 0, strength, 1.0))
    return both / root[:, None] / root[None, :]


def first_order(coupling: FloatArray, direct: FloatArray) -> FloatArray:
    """Return what arrives over one connection, as shares of all that arrives.

    Parameters
    ----------
    coupling : (n, n) array
        From `normalised`.
    direct : (..., n) array
        Drive of each parcel.

    Returns
    -------
    (..., n) array
        Sums to 1 where anything arrives.
    """
    arrives = direct @ coupling
    total = arrives.sum(axis=-1, keepdims=True)
    return arrives / np.where(total > 0, total, 1.0)


def turned(
    centres_m: FloatArray, count: int, rng: np.random.Generator, *, progress: Progress = silent
) -> IntArray:
    """Turn the parcels of each hemisphere on a sphere around its middle.

    Every parcel takes the value of one that comes to lie near it, each used once (a spin
    test, after Vasa et al. 2018). Both hemispheres turn as mirror images. Centres stand for
    parcels, and a sphere through them for the cortex: an approximation.

    Parameters
    ----------
    centres_m : (n, 3) array [m]
        Of the parcels.
    count : int
        Of rotations.
    rng : numpy.random.Generator
        Of the rotations.
    progress : callable, optional
        Told how far it is.

    Returns
    -------
    (count, n) int array
        From which parcel each takes its value.
    """
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.transform import Rotation

    middle_m = (centres_m[:, 0].min() + centres_m[:, 0].max()) / 2
    sides = (centres_m[:, 0] < middle_m, centres_m[:, 0] >= middle_m)
    mirror = np.diag([-1.0, 1.0, 1.0])
    found = np.tile(np.arange(len(centres_m)), (count, 1))
    for k, rotation in enumerate(Rotation.random(count, rng=rng).as_matrix()):
        progress("turning the recruited cortex", k / count)
        for side, turn in zip(sides, (rotation, mirror @ rotation @ mirror), strict=True):
            here = np.flatnonzero(side)
            if len(here) < 2:
                continue
            outward = centres_m[here] - centres_m[here].mean(axis=0)
            outward /= np.maximum(np.linalg.norm(outward, axis=1), 1e-12)[:, None]
            _, taken = linear_sum_assignment(-outward @ (outward @ turn.T).T)
            found[k, here] = here[taken]
    return found


def reach_of(
    weights: FloatArray,
    recruited: Recruited,
    *,
    lengths_m: FloatArray | None = None,
    rotations: int = ROTATIONS,
    seed: int = 1,
    progress: Progress = silent,
) -> Reach:
    """Return the first-order reach of recruited cortex, against turned places.

    Parameters
    ----------
    weights : (n, n) array
        The connectome.
    recruited : Recruited
        Where it starts.
    lengths_m : (n, n) array [m], optional
        Of the connections.
    rotations : int
        How many places.
    seed : int
        Of the places.
    progress : callable, optional
        Told how far it is.

    Returns
    -------
    Reach
        For each parcel.

    Raises
    ------
    BadInputError
        When the connectome cannot be used, or nothing is recruited.
    """
    direct = recruited.direct
    require_connectome(weights, len(direct))
    if not direct.any():
        msg = "some cortex of a parcel must be recruited; none is. Raise the intensity."
        raise BadInputError(msg)
    coupling = normalised(weights)
    found = first_order(coupling, direct)
    rng = np.random.default_rng(seed)
    taken = turned(recruited.centres_m, rotations, rng, progress=progress)
    null = first_order(coupling, direct[taken])
    p = (1 + (null >= found - 1e-15).sum(axis=0)) / (rotations + 1)
    length_m = np.full(len(direct), np.nan)
    if lengths_m is not None:
        carried = direct[:, None] * coupling
        total = carried.sum(axis=0)
        mean = (carried * lengths_m).sum(axis=0) / np.where(total > 0, total, 1.0)
        length_m = np.where(total > 0, mean, np.nan)
    p95 = np.percentile(null, 95, axis=0)
    return Reach(direct, recruited.share, found, null.mean(axis=0), p95, p, length_m)
