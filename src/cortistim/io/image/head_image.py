"""Images of heads: which of a header's statements to believe, and what to refuse."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError, FileFormatError
from cortistim.head.segmentation import Volume
from cortistim.io.image.opening import ImageFile, Kind, open_image
from cortistim.typing import FloatArray, IntArray
from cortistim.units import m_from_mm, mm_from_m

THICKEST_VOXEL_M = 2.0e-3
THINNEST_VOXEL_M = 0.3e-3
SAME_M = 0.5e-3
MOST_SHEAR = 1e-3
LARGEST_LABEL = 2**31 - 1  # what the arrays of labels hold
NO_PLACE: Mapping[Kind, str] = {
    "NIfTI": "the header gives no orientation (sform and qform codes are 0);",
    "Analyze": "Analyze files tell no orientation;",
    "FreeSurfer": "the header tells no orientation (goodRASFlag is 0);",
}
DIRECTIONS = {
    "R": "right", "L": "left", "A": "front", "P": "back", "S": "top", "I": "bottom",
}  # fmt: skip


def read_head_image(path: Path | str) -> tuple[Volume, tuple[str, ...]]:
    """Read a T1 or T2 image of a head.

    The sform counts where it and the qform disagree, unless it shears.

    Parameters
    ----------
    path : Path or str
        An image of any kind that `cortistim.io.image.opening.open_image` knows; one volume,
        voxels of at most 2 mm.

    Returns
    -------
    image : Volume
        In the file's voxel order; float32, negative values set to zero.
    notes : tuple of str
        What was decided about the header.

    Raises
    ------
    BadInputError
        When no head model can be built on the image.
    FileFormatError
        When it is no whole image.
    """
    image = open_image(path)
    shape = _volume_shape(image)
    affine_m, notes = _orientation(image)
    _require_voxels(path, affine_m)
    values = image.values().reshape(shape, order="F")
    bad = int(values.size - np.isfinite(values).sum())
    if bad:
        msg = (
            f"{path}: all values must be finite; {bad} of {values.size} are NaN or infinite. "
            "Replace them, or export the image again."
        )
        raise BadInputError(msg)
    return Volume(np.maximum(values, 0, out=values), affine_m), tuple(notes)


def read_label_image(path: Path | str) -> tuple[IntArray, FloatArray]:
    """Read a label image.

    Parameters
    ----------
    path : Path or str
        An image of any kind that `cortistim.io.image.opening.open_image` knows, of whole
        numbers from 0 to 2147483647.

    Returns
    -------
    labels : (nx, ny, nz) int array
        As stored.
    affine_m : (4, 4) array [m]
        Voxel index to world space.

    Raises
    ------
    BadInputError
        When values are not such numbers or there are several volumes.
    """
    image = open_image(path)
    shape = _volume_shape(image)
    affine_m, _ = _orientation(image)
    return _whole_numbers(image).reshape(shape, order="F"), affine_m


def orientation_notes(path: Path | str) -> tuple[str, ...]:
    """Tell what an image's header leaves open or says twice about its place.

    Parameters
    ----------
    path : Path or str
        As in `read_label_image`; its voxels are not read.

    Returns
    -------
    tuple of str
        One sentence each; empty when the header is clear.

    Raises
    ------
    FileFormatError
        When it is no image.
    """
    return tuple(_orientation(open_image(path))[1])


def _whole_numbers(image: ImageFile) -> IntArray:
    """Read labels in the type they are stored in: a float holds no large one exactly."""
    exact = image.dtype.kind in "iu" and not image.scaled
    values = image.stored() if exact else image.values(np.float64)
    if not exact and not (np.isfinite(values).all() and (values == np.rint(values)).all()):
        msg = (
            f"{image.path}: a label image must hold whole numbers from 0; this one does not. "
            "Give labels, not grey values or probabilities."
        )
        raise BadInputError(msg)
    least, most = values.min(), values.max()
    if least < 0 or most > LARGEST_LABEL:
        wrong = least if least < 0 else most
        msg = (
            f"{image.path}: a label image must hold whole numbers from 0 to {LARGEST_LABEL}; "
            f"it holds {wrong:.0f}. Renumber its labels."
        )
        raise BadInputError(msg)
    return values.astype(np.int32)


def require_same_grid(
    path: Path | str,
    found: tuple[tuple[int, ...], FloatArray],
    wanted: tuple[tuple[int, ...], FloatArray],
) -> None:
    """Refuse an image that does not lie on the grid of the T1 image.

    Parameters
    ----------
    path : Path or str
        Named in the complaint.
    found, wanted : tuple of shape and (4, 4) affine [m]
        The grids.

    Raises
    ------
    BadInputError
        When shapes differ, or corners by more than 0.5 mm.
    """
    if found[0] != wanted[0]:
        msg = (
            f"{path}: it must have the shape of the T1 image, {wanted[0]}; got {found[0]}. "
            "Resample it to the T1 image."
        )
        raise BadInputError(msg)
    corners = np.array(list(np.ndindex(2, 2, 2))) * (np.array(wanted[0]) - 1)
    places = [corners @ affine[:3, :3].T + affine[:3, 3] for affine in (found[1], wanted[1])]
    apart_m = float(np.linalg.norm(places[0] - places[1], axis=1).max())
    if apart_m > SAME_M:
        msg = (
            f"{path}: it must lie where the T1 image lies; its corners are up to "
            f"{mm_from_m(apart_m):.1f} mm away. Resample it to the T1 image."
        )
        raise BadInputError(msg)


def _volume_shape(image: ImageFile) -> tuple[int, ...]:
    """Drop axes of one entry beyond the third, and refuse several volumes."""
    shape = image.shape
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if len(shape) != 3 or min(shape) < 2:
        msg = (
            f"{image.path}: the image must be one 3-D volume; it has shape {shape}. "
            "Extract one volume."
        )
        raise BadInputError(msg)
    return shape


def _orientation(image: ImageFile) -> tuple[FloatArray, list[str]]:
    """Choose between sform and qform where there are two, and say what was chosen."""
    if image.placed:
        return _by_forms(image) if image.kind == "NIfTI" else (image.affine_m(), [])
    affine_m = image.affine_m()
    return affine_m, [f"{NO_PLACE[image.kind]} {_taken_for(affine_m)}"]


def _taken_for(affine_m: FloatArray) -> str:
    """Say how the voxel axes run by the affine that is used, so that people can check it."""
    from nibabel.orientations import aff2axcodes

    letters = [code or "?" for code in aff2axcodes(affine_m)]
    axes = ", ".join(DIRECTIONS.get(letter, "nowhere") for letter in letters)
    return f"the voxel axes are taken to run to the {axes}. Check left and right."


def _by_forms(image: ImageFile) -> tuple[FloatArray, list[str]]:
    sform, qform = image.forms_mm()
    scode, qcode = (int(image.header[f"{letter}form_code"]) for letter in "sq")
    usable = {
        "sform": sform if scode and _is_rigid(sform) else None,
        "qform": qform if qcode and _is_rigid(qform) else None,
    }
    name = next((name for name, affine in usable.items() if affine is not None), None)
    if name is None:
        msg = (
            f"{image.path}: the header's sform or qform must turn and scale only; here it "
            "shears or is singular. Resample the image, or correct its header."
        )
        raise FileFormatError(msg)
    notes = []
    if scode and qcode:
        notes += _disagreement(name, sform, qform, image.shape[:3])
    affine_m = np.array(usable[name], dtype=float)
    affine_m[:3] = m_from_mm(affine_m[:3])
    return affine_m, notes


def _is_rigid(affine_mm: FloatArray) -> bool:
    linear = affine_mm[:3, :3]
    with np.errstate(all="ignore"):
        lengths = np.linalg.norm(linear, axis=0)
        if not np.isfinite(affine_mm).all() or not 0 < lengths.min() <= lengths.max() < np.inf:
            return False
        cosines = linear.T @ linear / np.outer(lengths, lengths)
    return bool(np.abs(cosines - np.eye(3)).max() < MOST_SHEAR)


def _disagreement(
    name: str | None, sform: FloatArray, qform: FloatArray, shape: tuple[int, ...]
) -> list[str]:
    if not (np.isfinite(sform).all() and np.isfinite(qform).all()):
        other = "qform" if name == "sform" else "sform"
        return [f"the header's {other} is no matrix; the {name} is used."]
    corners = np.array(list(np.ndindex(2, 2, 2))) * (np.array(shape) - 1)
    places = [corners @ affine[:3, :3].T + affine[:3, 3] for affine in (sform, qform)]
    apart_mm = float(np.linalg.norm(places[0] - places[1], axis=1).max())
    if apart_mm <= mm_from_m(SAME_M):
        return []
    reason = "" if name == "sform" else ", since the sform shears or is singular"
    return [
        f"the header's sform and qform disagree by up to {apart_mm:.1f} mm; the {name} is "
        f"used{reason}."
    ]


def _require_voxels(path: Path | str, affine_m: FloatArray) -> None:
    spacing_m = np.linalg.norm(affine_m[:3, :3], axis=0)
    shown = " x ".join(f"{x:.4g}" for x in mm_from_m(spacing_m))
    if spacing_m.max() > THICKEST_VOXEL_M or spacing_m.min() < THINNEST_VOXEL_M:
        msg = (
            f"{path}: voxels must be {mm_from_m(THINNEST_VOXEL_M):g} to "
            f"{mm_from_m(THICKEST_VOXEL_M):g} mm along every axis; they are {shown} mm. Thin "
            "layers (CSF, skull) cannot be seen in thicker slices; if the image is finer, its "
            "header has a wrong unit."
        )
        raise BadInputError(msg)
