"""Accuracy and time of every stage for several meshes, beside published figures of others.

    python benchmarks/all.py [--edges-mm E ...] [--head HEAD] [--out FILE.json]

Each mesh is a sphere of three layers (85, 90 and 95 mm), for which E is known in closed form.
Stages are meshing, assembly, the multigrid hierarchy, one solve and one of a block of eight,
and reading E at 4,000 points. With --head, stages are also timed on a head: built-in or a mesh.
Prints a table and writes the same, with the machine and the versions, as JSON.
"""

import argparse
import json
import os
import platform
from pathlib import Path

import numpy as np

from cortistim.coil import named_coil
from cortistim.coil.coil import Coil
from cortistim.field import FemSystem, sampler, sphere_field_v_per_m
from cortistim.field.field import primary_field_v_per_m
from cortistim.head.mesher import layered_sphere
from cortistim.placement import Pose, place_over
from cortistim.study import HeadRequest
from cortistim.study.record import versions
from cortistim.study.stopwatch import Stopwatch
from cortistim.units import m_from_mm

RADII_M, TAGS = (0.085, 0.090, 0.095), (3, 4, 5)
SIGMA_SIEMENS_PER_M = np.array([0, 0, 0, 0.33, 0.01, 0.43])
BLOCK, N_POINT = 8, 4000
TOLERANCES = (1e-6, 1e-4)
STAGES = ("mesh", "assembly", "hierarchy", "solve", "block, per load", "reading")
# None of these can be installed beside this package without a licence, a graphics card or
# another Python, so that what they say of themselves or what was measured elsewhere is quoted.
ELSEWHERE = "measured with SimNIBS 4.5 on another machine"
PEERS = (
    ("SimNIBS 4.5, one core", "879k-node sphere: 50.5 s cold, 28.6 s per pose then", ELSEWHERE),
    ("the same, error", "D70 on the axis 1.4 %, tangential dipole 7.7 %", ELSEWHERE),
    ("SimNIBS 4.5 ADM", "3,168 poses on 443k nodes in 152 s, 1.4 to 1.9 % off", ELSEWHERE),
    ("ADM", "5,900 positions x 360 angles in < 15 min", "doi 10.1016/j.neuroimage.2020.117696"),
    ("Real-Time-TMS", "4 ms per pose on a GPU, 400 modes", "doi 10.1162/imag_a_00412"),
    ("BEM, Stenroos 2019", "84 poses/s at 20,000 points, 1.4 % off", "NeuroImage 203:116159"),
    ("cuNIBS", "31 ms per pose on a GPU, 881k nodes", "its commits"),
)


def dipole():
    """Return a tangential dipole 105 mm from the centre."""
    moment = np.array([[1.0, 0, 0]])
    casing = named_coil("magstim_d70").casing
    coil = Coil("x-dipole", np.zeros((1, 3)), moment, casing, "a dipole", ("assumed",))
    matrix = np.eye(4)
    matrix[2, 3] = 0.105
    return coil, Pose(matrix)


def figure_eight():
    matrix = np.diag([1.0, -1, -1, 1])
    matrix[2, 3] = 0.099
    return named_coil("magstim_d70"), Pose(matrix)


CASES = {"D70 on the axis": figure_eight, "tangential dipole at 105 mm": dipole}


def inner_points():
    """Random points of the innermost layer's upper half, from 40 mm of radius."""
    rng = np.random.default_rng(0)
    directions = rng.standard_normal((N_POINT, 3))
    directions[:, 2] = np.abs(directions[:, 2])
    radius = rng.uniform(0.040, 0.083, N_POINT)
    return directions * (radius / np.linalg.norm(directions, axis=1))[:, None]


def solved(system, places, coil, pose, tolerance):
    """Solve and read E at the points."""
    load = system.load(primary_field_v_per_m(coil, pose, system.mesh.nodes_m, 1e6))
    potential, ended = system.solve(load[:, None], tolerance=tolerance)
    slope = places.gradient(np.ascontiguousarray(potential[:, 0]))
    return -primary_field_v_per_m(coil, pose, places.points_m, 1e6) - slope, ended


