"""Judge the model's structures by protocols that they were not fitted to.

    python benchmarks/plasticity_leave_out.py plasticity_reference.csv [--structure NAME ...]

For each structure and each protocol of the table (those of `FAMILIES` together) the rows of the
protocol are taken out, the model is fitted anew from the prior, and the protocol is predicted
as the product would predict it, people and laboratories included. The tables go to the package;
``plasticity_calibration.py`` prints them. A structure is chosen by these tables alone.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from plasticity_fit import Misfit, courses, fitted, parse
from plasticity_rows import (
    BESIDES,
    Row,
    drive_named,
    families,
    neighbours,
    read_rows,
    said,
)

import cortistim.plasticity
from cortistim.plasticity.ensemble import Ensemble, spread_of
from cortistim.plasticity.predict import judge

STRUCTURES = {
    "all of it": {},
    "no disinhibition": {"kb": 0.0},
    "no potentiation by rate": {"eta": 0.0},
    "no metaplastic gain": {"kappa": 0.0, "naive": 0.0},
    "phosphatase always on": {"q_step": 1.0, "tau_q": 1e6},
    "no slow short-term depression": {"u2": 0.0},
}
TABLE = Path(cortistim.plasticity.__file__).parent / "data" / "leave_out.json"


def line_of(theta, kept: list[Row], rows: list[Row]) -> dict:
    """Compare what members that never saw a protocol say of it with what was measured."""
    weight = np.array([row.sd**-2 for row in rows])
    log_change = said(theta, rows) @ weight / weight.sum()
    alone = float(np.median(log_change))
    near, drive = neighbours(theta, kept), drive_named(rows[0].protocol)
    log_change = log_change + near.missed(drive)
    seen = float(np.average([row.log_change for row in rows], weights=weight))
    group = Ensemble(theta, *spread_of(len(theta), np.random.default_rng(1)))
    of_groups = group.in_laboratories(log_change[:, None])
    people, groups = group.responses(of_groups)[:, 0], 100 * np.expm1(of_groups[:, 0])
    middle = float(np.median(log_change))
    sd = np.hypot(np.sqrt(1 / weight.sum()), log_change.std())
    return {
        "protocol": rows[0].protocol,
        "directions": [row.direction for row in rows],
        "measured_percent": round(100 * float(np.expm1(seen)), 1),
        "predicted_percent": round(100 * float(np.expm1(middle)), 1),
        "p10_percent": round(100 * float(np.expm1(np.percentile(log_change, 10))), 1),
        "p90_percent": round(100 * float(np.expm1(np.percentile(log_change, 90))), 1),
        "p_up": round(float((people > 0).mean()), 3),
        "p_group_up": round(float((groups > 0).mean()), 3),
        "verdict": judge(groups, near.disputed(drive))[0],
        "model_alone_percent": round(100 * float(np.expm1(alone)), 1),
        "error_in_sd": round(abs(middle - seen) / float(sd), 2),
    }


def left_out(rows: list[Row], fixed, asked: argparse.Namespace) -> list[dict]:
    """Fit without each family of protocols and predict it."""
    course = np.median(courses(asked.courses), axis=0)
    lines = []
    for k, family in enumerate(families(rows)):
        if k % asked.parts != asked.part:
            continue
        kept = [row for row in (*rows, *BESIDES) if row.protocol not in family]
        misfit = Misfit(kept, course, fixed)
        rng = np.random.default_rng([asked.seed, k])
        parts = [fitted(misfit, rng, asked)[0] for _ in range(asked.starts)]
        theta = misfit.theta(np.concatenate(parts))
        for name in dict.fromkeys(row.protocol for row in rows if row.protocol in family):
            lines.append(line_of(theta, kept, [row for row in rows if row.protocol == name]))
            print(" ", lines[-1], flush=True)
    return lines


def main() -> None:
    """Refit each structure and predict what was left out."""
    parser = parse(__doc__.splitlines()[0])
    parser.add_argument("--starts", type=int, default=1)
    parser.add_argument("--parts", type=int, default=1, help="Share the work among so many.")
    parser.add_argument("--part", type=int, default=0, help="Which share, from 0.")
    parser.add_argument("--structure", nargs="*", default=list(STRUCTURES))
    parser.add_argument("--out", type=Path, default=TABLE)
    asked = parser.parse_args()
    rows = read_rows(asked.data)
    table = json.loads(asked.out.read_text("utf-8")) if asked.out.is_file() else {}
    for name in asked.structure:
        found = left_out(rows, STRUCTURES[name], asked)
        table[name] = found if asked.parts == 1 else [*table.get(name, []), *found]
        asked.out.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
