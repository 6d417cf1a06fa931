"""What tissue labels need before they are meshed: closed layers and no crumbs."""

import numpy as np

from cortistim.head.tissues import (
    BONE,
    BONES,
    COMPACT_BONE,
    CSF,
    EYES,
    GREY,
    SCALP,
    WHITE,
)
from cortistim.typing import IntArray

CUT_SHARE = 0.15
END_SHARE = 0.015
ISLAND_VOXELS = 30
FAR_VOXELS = 3
SPARED_VOXELS = 2


def prepare_labels(labels: IntArray, *, island_voxels: int = ISLAND_VOXELS) -> IntArray:
    """Remove crumbs and close the layers that a field depends on.

    In this order: only the largest part of the head is kept; islands of a tissue are given
    to their surroundings; scalp next to CSF becomes bone where the skull is near; bone that
    is exposed to air gets a layer of scalp outside, but not where the image was cut; where
    grey or white matter touches bone across a face the bone becomes CSF if
    two voxels of bone are left outside of it, else the brain does, as beside scalp or eyes.

    Parameters
    ----------
    labels : (nx, ny, nz) int array
        1 white matter, 2 grey matter, 3 CSF, 4 (7, 8) bone, 5 scalp, 6 eyes, 0 air. Other
        tags only lose their islands.
    island_voxels : int, optional
        Parts smaller than this are islands.

    Returns
    -------
    (nx, ny, nz) int array
        Of the same type; scalp may have grown by one voxel into the air.
    """
    out = np.array(labels)
    out[~_largest(out > 0)] = 0
    _dissolve_islands(out, island_voxels)
    _close_skull(out)
    _cover_bone(out)
    _part_brain_from_bone(out)
    return out


def cut_faces(labels: IntArray) -> list[tuple[int, int]]:
    """List the faces of the labels' bounding box where the image was cut flat.

    Parameters
    ----------
    labels : (nx, ny, nz) int array
        Tissue tags, 0 outside.

    Returns
    -------
    list of (axis, index)
        The outermost slices with labels. An end is a cut when labels fill more than 15 % of
        the bounding box within the last 1.5 % of the slices, where a head that ends by itself
        is a small cap.
    """
    inside = labels > 0
    found = []
    for axis in range(3):
        filled = inside.sum(axis=tuple({0, 1, 2} - {axis}))
        shadow = inside.sum(axis=axis)
        box = np.prod([np.ptp(np.flatnonzero(side)) + 1 for side in _sides(shadow)])
        slices = np.flatnonzero(filled)
        end = max(1, round(END_SHARE * len(slices)))
        found += [
            (axis, int(near[0]))
            for near in (slices[:end], slices[: -end - 1 : -1])
            if filled[near].max() > CUT_SHARE * float(box)
        ]
    return found


def _sides(shadow: IntArray) -> tuple[IntArray, IntArray]:
    """Count what the columns and what the rows of a picture hold."""
    return shadow.sum(axis=0), shadow.sum(axis=1)


def _near(mask: np.ndarray, voxels: int = 1) -> np.ndarray:
    """Voxels within a cube of so many voxels around any of the mask."""
    from scipy.ndimage import maximum_filter

    return maximum_filter(mask, size=2 * voxels + 1, mode="constant", cval=False)


def _largest(mask: np.ndarray) -> np.ndarray:
    """Keep the largest part of a mask that hangs together by faces."""
    from scipy.ndimage import label

    parts = np.zeros(mask.shape, np.int32)
    label(mask, output=parts)
    return parts == np.bincount(parts[mask], minlength=1).argmax() if mask.any() else mask


def _dissolve_islands(labels: IntArray, island_voxels: int) -> None:
    """Give small parts of each tissue, and holes of air, what surrounds them, in place."""
    from scipy.ndimage import label

    loose = np.zeros(labels.shape, dtype=bool)
    for tag in np.unique(labels):
        parts = np.zeros(labels.shape, np.int32)
        label(labels == tag, output=parts)
        small = np.bincount(parts.ravel()) < island_voxels
        small[0] = False
        loose |= small[parts]
    padded, unknown = np.pad(labels, 1), np.pad(loose, 1)
    steps = [s for s in np.ndindex(3, 3, 3) if sum(k == 1 for k in s) == 2]
    offsets = np.array([np.ravel_multi_index(s, padded.shape) for s in steps])
    offsets -= np.ravel_multi_index((1, 1, 1), padded.shape)
    flat, open_ = padded.ravel(), unknown.ravel()
    left = np.flatnonzero(open_)
    while len(left):
        beside = left[:, None] + offsets
        votes = np.where(open_[beside], -1, flat[beside].astype(np.int64))
        best = [np.bincount(row[row >= 0]).argmax() if row.max() >= 0 else -1 for row in votes]
        winner = np.array(best)
        settled = left[winner >= 0]
        flat[settled] = winner[winner >= 0]
        open_[settled] = False
        left = left[winner < 0]
    labels[...] = flat.reshape(padded.shape)[1:-1, 1:-1, 1:-1]


def _close_skull(labels: IntArray) -> None:
    """Turn scalp beside CSF into bone where the skull is near, in place."""
    bone = np.isin(labels, BONES)
    if bone.any():
        gap = _near(labels == CSF) & (labels == SCALP) & _near(bone, FAR_VOXELS)
        labels[gap] = COMPACT_BONE if (labels == COMPACT_BONE).any() else BONE


def _part_brain_from_bone(labels: IntArray) -> None:
    """Lay CSF between the brain and what is outside it, in place.

    Thick bone gives way, since a T1 image hardly tells its inner table from the CSF, and a
    lost voxel of cortex counts for more than one of the skull.
    """
    from scipy.ndimage import binary_dilation

    brain = np.isin(labels, (WHITE, GREY))
    beyond = ~(brain | np.isin(labels, (CSF, *BONES)))
    thick = np.isin(labels, BONES) & ~_near(beyond, SPARED_VOXELS)
    labels[thick & np.asarray(binary_dilation(brain), bool)] = CSF
    outside_csf = np.isin(labels, (*BONES, SCALP, EYES))
    labels[np.asarray(binary_dilation(outside_csf), bool) & brain] = CSF


def _cover_bone(labels: IntArray) -> None:
    """Turn air beside bone into scalp, but for air beyond a cut of the image, in place."""
    if not (labels == SCALP).any():
        return
    bare = _near(np.isin(labels, BONES)) & (labels == 0)
    for axis, index in cut_faces(labels):
        slices = np.moveaxis(bare, axis, 0)
        beyond = slice(index + 1, None) if index >= len(slices) / 2 else slice(None, index)
        slices[beyond] = False
    labels[bare] = SCALP
