"""A thin-plate spline of log amplitudes, in which small responses are censored.

z = log10(V / criterion) = f(u, v) + e with e ~ N(0, σ²), and of responses at or below the
criterion it is known only that z <= 0. The spline has few knots (wood2003) and its two
variances are found by expectation and maximisation; f > 0 where more than half of pulses have a
response.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import null_space
from scipy.special import log_ndtr

from cortistim.mapping.motor_map.layout import MotorMap
from cortistim.typing import BoolArray, FloatArray

KNOTS = 40
LOOSE = 1e-4  # precision of the plane beneath the spline, in whose direction nothing is known
STEPS, STEPS_A_DRAW = 150, 40
LEAST_SD = 0.05


@dataclass(frozen=True, eq=False)
class Basis:
    """Functions over the plane whose weights have a prior of variance one.

    Parameters
    ----------
    knots : (k, 2) array
        In units of ``scale_m``.
    turned : (k, k - 3) array
        From kernels at the knots to functions.
    scale_m : float [m]
        Unit of length.
    """

    knots: FloatArray
    turned: FloatArray
    scale_m: float

    def at(self, plane_m: FloatArray) -> FloatArray:
        """Return the functions at places, (n, k): first the plane, then what bends it."""
        x = plane_m / self.scale_m
        return np.column_stack([np.ones(len(x)), x, _thin_plate(x, self.knots) @ self.turned])


def _thin_plate(x: FloatArray, knots: FloatArray) -> FloatArray:
    square = ((x[:, None] - knots) ** 2).sum(axis=-1)
    return 0.5 * square * np.log(np.maximum(square, 1e-300))


def basis_of(motor_map: MotorMap) -> Basis:
    """Choose knots among the pulses and make functions of them.

    Parameters
    ----------
    motor_map : MotorMap
        With eight pulses or more.

    Returns
    -------
    Basis
        Of up to forty knots, each as far from the others as can be.
    """
    plane = motor_map.plane_m
    scale = float(plane.std())
    x = plane / scale
    chosen = [int(((x - x.mean(axis=0)) ** 2).sum(axis=1).argmin())]
    away = ((x - x[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < min(KNOTS, len(x)) and away.max() > 1e-6:
        chosen.append(int(away.argmax()))
        away = np.minimum(away, ((x - x[chosen[-1]]) ** 2).sum(axis=1))
    knots = x[chosen]
    free = null_space(np.column_stack([np.ones(len(knots)), knots]).T)
    penalty, vectors = np.linalg.eigh(free.T @ _thin_plate(knots, knots) @ free)
    kept = penalty > 1e-9 * max(penalty.max(initial=0.0), 1e-12)
    return Basis(knots, free @ (vectors[:, kept] / np.sqrt(penalty[kept])), scale)


@dataclass(frozen=True, eq=False)
class Spline:
    """A fitted map.

    Parameters
    ----------
    basis : Basis
        Its functions.
    weights : (k,) array
        Of each.
    sd : float
        Of single responses about it, in decades.
    bend : float
        Standard deviation of the weights of what bends it.
    """

    basis: Basis
    weights: FloatArray
    sd: float
    bend: float


def fit_spline(motor_map: MotorMap) -> Spline:
    """Fit the spline to a map.

    Parameters
    ----------
    motor_map : MotorMap
        With some response above the criterion.

    Returns
    -------
    Spline
        At the maximum of its posterior, with variances at that of their likelihood.
    """
    basis = basis_of(motor_map)
    design, z, hidden = _data(basis, motor_map)
    weights, sd, bend = np.zeros(design.shape[1]), 0.5, 1.0
    gram = design.T @ design
    for _ in range(STEPS):
        filled, spread = _filled(design @ weights, z, hidden, sd)
        precision = gram / sd**2 + np.diag(_precision(design.shape[1], bend))
        covariance = np.linalg.inv(precision)
        weights = covariance @ (design.T @ filled) / sd**2
        left = ((filled - design @ weights) ** 2 + spread).sum() + np.sum(covariance * gram)
        sd = max(float(np.sqrt(left / len(z))), LEAST_SD)
        bending = (weights[3:] ** 2).sum() + np.trace(covariance[3:, 3:])
        bend = float(np.sqrt(max(bending / max(len(weights) - 3, 1), 1e-6)))
    return Spline(basis, weights, sd, bend)


def refit(spline: Spline, motor_map: MotorMap, counts: FloatArray) -> FloatArray:
    """Fit the spline to redraws of a map's pulses, with the variances that it has.

    Parameters
    ----------
    spline : Spline
        Of the map.
    motor_map : MotorMap
        The map.
    counts : (n_draw, n) array
        How often each draw holds each pulse.

    Returns
    -------
    (n_draw, k) array
        Weights of each draw.
    """
    design, z, hidden = _data(spline.basis, motor_map)
    k = design.shape[1]
    squares = (design[:, :, None] * design[:, None, :]).reshape(len(design), -1)
    precision = (counts @ squares).reshape(-1, k, k) / spline.sd**2
    solver = np.linalg.inv(precision + np.diag(_precision(k, spline.bend))) / spline.sd**2
    weights = np.tile(spline.weights, (len(counts), 1))
    for _ in range(STEPS_A_DRAW):
        filled, _ = _filled(weights @ design.T, z, hidden, spline.sd)
        weights = np.einsum("dij,dj->di", solver, (counts * filled) @ design)
    return weights


def _precision(k: int, bend: float) -> FloatArray:
    return np.concatenate([np.full(3, LOOSE), np.full(k - 3, 1 / bend**2)])


def _data(basis: Basis, motor_map: MotorMap) -> tuple[FloatArray, FloatArray, BoolArray]:
    ratio = np.maximum(motor_map.response_v / motor_map.criterion_v, 1)
    return basis.at(motor_map.plane_m), np.log10(ratio), ~motor_map.positive


def _filled(
    fitted: FloatArray, z: FloatArray, hidden: BoolArray, sd: float
) -> tuple[FloatArray, FloatArray]:
    """Return what responses are expected to be, and the variance of those that are hidden."""
    away = -fitted / sd
    ratio = np.exp(-0.5 * away**2 - 0.5 * np.log(2 * np.pi) - log_ndtr(away))
    spread = np.maximum(sd**2 * (1 - away * ratio - ratio**2), 0)
    return np.where(hidden, fitted - sd * ratio, z), np.where(hidden, spread, 0.0)
