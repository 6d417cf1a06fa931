"""Calibrate the default plasticity model and write its ensemble.

    python benchmarks/plasticity_fit.py plasticity_reference.csv --seed 1 --out ensemble.npz

Differential evolution finds the regions of parameters that fit, from several starts; a
differential-evolution Markov chain (ter Braak 2006) then samples around them. Members come
from all starts alike, because an equally good fit may predict otherwise. Members whose end
state changes by over 1 % when every interval is halved are left out: they sit on an edge.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
from plasticity_rows import Row, curves, misfit, read_rows, steady, with_fixed

from cortistim.cache import store
from cortistim.plasticity.calcium import MODEL_VERSION, PARAMETERS, from_unit
from cortistim.plasticity.ensemble import model_hash

N, ROUNDS = len(PARAMETERS), 6
NEARLY = 6.0
"""A start whose best member misses by so much more than the best start is left out."""


def from_prior(rows: list[Row], rng, count: int = 100, fixed=None):
    """Draw twenty times as many members from the prior and keep those that fit best."""
    unit = rng.random((20 * count, N))
    value = np.concatenate([misfit(part, rows, fixed) for part in np.split(unit, 20)])
    best = np.argsort(value)[:count]
    return unit[best], value[best]


def evolve(unit, value, rows: list[Row], rng, generations: int, fixed=None):
    """Minimise the misfit by JADE-like differential evolution."""
    count = len(unit)
    for generation in range(generations):
        scale = rng.normal(0.5, 0.2, (count, 1)).clip(0.1, 1)
        cross = rng.normal(0.7, 0.2, (count, 1)).clip(0.1, 1)
        guide = rng.choice(np.argsort(value)[: max(2, count // 8)], count)
        a, b = rng.integers(0, count, (2, count))
        moved = unit + scale * (unit[guide] - unit) + scale * (unit[a] - unit[b])
        trial = np.where(rng.random((count, N)) < cross, moved, unit)
        trial = np.where(trial < 0, unit / 2, np.where(trial > 1, (1 + unit) / 2, trial))
        found = misfit(trial, rows, fixed)
        better = found < value
        unit[better], value[better] = trial[better], found[better]
        if generation % 25 == 24:
            told = np.percentile(value, [0, 50, 90]).round(1)
            print(f"  {generation + 1:4d} {told}", flush=True)
    return unit, value


def sample(unit, value, rows: list[Row], rng, sweeps: int, fixed=None):
    """Sample the posterior from where an evolution ended."""
    unit, value, count = unit.copy(), value.copy(), len(unit)
    for sweep in range(sweeps):
        for half in (0, 1):
            mine, others = np.arange(half, count, 2), np.arange(1 - half, count, 2)
            i, j = rng.permutation(others), rng.permutation(others)
            jump = 2.38 / np.sqrt(N) * rng.uniform(0.2, 1, (len(mine), 1))
            chosen = rng.random((len(mine), N)) < 0.5
            trial = unit[mine] + chosen * jump * (unit[i] - unit[j])
            trial += 0.01 * rng.standard_normal(trial.shape)
            trial = np.abs(trial)
            trial = np.where(trial > 1, 2 - trial, trial)
            found = misfit(trial, rows, fixed)
            taken = np.log(rng.random(len(mine))) < value[mine] - found
            unit[mine[taken]], value[mine[taken]] = trial[taken], found[taken]
        if sweep % 10 == 9:
            print(f"  {sweep + 1:4d} {np.percentile(value, [0, 50, 90]).round(1)}", flush=True)
    return unit, value


def collect(unit, value, rows: list[Row], rng, sweeps: int, fixed=None):
    """Sample in rounds and keep the members of each that halved steps do not change."""
    best = np.argsort(value)[: len(value) // 2]
    unit, value = np.tile(unit[best], (2, 1)), np.tile(value[best], 2)
    kept = []
    for _ in range(ROUNDS):
        unit, value = sample(unit, value, rows, rng, sweeps, fixed)
        good = steady(with_fixed(unit, fixed or {}))
        kept.append((unit[good], value[good]))
    return np.concatenate([u for u, _ in kept]), np.concatenate([v for _, v in kept])


def balanced(parts, members: int):
    """Take as many members from each start whose best fit is nearly the best of all."""
    best = min(value.min() for _, value in parts)
    good = [(u, v) for u, v in parts if v.min() < best + NEARLY]
    share = -(-members // len(good))
    chosen = [np.argsort(v)[: len(v) * 3 // 4] for _, v in good]
    taken = [k[np.linspace(0, len(k) - 1, share).astype(int)] for k in chosen]
    unit = np.concatenate([u[k] for (u, _), k in zip(good, taken, strict=True)])
    value = np.concatenate([v[k] for (_, v), k in zip(good, taken, strict=True)])
    return unit[:members], value[:members], len(good)


def write(path: Path, unit, value, starts: int, seed: int) -> None:
    """Write the ensemble as the package reads it."""
    theta = from_unit(np.clip(unit, 0, 1))
    fingerprint = curves(theta[:5], "iTBS600")[0].log_change
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
            "fingerprint": fingerprint,
            "diagnostics": np.array(json.dumps(diagnostics)),
        },
    )


def main() -> None:
    """Fit from several starts, or combine earlier ones, and write the ensemble."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--starts", type=int, default=8)
    parser.add_argument("--generations", type=int, default=160)
    parser.add_argument("--sweeps", type=int, default=10)
    parser.add_argument("--members", type=int, default=200)
    parser.add_argument("--combine", type=Path, nargs="*", help="starts saved by earlier runs")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    rows, parts = read_rows(asked.data), []
    for path in asked.combine or ():
        with np.load(path) as saved:
            parts.append((saved["unit"], saved["value"]))
    for start in range(0 if asked.combine else asked.starts):
        rng, began = np.random.default_rng([asked.seed, start]), time.perf_counter()
        unit, value = from_prior(rows, rng)
        unit, value = evolve(unit, value, rows, rng, asked.generations)
        unit, value = collect(unit, value, rows, rng, asked.sweeps)
        took = time.perf_counter() - began
        print(f"start {start}: {len(value)} steady, best {value.min():.1f}, {took:.0f} s")
        np.savez(asked.out.with_suffix(f".{start}.npz"), unit=unit, value=value)
        parts.append((unit, value))
    write(asked.out, *balanced(parts, asked.members), asked.seed)


if __name__ == "__main__":
    main()
