"""Every position and angle for one target, by reciprocity: time of each stage, memory, error.

    python benchmarks/exhaustive_search.py [HEAD] [--coil C] [--target T] [--positions N]

HEAD is a built-in head or a mesh. 5,900 positions times 360 turns are tried. Random poses among
them are checked against the exact sum over all nodes, and some of those by direct solves.
"""

import argparse
import json
import resource
import sys
import time

import numpy as np

from cortistim.field import FemSystem, solve_fields
from cortistim.placement import DISTANCE_M, raise_until_clear
from cortistim.study import HeadRequest, find_target, load_coil
from cortistim.study.stopwatch import Stopwatch
from cortistim.targeting import SearchRegion, solve_adjoint, target_at
from cortistim.targeting.exhaustive import every_pose, scalp_positions_m
from cortistim.targeting.scalp_poses import ScalpPoses
from cortistim.units import matrix_mm_from_m

MB_PER_KB = 1e-3


def check(found, adjoint, coil, count, rng):
    """Compare random poses with the exact sum; relative to the largest field of all."""
    fields = found.mean_fields_v_per_m
    top = float(np.nanmax(np.linalg.norm(fields, axis=2)))
    places = rng.integers(len(fields), size=count)
    turns = rng.integers(fields.shape[1], size=count)
    poses = [found.grid.pose(int(p), int(t)) for p, t in zip(places, turns, strict=True)]
    exact = np.array(
        [adjoint.exact.mean_field_v_per_m(coil, pose, didt_a_per_s=1e6) for pose in poses]
    )
    off = np.linalg.norm(fields[places, turns] - exact, axis=1)
    return poses, exact, off / top, off / np.linalg.norm(exact, axis=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("head", nargs="?", default="colin27")
    parser.add_argument("--coil", default="magstim_d70")
    parser.add_argument("--target", default="dlpfc_l")
    parser.add_argument("--positions", type=int, default=5900)
    parser.add_argument("--checked", type=int, default=20)
    parser.add_argument("--tolerance", type=float, default=1e-4)
    asked = parser.parse_args()
    watch = Stopwatch()
    coil = load_coil(asked.coil)
    with watch.lap("head"):
        head = HeadRequest(asked.head).load()
        _ = head.scalp, head.outside, head.cortex
    with watch.lap("system"):
        system = FemSystem.of(head)
        system.prepare()
    with watch.lap("adjoint solves"):
        target = target_at(head, find_target(head, asked.target).point_m)
        adjoint = solve_adjoint(
            system, target, near_m=target.centre_m, tolerance=asked.tolerance
        )
    with watch.lap("search"):
        region = SearchRegion(target.centre_m, 1.0, 0.006, DISTANCE_M, None)
        places = ScalpPoses(head, coil, region)
        positions_m = scalp_positions_m(head, asked.positions)
        before = time.process_time()
        found = every_pose(places, adjoint.fast, positions_m)
        cpu_s = time.process_time() - before
        pose = raise_until_clear(head, coil, found.best())[0]
    seconds = watch.rounded()
    rng = np.random.default_rng(0)
    poses, exact, to_top, relative = check(found, adjoint, coil, asked.checked, rng)
    solved = solve_fields(head, coil, poses[:2], system=system)
    direct = np.array([target.at_v_per_m(one).mean(axis=0) for one in solved])
    against = np.linalg.norm(direct - exact[:2], axis=1) / np.linalg.norm(direct, axis=1)
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MB_PER_KB
    size = found.mean_fields_v_per_m.shape
    record = {
        "nodes": len(head.mesh.nodes_m),
        "positions": size[0],
        "turns": size[1],
        "poses": size[0] * size[1],
        "seconds": seconds,
        "search_cpu_seconds": round(cpu_s, 1),
        "peak_memory_mb": round(memory_mb),
        "error_over_largest_field": float(to_top.max()),
        "error_median": float(np.median(relative)),
        "error_worst": float(relative.max()),
        "exact_sum_against_direct_solve": float(against.max()),
        "best_e_v_per_m": float(np.nanmax(np.linalg.norm(found.mean_fields_v_per_m, axis=2))),
        "matsimnibs": matrix_mm_from_m(pose.matrix_m).round(4).tolist(),
    }
    json.dump(record, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
