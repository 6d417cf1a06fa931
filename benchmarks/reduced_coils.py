"""Compare reduced coils with full ones in the brain of a real head.

    python benchmarks/reduced_coils.py FOLDER_OR_COIL ... [--head colin27] [--poses 20]

For every coil: 20 legal poses over the upper scalp with any handle angle, lifted until the
casing is clear, the coil bent to the head first where it can be bent. Printed are the elements
before and after, the bound that ``cortistim coil show`` prints (twice the worst of 20 poses on
stand-in heads that the fit has not seen), and on the real head, for the worst pose: rms
difference of A over rms of A at 20,000 nodes of white and grey matter, largest difference over
largest A there, the same rms at 20,000 nodes of the whole head, and how much faster A is.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from cortistim.coil.reduction import reduced
from cortistim.errors import PoseError
from cortistim.head.tissues import GREY, WHITE
from cortistim.placement import DISTANCE_M, place_over, raise_until_clear
from cortistim.study import CoilRequest, HeadRequest

ENDINGS = (".ccd", ".tcd", ".nii.gz")
SHAPES = 4  # of a coil that can be bent
NODES = 20_000
COLUMNS = ("full", "few", "bound", "brain", "peak", "head", "faster")
WIDTHS = (6, 5, 9, 9, 9, 9, 8)
HEADER = f"{'coil':<26}" + "".join(f"{n:>{w}}" for n, w in zip(COLUMNS, WIDTHS, strict=True))


def files(given):
    for path in map(Path, given):
        if path.is_dir():
            yield from sorted(p for p in path.iterdir() if p.name.endswith(ENDINGS))
        else:
            yield path


def legal_pose(head, coil, rng):
    while True:
        vertex = rng.choice(head.scalp.vertices_m)
        if vertex[2] < 0:  # the built-in head's face and neck
            continue
        try:
            pose = place_over(
                head, vertex, handle_rad=rng.uniform(-np.pi, np.pi), distance_m=DISTANCE_M
            )
            return raise_until_clear(head, coil, pose)[0]
        except PoseError:
            continue


def placed(request, head, count, rng):
    """Yield coils, bent to the head where they can be, with a legal pose each."""
    stored = request.stored()
    bends = bool(getattr(stored, "parameters", ()))
    coil = request.load()
    for number in range(count):
        if bends and number % -(-count // SHAPES) == 0:
            point = rng.choice(head.cortex.vertices_m)
            coil = request.load_for(head, point)
        yield coil, legal_pose(head, coil, rng)


def difference(coil, few, points_m):
    wanted, got = (part.vector_potential_t_m(points_m) for part in (coil, few))
    off, size = (np.linalg.norm(a, axis=1) for a in (got - wanted, wanted))
    return np.sqrt((off**2).sum() / (size**2).sum()), off.max() / size.max()


def seconds(coil, points_m):
    coil.vector_potential_t_m(points_m[:10])
    start = time.process_time()
    coil.vector_potential_t_m(points_m)
    return time.process_time() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("coils", nargs="+")
    parser.add_argument("--head", default="colin27")
    parser.add_argument("--poses", type=int, default=20)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    head = HeadRequest(asked.head).load()
    mesh = head.mesh
    brain = np.unique(mesh.tets[np.isin(mesh.tags, (WHITE, GREY))])
    print(f"head {head.name}: {len(brain)} nodes in the brain, {len(mesh.nodes_m)} in all")
    print(HEADER)
    rng = np.random.default_rng(asked.seed)
    brain_m, head_m = (
        mesh.nodes_m[rng.choice(nodes, min(NODES, len(nodes)), replace=False)]
        for nodes in (brain, np.arange(len(mesh.nodes_m)))
    )
    for path in files(asked.coils):
        rng, worst, found, ratio = np.random.default_rng(asked.seed), np.zeros(3), None, 0.0
        for coil, pose in placed(CoilRequest(str(path)), head, asked.poses, rng):
            found = reduced(coil)
            rms, peak = difference(coil, found.coil, pose.to_coil_m(brain_m))
            whole = difference(coil, found.coil, pose.to_coil_m(head_m))[0]
            worst = np.maximum(worst, (rms, peak, whole))
        ratio = seconds(coil, brain_m) / seconds(found.coil, brain_m)
        numbers = "".join(f"{100 * x:8.3f}%" for x in (found.brain_error, *worst))
        print(
            f"{path.name:<26}{found.full_elements:>6}{found.elements:>5}{numbers}{ratio:>7.1f}x"
            f"  {found.words}",
            flush=True,
        )


if __name__ == "__main__":
    main()
