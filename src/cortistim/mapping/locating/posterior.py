"""Where the site is: a posterior over elements, regions that hold it, and when there is none.

p(e) is proportional to the evidence of element e, tempered: the curve that is fitted is not the
one that people have, and evidence without tempering is too sure of itself.
"""

from dataclasses import dataclass

import numpy as np

from cortistim.mapping.locating.fit import (
    ElementFits,
    Pulses,
    best_start,
    filled,
    fit_elements,
    grid_fits,
    varies,
)
from cortistim.typing import FloatArray

TEMPERATURE = 1.5  # calibrated by `benchmarks/locating.py`
CANDIDATES = 3000  # that distances are taken between
NEGLIGIBLE = 1e-7
FEWEST_PULSES = 8
FEWEST_POSES = 3
SHUFFLES = 99
SHUFFLED_ELEMENTS = 800
CHANCE = 0.05  # of the permutation null
WIDEST_M = 0.02  # a region wider than this names no place
ALIKE = 0.8  # of all elements in the 90 % region: fields that vary alike


@dataclass(frozen=True, kw_only=True, slots=True)
class LocateSettings:
    """How a site is looked for.

    Parameters
    ----------
    floor_v : float [V]
        At or below it responses are censored.
    seed : int
        Of the permutations.
    shuffles : int
        How many of them.
    temperature : float
        By which log evidence is divided.
    """

    floor_v: float = 50e-6
    seed: int = 1
    shuffles: int = SHUFFLES
    temperature: float = TEMPERATURE


@dataclass(frozen=True, eq=False)
class Located:
    """Where the site is.

    Parameters
    ----------
    posterior : (n_element,) array
        Probability of each.
    explained : (n_element,) array
        Share of the variance of log amplitudes (R²) that the best curve explains.
    element : int or None
        With the smallest expected distance to the site; None where nothing can be said.
    radius50_m, radius90_m : float [m]
        Of the balls about it that hold 50 and 90 %.
    chance : float
        Share of permutations that explain as much as the responses as they are; NaN without.
    reasons : tuple of str
        Why no place can be named; empty where one can.
    notes : tuple of str
        What to know besides.
    fits : ElementFits or None
        Curves of the elements.
    pulses : Pulses or None
        The responses as they were fitted.
    """

    posterior: FloatArray
    explained: FloatArray
    element: int | None
    radius50_m: float
    radius90_m: float
    chance: float
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    fits: ElementFits | None = None
    pulses: Pulses | None = None


def located(
    field: FloatArray,
    response_v: FloatArray,
    points_m: FloatArray,
    poses: int,
    settings: LocateSettings | None = None,
) -> Located:
    """Find the element whose field explains responses.

    Parameters
    ----------
    field : (n_pulse, n_element) array
        Of any measure, scaled by dI/dt, over patches.
    response_v : (n_pulse,) array [V]
        Peak to peak, 0 where there was none.
    points_m : (n_element, 3) array [m]
        Where the elements are.
    poses : int
        How many different ones the pulses come from.
    settings : LocateSettings, optional
        Floor, permutations.

    Returns
    -------
    Located
        With reasons where nothing can be named.
    """
    asked = settings or LocateSettings()
    size_v = np.asarray(response_v, dtype=float)
    reasons = impossible(field, size_v, poses, asked.floor_v)
    nothing = np.full(field.shape[1], 1 / max(field.shape[1], 1))
    if reasons:
        return Located(nothing, np.zeros(field.shape[1]), None, np.nan, np.nan, np.nan,
                       tuple(reasons), ())  # fmt: skip
    pulses = best_start(field, size_v, asked.floor_v)
    start, explained = grid_fits(field, filled(pulses))
    explained = np.where(varies(field), explained, 0.0)
    fits = fit_elements(field, pulses, grid=(start, explained))
    posterior = posterior_of(fits, asked.temperature)
    element, radius50, radius90 = regions(posterior, points_m)
    chance = _chance(field, pulses, explained, asked)
    told = _doubts(posterior, chance, radius90)
    notes = _notes(field, size_v, asked.floor_v, element)
    return Located(posterior, explained, element, radius50, radius90, chance, tuple(told),
                   tuple(notes), fits, pulses)  # fmt: skip


