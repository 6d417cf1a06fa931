"""The smooth gain of a coil that makes one tissue bright here and dark there."""

import numpy as np

from cortistim.image import Volume, grid_points_m, isotropic_grid
from cortistim.typing import FloatArray

GRID_M = 4e-3
WIDTHS_M = (30e-3, 20e-3)  # of the blur; narrower ones take folds for shading
ROUNDS = 120
SETTLED = 3e-4  # of the logarithm
SURE = 0.9
DARKEST = 0.15  # of the brightest: bone and air tell nothing of the gain
BINS = 200
SHARPNESS = 0.10 / 2.355  # by how much of the logarithm the gain blurs the histogram
WIENER = 0.01


def gain_of(image: Volume, brain_case: FloatArray) -> FloatArray:
    """Estimate the gain by sharpening the histogram of what lies within the skull.

    The method of Sled et al. [sled1998]_: a smooth gain blurs the histogram of the logarithm
    of grey values, so a sharper histogram tells each voxel's even value, and the smooth part
    of the difference is the gain. Needs no model of tissues.

    Parameters
    ----------
    image : Volume
        As measured, 0 or more.
    brain_case : (nx, ny, nz) array
        Probability of lying within the skull.

    Returns
    -------
    (nx, ny, nz) float32 array
        About one within the skull; beyond it the gain goes on as it was at the rim.
    """
    shape, affine_m = isotropic_grid(image, GRID_M)
    points_m = grid_points_m(shape, affine_m)
    values = image.blurred(GRID_M / 2.5).at(points_m)
    seen = Volume(brain_case, image.affine_m).at(points_m) > SURE
    if not seen.any():
        return np.ones(image.shape, np.float32)
    seen &= values > DARKEST * np.quantile(values[seen], 0.99)
    logarithm = np.log(values[seen])
    gain = np.zeros(shape)
    weight = seen.astype(float)
    for width_m in WIDTHS_M:
        for _ in range(ROUNDS):
            even = logarithm - gain[seen]
            rest = np.zeros(shape)
            rest[seen] = even - _sharpened(even)
            rest[seen] -= rest[seen].mean()
            step = _smooth(rest, weight, width_m)
            gain += step
            if step[seen].std() < SETTLED:
                break
    spread = Volume(gain, affine_m).at(grid_points_m(image.shape, image.affine_m))
    return np.exp(spread).astype(np.float32)


def rest_of_gain(image: Volume, expected: FloatArray, weight: FloatArray) -> Volume:
    """Estimate what is left of the gain when the tissues' means are known.

    To be taken off again and again: one smooth step alone falls short where the gain is steep.

    Parameters
    ----------
    image : Volume
        Even so far; NaN where it was not measured.
    expected : (nx, ny, nz) array
        Mean grey value of what a voxel is.
    weight : (nx, ny, nz) array
        How much a voxel tells.

    Returns
    -------
    Volume
        Its logarithm, on a grid of 4 mm.
    """
    told = np.isfinite(image.values) & (image.values > 0) & (weight > 0)
    ratio = np.where(told, image.values, 1) / np.where(told, expected, 1)
    shape, affine_m = isotropic_grid(image, GRID_M)
    points_m = grid_points_m(shape, affine_m)
    part = Volume((weight * told).astype(np.float32), image.affine_m)
    whole = Volume((np.log(ratio) * part.values).astype(np.float32), image.affine_m)
    top, bottom = (one.blurred(GRID_M / 2).at(points_m) for one in (whole, part))
    return Volume(_smooth(top, bottom / bottom.max(), WIDTHS_M[-1], bottom.max()), affine_m)


def _smooth(
    values: FloatArray, weight: FloatArray, width_m: float, scale: float = 1.0
) -> FloatArray:
    """Weighted mean over the neighbourhood; where weights fade, over a wide one."""
    from scipy.ndimage import gaussian_filter

    width = width_m / GRID_M
    top, bottom = (
        gaussian_filter(part, width) + 1e-3 * gaussian_filter(part, 3 * width)
        for part in (values / scale, weight)
    )
    return top / (bottom + 1e-6)


def _sharpened(values: FloatArray) -> FloatArray:
    """Guess each sample as it was before a Gaussian blurred the samples' histogram."""
    low, high = float(values.min()), float(values.max())
    step = max(high - low, 1e-9) / (BINS - 1)
    place = (values - low) / step
    left = np.clip(place.astype(int), 0, BINS - 2)
    part = place - left
    counts = np.bincount(left, 1 - part, BINS) + np.bincount(left + 1, part, BINS)
    room = 4 * BINS
    first = (room - BINS) // 2
    padded = np.zeros(room)
    padded[first : first + BINS] = counts
    index = np.arange(room)
    blur = np.exp(-0.5 * (np.minimum(index, room - index) * step / SHARPNESS) ** 2)
    spectrum = np.fft.fft(blur / blur.sum())
    wiener = np.conj(spectrum) / (np.abs(spectrum) ** 2 + WIENER)
    sharp = np.maximum(np.fft.ifft(np.fft.fft(padded) * wiener).real, 0)
    top = np.fft.ifft(np.fft.fft(sharp * index) * spectrum).real
    bottom = np.fft.ifft(np.fft.fft(sharp) * spectrum).real
    known = bottom > 1e-8 * bottom.max()
    expected = np.where(known, top / np.where(known, bottom, 1), index)
    expected = expected[first : first + BINS] - first
    return low + step * np.interp(place, np.arange(BINS), expected)
