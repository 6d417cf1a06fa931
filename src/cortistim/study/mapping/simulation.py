"""Simulated thresholds as a table."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cortistim.io.text import write_csv
from cortistim.mapping.threshold import Simulated, Simulation, simulate
from cortistim.records.form import number

COLUMNS = (
    "subject", "true_percent", "pulse", "estimate_percent", "low_percent", "high_percent",
)  # fmt: skip


def run_simulation(request: Simulation, out: Path) -> dict[str, float | int | str | None]:
    """Simulate a method and write every pulse of everybody.

    Parameters
    ----------
    request : Simulation
        What is tried out.
    out : Path
        Gets a CSV of `COLUMNS`.

    Returns
    -------
    dict
        Errors after the last pulse, in percent of the true threshold.
    """
    found = simulate(request)
    write_csv(out, COLUMNS, _rows(found))
    error = found.error_percent()[:, -1]
    known = error[np.isfinite(error)]
    true = found.true_percent[:, -1]
    inside = (found.low_percent[:, -1] <= true) & (true <= found.high_percent[:, -1])
    quantiles = np.percentile(np.abs(known), [50, 90]) if len(known) else (np.nan, np.nan)
    return {
        "method": request.method,
        "generator": request.generator,
        "subjects": request.subjects,
        "pulses": request.pulses,
        "with_estimate": len(known),
        "median_error_percent": number(float(quantiles[0]), 2),
        "p90_error_percent": number(float(quantiles[1]), 2),
        "bias_percent": number(float(known.mean()) if len(known) else None, 2),
        "coverage_percent": number(100 * float(inside.mean()), 1),
        "out": str(out),
    }


def _rows(found: Simulated) -> Iterator[list[object]]:
    for subject in range(len(found.percent)):
        for pulse in range(found.percent.shape[1]):
            values = (
                found.estimate_percent[subject, pulse],
                found.low_percent[subject, pulse],
                found.high_percent[subject, pulse],
            )
            yield [
                subject + 1,
                number(found.true_percent[subject, pulse], 4),
                pulse + 1,
                *(number(float(value), 4) for value in values),
            ]
