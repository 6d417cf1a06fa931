"""A whole simulated session of EMG: written as BDF, read, cut, measured; time and memory.

    python benchmarks/emg_session.py [--minutes 30] [--rate 5000] [--channels 4] [--keep FOLDER]

Pulses come every 5 s; the muscles are at rest, but for a burst now and then.
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
from emg_simulated import artefact, noise, response

from cortistim.io.emg import write_edf
from cortistim.mapping.emg import EmgChannel, EmgRecording
from cortistim.study.emg.measure import EmgRequest, measure_emg, write_emg

GAIN_V = 1e-7
MUSCLES = ("FDI", "ADM", "APB", "ECR", "FCR", "BB", "TA", "SOL")


def recording(minutes, rate_hz, n_channel, seed=0):
    """Return a recording with pulses every 5 s, and the output of each pulse."""
    rng = np.random.default_rng(seed)
    n_sample = round(60 * minutes * rate_hz)
    pulses_s = np.arange(2.5, 60 * minutes - 1, 5.0)
    percent = rng.integers(45, 75, size=len(pulses_s))
    around_s = np.arange(round(-0.01 * rate_hz), round(0.1 * rate_hz)) / rate_hz
    channels = []
    for k in range(n_channel):
        counts = 4e-6 / GAIN_V * noise((n_sample,), rate_hz, rng)
        for pulse_s, output in zip(pulses_s, percent, strict=True):
            middle_v = 5e-5 * 10 ** (0.11 * (output - 56)) / (1 + 3 * k)
            size_v = middle_v * 10 ** rng.normal(0, 0.25)
            shape, _ = response(around_s, 0.021 + 0.001 * k + rng.normal(0, 3e-4), "units", rng)
            volts = min(size_v, 4e-3) / 2 * shape + artefact(around_s, 3e-3)
            first = round(pulse_s * rate_hz) + round(-0.01 * rate_hz)
            counts[first : first + len(volts)] += volts / GAIN_V
            if rng.random() < 0.08:
                burst = slice(first - round(0.06 * rate_hz), first)
                counts[burst] += (
                    25e-6 / GAIN_V * noise((burst.stop - burst.start,), rate_hz, rng)
                )
        samples = np.clip(np.round(counts), -8_000_000, 8_000_000).astype(np.int32)
        channels.append(EmgChannel(MUSCLES[k], samples, rate_hz, GAIN_V, 0.0, "uV"))
    return EmgRecording("simulated", tuple(channels), {"TMS": pulses_s}), percent


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, default=5000)
    parser.add_argument("--channels", type=int, default=4)
    parser.add_argument("--file", type=Path, help="one that is there, such as of --keep")
    parser.add_argument("--keep", type=Path, help="folder that keeps the recording")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.keep or Path(temporary)
        path = asked.file or folder / "session.bdf"
        if asked.file is None:
            folder.mkdir(parents=True, exist_ok=True)
            made, percent = recording(asked.minutes, asked.rate, asked.channels)
            write_edf(path, made)
            rows = "".join(f"{k + 1},{p}\n" for k, p in enumerate(percent))
            (folder / "stimuli.csv").write_text("pulse,percent_mso\n" + rows)
            del made
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.perf_counter()
        measured = measure_emg(EmgRequest(path))
        took_s = time.perf_counter() - start
        write_emg(measured, Path(temporary) / "out")
        whole_s = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(f"{path.stat().st_size / 2**20:.0f} MB, {measured.record.pulses} pulses, "
              f"{len(measured.record.channels)} channels")  # fmt: skip
        print(f"read, cut and measured in {took_s:.1f} s; all written after {whole_s:.1f} s")
        print(f"largest memory {peak / 2**10:.0f} MB (before reading {before / 2**10:.0f} MB)")


if __name__ == "__main__":
    main()