def impossible(field: FloatArray, size_v: FloatArray, poses: int, floor_v: float) -> list[str]:
    """Say why responses to these fields can name no place, whatever they are."""
    told = []
    if field.shape[1] < 2:
        told.append(f"{field.shape[1]} place is no choice: there is nothing to compare it with")
    if poses < FEWEST_POSES:
        word = "pose" if poses == 1 else "poses"
        told.append(
            f"{poses} {word} cannot tell places apart: their fields differ in strength only; "
            f"{FEWEST_POSES} or more are needed, and tens are usual"
        )
    if len(size_v) < FEWEST_PULSES:
        told.append(f"{len(size_v)} pulses are too few; {FEWEST_PULSES} or more are needed")
    if not told and not varies(field).any():
        told.append("the fields of all pulses are alike at every place")
    count = int((size_v > floor_v).sum())
    if count < 3:
        told.append(
            f"{count} of {len(size_v)} responses exceed {1e6 * floor_v:g} µV: too few to "
            "follow a field"
        )
    elif np.ptp(size_v) <= 1e-3 * size_v.max():
        told.append("the responses are all alike: no field explains what does not vary")
    return told


def posterior_of(fits: ElementFits, temperature: float = TEMPERATURE) -> FloatArray:
    """Return the probability of each element, (n_element,)."""
    log = fits.log_evidence / temperature
    weight = np.exp(log - log.max())
    return weight / weight.sum()


def regions(posterior: FloatArray, points_m: FloatArray) -> tuple[int, float, float]:
    """Find the element with the smallest expected distance, and the balls of 50 and 90 %.

    Parameters
    ----------
    posterior : (n_element,) array
        Probabilities.
    points_m : (n_element, 3) array [m]
        Places.

    Returns
    -------
    element : int
        The middle.
    radius50_m, radius90_m : float [m]
        About it.
    """
    likely = np.argsort(-posterior)[:CANDIDATES]
    likely = likely[posterior[likely] > NEGLIGIBLE]
    weight = posterior[likely] / posterior[likely].sum()
    tried = likely[:400]
    away = np.linalg.norm(points_m[tried][:, None] - points_m[likely][None], axis=2)
    middle = int((away @ weight).argmin())
    order = np.argsort(away[middle])
    held = np.cumsum(weight[order])
    radii = [float(away[middle][order][min(np.searchsorted(held, p), len(order) - 1)])
             for p in (0.5, 0.9)]  # fmt: skip
    return int(tried[middle]), radii[0], radii[1]


def _chance(
    field: FloatArray, pulses: Pulses, explained: FloatArray, asked: LocateSettings
) -> float:
    """Shuffle responses over pulses, and count how often as much is explained somewhere."""
    if not asked.shuffles:
        return float("nan")
    step = max(field.shape[1] // SHUFFLED_ELEMENTS, 1)
    thin = np.ascontiguousarray(field[:, ::step])
    z = filled(pulses)
    rng = np.random.default_rng(asked.seed)
    best = float(explained[::step].max())
    more = sum(
        float(grid_fits(thin, rng.permutation(z))[1].max()) >= best
        for _ in range(asked.shuffles)
    )
    return (1 + more) / (1 + asked.shuffles)


def _doubts(posterior: FloatArray, chance: float, radius90_m: float) -> list[str]:
    told = []
    if chance > CHANCE:
        told.append(
            f"responses shuffled over the pulses are explained as well in "
            f"{100 * chance:.0f} of 100 cases: no place's field explains them "
            "better than chance"
        )
    order = np.argsort(-posterior)
    inside = int(np.searchsorted(np.cumsum(posterior[order]), 0.9)) + 1
    if inside > ALIKE * len(posterior):
        told.append("the fields of all places vary alike over the pulses: none stands out")
    elif radius90_m > WIDEST_M:
        told.append(
            f"the region that holds the site with 90 % reaches {1e3 * radius90_m:.0f} mm; up "
            f"to {1e3 * WIDEST_M:.0f} mm name a place. Add pulses at other positions and angles"
        )
    return told


def _notes(field: FloatArray, size_v: FloatArray, floor_v: float, element: int) -> list[str]:
    told = []
    hidden = float((size_v <= floor_v).mean())
    if hidden > 0.7:
        told.append(
            f"{100 * hidden:.0f} % of responses are at or below {1e6 * floor_v:g} µV and "
            "censored; a stronger pulse would tell more"
        )
    at = np.abs(field[:, element])
    if at.max() < 1.5 * max(at.min(), 1e-30):
        told.append(
            "the field at the site varies by less than half over the pulses: vary position and "
            "angle more"
        )
    return told


def overlap_of(one: FloatArray, two: FloatArray) -> float:
    """Return what two posteriors share, 0 to 1: the sum of the smaller at each element."""
    return float(np.minimum(one, two).sum())
