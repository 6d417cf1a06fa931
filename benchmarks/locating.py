"""Ask how well sites are found, whether regions are true, and what chosen poses save.

    python benchmarks/locating.py OPERATOR.npz [--head colin27] [--people 100] [--seed 1]

OPERATOR has dense points around the hand area. Sites lie within 15 mm of the one nearest to
--around. People of the second generator have additive noise of 0.3 that follows a weaker
sigmoid, others are those of goetz2019. Figures that miss what was aimed at are marked.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from scipy.stats import binomtest

from cortistim.coil import named_coil
from cortistim.field import load_operator
from cortistim.mapping.locating import (
    DesignSettings,
    LocateSettings,
    best_start,
    farthest_points,
    fit_elements,
    grid_fits,
    informative_poses,
    located,
)
from cortistim.mapping.muscle import goetz2019, threshold_percent
from cortistim.placement import scalp_under
from cortistim.study import HeadRequest
from cortistim.study.mapping.site_fields import fields_of
from cortistim.targeting.scalp_poses import ScalpPoses, SearchRegion

AROUND_MM = (-38.8, -25.3, 59.0)
POSES, REACH_M, NEAR_M = 900, 0.022, 0.015
NOISE = 0.3
QUICK = LocateSettings(shuffles=0)


def marked(ok) -> str:
    return "" if ok else "   MISSED"


def second_generator(felt, rng):
    """Return a sigmoid of the field, with noise that follows a weaker one; 1 mV."""
    x = felt / felt.max()
    middle = 1.1 * np.median(x)
    rate = 2 * np.log(19) / max(1 - middle, 0.02)

    def rise(at):
        return 1 / (1 + np.exp(-np.clip(rate * (x - at), -50, 50)))

    noise = NOISE * rng.standard_normal(len(x)) * rise(0.8 * middle)
    return 1e-3 * np.clip(rise(middle) + noise, 0, 1.5)


def goetz(felt, rng):
    person = goetz2019(1, rng)
    percent = 1.05 * threshold_percent(person)[0] * felt / np.median(felt)
    return person.respond_v(percent[None], rng)[0]


def candidates(head, operator, coil, around_m, seed):
    region = SearchRegion(scalp_under(head, around_m)[0], REACH_M, 0.003, 0.004, None, 36)
    grid = ScalpPoses(head, coil, region).grid(2 * np.pi * np.arange(36) / 36)
    places, turns = np.where(grid.possible)
    chosen = np.random.default_rng(seed).permutation(len(places))[:POSES]
    poses = [grid.pose(int(places[k]), int(turns[k])) for k in chosen]
    return fields_of(operator, head, coil, poses, compared=("magnitude",))


def errors(field, points_m, near, people, seed, respond, rows_of):
    """Return distances, and whether the balls of 50 and 90 % hold the site."""
    out = []
    for k in range(people):
        rng = np.random.default_rng([seed, k])
        site, rows = int(rng.choice(near)), rows_of(rng)
        size_v = respond(field[:, site], rng)[rows]
        got = located(np.ascontiguousarray(field[rows]), size_v, points_m, len(rows), QUICK)
        if got.element is None:
            continue
        away = np.linalg.norm(points_m[got.element] - points_m[site])
        _, explained = grid_fits(np.ascontiguousarray(field[rows]), size_v)
        plain = np.linalg.norm(points_m[int(explained.argmax())] - points_m[site])
        out.append((1e3 * away, away <= got.radius50_m + 1e-9, away <= got.radius90_m + 1e-9,
                    1e3 * plain))  # fmt: skip
    return np.array(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("operator", type=Path)
    parser.add_argument("--head", default="colin27")
    parser.add_argument("--around", type=float, nargs=3, default=AROUND_MM)
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    head = HeadRequest(asked.head).load()
    operator, coil = load_operator(asked.operator, head), named_coil("magstim_d70")
    around_m = 1e-3 * np.array(asked.around)
    found = candidates(head, operator, coil, around_m, asked.seed)
    field, points_m = found.values["magnitude"], found.points_m
    near = np.flatnonzero(np.linalg.norm(points_m - around_m, axis=1) < NEAR_M)
    print(f"{len(points_m)} elements, {len(field)} poses, sites among {len(near)}")

    def random(count):
        return lambda rng: rng.permutation(len(field))[:count]

    for respond, aims in ((second_generator, {60: 3.0, 150: 2.0}), (goetz, {60: np.inf})):
        for count, most in aims.items():
            rows = errors(
                field, points_m, near, asked.people, asked.seed, respond, random(count)
            )
            away, plain = np.median(rows[:, 0]), np.median(rows[:, 3])
            print(
                f"{respond.__name__}, {count} random pulses: median error {away:.2f} mm"
                f"{marked(away <= most)}; plain R² map {plain:.2f} mm{marked(away <= plain)}"
            )
            for column, level in ((1, 0.5), (2, 0.9)):
                held = int(rows[:, column].sum())
                p = binomtest(held, len(rows), level).pvalue
                print(f"  {100 * level:.0f} % ball holds {held} of {len(rows)}, p {p:.3f}"
                      f"{marked(p > 0.01)}")  # fmt: skip
    designed(field, points_m, near, asked)
    speed(field, near)


def designed(field, points_m, near, asked) -> None:
    """Compare random, farthest and informative poses."""

    def median(rows_of):
        given = (field, points_m, near, asked.people, asked.seed, second_generator)
        return np.median(errors(*given, rows_of)[:, 0])

    reference = median(lambda rng: rng.permutation(len(field))[:180])
    print(f"180 random pulses: {reference:.2f} mm")
    settings = DesignSettings(count=90, seed=asked.seed)
    chosen = {
        "farthest points": farthest_points(field[:, near], 90),
        "informative": informative_poses(field[:, near], points_m[near], settings),
    }
    for name, rows in chosen.items():
        got = median(lambda _, rows=rows: rows)
        print(f"90 {name}: {got:.2f} mm{marked(got <= reference)}")


def speed(field, near) -> None:
    part = np.ascontiguousarray(np.tile(field, (1, 2))[:200, :5000])
    size_v = second_generator(field[:, near[0]], np.random.default_rng(1))[:200]
    for what in ("with compiling", "again"):
        began, used = time.perf_counter(), time.process_time()
        fit_elements(part, best_start(part, size_v, 50e-6))
        took, cpu = time.perf_counter() - began, time.process_time() - used
        print(f"{part.shape[1]} elements x 200 pulses {what}: {took:.1f} s, {cpu:.1f} s of CPU")


if __name__ == "__main__":
    main()