def timed_stages(system, places, coil, pose, watch):
    """Time the stages of a solve at the tolerance that E needs."""
    with watch.lap("assembly"):
        _ = system.stiffness
    with watch.lap("hierarchy"):
        system.prepare()
    load = system.load(primary_field_v_per_m(coil, pose, system.mesh.nodes_m, 1e6))
    with watch.lap("solve"):
        potential, ended = system.solve(load[:, None], tolerance=TOLERANCES[-1])
    loads = np.column_stack([load] * BLOCK) * np.linspace(1, 2, BLOCK)
    with watch.lap("block"):
        system.solve(loads, tolerance=TOLERANCES[-1])
    with watch.lap("reading"):
        places.gradient(np.ascontiguousarray(potential[:, 0]))
    return ended.iterations


def row_of(name, nodes, watch, iterations, errors):
    seconds = watch.rounded()
    seconds["block, per load"] = round(seconds.pop("block", 0.0) / BLOCK, 3)
    return {
        "name": name,
        "nodes": nodes,
        "seconds": {stage: seconds.get(stage) for stage in STAGES},
        "iterations": iterations,
        "relative_l2_error": errors,
    }


def sphere_row(edge_mm):
    watch = Stopwatch()
    with watch.lap("mesh"):
        mesh = layered_sphere(RADII_M, TAGS, edge_m=m_from_mm(edge_mm))
    system = FemSystem(mesh, SIGMA_SIEMENS_PER_M[mesh.tags])
    places = sampler(mesh, inner_points())
    iterations = timed_stages(system, places, *figure_eight(), watch)
    errors = {}
    for name, case in CASES.items():
        coil, pose = case()
        truth = sphere_field_v_per_m(places.points_m, coil, pose, didt_a_per_s=1e6)
        for tolerance in TOLERANCES:
            found, _ = solved(system, places, coil, pose, tolerance)
            off = np.linalg.norm(found - truth) / np.linalg.norm(truth)
            errors[f"{name}, residual {tolerance:g}"] = float(off)
    return row_of(f"sphere, {edge_mm:g} mm", len(mesh.nodes_m), watch, iterations, errors)


def head_row(name):
    watch = Stopwatch()
    with watch.lap("mesh"):
        head = HeadRequest(name).load()
    top = head.scalp.vertices_m[head.scalp.vertices_m[:, 2].argmax()]
    pose = place_over(head, top, handle_rad=0.0)
    points = head.cortex.vertices_m
    places = sampler(head.mesh, points[:: max(1, len(points) // N_POINT)])
    system = FemSystem.of(head)
    iterations = timed_stages(system, places, named_coil("magstim_d70"), pose, watch)
    return row_of(head.name, len(head.mesh.nodes_m), watch, iterations, {})


def machine():
    cpu = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text(encoding="utf-8").splitlines()
        cpu = next((line.split(":")[1].strip() for line in lines if "model name" in line), cpu)
    load = os.getloadavg() if hasattr(os, "getloadavg") else None
    return {"cpu": cpu, "cores": os.cpu_count(), "load": load, "versions": versions()}


def show(rows):
    print(f"{'mesh':<18} {'nodes':>9}  " + "  ".join(f"{stage:>15}" for stage in STAGES))
    for row in rows:
        times = (row["seconds"][stage] for stage in STAGES)
        shown = "  ".join(f"{'-' if t is None else format(t, '.3f'):>13} s" for t in times)
        print(f"{row['name']:<18} {row['nodes']:>9,}  {shown}")
        for name, value in row["relative_l2_error"].items():
            print(f"    {name:<44} {100 * value:6.2f} %")
    print("others, as published or measured elsewhere")
    for name, said, source in PEERS:
        print(f"    {name:<26} {said} ({source})")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--edges-mm", type=float, nargs="+", default=[7.0, 4.5, 2.9])
    parser.add_argument("--head", help="built-in head or mesh whose stages are timed too")
    parser.add_argument("--out", type=Path, default=Path("benchmarks.json"))
    asked = parser.parse_args()
    sphere_row(14.0)  # compiles
    rows = [sphere_row(edge) for edge in asked.edges_mm]
    if asked.head:
        rows.append(head_row(asked.head))
    found = machine()
    print(f"{found['cpu']}, {found['cores']} cores, load {found['load']}")
    show(rows)
    peers = [dict(zip(("name", "figures", "source"), peer, strict=True)) for peer in PEERS]
    record = {"machine": found, "meshes": rows, "others": peers}
    asked.out.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(f"written to {asked.out}")


if __name__ == "__main__":
    main()
