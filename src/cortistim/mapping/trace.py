"""EMG as an amplifier would show it: noise, the pulse's artefact, a response of known size."""

import numpy as np

from cortistim.typing import FloatArray

RATE_HZ = 5000.0
BEFORE_S, AFTER_S = 0.1, 0.1
LATENCY_S, LATENCY_SD_S = 22e-3, 0.4e-3  # of a hand muscle; assumed
WAVE_S = 2e-3
ARTEFACT_V, ARTEFACT_HZ, ARTEFACT_DECAY_S = 3e-3, 3200.0, 0.6e-3  # assumed
LIMIT_V = 10e-3  # of the amplifier, to either side


def trace_time_s(rate_hz: float = RATE_HZ) -> FloatArray:
    """Return the times of a trace's samples.

    Parameters
    ----------
    rate_hz : float [Hz], optional
        Samples per second.

    Returns
    -------
    (n_sample,) array [s]
        0 is the pulse.
    """
    return np.arange(-round(BEFORE_S * rate_hz), round(AFTER_S * rate_hz)) / rate_hz


def emg_trace(
    size_v: float,
    baseline_v: float,
    rng: np.random.Generator,
    *,
    artefact: bool = True,
    rate_hz: float = RATE_HZ,
) -> FloatArray:
    """Draw the trace of one trial.

    Parameters
    ----------
    size_v : float [V]
        Of the response, peak to peak and without the noise that lies on it.
    baseline_v : float [V]
        Root mean square of the noise.
    rng : Generator
        Of noise and latency.
    artefact : bool, optional
        Whether there was a pulse; a false trigger leaves none.
    rate_hz : float [Hz], optional
        Samples per second.

    Returns
    -------
    (n_sample,) array [V]
        At `trace_time_s`, cut off at the amplifier's limit.
    """
    time_s = trace_time_s(rate_hz)
    white = rng.standard_normal(len(time_s) + 1)
    noise = white[1:] + 0.6 * white[:-1]  # neighbours resemble each other, as in EMG
    trace = baseline_v * noise / 1.36**0.5
    onset_s = LATENCY_S + LATENCY_SD_S * float(rng.standard_normal())
    past = np.clip(time_s - onset_s, 0, None) / WAVE_S
    wave = past * np.exp(-past) * np.cos(0.3 * np.pi * past)
    trace = trace + size_v * wave / np.ptp(wave)
    if artefact:
        since_s = np.clip(time_s, 0, None)
        ring = np.cos(2 * np.pi * ARTEFACT_HZ * since_s) * np.exp(-since_s / ARTEFACT_DECAY_S)
        trace = trace + np.where(time_s >= 0, ARTEFACT_V * ring, 0.0)
    return np.clip(trace, -LIMIT_V, LIMIT_V)
