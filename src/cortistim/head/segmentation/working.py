"""The voxels that are segmented: the head alone, about a millimetre or finer."""

from dataclasses import dataclass

import numpy as np

from cortistim.head.segmentation.outline import largest
from cortistim.head.space.affine import head_level
from cortistim.image import Volume, grid_points_m, isotropic_grid
from cortistim.typing import FloatArray, IntArray

FINEST_M, COARSEST_M = 0.62e-3, 1.25e-3
LOOK_M, ROOM_M = 4e-3, 14e-3
SECOND_DIFFERENCE = np.array([1.0, -2.0, 1.0])
STRUCTURE_PER_M = 20.0  # of white matter, per metre of voxel: 3 % at 1.5 mm
LEAST_NOISE = 0.03  # of white matter
NOISE_SHARE = 0.4  # of the noise, as bandwidth of the patches' distances


@dataclass(frozen=True, eq=False)
class Work:
    """A part of an image on finer or coarser voxels along the same axes.

    Parameters
    ----------
    volume : Volume
        What is segmented.
    first : (3,) int array
        The image's voxel that its first voxel lies on.
    finer, coarser : (3,) int array
        Its voxels per voxel of the image, and the image's per voxel of its own.
    """

    volume: Volume
    first: IntArray
    finer: IntArray
    coarser: IntArray

    @classmethod
    def of(cls, image: Volume, coarsest_m: float = COARSEST_M) -> "Work":
        """Crop an image to the head; split voxels over 1.25 mm, join those below 0.62 mm.

        Parameters
        ----------
        image : Volume
            Of a head.
        coarsest_m : float [m], optional
            Voxels larger than this are split; 1.25 mm.
        """
        first, last = _head_box(image)
        inner = image.values[tuple(slice(a, b) for a, b in zip(first, last, strict=True))]
        spacing_m = image.spacing_m
        inner = quieted(Volume(np.asarray(inner, np.float32), image.affine_m)).values
        finer = np.maximum(np.ceil(spacing_m / coarsest_m - 1e-6), 1).astype(int)
        coarser = np.maximum(np.ceil(FINEST_M / spacing_m - 1e-6), 1).astype(int)
        affine_m = image.affine_m.copy()
        affine_m[:3, 3] += affine_m[:3, :3] @ first
        affine_m[:3, :3] *= coarser / finer
        return cls(Volume(_read(inner, finer, coarser), affine_m), first, finer, coarser)

    def seen_in(self, other: Volume, matrix: FloatArray) -> Volume:
        """Read another image, to which a matrix leads from this one's world, on these voxels.

        NaN where the other image shows nothing.

        Parameters
        ----------
        other : Volume
            Another image of the same head.
        matrix : (4, 4) array
            From this image's world to the other's.

        Returns
        -------
        Volume
            On the voxels of the work.
        """
        points_m = grid_points_m(self.volume.shape, matrix @ self.volume.affine_m)
        calm = quieted(other)
        values = np.where(other.holds(points_m), calm.at(points_m), np.nan)
        return Volume(values.astype(np.float32), self.volume.affine_m)

    def back(self, labels: IntArray, image: Volume) -> IntArray:
        """Carry labels of the work's voxels to the image's grid; 0 outside the crop.

        Parameters
        ----------
        labels : (i, j, k) int array
            Of the work's voxels.
        image : Volume
            The grid that is wanted.

        Returns
        -------
        int array
            On that grid.
        """
        out = np.zeros(image.shape, labels.dtype)
        room = out[tuple(slice(a, None) for a in self.first)]
        if (self.coarser > 1).any():
            shape = tuple(int(n) for n in np.minimum(room.shape, labels.shape * self.coarser))
            room[tuple(slice(n) for n in shape)] = _spread(labels, self.coarser, shape)
            return out
        kept = labels[tuple(slice(None, None, n) for n in self.finer)]
        room[tuple(slice(n) for n in kept.shape)] = kept
        return out


