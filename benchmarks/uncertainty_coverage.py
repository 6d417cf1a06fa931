"""The interval of |E| at a target beside direct solves at samples held out.

    python benchmarks/uncertainty_coverage.py [HEAD] [--target T] [--coil C] [--samples N]

HEAD is a built-in head or a mesh. The coil is aimed as `cortistim aim` does. Then
conductivities and the coil's place are drawn anew N times, and every sample is solved with a
matrix of its own. The samples know nothing of the numerical error and of the coil's model, so
two intervals are counted: the whole one, and that of conductivities and place alone. A binomial
test says how likely so few inside would be if the interval held what it says.
"""

import argparse
import time

import numpy as np
from scipy.stats import binomtest

from cortistim.coil import named_coil
from cortistim.field import FemSystem, solve_linear
from cortistim.field.uncertainty import range_of
from cortistim.study import HeadRequest, find_target
from cortistim.study.target_uncertainty import uncertainty_of_aim
from cortistim.targeting import aim, target_at
from cortistim.targeting.tolerance import nudged
from cortistim.targeting.uncertainty import (
    CONDUCTIVITIES,
    LEVEL,
    NAVIGATION,
    SHIFT_M,
    TURN_RAD,
)

SEED = 20261128  # another one than the interval's


def drawn(head, pose, count):
    """Heads and poses, drawn as the interval says that they vary."""
    rng = np.random.default_rng(SEED)
    spans = {tissue.tag: range_of(tissue) for tissue in head.tissues}
    for _ in range(count):
        sigma = {tag: float(span.quantiles(rng.uniform())) for tag, span in spans.items()}
        shift, turn = rng.standard_normal((2, 3))
        yield head.with_sigma(sigma), nudged(pose, SHIFT_M * shift, TURN_RAD * turn)


def strength(head, coil, pose, point_m):
    target = target_at(head, point_m)
    return float(
        np.linalg.norm(target.at_v_per_m(solve_linear(head, coil, pose)), axis=1).mean()
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("head", nargs="?", default="colin27", help="built-in head or mesh")
    parser.add_argument("--target", default="dlpfc_l", help="as for cortistim aim")
    parser.add_argument("--space", default="subject")
    parser.add_argument("--coil", default="magstim_d70")
    parser.add_argument("--samples", type=int, default=30)
    asked = parser.parse_args()
    head, coil = HeadRequest(asked.head).load(), named_coil(asked.coil)
    point_m = find_target(head, asked.target, space=asked.space).point_m
    system = FemSystem.of(head)
    aimed = aim(head, coil, point_m, system=system)
    begin, work = time.perf_counter(), time.process_time()
    found = uncertainty_of_aim(aimed, system, aimed.target.bar_v_per_m(aimed.field))
    spent = time.perf_counter() - begin, time.process_time() - work
    print(f"interval in {spent[0]:.1f} s ({spent[1]:.1f} s of processors)")
    both = found.factors[CONDUCTIVITIES] * found.factors[NAVIGATION]
    tails = (0.5 - LEVEL / 2, 0.5 + LEVEL / 2)
    intervals = {
        "all parts": found.interval_v_per_m,
        "conductivities and place": tuple(np.quantile(found.nominal_v_per_m * both, tails)),
    }
    centre_m = aimed.target.centre_m
    direct = np.array(
        [strength(h, coil, p, centre_m) for h, p in drawn(head, aimed.pose, asked.samples)]
    )
    print(f"direct: mean {direct.mean():.4f}, sd {direct.std(ddof=1):.4f} V/m per A/µs")
    for name, (low, high) in intervals.items():
        inside = int(((direct >= low) & (direct <= high)).sum())
        p = binomtest(inside, len(direct), LEVEL, alternative="less").pvalue
        print(f"{name}: {low:.4f} to {high:.4f}; {inside} of {len(direct)} inside, p = {p:.3f}")


if __name__ == "__main__":
    main()
