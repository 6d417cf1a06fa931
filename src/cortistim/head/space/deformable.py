"""Folds laid over folds: a smooth, invertible deformation raised on local correlation."""

from dataclasses import dataclass

import numpy as np

from cortistim.geometry import freeze, transform
from cortistim.image import Volume, grid_points_m, isotropic_grid
from cortistim.typing import FloatArray, Progress, silent

LEVELS_M = (6e-3, 4e-3, 2e-3)
ROUNDS = (40, 40, 25)
WINDOW_VOXELS = 5
STEP_VOXELS = 0.4
FLUID_VOXELS = 1.6  # blur of each step
ELASTIC_VOXELS = 0.6  # blur of the whole
MARGIN_M = 16e-3
NOISE = 2e-3  # of variance, in units of white matter: flat places do not pull
INVERSE_ROUNDS = 30


@dataclass(frozen=True, eq=False)
class DeformedFrame:
    """An affine matrix and a displacement, each way: a `cortistim.head.space.frames.Frame`.

    Parameters
    ----------
    subject_from_mni : (4, 4) array
        Acts on metres.
    there_m : (nx, ny, nz, 3) array [m]
        Added to MNI points before the matrix.
    back_m : (nx, ny, nz, 3) array [m]
        Added to points after the inverse matrix.
    affine_m : (4, 4) array [m]
        Voxel index of both to MNI space.
    description : str
        How the tie was made and how far to trust it.
    """

    subject_from_mni: FloatArray
    there_m: FloatArray
    back_m: FloatArray
    affine_m: FloatArray
    description: str

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "subject_from_mni", "there_m", "back_m", "affine_m", dtype=np.float64)

    def to_subject_m(self, points_m: FloatArray) -> FloatArray:
        """Carry MNI points (n_point, 3) [m] to subject space [m].

        Parameters
        ----------
        points_m : (n_point, 3) array [m]
            MNI space.

        Returns
        -------
        (n_point, 3) array [m]
            Subject space.
        """
        points_m = np.asarray(points_m, dtype=float)
        shift_m = displacement_m(self.there_m, self.affine_m, points_m)
        return transform(self.subject_from_mni, points_m + shift_m)

    def to_mni_m(self, points_m: FloatArray) -> FloatArray:
        """Carry subject points (n_point, 3) [m] to MNI space [m].

        Parameters
        ----------
        points_m : (n_point, 3) array [m]
            Subject space.

        Returns
        -------
        (n_point, 3) array [m]
            MNI space.
        """
        points_m = transform(np.linalg.inv(self.subject_from_mni), np.asarray(points_m, float))
        return points_m + displacement_m(self.back_m, self.affine_m, points_m)


def displacement_m(
    field_m: FloatArray, affine_m: FloatArray, points_m: FloatArray
) -> FloatArray:
    """Interpolate a displacement field.

    Parameters
    ----------
    field_m : (nx, ny, nz, 3) array [m]
        Displacements.
    affine_m : (4, 4) array [m]
        Voxel index to world space.
    points_m : (..., 3) array [m]
        Where; beyond the grid the edge's value holds.

    Returns
    -------
    (..., 3) array [m]
        Displacements there.
    """
    parts = [
        Volume(np.ascontiguousarray(field_m[..., axis]), affine_m).at(points_m)
        for axis in range(3)
    ]
    return np.stack(parts, axis=-1)


