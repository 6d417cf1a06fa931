"""From descending waves to the muscle: motoneurons, motor units, variability.

A pool of motoneurons with graded thresholds (small units first) adds up the waves. Each one
that is reached fires a motor unit's potential whose size grows with its threshold; potentials
overlap and partly cancel. Variability enters where people's does (Goetz 2014): before the
sigmoid, as the excitability of a trial, and after it, as the gain and the electrode's noise.
"""

from dataclasses import dataclass

import numpy as np

from cortistim.errors import BadInputError
from cortistim.neuron import descending
from cortistim.typing import FloatArray

SOURCES = ("goetz2014", "rossini2015", "henneman1965")
UNITS = 100
POOL_LOW, POOL_HIGH = 0.08, 1.3  # thresholds in units of the largest I1; fitted
UNIT_V, UNIT_RANGE = 9e-6, 9.0  # smallest motor unit's amplitude and the largest over it
LATENCY_JITTER_S = 0.5e-3
UNIT_NOISE = 0.10  # of a motoneuron's threshold, from trial to trial
TRIAL_SD = 0.055  # ln of intensity: excitability of a trial
GAIN_SD = 0.22  # ln of size: peripheral gain of a trial
NOISE_V = 3e-6  # root mean square of the electrode's noise
DECAY_S = 6e-3  # of the excitatory potential in a motoneuron
CENTRAL_S, PERIPHERAL_S = 9.5e-3, 11e-3  # FDI; latency of 20 to 24 ms
DELAY_SD_S = 1.0e-3  # conduction over motor units
UNIT_S = 2.2e-3  # width of a motor unit's potential
CRITERION_V = 50e-6
STEP_S = 0.2e-3
SPAN_S = 60e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseSummary:
    """Motor responses at one intensity.

    Parameters
    ----------
    relative : float
        Intensity over the resting motor threshold.
    mean_v, median_v : float [V]
        Peak-to-peak.
    cv : float
        Standard deviation over mean.
    p_above : float
        Share of trials above 50 µV.
    """

    relative: float
    mean_v: float
    median_v: float
    cv: float
    p_above: float


@dataclass(frozen=True, eq=False)
class Trials:
    """Motor responses of several trials.

    Parameters
    ----------
    relative : (n_intensity,) array
        Intensity over the resting motor threshold.
    size_v : (n_intensity, n_trial) array [V]
        Peak-to-peak.
    latency_s : (n_intensity, n_trial) array [s]
        Onset of the first motor unit; NaN without a response.
    """

    relative: FloatArray
    size_v: FloatArray
    latency_s: FloatArray

    def summary(self) -> tuple[ResponseSummary, ...]:
        """Return mean, median, CV and the share above 50 µV by intensity.

        Returns
        -------
        tuple of ResponseSummary
            In the order of the intensities.
        """
        return tuple(
            ResponseSummary(
                relative=float(x),
                mean_v=float(row.mean()),
                median_v=float(np.median(row)),
                cv=float(row.std() / row.mean()),
                p_above=float((row > CRITERION_V).mean()),
            )
            for x, row in zip(self.relative, self.size_v, strict=True)
        )


def respond(
    relative: FloatArray,
    trials: int,
    rng: np.random.Generator,
    *,
    gain: FloatArray | float = 1.0,
) -> Trials:
    """Draw motor responses.

    Parameters
    ----------
    relative : (n_intensity,) array
        Intensity over the resting motor threshold.
    trials : int
        Of each intensity.
    rng : Generator
        Of the variability.
    gain : float or (5,) array, optional
        On each descending wave; what a conditioning pulse does.

    Returns
    -------
    Trials
        Sizes and latencies.

    Raises
    ------
    BadInputError
        When an intensity is negative or there are no trials.
    """
    x = np.atleast_1d(np.asarray(relative, float))
    if not (np.isfinite(x).all() and (x >= 0).all() and x.max(initial=0) <= 10 and trials > 0):
        msg = (
            "intensities must lie between 0 and 10 times the motor threshold, and there must "
            f"be trials; got {x.min(initial=0):g} to {x.max(initial=0):g} and {trials}."
        )
        raise BadInputError(msg)
    felt = x[:, None] * np.exp(TRIAL_SD * rng.standard_normal((len(x), trials)))
    volleys = descending.waves(felt) * gain
    when_s = _firing_s(volleys.reshape(-1, volleys.shape[-1]), rng)
    emg = _emg_v(when_s, rng)
    shape = (len(x), trials)
    first = np.where(np.isfinite(when_s).any(axis=1), np.min(when_s, axis=1), np.nan)
    return Trials(x, np.ptp(emg, axis=1).reshape(shape), first.reshape(shape))


def pool_thresholds() -> FloatArray:
    """Return the motoneurons' thresholds, (UNITS,), in units of the largest I1.

    Returns
    -------
    (UNITS,) array
        From the smallest unit to the largest.
    """
    return np.geomspace(POOL_LOW, POOL_HIGH, UNITS)


def _firing_s(volleys: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return when each motor unit's potential begins, (n, UNITS); infinite without one."""
    limit = pool_thresholds() * np.exp(UNIT_NOISE * rng.standard_normal((len(volleys), UNITS)))
    delay = DELAY_SD_S * rng.standard_normal(UNITS)
    jitter = LATENCY_JITTER_S * rng.standard_normal((len(volleys), 1))
    when = np.full((len(volleys), UNITS), np.inf)
    level = np.zeros(len(volleys))
    for k, time in enumerate(descending.TIME_S):
        level = level * np.exp(-descending.PERIOD_S / DECAY_S) + volleys[:, k]
        reached = (level[:, None] > limit) & np.isinf(when)
        start = CENTRAL_S + PERIPHERAL_S + time + delay + jitter
        when = np.where(reached, start, when)
    return when


def _emg_v(when_s: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Add up motor units' potentials, (n, n_step), and the electrode's noise."""
    steps = round(SPAN_S / STEP_S)
    size = UNIT_V * np.geomspace(1.0, UNIT_RANGE, UNITS)
    trial, unit = np.nonzero(np.isfinite(when_s))
    bins = np.clip((when_s[trial, unit] / STEP_S).astype(int), 0, steps - 1)
    sums = np.zeros((len(when_s), steps))
    np.add.at(sums, (trial, bins), size[unit])
    t = np.arange(-3 * UNIT_S, 3 * UNIT_S, STEP_S)
    potential = -t / UNIT_S * np.exp(0.5 - t**2 / (2 * UNIT_S**2))  # biphasic, peaks of 1
    spectrum = np.fft.rfft(sums, 2 * steps) * np.fft.rfft(potential, 2 * steps)
    clean = np.fft.irfft(spectrum, 2 * steps)[:, : steps + len(t)]
    clean *= np.exp(GAIN_SD * rng.standard_normal((len(when_s), 1)))
    return clean + NOISE_V * rng.standard_normal(clean.shape)
