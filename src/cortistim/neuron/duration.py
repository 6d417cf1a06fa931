"""Strength and duration: a membrane of first order, its time constant, and pulses alike.

A pulse w(t) drives ``tau dy/dt + y = w``, and fires at the rheobase over the peak of y
(Peterchev 2013). That predicts thresholds of wider and narrower pulses of the same kind; it
does not tell what a phase of the other sign does to a spike that has begun.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cortistim.neuron.shape import PulseShape
from cortistim.neuron.tables import ThresholdFit
from cortistim.typing import FloatArray

SOURCES = ("peterchev2013", "aberra2020")
TAU_S = 188e-6
"""Median over sites of layer 5 cells (thresholds of Aberra 2020, controllable pulses)."""
SHORTEST_TAU_S, LONGEST_TAU_S = 1e-5, 5e-3
STEP_S = 0.5e-6
SCALED_NEAR = 1.52
ERROR_NEAR_PERCENT, ERROR_FAR_PERCENT = 4.0, 13.0
"""Largest difference of scaled thresholds from the engine's, medians over directions of layers
2/3, 4 and 5: with factors up to `SCALED_NEAR` either way (Magstim 200 and Rapid, MagPro,
cTMS2), and with 1.7 (PowerMAG)."""


def filtered_peak(shape: PulseShape, tau_s: float, *, either_sign: bool = False) -> float:
    """Return the peak of a first-order membrane's answer to a pulse.

    Parameters
    ----------
    shape : PulseShape
        The pulse.
    tau_s : float [s]
        Time constant.
    either_sign : bool
        Count a peak of the other sign, too, as a main phase in the second half has.

    Returns
    -------
    float
        1 for an endless pulse. By the bilinear transform, steps of 0.5 µs.
    """
    from scipy.signal import lfilter

    t = np.arange(0.0, shape.time_s[-1] + STEP_S, STEP_S)
    w = np.interp(t, shape.time_s, shape.w, left=0.0, right=0.0)
    k = 2 * tau_s / STEP_S
    y = np.asarray(lfilter([1 / (1 + k)] * 2, [1, (1 - k) / (1 + k)], w))
    return float(np.abs(y).max() if either_sign else y.max())


def time_constant(shapes: Sequence[PulseShape], thresholds: FloatArray) -> tuple[float, float]:
    """Fit a time constant and a rheobase to the thresholds of several pulses.

    Parameters
    ----------
    shapes : sequence of PulseShape
        Such as of several widths.
    thresholds : (n_shape,) array
        In any unit.

    Returns
    -------
    tau_s : float [s]
        Least squares of the relative error, as in Peterchev 2013.
    rheobase : float
        In the unit of the thresholds.
    """
    from scipy.optimize import minimize_scalar

    def rheobase_of(log_tau: float) -> tuple[float, float]:
        peaks = np.array([filtered_peak(shape, float(np.exp(log_tau))) for shape in shapes])
        inverse = 1 / (thresholds * peaks)
        rheobase = inverse.sum() / (inverse**2).sum()
        return float(rheobase), float(((rheobase * inverse - 1) ** 2).sum())

    coarse = np.linspace(np.log(SHORTEST_TAU_S), np.log(LONGEST_TAU_S), 40)
    best = int(np.argmin([rheobase_of(x)[1] for x in coarse]))
    around = coarse[max(best - 1, 0)], coarse[min(best + 1, len(coarse) - 1)]
    found = minimize_scalar(lambda x: rheobase_of(x)[1], bounds=around, method="bounded")
    return float(np.exp(found.x)), rheobase_of(float(found.x))[0]


@dataclass(frozen=True, eq=False)
class ScaledFit(ThresholdFit):
    """The table of a pulse of the same kind, its thresholds multiplied.

    Parameters
    ----------
    pulse, log_mean, log_sd
        As for `ThresholdFit`.
    base : str
        The pulse whose table it is.
    factor : float
        On all thresholds.
    """

    base: str
    factor: float

    @property
    def error_percent(self) -> float:
        """How far its thresholds may be from those of a table of its own."""
        near = abs(np.log(self.factor)) <= np.log(SCALED_NEAR)
        return ERROR_NEAR_PERCENT if near else ERROR_FAR_PERCENT


def scaled_fit(fit: ThresholdFit, base: PulseShape, shape: PulseShape) -> ScaledFit:
    """Carry a table over to another pulse of the same kind.

    Parameters
    ----------
    fit : ThresholdFit
        Of the pulse that is known.
    base, shape : PulseShape
        That pulse, and the other.

    Returns
    -------
    ScaledFit
        Thresholds in the inverse ratio of the filtered peaks.
    """
    known, other = (filtered_peak(s, TAU_S, either_sign=True) for s in (base, shape))
    factor = known / other
    mean = fit.log_mean + np.log(factor)
    return ScaledFit(shape.name, mean, fit.log_sd, fit.pulse, factor)
