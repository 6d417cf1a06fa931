"""Two maps against each other, and what repeated maps say about change."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2, f

from cortistim.mapping.motor_map.measures import Measured
from cortistim.typing import BoolArray, FloatArray

LEVEL = 0.95
CHANGE = 1.959964 * np.sqrt(2)  # of one standard deviation: the smallest detectable change
PLACE_CHANGE = float(np.sqrt(chi2.ppf(LEVEL, 2) * 2))  # of a place in the plane, per axis


@dataclass(frozen=True, slots=True)
class Overlap:
    """How much two maps share.

    Parameters
    ----------
    dice : (3,) array
        Shared area over the mean area, low and high end: parts of the plane where more than
        half of pulses have a response.
    weighted : (3,) array
        Sum of the smaller over that of the larger chance of a response.
    same : float
        The weighted overlap to be expected of redraws of one map: less is a difference.
    """

    dice: FloatArray
    weighted: FloatArray
    same: float


def overlap(one: Measured, two: Measured) -> Overlap:
    """Compare two maps in one frame.

    Parameters
    ----------
    one, two : Measured
        With equally many redraws.

    Returns
    -------
    Overlap
        Over the pixels that both maps cover; NaN where they share none.
    """
    both: BoolArray = np.isfinite(one.chance) & np.isfinite(two.chance)
    first, second = (
        np.concatenate([m.chance[None], m.chances])[:, both].astype(float) for m in (one, two)
    )
    dice, weighted = _dice(first, second), _weighted(first, second)
    half = len(first) // 2
    same = [_weighted(m[1 : half + 1], m[half + 1 : 2 * half + 1]) for m in (first, second)]
    return Overlap(_ends(dice), _ends(weighted), float(np.mean(np.concatenate(same))))


def _dice(one: FloatArray, two: FloatArray) -> FloatArray:
    a, b = one > 0.5, two > 0.5
    total = a.sum(axis=1) + b.sum(axis=1)
    return 2 * (a & b).sum(axis=1) / np.where(total > 0, total, np.nan)


def _weighted(one: FloatArray, two: FloatArray) -> FloatArray:
    larger = np.maximum(one, two).sum(axis=1)
    return np.minimum(one, two).sum(axis=1) / np.where(larger > 0, larger, np.nan)


def _ends(values: FloatArray) -> FloatArray:
    drawn = values[1:][np.isfinite(values[1:])]
    if len(drawn) < 2:
        return np.full(3, np.nan)
    tail = 50 * (1 - LEVEL)
    return np.array([values[0], *np.percentile(drawn, [tail, 100 - tail])])


@dataclass(frozen=True, slots=True)
class Repeatability:
    """How well a measure repeats.

    Parameters
    ----------
    mean : float
        Over all maps.
    within_sd : (3,) array
        Between maps of one person: value, low and high end.
    smallest_change : (3,) array
        What a person's measure must change by to be more than chance in 95 of 100.
    icc : (3,) array
        One-way intraclass correlation of single maps; NaN with one person.
    people, maps : int
        How many.
    """

    mean: float
    within_sd: FloatArray
    smallest_change: FloatArray
    icc: FloatArray
    people: int
    maps: int


def repeatability(values: FloatArray, person: FloatArray) -> Repeatability:
    """Compare repeated maps by one measure.

    Parameters
    ----------
    values : (n,) array
        A measure of each map.
    person : (n,) array of int
        Whose it is.

    Returns
    -------
    Repeatability
        Intervals are those of a sum of squares and of a ratio of two (mcgraw1996).
    """
    inner, freedom, outer, size = _squares(values[:, None], person)
    icc = np.full(3, np.nan)
    count = len(np.unique(person))
    if count > 1 and inner > 0:
        ratio = outer / inner
        tail = (1 - LEVEL) / 2
        low, high = (f.ppf(p, count - 1, freedom) for p in (1 - tail, tail))
        ends = np.array([ratio, ratio / low, ratio / high])
        icc = (ends - 1) / (ends + size - 1)
    sd = _sd_ends(inner, freedom)
    return Repeatability(float(values.mean()), sd, CHANGE * sd, icc, count, len(values))


def place_repeatability(places_m: FloatArray, person: FloatArray) -> Repeatability:
    """Compare repeated maps by a place in the plane.

    Parameters
    ----------
    places_m : (n, 2) array [m]
        Of each map.
    person : (n,) array of int
        Whose it is; the frame is each person's own.

    Returns
    -------
    Repeatability
        The standard deviation is that along an axis; the smallest change is a distance. There
        is no intraclass correlation, as people's frames differ.
    """
    inner, freedom, _, _ = _squares(places_m, person)
    sd = _sd_ends(inner / 2, 2 * freedom)
    nothing = np.full(3, np.nan)
    return Repeatability(
        float("nan"), sd, PLACE_CHANGE * sd, nothing, len(np.unique(person)), len(places_m)
    )


def _squares(values: FloatArray, person: FloatArray) -> tuple[float, int, float, float]:
    """Return the mean square within people, its freedom, that between, and maps a person."""
    people, index = np.unique(person, return_inverse=True)
    count = np.bincount(index)
    means = np.array([values[index == k].mean(axis=0) for k in range(len(people))])
    freedom = len(values) - len(people)
    inner = float(((values - means[index]) ** 2).sum() / freedom)
    size = float((len(values) - (count**2).sum() / len(values)) / max(len(people) - 1, 1))
    away = (means - values.mean(axis=0)) ** 2
    outer = float((count[:, None] * away).sum() / max(len(people) - 1, 1))
    return inner, freedom, outer, size


def _sd_ends(square: float, freedom: int) -> FloatArray:
    tail = (1 - LEVEL) / 2
    scale = [1.0, freedom / chi2.ppf(1 - tail, freedom), freedom / chi2.ppf(tail, freedom)]
    return np.sqrt(square * np.array(scale))
