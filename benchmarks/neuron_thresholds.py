"""Grown cells beside published thresholds of reconstructed ones, misses shown.

    python benchmarks/neuron_thresholds.py neuron_thresholds_by_theta.csv [--directions 200]

The CSV has the columns cell_type, pulse, theta_deg, mean_Vpm, median_Vpm and sigma_ln. Rows
with 'miss' lie outside what is asked of the cells.
"""

import argparse
import csv
import sys
from pathlib import Path

import numpy as np

from cortistim.neuron.directions import even_directions
from cortistim.neuron.duration import filtered_peak, time_constant
from cortistim.neuron.engine import Engine
from cortistim.neuron.shape import PulseShape, named_shape
from cortistim.study.neuron.thresholds import find_cables, run_thresholds

TYPES = {"L1_NGC": "L1", "L23_PC": "L23", "L4_LBC": "L4", "L5_TTPC2": "L5", "L6_TPC": "L6"}
ASKED = ("L23", "L4", "L5")
BIN_DEG = 15.0


def published(path):
    """Rows of theta, mean, median and sigma by type and pulse."""
    found = {}
    with Path(path).open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            key = TYPES[row["cell_type"]], row["pulse"].split("_")[1]
            numbers = [
                float(row[k]) for k in ("theta_deg", "mean_Vpm", "median_Vpm", "sigma_ln")
            ]
            found.setdefault(key, []).append(numbers)
    return {key: np.array(rows) for key, rows in found.items()}


def isotropic_sigma(rows):
    """Spread of ln threshold over all directions, from rows by angle."""
    weight = np.maximum(np.sin(np.radians(rows[:, 0])), np.sin(np.radians(BIN_DEG / 4)) / 2)
    centre = np.log(rows[:, 1]) - rows[:, 3] ** 2 / 2
    middle = np.average(centre, weights=weight)
    return np.sqrt(np.average((centre - middle) ** 2 + rows[:, 3] ** 2, weights=weight))


def by_angle(table, theta):
    """Mean over clones and directions in bins around each angle, and the median."""
    near = np.abs(table.theta_deg[None] - theta[:, None]) <= BIN_DEG / 2
    columns = [table.v_per_m[:, chosen] for chosen in near]
    return (np.array([f(x) for x in columns]) for f in (np.mean, np.median))


class Table:
    """Prints rows and counts misses."""

    def __init__(self):
        self.misses = 0

    def row(self, what, got, asked, *, fine):
        """Print one comparison."""
        self.misses += not fine
        print(f"{what:<58} {got:>16} {asked:>16}  {'' if fine else 'miss'}", flush=True)


def angles(out, tables, rows):
    for (name, pulse), table in tables.items():
        reference = rows[name, pulse]
        mean, median = by_angle(table, reference[:, 0])
        for words, found, told in (("mean", mean, 1), ("median", median, 2)):
            error = np.abs(found / reference[:, told] - 1)
            fine = np.median(error) <= 0.10 or name not in ASKED
            got = f"{100 * np.median(error):.1f} ({100 * error.max():.0f}) %"
            out.row(
                f"{name} {pulse}: error of the {words} over angles (max)",
                got,
                "10 %",
                fine=fine,
            )
        sigma, told = np.log(table.v_per_m).std(), isotropic_sigma(reference)
        fine = abs(sigma / told - 1) <= 0.30
        out.row(
            f"{name} {pulse}: sigma of ln threshold",
            f"{sigma:.3f}",
            f"{told:.3f} ± 30 %",
            fine=fine,
        )
        share = (table.sites == "axon terminal").mean()
        out.row(
            f"{name} {pulse}: first spike near a terminal",
            f"{100 * share:.0f} %",
            ">= 90 %",
            fine=share >= 0.9,
        )


def orders(out, tables):
    low = {
        name: np.percentile(tables[name, "monophasic"].v_per_m, 5) for name in TYPES.values()
    }
    got = " < ".join(sorted(low, key=low.get))
    fine = low["L5"] == min(low.values()) and max(low["L23"], low["L4"]) < min(
        low["L6"], low["L1"]
    )
    out.row("order of 5 % quantiles, monophasic", got[:16], "L5 < L2/3,4 < L6,1", fine=fine)
    print(f"    {got}: " + ", ".join(f"{k} {v:.0f} V/m" for k, v in low.items()))
    for name in ASKED:
        ratio = np.median(tables[name, "monophasic"].v_per_m) / np.median(
            tables[name, "biphasic"].v_per_m
        )
        out.row(
            f"{name}: monophasic over biphasic",
            f"{ratio:.2f}",
            "1.2 to 1.4",
            fine=1.2 <= ratio <= 1.4,
        )


def rectangle(width_s):
    """Return a rectangle that nothing follows."""
    t = np.array([0, 1e-6, width_s, width_s + 1e-6])
    return PulseShape(f"{1e6 * width_s:.0f} µs", t, np.array([0.0, 1, 1, 0]))


def durations(out, count):
    """Fit the time constant; predict stretched pulses with it."""
    _, cables, _ = find_cables("L5")
    engines, directions = [Engine(c) for c in cables], even_directions(count, cables[0].up)

    def median(shape):
        return np.median([e.thresholds(directions, shape).v_per_m for e in engines])

    pulses = [named_shape(f"ctms{w}") for w in (30, 60, 120)]
    medians = np.array([median(s) for s in pulses])
    ratios = ":".join(f"{x:.2f}" for x in medians / medians[-1])
    out.row(
        "L5: thresholds at 30, 60, 120 µs (cTMS1)", ratios, "2.19:1.37:1 ± 10 %",
        fine=bool(np.abs(medians[:2] / medians[2] / (2.19, 1.37) - 1).max() <= 0.1),
    )  # fmt: skip
    tau = time_constant(pulses, medians)[0]
    out.row(
        "L5: time constant, controllable pulses", f"{1e6 * tau:.0f} µs", "170 to 230 µs",
        fine=170e-6 <= tau <= 230e-6,
    )  # fmt: skip
    bare = [rectangle(1e-6 * w) for w in (20, 50, 100, 200, 400)]
    wide = time_constant(bare, np.array([median(s) for s in bare]))[0]
    out.row(
        "L5: time constant, rectangles of 20 to 400 µs", f"{1e6 * wide:.0f} µs",
        "170 to 230 µs", fine=170e-6 <= wide <= 230e-6,
    )  # fmt: skip
    for name in ("monophasic", "biphasic", "half_sine", "ctms30", "ctms60"):
        shape = named_shape(name)
        longer = shape.stretched(2.0)
        got = median(longer) / median(shape)
        peaks = [filtered_peak(s, tau, either_sign=True) for s in (shape, longer)]
        told = peaks[0] / peaks[1]
        fine = abs(got / told - 1) <= 0.1
        out.row(f"L5: {name} stretched twofold", f"{got:.3f}", f"{told:.3f} ± 10 %", fine=fine)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("csv", help="published thresholds by angle")
    parser.add_argument("--directions", type=int, default=200)
    given = parser.parse_args()
    rows, out = published(given.csv), Table()
    print(f"{'':<58} {'grown cells':>16} {'asked':>16}")
    tables = {
        (cell, pulse): run_thresholds(
            ThresholdRequest(cell=cell, pulse=pulse, directions=given.directions)
        )
        for cell, pulse in rows
    }
    angles(out, tables, rows)
    orders(out, tables)
    durations(out, max(50, given.directions // 2))
    print(f"{out.misses} misses")
    sys.exit(1 if out.misses else 0)


if __name__ == "__main__":
    main()
