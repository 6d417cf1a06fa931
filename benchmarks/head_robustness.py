"""How the tissues of a head hold out when its T1 image gets worse.

    python benchmarks/head_robustness.py T1 REFERENCE [--table freesurfer] [--seed 0]
        [--only NAME ...]

REFERENCE is a label image by someone else of the image as it was given, on any grid in the same
world space, and ``--table`` says what its numbers mean. The image is degraded in several ways,
each version is registered and segmented as ``cortistim head build`` does, and its labels are
compared with the reference, read at the nearest voxel of the degraded grid. The upper head lies
above the plane through nasion and inion. What is below the end of the reference is left out.

What is done to the image:

- coarser voxels: blurred to the new voxel, then read by cubic splines;
- noise: Rician, its deviation in per cent of white matter;
- shading: a smooth random gain between 1 - p and 1 + p;
- axes in another order and flipped, at the same places in the world;
- the face taken off: zero in the front 45 mm, 115 mm and more below the crown;
- scaling: multiplied and rounded to whole numbers.

Coarse voxels cost much by themselves: the row "reference by vote" compares the reference with
itself, once as the nearest voxel and once as what fills most of each coarse voxel.
"""

import argparse
import itertools
import time
from pathlib import Path

import numpy as np
from agreement import (
    HEAD,
    SURFACES,
    above_reference_end,
    dice,
    on_grid,
    read_reference,
    surface_gap_mm,
    upper_head,
    with_air,
)

from cortistim.head.mesher import prepare_labels
from cortistim.head.segmentation import Volume, Work, grid_points_m, register, segment
from cortistim.head.segmentation.segment import white_level
from cortistim.head.tissues import BONES, GREY, WHITE
from cortistim.io.image.head_image import read_head_image

COLUMNS = {"white": (WHITE,), "grey": (GREY,), "brain": (WHITE, GREY), "skull": BONES}
FACE_BELOW_CROWN_M, FACE_DEPTH_M = 0.115, 0.045
HEAD_SHARE = 0.3  # of white matter: what is brighter is head
KNOTS = 3  # of the shading, along each axis
VOTES = (-1 / 3, 0.0, 1 / 3)  # of a voxel, along each axis


def coarser(image, edges_mm, rng):  # noqa: ARG001 - all steps are called alike
    """Blur and read an image on larger voxels along the same axes."""
    from scipy.ndimage import affine_transform, gaussian_filter

    factor = np.maximum(np.array(edges_mm) / (1e3 * image.spacing_m), 1)
    soft = gaussian_filter(image.values, 0.35 * np.sqrt(factor**2 - 1))
    shape = tuple(int(n) for n in (np.array(image.shape) - 1) / factor + 1)
    values = affine_transform(soft, factor, output_shape=shape, order=3)
    return Volume(np.maximum(values, 0), image.affine_m @ np.diag([*factor, 1]))


def noisy(image, percent, rng):
    """Add Rician noise: that of the magnitude of a complex signal."""
    deviation = percent / 100 * white_level(image)
    real, imaginary = rng.normal(0, deviation, (2, *image.shape)).astype(np.float32)
    return Volume(np.hypot(image.values + real, imaginary), image.affine_m)


def shaded(image, percent, rng):
    """Multiply by a smooth gain between 1 - p and 1 + p."""
    from scipy.ndimage import map_coordinates

    knots = rng.normal(size=(KNOTS,) * 3)
    axes = [np.linspace(0, KNOTS - 1, n) for n in image.shape]
    gain = map_coordinates(knots, np.meshgrid(*axes, indexing="ij"), order=3, mode="nearest")
    gain = 1 + percent / 100 * (2 * (gain - gain.min()) / np.ptp(gain) - 1)
    return Volume((image.values * gain).astype(np.float32), image.affine_m)


def turned(image, axes, rng):  # noqa: ARG001
    """Store the axes in another order; the first two of them backwards."""
    values = np.ascontiguousarray(np.transpose(image.values, axes)[::-1, ::-1])
    stored = np.eye(4)[:, [*axes, 3]]
    stored[:3, 3] = stored[:3, :2] @ (np.array(values.shape[:2]) - 1)
    stored[:3, :2] *= -1
    return Volume(values, image.affine_m @ stored)


def defaced(image, _, rng):  # noqa: ARG001
    """Set the face to zero."""
    place = grid_points_m(image.shape, image.affine_m)
    y_m, z_m = place[..., 1], place[..., 2]
    head = image.values > HEAD_SHARE * white_level(image)
    low = z_m < np.percentile(z_m[head], 99.9) - FACE_BELOW_CROWN_M
    front = y_m > np.percentile(y_m[head], 99.9) - FACE_DEPTH_M
    return Volume(np.where(low & front, 0, image.values), image.affine_m)


