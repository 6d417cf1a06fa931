"""Poses that tell most about where the site is, and how far off it will be found.

A site is told from another by how differently responses to the poses would look. The expected
error is bounded by the sum over pairs of sites of their distance times exp(-D / 8), where D is
the squared difference of expected responses in units of their noise, summed over poses
(bhattacharyya1946). The farthest-point method, which knows no responses, is the reference.
"""

from dataclasses import dataclass

import numpy as np

from cortistim.errors import BadInputError
from cortistim.mapping.locating.fit import ElementFits
from cortistim.mapping.locating.posterior import LocateSettings, located
from cortistim.mapping.muscle import goetz2019, threshold_percent
from cortistim.typing import FloatArray, IntArray

SITES = 150  # that are told apart
TRIED = 150  # candidates a step, drawn at random
SHARPNESS = 10.0  # of a response's rise over the field at its middle; assumed
DECADES, NOISE_DECADES = 1.5, 0.4  # assumed: of a rise, and of single responses
MIDDLE = 60.0  # percentile of the field over poses where a response is half; assumed
ABOVE_THRESHOLD = 1.05  # of the field in the median pose, as sessions are set up
MOST_POSES = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class DesignSettings:
    """How poses are chosen.

    Parameters
    ----------
    count : int
        How many.
    seed : int
        Of what is drawn.
    """

    count: int = 60
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Expected:
    """The error to be expected of so many pulses.

    Parameters
    ----------
    pulses : int
        How many.
    median_m, high_m : float [m]
        Of the distance between the site and where it is found: median, and what nine in ten
        stay below.
    """

    pulses: int
    median_m: float
    high_m: float


def farthest_points(field: FloatArray, count: int, *, first: int | None = None) -> IntArray:
    """Choose poses whose fields differ as much as can be: each as far as possible from all.

    Parameters
    ----------
    field : (n_pose, n_element) array
        Of the candidates.
    count : int
        How many to choose.
    first : int, optional
        Begin here; by default at the field nearest to the mean.

    Returns
    -------
    (count,) array of int
        Candidates in the order of choice, each once.

    Raises
    ------
    BadInputError
        When there are fewer candidates.
    """
    _require(field, count)
    flat = np.asarray(field, dtype=np.float32)
    if first is None:
        first = int(((flat - flat.mean(axis=0)) ** 2).sum(axis=1).argmin())
    chosen = [first]
    away = ((flat - flat[first]) ** 2).sum(axis=1)
    away[first] = -1
    while len(chosen) < count:
        nxt = int(away.argmax())
        chosen.append(nxt)
        away = np.minimum(away, ((flat - flat[nxt]) ** 2).sum(axis=1))
        away[chosen] = -1
    return np.array(chosen)


def informative_poses(
    field: FloatArray,
    points_m: FloatArray,
    settings: DesignSettings | None = None,
    *,
    weight: FloatArray | None = None,
    fits: ElementFits | None = None,
    given: FloatArray | None = None,
) -> IntArray:
    """Choose poses one after the other, each so that the expected error falls most.

    Parameters
    ----------
    field : (n_pose, n_element) array
        Of the candidates.
    points_m : (n_element, 3) array [m]
        Where the elements are.
    settings : DesignSettings, optional
        How many.
    weight : (n_element,) array, optional
        Probability of each element so far; equal by default.
    fits : ElementFits, optional
        Curves of the elements so far; usual ones by default.
    given : (n_given, n_element) array, optional
        Fields of the pulses that were given.

    Returns
    -------
    (count,) array of int
        Candidates in the order of choice; one may come again once others are used up.

    Raises
    ------
    BadInputError
        When there is no candidate.
    """
    asked = settings or DesignSettings()
    _require(field, min(asked.count, len(field)))
    rng = np.random.default_rng(asked.seed)
    sites, probability = _sites(field.shape[1], weight, rng)
    foretold, sd = _foretold(field, sites, fits)
    one, two = np.triu_indices(len(sites), 1)
    apart_m = np.linalg.norm(points_m[sites[one]] - points_m[sites[two]], axis=1)
    value = probability[one] * probability[two] * apart_m
    told = np.zeros(len(one))
    if given is not None and len(given):
        before, sd_before = _foretold(given, sites, fits, reference=field)
        told += sum(_apart(z, s, one, two) for z, s in zip(before, sd_before, strict=True))
    chosen: list[int] = []
    free = np.ones(len(field), bool)
    while len(chosen) < asked.count:
        if not free.any():
            free[:] = True
        tried = rng.permutation(np.flatnonzero(free))[:TRIED]
        gain = _apart(foretold[tried][:, None], sd[tried][:, None], one, two)[:, 0]
        best = int((np.exp(-(told + gain) / 8) @ value).argmin())
        told = told + gain[best]
        chosen.append(int(tried[best]))
        free[tried[best]] = False
    return np.array(chosen)


