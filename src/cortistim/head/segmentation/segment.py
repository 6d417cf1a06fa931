"""From a T1 image of a head to its tissues and its tie to MNI space."""

from dataclasses import dataclass

import numpy as np

from cortistim.head.segmentation.evenness import gain_of
from cortistim.head.segmentation.layers import Evidence, labelled
from cortistim.head.segmentation.likeness import (
    require_brain_in,
    require_picture,
    require_whole_head,
)
from cortistim.head.segmentation.mixture import classify
from cortistim.head.segmentation.outline import head_mask
from cortistim.head.segmentation.rind import bare_white
from cortistim.head.segmentation.sulci import sulcal_sheets
from cortistim.head.segmentation.template import load_template
from cortistim.head.space.affine import clipped, head_level, laid_over
from cortistim.head.space.deformable import LEVELS_M, DeformedFrame, deform, inverse
from cortistim.head.tissues import CSF, GREY
from cortistim.image import Volume, grid_points_m
from cortistim.typing import FloatArray, IntArray, Progress, silent

VERSION = 6  # raise it when the same image would get other labels


@dataclass(frozen=True, eq=False)
class Segmentation:
    """Tissues of a T1 image.

    Parameters
    ----------
    labels : (nx, ny, nz) uint8 array
        Tissue tags.
    even : (nx, ny, nz) float32 array
        The image without bias.
    bare_m3 : float [m^3]
        Volume of cortex that looks like white matter.
    """

    labels: IntArray
    even: FloatArray
    bare_m3: float


def register(
    image: Volume, *, finest_m: float = LEVELS_M[-1], progress: Progress = silent
) -> DeformedFrame:
    """Lay the template over a T1 image.

    Parameters
    ----------
    image : Volume
        Whole head, T1.
    finest_m : float [m], optional
        Folds finer than this are not matched.
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
    template = load_template()
    require_picture(image)
    progress("lay the template over the head", 0.0)
    require_whole_head(template, image)
    matrix, correlation = laid_over(template.t1, image)
    require_brain_in(template, image, matrix)
    even = evened(image, matrix)
    pictures = clipped(template.t1), clipped(even)
    found_m, affine_m = deform(*pictures, matrix, finest_m=finest_m, progress=progress)
    description = (
        "non-linear registration of the T1 image to the Colin27 average in MNI space "
        f"(affine correlation {correlation:.2f}); about 2 to 4 mm in the brain, worse "
        "outside it. Colin27 differs from the MNI152 average by a few millimetres."
    )
    return DeformedFrame(matrix, found_m, inverse(found_m, affine_m), affine_m, description)


def evened(image: Volume, subject_from_mni: FloatArray) -> Volume:
    """Take the bias out of an image that is aligned roughly.

    Parameters
    ----------
    image : Volume
        T1 image of a head.
    subject_from_mni : (4, 4) array
        Acts on metres.

    Returns
    -------
    Volume
        Even within the skull.
    """
    from_subject = np.linalg.inv(subject_from_mni) @ image.affine_m
    case = load_template().intracranial.at(grid_points_m(image.shape, from_subject))
    return Volume(image.values / gain_of(image, case), image.affine_m)


def segment(
    image: Volume,
    frame: DeformedFrame,
    second: Volume | None = None,
    *,
    progress: Progress = silent,
) -> Segmentation:
    """Find the tissues of a head.

    Parameters
    ----------
    image : Volume
        Whole head, T1; voxels of about 1 mm.
    frame : DeformedFrame
        From `register`.
    second : Volume, optional
        Of another contrast, such as T2, on the same grid; NaN where it was not measured.
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
    even = scaled.values / gain_of(scaled, rim)
    channels = [even] if second is None else [even, _scaled(second, rim)]
    values = np.stack(channels, axis=-1)
    posteriors, values = classify(
        values, head, template.priors_at(mni_m), image.affine_m, progress=progress
    )
    even = np.ascontiguousarray(values[..., 0])
    voxel_m = float(np.cbrt(np.abs(np.linalg.det(image.affine_m[:3, :3]))))
    progress("close the layers", 0.0)
    labels = labelled(Evidence(even, posteriors, head, mni_m, voxel_m))
    bare = bare_white(labels, mni_m, voxel_m, template)
    labels[bare] = GREY
    labels[sulcal_sheets(even, labels, voxel_m)] = CSF
    return Segmentation(labels, even, float(bare.sum()) * voxel_m**3)


def _scaled(second: Volume, brain_case: FloatArray) -> FloatArray:
    """Even values of a second image, about one in bright tissue."""
    known = np.isfinite(second.values)
    filled = Volume(np.where(known, second.values, 0).astype(np.float32), second.affine_m)
    even = filled.values / gain_of(filled, brain_case * known) / white_level(filled)
    return np.where(known, even, np.nan).astype(np.float32)


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
