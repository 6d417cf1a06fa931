"""Calibrate the default plasticity model and write its ensemble.

    python benchmarks/plasticity_fit.py plasticity_reference.csv --seed 1 --out ensemble.npz

Differential evolution finds the regions of parameters that fit, from several starts; a
differential-evolution Markov chain (ter Braak 2006) then samples around them. Members come
from all starts alike, because an equally good fit may predict otherwise. What decides the time
course is not fitted: it stays that of the shipped ensemble, which `calcium-1` had from the
courses of 48 rows.
"""

import argparse
import json
import time
from importlib.resources import files
from pathlib import Path

import numpy as np
from plasticity_rows import (
    BESIDES,
    Row,
    drive_named,
    neighbours,
    precision,
    read_rows,
    said,
    with_fixed,
)

from cortistim.cache import store
from cortistim.plasticity.calcium import COLUMN, MODEL_VERSION, PARAMETERS, induce
from cortistim.plasticity.ensemble import model_hash

N = COLUMN["t_up"]
NEARLY = 4.0
"""A start whose best member misses by so much more than the best start is left out."""
SHIPPED = Path(str(files("cortistim.plasticity").joinpath("data/ensemble.npz")))


def courses(path: Path = SHIPPED) -> np.ndarray:
    """Return the columns of the shipped ensemble that decide the time course."""
    with np.load(path) as saved:
        names = list(saved["names"])
        return saved["theta"][:, [names.index(p.name) for p in PARAMETERS[N:]]]


class Misfit:
    """Minus the log likelihood of members, up to a constant."""

    def __init__(self, rows: list[Row], course: np.ndarray, fixed: dict[str, float]) -> None:
        self.rows, self.course, self.fixed = rows, course, fixed
        self.precision = precision(rows)
        self.measured = np.array([row.log_change for row in rows])

    def theta(self, unit) -> np.ndarray:
        """Return parameters, all with the same middling time course."""
        return with_fixed(unit, self.course, self.fixed)

    def __call__(self, unit) -> np.ndarray:
        """Return the misfit of each member."""
        off = said(self.theta(unit), self.rows) - self.measured
        return np.einsum("ni,ij,nj->n", off, self.precision, off) / 2


def evolve(misfit: Misfit, rng, members: int, generations: int):
    """Minimise the misfit by JADE-like differential evolution, from the prior."""
    unit = rng.random((15 * members, N))
    value = misfit(unit)
    best = np.argsort(value)[:members]
    unit, value = unit[best], value[best]
    for _ in range(generations):
        scale = rng.normal(0.5, 0.2, (members, 1)).clip(0.1, 1)
        cross = rng.normal(0.7, 0.2, (members, 1)).clip(0.1, 1)
        guide = rng.choice(np.argsort(value)[: max(2, members // 6)], members)
        a, b = rng.integers(0, members, (2, members))
        trial = unit + scale * (unit[guide] - unit) + scale * (unit[a] - unit[b])
        trial = np.where(rng.random((members, N)) < cross, trial, unit)
        trial = np.where(trial < 0, unit / 2, np.where(trial > 1, (1 + unit) / 2, trial))
        found = misfit(trial)
        better = found < value
        unit[better], value[better] = trial[better], found[better]
    return unit, value


def sample(misfit: Misfit, unit, value, rng, sweeps: int):
    """Sample the posterior from where an evolution ended."""
    unit, value, count = unit.copy(), value.copy(), len(unit)
    for _ in range(sweeps):
        for half in (0, 1):
            mine, others = np.arange(half, count, 2), np.arange(1 - half, count, 2)
            i, j = rng.choice(others, len(mine)), rng.choice(others, len(mine))
            jump = 2.38 / np.sqrt(N) * rng.uniform(0.2, 1, (len(mine), 1))
            chosen = rng.random((len(mine), N)) < 0.5
            trial = unit[mine] + chosen * jump * (unit[i] - unit[j])
            trial += 0.01 * rng.standard_normal(trial.shape)
            trial = np.abs(trial)
            trial = np.where(trial > 1, 2 - trial, trial)
            found = misfit(trial)
            taken = np.log(rng.random(len(mine))) < value[mine] - found
            unit[mine[taken]], value[mine[taken]] = trial[taken], found[taken]
    return unit, value


def fitted(misfit: Misfit, rng, asked: argparse.Namespace):
    """Fit from the prior: evolve, then sample."""
    unit, value = evolve(misfit, rng, asked.members, asked.generations)
    return sample(misfit, unit, value, rng, asked.sweeps)


def balanced(parts, count: int):
    """Take as many members from each start whose best fit is nearly the best of all."""
    best = min(value.min() for _, value in parts)
    good = [(u, v) for u, v in parts if v.min() < best + NEARLY]
    share = -(-count // len(good))
    taken = [np.linspace(0, len(v) - 1, share).astype(int) for _, v in good]
    unit = np.concatenate([u[k] for (u, _), k in zip(good, taken, strict=True)])
    value = np.concatenate([v[k] for (_, v), k in zip(good, taken, strict=True)])
    return unit[:count], value[:count], len(good)


def write(path: Path, theta, value, rows: list[Row], starts: int, seed: int) -> None:
    """Write the ensemble as the package reads it."""
    missed = neighbours(theta, rows)
    diagnostics = {
        "seed": seed, "starts": starts, "misfit_best": round(float(value.min()), 2),
        "misfit_median": round(float(np.median(value)), 2), "model_version": MODEL_VERSION,
    }  # fmt: skip
    store(
        path,
        {
            "theta": theta,
            "misfit": value,
            "names": np.array([p.name for p in PARAMETERS]),
            "model_hash": np.array(model_hash()),
            "fingerprint": induce(theta[:5], drive_named("iTBS600")).log_change,
            "descriptors": missed.descriptors,
            "weighted": missed.weighted,
            "directions": missed.directions,
            "diagnostics": np.array(json.dumps(diagnostics)),
        },
    )


def parse(description: str) -> argparse.ArgumentParser:
    """Return the options that fitting and leaving out share."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("data", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--generations", type=int, default=80)
    parser.add_argument("--sweeps", type=int, default=15)
    parser.add_argument("--members", type=int, default=60)
    parser.add_argument("--courses", type=Path, default=SHIPPED)
    return parser


def main() -> None:
    """Fit from several starts and write the ensemble."""
    parser = parse(__doc__.splitlines()[0])
    parser.add_argument("--starts", type=int, default=8)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    course = courses(asked.courses)
    misfit = Misfit([*read_rows(asked.data), *BESIDES], np.median(course, axis=0), {})
    parts = []
    for start in range(asked.starts):
        began = time.process_time()
        unit, value = fitted(misfit, np.random.default_rng([asked.seed, start]), asked)
        took = time.process_time() - began
        print(f"start {start}: best {value.min():.1f}, {took:.0f} s", flush=True)
        parts.append((unit, value))
    unit, value, starts = balanced(parts, asked.count)
    rng = np.random.default_rng(asked.seed)
    theta = with_fixed(unit, course[rng.integers(0, len(course), len(unit))], {})
    write(asked.out, theta, value, misfit.rows, starts, asked.seed)


if __name__ == "__main__":
    main()
