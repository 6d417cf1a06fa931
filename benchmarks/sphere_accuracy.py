"""Error of E in a three-layer sphere against the closed form, on finer and finer meshes.

    python benchmarks/sphere_accuracy.py

Radii 85, 90 and 95 mm; 0.33, 0.01 and 0.43 S/m. The error is that of the vector, relative L2
over the innermost layer, weighted by volume. ``element`` is the constant gradient of each
tetrahedron, ``tissue`` the gradient averaged at the nodes within the tissue, ``harmonic`` that
of a harmonic polynomial fitted to the potential within the tissue.

The rows ``order`` are fields as ``cortistim field`` gives them by default, and with linear
elements alone, at 4,000 random points of the upper half, 40 to 83 mm from the centre.

In spheres E has no radial component, so that nothing jumps at their interfaces. The last table
is for that: a ball of 50 mm with 0.275 S/m in 1.654 S/m in a uniform field, read up to 15 mm on
either side of its surface, from the exact potential at the nodes and from a solved one.

Edges grow with depth to a limit that hardly depends on the edge on the scalp, so that the
observed order over the whole layer is below that of a mesh refined everywhere.
"""

import argparse
from itertools import pairwise

import numpy as np
from scipy.sparse.linalg import spsolve

from cortistim.coil import Casing, Coil, named_coil
from cortistim.field import FemSystem, sampler, solve_linear, sphere_field_v_per_m
from cortistim.field.field import primary_field_v_per_m
from cortistim.field.hierarchic import DEFAULT_ORDER, refine_field
from cortistim.head import AffineFrame, Head, tissues_for
from cortistim.head.mesher import layered_sphere
from cortistim.placement import Pose
from cortistim.units import m_from_mm, mm_from_m

RADII_M, TAGS = (0.085, 0.090, 0.095), (3, 4, 5)
SIGMA_SIEMENS_PER_M = np.array([0, 0, 0, 0.33, 0.01, 0.43])
DIDT_A_PER_S = 1e6


def above_the_scalp(height_m):
    """Coil on the z axis, its face towards the centre."""
    matrix_m = np.diag([1.0, -1.0, -1.0, 1.0])
    matrix_m[2, 3] = RADII_M[-1] + height_m
    return Pose(matrix_m)


def dipole():
    """One magnetic dipole along x at the coil's origin."""
    point = Casing(np.zeros((3, 3)), np.array([[0, 1, 2]]), "none")
    position, moment = np.zeros((1, 3)), np.array([[1.0, 0.0, 0.0]])
    return Coil("x dipole", position, moment, point, "one dipole", ())


BALL_RADII_M, BALL_SIGMA_SIEMENS_PER_M = (0.05, 0.08), np.array([0, 0.275, 1.654])
BALL_EDGES_MM = (11.4, 5.7, 3.6)
RECOVERIES = ("element", "tissue", "harmonic")

CASES = {
    "figure-8 (magstim_d70), 4 mm": (named_coil("magstim_d70"), above_the_scalp(0.004)),
    "x-directed dipole, 10 mm": (dipole(), above_the_scalp(0.010)),
}


def errors(mesh, coil, pose, system):
    """Relative L2 errors by recovery."""
    inner = mesh.tags == TAGS[0]
    points, volume = mesh.centroids_m[inner], mesh.volumes_m3[inner]
    dadt = primary_field_v_per_m(coil, pose, mesh.nodes_m, DIDT_A_PER_S)
    potential, _ = system.solve(system.load(dadt)[:, None], tolerance=1e-8)
    phi = np.ascontiguousarray(potential[:, 0])
    truth = sphere_field_v_per_m(points, coil, pose, didt_a_per_s=DIDT_A_PER_S)
    primary = primary_field_v_per_m(coil, pose, points, DIDT_A_PER_S)

    def size(vectors):
        return np.sqrt((volume * (vectors**2).sum(axis=1)).sum())

    places = {name: sampler(mesh, points, recovery=name) for name in RECOVERIES}
    return {
        name: size(-primary - place.gradient(phi) - truth) / size(truth)
        for name, place in places.items()
    }


def order_errors(mesh, coil, pose, system):
    """Relative L2 errors at random points by order."""
    towards = np.random.default_rng(1).normal(size=(4000, 3))
    towards[:, 2] = np.abs(towards[:, 2])
    towards /= np.linalg.norm(towards, axis=1)[:, None]
    radius_m = np.random.default_rng(2).uniform(0.040**3, 0.083**3, 4000) ** (1 / 3)
    places = sampler(mesh, towards * radius_m[:, None])
    truth = sphere_field_v_per_m(places.points_m, coil, pose, didt_a_per_s=DIDT_A_PER_S)
    sigma = {tag: SIGMA_SIEMENS_PER_M[tag] for tag in TAGS}
    tissues = tissues_for(mesh.present_tags(), sigma)
    head = Head("sphere", mesh, tissues, AffineFrame(np.eye(4), "a sphere"), "layered_sphere")
    field = solve_linear(head, coil, pose, didt_a_per_s=DIDT_A_PER_S, system=system)
    refined = refine_field(field, places, system=system)
    fields = {"order 1": field, f"order {DEFAULT_ORDER}": refined}
    return {
        name: np.linalg.norm(each.at_v_per_m(places) - truth) / np.linalg.norm(truth)
        for name, each in fields.items()
    }


