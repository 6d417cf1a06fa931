"""Averages of E over the small cubes of tissue that exposure limits speak of."""

from dataclasses import replace
from itertools import product

import numpy as np

from cortistim.field.field import Field
from cortistim.field.recovery.sampling import Sampler, sampler
from cortistim.typing import FloatArray

# The edge that ICNIRP (2010) averages over.
CUBE_EDGE_M = 2e-3
# Middles of 3 x 3 x 3 equal parts of the cube, in edges; the point itself is one of them.
_MIDDLES = np.array(list(product((-1 / 3, 0.0, 1 / 3), repeat=3)))
_BLOCK = 4096


def cube_mean_v_per_m(
    field: Field, points: Sampler, *, edge_m: float = CUBE_EDGE_M
) -> FloatArray:
    """Average the vector E over a cube around each point, within the point's tissue.

    A point value of a finite-element field holds more of its error than an average does, and
    exposure limits are stated for averages (ICNIRP 2010, doi:10.1097/HP.0b013e3181f06c86).

    Parameters
    ----------
    field : Field
        Of any order.
    points : Sampler
        The centres.
    edge_m : float, optional
        Edge of the cube, along the axes of the subject's frame.

    Returns
    -------
    (n_point, 3) array [V/m]
        NaN outside the head. From 27 points of the cube, less those in another tissue.
    """
    mean = np.full((len(points.tets), 3), np.nan)
    inside = np.flatnonzero(points.inside)
    for start in range(0, len(inside), _BLOCK):
        chosen = inside[start : start + _BLOCK]
        some = replace(points, points_m=points.points_m[chosen], tets=points.tets[chosen])
        spots = cube_spots(some, edge_m=edge_m)
        shared = spots.inside.reshape(len(chosen), -1)
        e_v_per_m = field.at_v_per_m(spots).reshape(*shared.shape, 3)
        total = np.where(shared[..., None], e_v_per_m, 0.0).sum(axis=1)
        mean[chosen] = total / shared.sum(axis=1)[:, None]
    return mean


def cube_spots(points: Sampler, *, edge_m: float = CUBE_EDGE_M) -> Sampler:
    """Prepare the places that averages over cubes are made of.

    A field of higher order must be solved for with these among the places it is read at.

    Parameters
    ----------
    points : Sampler
        The centres.
    edge_m : float, optional
        Edge of the cubes.

    Returns
    -------
    Sampler
        27 places for each point; outside where a place lies in another tissue.
    """
    spots_m = points.points_m[:, None] + edge_m * _MIDDLES
    spots = sampler(points.mesh, spots_m.reshape(-1, 3), recovery="element")
    shared = (spots.tags == np.repeat(points.tags, len(_MIDDLES))) & spots.inside
    return replace(spots, tets=np.where(shared, spots.tets, -1))
