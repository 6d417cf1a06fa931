"""The field operator beside direct solves: error, time and size, in one run on one machine.

    python benchmarks/operator_accuracy.py [HEAD] [--operator OP.npz] [--poses N]

HEAD is a built-in head or a mesh. Without OP.npz the operator is built first, which takes
minutes. Poses are drawn anew, over the whole scalp above the brain. Quote the ratios: seconds
belong to the machine.
"""

import argparse
import time
import warnings
from pathlib import Path

import numpy as np

from cortistim.coil import named_coil
from cortistim.field import (
    FemSystem,
    MissedShareWarning,
    build_operator,
    check_operator,
    load_operator,
    plan_operator,
    solve_linear,
)
from cortistim.field.operator.basis import candidate_poses
from cortistim.study import HeadRequest

COILS = ("magstim_d70", "magstim_d25", "round_90mm", "magventure_mc_b70")
BATCH = 64
REPEATS = 5


def timed(work, repeats):
    """Best time of some repeats in seconds."""
    best = np.inf
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def print_errors(operator, head, system, n_pose):
    print(f"error against direct solves at {n_pose} unseen poses, in percent")
    print("  coil                 L2 mean  L2 worst  peak worst  missed worst")
    for name in COILS:
        check = check_operator(operator, head, named_coil(name), n_pose=n_pose, system=system)
        row = (check.l2.mean(), check.l2.max(), check.peak.max(), check.missed_share.max())
        print(f"  {name:<18} {row[0]:9.2%} {row[1]:9.2%} {row[2]:11.2%} {row[3]:15.2%}")


def print_times(operator, head, system):
    print("time of a pose, and how often it fits into a direct solve")
    reader = operator.reader(head, system=system)
    for name in COILS:
        coil = named_coil(name)
        poses = candidate_poses(head, coil, BATCH, seed=1)

        def direct(coil=coil, pose=poses[0]):
            reader.at_v_per_m(solve_linear(head, coil, pose, system=system))

        solve = timed(direct, 2)
        alone = timed(lambda c=coil, p=poses[0]: operator.evaluate(c, p), REPEATS)
        many = timed(lambda c=coil, p=poses: operator.evaluate_many(c, p), REPEATS) / BATCH
        print(
            f"  {name:<18} solve {solve:6.2f} s, alone {1e3 * alone:6.2f} ms "
            f"({solve / alone:,.0f} x), in a batch of {BATCH} {1e3 * many:6.2f} ms "
            f"({solve / many:,.0f} x)"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("head", nargs="?", default="colin27", help="built-in head or mesh")
    parser.add_argument("--operator", type=Path, help="built before on the same head")
    parser.add_argument("--poses", type=int, default=16, help="for each coil")
    asked = parser.parse_args()
    head = HeadRequest(asked.head).load()
    start = time.perf_counter()
    if asked.operator is None:
        operator = build_operator(plan_operator(head))
        print(f"built in {time.perf_counter() - start:.0f} s")
    else:
        operator = load_operator(asked.operator, head)
    nodes, points = len(head.mesh.nodes_m), len(operator.points_m)
    size = operator.fields_v_per_m.nbytes / 1e6
    print(f"{nodes:,} nodes, {points:,} points, {operator.rank} members, {size:.0f} MB")
    warnings.simplefilter("ignore", MissedShareWarning)  # the table shows the missed share
    system = FemSystem.of(head)
    system.prepare()
    print_times(operator, head, system)
    print_errors(operator, head, system, asked.poses)


if __name__ == "__main__":
    main()
