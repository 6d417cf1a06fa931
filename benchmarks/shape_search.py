"""Compare searching shape and pose of a coil together with bending it first.

    python benchmarks/shape_search.py COIL.tcd [--head colin27] [--targets m1_hand_l vertex]

For every target the coil is bent to the head, then aimed; from that pair shape and pose are
searched together. Printed is mean |E| in the target per A/µs by a direct solve with the full
coil, of both, the gain, the seconds of the second step and the pairs that it tried.
"""

import argparse
import time

from cortistim.coil.reduced_assembly import ReducedAssembly
from cortistim.field import FemSystem
from cortistim.study import CoilRequest, HeadRequest, find_target
from cortistim.targeting import aim
from cortistim.targeting.shape_search import reshape

HEADER = f"{'target':<14}{'bent first':>11}{'together':>10}{'gain':>8}{'CPU s':>8}{'pairs':>7}"


def bent(request):
    return lambda shape: request.load(deformation=shape)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("coil")
    parser.add_argument("--head", default="colin27")
    parser.add_argument("--targets", nargs="+", default=["m1_hand_l", "dlpfc_l", "vertex"])
    asked = parser.parse_args()
    head, request = HeadRequest(asked.head).load(), CoilRequest(asked.coil)
    system, few = FemSystem.of(head), ReducedAssembly.of(request.stored(), {})
    print(
        f"{'target':<14}{'bent first':>11}{'together':>10}{'gain':>8}{'CPU s':>8}{'pairs':>7}"
    )
    for name in asked.targets:
        point_m = find_target(head, name).point_m
        first = aim(head, request.load_for(head, point_m), point_m, system=system)
        start = time.process_time()
        found = reshape(
            first, few, lambda shape: request.load(deformation=shape), system=system
        )
        spent = time.process_time() - start
        print(
            f"{name:<14}{found.first_value:>11.4f}{found.together_value:>10.4f}"
            f"{100 * found.gain:>7.2f}%{spent:>8.1f}{found.trials:>7}",
            flush=True,
        )


if __name__ == "__main__":
    main()
