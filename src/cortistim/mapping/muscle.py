"""Simulated people: which motor response a pulse of some output evokes, trial by trial.

Intensities are in percent of the maximal output, in which the published models and every
method of finding a threshold are written. Three models of different make stand side by side, so
that no estimator is judged on its own assumptions alone: see `GENERATORS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import gammaincc, ndtr, ndtri

from cortistim.errors import BadInputError, quoted
from cortistim.typing import BoolArray, FloatArray

CRITERION_V = 50e-6  # rossini2015: of the resting threshold
LOWEST_PERCENT, HIGHEST_PERCENT = (
    1.0,
    130.0,
)  # of what is simulated; wang2023. No device gives 130.
HALVINGS = 40
TINY = 1e-6

MEAN = np.array([-5.081765, 4.532265, 3.646550, 0.426390, 1.666487])
"""goetz2019: log10 of the noise in V, decades above 0.1 µV, and log10 of p3, p4 and p5."""
COVARIANCE = np.diag([0.0035705, 0.1261684, 7.2027388, 0.0474258, 0.0071071])
COVARIANCE[2, 3] = COVARIANCE[3, 2] = 0.5697426
COVARIANCE[2, 4] = COVARIANCE[4, 2] = -0.1974620
COVARIANCE[3, 4] = COVARIANCE[4, 3] = -0.0151130
LOWEST_DECADE = -7.0  # log10 V of a pathway that is not recruited
SCALE_V, SCALE_FACTOR = 1.55e-6, 1.5  # of the noise's distribution, and its spread over people
TAIL, TAIL_FACTOR = 0.14, 2.0
GAIN_LOG10, RECRUITMENT_LOG10 = -0.964533, 0.688273  # log10 of both standard deviations
SPREADS = {
    "goetz": (0.022759**0.5, 0.023671**0.5),
    "wang": (0.022759, 0.023671),
}
"""Of log10 of both standard deviations over people. The published code takes these numbers for
variances, its rewrite (wang2023) for standard deviations; the former cover people better."""
TRIED_PERCENT = np.linspace(20, 120, 300)
USUAL_PERCENT = (30.0, 100.0)  # thresholds that wang2023 keeps


class Muscle(Protocol):
    """A muscle of each of several simulated people."""

    @property
    def size(self) -> int:
        """How many people."""
        ...

    def respond_v(self, percent: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Draw peak-to-peak responses, (n, k) in V, to outputs, (n, k)."""
        ...

    def middle_v(self, percent: FloatArray) -> FloatArray:
        """Return the response without variability, (n, k) in V, to outputs, (n, k)."""
        ...

    def chance(self, percent: FloatArray, criterion_v: float = CRITERION_V) -> FloatArray:
        """Return the probability, (n,), of reaching a criterion at outputs, (n,)."""
        ...


