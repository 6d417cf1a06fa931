"""A scalar image with its place in space, and how to read it on another grid."""

from dataclasses import dataclass

import numpy as np

from cortistim.geometry import freeze, transform
from cortistim.image import _kernels
from cortistim.typing import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Volume:
    """Values on a regular grid.

    Parameters
    ----------
    values : (nx, ny, nz) array
        Any numbers.
    affine_m : (4, 4) array [m]
        Voxel index to world space.
    """

    values: FloatArray | IntArray
    affine_m: FloatArray

    def __post_init__(self) -> None:
        """Freeze the affine; the values are large and stay as they are."""
        freeze(self, "affine_m", dtype=np.float64)

    @property
    def spacing_m(self) -> FloatArray:
        """Edge of a voxel along each axis, (3,), in metres."""
        return np.linalg.norm(self.affine_m[:3, :3], axis=0)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels along each axis."""
        nx, ny, nz = self.values.shape
        return nx, ny, nz

    def blurred(self, sigma_m: float) -> "Volume":
        """Return the volume blurred by a Gaussian of this width.

        Parameters
        ----------
        sigma_m : float [m]
            Standard deviation.

        Returns
        -------
        Volume
            In single precision, on the same grid.
        """
        from scipy.ndimage import gaussian_filter

        values = np.asarray(self.values, np.float32)
        blurred = gaussian_filter(values, sigma_m / self.spacing_m, mode="nearest")
        return Volume(np.asarray(blurred), self.affine_m)

    def at(self, points_m: FloatArray) -> FloatArray:
        """Interpolate linearly at points (..., 3) [m]; the edge's value holds beyond.

        Parameters
        ----------
        points_m : (..., 3) array [m]
            In world space.

        Returns
        -------
        (...) array
            Values.
        """
        index = transform(np.linalg.inv(self.affine_m), points_m.reshape(-1, 3))
        return _kernels.interpolate(index, self.values).reshape(points_m.shape[:-1])

    def holds(self, points_m: FloatArray, margin_voxels: float = 0.0) -> np.ndarray:
        """Tell which points (..., 3) [m] lie within the grid.

        Parameters
        ----------
        points_m : (..., 3) array [m]
            In world space.
        margin_voxels : float, optional
            How far beyond the outermost centres still counts.

        Returns
        -------
        (...) bool array
            True within.
        """
        index = transform(np.linalg.inv(self.affine_m), points_m.reshape(-1, 3))
        last = np.array(self.shape) - 1 + margin_voxels
        held = np.asarray(((index >= -margin_voxels) & (index <= last)).all(axis=1))
        return held.reshape(points_m.shape[:-1])


def grid_points_m(shape: tuple[int, int, int], affine_m: FloatArray) -> FloatArray:
    """Return the world coordinates of all voxels.

    Parameters
    ----------
    shape : tuple of int
        Voxels along each axis.
    affine_m : (4, 4) array [m]
        Voxel index to world space.

    Returns
    -------
    (nx, ny, nz, 3) array [m]
        Centres of the voxels.
    """
    i, j, k = np.ogrid[tuple(slice(n) for n in shape)]
    out = np.empty((*shape, 3))
    for axis in range(3):
        a, b, c, d = affine_m[axis]
        out[..., axis] = a * i + b * j + c * k + d
    return out


def isotropic_grid(
    volume: Volume, spacing_m: float, margin_m: float = 0.0
) -> tuple[tuple[int, int, int], FloatArray]:
    """Lay a grid of another voxel size over a volume, along the same axes.

    Parameters
    ----------
    volume : Volume
        Gives the extent and the axes.
    spacing_m : float [m]
        Edge of the new voxels.
    margin_m : float, optional
        Room added on all sides.

    Returns
    -------
    shape : tuple of int
        Voxels along each axis.
    affine_m : (4, 4) array [m]
        Voxel index to world space.
    """
    scale = spacing_m / volume.spacing_m
    extra = np.ceil(margin_m / spacing_m)
    counts = np.ceil((np.array(volume.shape) - 1) / scale) + 1 + 2 * extra
    affine_m = volume.affine_m.copy()
    affine_m[:3, :3] *= scale
    affine_m[:3, 3] -= affine_m[:3, :3] @ np.full(3, extra)
    nx, ny, nz = (int(n) for n in counts)
    return (nx, ny, nz), affine_m
