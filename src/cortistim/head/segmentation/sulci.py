"""Sulci narrower than a voxel: sheets of CSF between banks that look fused."""

from typing import cast

import numpy as np

from cortistim.head.tissues import CSF, GREY, WHITE
from cortistim.typing import FloatArray, IntArray

BLUR_M, VALLEY_BLUR_M = 0.5e-3, 0.8e-3
STEP_M = 1e-3  # to both sides a sheet's middle is the darkest place
SIDES_M = (2e-3, 3e-3)  # where the banks are
BANK_M = 1.4e-3  # of grey matter that stays on the white matter
# shares of the contrast between white and grey matter, chosen by trial
LEAST_BEND_PER_M2 = 0.08e6
LEAST_VALLEY, NOISE = 0.45, 0.012
LEAST_PART_M3 = 30e-9


def sulcal_sheets(
    values: FloatArray, labels: IntArray, voxel_m: float, least: float = LEAST_VALLEY
) -> np.ndarray:
    """Find the CSF that is left of a sulcus when its banks touch in the labels.

    A narrow sulcus darkens the grey matter of a T1 image by part of a voxel's contrast, too
    little to count as CSF. There the image has a valley: along the strongest curvature of
    the grey values the place is darkest, and both banks are brighter. Without these sheets
    two gyri conduct as one, and the field on them is too weak across the sulcus.

    Parameters
    ----------
    values : (nx, ny, nz) array
        T1 image without bias.
    labels : (nx, ny, nz) int array
        Tissue tags on the same grid.
    voxel_m : float [m]
        Mean edge of a voxel; all edges should be about equal.
    least : float, optional
        How much darker a valley must be than grey matter and than its banks, as a share of
        the contrast between white and grey matter. The default is for one scan; the mean of
        many has less noise and shows shallower valleys.

    Returns
    -------
    (nx, ny, nz) bool array
        Voxels of grey matter that are better called CSF. Sheets are about one voxel thick,
        which may be more than the sulcus has.
    """
    from scipy.ndimage import distance_transform_edt, gaussian_filter, map_coordinates

    found = np.zeros(labels.shape, bool)
    if not all((labels == tag).any() for tag in (WHITE, GREY, CSF)):
        return found
    contrast = float(np.median(values[labels == WHITE]) - np.median(values[labels == GREY]))
    if contrast <= 0:
        return found
    fluid = np.median(values[labels == GREY]) - least * contrast
    smooth = gaussian_filter(values, BLUR_M / voxel_m)
    from_white = np.asarray(distance_transform_edt(labels != WHITE))
    free = (labels == GREY) & (smooth < fluid) & (from_white * voxel_m > BANK_M)
    places = np.argwhere(free)
    bend, across = _strongest_bend(values, places, VALLEY_BLUR_M / voxel_m)

    def beside(way_m: float) -> FloatArray:
        moved = places + way_m / voxel_m * across
        return map_coordinates(smooth, moved.T, order=1, mode="nearest")

    here = beside(0)
    near = np.minimum(beside(STEP_M), beside(-STEP_M))
    banks = [np.maximum(*(beside(sign * way) for way in SIDES_M)) for sign in (1, -1)]
    valley = (bend > LEAST_BEND_PER_M2 * voxel_m**2 * contrast) & (
        here <= near + NOISE * contrast
    )
    valley &= np.minimum(*banks) - here > least * contrast
    found[tuple(places[valley].T)] = True
    return found & _large_with(labels == CSF, found, LEAST_PART_M3 / voxel_m**3)


def _strongest_bend(
    values: FloatArray, places: IntArray, blur: float
) -> tuple[FloatArray, FloatArray]:
    """Largest second derivative of the grey values, per voxel squared, and its direction."""
    from scipy.ndimage import gaussian_filter

    hessian = np.empty((len(places), 3, 3), np.float32)
    for i in range(3):
        for j in range(i, 3):
            order = tuple((i == axis) + (j == axis) for axis in range(3))
            second = gaussian_filter(values, blur, order=cast("int", order))
            hessian[:, i, j] = hessian[:, j, i] = second[tuple(places.T)]
    bends, axes = np.linalg.eigh(hessian)
    return bends[:, -1], axes[:, :, -1]


def _large_with(fluid: np.ndarray, sheets: np.ndarray, least: float) -> np.ndarray:
    """Keep sheets that, with the fluid they touch, hold at least so many voxels."""
    from scipy.ndimage import label

    part = np.zeros(fluid.shape, np.int32)
    label(fluid | sheets, np.ones((3, 3, 3)), output=part)
    return (np.bincount(part.ravel()) >= least)[part]