def ball_in_uniform_field(points, *, within):
    """Potential and gradient of a ball of other conductivity in a uniform field along z."""
    radius, (inner, outer) = BALL_RADII_M[0], BALL_SIGMA_SIEMENS_PER_M[1:]
    moment = (1 - inner / outer) / 3  # of the induced dipole, for a unit gradient in the ball
    z, distance = points[:, 2], np.linalg.norm(points, axis=1)
    ratio = np.where(within, 0.0, moment * (radius / np.maximum(distance, radius)) ** 3)
    far = np.where(within, 1.0, 1 - moment)
    slope = -(3 * ratio * z / np.maximum(distance, radius) ** 2)[:, None] * points
    slope[:, 2] += far + ratio
    return (far + ratio) * z, slope


def ball_errors(mesh):
    """Relative L2 errors near the ball's surface, by recovery and potential."""
    distance = np.linalg.norm(mesh.nodes_m, axis=1)
    exact, _ = ball_in_uniform_field(mesh.nodes_m, within=distance < BALL_RADII_M[0])
    stiffness = FemSystem(mesh, BALL_SIGMA_SIEMENS_PER_M[mesh.tags]).stiffness.tocsc()
    solved, held = exact.copy(), distance > BALL_RADII_M[1] * (1 - 1e-9)
    load = -stiffness[~held][:, held] @ exact[held]
    solved[~held] = spsolve(stiffness[~held][:, ~held], load)
    points = np.random.default_rng(0).normal(size=(4000, 3))
    points *= (np.linspace(0.035, 0.065, 4000) / np.linalg.norm(points, axis=1))[:, None]
    places = {name: sampler(mesh, points, recovery=name) for name in RECOVERIES}
    _, truth = ball_in_uniform_field(points, within=places["element"].tags == 1)
    return {
        (name, kind): np.linalg.norm(place.gradient(phi) - truth) / np.linalg.norm(truth)
        for name, place in places.items()
        for kind, phi in (("exact", exact), ("solved", solved))
    }


def orders(sizes, values):
    """Observed order between neighbouring meshes: error ~ nodes^(-order / 3)."""
    steps = zip(pairwise(sizes), pairwise(values), strict=True)
    return [3 * np.log(a / b) / np.log(n / m) for (m, n), (a, b) in steps]


def print_row(name, sizes, values):
    shown = "  ".join(f"{100 * value:6.2f} %" for value in values)
    rates = ", ".join(f"{order:.2f}" for order in orders(sizes, values))
    print(f"  {name:<16} {shown}   order {rates}")


def print_ball():
    balls = [layered_sphere(BALL_RADII_M, (1, 2), edge_m=m_from_mm(e)) for e in BALL_EDGES_MM]
    sizes = [len(ball.nodes_m) for ball in balls]
    found = [ball_errors(ball) for ball in balls]
    print("ball in a uniform field, nodes: " + ", ".join(f"{size:,}" for size in sizes))
    for name, kind in found[0]:
        print_row(f"{name}, {kind}", sizes, [row[name, kind] for row in found])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    edges = parser.add_argument("--edges-mm", type=float, nargs="+", default=[11.4, 5.7, 2.9])
    edges.help = "mean edges on the scalp, in mm (met within 20 %%)"
    meshes = [
        layered_sphere(RADII_M, TAGS, edge_m=m_from_mm(edge))
        for edge in parser.parse_args().edges_mm
    ]
    systems = [FemSystem(mesh, SIGMA_SIEMENS_PER_M[mesh.tags]) for mesh in meshes]
    sizes = [len(mesh.nodes_m) for mesh in meshes]
    print("nodes: " + ", ".join(f"{size:,}" for size in sizes))
    for name, (coil, pose) in CASES.items():
        print(f"{name} ({mm_from_m(np.linalg.norm(pose.origin_m)):.0f} mm from the centre)")
        found = [errors(m, coil, pose, s) for m, s in zip(meshes, systems, strict=True)]
        ordered = [order_errors(m, coil, pose, s) for m, s in zip(meshes, systems, strict=True)]
        for row in (found, ordered):
            for key in row[0]:
                print_row(key, sizes, [entry[key] for entry in row])
    print_ball()


if __name__ == "__main__":
    main()
