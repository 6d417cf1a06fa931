"""How the shipped plasticity ensemble stands to what it was calibrated on, and beyond.

    python benchmarks/plasticity_calibration.py plasticity_reference.csv

Prints the calibration protocols with sign, size and half-decay, the negative controls, the
ten protocols that must have the right sign, the misses, the table of protocols left out of
the fit (made by ``plasticity_leave_out.py``), and published directions that were never
fitted.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from plasticity_leave_out import TABLE, predicted
from plasticity_rows import HALF_DECAY_MIN, Row, curves, half_decay_min, read_rows

from cortistim.plasticity import predict
from cortistim.plasticity.ensemble import shipped
from cortistim.protocol import named_protocol

NAMED = {
    "1Hz_900": -1, "5Hz_1800": 1, "10Hz_1000": 1, "20Hz_1000": 1, "cTBS300": -1,
    "cTBS600": -1, "iTBS600": 1, "imTBS600": 0, "PAS25": 1, "PAS10": -1,
}  # fmt: skip
UNFITTED = {
    "QPS1.5": 1, "QPS5": 1, "QPS10": 1, "QPS30": -1, "QPS50": -1, "QPS100": -1, "QPS1250": 0,
    "5Hz_600": 0, "5Hz_900": 1, "iTBS1200": -1, "cTBS1200": 1, "iTBS1800": -1,
    "iTBS600x2_5min": -1, "iTBS600x2_15min": 1, "iTBS600x3_10min": 1, "iTBS600x3_30min": 1,
    "5Hz_continuous_1200": -1, "5Hz_with_breaks_1200": 1,
}  # fmt: skip
"""Directions as published; they took no part in the fit, but the structure was chosen by
people who knew them."""
AT_MIN = (5.0, 15.0, 30.0)
EXPECTED = {1: "up", -1: "down", 0: "none"}


def calibration(theta, rows: list[Row]) -> None:
    """Print sign, size and half-decay for each calibration protocol."""
    print(f"{'calibrated on':<18} measured  ensemble  error/sd  sign  half-decay (goal) min")
    lines = predicted(theta, rows)
    for line in lines:
        name = line["protocol"]
        half = np.nanmedian(half_decay_min(curves(theta, name)[1]))
        goal = HALF_DECAY_MIN.get(name)
        times = f"{half:5.0f} ({goal:.0f})" if goal else ""
        sign = "yes" if line["right"] else "NO"
        print(
            f"{name:<18} {line['measured_percent']:+7.1f} % {line['predicted_percent']:+7.1f} %"
            f" {line['error_in_sd']:8.2f}  {sign:<5}{times}"
        )
    errors = [line["error_in_sd"] for line in lines]
    missed = [line["protocol"] for line in lines if not line["right"]]
    print(f"median size error {np.median(errors):.2f} sd; signs missed: {missed or 'none'}")


def directions(title: str, table: dict[str, int]) -> None:
    """Print verdicts beside published directions."""
    print(f"\n{title:<22} published  mean in % at 5, 15, 30 min, verdict at 5 min")
    right, determined, signs = 0, 0, 0
    for name, sign in table.items():
        said = predict(named_protocol(name), AT_MIN, models=False)
        rows = said.summary()
        verdicts = {row.verdict for row in rows}
        peak = max((row.mean_percent for row in rows), key=abs)
        good = abs(peak) < 10 if sign == 0 else peak * sign >= 5
        hit = EXPECTED[sign] in verdicts
        signs, right = signs + good, right + hit
        determined += verdicts != {"not determined"}
        means = " ".join(f"{row.mean_percent:+6.1f}" for row in rows)
        print(
            f"{name:<22} {EXPECTED[sign]:<9}  {means}  {rows[0].verdict:<15} "
            f"{'' if good else 'MISSED'}"
        )
    print(f"direction of the mean right in {signs} of {len(table)}; determined {determined}")


def controls() -> None:
    """Print what must change nothing."""
    print("\nnegative controls      largest |mean| from 1 to 60 min")
    given = named_protocol("iTBS600")
    sham = replace(given, relative_intensity=np.zeros(given.n_pulses))
    for name, protocol in (
        ("0.1Hz", named_protocol("0.1Hz")),
        ("5Hz_150", named_protocol("5Hz_150")),
        ("no drive", sham),
    ):
        rows = predict(protocol, models=False).summary()
        largest = max(abs(row.mean_percent) for row in rows)
        print(f"{name:<22} {largest:.1f} %  {rows[1].verdict}")


def leave_out_table() -> None:
    """Print what each structure says of protocols it was not fitted to."""
    print("\nleft out of the fit             sign   sign, 5 %   median error/sd   misfit")
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    for structure, found in table.items():
        lines = found["left_out"]
        right = sum(line["right"] for line in lines)
        clear = sum(line["right"] and _clear(line) for line in lines)
        error = np.median([line["error_in_sd"] for line in lines])
        tried = f"{right:2d} of {len(lines)}  {clear:2d} of {len(lines)}"
        print(f"{structure:<30} {tried}  {error:12.2f}  {found['misfit']:14.1f}")
    print(f"\n{'left out':<18} measured  predicted [10 to 90 % of members]   error/sd")
    for line in next(iter(table.values()))["left_out"]:
        print(
            f"{line['protocol']:<18} {line['measured_percent']:+7.1f}  "
            f"{line['predicted_percent']:+7.1f} [{line['p10_percent']:+.1f} to "
            f"{line['p90_percent']:+.1f}]  {line['error_in_sd']:5.2f}"
            f"{'' if line['right'] else '  MISSED'}"
        )


def _clear(line: dict) -> bool:
    """Tell whether a prediction is as large as a measured effect must be."""
    return abs(line["measured_percent"]) < 10 or abs(line["predicted_percent"]) >= 5


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    asked = parser.parse_args()
    found = shipped()
    print("ensemble:", found.diagnostics)
    calibration(found.theta, read_rows(asked.data))
    controls()
    directions("must be right", NAMED)
    leave_out_table()
    directions("never fitted", UNFITTED)


if __name__ == "__main__":
    main()
