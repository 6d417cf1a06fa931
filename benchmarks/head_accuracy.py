"""Error of E on a person's cortex against a solution of third order.

    python benchmarks/head_accuracy.py MESH.msh REFERENCE.npz COIL.ccd

REFERENCE holds ``matsimnibs`` (mm), ``points_mm`` (mid-grey points), fields there in V/m for
1 A/µs in arrays called ``E_...`` (other solvers' on the same mesh), and ``E_p3`` at the points
``p3_index``: elements of third order around the hot spot. Points above 20 % of the maximum
count.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from cortistim.field import sampler, solve_field
from cortistim.io import parse_sigma, read_ccd, read_head
from cortistim.placement import Pose
from cortistim.units import m_from_mm, matrix_m_from_mm

HOT = 0.2


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mesh", type=Path, help="gmsh 2.2 head mesh")
    parser.add_argument("reference", type=Path, help="reference fields as .npz")
    parser.add_argument("coil", type=Path, help=".ccd coil")
    sigma = parser.add_argument("--sigma", type=parse_sigma, help="S/m by tag")
    sigma.metavar = "TAG=VALUE,..."
    return parser.parse_args()


def our_fields(asked, reference, points_m):
    """E at the points by all ways of reading it."""
    head = read_head(asked.mesh, sigma=asked.sigma)
    pose = Pose(matrix_m_from_mm(reference["matsimnibs"]))
    field = solve_field(head, read_ccd(asked.coil), pose)
    print(f"{len(head.mesh.nodes_m)} nodes, {field.convergence.iterations} iterations")
    return {
        f"cortistim, {recovery}": field.at_v_per_m(
            sampler(head.mesh, points_m, recovery=recovery)
        )
        for recovery in ("element", "tissue", "harmonic")
    }


def errors(e, truth, hot):
    """Relative L2 errors of the vector and of its size over the hot points."""
    vector = np.linalg.norm((e - truth)[hot]) / np.linalg.norm(truth[hot])
    size, true_size = (np.linalg.norm(field[hot], axis=1) for field in (e, truth))
    return vector, np.linalg.norm(size - true_size) / np.linalg.norm(true_size)


def main():
    asked = arguments()
    missing = [str(p) for p in (asked.mesh, asked.reference, asked.coil) if not p.is_file()]
    if missing:
        print(f"skipped: no file {', '.join(missing)}")
        sys.exit(0)
    reference = np.load(asked.reference)
    truth, chosen = reference["E_p3"], reference["p3_index"]
    strength = np.linalg.norm(truth, axis=1)
    hot = strength > HOT * strength.max()
    others = [key for key in reference.files if key.startswith("E_") and key != "E_p3"]
    rows = {key: reference[key] for key in others}
    rows |= our_fields(asked, reference, m_from_mm(reference["points_mm"]))
    print(f"{hot.sum()} points above {HOT:.0%} of the maximum, against E_p3")
    print(f"{'':<22} {'vector':>8} {'size':>8}")
    for name, e in rows.items():
        vector, size = errors(e[chosen], truth, hot)
        print(f"{name:<22} {100 * vector:6.1f} % {100 * size:6.1f} %")


if __name__ == "__main__":
    main()
