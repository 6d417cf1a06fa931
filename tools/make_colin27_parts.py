"""Mark deep grey matter, brain stem and cerebellum in the Colin27 image.

Usage: python tools/make_colin27_parts.py colin27_t1.nii.gz

Each structure is a threshold on the T1 image within ellipsoids that were laid around it by
eye in MNI space, left and right alike; the cerebellum is what lies below a drawn tentorium.
"""

import argparse
from pathlib import Path

import numpy as np
from scipy import ndimage

from cortistim import cache
from cortistim.cache import atomic_path
from cortistim.head.segmentation.outline import closed, largest, opened
from cortistim.head.tissues import GREY, WHITE
from cortistim.units import MM_PER_M

Triple = tuple[float, float, float]
DATA = Path(__file__).parents[1] / "src/cortistim/head/data"
DEEP, STEM, CEREBELLUM = 1, 2, 3
# centre (|x|, y, z), half axes and turn in the axial plane: mm, mm, degrees; brightest grey
THALAMUS = (((11.5, -18, 8), (10, 17.5, 10), 28),), 106.5
LENTIFORM = (((23.5, 1, 1), (9.5, 21, 13.5), 20),), 105.5
CAUDATE = (
    (
        ((12.5, 13, 3), (7, 13, 14), 0),
        ((15.5, -2, 18), (6, 16, 7), 8),
        ((9, 10, -6), (6, 7, 6), 0),
    ),
    104,
)
DARKEST_DEEP, DARKEST_STEM = 78, 72
LEAST_VOXELS = 300


def ellipsoid(
    place_mm: np.ndarray, centre: Triple, half: Triple, turn_deg: float
) -> np.ndarray:
    """Mark an ellipsoid on either side of the midline."""
    x, y, z = place_mm
    cosine, sine = np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))
    across, along = np.abs(x) - centre[0], y - centre[1]
    u, v = cosine * across + sine * along, cosine * along - sine * across
    return (u / half[0]) ** 2 + (v / half[1]) ** 2 + ((z - centre[2]) / half[2]) ** 2 < 1


def deep_grey(t1: np.ndarray, place_mm: np.ndarray) -> np.ndarray:
    """Mark thalamus, caudate, putamen, pallidum and accumbens."""
    out = np.zeros(t1.shape, bool)
    for shapes, brightest in (THALAMUS, LENTIFORM, CAUDATE):
        for shape in shapes:
            out |= ellipsoid(place_mm, *shape) & (t1 < brightest)
    out = ndimage.binary_opening(out & (t1 > DARKEST_DEEP))
    out = ndimage.binary_closing(out, iterations=2) & (t1 > DARKEST_STEM) & (t1 < 108)
    part, _ = ndimage.label(out)
    kept = np.bincount(part.ravel()) > LEAST_VOXELS
    kept[0] = False
    return kept[part]


def brain_stem(t1: np.ndarray, place_mm: np.ndarray) -> np.ndarray:
    """Mark midbrain, pons and medulla."""
    x, y, z = place_mm
    middle = -33 - 10 * np.clip((-45 - z) / 20, 0, 1)
    medulla = (np.hypot(x, y - middle) < 10) & (z < -38)
    out = ellipsoid(place_mm, (0, -24, -12), (17, 11, 11), 0)
    out |= ellipsoid(place_mm, (0, -26, -31), (21, 15, 15), 0) | medulla
    out &= (t1 > DARKEST_STEM) & ~ellipsoid(place_mm, (0, -34, -2), (40, 4, 8), 0)
    return largest(opened(out, 2))


def cerebellum(brain: np.ndarray, stem: np.ndarray, place_mm: np.ndarray) -> np.ndarray:
    """Mark what lies below the tentorium, with its fissures."""
    x, y, z = place_mm
    side = np.abs(x)
    roof = np.where(side < 35, -0.0125 * x**2, -15.3 - 0.5 * (side - 35))
    roof = roof - 2 - 0.55 * np.maximum(0, -y - 60)
    out = closed(brain, 4) & (z < roof) & (y < -30) & ~stem
    out &= ~((z > -20) & (y > -36)) & ~((side > 28) & (y > -42) & (z > -28))
    return ndimage.binary_dilation(largest(opened(out, 4)), iterations=2) & out


def main() -> None:
    """Read the image, write the parts on the grid of the shipped labels."""
    import nibabel

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("t1", type=Path)
    image = nibabel.load(parser.parse_args().t1)
    tissues = cache.load(DATA / "colin27.npz")
    labels, affine_mm = tissues["labels"], tissues["affine_m"].copy()
    affine_mm[:3] *= MM_PER_M
    matrix = np.linalg.inv(image.affine) @ affine_mm
    t1 = ndimage.gaussian_filter(np.asarray(image.dataobj, float), 0.7)
    t1 = ndimage.affine_transform(t1, matrix, output_shape=labels.shape, order=1)
    index = np.indices(labels.shape).reshape(3, -1)
    place_mm = affine_mm[:3, :3] @ index + affine_mm[:3, 3:]
    place_mm = place_mm.reshape(3, *labels.shape)
    stem = brain_stem(t1, place_mm)
    parts = np.zeros(labels.shape, np.uint8)
    parts[cerebellum(np.isin(labels, (WHITE, GREY)), stem, place_mm)] = CEREBELLUM
    parts[stem] = STEM
    parts[deep_grey(t1, place_mm)] = DEEP
    with atomic_path(DATA / "colin27_parts.npz") as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, parts=parts)


if __name__ == "__main__":
    main()
