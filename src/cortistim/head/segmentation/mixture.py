"""Which tissue a voxel is: grey values, where tissues usually lie, and the neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cortistim.head.segmentation import _kernels
from cortistim.head.segmentation.template import CLASSES
from cortistim.head.segmentation.volume import Volume, grid_points_m, isotropic_grid
from cortistim.head.tissues import GREY, WHITE
from cortistim.typing import FloatArray, Progress, silent

GAUSSIANS = (1, 1, 1, 2, 3, 2, 1)  # of each of CLASSES
BOND = 0.35  # per neighbour
LEAST_ROUNDS, ROUNDS = 10, 20
FINE_ROUNDS = 5
SETTLED = 1e-4  # of the score per voxel
LEAST_DEVIATION = 0.02  # of white matter
BIAS_GRID_M, BIAS_WIDTH_M = 4e-3, 18e-3
STEEPEST_BIAS = 4.0


@dataclass(eq=False)
class Mixture:
    """Grey values of each class as sums of Gaussians.

    Parameters
    ----------
    class_of : (n_gauss,) int array
        Index into `CLASSES`.
    share : (n_gauss,) array
        Of each Gaussian; those of a class sum to one.
    mean, deviation : (n_gauss, n_channel) array
        Of each Gaussian in each image.
    """

    class_of: np.ndarray
    share: FloatArray
    mean: FloatArray
    deviation: FloatArray

    @classmethod
    def of(cls, values: FloatArray, weights: FloatArray) -> "Mixture":
        """Start each class from the quantiles of the voxels that are probably its own."""
        counts = np.array(GAUSSIANS)
        class_of = np.repeat(np.arange(len(counts)), counts)
        starts = [_started(channel, weights) for channel in values.T]
        mean, deviation = (np.stack(rows, axis=1) for rows in zip(*starts, strict=True))
        return cls(class_of, 1 / counts[class_of], mean, deviation)

    def learn(self, sums: FloatArray) -> None:
        """Take over what the voxels say: sums of w, wx and wxx per Gaussian and channel."""
        weight = np.maximum(sums[..., 0], 1e-6)
        self.mean = sums[..., 1] / weight
        variance = np.maximum(sums[..., 2] / weight - self.mean**2, LEAST_DEVIATION**2)
        self.deviation = np.sqrt(variance)
        whole = weight[:, 0]  # the first channel covers the head
        self.share = whole / np.bincount(self.class_of, whole)[self.class_of]


def _started(values: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Means and deviations of all Gaussians in one channel."""
    mean, deviation = [], []
    for number, count in enumerate(GAUSSIANS):
        sure = weights[..., number]
        own = values[sure > 0.75 * np.quantile(sure[sure > 0], 0.995)]
        own = np.sort(own[np.isfinite(own)])
        spread = np.subtract(*np.quantile(own, [0.8, 0.2])) / 1.7 / count
        for part in range(count):
            mean.append(own[int((part + 0.5) / count * len(own))])
            deviation.append(max(float(spread), LEAST_DEVIATION))
    return np.array(mean), np.array(deviation)


def classify(
    images: Sequence[Volume],
    inside: np.ndarray,
    priors: FloatArray,
    gains: Sequence[FloatArray],
    *,
    progress: Progress = silent,
) -> tuple[FloatArray, list[FloatArray]]:
    """Estimate tissue probabilities and the bias fields together.

    Expectation and maximisation over a mixture of Gaussians per class with spatial priors
    and smooth multiplicative biases [ashburner2005]_, learnt from every eighth voxel; then
    a mean-field Markov random field over all of them [vanleemput1999]_.

    Parameters
    ----------
    images : sequence of Volume
        T1, and what else there is on the same grid; white matter about 1, NaN where a later
        one was not measured.
    inside : (nx, ny, nz) bool array
        The head.
    priors : (nx, ny, nz, 7) float32 array
        Of `CLASSES`; they sum to one.
    gains : sequence of (nx, ny, nz) float32 arrays
        First guesses of the gain of each image.
    progress : callable, optional
        Told the fraction done.

    Returns
    -------
    posteriors : (nx, ny, nz, 7) float32 array
        Of `CLASSES`; zero outside the head.
    gains : list of (nx, ny, nz) float32 arrays
        An image divided by its gain is even.
    """
    mixture, gains = _learnt(images, inside, priors, gains, progress)
    values = _evened(images, gains)
    posteriors = np.where(inside[..., None], priors, 0).astype(np.float32)
    for turn in range(FINE_ROUNDS):
        progress("classify tissues", 0.6 + 0.4 * turn / FINE_ROUNDS)
        sums, _ = _kernels.expect(
            values, inside, priors, posteriors, mixture.class_of, mixture.share,
            mixture.mean, mixture.deviation, BOND if turn else 0.0,
        )  # fmt: skip
        mixture.learn(sums)
    progress("classify tissues", 1.0)
    return posteriors, gains


