"""Voxel sets and surfaces without handles.

A set that hangs together by faces changes by simple points alone [bertrand1994]_, so that a box
stays a ball in the sense of topology; marching cubes that never join such voxels across edges
or corners then gives a sphere.
"""

import numpy as np

from cortistim.geometry import transform
from cortistim.head.cortex.separation import _kernels
from cortistim.typing import BoolArray, FloatArray, IntArray

RANKS = 256
STEPS = np.array([s for s in np.ndindex(3, 3, 3) if s != (1, 1, 1)]) - 1
INSIDE, OUTSIDE = 0.1, -1.0  # far apart, so that ambiguous cubes keep the inside apart
NEAREST_M = 5e-5  # of a surface to a voxel's centre


def _neighbourhood() -> tuple[IntArray, IntArray, IntArray]:
    """Bit masks: by face and by face or edge; and who adjoins whom, by face and at all."""
    size = np.abs(STEPS).sum(axis=1)
    masks = np.array([_bits(size == 1), _bits(size <= 2)])
    apart = np.abs(STEPS[:, None] - STEPS[None])
    by_face = np.array([_bits(row) for row in apart.sum(axis=2) == 1])
    by_any = np.array([_bits(row) for row in (apart.max(axis=2) == 1)])
    return masks, by_face, by_any


def _bits(chosen: IntArray) -> int:
    return int((1 << np.flatnonzero(chosen)).sum())


def ball_within(level_m: FloatArray, core_m: float) -> IntArray:
    """Find a ball-like set of voxels close to those above zero.

    A box is carved down to the voxels above a level deep inside: what stays fills tunnels
    through thick parts with thin discs. From there the set grows through all voxels above
    zero, the highest first: rings through thin parts, such as banks of a sulcus that touch,
    stay open.

    Parameters
    ----------
    level_m : (nx, ny, nz) array [m]
        Positive inside, negative along the rim of the array.
    core_m : float [m]
        The level deep inside.

    Returns
    -------
    (nx, ny, nz) bool array
        One piece without handles or hollows.
    """
    core = largest_part(level_m > core_m)
    held = np.zeros(level_m.shape, bool)
    held[1:-1, 1:-1, 1:-1] = True
    _change(held, level_m, held & ~core, growing=False)
    _change(held, -level_m, (level_m > 0) & ~held, growing=True)
    return held


def _change(held: BoolArray, order: FloatArray, chosen: BoolArray, *, growing: bool) -> None:
    """Let chosen voxels change sides, in order, as far as the topology stays."""
    low, high = float(order[chosen].min(initial=0)), float(order[chosen].max(initial=0))
    share = (order - low) / max(high - low, 1e-12)
    rank = np.where(chosen, np.clip(share * RANKS, 0, RANKS - 1), -1).astype(np.int32)
    strides = np.array([held.shape[1] * held.shape[2], held.shape[2], 1])
    _kernels.change(
        held.ravel(), rank.ravel(), growing, RANKS, STEPS @ strides, *_neighbourhood()
    )


def largest_part(inside: BoolArray) -> BoolArray:
    """Return the largest piece of a set that hangs together by faces.

    Parameters
    ----------
    inside : (nx, ny, nz) bool array
        Any.

    Returns
    -------
    (nx, ny, nz) bool array
        Part of it.
    """
    from scipy.ndimage import label

    part = np.zeros(inside.shape, np.int32)
    label(inside, output=part)
    sizes = np.bincount(part.ravel())
    sizes[0] = 0
    return inside & (part == sizes.argmax())


def sphere_around(
    ball: IntArray, level_m: FloatArray, affine_m: FloatArray
) -> tuple[FloatArray, IntArray]:
    """Lay a surface around a ball-like set of voxels, as close to a level's zero as it allows.

    Parameters
    ----------
    ball : (nx, ny, nz) bool array
        From `ball_within`.
    level_m : (nx, ny, nz) array [m]
        Positive inside; its zero places the vertices between voxels of the set and others.
    affine_m : (4, 4) array
        Voxel index to metres.

    Returns
    -------
    vertices_m : (n_vertex, 3) array [m]
        Positions.
    triangles : (n_triangle, 3) int array
        Counter-clockwise seen from outside.
    """
    from skimage.measure import marching_cubes

    values = np.where(ball, INSIDE, OUTSIDE).astype(np.float32)
    index, triangles, _, _ = marching_cubes(values, 0.0, gradient_direction="ascent")
    low = np.floor(index + 1e-4).astype(int)
    off = index - low > 1e-3
    edge = off.sum(axis=1) == 1  # the others lie inside a cube and stay
    low, axis = low[edge], off[edge].argmax(axis=1)
    high = low + np.eye(3, dtype=int)[axis]
    ends = [_signed(level_m, ball, place) for place in (low, high)]
    share = ends[0] / (ends[0] - ends[1])
    moved = index.astype(np.float64)
    moved[edge] = low + share[:, None] * (high - low)
    return transform(affine_m, moved), triangles


def _signed(level_m: FloatArray, ball: IntArray, place: IntArray) -> FloatArray:
    """Levels at voxels, with the sign that the set says."""
    at_m, held = level_m[tuple(place.T)], ball[tuple(place.T)]
    return np.where(held, np.maximum(at_m, NEAREST_M), np.minimum(at_m, -NEAREST_M))