def _require(field: FloatArray, count: int) -> None:
    if not 1 <= count <= MOST_POSES or len(field) < count:
        msg = (
            f"`pulses` must lie between 1 and the number of poses to choose from "
            f"({min(len(field), MOST_POSES)}); got {count}."
        )
        raise BadInputError(msg)


def _sites(
    count: int, weight: FloatArray | None, rng: np.random.Generator
) -> tuple[IntArray, FloatArray]:
    """Return elements to be told apart, and their probabilities."""
    if weight is None:
        chosen = rng.permutation(count)[:SITES]
        return chosen, np.full(len(chosen), 1 / len(chosen))
    likely = np.argsort(-weight)[:SITES]
    return likely, weight[likely] / weight[likely].sum()


def _foretold(
    field: FloatArray,
    sites: IntArray,
    fits: ElementFits | None,
    reference: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Return expected responses, and their noise, at poses if the site were each of some."""
    there = np.asarray(field[:, sites], dtype=float)
    if fits is not None:
        return fits.expected(there, sites), fits.sd(there, sites)
    usual = there if reference is None else np.asarray(reference[:, sites], dtype=float)
    middle = np.maximum(np.percentile(usual, MIDDLE, axis=0), 1e-30)
    away = np.clip(SHARPNESS * (there / middle - 1), -35, 35)
    return DECADES / (1 + np.exp(-away)), np.full(there.shape, NOISE_DECADES)


def _apart(z: FloatArray, sd: FloatArray, one: IntArray, two: IntArray) -> FloatArray:
    """Return squared differences of pairs in units of the noise, over the last axis."""
    square = (z[..., one] - z[..., two]) ** 2
    return square / (0.5 * (sd[..., one] ** 2 + sd[..., two] ** 2))


def expected_errors(
    field: FloatArray,
    points_m: FloatArray,
    counts: tuple[int, ...],
    *,
    sites: int = 12,
    seed: int = 1,
) -> tuple[Expected, ...]:
    """Foretell the error of a sequence of poses by simulating people.

    Parameters
    ----------
    field : (n_pulse, n_element) array
        Of the poses in their order.
    points_m : (n_element, 3) array [m]
        Where the elements are.
    counts : tuple of int
        After how many pulses.
    sites : int
        How many people, each with a site of their own among the elements (goetz2019).
    seed : int
        Of people and sites.

    Returns
    -------
    tuple of Expected
        For each count.
    """
    rng = np.random.default_rng(seed)
    away = np.empty((sites, len(counts)))
    settings = LocateSettings(shuffles=0)
    for k, site in enumerate(rng.integers(field.shape[1], size=sites)):
        person = goetz2019(1, rng)
        felt = field[:, site] / np.median(field[:, site])
        percent = ABOVE_THRESHOLD * threshold_percent(person)[0] * felt
        size_v = person.respond_v(percent[None], rng)[0]
        for j, count in enumerate(counts):
            part = np.ascontiguousarray(field[:count])
            got = located(part, size_v[:count], points_m, count, settings)
            found = points_m.mean(axis=0) if got.element is None else points_m[got.element]
            away[k, j] = np.linalg.norm(found - points_m[site])
    return tuple(
        Expected(count, float(np.median(away[:, j])), float(np.percentile(away[:, j], 90)))
        for j, count in enumerate(counts)
    )
