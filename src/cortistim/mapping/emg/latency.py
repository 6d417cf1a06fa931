"""When a response begins, by two methods that share nothing but the signal.

``crossing`` walks back from the response to where the signal leaves the noise; ``ramp`` fits
the rise to the first peak by a power of the time since the onset and never asks for a
threshold. Where both agree, the onset can be believed.
"""

from typing import NamedTuple

import numpy as np

from cortistim.typing import FloatArray

FACTOR = 3.09  # standard deviations, of which noise passes one in a thousand on one side
CALM_S = 0.0015  # assumed: between two phases the signal is quiet for less
LEAST_SHARE = 0.2  # of the largest deflection: what counts as the first peak
LEAST_SD = 4.0
LONGEST_RISE_S = 0.010  # assumed: from onset to first peak
POWERS = (1.0, 1.5, 2.0)
QUIET_SHARE = 0.08  # of the first peak: less may be what the filter sends ahead of it
FURTHEST_BACK_S = 0.001  # that the straight line through the crossing is followed
SMOOTH_S = 0.0006  # a smoothing that the noise of one sample does not pass


class Onset(NamedTuple):
    """Latencies of one response, from the pulse; nan where there is none."""

    crossing_s: float
    ramp_s: float


NO_ONSET = Onset(np.nan, np.nan)


def onset(
    volts: FloatArray, rate_hz: float, start_s: float, noise_v: float, peak_from_s: float
) -> Onset:
    """Find when a response begins.

    Parameters
    ----------
    volts : (n_sample,) array, in volt
        Conditioned, from the end of the artefact to the end of the response window.
    rate_hz : float [Hz]
        Sampling rate.
    start_s : float [s]
        Time of the first sample, from the pulse.
    noise_v : float [V]
        Standard deviation of the baseline.
    peak_from_s : float [s]
        Before this time there is no response: what stands out there is something else.

    Returns
    -------
    Onset
        nan where the signal never leaves the noise.
    """
    if len(volts) < 8 or not np.isfinite(volts).all() or noise_v < 0:
        return NO_ONSET
    smooth = _smoothed(volts, rate_hz)
    earliest = max(round((peak_from_s - start_s) * rate_hz), 0)
    peak = _first_peak(smooth, earliest, noise_v)
    if peak is None:
        return NO_ONSET
    return Onset(
        start_s + _crossing(smooth, peak, rate_hz, noise_v) / rate_hz,
        start_s + _ramp(volts, peak, rate_hz) / rate_hz,
    )


def _smoothed(volts: FloatArray, rate_hz: float) -> FloatArray:
    width = max(round(SMOOTH_S * rate_hz), 1)
    return np.convolve(np.pad(volts, width, mode="edge"), np.ones(width) / width, "same")[
        width:-width
    ]


def _first_peak(volts: FloatArray, earliest: int, noise_v: float) -> int | None:
    """Return where the first phase that stands out is largest."""
    size = np.abs(volts)
    late = size[earliest:]
    if not late.any():
        return None
    above = np.flatnonzero(late >= max(LEAST_SD * noise_v, LEAST_SHARE * float(late.max())))
    if not len(above):
        return None
    first = earliest + int(above[0])
    sign = np.sign(volts[first])
    other = np.flatnonzero(np.sign(volts[first:]) != sign)
    last = first + int(other[0]) if len(other) else len(volts)
    return first + int(size[first:last].argmax())


def _crossing(volts: FloatArray, peak: int, rate_hz: float, noise_v: float) -> float:
    """Walk back to the last quiet stretch; from its end follow the slope to zero."""
    calm = max(round(CALM_S * rate_hz), 2)
    least_v = max(FACTOR * noise_v, QUIET_SHARE * abs(volts[peak]))
    quiet = np.abs(volts[: peak + 1]) < least_v
    at = peak
    while at > 0 and not quiet[max(at - calm, 0) : at].all():
        at -= 1
    rise = volts[min(at + 1, peak)] - volts[max(at - 1, 0)]
    steps = min(at + 1, peak) - max(at - 1, 0)
    if rise == 0 or steps == 0 or np.sign(rise) != np.sign(volts[at]):
        return float(at)
    back = abs(volts[at] / (rise / steps))
    return max(at - min(back, FURTHEST_BACK_S * rate_hz), 0.0)


def _ramp(volts: FloatArray, peak: int, rate_hz: float) -> float:
    """Return the onset of the power of time that fits best up to the first peak."""
    first = max(peak - round(LONGEST_RISE_S * rate_hz), 0)
    piece = volts[first : peak + 1]
    if len(piece) < 5:
        return float(peak)
    # the top is round, so the rise ends where the signal has most of its height
    height = np.flatnonzero(np.abs(piece) >= 0.85 * np.abs(piece[-1]))
    stop = max(int(height[0]) + 1 if len(height) else len(piece), 5)
    piece = piece[:stop]
    step = 0.25
    onsets = np.arange(0.0, len(piece) - 2, step)
    past = np.clip(np.arange(len(piece))[None, :] - onsets[:, None], 0.0, None)
    best, found = np.inf, float(peak)
    for power in POWERS:
        shape = past**power
        fitted = (shape @ piece) / np.maximum((shape**2).sum(axis=1), 1e-30)
        left = (piece @ piece) - fitted**2 * (shape**2).sum(axis=1)
        at = int(left.argmin())
        if left[at] < best:
            best, found = float(left[at]), first + float(onsets[at])
    return found
