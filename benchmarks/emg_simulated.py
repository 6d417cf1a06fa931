"""EMG of which everything is known: onset, size, noise; for benchmarks and tests.

Two kinds of response: a damped wave with a sharp onset, and the sum of sixty motor units whose
potentials begin at different times, where the onset is that of the first unit.
"""

import numpy as np
from scipy.signal import butter, sosfilt

KINDS = ("wave", "units")
NOISE_BAND_HZ = (20, 500)


def response(time_s, onset_s, kind, rng):
    """Return one response and its true onset, largest deflection 1."""
    if kind == "wave":
        past = np.clip(time_s - onset_s, 0, None) / 2e-3
        shape = past * np.exp(-past) * np.cos(0.3 * np.pi * past)
        return shape / np.abs(shape).max(), onset_s
    begins_s = onset_s + rng.gamma(1.5, 1.2e-3, size=60)
    phase = np.clip((time_s[None] - begins_s[:, None]) / 4e-3, 0, 1)
    sizes = rng.lognormal(0, 0.5, size=60)
    shape = sizes @ (np.sin(2 * np.pi * phase) * np.sin(np.pi * phase))
    return shape / np.abs(shape).max(), float(begins_s.min())


def noise(shape, rate_hz, rng):
    """Return noise of the EMG's band with a standard deviation of 1."""
    white = rng.normal(size=(*shape[:-1], shape[-1] + 1000))
    edges = (NOISE_BAND_HZ[0], min(NOISE_BAND_HZ[1], 0.45 * rate_hz))
    sections = butter(2, edges, btype="bandpass", fs=rate_hz, output="sos")
    coloured = sosfilt(sections, white, axis=-1)[..., 1000:]
    return coloured / coloured.std()


def artefact(time_s, size_v):
    """Return what the pulse leaves in the amplifier: 1 ms of it, then a short decay."""
    past = np.clip(time_s, 0, None)
    return np.where(time_s >= 0, size_v * np.cos(2e4 * past) * np.exp(-past / 6e-4), 0.0)


def trials(n, snr, *, kind="wave", rate_hz=5000.0, peak_v=5e-4, seed=0, window_s=(-0.2, 0.3)):
    """Return time, trials (n, n_sample) in volt, and true onsets.

    The signal-to-noise ratio is the largest deflection over the noise's standard deviation.
    """
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(window_s[0] * rate_hz), round(window_s[1] * rate_hz)) / rate_hz
    onsets_s = rng.uniform(0.0185, 0.026, size=n)
    made = [response(time_s, onset_s, kind, rng) for onset_s in onsets_s]
    volts = peak_v * np.array([shape for shape, _ in made])
    volts += peak_v / snr * noise(volts.shape, rate_hz, rng)
    volts += artefact(time_s, 5e-3)
    return time_s, volts, np.array([true_s for _, true_s in made])