@dataclass(frozen=True, eq=False)
class ThreeSources:
    """Recruitment, pathway and electrode vary from trial to trial (goetz2019).

    V = ν + 10^(εy - 7 + top / (1 + p3 / x^p4)) with x = output - p5 + εx, in volts.

    Parameters
    ----------
    top, p3, p4, p5 : (n,) arrays
        The sigmoid of each person.
    sd_percent, sd_log10 : (n,) arrays
        Of εx, before the sigmoid, and of εy, after it.
    noise_v, scale_v, tail : (n,) arrays
        Place, scale and shape of the generalised extreme value distribution of ν.
    """

    top: FloatArray
    p3: FloatArray
    p4: FloatArray
    p5: FloatArray
    sd_percent: FloatArray
    sd_log10: FloatArray
    noise_v: FloatArray
    scale_v: FloatArray
    tail: FloatArray

    @property
    def size(self) -> int:
        """How many people."""
        return len(self.top)

    def log10_v(self, percent: FloatArray) -> FloatArray:
        """Return the pathway's response without noise of its own, (n, k), log10 of V."""
        x = np.maximum(percent - self.p5[:, None], TINY)
        return LOWEST_DECADE + self.top[:, None] / (
            1 + self.p3[:, None] / x ** self.p4[:, None]
        )

    def middle_v(self, percent: FloatArray) -> FloatArray:
        """Add the place of ν's distribution to the curve; see `Muscle`."""
        return self.noise_v[:, None] + 10 ** self.log10_v(percent)

    def respond_v(self, percent: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Draw responses; see `Muscle`."""
        felt = percent + self.sd_percent[:, None] * rng.standard_normal(percent.shape)
        gain = self.sd_log10[:, None] * rng.standard_normal(percent.shape)
        return self._noise_v(rng.random(percent.shape)) + 10 ** (gain + self.log10_v(felt))

    def _noise_v(self, uniform: FloatArray) -> FloatArray:
        """Invert the distribution of ν at uniform numbers, (n, k)."""
        k = self.tail[:, None]
        away = ((-np.log(np.maximum(uniform, 1e-300))) ** -k - 1) / k
        return self.noise_v[:, None] + self.scale_v[:, None] * away

    def chance(self, percent: FloatArray, criterion_v: float = CRITERION_V) -> FloatArray:
        """Integrate over εx and ν; see `Muscle`."""
        normal = ndtri((np.arange(40) + 0.5) / 40)
        middle = self.log10_v(percent[:, None] + self.sd_percent[:, None] * normal)
        left_v = criterion_v - self._noise_v(
            np.tile((np.arange(16) + 0.5) / 16, (self.size, 1))
        )
        wanted = np.log10(np.maximum(left_v, 1e-30))
        away = (wanted[:, None, :] - middle[:, :, None]) / self.sd_log10[:, None, None]
        return ndtr(-away).mean(axis=(1, 2))

    def taken(self, kept: BoolArray) -> "ThreeSources":
        """Return some of the people, by index or mask."""
        return ThreeSources(**{name: value[kept] for name, value in vars(self).items()})


@dataclass(frozen=True, eq=False)
class TwoSources:
    """A sigmoid of log10 V with noise before and after it (goetz2014).

    Parameters
    ----------
    middle_percent, rate : (n,) arrays
        Where the sigmoid is steepest, and how steep per percent.
    low_v, high_v : (n,) arrays
        Its ends.
    sd_percent, sd_log10 : (n,) arrays
        Before and after it.
    """

    middle_percent: FloatArray
    rate: FloatArray
    low_v: FloatArray
    high_v: FloatArray
    sd_percent: FloatArray
    sd_log10: FloatArray

    @property
    def size(self) -> int:
        """How many people."""
        return len(self.rate)

    def log10_v(self, percent: FloatArray) -> FloatArray:
        """Return the response without noise, (n, k), log10 of V."""
        away = self.rate[:, None] * (percent - self.middle_percent[:, None])
        low = self.low_v[:, None]
        return np.log10(low + (self.high_v[:, None] - low) / (1 + np.exp(-away)))

    def middle_v(self, percent: FloatArray) -> FloatArray:
        """Return the curve; see `Muscle`."""
        return 10 ** self.log10_v(percent)

    def respond_v(self, percent: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Draw responses; see `Muscle`."""
        felt = percent + self.sd_percent[:, None] * rng.standard_normal(percent.shape)
        gain = self.sd_log10[:, None] * rng.standard_normal(percent.shape)
        return 10 ** (gain + self.log10_v(felt))

    def chance(self, percent: FloatArray, criterion_v: float = CRITERION_V) -> FloatArray:
        """Integrate over the noise before the sigmoid; see `Muscle`."""
        normal = ndtri((np.arange(40) + 0.5) / 40)
        middle = self.log10_v(percent[:, None] + self.sd_percent[:, None] * normal)
        return ndtr((middle - np.log10(criterion_v)) / self.sd_log10[:, None]).mean(axis=1)


@dataclass(frozen=True, eq=False)
class GammaResponse:
    """Gamma-distributed responses around a rectified logistic curve (tyagi2025).

    V ~ Gamma(shape mean β, rate β) with β = 1/c1 + 1/(c2 mean): nothing in it is normal or
    logarithmic, and no noise enters before the curve.

    Parameters
    ----------
    onset_percent, rate, plateau_mv, bend_mv, floor_mv : (n,) arrays
        The curve: where it leaves the floor, how fast, how high, how gradually.
    c1_mv, c2 : (n,) arrays
        Variance over the mean at the plateau, and the squared coefficient of variation below.
    """

    onset_percent: FloatArray
    rate: FloatArray
    plateau_mv: FloatArray
    bend_mv: FloatArray
    floor_mv: FloatArray
    c1_mv: FloatArray
    c2: FloatArray

    @property
    def size(self) -> int:
        """How many people."""
        return len(self.rate)

    def _mean_mv(self, percent: FloatArray) -> FloatArray:
        h, v = self.plateau_mv[:, None], self.bend_mv[:, None]
        away = -self.rate[:, None] * (percent - self.onset_percent[:, None])
        rise = -v + (h + v) / (1 + h / v * np.exp(np.minimum(away, 50)))
        return self.floor_mv[:, None] + np.maximum(rise, 0)

    def middle_v(self, percent: FloatArray) -> FloatArray:
        """Return the distribution's mean; see `Muscle`."""
        return 1e-3 * self._mean_mv(percent)

    def respond_v(self, percent: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Draw responses; see `Muscle`."""
        mean = self._mean_mv(percent)
        rate = 1 / self.c1_mv[:, None] + 1 / (self.c2[:, None] * mean)
        return 1e-3 * rng.gamma(mean * rate) / rate

    def chance(self, percent: FloatArray, criterion_v: float = CRITERION_V) -> FloatArray:
        """Return the tail of the gamma distribution; see `Muscle`."""
        mean = self._mean_mv(percent[:, None])
        rate = 1 / self.c1_mv[:, None] + 1 / (self.c2[:, None] * mean)
        return gammaincc(mean * rate, rate * 1e3 * criterion_v)[:, 0]


def goetz2019(count: int, rng: np.random.Generator, *, spread: str = "goetz") -> ThreeSources:
    """Draw people of the three-source model.

    Parameters
    ----------
    count : int
        How many.
    rng : Generator
        Of the people.
    spread : str
        Which reading of `SPREADS`; with ``wang`` thresholds lie between 30 and 100 %, too.

    Returns
    -------
    ThreeSources
        People whose responses between 20 and 120 % fall below 30 µV and exceed 1 mV, stay
        below 30 mV and above 0.1 µV.
    """
    kept: list[ThreeSources] = []
    while sum(group.size for group in kept) < count:
        people = _three_sources(2 * count + 8, rng, *SPREADS[spread])
        tried = people.respond_v(np.tile(TRIED_PERCENT, (people.size, 1)), rng)
        low, high = tried.min(axis=1), tried.max(axis=1)
        usable = (low < 30e-6) & (low > 0.1e-6) & (high > 1e-3) & (high < 30e-3)
        people = people.taken(usable)
        if spread == "wang":
            found = threshold_percent(people)
            people = people.taken((found > USUAL_PERCENT[0]) & (found < USUAL_PERCENT[1]))
        kept.append(people)
    names = vars(kept[0])
    joined = {name: np.concatenate([getattr(g, name) for g in kept])[:count] for name in names}
    return ThreeSources(**joined)


def _three_sources(
    count: int, rng: np.random.Generator, gain_sd: float, recruitment_sd: float
) -> ThreeSources:
    drawn = rng.multivariate_normal(MEAN, COVARIANCE, count).T
    normal = rng.standard_normal((4, count))
    return ThreeSources(
        top=drawn[1],
        p3=10 ** drawn[2],
        p4=10 ** drawn[3],
        p5=10 ** drawn[4],
        sd_percent=10 ** (RECRUITMENT_LOG10 + recruitment_sd * normal[0]),
        sd_log10=10 ** (GAIN_LOG10 + gain_sd * normal[1]),
        noise_v=10 ** drawn[0],
        scale_v=SCALE_V * SCALE_FACTOR ** normal[2],
        tail=TAIL * TAIL_FACTOR ** normal[3],
    )


def mean_person() -> ThreeSources:
    """Return the one person at the means of the three-source model."""
    return ThreeSources(*(np.atleast_1d(value) for value in (
        MEAN[1], 10 ** MEAN[2], 10 ** MEAN[3], 10 ** MEAN[4], 10**RECRUITMENT_LOG10,
        10**GAIN_LOG10, 10 ** MEAN[0], SCALE_V, TAIL,
    )))  # fmt: skip


def goetz2014(count: int, rng: np.random.Generator) -> TwoSources:
    """Draw people of the two-source model.

    Parameters
    ----------
    count : int
        How many.
    rng : Generator
        Of the people.

    Returns
    -------
    TwoSources
        10 µV to 1 mV; the steepness of 0.25 per percent and the spread of people are assumed,
        so that the curve rises over 40 % of the output as it is used elsewhere.
    """
    normal = rng.standard_normal((5, count))
    return TwoSources(
        middle_percent=np.clip(75 + 10 * normal[0], 45, 105),
        rate=0.25 * np.exp(0.15 * normal[1]),
        low_v=np.full(count, 10e-6),
        high_v=1e-3 * np.exp(0.4 * normal[2]),
        sd_percent=10 ** (RECRUITMENT_LOG10 + 0.1 * normal[3]),
        sd_log10=10 ** (GAIN_LOG10 + 0.1 * normal[4]),
    )


def gamma_people(count: int, rng: np.random.Generator) -> GammaResponse:
    """Draw people of the rectified logistic curve with gamma noise.

    Parameters
    ----------
    count : int
        How many.
    rng : Generator
        Of the people.

    Returns
    -------
    GammaResponse
        The form is tyagi2025's. Its numbers are assumed: such that thresholds, slopes and
        variability lie where those of people do.
    """
    normal = rng.standard_normal((6, count))
    onset = np.clip(50 + 10 * normal[0], 28, 85)
    return GammaResponse(
        onset_percent=onset,
        rate=10 / onset * np.exp(0.25 * normal[1]),
        plateau_mv=3 * np.exp(0.4 * normal[2]),
        bend_mv=0.01 * np.exp(0.4 * normal[3]),
        floor_mv=0.008 * np.exp(0.2 * normal[4]),
        c1_mv=np.full(count, 0.25),
        c2=0.9 * np.exp(0.25 * normal[5]),
    )


GENERATORS: Mapping[str, Callable[[int, np.random.Generator], Muscle]] = {
    "goetz2019": goetz2019,
    "goetz2019-narrow": lambda count, rng: goetz2019(count, rng, spread="wang"),
    "goetz2014": goetz2014,
    "gamma": gamma_people,
}
"""Simulated people by name; ``narrow`` reads the spread of variability as wang2023 does."""


def simulated_people(name: str, count: int, rng: np.random.Generator) -> Muscle:
    """Draw people by the name of a model.

    Parameters
    ----------
    name : str
        A key of `GENERATORS`.
    count : int
        How many.
    rng : Generator
        Of the people.

    Returns
    -------
    Muscle
        Of each of them.

    Raises
    ------
    BadInputError
        When there is no such model, or nobody is asked for.
    """
    if name not in GENERATORS:
        msg = f"`generator` must be one of {', '.join(GENERATORS)}; got {quoted(name)}."
        raise BadInputError(msg)
    if not 1 <= count <= 100_000:
        msg = f"`subjects` must lie between 1 and 100000; got {count}."
        raise BadInputError(msg)
    return GENERATORS[name](count, rng)


def threshold_percent(
    people: Muscle, chance: float = 0.5, criterion_v: float = CRITERION_V
) -> FloatArray:
    """Find the output at which people reach a criterion with some probability.

    With 0.5 this is the motor threshold (rossini2015). The output at which the response without
    noise equals the criterion is another number.

    Parameters
    ----------
    people : Muscle
        Whose.
    chance : float
        Of a response.
    criterion_v : float [V]
        Peak to peak.

    Returns
    -------
    (n,) array
        Percent of the maximal output; at most 200.
    """
    low, high = np.zeros(people.size), np.full(people.size, 200.0)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        reached = people.chance(middle, criterion_v) >= chance
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return (low + high) / 2


def width_percent(people: Muscle) -> FloatArray:
    """Return half of the way from 16 to 84 % of responses, (n,), in percent of the output."""
    return (threshold_percent(people, 0.84) - threshold_percent(people, 0.16)) / 2