def noise_of(image: Volume) -> float:
    """Estimate the deviation of white noise in an image [immerkaer1996]_.

    Parameters
    ----------
    image : Volume
        Of a head, on its own voxels.

    Returns
    -------
    float
        As a share of white matter; what the fine structure of a head looks like to the
        method, measured in images with hardly any noise, is taken off.
    """
    from scipy.ndimage import convolve1d

    rough = image.values
    for axis in range(3):
        rough = convolve1d(rough, SECOND_DIFFERENCE, axis=axis)
    bright = image.values > head_level(image.values)
    spread = float(np.median(np.abs(rough[bright]))) / 0.6745
    white = float(np.percentile(image.values[bright], 75))
    whole = spread / float(np.sum(SECOND_DIFFERENCE**2)) ** 1.5 / white
    structure = STRUCTURE_PER_M * float(image.spacing_m.mean())
    return float(np.sqrt(max(whole**2 - structure**2, 0.0)))


def quieted(image: Volume) -> Volume:
    """Take noise out of an image by non-local means, which spare edges [buades2005]_.

    Parameters
    ----------
    image : Volume
        Of a head, on its own voxels: interpolated noise would pass for structure.

    Returns
    -------
    Volume
        The same when the noise is below 3 % of white matter.
    """
    from skimage.restoration import denoise_nl_means

    share = noise_of(image)
    if share < LEAST_NOISE:
        return image
    values = image.values
    noise = share * float(np.percentile(values[values > head_level(values)], 75))
    calm = denoise_nl_means(
        values, patch_size=3, patch_distance=2, h=NOISE_SHARE * noise, sigma=noise,
        fast_mode=True, preserve_range=True,
    )  # fmt: skip
    return Volume(np.asarray(calm, np.float32), image.affine_m)


def _head_box(image: Volume) -> tuple[IntArray, IntArray]:
    """First voxel of a box around the head, and the one after its last."""
    shape, affine_m = isotropic_grid(image, LOOK_M)
    soft = image.blurred(LOOK_M / 2).at(grid_points_m(shape, affine_m))
    found = np.argwhere(largest(soft > head_level(image.values)))
    scale = LOOK_M / image.spacing_m
    room = ROOM_M / image.spacing_m
    first = np.maximum(np.floor(found.min(axis=0) * scale - room), 0)
    last = np.minimum(np.ceil(found.max(axis=0) * scale + room) + 1, image.shape)
    return first.astype(int), last.astype(int)


def _read(values: np.ndarray, finer: IntArray, coarser: IntArray) -> np.ndarray:
    """Interpolate by cubic splines, which keep thin layers that lines would blur."""
    from scipy.ndimage import affine_transform, gaussian_filter

    if (coarser > 1).any():
        soft = gaussian_filter(values, np.where(coarser > 1, 0.35 * coarser, 0.0))
        return np.ascontiguousarray(soft[tuple(slice(None, None, n) for n in coarser)])
    if (finer == 1).all():
        return np.ascontiguousarray(values)
    shape = tuple(int(n) for n in (np.array(values.shape) - 1) * finer + 1)
    zoom = np.diag(1 / finer)
    fine = affine_transform(values, zoom, output_shape=shape, order=3, mode="nearest")
    return np.clip(fine, 0, values.max())


def _spread(labels: IntArray, coarser: IntArray, shape: tuple[int, ...]) -> IntArray:
    """Labels on finer voxels: the one with the greatest share by linear interpolation."""
    from scipy.ndimage import affine_transform

    zoom = np.diag(1 / coarser)
    best, out = np.zeros(shape, np.float32), np.zeros(shape, labels.dtype)
    for tag in np.unique(labels):
        here = (labels == tag).astype(np.float32)
        share = affine_transform(here, zoom, output_shape=shape, order=1, mode="nearest")
        better = share > best
        best[better], out[better] = share[better], tag
    return out