def _evened(images: Sequence[Volume], gains: Sequence[FloatArray]) -> FloatArray:
    """Images divided by their gains, side by side."""
    out = np.empty((*images[0].shape, len(images)), np.float32)
    for channel, (image, gain) in enumerate(zip(images, gains, strict=True)):
        np.divide(image.values, gain, out=out[..., channel])
    return out


def _learnt(
    images: Sequence[Volume],
    inside: np.ndarray,
    priors: FloatArray,
    gains: Sequence[FloatArray],
    progress: Progress,
) -> tuple[Mixture, list[FloatArray]]:
    """Mixture and biases from every second voxel along each axis."""
    every = (slice(None, None, 2),) * 3
    affine_m = images[0].affine_m @ np.diag([2.0, 2.0, 2.0, 1.0])
    coarse = [Volume(np.ascontiguousarray(one.values[every]), affine_m) for one in images]
    seen, likely = np.ascontiguousarray(inside[every]), np.ascontiguousarray(priors[every])
    rough, before = [gain[every] for gain in gains], -np.inf
    mixture = Mixture.of(_evened(coarse, rough)[seen], likely[seen])
    posteriors = np.where(seen[..., None], likely, 0).astype(np.float32)
    score = before
    for turn in range(ROUNDS):
        progress("classify tissues", 0.6 * turn / ROUNDS)
        values = _evened(coarse, rough)
        for _ in range(2):
            sums, score = _kernels.expect(
                values, seen, likely, posteriors, mixture.class_of, mixture.share,
                mixture.mean, mixture.deviation, 0.0,
            )  # fmt: skip
            mixture.learn(sums)
        rough = [
            gain_of(one, posteriors, mixture, channel) for channel, one in enumerate(coarse)
        ]
        if turn >= LEAST_ROUNDS and score - before < SETTLED * seen.sum():
            break
        before = score
    fine_m = grid_points_m(images[0].shape, images[0].affine_m)
    return mixture, [Volume(one, affine_m).at(fine_m).astype(np.float32) for one in rough]


def first_gain(image: Volume, expected: FloatArray, brain: FloatArray) -> FloatArray:
    """Guess the gain from what the template shows at the same places.

    Parameters
    ----------
    image : Volume
        T1 as measured.
    expected : (nx, ny, nz) array
        The template's grey values there.
    brain : (nx, ny, nz) array
        Weights: how likely a place is within the skull.

    Returns
    -------
    (nx, ny, nz) float32 array
        About one.
    """
    top = brain * expected * image.values
    return _smooth_ratio(top, brain * expected**2, image.affine_m)


def gain_of(
    image: Volume, posteriors: FloatArray, mixture: Mixture, channel: int = 0
) -> FloatArray:
    """Estimate the smooth gain that makes brain tissue even.

    Parameters
    ----------
    image : Volume
        As measured; NaN where it was not.
    posteriors : (nx, ny, nz, 7) array
        Of `CLASSES`.
    mixture : Mixture
        Of which the means of grey and white matter count.
    channel : int, optional
        Which of the mixture's channels the image is.

    Returns
    -------
    (nx, ny, nz) float32 array
        About one; beyond the brain it goes on as it was at the rim.
    """
    top, bottom = np.zeros(image.shape, np.float32), np.zeros(image.shape, np.float32)
    known = np.isfinite(image.values)
    values = np.where(known, image.values, 0)
    for number in (CLASSES.index(WHITE), CLASSES.index(GREY)):
        gauss = int(np.flatnonzero(mixture.class_of == number)[0])
        mean, variance = mixture.mean[gauss, channel], mixture.deviation[gauss, channel] ** 2
        top += posteriors[..., number] * values * (mean / variance)
        bottom += posteriors[..., number] * known * (mean**2 / variance)
    return _smooth_ratio(top, bottom, image.affine_m)


def _smooth_ratio(top: FloatArray, bottom: FloatArray, affine_m: FloatArray) -> FloatArray:
    """Ratio of two blurred images; where both fade, that of their wide blurs."""
    from scipy.ndimage import gaussian_filter

    whole = Volume(np.asarray(top, np.float32), affine_m)
    shape, coarse_m = isotropic_grid(whole, BIAS_GRID_M)
    points_m = grid_points_m(shape, coarse_m)
    width = BIAS_WIDTH_M / BIAS_GRID_M
    level = float(np.mean(bottom))
    sums = []
    for part in (top, bottom):
        coarse = Volume(part, affine_m).blurred(BIAS_GRID_M / 2).at(points_m)
        near, far = (gaussian_filter(coarse, w * width, mode="constant") for w in (1, 3))
        sums.append(near + 1e-3 * far)
    ratio = (sums[0] + 1e-6 * level) / (sums[1] + 1e-6 * level)
    ratio = np.clip(ratio, 1 / STEEPEST_BIAS, STEEPEST_BIAS)
    return Volume(ratio, coarse_m).at(grid_points_m(whole.shape, affine_m)).astype(np.float32)
