"""Lay another image of the same head, of any contrast, over the first."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cortistim.errors import BadInputError
from cortistim.geometry import transform
from cortistim.head.space.affine import head_level
from cortistim.image import Volume, grid_points_m, isotropic_grid
from cortistim.typing import FloatArray

LEVELS_M = (8e-3, 4e-3)
BINS = 32
LEAST_OVERLAP = 0.5
LEAST_TOLD = 0.14  # two images of one head reach 0.18, of two heads 0.10
ARM_M = 0.08  # turns are counted by the path of a point so far from the middle
FIRST_STEP_M, LAST_STEP_M = 8e-3, 0.05e-3
LEAST_GAIN = 1e-5


@dataclass(frozen=True, eq=False)
class Alignment:
    """How a second image lies to the first.

    Parameters
    ----------
    matrix : (4, 4) array
        Second from first, acting on metres.
    told : float
        Information that the two share, over what the richer one holds: 0 to 1.
    moved_m : float [m]
        Farthest that a point of the head was moved.
    turned_deg : float
        How far the image was turned.
    """

    matrix: FloatArray
    told: float
    moved_m: float
    turned_deg: float


def aligned(firsts: Sequence[Volume], second: Volume) -> Alignment:
    """Find the rigid motion that makes two images of one head tell most of each other.

    Mutual information [wells1996]_ of grey values at 8 and 4 mm is raised by steps along one
    parameter after the other, from where the headers say and from where the middles meet.

    Parameters
    ----------
    firsts : sequence of Volume
        The first image, as it is and without bias; the one that fits better counts.
    second : Volume
        Of the same head; the contrast may differ.

    Returns
    -------
    Alignment
        The motion and how well the images fit.

    Raises
    ------
    BadInputError
        When the images hardly overlap or do not fit each other.
    """
    middle_m = _middle_m(firsts[0])
    (told, pose), points_m = max(
        (_laid_over(first, second, middle_m) for first in firsts), key=lambda one: one[0][0]
    )
    if told < LEAST_TOLD:
        msg = (
            "the T2 image must show the same head as the T1 image; laid over it, it shares "
            f"{max(told, 0):.0%} of the information (at least {LEAST_TOLD:.0%} is needed). "
            "Check that both are of the same person and that the headers give their "
            "orientation."
        )
        raise BadInputError(msg)
    matrix = _matrix(pose, middle_m)
    moved_m = np.linalg.norm(transform(matrix, points_m) - points_m, axis=1).max()
    turned = np.degrees(np.linalg.norm(pose[:3]) / ARM_M)
    return Alignment(matrix, told, float(moved_m), float(turned))


def _laid_over(
    first: Volume, second: Volume, middle_m: FloatArray
) -> tuple[tuple[float, FloatArray], FloatArray]:
    """Return what the images tell of each other, at which pose, and the points looked at."""
    coarse, fine = (_Level.of(first, second, size_m, middle_m) for size_m in LEVELS_M)
    starts = _starts(middle_m, _middle_m(second))
    found = max((coarse.climbed(start, FIRST_STEP_M) for start in starts), key=lambda b: b[0])
    return fine.climbed(found[1], LEVELS_M[1] / 2), fine.points_m


def _starts(middle_m: FloatArray, other_m: FloatArray) -> list[FloatArray]:
    return [np.zeros(6), np.concatenate([np.zeros(3), other_m - middle_m])]


def _middle_m(image: Volume) -> FloatArray:
    shape, affine_m = isotropic_grid(image, 6e-3)
    points_m = grid_points_m(shape, affine_m)
    bright = image.blurred(4e-3).at(points_m) > head_level(image.values)
    return points_m[bright].mean(axis=0)


def _matrix(pose: FloatArray, middle_m: FloatArray) -> FloatArray:
    """Turn about the middle, then shift."""
    from scipy.spatial.transform import Rotation

    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_rotvec(pose[:3] / ARM_M).as_matrix()
    matrix[:3, 3] = middle_m + pose[3:] - matrix[:3, :3] @ middle_m
    return matrix


def _binned(values: FloatArray, low: float, high: float) -> np.ndarray:
    return np.clip((values - low) / (high - low) * BINS, 0, BINS - 1).astype(np.int64)


@dataclass(frozen=True, eq=False)
class _Level:
    """Both images at one coarseness."""

    points_m: FloatArray
    first: np.ndarray
    second: Volume
    limits: tuple[float, float]
    middle_m: FloatArray

    @classmethod
    def of(cls, first: Volume, second: Volume, size_m: float, middle_m: FloatArray) -> "_Level":
        shape, affine_m = isotropic_grid(first, size_m)
        points_m = grid_points_m(shape, affine_m).reshape(-1, 3)
        values = first.blurred(size_m / 2).at(points_m)
        inside = values > 0.5 * head_level(first.values)
        bins = _binned(values, 0.0, float(np.quantile(values[inside], 0.99)))
        shape, affine_m = isotropic_grid(second, size_m / 2)
        moving = Volume(second.blurred(size_m / 2).at(grid_points_m(shape, affine_m)), affine_m)
        bright = moving.values[moving.values > head_level(second.values)]
        limits = (0.0, float(np.quantile(bright, 0.99)))
        return cls(points_m[inside], bins[inside], moving, limits, middle_m)

    def told(self, pose: FloatArray) -> float:
        """Mutual information over the greater entropy, so that flat things tell little."""
        moved_m = transform(_matrix(pose, self.middle_m), self.points_m)
        seen = self.second.holds(moved_m)
        if seen.mean() < LEAST_OVERLAP:
            return -1.0
        other = _binned(self.second.at(moved_m[seen]), *self.limits)
        joint = np.bincount(self.first[seen] * BINS + other, minlength=BINS**2)
        share = joint.reshape(BINS, BINS) / joint.sum()
        own, their = share.sum(axis=1), share.sum(axis=0)
        entropies = [-float((p[p > 0] * np.log(p[p > 0])).sum()) for p in (own, their, share)]
        return (entropies[0] + entropies[1] - entropies[2]) / max(*entropies[:2], 1e-9)

    def climbed(self, pose: FloatArray, step_m: float) -> tuple[float, FloatArray]:
        """Go uphill along each parameter in turn, by ever shorter steps."""
        best = self.told(pose)
        while step_m > LAST_STEP_M:
            before = best
            for way in (*np.eye(6), *-np.eye(6)):
                tried = pose + step_m * way
                score = self.told(tried)
                while score > best + LEAST_GAIN:
                    best, pose = score, tried
                    tried = pose + step_m * way
                    score = self.told(tried)
            if best <= before + LEAST_GAIN:
                step_m /= 2
        return best, pose
