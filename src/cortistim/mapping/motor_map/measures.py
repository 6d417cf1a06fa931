"""What a motor map measures, by name, for the pulses as they are and for redraws of them.

Centres of gravity are means of places weighted by size, by the chance of a response in a cell
or by a cell's largest response. Areas count cells, give each response the part of the plane
that is nearer to its pulse than to any other (Voronoi), take the hull or the alpha shape of the
responses (julkunen2014 compares such), or the part of the plane where a spline of censored log
amplitudes says that more than half of pulses have a response.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.spatial import ConvexHull, Delaunay, QhullError
from scipy.special import ndtr

from cortistim.errors import BadInputError
from cortistim.mapping.motor_map.layout import MotorMap
from cortistim.mapping.motor_map.spline import Spline, fit_spline, refit
from cortistim.typing import BoolArray, FloatArray

PLACES = ("cog_amplitude", "cog_probability", "cog_maximum", "cog_spline", "peak_spline")
AREAS = (
    "area_cells_mean",
    "area_cells_maximum",
    "area_cells_half",
    "area_probability",
    "area_voronoi",
    "area_hull",
    "area_alpha",
    "area_spline",
)
VOLUMES = ("volume_cells", "volume_voronoi", "volume_spline")
ALPHA_SPACINGS = 1.75  # chosen between 1.5 and 2
BATCH = 50
TRIANGLE = 3


@dataclass(frozen=True, eq=False)
class Measured:
    """Every measure of a map, once for its pulses and once for each redraw.

    Parameters
    ----------
    values : mapping of str to array
        Of the pulses: (3,) in m for places, m² for areas, V m² for volumes.
    draws : mapping of str to array
        The same of redraws, (n_draw, 3) or (n_draw,).
    chance : (n_pixel,) array
        Probability of a response by the spline; NaN outside the hull of the pulses.
    chances : (n_draw, n_pixel) array
        The same of redraws.
    alpha_m : float [m]
        Largest radius of a triangle's circle in the alpha shape.
    """

    values: Mapping[str, FloatArray]
    draws: Mapping[str, FloatArray]
    chance: FloatArray
    chances: FloatArray
    alpha_m: float


def redrawn(count: int, draws: int, rng: np.random.Generator) -> FloatArray:
    """Draw pulses with replacement.

    Parameters
    ----------
    count : int
        Pulses.
    draws : int
        How often.
    rng : Generator
        Of the draws.

    Returns
    -------
    (draws, count) array
        How often each draw holds each pulse.
    """
    return rng.multinomial(count, np.full(count, 1 / count), size=draws).astype(float)


def measure(motor_map: MotorMap, counts: FloatArray) -> Measured:
    """Measure a map by every method.

    Parameters
    ----------
    motor_map : MotorMap
        With some response above the criterion.
    counts : (n_draw, n) array
        Redraws, from `redrawn`.

    Returns
    -------
    Measured
        Values, and draws for their intervals. A draw without any response gives areas of zero
        and places that are NaN.

    Raises
    ------
    BadInputError
        When no response exceeds the criterion.
    """
    if not motor_map.positive.any():
        msg = (
            f"a map needs some response above {1e6 * motor_map.criterion_v:g} µV; the largest "
            f"is {1e6 * motor_map.response_v.max():.4g} µV."
        )
        raise BadInputError(msg)
    every = np.concatenate([np.ones((1, motor_map.count)), counts])
    spline = fit_spline(motor_map)
    alpha = ALPHA_SPACINGS * motor_map.spacing_m
    blocks = [every[k : k + BATCH] for k in range(0, len(every), BATCH)]
    parts = [_measure(motor_map, spline, alpha, block) for block in blocks]
    found = {name: np.concatenate([p[0][name] for p in parts]) for name in parts[0][0]}
    chance = np.full((len(every), len(motor_map.inside)), np.nan, np.float32)
    chance[:, motor_map.inside] = np.concatenate([p[1] for p in parts])
    values = {name: array[0] for name, array in found.items()}
    draws = {name: array[1:] for name, array in found.items()}
    return Measured(values, draws, chance[0], chance[1:], alpha)


def _measure(
    motor_map: MotorMap, spline: Spline, alpha_m: float, counts: FloatArray
) -> tuple[dict[str, FloatArray], FloatArray]:
    found = _by_cells(motor_map, counts)
    size = np.where(motor_map.positive, motor_map.response_v, 0)
    found["cog_amplitude"] = _centre(counts * size, motor_map.points_m)
    found |= _by_voronoi(motor_map, counts)
    shapes = [_shapes(motor_map.plane_m[motor_map.positive & (row > 0)], alpha_m)
              for row in counts]  # fmt: skip
    found["area_hull"], found["area_alpha"] = np.array(shapes).T
    smooth, chance = _by_spline(motor_map, spline, counts)
    return found | smooth, chance


def _centre(weights: FloatArray, places: FloatArray) -> FloatArray:
    """Return weighted means of places, (n_draw, 3); NaN where nothing has weight."""
    total = weights.sum(axis=1, keepdims=True)
    return weights @ places / np.where(total > 0, total, np.nan)


def _by_cells(motor_map: MotorMap, counts: FloatArray) -> dict[str, FloatArray]:
    cells = motor_map.cell.max() + 1
    member = np.zeros((motor_map.count, cells))
    member[np.arange(motor_map.count), motor_map.cell] = 1
    pulses = counts @ member
    safe = np.maximum(pulses, 1)
    chance = (counts * motor_map.positive) @ member / safe
    mean = (counts * np.where(motor_map.positive, motor_map.response_v, 0)) @ member / safe
    largest = np.zeros((len(counts), cells))
    present = np.where(counts > 0, motor_map.response_v, 0)
    for cell in range(cells):
        largest[:, cell] = present[:, motor_map.cell == cell].max(axis=1)
    largest = np.where(largest > motor_map.criterion_v, largest, 0)
    middle = (member / member.sum(axis=0)).T @ motor_map.points_m
    square = motor_map.cell_m**2
    return {
        "cog_probability": _centre(chance, middle),
        "cog_maximum": _centre(largest, middle),
        "area_cells_mean": square * (mean > motor_map.criterion_v).sum(axis=1),
        "area_cells_maximum": square * (largest > 0).sum(axis=1),
        "area_cells_half": square * (chance > 0.5).sum(axis=1),
        "area_probability": square * chance.sum(axis=1),
        "volume_cells": square * mean.sum(axis=1),
    }


def _by_voronoi(motor_map: MotorMap, counts: FloatArray) -> dict[str, FloatArray]:
    near = motor_map.nearest
    size = np.where(motor_map.positive, motor_map.response_v, 0)
    square = motor_map.frame.pixel_m**2
    areas, volumes = np.empty(len(counts)), np.empty(len(counts))
    for k, row in enumerate(counts):
        held = row[near] > 0
        owner = near[np.arange(len(near)), held.argmax(axis=1)]
        areas[k] = square * motor_map.positive[owner].sum()
        volumes[k] = square * size[owner].sum()
    return {"area_voronoi": areas, "volume_voronoi": volumes}


def _shapes(places_m: FloatArray, alpha_m: float) -> tuple[float, float]:
    """Return the areas of the hull and of the alpha shape of places."""
    if len(places_m) < TRIANGLE:
        return 0.0, 0.0
    try:
        hull = float(ConvexHull(places_m).volume)
        corners = places_m[Delaunay(places_m).simplices]
    except QhullError:  # on a line: no area
        return 0.0, 0.0
    a, b, c = (np.linalg.norm(corners[:, k] - corners[:, k - 1], axis=1) for k in range(3))
    one, two = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = 0.5 * np.abs(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0])
    radius = a * b * c / np.maximum(4 * area, 1e-15)
    return hull, float(area[radius <= alpha_m].sum())


def _by_spline(
    motor_map: MotorMap, spline: Spline, counts: FloatArray
) -> tuple[dict[str, FloatArray], FloatArray]:
    pixels = motor_map.frame.pixels_m[motor_map.inside]
    design = spline.basis.at(pixels)
    height = refit(spline, motor_map, counts) @ design.T
    active: BoolArray = height > 0
    size = motor_map.criterion_v * 10 ** np.clip(height, None, 3)
    weights = np.where(active, size, 0)
    square = motor_map.frame.pixel_m**2
    places = motor_map.frame.in_space_m(pixels)
    found = {
        "area_spline": square * active.sum(axis=1),
        "volume_spline": square * weights.sum(axis=1),
        "cog_spline": _centre(weights, places),
        "peak_spline": places[height.argmax(axis=1)],
    }
    return found, ndtr(height / spline.sd).astype(np.float32)
