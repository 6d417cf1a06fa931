"""A coil designed with the Magstim 70 mm figure-8's dimensions against a measured one.

    python benchmarks/d70_design.py MagStim_D70.ccd

E on a sphere of 70 mm (the cortex) in a head of 85 mm, both coils' faces on the head, from the
closed form. The measured file's sign is turned when it differs: coil files fix none. ``size``
is the difference of the largest |E|; ``vector`` that of all vectors, relative L2, where the
measured |E| is above half its peak; ``shape`` the same after one scale factor.

The designed copper lies where Deng et al. (2013) put it, 5 mm behind the face. That of the
measured unit lies deeper (its dipoles are 3 to 18 mm behind, 8 to 10 mm on average), which a
second row shows: the same design with the plastic that gives the mean depth of the dipoles.
"""

import argparse
import sys

import numpy as np

from cortistim.coil.design import design_windings
from cortistim.coil.windings import Winding, figure_eight_wings
from cortistim.field import sphere_field_v_per_m
from cortistim.io import read_ccd
from cortistim.placement import Pose

HEAD_M, CORTEX_M = 0.085, 0.070
SIZE_LIMIT, SHAPE_LIMIT = 0.10, 0.05
D70 = Winding(0.056, 0.087, 9, 1.75e-3, 6e-3)


def field(coil, points):
    """E per A/µs with the coil's face on top of the head."""
    matrix = np.diag([1.0, -1.0, -1.0, 1.0])
    matrix[2, 3] = HEAD_M
    return sphere_field_v_per_m(points, coil, Pose(matrix), didt_a_per_s=1e6)


def cap():
    """Points of the cortex within 60° of the coil's axis."""
    t, p = np.meshgrid(np.radians(np.arange(0.5, 60)), np.radians(np.arange(0, 360, 2)))
    t, p = t.ravel(), p.ravel()
    unit = np.column_stack([np.sin(t) * np.cos(p), np.sin(t) * np.sin(p), np.cos(t)])
    return CORTEX_M * unit, np.sin(t)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("coil", help="MagStim_D70.ccd")
    measured = read_ccd(parser.parse_args().coil)
    points, area = cap()
    truth = field(measured, points)
    strong = np.linalg.norm(truth, axis=1) > np.linalg.norm(truth, axis=1).max() / 2
    weight = np.sqrt(area[strong])[:, None]
    depth = -measured.dipoles_m[:, 2].mean() - D70.height_m / 2
    print(f"{'plastic mm':>10}{'size %':>9}{'vector %':>10}{'scale':>8}{'shape %':>9}")
    for plastic in (5e-3, depth):
        wings = figure_eight_wings(D70, plastic)
        coil = design_windings("d70", D70, wings, plastic_m=plastic, words="").coil
        ours = field(coil, points)
        ours *= np.sign((ours * truth).sum())
        size = np.linalg.norm(ours, axis=1).max() / np.linalg.norm(truth, axis=1).max() - 1
        one, other = weight * ours[strong], weight * truth[strong]
        scale = (one * other).sum() / (one**2).sum()
        vector, shape = (
            np.linalg.norm(k * one - other) / np.linalg.norm(other) for k in (1.0, scale)
        )
        print(
            f"{plastic * 1e3:>10.1f}{100 * size:>+9.1f}{100 * vector:>10.1f}{scale:>8.3f}"
            f"{100 * shape:>9.1f}"
        )
        if plastic == 5e-3:
            failed = abs(size) > SIZE_LIMIT or shape > SHAPE_LIMIT
    print(f"limits: size {100 * SIZE_LIMIT:g} %, shape {100 * SHAPE_LIMIT:g} %")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
