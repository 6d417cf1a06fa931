"""Solver and kernel beside their plain twins, measured in one run on one machine.

    python benchmarks/speed.py [MESH.msh]

Quote the ratios: seconds belong to the machine. Without a mesh, layered spheres are solved.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from scipy.sparse.csgraph import reverse_cuthill_mckee
from scipy.sparse.linalg import spsolve

from cortistim.coil import named_coil
from cortistim.field import FemSystem
from cortistim.field.solver.multigrid import COARSEST, STRENGTH, Multigrid
from cortistim.head import tissues_for
from cortistim.head.mesher import layered_sphere
from cortistim.io import read_mesh

TOLERANCE = 1e-6
MOST_UNKNOWNS_DIRECT = 30_000
BLOCK = 8
RADII_M, TAGS = (0.085, 0.090, 0.095), (2, 7, 5)
EDGES_M = (0.0045, 0.0029)


def timed(work, repeats):
    """Best time of some repeats in seconds, and the last result."""
    best, result = np.inf, None
    for _ in range(repeats):
        start = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - start)
    return best, result


def grounded(mesh):
    """Stiffness matrix without its first node, and loads of smooth primary fields.

    The nodes are in the order the package solves in, for every solver alike.
    """
    table = np.zeros(mesh.tags.max() + 1)
    for tissue in tissues_for(mesh.present_tags()):
        table[tissue.tag] = tissue.sigma_siemens_per_m
    system = FemSystem(mesh, table[mesh.tags])
    order = reverse_cuthill_mckee(system.stiffness, symmetric_mode=True)[1:]
    used = np.unique(mesh.tets)[order]
    modes = np.random.default_rng(0).standard_normal((BLOCK, 3, 3))
    loads = np.column_stack([system.load(mesh.nodes_m @ mode)[used] for mode in modes])
    matrix = system.stiffness[order][:, order].tocsr()
    matrix.sort_indices()
    return matrix, np.ascontiguousarray(loads)


def report(name, seconds, base, note=""):
    print(f"  {name:<36} {seconds:8.3f} s  {seconds / base:7.2f} x  {note}".rstrip())


def pyamg_hierarchy(matrix):
    import pyamg

    strength = ("symmetric", {"theta": STRENGTH})
    return pyamg.smoothed_aggregation_solver(
        matrix, symmetry="symmetric", strength=strength, max_coarse=COARSEST
    )


def solve_with_pyamg(hierarchy, matrix, load):
    steps = []
    x = hierarchy.solve(load, tol=TOLERANCE, accel="cg", residuals=steps)
    left = np.linalg.norm(load - matrix @ x) / np.linalg.norm(load)
    return f"{len(steps) - 1} iterations, {left:.0e}"


def compare_solvers(mesh, repeats):
    matrix, loads = grounded(mesh)
    one = loads[:, :1].copy()
    print(f"{matrix.shape[0]:,} unknowns, relative residual {TOLERANCE:g}")
    solver, hierarchy = Multigrid.of(matrix), pyamg_hierarchy(matrix)
    solver.solve(one, tolerance=TOLERANCE)  # compiles
    solver.solve(loads, tolerance=TOLERANCE)
    base, (_, ended) = timed(lambda: solver.solve(one, tolerance=TOLERANCE), repeats)
    report("cortistim, one load", base, base, f"{ended.iterations} iterations")
    block, (_, ended) = timed(lambda: solver.solve(loads, tolerance=TOLERANCE), repeats)
    note = f"{ended.iterations} iterations"
    report(f"cortistim, a block of {BLOCK}, per load", block / BLOCK, base, note)
    theirs, note = timed(lambda: solve_with_pyamg(hierarchy, matrix, one[:, 0]), repeats)
    report("pyamg, same hierarchy, CG, one load", theirs, base, note)
    if matrix.shape[0] > MOST_UNKNOWNS_DIRECT:
        print(f"  scipy spsolve left out above {MOST_UNKNOWNS_DIRECT:,} unknowns")
        return
    direct, _ = timed(lambda: spsolve(matrix.tocsc(), one[:, 0]), 1)
    report("scipy spsolve, one load", direct, base)


def plain_vector_potential(points_m, dipoles_m, moments_m2):
    """Sum A = 1e-7 m x r / |r|³ with NumPy, dipole by dipole."""
    total = np.zeros_like(points_m)
    for position, moment in zip(dipoles_m, moments_m2, strict=True):
        r = points_m - position
        total += np.cross(moment, r) / np.linalg.norm(r, axis=1)[:, None] ** 3
    return 1e-7 * total


def compare_kernels(repeats):
    coil = named_coil("magstim_d70")
    low, high = (-0.08, -0.08, 0.01), (0.08, 0.08, 0.10)
    points_m = np.random.default_rng(0).uniform(low, high, (20_000, 3))
    coil.vector_potential_t_m(points_m[:10])  # compiles
    ours, a = timed(lambda: coil.vector_potential_t_m(points_m), repeats)
    plain, b = timed(
        lambda: plain_vector_potential(points_m, coil.dipoles_m, coil.moments_m2), repeats
    )
    pairs = len(points_m) * len(coil.dipoles_m)
    off = np.linalg.norm(a - b) / np.linalg.norm(b)
    print(f"vector potential, {pairs:,} pairs of point and dipole, difference {off:.0e}")
    report("cortistim", ours, ours, f"{pairs / ours / 1e6:.0f} million pairs/s")
    report("NumPy", plain, ours, f"{pairs / plain / 1e6:.0f} million pairs/s")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mesh", type=Path, nargs="?", help="gmsh 2.2 head mesh")
    parser.add_argument("--repeats", type=int, default=3, help="the best time counts")
    asked = parser.parse_args()
    if asked.mesh is not None and not asked.mesh.is_file():
        print(f"skipped: no file {asked.mesh}")
        return
    if asked.mesh is not None:
        compare_solvers(read_mesh(asked.mesh), asked.repeats)
    else:
        for edge_m in EDGES_M:
            compare_solvers(layered_sphere(RADII_M, TAGS, edge_m=edge_m), asked.repeats)
    compare_kernels(asked.repeats)


if __name__ == "__main__":
    main()
