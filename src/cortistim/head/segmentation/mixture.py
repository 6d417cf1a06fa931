"""Which tissue a voxel is: grey values, where tissues usually lie, and the neighbours."""

from dataclasses import dataclass

import numpy as np

from cortistim.head.segmentation import _kernels
from cortistim.head.segmentation.template import CLASSES
from cortistim.head.segmentation.volume import Volume, grid_points_m, isotropic_grid
from cortistim.head.tissues import GREY, WHITE
from cortistim.typing import FloatArray, Progress, silent

GAUSSIANS = (1, 1, 1, 2, 3, 2)  # of each of CLASSES
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
    share, mean, deviation : (n_gauss,) array
        Of each Gaussian; shares of a class sum to one.
    """

    class_of: np.ndarray
    share: FloatArray
    mean: FloatArray
    deviation: FloatArray

    @classmethod
    def of(cls, values: FloatArray, weights: FloatArray) -> "Mixture":
        """Start each class from the quantiles of the voxels that are probably its own."""
        class_of, share, mean, deviation = [], [], [], []
        for number, count in enumerate(GAUSSIANS):
            sure = weights[..., number]
            own = np.sort(values[sure > 0.75 * np.quantile(sure[sure > 0], 0.995)])
            for part in range(count):
                class_of.append(number)
                share.append(1 / count)
                mean.append(own[int((part + 0.5) / count * len(own))])
                spread = np.subtract(*np.quantile(own, [0.8, 0.2])) / 1.7 / count
                deviation.append(max(float(spread), LEAST_DEVIATION))
        return cls(np.array(class_of), np.array(share), np.array(mean), np.array(deviation))

    def learn(self, sums: FloatArray) -> None:
        """Take over what the voxels say: sums of w, wx and wxx per Gaussian."""
        weight = np.maximum(sums[:, 0], 1e-6)
        self.mean = sums[:, 1] / weight
        variance = np.maximum(sums[:, 2] / weight - self.mean**2, LEAST_DEVIATION**2)
        self.deviation = np.sqrt(variance)
        of_class = np.bincount(self.class_of, weight)
        self.share = weight / of_class[self.class_of]


def classify(
    image: Volume,
    inside: np.ndarray,
    priors: FloatArray,
    bias: FloatArray,
    *,
    progress: Progress = silent,
) -> tuple[FloatArray, FloatArray]:
    """Estimate tissue probabilities and the bias field together.

    Expectation and maximisation over a mixture of Gaussians per class with spatial priors
    and a smooth multiplicative bias [ashburner2005]_, learnt from every eighth voxel; then
    a mean-field Markov random field over all of them [vanleemput1999]_.

    Parameters
    ----------
    image : Volume
        T1; white matter about 1.
    inside : (nx, ny, nz) bool array
        The head.
    priors : (nx, ny, nz, 6) float32 array
        Of `CLASSES`; they sum to one.
    bias : (nx, ny, nz) float32 array
        A first guess of the gain.
    progress : callable, optional
        Told the fraction done.

    Returns
    -------
    posteriors : (nx, ny, nz, 6) float32 array
        Of `CLASSES`; zero outside the head.
    bias : (nx, ny, nz) float32 array
        The image divided by it is even.
    """
    mixture, bias = _learnt(image, inside, priors, bias, progress)
    values = image.values / bias
    posteriors = np.where(inside[..., None], priors, 0).astype(np.float32)
    for turn in range(FINE_ROUNDS):
        progress("classify tissues", 0.6 + 0.4 * turn / FINE_ROUNDS)
        sums, _ = _kernels.expect(
            values, inside, priors, posteriors, mixture.class_of, mixture.share,
            mixture.mean, mixture.deviation, BOND if turn else 0.0,
        )  # fmt: skip
        mixture.learn(sums)
    progress("classify tissues", 1.0)
    return posteriors, bias


def _learnt(
    image: Volume,
    inside: np.ndarray,
    priors: FloatArray,
    bias: FloatArray,
    progress: Progress,
) -> tuple[Mixture, FloatArray]:
    """Mixture and bias from every second voxel along each axis."""
    every = (slice(None, None, 2),) * 3
    affine_m = image.affine_m @ np.diag([2.0, 2.0, 2.0, 1.0])
    coarse = Volume(np.ascontiguousarray(image.values[every]), affine_m)
    seen, likely = np.ascontiguousarray(inside[every]), np.ascontiguousarray(priors[every])
    gain, before = bias[every], -np.inf
    mixture = Mixture.of((coarse.values / gain)[seen], likely[seen])
    posteriors = np.where(seen[..., None], likely, 0).astype(np.float32)
    score = before
    for turn in range(ROUNDS):
        progress("classify tissues", 0.6 * turn / ROUNDS)
        values = coarse.values / gain
        for _ in range(2):
            sums, score = _kernels.expect(
                values, seen, likely, posteriors, mixture.class_of, mixture.share,
                mixture.mean, mixture.deviation, 0.0,
            )  # fmt: skip
            mixture.learn(sums)
        gain = gain_of(coarse, posteriors, mixture)
        if turn >= LEAST_ROUNDS and score - before < SETTLED * seen.sum():
            break
        before = score
    fine_m = grid_points_m(image.shape, image.affine_m)
    return mixture, Volume(gain, affine_m).at(fine_m).astype(np.float32)


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


def gain_of(image: Volume, posteriors: FloatArray, mixture: Mixture) -> FloatArray:
    """Estimate the smooth gain that makes brain tissue even.

    Parameters
    ----------
    image : Volume
        T1 as measured.
    posteriors : (nx, ny, nz, 6) array
        Of `CLASSES`.
    mixture : Mixture
        Of which the means of grey and white matter count.

    Returns
    -------
    (nx, ny, nz) float32 array
        About one; beyond the brain it goes on as it was at the rim.
    """
    top, bottom = np.zeros(image.shape, np.float32), np.zeros(image.shape, np.float32)
    for number in (CLASSES.index(WHITE), CLASSES.index(GREY)):
        gauss = int(np.flatnonzero(mixture.class_of == number)[0])
        mean, variance = mixture.mean[gauss], mixture.deviation[gauss] ** 2
        top += posteriors[..., number] * image.values * (mean / variance)
        bottom += posteriors[..., number] * (mean**2 / variance)
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
