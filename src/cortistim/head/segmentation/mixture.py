"""Which tissue a voxel is: grey values, where tissues usually lie, and the neighbours."""

from dataclasses import dataclass

import numpy as np

from cortistim.head.segmentation import _kernels
from cortistim.head.segmentation.evenness import rest_of_gain
from cortistim.head.segmentation.template import CLASSES
from cortistim.head.tissues import CSF, GREY, WHITE
from cortistim.image import Volume, grid_points_m
from cortistim.typing import BoolArray, FloatArray, Progress, silent

GAUSSIANS = (1, 1, 1, 2, 3, 2, 1)  # of each of CLASSES
BOND = 0.25  # per neighbour
FIRST_ROUNDS, ROUNDS = 2, 30  # without and with the gain
FINE_ROUNDS = 5
LEAST_DEVIATION = 0.02  # of white matter
BRIGHTEST_CSF = 0.65  # of grey matter, in a T1 image


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
        fluid, grey = (int(np.argmax(self.class_of == CLASSES.index(t))) for t in (CSF, GREY))
        # where the template's folds miss the subject's, CSF would learn the cortex's values
        self.mean[fluid, 0] = min(self.mean[fluid, 0], BRIGHTEST_CSF * self.mean[grey, 0])
        spread = (sums[..., 2] - 2 * self.mean * sums[..., 1]) / weight + self.mean**2
        variance = np.maximum(spread, LEAST_DEVIATION**2)
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
    values: FloatArray,
    inside: BoolArray,
    priors: FloatArray,
    affine_m: FloatArray,
    *,
    progress: Progress = silent,
) -> tuple[FloatArray, FloatArray]:
    """Estimate tissue probabilities and the rest of the bias.

    Expectation and maximisation over a mixture of Gaussians per class with spatial priors
    and smooth multiplicative biases [ashburner2005]_, learnt from every eighth voxel; then
    a mean-field Markov random field over all of them [vanleemput1999]_.

    Parameters
    ----------
    values : (nx, ny, nz, n_channel) float32 array
        T1, and what else there is on the same grid, with little bias; white matter about 1,
        NaN where a later one was not measured.
    inside : (nx, ny, nz) bool array
        The head.
    priors : (nx, ny, nz, 7) float32 array
        Of `CLASSES`; they sum to one.
    affine_m : (4, 4) array [m]
        Voxel index to world space.
    progress : callable, optional
        Told the fraction done.

    Returns
    -------
    posteriors : (nx, ny, nz, 7) float32 array
        Of `CLASSES`; zero outside the head.
    even : (nx, ny, nz, n_channel) float32 array
        The values without bias.
    """
    mixture, gains = _learnt(values, inside, priors, affine_m, progress)
    points_m = grid_points_m(inside.shape, affine_m)
    values = values / np.stack([np.exp(gain.at(points_m)) for gain in gains], axis=-1)
    values = values.astype(np.float32)
    posteriors = np.where(inside[..., None], priors, 0).astype(np.float32)
    for turn in range(FINE_ROUNDS):
        progress("classify tissues", 0.6 + 0.4 * turn / FINE_ROUNDS)
        sums = _kernels.expect(
            values, inside, priors, posteriors, mixture.class_of, mixture.share,
            mixture.mean, mixture.deviation, BOND if turn else 0.0,
        )  # fmt: skip
        mixture.learn(sums)
    progress("classify tissues", 1.0)
    return posteriors, values


def _learnt(
    values: FloatArray,
    inside: BoolArray,
    priors: FloatArray,
    affine_m: FloatArray,
    progress: Progress,
) -> tuple[Mixture, list[Volume]]:
    """Mixture, and logarithm of each channel's gain, from every second voxel each way."""
    every = (slice(None, None, 2),) * 3
    coarse, likely = (np.ascontiguousarray(a[every]) for a in (values, priors))
    seen = np.ascontiguousarray(inside[every])
    affine_m = affine_m @ np.diag([2.0, 2.0, 2.0, 1.0])
    points_m = grid_points_m(seen.shape, affine_m)
    mixture = Mixture.of(coarse[seen], likely[seen])
    posteriors = np.where(seen[..., None], likely, 0).astype(np.float32)
    gains: list[Volume] = []
    for turn in range(ROUNDS):
        progress("classify tissues", 0.6 * turn / ROUNDS)
        for _ in range(2):
            sums = _kernels.expect(
                coarse, seen, likely, posteriors, mixture.class_of, mixture.share,
                mixture.mean, mixture.deviation, 0.0,
            )  # fmt: skip
            mixture.learn(sums)
        if turn < FIRST_ROUNDS:
            continue
        rests = [
            _rest(Volume(coarse[..., channel], affine_m), posteriors, mixture, channel)
            for channel in range(coarse.shape[3])
        ]
        for channel, rest in enumerate(rests):
            coarse[..., channel] /= np.exp(rest.at(points_m))
        gains = [_plus(*pair) for pair in zip(gains, rests, strict=True)] if gains else rests
    return mixture, gains


def _plus(one: Volume, other: Volume) -> Volume:
    return Volume(one.values + other.values, one.affine_m)


def _rest(image: Volume, posteriors: FloatArray, mixture: Mixture, channel: int) -> Volume:
    """Estimate what is left of a channel's gain, by grey and white matter."""
    expected, weight = (np.zeros(image.shape, np.float32) for _ in range(2))
    for tag in (WHITE, GREY):
        gauss = int(np.argmax(mixture.class_of == CLASSES.index(tag)))
        mean, deviation = mixture.mean[gauss, channel], mixture.deviation[gauss, channel]
        share = posteriors[..., CLASSES.index(tag)] * (mean / deviation) ** 2
        expected += share * np.log(mean)
        weight += share
    expected = np.exp(expected / np.maximum(weight, 1e-9))
    return rest_of_gain(image, expected, weight)