def deform(
    template: Volume,
    subject: Volume,
    matrix: FloatArray,
    *,
    finest_m: float = LEVELS_M[-1],
    progress: Progress = silent,
) -> tuple[FloatArray, FloatArray]:
    """Find the displacement that raises the local correlation of two images.

    Greedy steps along the gradient of the squared correlation in windows of 5 voxels
    [avants2008]_, each blurred and composed with what was found before, at 6, 4 and 2 mm.

    Parameters
    ----------
    template, subject : Volume
        Clipped T1 images.
    matrix : (4, 4) array
        Subject from template, from `affine.laid_over`.
    finest_m : float [m], optional
        Levels finer than this are left out.
    progress : callable, optional
        Told the fraction done.

    Returns
    -------
    displacement_m : (nx, ny, nz, 3) array [m]
        To be added to template points before the matrix.
    affine_m : (4, 4) array [m]
        Its voxel index to template space: 2 mm or the finest, 16 mm wider than the template.
    """
    found_m, affine_m = np.zeros((2, 2, 2, 3)), np.diag([1.0, 1.0, 1.0, 1.0])
    levels = [pair for pair in zip(LEVELS_M, ROUNDS, strict=True) if pair[0] >= finest_m]
    total = float(sum(rounds * 8**n for n, (_, rounds) in enumerate(levels)))
    done = 0.0
    for number, (size_m, rounds) in enumerate(levels):
        shape, grid_m = isotropic_grid(template, size_m, MARGIN_M)
        points_m = grid_points_m(shape, grid_m)
        found_m = displacement_m(found_m, affine_m, points_m)
        affine_m = grid_m
        fixed = template.blurred(size_m / 2).at(points_m)
        fixed[~template.holds(points_m, 0.5)] = 0
        moving = subject.blurred(size_m / 2)
        for _ in range(rounds):
            progress("match folds", done / total)
            done += 8**number
            found_m = _one_step(found_m, affine_m, points_m, fixed, template, moving, matrix)
    return found_m, affine_m


def _one_step(
    found_m: FloatArray,
    affine_m: FloatArray,
    points_m: FloatArray,
    fixed: FloatArray,
    template: Volume,
    moving: Volume,
    matrix: FloatArray,
) -> FloatArray:
    """Go one step uphill, before what was found so far."""
    from scipy.ndimage import gaussian_filter

    size_m = affine_m[0, 0]
    moved_m = transform(matrix, (points_m + found_m).reshape(-1, 3)).reshape(points_m.shape)
    seen = moving.holds(moved_m) & template.holds(points_m)
    warped = np.where(seen, moving.at(moved_m), 0)
    force = _pull(fixed * seen, warped)
    step = np.stack([gaussian_filter(force[axis], FLUID_VOXELS) for axis in range(3)], axis=-1)
    longest = np.quantile(np.linalg.norm(step, axis=-1), 0.999)
    step_m = step * (STEP_VOXELS * size_m / max(longest, 1e-12))
    length = np.linalg.norm(step_m, axis=-1, keepdims=True)
    step_m *= np.minimum(1, STEP_VOXELS * size_m / np.maximum(length, 1e-12))
    # compose: first the step, then what was found before
    composed_m = step_m + displacement_m(found_m, affine_m, points_m + step_m)
    for axis in range(3):
        composed_m[..., axis] = gaussian_filter(composed_m[..., axis], ELASTIC_VOXELS)
    return composed_m


def _pull(fixed: FloatArray, warped: FloatArray) -> FloatArray:
    """Gradient of the squared local correlation with respect to shifts, (3, nx, ny, nz)."""
    from scipy.ndimage import uniform_filter

    def mean(values: FloatArray) -> FloatArray:
        return uniform_filter(values, WINDOW_VOXELS)

    a, b = fixed - mean(fixed), warped - mean(warped)
    ab, aa, bb = mean(a * b), mean(a * a) + NOISE, mean(b * b) + NOISE
    factor = ab / (aa * bb) * (a - ab / bb * b)
    return np.stack([factor * slope for slope in np.gradient(warped)])


def inverse(there_m: FloatArray, affine_m: FloatArray) -> FloatArray:
    """Invert a displacement field by fixed-point steps.

    Parameters
    ----------
    there_m : (nx, ny, nz, 3) array [m]
        A map x + u(x) without folds.
    affine_m : (4, 4) array [m]
        Voxel index to world space.

    Returns
    -------
    (nx, ny, nz, 3) array [m]
        w with x + w(x) + u(x + w(x)) = x, on the same grid.
    """
    nx, ny, nz, _ = there_m.shape
    points_m = grid_points_m((nx, ny, nz), affine_m)
    back_m = -there_m
    for _ in range(INVERSE_ROUNDS):
        wanted_m = -displacement_m(there_m, affine_m, points_m + back_m)
        back_m = 0.5 * back_m + 0.5 * wanted_m
    return back_m
