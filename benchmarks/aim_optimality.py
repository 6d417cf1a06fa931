"""Ask whether any random legal pose beats the one that aiming chose.

    python benchmarks/aim_optimality.py [--head colin27] [--target dlpfc_l] [--poses 200]

Poses are drawn within 20 mm of the chosen coil centre with any handle angle, lifted until
the casing is clear, and rated by the adjoint fields; the five best are solved directly.
"""

import argparse

import numpy as np

from cortistim.errors import PoseError
from cortistim.field import FemSystem, solve_fields
from cortistim.placement import DISTANCE_M, place_over, raise_until_clear
from cortistim.study import HeadRequest, find_target, load_coil
from cortistim.targeting import aim

RADIUS_M = 0.02


def random_poses(head, coil, centre_m, count, rng):
    """Yield legal poses around a coil centre."""
    while count:
        point = centre_m + rng.uniform(-RADIUS_M, RADIUS_M, 3)
        turn = rng.uniform(-np.pi, np.pi)
        try:
            pose = place_over(head, point, handle_rad=turn, distance_m=DISTANCE_M)
            pose = raise_until_clear(head, coil, pose)[0]
        except PoseError:
            continue
        if np.linalg.norm(pose.origin_m - centre_m) <= RADIUS_M:
            count -= 1
            yield pose


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--head", default="colin27")
    parser.add_argument("--coil", default="magstim_d70")
    parser.add_argument("--target", default="dlpfc_l")
    parser.add_argument("--poses", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    head, coil = HeadRequest(asked.head).load(), load_coil(asked.coil)
    system = FemSystem.of(head)
    found = aim(head, coil, find_target(head, asked.target).point_m, system=system)
    print(f"chosen: {found.e_v_per_m:.4f} V/m per A/µs by a direct solve")
    print(f"predicted / direct - 1: {found.predicted_e_v_per_m / found.e_v_per_m - 1:+.2e}")
    print(f"mean vector, relative difference: {found.reciprocity_error:.1e}")
    rng = np.random.default_rng(asked.seed)
    poses = list(random_poses(head, coil, found.pose.origin_m, asked.poses, rng))
    rated = np.array([found.predict_v_per_m(pose) for pose in poses]) / found.e_v_per_m
    print(
        f"{len(poses)} random poses over the chosen one: best {rated.max():.4f}, "
        f"median {np.median(rated):.3f}, worst {rated.min():.3f}"
    )
    best = np.argsort(-rated)[:5]
    fields = solve_fields(head, coil, [poses[k] for k in best], system=system)
    for k, field in zip(best, fields, strict=True):
        direct = np.linalg.norm(found.target.at_v_per_m(field), axis=1).mean()
        print(f"  predicted {rated[k]:.4f}, solved {direct / found.e_v_per_m:.4f}")


if __name__ == "__main__":
    main()
