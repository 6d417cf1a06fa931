"""Resting series with a known site: a bump that goes against the seed, on smooth noise."""

import numpy as np
from scipy.ndimage import gaussian_filter, gaussian_filter1d

SITE_MM = np.array([-40.0, 42.0, 32.0])


def grid(spacing_mm=4.0, *, flip=False):
    """Return shape and affine (mm) of a box that holds seed and region; flip stores LPS."""
    low, high = np.array([-80.0, -20.0, -40.0]), np.array([40.0, 84.0, 84.0])
    shape = tuple(np.ceil((high - low) / spacing_mm).astype(int) + 1)
    affine = np.diag([spacing_mm] * 3 + [1.0])
    affine[:3, 3] = low
    if flip:
        for axis in (0, 1):
            affine[axis, axis] = -spacing_mm
            affine[axis, 3] = low[axis] + spacing_mm * (shape[axis] - 1)
    return shape, affine


def points_mm(shape, affine):
    index = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    return index @ affine[:3, :3].T + affine[:3, 3]


def series(
    shape, affine, *, frames=300, tr_s=2.0, strength=0.6, noise=1.0, seed=0, site_mm=SITE_MM
):
    """Return values (nx, ny, nz, frames): a signal in the seed, and minus it at the site."""
    draw = np.random.default_rng(seed)
    place = points_mm(shape, affine)
    signal = gaussian_filter1d(draw.normal(size=frames), 4.0 / tr_s)
    signal /= signal.std()
    from_seed = np.linalg.norm(place - [6, 16, -10], axis=-1)
    bump = -strength * np.exp(-0.5 * (np.linalg.norm(place - site_mm, axis=-1) / 9.0) ** 2)
    pattern = np.where(from_seed <= 12, 1.0, 0.0) + bump
    values = draw.normal(size=(*shape, frames)).astype(np.float32)
    width = 3.0 / abs(affine[0, 0])
    values = gaussian_filter(values, (width, width, width, 1.0))
    values *= noise / values.std()
    return (1000 + 10 * (values + pattern[..., None] * signal)).astype(np.float32)


def write(folder, values, affine, *, tr_s=2.0, name="bold.nii.gz", dtype=np.float32):
    """Write series and mask; return their paths."""
    import nibabel as nib

    folder.mkdir(parents=True, exist_ok=True)
    image = nib.Nifti1Image(values.astype(dtype), affine)
    image.header.set_zooms((*image.header.get_zooms()[:3], tr_s))
    image.header.set_xyzt_units("mm", "sec")
    nib.save(image, folder / name)
    mask = nib.Nifti1Image(np.ones(values.shape[:3], np.uint8), affine)
    nib.save(mask, folder / "mask.nii.gz")
    return folder / name, folder / "mask.nii.gz"
