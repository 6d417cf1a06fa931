"""From a T1 image of a head to its tissues and its tie to MNI space."""

from dataclasses import dataclass

import numpy as np

from cortistim.errors import BadInputError
from cortistim.head.segmentation.affine import (
    clipped,
    head_level,
    laid_over,
    looks_stripped,
)
from cortistim.head.segmentation.deformable import (
    DeformedFrame,
    deform,
    inverse,
)
from cortistim.head.segmentation.layers import Evidence, labelled
from cortistim.head.segmentation.mixture import classify, first_gain
from cortistim.head.segmentation.outline import head_mask
from cortistim.head.segmentation.template import load_template
from cortistim.head.segmentation.volume import Volume, grid_points_m
from cortistim.typing import FloatArray, IntArray, Progress, silent
from cortistim.units import mm_from_m

VERSION = 1  # raise it when the same image would get other labels
SMALLEST_M, LARGEST_M = 0.10, 0.50


@dataclass(frozen=True, eq=False)
class Segmentation:
    """Tissues of a T1 image.

    Parameters
    ----------
    labels : (nx, ny, nz) uint8 array
        Tissue tags.
    even : (nx, ny, nz) float32 array
        The image without bias.
    """

    labels: IntArray
    even: FloatArray


def register(image: Volume, *, progress: Progress = silent) -> DeformedFrame:
    """Lay the template over a T1 image.

    Parameters
    ----------
    image : Volume
        Whole head, T1.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    DeformedFrame
        Between the image's world space and MNI space.

    Raises
    ------
    BadInputError
        When the image does not resemble a head, or shows an extracted brain.
    """
    whole = load_template()
    template = whole.t1
    _require_head(image)
    progress("lay the template over the head", 0.0)
    if looks_stripped(template, whole.bare_brain, image):
        msg = (
            "the image must show the whole head with skull and scalp; this one looks like an "
            "extracted brain. Give the image from before brain extraction."
        )
        raise BadInputError(msg)
    matrix, correlation = laid_over(template, image)
    found_m, affine_m = deform(clipped(template), clipped(image), matrix, progress=progress)
    description = (
        "non-linear registration of the T1 image to the Colin27 average in MNI space "
        f"(affine correlation {correlation:.2f}); about 2 to 4 mm in the brain, worse "
        "outside it. Colin27 differs from the MNI152 average by a few millimetres."
    )
    return DeformedFrame(matrix, found_m, inverse(found_m, affine_m), affine_m, description)


def _require_head(image: Volume) -> None:
    """Refuse an image that is empty or too small or large to hold a head."""
    values = image.values
    if not values.max() > values.min() or not (values > 0).any():
        msg = "the image must show a head; all its values are the same. Check the file."
        raise BadInputError(msg)
    inside = values > head_level(values)
    size_voxels = np.array([np.ptp(np.flatnonzero(line)) for line in _shadows(inside)])
    size_m = (size_voxels + 1) * image.spacing_m
    if size_m.min() < SMALLEST_M or size_m.max() > LARGEST_M:
        shown = " x ".join(f"{length:.4g}" for length in mm_from_m(np.asarray(size_m, float)))
        msg = (
            f"a head must be {mm_from_m(SMALLEST_M):g} to {mm_from_m(LARGEST_M):g} mm across; "
            f"what is bright here measures {shown} mm. "
            "Check the voxel size and its unit in the header, and that it is a head."
        )
        raise BadInputError(msg)


def _shadows(mask: np.ndarray) -> list[np.ndarray]:
    """Along each axis, which slices hold anything."""
    return [
        np.asarray(mask.any(axis=axes)) for axes in ((1, 2), (0, 2), (0, 1))
    ]


def segment(
    image: Volume, frame: DeformedFrame, *, progress: Progress = silent
) -> Segmentation:
    """Find the tissues of a head.

    Parameters
    ----------
    image : Volume
        Whole head, T1; voxels of about 1 mm.
    frame : DeformedFrame
        From `register`.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    Segmentation
        On the image's grid.
    """
    template = load_template()
    progress("classify tissues", 0.0)
    points_m = grid_points_m(image.shape, image.affine_m).reshape(-1, 3)
    mni_m = frame.to_mni_m(points_m).reshape(*image.shape, 3).astype(np.float32)
    rim = template.intracranial.at(mni_m)
    level = head_level(image.values)
    scaled = Volume((image.values / white_level(image)).astype(np.float32), image.affine_m)
    head = head_mask(image, level, rim > 0.5)
    expected = clipped(template.t1).at(mni_m)
    bias = first_gain(scaled, expected, (rim * head).astype(np.float32))
    priors = template.priors_at(mni_m)
    posteriors, gains = classify([scaled], head, priors, [bias], progress=progress)
    even = scaled.values / gains[0]
    voxel_m = float(np.cbrt(np.abs(np.linalg.det(image.affine_m[:3, :3]))))
    progress("close the layers", 0.0)
    labels = labelled(Evidence(even, posteriors, head, mni_m, voxel_m))
    return Segmentation(labels, even)


def white_level(image: Volume) -> float:
    """Return the grey value of bright tissue, by which an image is scaled.

    Parameters
    ----------
    image : Volume
        T1 image.

    Returns
    -------
    float
        The upper quartile of the head.
    """
    values = image.values
    return float(np.percentile(values[values > head_level(values)], 75))
