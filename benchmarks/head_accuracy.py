"""Error of E on a person's cortex, by way of reading and by order of the elements.

    python benchmarks/head_accuracy.py MESH.msh REFERENCE.npz COIL.ccd [--json OUT.json]

REFERENCE holds ``matsimnibs`` (mm), ``points_mm`` (mid-grey points), fields there in V/m for
1 A/µs in arrays called ``E_...`` (other solvers' on the same mesh), and ``E_p3`` at the points
``p3_index``: elements of third order around the hot spot. Points above 20 % of the maximum
count.

The truth is made here: elements of fifth and of sixth order around those points alone, each
order reaching further than by default. Their difference is printed: it says how sure the errors
are. ``E_p3`` stands among the rows; with ``--quick`` it is the truth itself, some 4 % off.

Errors are relative L2: of the vector, and of its size. A bar is printed for our own fields: the
share of points whose error lies within it, and the median bar over the median error. Times
are those of one run, in units of one cold solve with linear elements, the first solve included:
on the wall, and of the processors, which other work on the machine disturbs less.

Fields of order 2 and more are read from local problems (`field.local`), by default of third
order around all points above the share that maps of a cortex are read with; "global" are solved
on the whole head at once (`field.hierarchic`). --global adds orders 2 and 4 of those.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

from cortistim.cache import atomic_path
from cortistim.field import FemSystem, cube_mean_v_per_m, cube_spots, sampler, solve_linear
from cortistim.field.hierarchic import MAP_FRACTION, refine_field
from cortistim.field.local import REACH_EDGES, refine_locally
from cortistim.io import parse_sigma, read_ccd, read_head
from cortistim.placement import Pose
from cortistim.units import m_from_mm, matrix_m_from_mm

HOT = 0.2
ORDERS = (2, 3, 4)
WIDE_EDGES = 1.1  # reach of the best setting
REFERENCE_ORDERS, REFERENCE_REACH_EDGES = (5, 6), 0.7


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mesh", type=Path, help="gmsh 2.2 head mesh")
    parser.add_argument("reference", type=Path, help="reference fields as .npz")
    parser.add_argument("coil", type=Path, help=".ccd coil")
    parser.add_argument("--quick", action="store_true", help="take E_p3 for the truth")
    parser.add_argument("--global", dest="all_global", action="store_true", help="more of them")
    parser.add_argument("--truth", type=Path, help="keep the truth there, for the next run")
    parser.add_argument("--json", type=Path, help="write the table there, too")
    sigma = parser.add_argument("--sigma", type=parse_sigma, help="S/m by tag")
    sigma.metavar = "TAG=VALUE,..."
    return parser.parse_args()


def clocked(function, *arguments, **options):
    begin, work = time.perf_counter(), time.process_time()
    result = function(*arguments, **options)
    return result, np.array([time.perf_counter() - begin, time.process_time() - work])


def cold_solve(asked, pose):
    head, coil = read_head(asked.mesh, sigma=asked.sigma), read_ccd(asked.coil)
    solve_linear(head, coil, pose)  # compiles

    def solve():
        system = FemSystem.of(head)
        return system, solve_linear(head, coil, pose, system=system)

    (system, field), seconds = clocked(solve)
    return system, field, seconds


def reference_fields(field, points, system):
    """Fields of both reference orders, with a wide reach around the points."""
    for order in REFERENCE_ORDERS:
        fine, seconds = clocked(
            refine_field, field, points, order=order, reach_edges=REFERENCE_REACH_EDGES,
            system=system, tolerance=1e-7,
        )  # fmt: skip
        print(f"order {order}: {fine.convergence.unknowns} unknowns, {seconds[0]:.0f} s")
        yield fine


def truth_of(path, field, points, system):
    """Truth at the points, its mean over 2 mm, and its distance from the order below."""
    if path is not None and path.is_file():
        kept = np.load(path)
        if np.array_equal(kept["points_m"], points.points_m):
            return kept["e"], kept["mean"], float(kept["step"])
    lower, best = reference_fields(field, points, system)
    e, mean = best.at_v_per_m(points), cube_mean_v_per_m(best, points)
    step = relative(lower.at_v_per_m(points), e)
    if path is not None:
        np.savez(path, points_m=points.points_m, e=e, mean=mean, step=step)
    return e, mean, step


def relative(found, truth):
    """Relative L2 distance."""
    return float(np.linalg.norm(found - truth) / np.linalg.norm(truth))


def row(name, e, truth, bar=None, cost=None):
    size, true_size = (np.linalg.norm(field, axis=1) for field in (e, truth))
    entry = {"field": name, "vector": relative(e, truth), "size": relative(size, true_size)}
    if bar is not None:
        error = np.linalg.norm(e - truth, axis=1)
        entry |= {
            "within_bar": float((error <= bar).mean()),
            "bar_over_error": float(np.median(bar) / np.median(error)),
        }
    return entry | ({} if cost is None else {"cost": cost[0], "cpu_cost": cost[1]})


def show(entry):
    words = f"{entry['field']:<28} {100 * entry['vector']:6.1f} % {100 * entry['size']:6.1f} %"
    if "within_bar" in entry:
        words += f" {100 * entry['within_bar']:7.0f} % {entry['bar_over_error']:6.1f}"
    if "cost" in entry:
        words += f" {entry['cost']:7.2f} {entry['cpu_cost']:6.2f}"
    print(words, flush=True)


def our_rows(system, field, cold_s, points_m, chosen, truth, *, with_global):
    """Rows of our own fields by recovery and order, and fields to be averaged over cubes."""
    mesh, rows, one = field.head.mesh, [], np.ones(2)
    for recovery in ("element", "tissue", "harmonic"):
        places = sampler(mesh, points_m, recovery=recovery)
        e, bar = field.at_v_per_m(places), field.error_v_per_m(places)
        rows.append(row(f"order 1, {recovery}", e[chosen], truth, bar[chosen], one))
    fields = {"order 1": field}

    def add(name, function, read, **options):
        fine, seconds = clocked(function, field, read, system=system, **options)
        e, bar = (of(read) for of in (fine.at_v_per_m, fine.error_v_per_m))
        if read is places:
            e, bar = e[chosen], bar[chosen]
        rows.append(row(name, e, truth, bar, 1 + seconds / cold_s))
        fields[name] = fine

    few, here = sampler(mesh, points_m[:50]), sampler(mesh, points_m[chosen])
    head_outside(field)
    for refine in (refine_locally, refine_field):
        refine(field, few, order=2, system=system)  # compiles
    for order in ORDERS[:2]:
        add(f"order {order}", refine_locally, places, order=order)
    add("order 3, wide", refine_locally, places, reach_edges=1.3 * REACH_EDGES)
    for order, reach in ((4, REACH_EDGES), (4, WIDE_EDGES)):
        name = f"order {order}, reach {reach}, hot"
        add(name, refine_locally, here, order=order, reach_edges=reach, fractions=0.0)
    for order in ORDERS if with_global else ORDERS[1:2]:
        add(f"order {order}, global", refine_field, places, order=order,
            fractions=MAP_FRACTION)  # fmt: skip
    spots = cube_spots(here)
    wide = {name: fields[name] for name in fields if name == "order 1" or "global" in name}
    wide["order 3"] = refine_locally(field, here, spots, fractions=0.0, system=system)
    return rows, wide


def head_outside(field):
    """Find the scalp, which every plan needs anyway, before anything is timed."""
    return field.head.outside


def main():
    asked = arguments()
    missing = [str(p) for p in (asked.mesh, asked.reference, asked.coil) if not p.is_file()]
    if missing:
        print(f"skipped: no file {', '.join(missing)}")
        sys.exit(0)
    given = np.load(asked.reference)
    strength = np.linalg.norm(given["E_p3"], axis=1)
    hot = strength > HOT * strength.max()
    chosen, points_m = given["p3_index"][hot], m_from_mm(given["points_mm"])
    system, field, cold_s = cold_solve(asked, Pose(matrix_m_from_mm(given["matsimnibs"])))
    mesh = field.head.mesh
    print(f"{len(mesh.nodes_m)} nodes, {hot.sum()} of {len(points_m)} points count")
    truth, step, here = given["E_p3"][hot], None, sampler(mesh, points_m[chosen])
    if not asked.quick:
        truth, true_mean, step = truth_of(asked.truth, field, here, system)
        print(f"between orders {REFERENCE_ORDERS}: {100 * step:.2f} %")
    print(f"{'':<28} {'vector':>8} {'size':>8} {'in bar':>9} {'bar':>6} {'cost':>7} {'cpu':>6}")
    others = [key for key in given.files if key.startswith("E_") and key != "E_p3"]
    rows = [row("E_p3 of the file", given["E_p3"][hot], truth)]
    rows += [row(key, given[key][chosen], truth) for key in others]
    ours, fields = our_rows(
        system, field, cold_s, points_m, chosen, truth, with_global=asked.all_global
    )
    rows += ours
    if not asked.quick:
        rows += [
            row(f"{name}, mean 2 mm", cube_mean_v_per_m(each, here), true_mean)
            for name, each in fields.items()
        ]
    for entry in rows:
        show(entry)
    if asked.json:
        record = {"nodes": len(mesh.nodes_m), "reference_step": step, "rows": rows}
        with atomic_path(asked.json) as temporary:
            temporary.write_text(json.dumps(record, indent=2) + "\n")


if __name__ == "__main__":
    main()
