"""What in a course of responses speaks against the threshold that was estimated from them."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from cortistim.mapping.threshold.posterior import LAPSES
from cortistim.typing import FloatArray

DRIFT_Z = 2.0  # one false alarm in forty courses; see benchmarks/thresholds.py
FEWEST = 10  # pulses for a trend to mean anything
EQUAL = 5  # responses in a row from the first
FAR_BELOW, FAR_ABOVE = 0.7, 1.4  # of the threshold: no response, no failure is expected there
WIDE = 0.08  # half of the interval over the threshold
MANY = 40  # pulses after which it should be tighter
START_LOW, START_HIGH = 0.8, 1.25  # of the threshold: a first intensity worth a word
RARE = 0.01  # how often a run of equal responses happens in a course as long as this one
MILLIVOLT_UV = 5.0  # no amplifier's noise is lower in every window


@dataclass(frozen=True, eq=False)
class Course:
    """Pulses to one person and what they did.

    Parameters
    ----------
    percent : (n,) array
        Intensities.
    hit : (n,) array of bool
        Responses.
    size_uv : (n,) array
        Peak to peak; NaN where it was not measured.
    """

    percent: FloatArray
    hit: FloatArray
    size_uv: FloatArray


def expected(
    percent: FloatArray, threshold: FloatArray | float, width: FloatArray | float
) -> FloatArray:
    """Return the probability of a response.

    Parameters
    ----------
    percent : (..., n) array
        Intensities.
    threshold, width : (..., 1) arrays or floats
        In percent, and over the threshold.

    Returns
    -------
    (..., n) array
        Between 0 and 1, neither included.
    """
    return LAPSES + (1 - 2 * LAPSES) * ndtr((percent / threshold - 1) / width)


def trend(
    percent: FloatArray,
    hit: FloatArray,
    threshold: FloatArray | float,
    width: FloatArray | float,
) -> FloatArray:
    """Score a drift of the threshold.

    Parameters
    ----------
    percent, hit : (..., n) arrays
        Intensities and responses in their order.
    threshold, width : (..., 1) arrays or floats
        As estimated from all of them.

    Returns
    -------
    (...) array
        Standard normal without drift; positive where the threshold falls.
    """
    chance = expected(percent, threshold, width)
    time = np.arange(percent.shape[-1]) - (percent.shape[-1] - 1) / 2
    score = ((hit - chance) * time).sum(axis=-1)
    return score / np.sqrt((chance * (1 - chance) * time**2).sum(axis=-1))


def alarms(
    course: Course, threshold: float, width: float, half_width: float
) -> tuple[str, ...]:
    """Say what is odd about a course.

    Parameters
    ----------
    course : Course
        All pulses.
    threshold : float
        As estimated from them, in percent.
    width : float
        Over the threshold.
    half_width : float
        Half of the interval, in percent.

    Returns
    -------
    tuple of str
        ``kind: sentence``; the kinds are drift, start, run, lapse, wide and units.
    """
    if not len(course.hit):
        return ()
    told = [
        *_of_drift(course, threshold, width),
        *_of_start(course, threshold),
        *_of_runs(course, threshold, width),
        *_of_lapses(course, threshold),
    ]
    if len(course.hit) >= MANY and half_width > WIDE * threshold:
        told.append(
            f"wide: the interval is still ±{100 * half_width / threshold:.0f} % after "
            f"{len(course.hit)} pulses; responses hardly follow the intensity. Check coil and "
            "electrodes."
        )
    told += _of_units(course.size_uv)
    return tuple(told)


def _of_drift(course: Course, threshold: float, width: float) -> list[str]:
    if len(course.hit) < FEWEST:
        return []
    z = float(trend(course.percent, course.hit, threshold, width))
    if abs(z) < DRIFT_Z:
        return []
    way = "falls" if z > 0 else "rises"
    return [
        f"drift: the threshold {way} from the first pulse to the last (z = {z:+.1f}). Check "
        "whether the coil has moved or the muscle was tense, and measure again."
    ]


def _of_start(course: Course, threshold: float) -> list[str]:
    first, ratio = course.hit[:EQUAL], course.percent[0] / threshold
    equal = len(first) == EQUAL and (first == first[0]).all()
    if not equal or START_LOW < ratio < START_HIGH:
        return []
    what, way = ("a response", "lower") if first[0] else ("none", "higher")
    return [
        f"start: the first {EQUAL} pulses all had {what}; the first intensity was "
        f"{100 * ratio:.0f} % of the threshold. Begin {way}."
    ]


def _of_runs(course: Course, threshold: float, width: float) -> list[str]:
    """Look for the run of equal responses that is least likely at this threshold."""
    chance = expected(course.percent, threshold, width)
    log = np.log(np.where(course.hit, chance, 1 - chance))
    edges = np.flatnonzero(np.diff(course.hit.astype(int))) + 1
    runs = np.split(log, edges)
    odds = np.array([run.sum() for run in runs])
    worst = int(odds.argmin())
    if len(log) * np.exp(odds[worst]) > RARE:
        return []
    first = 1 + sum(len(run) for run in runs[:worst])
    return [
        f"run: pulses {first} to {first + len(runs[worst]) - 1} all had the same outcome, "
        "which this threshold makes unlikely. Has the coil moved?"
    ]


def _of_lapses(course: Course, threshold: float) -> list[str]:
    told = []
    below = course.hit & (course.percent < FAR_BELOW * threshold)
    above = ~course.hit & (course.percent > FAR_ABOVE * threshold)
    for odd, what, cause in (
        (below, "a response far below", "Was the muscle tense?"),
        (above, "no response far above", "Had the coil moved?"),
    ):
        if odd.any():
            pulses = ", ".join(str(k + 1) for k in np.flatnonzero(odd)[:5])
            told.append(f"lapse: {what} the threshold at pulse {pulses}. {cause}")
    return told


def _of_units(size_uv: FloatArray) -> list[str]:
    known = size_uv[np.isfinite(size_uv) & (size_uv > 0)]
    if len(known) < EQUAL or known.max() >= MILLIVOLT_UV:
        return []
    return [
        f"units: no response exceeds {known.max():.3g} µV, less than an amplifier's noise. "
        "Give responses in microvolts; these look like millivolts."
    ]