def scaled(image, factor, rng):  # noqa: ARG001
    """Multiply, and round to whole numbers as scanners store them."""
    return Volume(np.rint(image.values * factor).astype(np.float32), image.affine_m)


def step(make, amount):
    return lambda image, rng: make(image, amount, rng)


CASES = {
    "as given": (),
    "noise 5 %": (step(noisy, 5),),
    "1.5 mm": (step(coarser, (1.5, 1.5, 1.5)),),
    "1.5 mm, noise 5 %": (step(coarser, (1.5, 1.5, 1.5)), step(noisy, 5)),
    "1.5 mm, noise 9 %": (step(coarser, (1.5, 1.5, 1.5)), step(noisy, 9)),
    "shading 40 %, noise 5 %": (step(shaded, 40), step(noisy, 5)),
    "1 x 1 x 1.2 mm, noise 3 %": (step(coarser, (1, 1, 1.2)), step(noisy, 3)),
    "1.2 mm, noise 3 %, shading 40 %, axes turned": (
        step(coarser, (1.2, 1.2, 1.2)),
        step(noisy, 3),
        step(shaded, 40),
        step(turned, (2, 0, 1)),
    ),
    "1.5 mm, noise 5 %, no face, x 1000": (
        step(coarser, (1.5, 1.5, 1.5)),
        step(noisy, 5),
        step(defaced, None),
        step(scaled, 1000),
    ),
}


def labels_of(image):
    """Register and segment as a build does; labels ready for the mesher, and the frame."""
    frame = register(image)
    work = Work.of(image)
    return prepare_labels(work.back(segment(work.volume, frame).labels, image)), frame


def by_vote(reference, grid):
    """Read a reference on a coarser grid: what fills most of each voxel."""
    shape, affine_m = grid
    tags = np.unique(reference[0])
    counts = np.zeros((len(tags), *shape), np.uint8)
    for shift in itertools.product(VOTES, repeat=3):
        moved_m = affine_m.copy()
        moved_m[:3, 3] += affine_m[:3, :3] @ shift
        counts += on_grid(reference, (shape, moved_m)) == tags[:, None, None, None]
    return tags[counts.argmax(axis=0)]


def row(name, labels, expected, above, spacing_mm):
    """Dice of each tissue in the whole and the upper head, distances of the skull's sides."""
    pairs = [[np.isin(x, tags) for x in (labels, expected)] for tags in COLUMNS.values()]
    pairs.append([with_air(x, HEAD) for x in (labels, expected)])
    whole = [dice(*pair) for pair in pairs]
    upper = [dice(one & above, other & above) for one, other in pairs]
    sides = [[np.isin(x, tags) for x in (labels, expected)] for tags in SURFACES.values()]
    gaps_mm = [surface_gap_mm(*pair, spacing_mm, above) for pair in sides]
    return f"| {name} | " + " | ".join(
        [*(f"{x:.3f}" for x in (*whole, *upper)), *(f"{gap:.2f}" for gap in gaps_mm)]
    )


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("t1", type=Path, help="whole-head T1 image")
    parser.add_argument("reference", type=Path, help="label image of that T1 image")
    parser.add_argument("--table", default="freesurfer", help="what its numbers mean")
    parser.add_argument("--seed", type=int, default=0, help="of noise and shading")
    parser.add_argument("--only", nargs="+", choices=CASES, metavar="NAME", default=[*CASES])
    return parser.parse_args()


def main():
    asked = arguments()
    missing = [path for path in (asked.t1, asked.reference) if not path.is_file()]
    if missing:
        print(f"skipped: no file {missing[0]}")
        return
    given, _ = read_head_image(asked.t1)
    reference = read_reference(asked.reference, asked.table)
    print(f"{asked.t1} against {asked.reference} ({asked.table}), seed {asked.seed}\n")
    heads = [f"{name}{part}" for part in ("", ", upper") for name in (*COLUMNS, "head")]
    heads = ["image", *heads, *(f"{name}, mm" for name in SURFACES), "s"]
    print("| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|", flush=True)
    for name in asked.only:
        image, rng = given, np.random.default_rng(asked.seed)
        for make in CASES[name]:
            image = make(image, rng)
        began = time.perf_counter()
        labels, frame = labels_of(image)
        took_s = time.perf_counter() - began
        grid = (image.shape, image.affine_m)
        expected, above = on_grid(reference, grid), upper_head(frame, grid)
        seen, _ = above_reference_end(labels, expected, grid)
        labels, expected = (np.where(seen, x, 0) for x in (labels, expected))
        spacing_mm = 1e3 * image.spacing_m
        print(f"{row(name, labels, expected, above, spacing_mm)} | {took_s:.0f} |", flush=True)
        if name == "1.5 mm":
            voted = np.where(seen, by_vote(reference, grid), 0)
            print(f"{row('reference by vote', voted, expected, above, spacing_mm)} | |")


if __name__ == "__main__":
    main()
