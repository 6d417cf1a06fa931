"""Is it a head at all: what must hold before an image is worth segmenting."""

import numpy as np

from cortistim.errors import BadInputError
from cortistim.geometry import transform
from cortistim.head.segmentation.template import Template
from cortistim.head.space.affine import clipped, fitted_at_once, head_level
from cortistim.image import Volume, grid_points_m, isotropic_grid
from cortistim.typing import FloatArray
from cortistim.units import mm_from_m

SMALLEST_M, LARGEST_M = 0.10, 0.50
FLATTEST = 0.5
BRIGHTEST_RIM = 0.6  # neck and noise reach 0.2
GRID_M = 4e-3
SHADING_M = 16e-3  # slower changes of grey value tell nothing of folds
INNER = 0.35  # of white matter in the bare template: within the brain
LEAST_FOLDS, LEAST_BRAIN_FOLDS = 0.28, 0.33  # heads reach 0.4 and more, balls in balls 0.2
LEAST_SEEN = 0.9


def require_picture(image: Volume) -> None:
    """Refuse an image that is empty, flat, or too small or large to hold a head.

    Parameters
    ----------
    image : Volume
        What was given as a T1 image.

    Raises
    ------
    BadInputError
        When it cannot be an image of a head.
    """
    values = image.values
    if not values.max() > values.min() or not (values > 0).any():
        msg = "the image must show a head; all its values are the same. Check the file."
        raise BadInputError(msg)
    inside = values > head_level(values)
    rim = _rim_share(inside)
    if rim > BRIGHTEST_RIM:
        msg = (
            f"the air around a head must be dark; {rim:.0%} of this image's rim is bright, as "
            "in a uniform (UNI) image of MP2RAGE. Give the one with the noise taken out."
        )
        raise BadInputError(msg)
    sides = (inside.any(axis=axes) for axes in ((1, 2), (0, 2), (0, 1)))
    size_voxels = np.array([np.ptp(np.flatnonzero(side)) for side in sides])
    size_m = (size_voxels + 1) * image.spacing_m
    if size_m.min() < SMALLEST_M or size_m.max() > LARGEST_M:
        shown = " x ".join(f"{length:.4g}" for length in mm_from_m(np.asarray(size_m, float)))
        msg = (
            f"a head must be {mm_from_m(SMALLEST_M):g} to {mm_from_m(LARGEST_M):g} mm across; "
            f"what is bright here measures {shown} mm. "
            "Check the voxel size and its unit in the header, and that the image shows a "
            "whole head."
        )
        raise BadInputError(msg)
    flat = _flat_share(values)
    if flat > FLATTEST:
        msg = (
            f"a T1 image must have grey values; {flat:.0%} of what is not black here equals "
            "its neighbours, as in a label image, a mask or a phantom. Give the T1 image "
            "(labels can be meshed with cortistim head mesh)."
        )
        raise BadInputError(msg)


def require_whole_head(template: Template, image: Volume) -> None:
    """Refuse an extracted brain.

    Parameters
    ----------
    template : Template
        With which to compare.
    image : Volume
        T1 image.

    Raises
    ------
    BadInputError
        When the image resembles a bare brain, folds and all, more than a head.
    """
    moving, bare = clipped(image), clipped(template.bare_brain)
    scores = []
    for fixed in (clipped(template.t1), bare):
        matrix, correlation = fitted_at_once(fixed, moving)
        scores.append((correlation, folds_in_common(bare, moving, matrix)))
    (as_head, folds_as_head), (as_brain, folds_as_brain) = scores
    if as_brain > as_head and folds_as_brain > max(folds_as_head, LEAST_BRAIN_FOLDS):
        msg = (
            "the image must show the whole head with skull and scalp; this one looks like an "
            "extracted brain. Give the image from before brain extraction."
        )
        raise BadInputError(msg)


