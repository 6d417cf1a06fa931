"""Where the head ends and the air begins."""

import numpy as np

from cortistim.image import Volume, grid_points_m, isotropic_grid

WORK_M = 2e-3
CLOSING_M = 8e-3
OPENING_M = 5e-3
SKIN_M = 1.5e-3


def head_mask(image: Volume, level: float, brain_case: np.ndarray) -> np.ndarray:
    """Find the head in a T1 image, with the air in it filled.

    Parameters
    ----------
    image : Volume
        T1 image.
    level : float
        Grey value between air and skin.
    brain_case : (nx, ny, nz) bool array
        What surely is head.

    Returns
    -------
    (nx, ny, nz) bool array
        One part, without holes.
    """
    bright = image.values > level
    shape, affine_m = isotropic_grid(image, WORK_M)
    points_m = grid_points_m(shape, affine_m)
    share = Volume(bright.astype(np.float32), image.affine_m).blurred(WORK_M / 2)
    solid = largest(share.at(points_m) > 0.5)
    solid = filled(closed(solid, CLOSING_M / WORK_M))
    solid = largest(opened(solid, OPENING_M / WORK_M))
    # the coarse outline is right to a voxel of 2 mm; the grey values decide about the rest
    fine_m = grid_points_m(image.shape, image.affine_m)
    distance = Volume(signed_voxels(solid).astype(np.float32) * WORK_M, affine_m).at(fine_m)
    smooth = image.blurred(0.4 * float(image.spacing_m.min())).values > level
    mask = (distance < -WORK_M) | ((distance < SKIN_M) & smooth) | brain_case
    return filled(largest(mask))


def largest(mask: np.ndarray) -> np.ndarray:
    """Keep the largest part of a mask that hangs together by faces."""
    from scipy.ndimage import label

    part = np.zeros(mask.shape, np.int32)
    if label(mask, output=part) == 0:
        return mask
    return part == np.bincount(part[mask]).argmax()


def large(mask: np.ndarray, least: float) -> np.ndarray:
    """Keep the parts of a mask with at least so many voxels."""
    from scipy.ndimage import label

    part = np.zeros(mask.shape, np.int32)
    label(mask, output=part)
    kept = np.bincount(part.ravel()) >= least
    kept[0] = False
    return kept[part]


def box_of(mask: np.ndarray, room: int = 0) -> tuple[slice, ...]:
    """Return the slices that hold a mask and so many voxels around it."""
    out = []
    for axis in range(mask.ndim):
        found = np.flatnonzero(mask.any(axis=tuple({0, 1, 2} - {axis})))
        ends = (found[0], found[-1] + 1) if found.size else (0, 0)
        out.append(slice(max(int(ends[0]) - room, 0), int(ends[1]) + room))
    return tuple(out)


def filled(mask: np.ndarray) -> np.ndarray:
    """Fill the holes of a mask, slice by slice along each axis."""
    from scipy.ndimage import binary_fill_holes

    out = mask.copy()
    inner = out[box_of(mask)]
    for axis in range(3):
        for part in np.moveaxis(inner, axis, 0):
            part[...] = binary_fill_holes(part)
    return out


def voxels_from(mask: np.ndarray) -> np.ndarray:
    """Distance of each voxel to the nearest of the mask, in voxels."""
    from scipy.ndimage import distance_transform_edt

    return np.asarray(distance_transform_edt(~mask)).astype(np.float32)


def signed_voxels(mask: np.ndarray) -> np.ndarray:
    """Distance to a mask's border in voxels, negative inside."""
    return voxels_from(mask) - voxels_from(~mask) - mask + 0.5


def within(mask: np.ndarray, radius: float) -> np.ndarray:
    """Mark what lies no farther from a mask than so many voxels."""
    out = np.zeros(mask.shape, bool)
    if mask.any():
        box = box_of(mask, int(np.ceil(radius)) + 1)
        out[box] = voxels_from(mask[box]) <= radius
    return out


def eroded(mask: np.ndarray, radius: float) -> np.ndarray:
    """Keep what lies deeper in a mask than so many voxels; the image's edge is no border."""
    out = np.zeros(mask.shape, bool)
    box = box_of(mask, 1)
    inner = mask[box]
    out[box] = voxels_from(~inner) > radius if not inner.all() else inner
    return out


def opened(mask: np.ndarray, radius: float) -> np.ndarray:
    """Remove what a ball of so many voxels does not fit into."""
    return within(eroded(mask, radius), radius)


def closed(mask: np.ndarray, radius: float) -> np.ndarray:
    """Fill what a ball of so many voxels cannot reach from outside."""
    room = int(np.ceil(radius)) + 2
    wide = within(np.pad(mask, room), radius)
    return eroded(wide, radius)[(slice(room, -room),) * 3]
