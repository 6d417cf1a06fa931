"""Potential and field against SimNIBS's own result on the same mesh.

    python benchmarks/simnibs_agreement.py MESH.msh RESULT.npz COIL.ccd

RESULT holds ``matsimnibs`` (mm), ``didt`` (A/s), ``v`` (V, by node), ``E`` (V/m, by element in
the mesh file's order) and ``elm_type`` (4 = tetrahedron). Both programs take dA/dt linear in
each tetrahedron, so they solve the same discrete problem and differ only by their solvers'
tolerances.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from cortistim.field import FemSystem, _kernels
from cortistim.field.field import primary_field_v_per_m
from cortistim.head import tissues_for
from cortistim.io import parse_sigma, read_ccd, read_mesh
from cortistim.placement import Pose
from cortistim.units import matrix_m_from_mm

TETRAHEDRON = 4  # in gmsh's numbers


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mesh", type=Path, help="gmsh 2.2 mesh that SimNIBS solved on")
    parser.add_argument("result", type=Path, help="SimNIBS's result as .npz")
    parser.add_argument("coil", type=Path, help=".ccd coil that SimNIBS used")
    parser.add_argument("--sigma", default="3=0.33,4=0.01,5=0.43", help="S/m by tag")
    parser.add_argument("--tolerance", type=float, default=1e-8)
    return parser.parse_args()


def conductivities(mesh, text):
    sigma = np.zeros(mesh.tags.max() + 1)
    for tissue in tissues_for(mesh.present_tags(), parse_sigma(text)):
        sigma[tissue.tag] = tissue.sigma_siemens_per_m
    return sigma[mesh.tags]


def solve(mesh, sigma, coil, theirs, tolerance):
    """Return potential by node and E by tetrahedron, with dA/dt averaged over the corners."""
    pose, didt = Pose(matrix_m_from_mm(theirs["matsimnibs"])), float(theirs["didt"])
    system = FemSystem(mesh, sigma)
    dadt = primary_field_v_per_m(coil, pose, mesh.nodes_m, didt)
    potential, convergence = system.solve(system.load(dadt)[:, None], tolerance=tolerance)
    print(f"{convergence.iterations} iterations to a residual of {convergence.residual:.1e}")
    phi = np.ascontiguousarray(potential[:, 0])
    slope = _kernels.gradients(mesh.nodes_m, mesh.tets, phi)
    return phi, -slope - dadt[mesh.tets].mean(axis=1)


def relative(ours, theirs):
    return np.linalg.norm(ours - theirs) / np.linalg.norm(theirs)


def main():
    asked = arguments()
    missing = [str(p) for p in (asked.mesh, asked.result, asked.coil) if not p.is_file()]
    if missing:
        print(f"skipped: no file {', '.join(missing)}")
        sys.exit(0)
    mesh, coil = read_mesh(asked.mesh), read_ccd(asked.coil)
    theirs = np.load(asked.result)
    sigma = conductivities(mesh, asked.sigma)
    phi, e = solve(mesh, sigma, coil, theirs, asked.tolerance)
    v = theirs["v"] - theirs["v"].mean()  # each program grounds another node
    print(f"{len(mesh.nodes_m)} nodes, {len(mesh.tets)} tetrahedra")
    print(f"potential: relative L2 difference {relative(phi - phi.mean(), v):.1e}")
    theirs_e = theirs["E"][theirs["elm_type"] == TETRAHEDRON]
    print(f"E:         relative L2 difference {relative(e, theirs_e):.1e}")


if __name__ == "__main__":
    main()
