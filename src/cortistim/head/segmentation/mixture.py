"""Which tissue a voxel is: grey values, where tissues usually lie, and the neighbours."""

from dataclasses import dataclass

import numpy as np

from cortistim.head.segmentation import _kernels
from cortistim.typing import FloatArray, Progress, silent

GAUSSIANS = (1, 1, 1, 2, 3, 2, 1)  # of each of CLASSES
BOND = 0.35  # per neighbour
ROUNDS = 40
FINE_ROUNDS = 5
SETTLED = 1e-4  # of the score per voxel
LEAST_DEVIATION = 0.02  # of white matter


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
    values: FloatArray,
    inside: np.ndarray,
    priors: FloatArray,
    *,
    progress: Progress = silent,
) -> FloatArray:
    """Estimate tissue probabilities.

    Expectation and maximisation over a mixture of Gaussians per class with spatial priors
    [ashburner2005]_, learnt from every eighth voxel; then a mean-field Markov random field
    over all of them [vanleemput1999]_.

    Parameters
    ----------
    values : (nx, ny, nz, n_channel) float32 array
        T1, and what else there is on the same grid, without bias; white matter about 1, NaN
        where a later one was not measured.
    inside : (nx, ny, nz) bool array
        The head.
    priors : (nx, ny, nz, 7) float32 array
        Of `CLASSES`; they sum to one.
    progress : callable, optional
        Told the fraction done.

    Returns
    -------
    (nx, ny, nz, 7) float32 array
        Of `CLASSES`; zero outside the head.
    """
    mixture = _learnt(values, inside, priors, progress)
    posteriors = np.where(inside[..., None], priors, 0).astype(np.float32)
    for turn in range(FINE_ROUNDS):
        progress("classify tissues", 0.6 + 0.4 * turn / FINE_ROUNDS)
        sums, _ = _kernels.expect(
            values, inside, priors, posteriors, mixture.class_of, mixture.share,
            mixture.mean, mixture.deviation, BOND if turn else 0.0,
        )  # fmt: skip
        mixture.learn(sums)
    progress("classify tissues", 1.0)
    return posteriors


def _learnt(
    values: FloatArray, inside: np.ndarray, priors: FloatArray, progress: Progress
) -> Mixture:
    """Mixture from every second voxel along each axis."""
    every = (slice(None, None, 2),) * 3
    coarse, seen, likely = (np.ascontiguousarray(a[every]) for a in (values, inside, priors))
    mixture = Mixture.of(coarse[seen], likely[seen])
    posteriors = np.where(seen[..., None], likely, 0).astype(np.float32)
    before = -np.inf
    for turn in range(ROUNDS):
        progress("classify tissues", 0.6 * turn / ROUNDS)
        sums, score = _kernels.expect(
            coarse, seen, likely, posteriors, mixture.class_of, mixture.share,
            mixture.mean, mixture.deviation, 0.0,
        )  # fmt: skip
        mixture.learn(sums)
        if score - before < SETTLED * seen.sum():
            break
        before = score
    return mixture
