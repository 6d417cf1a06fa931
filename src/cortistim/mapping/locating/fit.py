"""For every piece of cortex: how well its field explains the responses.

z = log10(1 + V / start), in units of its spread, = bottom + height σ(rate (t - middle)) +
noise, with t the field in units of its spread over pulses. Responses at or below a floor are
censored, one in a hundred may be anything, and the noise has a part after the sigmoid and one
before it, which grows with its slope. Where the logarithm starts is chosen by likelihood: at
the floor where noise multiplies, higher where it adds. Bottom and height follow from middle and
rate by projection (golub1973), on a grid for every element; from the best of the grid all four
climb to the top of their posterior.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_ndtr

from cortistim.geometry import freeze
from cortistim.mapping import _kernels
from cortistim.typing import BoolArray, FloatArray, IntArray

MIDDLES = np.linspace(-1.6, 2.8, 12)
RATES = np.array([0.8, 1.6, 3.2, 6.4])
STEPS = 25
PRIOR_MEAN = np.array([-1.0, np.log(2.5), 0.5, np.log(2.0)])
PRIOR_SD = np.array([1.0, 0.5, 1.5, 0.8])
"""Of bottom, ln height, middle and ln rate; weak, assumed: they keep what a set of pulses does
not show, such as a plateau that is not reached, near what people have."""
NOISE = (0.4, 0.3)  # spreads of z, and of the field; where the search for them begins
OUTLIER, SPAN = 0.01, 5.0
STARTS = (
    1.0,
    4.0,
    16.0,
)  # times the floor, where the logarithm may start, and the largest size
SOME = 1000  # elements that choose the start
KEPT, FEWEST_KEPT = 20.0, 400  # nats behind the best of the grid that still climb; how many do
HALF_LOG_2PI = 0.5 * np.log(2 * np.pi)
LEAST_SPREAD = 1e-3  # of the field over pulses, against its mean: less are fields all alike


@dataclass(frozen=True, eq=False)
class Pulses:
    """Responses to pulses.

    Parameters
    ----------
    z : (n_pulse,) array
        log10(1 + V / start), without its mean, in units of its spread; that of the floor where
        hidden.
    hidden : (n_pulse,) array of bool
        At or below the floor.
    start_v : float [V]
        Where the logarithm starts.
    middle, scale : float
        Mean and spread of the logarithm.
    log_density : float
        ln |dz / dV| summed over what is not hidden: makes likelihoods of several starts
        comparable.
    """

    z: FloatArray
    hidden: BoolArray
    start_v: float
    middle: float
    scale: float
    log_density: float

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "z", "hidden", dtype=None)

    def of(self, rows: IntArray | BoolArray) -> "Pulses":
        """Return some of the pulses, by index or mask."""
        return replace(self, z=self.z[rows], hidden=self.hidden[rows])

    def volts(self, z: FloatArray) -> FloatArray:
        """Return sizes in V of what `z` would be."""
        return self.start_v * (10 ** (self.middle + self.scale * z) - 1)

    def of_volts(self, size_v: float) -> float:
        """Return what `z` a size would have."""
        return (float(np.log10(1 + size_v / self.start_v)) - self.middle) / self.scale


def pulses_of(response_v: FloatArray, floor_v: float, start_v: float | None = None) -> Pulses:
    """Take responses for a fit.

    Parameters
    ----------
    response_v : (n_pulse,) array [V]
        Peak to peak, 0 where there was none.
    floor_v : float [V]
        At or below it nothing is known but that.
    start_v : float [V], optional
        Where the logarithm starts; the floor by default.

    Returns
    -------
    Pulses
        Logarithms, censored.
    """
    size_v = np.asarray(response_v, dtype=float)
    start = floor_v if start_v is None else start_v
    hidden = size_v <= floor_v
    log = np.log10(1 + np.maximum(size_v, floor_v) / start)
    middle, scale = float(log.mean()), max(float(log.std()), 1e-6)
    density = -np.log(scale * np.log(10) * (size_v[~hidden] + start)).sum()
    return Pulses((log - middle) / scale, hidden, start, middle, scale, float(density))


@dataclass(frozen=True, eq=False)
class ElementFits:
    """The fit of every element.

    Parameters
    ----------
    mean, spread : (n_element,) arrays
        Of the field over pulses: t = (field - mean) / spread.
    parameters : (n_element, 4) array
        Bottom, ln height, middle, ln rate.
    log_evidence : (n_element,) array
        Natural logarithm, by Laplace's approximation; -inf where the field does not vary.
    noise : (2,) array
        In decades after, and in spreads before the sigmoid.
    """

    mean: FloatArray
    spread: FloatArray
    parameters: FloatArray
    log_evidence: FloatArray
    noise: FloatArray

    def expected(self, field: FloatArray, elements: IntArray) -> FloatArray:
        """Return log10 of size over the floor without noise, for fields (n, n_chosen)."""
        bottom, log_height, middle, log_rate = self.parameters[elements].T
        t = (field - self.mean[elements]) / self.spread[elements]
        away = np.clip(np.exp(log_rate) * (t - middle), -35, 35)
        return bottom + np.exp(log_height) / (1 + np.exp(-away))

    def sd(self, field: FloatArray, elements: IntArray) -> FloatArray:
        """Return the standard deviation of single responses there, in decades."""
        _, log_height, middle, log_rate = self.parameters[elements].T
        t = (field - self.mean[elements]) / self.spread[elements]
        g = 1 / (1 + np.exp(-np.clip(np.exp(log_rate) * (t - middle), -35, 35)))
        slope = np.exp(log_height + log_rate) * g * (1 - g)
        return np.hypot(self.noise[0], self.noise[1] * slope)


def standardised(field: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return (n_element, n_pulse) fields in spreads from their mean, mean and spread."""
    mean, spread = field.mean(axis=0), field.std(axis=0)
    safe = np.where(spread > 0, spread, 1.0)
    return np.ascontiguousarray(((field - mean) / safe).T), mean, spread


