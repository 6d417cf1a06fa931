"""Onsets of simulated responses, and false responses in windows without a pulse.

    python benchmarks/emg_latency.py [--trials 300] [--traces TRACES.npy]

5 kHz, four levels of noise, two kinds of response with known onset, an artefact of 5 mV.
The signal-to-noise ratio is the largest deflection over the noise's standard deviation.
Traces of others, in microvolt, one a row, are shown with both methods side by side.
"""

import argparse
from pathlib import Path

import numpy as np
from emg_simulated import KINDS, noise, trials

from cortistim.mapping.emg import (
    EmgEpochs,
    EmgSettings,
    conditioned,
    flags_of,
    measure,
    measure_conditioned,
)

SNRS = (5, 10, 20, 50)
NOISE_UV = (2, 5, 10, 15)
METHODS = ("crossing", "ramp", "told")


def onsets(n, snr, kind, seed=1):
    """Return the errors of both methods and of the one that is told, (n, 3), in ms."""
    time_s, volts, true_s = trials(n, snr, kind=kind, seed=seed)
    epochs = EmgEpochs(("FDI",), volts[:, None], 5000.0, time_s[0], np.arange(n) * 5.0)
    found = measure(epochs, EmgSettings())
    told = np.column_stack([found.crossing_s, found.ramp_s, found.latency_s])
    return 1e3 * (told - true_s[:, None])


def false_share(noise_uv, n=1000, seed=2):
    """Return the share of pulse-free windows in which a response is seen."""
    rng = np.random.default_rng(seed)
    volts = 1e-6 * noise_uv * noise((n, 1, 2500), 5000.0, rng)
    epochs = EmgEpochs(("FDI",), volts, 5000.0, -0.2, np.arange(n) * 5.0)
    return float(measure(epochs, EmgSettings()).present.mean())


def side_by_side(traces_uv, rate_hz, pulse):
    """Print both latencies of each trace, and what is doubtful about it."""
    settings = EmgSettings()
    print("trace  peak to peak  crossing    ramp  doubts")
    for number, trace_uv in enumerate(traces_uv, start=1):
        volts = 1e-6 * np.asarray(trace_uv)[None, None]
        epochs = EmgEpochs(("EMG",), volts, rate_hz, -pulse / rate_hz, np.array([np.nan]))
        clean = conditioned(epochs, settings)
        found = measure_conditioned(clean, settings)
        doubts = flags_of(epochs, clean, found, settings)[0][0]
        print(
            f"{number:5d}{1e6 * found.peak_to_peak_v[0, 0]:11.0f} µV"
            f"{1e3 * found.crossing_s[0, 0]:7.1f} ms{1e3 * found.ramp_s[0, 0]:5.1f} ms  "
            f"{'; '.join(flag.reason for flag in doubts) or 'none'}"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=300)
    parser.add_argument("--traces", type=Path, help="(trace, sample) array in microvolt")
    parser.add_argument("--rate", type=float, default=1000.0)
    parser.add_argument("--pulse", type=int, default=1000, help="sample of the pulse")
    asked = parser.parse_args()
    if asked.traces is not None:
        side_by_side(np.load(asked.traces), asked.rate, asked.pulse)
        return
    print("response  SNR  method     median |error|   90 %   within 1 ms   none")
    for kind in KINDS:
        for snr in SNRS:
            errors = onsets(asked.trials, snr, kind)
            for method, column in zip(METHODS, errors.T, strict=True):
                known = np.abs(column[np.isfinite(column)])
                print(
                    f"{kind:<8}{snr:5d}  {method:<9}{np.median(known):11.2f} ms"
                    f"{np.quantile(known, 0.9):7.2f}{100 * (known < 1).mean():11.1f} %"
                    f"{np.isnan(column).sum():8d}"
                )
    for noise_uv in NOISE_UV:
        share = 100 * false_share(noise_uv)
        print(f"noise of {noise_uv:2d} µV RMS, no pulse: {share:.2f} % false responses")


if __name__ == "__main__":
    main()
