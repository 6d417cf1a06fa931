"""From tissue probabilities to one tissue per voxel: closed layers, no crumbs."""

from dataclasses import dataclass

import numpy as np

from cortistim.head.segmentation.outline import (
    closed,
    eroded,
    filled,
    large,
    largest,
    opened,
    within,
)
from cortistim.head.segmentation.template import CLASSES, DEEP
from cortistim.head.tissues import (
    BONE,
    COMPACT_BONE,
    CSF,
    EYES,
    GREY,
    SCALP,
    SPONGY_BONE,
    WHITE,
)
from cortistim.typing import FloatArray, IntArray

THINNEST_BONE_M = 1.2e-3
THICKEST_BONE_M = 16e-3
SKULL_CLOSING_M = 2e-3
LEAST_BONE = 0.3  # probability, for what a closing would fill
BRAIN_STALK_M = 1.2e-3  # what hangs on the brain by less is vessel or dura
CASE_CLOSING_M = 3e-3
SINUS_RADIUS_M = 2.5e-3
SINUS_LEAST_ML = 0.3
SINUS_WALL_M = 2.5e-3  # bone around air, as dark as it
FRONT_M = -0.030  # MNI y: behind it the dark places are bone
SINUS_HEIGHTS_M = (-0.066, 0.010)  # MNI z: below, the image is often dark itself
SINUS_SIDE_M = 0.055  # MNI x: farther out lie the temples
EYE_LEAST_ML, EYE_OPENING_M = 2.0, 3e-3
SKIN_M = 2e-3
CRUMB_ML = 0.03


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known of each voxel.

    Parameters
    ----------
    values : (nx, ny, nz) array
        T1 without bias; white matter about one.
    posteriors : (nx, ny, nz, 7) array
        Of `CLASSES`.
    head : (nx, ny, nz) bool array
        Within the skin.
    mni_m : (nx, ny, nz, 3) array [m]
        Place in MNI space.
    voxel_m : float
        Mean edge of a voxel.
    """

    values: FloatArray
    posteriors: FloatArray
    head: np.ndarray
    mni_m: FloatArray
    voxel_m: float

    def of(self, *tags: int) -> FloatArray:
        """Probability of any of these tissues.

        Parameters
        ----------
        *tags : int
            Of the tissues.

        Returns
        -------
        (i, j, k) array
            0 to 1.
        """
        wanted = (*tags, DEEP) if GREY in tags else tags
        return self.posteriors[..., [CLASSES.index(tag) for tag in wanted]].sum(axis=-1)

    def voxels(self, length_m: float) -> float:
        """Length in voxels.

        Parameters
        ----------
        length_m : float [m]
            Any.

        Returns
        -------
        float
            Not rounded.
        """
        return length_m / self.voxel_m

    def count(self, volume_ml: float) -> float:
        """Volume in voxels.

        Parameters
        ----------
        volume_ml : float
            In millilitres.

        Returns
        -------
        float
            Not rounded.
        """
        return volume_ml * 1e-6 / self.voxel_m**3

    def typical(self, mask: np.ndarray) -> float:
        """Median grey value in a mask; of the whole head when it is empty.

        Parameters
        ----------
        mask : (i, j, k) bool array
            Any.

        Returns
        -------
        float
            In the image's unit.
        """
        return float(np.median(self.values[mask if mask.any() else self.head]))


def labelled(seen: Evidence) -> IntArray:
    """Give every voxel its tissue.

    Parameters
    ----------
    seen : Evidence
        Probabilities, grey values and places.

    Returns
    -------
    (nx, ny, nz) uint8 array
        1 white matter, 2 grey matter, 3 CSF, 5 scalp, 6 eyes, 7 compact bone, 8 spongy
        bone, 0 air outside and in the sinuses.
    """
    case = brain_case(seen)
    white, grey = brain(seen, case)
    skull = bones(seen, case)
    out = np.where(seen.head, SCALP, 0).astype(np.uint8)
    out[skull] = COMPACT_BONE
    out[spongy(seen, skull, case)] = SPONGY_BONE
    out[eyeballs(seen, case)] = EYES
    out[sinuses(seen, case)] = 0
    out[case] = CSF
    out[grey] = GREY
    out[white] = WHITE
    return out


def brain_case(seen: Evidence) -> np.ndarray:
    """Find what lies within the skull: one smooth part.

    Parameters
    ----------
    seen : Evidence
        What the images say.

    Returns
    -------
    (i, j, k) bool array
        True within.
    """
    from scipy.ndimage import gaussian_filter

    case = seen.of(WHITE, GREY, CSF) > 0.5
    case = largest(opened(case, seen.voxels(2e-3)))
    case = filled(closed(case, seen.voxels(CASE_CLOSING_M)))
    smooth = gaussian_filter(case.astype(np.float32), seen.voxels(1e-3)) > 0.5
    return largest(smooth & seen.head)


def brain(seen: Evidence, case: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Part white from grey matter, without vessels, dura and loose bits.

    Parameters
    ----------
    seen : Evidence
        What the images say.
    case : (i, j, k) bool array
        From `brain_case`.

    Returns
    -------
    white : (i, j, k) bool array
        White matter.
    grey : (i, j, k) bool array
        Grey matter.
    """
    probable = [np.where(case, seen.of(tag), 0) for tag in (WHITE, GREY, CSF)]
    best = np.argmax(probable, axis=0)
    solid = case & (best < 2)
    core = largest(eroded(solid, seen.voxels(BRAIN_STALK_M)))
    # what the erosion took comes back, and thin gyri that hang on white matter stay
    solid &= within(core, seen.voxels(2.5 * BRAIN_STALK_M))
    solid = largest(solid)
    white = large(solid & (best == 0), seen.count(CRUMB_ML))
    grey = solid & ~white
    loose = grey & ~large(grey, seen.count(CRUMB_ML))
    return white | loose, grey & ~loose


