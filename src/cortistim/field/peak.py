"""The strongest patch of a surface: a peak in which one bad element counts little."""

from dataclasses import dataclass

import numpy as np

from cortistim.field.target import FEWEST, RADIUS_M
from cortistim.geometry import freeze
from cortistim.typing import FloatArray, IntArray

CANDIDATES = 2000
"""Patches are tried around so many of the strongest vertices."""


@dataclass(frozen=True, eq=False)
class Peak:
    """The patch of cortex with the strongest mean field.

    Parameters
    ----------
    e_v_per_m : float [V/m]
        Mean |E| in it.
    centre_m : (3,) array [m]
        Its middle.
    from_target_m : float [m]
        Straight distance from its middle to the target's.
    """

    e_v_per_m: float
    centre_m: FloatArray
    from_target_m: float

    def __post_init__(self) -> None:
        """Freeze the place."""
        freeze(self, "centre_m", dtype=np.float64)


def strongest_patch(
    vertices_m: FloatArray,
    size_v_per_m: FloatArray,
    among: IntArray,
    *,
    candidates: int = CANDIDATES,
) -> tuple[int, IntArray]:
    """Find the 5 mm patch with the largest mean, around the strongest vertices.

    Parameters
    ----------
    vertices_m : (n, 3) array [m]
        Of the whole surface.
    size_v_per_m : (n,) array [V/m]
        |E| there.
    among : (k,) int array
        Vertices that may be a centre.
    candidates : int, optional
        So many of them, the strongest, are tried.

    Returns
    -------
    centre : int
        Vertex in the middle of the patch.
    patch : (m,) int array
        All vertices within 5 mm of it, straight through space. One of fewer than five
        vertices, as on a crumb of surface, counts only where there is no other.
    """
    from scipy.spatial import KDTree

    strongest = among[np.argsort(size_v_per_m[among])[-candidates:]]
    around = KDTree(vertices_m).query_ball_point(vertices_m[strongest], RADIUS_M)
    means = np.array([size_v_per_m[patch].mean() for patch in around])
    enough = np.array([len(patch) >= FEWEST for patch in around])
    if enough.any():
        means[~enough] = -np.inf
    best = int(np.argmax(means))
    return int(strongest[best]), np.array(around[best])


def peak_near(
    vertices_m: FloatArray, size_v_per_m: FloatArray, target: IntArray, centre_m: FloatArray
) -> Peak:
    """Find the peak of a field, measured as the field at the target is.

    The target's own patch is among those compared, so the peak is never below it.

    Parameters
    ----------
    vertices_m : (n, 3) array [m]
        Of the cortex.
    size_v_per_m : (n,) array [V/m]
        |E| there.
    target : (k,) int array
        Vertices of the target.
    centre_m : (3,) array [m]
        The target's middle.

    Returns
    -------
    Peak
        The strongest patch, which may be the target's.
    """
    centre, patch = strongest_patch(vertices_m, size_v_per_m, np.arange(len(vertices_m)))
    highest, there = float(size_v_per_m[patch].mean()), float(size_v_per_m[target].mean())
    if highest <= there:
        return Peak(there, centre_m, 0.0)
    place_m = vertices_m[centre]
    return Peak(highest, place_m, float(np.linalg.norm(place_m - centre_m)))