def varies(field: FloatArray) -> BoolArray:
    """Tell at which elements the field, (n_pulse, n_element), differs between pulses."""
    return field.std(axis=0) > LEAST_SPREAD * np.abs(field).mean(axis=0).max(initial=1e-30)


def filled(pulses: Pulses) -> FloatArray:
    """Put a guess in place of what is hidden: half a spread below the floor."""
    return np.where(pulses.hidden, pulses.z - 0.5, pulses.z)


def grid_fits(field: FloatArray, z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Project responses onto sigmoids of each element's field.

    Parameters
    ----------
    field : (n_pulse, n_element) array
        Of any measure.
    z : (n_pulse,) array
        Responses, nothing hidden.

    Returns
    -------
    start : (n_element, 4) array
        Bottom, ln height, middle, ln rate.
    explained : (n_element,) array
        Share of the variance (R²).
    """
    t, _, _ = standardised(field)
    best = _kernels.best_of_grid(t, np.ascontiguousarray(z, dtype=float), MIDDLES, RATES)
    total = max(float(((z - z.mean()) ** 2).sum()), 1e-12)
    height = np.maximum(best[:, 1], 0.05)
    start = np.column_stack([best[:, 0], np.log(height), best[:, 2], np.log(best[:, 3])])
    return start, 1 - best[:, 4] / total


def fit_elements(
    field: FloatArray,
    pulses: Pulses,
    *,
    noise: FloatArray | None = None,
    grid: tuple[FloatArray, FloatArray] | None = None,
) -> ElementFits:
    """Fit every element.

    Parameters
    ----------
    field : (n_pulse, n_element) array
        Of any measure.
    pulses : Pulses
        The responses to them.
    noise : (2,) array, optional
        After and before the sigmoid; found at the best element when left out.
    grid : (start, explained), optional
        From `grid_fits` of these pulses.

    Returns
    -------
    ElementFits
        With the evidence of each; -inf for those that the grid leaves far behind.
    """
    usable = varies(field)
    start, explained = grid_fits(field, filled(pulses)) if grid is None else grid
    left = np.maximum(1 - np.where(usable, explained, 0.0), 1e-6)
    behind = 0.5 * len(pulses.z) * np.log(left / left.min())
    kept = usable & (behind <= max(KEPT, np.sort(behind)[min(FEWEST_KEPT, len(left)) - 1]))
    chosen = np.flatnonzero(kept)
    t, mean, spread = standardised(field)
    t = np.ascontiguousarray(t[chosen])
    given = np.array(NOISE) if noise is None else np.asarray(noise, dtype=float)
    found, tops, dets = _climbed(t, pulses, start[chosen], given)
    for _ in range(2 if noise is None and len(chosen) else 0):
        best = int((tops - 0.5 * dets).argmax())
        given = _noise_at(t[best], pulses, found[best], given)
        found, tops, dets = _climbed(t, pulses, found, given)
    evidence, parameters = np.full(len(left), -np.inf), start.copy()
    evidence[chosen], parameters[chosen] = tops - 0.5 * dets, found
    return ElementFits(mean, np.where(usable, spread, 1.0), parameters, evidence, given)


def best_start(field: FloatArray, response_v: FloatArray, floor_v: float) -> Pulses:
    """Choose where the logarithm of the responses starts, by the best element's likelihood.

    Parameters
    ----------
    field : (n_pulse, n_element) array
        Of any measure.
    response_v : (n_pulse,) array [V]
        Peak to peak.
    floor_v : float [V]
        At or below it responses are censored.

    Returns
    -------
    Pulses
        For `fit_elements`.
    """
    tried = [floor_v * factor for factor in STARTS]
    tried.append(max(float(np.max(response_v)), floor_v))
    best, most = pulses_of(response_v, floor_v), -np.inf
    thin = np.ascontiguousarray(field[:, :: max(field.shape[1] // SOME, 1)])
    for start_v in tried:
        pulses = pulses_of(response_v, floor_v, start_v)
        start, explained = grid_fits(thin, filled(pulses))
        top = np.argsort(-np.where(varies(thin), explained, -1))[:20]
        fits = fit_elements(thin[:, top], pulses, grid=(start[top], explained[top]))
        value = float(fits.log_evidence.max()) + pulses.log_density
        if value > most:
            best, most = pulses, value
    return best


def _climbed(
    t: FloatArray, pulses: Pulses, start: FloatArray, noise: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    z = np.ascontiguousarray(pulses.z, dtype=float)
    return _kernels.fit_elements(
        t, z, np.ascontiguousarray(pulses.hidden), np.ascontiguousarray(start), noise,
        PRIOR_MEAN, PRIOR_SD, OUTLIER, SPAN, STEPS,
    )  # fmt: skip


def _noise_at(
    t: FloatArray, pulses: Pulses, parameters: FloatArray, noise: FloatArray
) -> FloatArray:
    """Find both noises at one element, for the curve that it has."""
    bottom, log_height, middle, log_rate = parameters
    g = 1 / (1 + np.exp(-np.clip(np.exp(log_rate) * (t - middle), -35, 35)))
    f, slope = bottom + np.exp(log_height) * g, np.exp(log_height + log_rate) * g * (1 - g)

    def loss(log_noise: FloatArray) -> float:
        after, before = np.exp(log_noise)
        total = -log_likelihoods(pulses, f, np.hypot(after, before * slope)).sum()
        # weak: what is usual, within a factor of two and a half
        return total + 0.5 * (((log_noise - np.log(NOISE)) / 0.9) ** 2).sum()

    got = minimize(loss, np.log(noise), method="Nelder-Mead", options={"xatol": 0.01})
    return np.exp(np.clip(got.x, np.log(0.03), np.log(3.0)))


def log_likelihoods(pulses: Pulses, expected: FloatArray, sd: FloatArray) -> FloatArray:
    """Return the log likelihood of each response.

    Parameters
    ----------
    pulses : Pulses
        The responses.
    expected, sd : (n_pulse, ...) arrays
        Of log10 of size over the floor.

    Returns
    -------
    array
        As ``expected``; one response in a hundred may be anything.
    """
    shape = (-1,) + (1,) * (expected.ndim - 1)
    z, hidden = pulses.z.reshape(shape), pulses.hidden.reshape(shape)
    away = (z - expected) / sd
    usual = np.where(hidden, log_ndtr(away), -0.5 * away**2 - HALF_LOG_2PI - np.log(sd))
    floor = np.where(hidden, np.log(OUTLIER / 2), np.log(OUTLIER / SPAN))
    return np.logaddexp(np.log1p(-OUTLIER) + usual, floor)


def without(fits: ElementFits, elements: BoolArray) -> ElementFits:
    """Return fits in which some elements have no evidence."""
    return replace(fits, log_evidence=np.where(elements, -np.inf, fits.log_evidence))
