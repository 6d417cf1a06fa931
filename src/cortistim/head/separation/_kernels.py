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
    first = np.full(n_rank, -1, np.int32)
    last = np.full(n_rank, -1, np.int32)
    lowest = n_rank
    voxel = -1
    start = 0
    while True:
        # candidates: at first all beside the changing border, then those beside each change
        if start < len(rank):
            near, count = start, 1
            start += 1
        elif voxel >= 0:
            near, count = voxel, 26
        else:
            near, count = 0, 0
        for s in range(count):
            one = near if count == 1 else near + steps[s]
            if rank[one] < 0 or held[one] == growing or waiting[one]:
                continue
            if count == 1:
                beside = False
                for t in range(26):
                    beside |= held[one + steps[t]] == growing
                if not beside:
                    continue
            waiting[one] = True
            follower[one] = -1
            level = rank[one]
            if first[level] < 0:
                first[level] = one
            else:
                follower[last[level]] = one
            last[level] = one
            lowest = min(lowest, level)
        if start < len(rank):
            continue
        while lowest < n_rank and first[lowest] < 0:
            lowest += 1
        if lowest == n_rank:
            return
        voxel = first[lowest]
        first[lowest] = follower[voxel]
        waiting[voxel] = False
        inside = 0
        for s in range(26):
            if held[voxel + steps[s]]:
                inside |= 1 << s
        if is_simple(inside, masks[0], masks[1], by_face, by_any):
            held[voxel] = growing
        else:
            voxel = -1
