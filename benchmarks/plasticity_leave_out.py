"""Judge the model's structures by protocols that they were not fitted to.

    python benchmarks/plasticity_leave_out.py plasticity_reference.csv

For each structure and each group of protocols, the group's rows are taken out, the model is
fitted anew from the prior, once, and the group is predicted. The shipped ensemble has more
starts behind it, so these are worse than its own predictions of the unseen. The table goes to
the package, where ``plasticity_calibration.py`` prints it.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from plasticity_fit import evolve, from_prior, sample
from plasticity_rows import Row, at, curves, read_rows, with_fixed

import cortistim.plasticity

GROUPS = (
    ("cTBS300",), ("cTBS600",), ("iTBS600",), ("imTBS600",),
    ("0.9Hz_810", "1Hz_900 115%rMT", "1Hz_900 90%rMT", "1Hz_240 90%rMT"), ("0.1Hz",),
    ("5Hz_1800", "5Hz_150 90%rMT"), ("10Hz_1000",), ("20Hz_240",), ("PAS25", "PAS10"),
)  # fmt: skip
STRUCTURES = {
    "all of it": {},
    "no metaplastic gain": {"kappa": 0.0},
    "no slow short-term depression": {"u2": 0.0},
    "no disinhibition": {"kb": 0.0},
    "phosphatase always on": {"q_step": 1.0, "tau_q": 1e6},
}
SMALL = np.log(1.1)
TABLE = Path(cortistim.plasticity.__file__).parent / "data" / "leave_out.json"


def predicted(theta, rows: list[Row]) -> list[dict]:
    """Compare members with rows, one line per protocol."""
    lines = []
    for name in dict.fromkeys(row.protocol for row in rows):
        mine = [row for row in rows if row.protocol == name]
        course = curves(theta, name)[1]
        weight = np.array([row.weight / row.sd**2 for row in mine])
        said = np.array([at(row, course) for row in mine])
        seen = float(np.average([row.log_change for row in mine], weights=weight))
        mean = weight @ said / weight.sum()
        sd = float(np.hypot(np.mean([row.sd for row in mine]), mean.std()))
        null = abs(seen) < SMALL
        middle = float(np.median(mean))
        right = abs(middle) < SMALL if null else middle * seen > 0
        lines.append(
            {
                "protocol": name,
                "measured_percent": round(100 * float(np.expm1(seen)), 1),
                "predicted_percent": round(100 * float(np.expm1(middle)), 1),
                "p10_percent": round(100 * float(np.expm1(np.percentile(mean, 10))), 1),
                "p90_percent": round(100 * float(np.expm1(np.percentile(mean, 90))), 1),
                "right": bool(right),
                "error_in_sd": round(abs(middle - seen) / sd, 2),
            }
        )
    return lines


def fitted(rows: list[Row], fixed, rng, asked: argparse.Namespace):
    """Fit from the prior: evolve, then sample."""
    unit, value = from_prior(rows, rng, asked.members, fixed)
    unit, value = evolve(unit, value, rows, rng, asked.generations, fixed)
    return sample(unit, value, rows, rng, asked.sweeps, fixed)


def left_out(rows: list[Row], fixed, rng, asked: argparse.Namespace) -> list[dict]:
    """Fit without each group and predict it."""
    lines = []
    for group in GROUPS:
        kept = [row for row in rows if row.protocol not in group]
        unit, _ = fitted(kept, fixed, rng, asked)
        theta = with_fixed(unit, fixed)
        lines += predicted(theta, [row for row in rows if row.protocol in group])
        print(" ", group[0], lines[-1], flush=True)
    return lines


def main() -> None:
    """Refit each structure and predict what was left out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sweeps", type=int, default=10)
    parser.add_argument("--generations", type=int, default=120)
    parser.add_argument("--members", type=int, default=60)
    parser.add_argument("--out", type=Path, default=TABLE)
    asked = parser.parse_args()
    rows, rng = read_rows(asked.data), np.random.default_rng(asked.seed)
    table = {}
    for name, fixed in STRUCTURES.items():
        _, value = fitted(rows, fixed, rng, asked)
        table[name] = {
            "misfit": round(float(np.median(value)), 1),
            "left_out": left_out(rows, fixed, rng, asked),
        }
        asked.out.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
        print(name, table[name]["misfit"], flush=True)


if __name__ == "__main__":
    main()