def require_brain_in(template: Template, image: Volume, matrix: FloatArray) -> None:
    """Refuse what has no brain where the template has one, or only a part of it.

    Parameters
    ----------
    template : Template
        With which to compare.
    image : Volume
        T1 image.
    matrix : (4, 4) array
        Subject from MNI, acting on metres.

    Raises
    ------
    BadInputError
        When there are no folds alike, or more than a tenth of the brain is not shown.
    """
    moving, bare = clipped(image), clipped(template.bare_brain)
    seen = _seen_share(bare, moving, matrix)
    if seen < LEAST_SEEN:
        msg = (
            f"the image must show the whole brain; {1 - seen:.0%} of it lies outside the image "
            "or is black. Give an image of the whole head."
        )
        raise BadInputError(msg)
    folds = folds_in_common(bare, moving, matrix)
    if folds < LEAST_FOLDS:
        msg = (
            "a T1 image of a head must show a brain; inside this one nothing resembles the "
            f"template's (correlation {folds:.2f}; heads reach {LEAST_FOLDS:g} and more). "
            "Check that it is a T1 image of a head and that its header gives its orientation."
        )
        raise BadInputError(msg)


def folds_in_common(bare: Volume, subject: Volume, matrix: FloatArray) -> float:
    """Correlate what two images show within the template's brain, shading left out.

    Parameters
    ----------
    bare : Volume
        The template's brain, clipped.
    subject : Volume
        Clipped.
    matrix : (4, 4) array
        Subject from template, acting on metres.

    Returns
    -------
    float
        0.4 to 0.6 for another head's image after an affine registration; about 0 for smooth
        things such as balls, however well their outlines fit.
    """
    from scipy.ndimage import binary_erosion, gaussian_filter

    shape, points_m, inner = _brain_grid(bare)
    inner = np.asarray(binary_erosion(inner)).astype(float)
    ours = bare.blurred(GRID_M / 2).at(points_m)
    theirs = subject.blurred(GRID_M / 2).at(transform(matrix, points_m.reshape(-1, 3)))
    width = SHADING_M / GRID_M
    weight = np.maximum(gaussian_filter(inner, width), 1e-3)
    detail = []
    for values in (ours, theirs.reshape(shape)):
        shading = gaussian_filter(values * inner, width) / weight
        detail.append((values / np.maximum(shading, 1e-3))[inner > 0])
    if min(part.std() for part in detail) < 1e-6:
        return 0.0
    return float(np.corrcoef(*detail)[0, 1])


def _seen_share(bare: Volume, subject: Volume, matrix: FloatArray) -> float:
    """Share of the template's brain that lies in the image and is not black there."""
    _, points_m, inner = _brain_grid(bare)
    moved_m = transform(matrix, points_m[inner])
    soft = subject.blurred(GRID_M)
    bright = soft.at(moved_m) > 0.5 * head_level(subject.values)
    return float((bright & subject.holds(moved_m)).mean())


def _brain_grid(bare: Volume) -> tuple[tuple[int, int, int], FloatArray, np.ndarray]:
    shape, affine_m = isotropic_grid(bare, GRID_M)
    points_m = grid_points_m(shape, affine_m)
    return shape, points_m, bare.blurred(GRID_M / 2).at(points_m) > INNER


def _rim_share(inside: np.ndarray) -> float:
    """Share of an image's outermost voxels that are marked."""
    rim = np.ones(inside.shape, bool)
    rim[1:-1, 1:-1, 1:-1] = False
    return float(inside[rim].mean())


def _flat_share(values: np.ndarray) -> float:
    """Share of non-zero voxels that equal their next one along each axis."""
    here = values[:-1, :-1, :-1]
    same = (here == values[1:, :-1, :-1]) & (here == values[:-1, 1:, :-1])
    same &= here == values[:-1, :-1, 1:]
    bright = here > 0
    return float(same[bright].mean()) if bright.any() else 1.0