def bones(seen: Evidence, case: np.ndarray) -> np.ndarray:
    """Find the skull: probable bone, closed around the brain case and at least 1.2 mm.

    Parameters
    ----------
    seen : Evidence
        What the images say.
    case : (i, j, k) bool array
        From `brain_case`.

    Returns
    -------
    (i, j, k) bool array
        True in the skull.
    """
    from scipy.ndimage import gaussian_filter

    thin, thick = (within(case, seen.voxels(m)) for m in (THINNEST_BONE_M, THICKEST_BONE_M))
    skin = ~eroded(seen.head, seen.voxels(SKIN_M))
    free = seen.head & ~case & ~skin
    likely = (seen.of(BONE) > 0.5) & free
    vault = likely & thick
    vault = closed(vault | case, seen.voxels(SKULL_CLOSING_M)) & free
    vault &= (seen.of(BONE) > LEAST_BONE) | thin
    smooth = gaussian_filter((vault | likely).astype(np.float32), seen.voxels(0.7e-3)) > 0.5
    skull = (smooth & free) | (seen.head & ~case & thin)
    return large(skull, seen.count(10 * CRUMB_ML))


def spongy(seen: Evidence, skull: np.ndarray, case: np.ndarray) -> np.ndarray:
    """Find the diploe: brighter than compact bone, with compact bone on both sides.

    Parameters
    ----------
    seen : Evidence
        What the images say.
    skull : (i, j, k) bool array
        From `bones`.
    case : (i, j, k) bool array
        From `brain_case`.

    Returns
    -------
    (i, j, k) bool array
        Part of the skull.
    """
    inner = eroded(skull, seen.voxels(1.4e-3))
    dark, fluid = seen.typical(skull & ~inner), seen.typical(seen.of(GREY) > 0.9)
    bright = inner & (seen.values > dark + 0.3 * (fluid - dark))
    return large(bright & ~case, seen.count(CRUMB_ML))


def eyeballs(seen: Evidence, case: np.ndarray) -> np.ndarray:
    """Find at most two round eyes.

    Parameters
    ----------
    seen : Evidence
        What the images say.
    case : (i, j, k) bool array
        From `brain_case`.

    Returns
    -------
    (i, j, k) bool array
        True in the eyes.
    """
    from scipy.ndimage import label

    probable = (seen.of(EYES) > 0.5) & seen.head & ~case
    core = opened(probable, seen.voxels(EYE_OPENING_M))
    part = np.zeros(core.shape, np.int32)
    label(core, output=part)
    size = np.bincount(part.ravel())
    size[0] = 0
    largest_two = [n for n in np.argsort(size)[-2:] if size[n] >= seen.count(EYE_LEAST_ML)]
    return filled(np.isin(part, largest_two)) & ~case if largest_two else core & False


def sinuses(seen: Evidence, case: np.ndarray) -> np.ndarray:
    """Find air in the front of the head: dark as bone, but too thick for it.

    Parameters
    ----------
    seen : Evidence
        What the images say.
    case : (i, j, k) bool array
        From `brain_case`.

    Returns
    -------
    (i, j, k) bool array
        True in the air.
    """
    bone, grey = seen.of(BONE) > 0.9, seen.of(GREY) > 0.9
    dark = seen.values < 0.5 * seen.typical(bone) + 0.25 * seen.typical(grey)
    y_m, z_m = seen.mni_m[..., 1], seen.mni_m[..., 2]
    front = seen.head & (y_m > FRONT_M)
    front &= (z_m > SINUS_HEIGHTS_M[0]) & (z_m < SINUS_HEIGHTS_M[1])
    front &= ~within(case, seen.voxels(THINNEST_BONE_M))
    front &= (seen.of(EYES) < 0.5) & (np.abs(seen.mni_m[..., 0]) < SINUS_SIDE_M)
    hollow = opened(dark & front, seen.voxels(SINUS_RADIUS_M))
    hollow = large(hollow, seen.count(SINUS_LEAST_ML))
    return eroded(hollow, seen.voxels(SINUS_WALL_M))
