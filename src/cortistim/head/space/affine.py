"""Twelve parameters that lay a T1 image over the template: a start for folds."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cortistim.errors import BadInputError
from cortistim.geometry import transform
from cortistim.image import Volume, grid_points_m, isotropic_grid
from cortistim.typing import FloatArray, IntArray

BRAIN_CASE_M = 0.165  # from the crown down to the skull base of a tall head
PITCHES_DEG = (-30.0, -15.0, 0.0, 15.0, 30.0)
ROLLS_DEG = (-12.0, 0.0, 12.0)
COARSE_M, MIDDLE_M, FINE_M = 8e-3, 6e-3, 4e-3
STEPS = 30
SETTLED = 2e-5
LEAST_CORRELATION = 0.55
DAMPING = 1e-4


@dataclass(frozen=True, eq=False)
class Level:
    """Template and subject at one coarseness.

    Parameters
    ----------
    points_m : (n_point, 3) array [m]
        Places in the template.
    values : (n_point,) array
        Of the template there.
    subject : Volume
        Blurred.
    slopes : tuple of Volume
        Derivative of the subject's values along x, y, z, per metre.
    """

    points_m: FloatArray
    values: FloatArray
    subject: Volume
    slopes: tuple[Volume, ...]

    @classmethod
    def of(cls, template: Volume, subject: Volume, size_m: float) -> "Level":
        """Blur both and take every so manyth place."""
        fixed, moving = template.blurred(size_m / 2), subject.blurred(size_m / 2)
        points_m = grid_points_m(*isotropic_grid(template, size_m)).reshape(-1, 3)
        shape, affine_m = isotropic_grid(subject, size_m / 2)
        moving = Volume(moving.at(grid_points_m(shape, affine_m)), affine_m)
        to_index = np.linalg.inv(affine_m)[:3, :3]
        by_index = np.stack(list(np.gradient(moving.values)), axis=-1)
        slopes = by_index @ to_index
        return cls(
            points_m,
            fixed.at(points_m),
            moving,
            tuple(Volume(np.ascontiguousarray(slopes[..., k]), affine_m) for k in range(3)),
        )


def head_level(values: FloatArray | IntArray) -> float:
    """Return the grey value that parts a head from the air around it.

    Parameters
    ----------
    values : array
        Of an image of a head.

    Returns
    -------
    float
        A fraction of Otsu's threshold, since skin and CSF are darker than fat and brain.
    """
    from skimage.filters import threshold_otsu

    inside = values[values > 0]
    top = np.percentile(inside, 98)
    return 0.45 * float(threshold_otsu(np.minimum(inside, top)))


def laid_over(template: Volume, subject: Volume) -> tuple[FloatArray, float]:
    """Find the affine matrix from template to subject.

    Correlation of clipped grey values is raised by Gauss-Newton steps from 8 mm to 4 mm,
    from fifteen starts that differ in pitch and roll.

    Parameters
    ----------
    template : Volume
        T1 in MNI space.
    subject : Volume
        T1 of a head, roughly the right way up by its affine.

    Returns
    -------
    matrix : (4, 4) array
        Subject from MNI, acting on metres.
    correlation : float
        Of grey values, 0 to 1.

    Raises
    ------
    BadInputError
        When the correlation stays below 0.55: this is no head, or it lies otherwise.
    """
    fixed, moving = clipped(template), clipped(subject)
    centre_m = crown_centre_m(fixed)
    shift_m = crown_centre_m(moving)
    coarse = Level.of(fixed, moving, COARSE_M)
    starts = [
        _start(pitch, roll, centre_m, shift_m) for pitch in PITCHES_DEG for roll in ROLLS_DEG
    ]
    tried = [_climb(coarse, start, _similarity, steps=12) for start in starts]
    matrix, correlation = max(tried, key=lambda found: found[1])
    for size_m in (COARSE_M, MIDDLE_M, FINE_M):
        level = Level.of(fixed, moving, size_m)
        matrix, correlation = _climb(level, matrix, _all_twelve, steps=STEPS)
    if correlation < LEAST_CORRELATION:
        msg = (
            "a T1 image of a whole head must resemble the template when laid over it "
            f"(correlation {LEAST_CORRELATION:g} or more); this one reaches {correlation:.2f}. "
            "Check that it is a T1 image of a head and that its header gives its orientation."
        )
        raise BadInputError(msg)
    return matrix, correlation


def fitted_at_once(fixed: Volume, moving: Volume) -> tuple[FloatArray, float]:
    """Find an affine matrix quickly, from the one start that most images are near to.

    Parameters
    ----------
    fixed, moving : Volume
        Clipped T1 images.

    Returns
    -------
    matrix : (4, 4) array
        Moving from fixed, acting on metres.
    correlation : float
        Of grey values at 6 mm.
    """
    matrix = _start(0.0, 0.0, crown_centre_m(fixed), crown_centre_m(moving))
    matrix, _ = _climb(Level.of(fixed, moving, COARSE_M), matrix, _similarity, steps=STEPS)
    return _climb(Level.of(fixed, moving, MIDDLE_M), matrix, _all_twelve, steps=STEPS)


def clipped(volume: Volume) -> Volume:
    """Return a volume scaled to about one in white matter, with bright fat cut off.

    Parameters
    ----------
    volume : Volume
        T1 image of a head.

    Returns
    -------
    Volume
        From 0 to 1.2.
    """
    values = volume.values
    head = values[values > head_level(values)]
    scale = np.percentile(head, 75)
    return Volume(np.clip(values / scale, 0, 1.2).astype(np.float32), volume.affine_m)


def crown_centre_m(volume: Volume) -> FloatArray:
    """Return the centre of the part of a head less than 165 mm below its crown.

    Parameters
    ----------
    volume : Volume
        T1 image of a head.

    Returns
    -------
    (3,) array [m]
        In world space.
    """
    shape, affine_m = isotropic_grid(volume, 4e-3)
    points_m = grid_points_m(shape, affine_m)
    values = volume.blurred(4e-3).at(points_m)
    points_m = points_m[values > head_level(values)]
    # stray bright voxels above the head do not make a crown
    crown_m = np.quantile(points_m[:, 2], 0.999)
    return points_m[points_m[:, 2] > crown_m - BRAIN_CASE_M].mean(axis=0)


def _start(
    pitch_deg: float, roll_deg: float, centre_m: FloatArray, shift_m: FloatArray
) -> FloatArray:
    a, b = np.radians([pitch_deg, roll_deg])
    pitch = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    roll = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    matrix = np.eye(4)
    matrix[:3, :3] = pitch @ roll
    matrix[:3, 3] = shift_m - matrix[:3, :3] @ centre_m
    return matrix


def _similarity(linear: FloatArray) -> FloatArray:
    """Directions of rotation, scale and shift at a matrix, (7, 12)."""
    turns = np.zeros((3, 3, 3))
    for axis, (i, j) in enumerate(((1, 2), (2, 0), (0, 1))):
        turns[axis, i, j], turns[axis, j, i] = -1, 1
    rows = [np.column_stack([turn @ linear, np.zeros(3)]) for turn in (*turns, np.eye(3))]
    shifts = [np.column_stack([np.zeros((3, 3)), np.eye(3)[k]]) for k in range(3)]
    return np.array([row.ravel() for row in (*rows, *shifts)])


def _all_twelve(_linear: FloatArray) -> FloatArray:
    return np.eye(12)


def _climb(
    level: Level,
    matrix: FloatArray,
    freedom: Callable[[FloatArray], FloatArray],
    *,
    steps: int,
) -> tuple[FloatArray, float]:
    """Raise the correlation by Gauss-Newton steps; only better ones are taken."""
    origin_m = level.points_m.mean(axis=0)
    design = np.column_stack([level.points_m - origin_m, np.ones(len(level.points_m))])
    best, seen, fitted = _correlation(level, matrix)
    damping = DAMPING
    for _ in range(steps):
        basis = freedom(matrix[:3, :3])
        moved_m = transform(matrix, level.points_m)[seen]
        slopes = np.stack([slope.at(moved_m) for slope in level.slopes], axis=1)
        rows = (fitted[0] * slopes[:, :, None] * design[seen][:, None, :]).reshape(-1, 12)
        rows = rows @ basis.T
        gap = level.values[seen] - fitted[1]
        normal = rows.T @ rows
        normal[np.diag_indices(len(normal))] *= 1 + damping
        step = (np.linalg.solve(normal, rows.T @ gap) @ basis).reshape(3, 4)
        tried = matrix.copy()
        tried[:3, :3] += step[:, :3]
        tried[:3, 3] += step[:, 3] - step[:, :3] @ origin_m
        score, tried_seen, tried_fitted = _correlation(level, tried)
        if score <= best:
            damping *= 10
            if damping > 10:
                break
            continue
        gain, best, matrix = score - best, score, tried
        seen, fitted, damping = tried_seen, tried_fitted, max(damping / 10, DAMPING)
        if gain < SETTLED:
            break
    return matrix, best


def _correlation(
    level: Level, matrix: FloatArray
) -> tuple[float, IntArray, tuple[float, FloatArray]]:
    """Correlation, who is within the subject's image, and slope and values fitted there."""
    moved_m = transform(matrix, level.points_m)
    seen = np.flatnonzero(level.subject.holds(moved_m))
    if len(seen) < 0.3 * len(moved_m):
        return -1.0, seen, (0.0, np.zeros(len(seen)))
    theirs, ours = level.values[seen], level.subject.at(moved_m[seen])
    a, b = theirs - theirs.mean(), ours - ours.mean()
    slope = (a @ b) / (b @ b)
    score = (a @ b) / np.sqrt((a @ a) * (b @ b))
    return score, seen, (slope, slope * b + theirs.mean())
