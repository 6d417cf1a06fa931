"""Which voxels of a brain belong to the left and the right hemisphere.

Boxes in MNI space mark what is surely one part or another; from there the parts grow through
grey and white matter, thick places first, so that they meet where the tissue between them is
thinnest. Through the middle of the brain (callosum, thalamus, midbrain) the cut is the plane
x = 0 of MNI space.
"""

from dataclasses import dataclass

import numpy as np

from cortistim.errors import MissingAnatomyError
from cortistim.geometry import transform
from cortistim.head.space.frames import Frame
from cortistim.head.tissues import GREY, WHITE
from cortistim.typing import FloatArray, IntArray
from cortistim.units import mm_from_m

REST, LEFT, RIGHT = 1, 2, 3
# boxes (x, y, z ranges in mm) seen on Colin27: |x| counts where the first bound is not negative
LOWER = (  # cerebellum, vermis, brain stem
    ((10, 45), (-80, -45), (-50, -30)),
    ((0, 10), (-75, -50), (-45, -22)),
    ((0, 12), (-38, -15), (-70, -22)),
)
UPPER = (
    ((0, 90), (-130, 90), (6, 90)),
    ((0, 90), (-8, 90), (-80, 6)),
    ((0, 90), (-130, -92), (-8, 6)),
    ((26, 90), (-28, -8), (-80, 6)),
    ((20, 90), (-60, -28), (-8, 6)),
    ((12, 90), (-92, -60), (-4, 6)),
)
MIDDLE = ((0, 14), (-45, 38), (-40, 33))  # where the plane cuts
FARTHER_MM = 14.0  # from the plane a hemisphere is surely one side
COARSE_M = 4e-3  # of the grid on which the tie to MNI space is evaluated
WALL_MM = 0.75
DEEPEST_MM = 6.0


@dataclass(frozen=True, eq=False)
class BrainParts:
    """A brain in voxels, in parts.

    Parameters
    ----------
    labels : (nx, ny, nz) int array
        Tissue tags.
    parts : (nx, ny, nz) int array
        1 cerebellum and brain stem, 2 left, 3 right hemisphere, 0 elsewhere.
    mni_mm : (3, nx, ny, nz) array [mm]
        Place of every voxel in MNI space.
    """

    labels: IntArray
    parts: IntArray
    mni_mm: FloatArray


def brain_parts(labels: IntArray, affine_m: FloatArray, frame: Frame) -> BrainParts:
    """Tell hemispheres, cerebellum and brain stem apart.

    Parameters
    ----------
    labels : (nx, ny, nz) int array
        Tissue tags on a grid of about a millimetre.
    affine_m : (4, 4) array
        Voxel index to subject space.
    frame : Frame
        Leads to MNI space; a few millimetres suffice.

    Returns
    -------
    BrainParts
        Every voxel of grey and white matter belongs to one part.

    Raises
    ------
    MissingAnatomyError
        When a hemisphere is not where MNI space has it.
    """
    from scipy.ndimage import distance_transform_edt
    from skimage.segmentation import watershed

    brain = np.isin(labels, (GREY, WHITE))
    mni_mm = mni_of_voxels_mm(labels.shape, affine_m, frame)
    depth = np.minimum(np.asarray(distance_transform_edt(brain)), DEEPEST_MM)
    core = np.minimum(np.asarray(distance_transform_edt(labels == WHITE)), DEEPEST_MM / 2)
    height = -(depth + 2 * core)
    low, high = (_within(mni_mm, boxes) & brain for boxes in (LOWER, UPPER))
    whole = watershed(height, low * 1 + high * 2, mask=brain)
    upper = whole == 2
    across_mm = mni_mm[0]
    wall = upper & _within(mni_mm, (MIDDLE,)) & (np.abs(across_mm) < WALL_MM)
    sure = upper & (np.abs(across_mm) > FARTHER_MM)
    seeds = np.where(across_mm < 0, LEFT, RIGHT) * sure
    halves = watershed(height, seeds, mask=upper & ~wall)
    stray = upper & (halves == 0)  # the wall itself, and what only it connects
    halves[stray] = np.where(across_mm < 0, LEFT, RIGHT)[stray]
    parts = np.where(whole == 1, REST, halves).astype(np.int8)
    _require_both(parts)
    return BrainParts(labels, parts, mni_mm)


def mni_of_voxels_mm(shape: tuple[int, ...], affine_m: FloatArray, frame: Frame) -> FloatArray:
    """Carry all voxels of a grid to MNI space, by way of a coarser grid.

    Parameters
    ----------
    shape : tuple of int
        Of the grid.
    affine_m : (4, 4) array
        Voxel index to subject space.
    frame : Frame
        Leads to MNI space.

    Returns
    -------
    (3, nx, ny, nz) array [mm]
        Interpolated between nodes 4 mm apart.
    """
    from scipy.ndimage import map_coordinates

    step = COARSE_M / np.linalg.norm(affine_m[:3, 0])
    counts = [int(np.ceil((n - 1) / step)) + 1 for n in shape]
    nodes = np.indices(counts).reshape(3, -1).T * step
    coarse_mm = mm_from_m(frame.to_mni_m(transform(affine_m, nodes))).T.reshape(3, *counts)
    index = np.meshgrid(*(np.arange(n) / step for n in shape), indexing="ij")
    return np.stack([map_coordinates(one, index, order=1) for one in coarse_mm])


def _within(mni_mm: FloatArray, boxes: tuple) -> IntArray:
    inside = np.zeros(mni_mm.shape[1:], bool)
    places = (np.abs(mni_mm[0]), mni_mm[1], mni_mm[2])
    for box in boxes:
        one = np.ones_like(inside)
        for place, (low, high) in zip(places, box, strict=True):
            one &= (place >= low) & (place < high)
        inside |= one
    return inside


def deep_region(mni_mm: FloatArray) -> IntArray:
    """Mark where ventricles, basal ganglia and thalamus lie, below the callosum.

    Parameters
    ----------
    mni_mm : (3, nx, ny, nz) array [mm]
        Place of every voxel in MNI space.

    Returns
    -------
    (nx, ny, nz) bool array
        True in the space that a hemisphere's inside is filled in; the insula and the
        cingulate gyrus lie outside it.
    """
    x, y, z = np.abs(mni_mm[0]), mni_mm[1], mni_mm[2]
    roof = 27 - 20 * ((y + 5) / 36) ** 2
    arch = (x < 16) & (y > -30) & (y < 32) & (z > -7) & (z < roof)
    nuclei = (x < 31) & (y > -32) & (y < 24) & (z > -8) & (z < np.minimum(roof, 16))
    body = (x > 10) & (x < 28) & (y > -42) & (y < 15) & (z > 0) & (z < 29)
    horn = (x < 24) & (y > 10) & (y < 34) & (z > -3) & (z < roof + 3)
    atrium = ((x - 27) / 12) ** 2 + ((y + 38) / 17) ** 2 + ((z - 9) / 20) ** 2 < 1
    return arch | nuclei | body | horn | atrium


def _require_both(parts: IntArray) -> None:
    volumes = np.bincount(parts.ravel(), minlength=4)[[LEFT, RIGHT]]
    if volumes.min() < 0.5 * volumes.max() or volumes.min() == 0:
        msg = (
            "both hemispheres must lie where MNI space has them; the left and right one take "
            f"{volumes[0]} and {volumes[1]} voxels. Check the tie to MNI space with "
            "'cortistim head info'."
        )
        raise MissingAnatomyError(msg)
