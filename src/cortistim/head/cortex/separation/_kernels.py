"""Growing a set of voxels without changing its topology: arrays in, arrays out."""

import numpy as np
from jaxtyping import Bool, Int
from numba import njit


@njit(cache=True)
def _spread(start: int, allowed: int, near: Int[np.ndarray, "26"]) -> int:
    """Bits of all neighbours that hang together with some of them."""
    found, front = start, start
    while front:
        ahead = 0
        place = 0
        while front:
            if front & 1:
                ahead |= near[place]
            front >>= 1
            place += 1
        front = ahead & allowed & ~found
        found |= front
    return found


@njit(cache=True)
def is_simple(
    inside: int,
    faces: int,
    near_faces: int,
    by_face: Int[np.ndarray, "26"],
    by_any: Int[np.ndarray, "26"],
) -> bool:
    """Tell whether adding the centre of 26 neighbours leaves the topology as it is.

    The set hangs together by faces, the rest by faces, edges and corners (Bertrand and
    Malandain 1994): among the 18 neighbours by face or edge the set must have one part that
    touches the centre by a face, and among all 26 the rest must have one part.
    """
    touching = inside & faces
    if touching == 0:
        return False
    part = _spread(touching & -touching, inside & near_faces, by_face)
    if touching & ~part:
        return False
    rest = ~inside & 0x3FFFFFF
    return rest != 0 and _spread(rest & -rest, rest, by_any) == rest


@njit(cache=True)
def _wait(
    voxel: int,
    level: int,
    waiting: Bool[np.ndarray, "n_voxel"],
    follower: Int[np.ndarray, "n_voxel"],
    ends: Int[np.ndarray, "n_rank 2"],
) -> None:
    """Put a voxel at the end of its rank's queue."""
    waiting[voxel] = True
    follower[voxel] = -1
    if ends[level, 0] < 0:
        ends[level, 0] = voxel
    else:
        follower[ends[level, 1]] = voxel
    ends[level, 1] = voxel


@njit(cache=True)
def change(
    held: Bool[np.ndarray, "n_voxel"],
    rank: Int[np.ndarray, "n_voxel"],
    growing: bool,  # noqa: FBT001 - numba takes no keywords
    n_rank: int,
    steps: Int[np.ndarray, "26"],
    masks: Int[np.ndarray, "2"],
    by_face: Int[np.ndarray, "26"],
    by_any: Int[np.ndarray, "26"],
) -> None:
    """Grow or shrink a set in place through all ranked voxels, low ranks first.

    Only simple points change sides. The arrays are a volume in C order whose rim is unranked
    (-1), so steps never leave it.
    """
    waiting = np.zeros(len(rank), np.bool_)
    follower = np.full(len(rank), -1, np.int32)
    ends = np.full((n_rank, 2), -1, np.int32)
    for voxel in range(len(rank)):
        if rank[voxel] >= 0 and held[voxel] != growing:
            for s in range(26):
                if held[voxel + steps[s]] == growing:
                    _wait(voxel, int(rank[voxel]), waiting, follower, ends)
                    break
    level = 0
    while level < n_rank:
        voxel = ends[level, 0]
        if voxel < 0:
            level += 1
            continue
        ends[level, 0] = follower[voxel]
        waiting[voxel] = False
        inside = 0
        for s in range(26):
            if held[voxel + steps[s]]:
                inside |= 1 << s
        if not is_simple(inside, masks[0], masks[1], by_face, by_any):
            continue
        held[voxel] = growing
        for s in range(26):
            near = voxel + steps[s]
            if rank[near] >= 0 and held[near] != growing and not waiting[near]:
                _wait(near, int(rank[near]), waiting, follower, ends)
                level = min(level, int(rank[near]))
