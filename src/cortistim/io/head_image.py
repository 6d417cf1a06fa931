"""Images of heads: which of a header's statements to believe, and what to refuse."""

from pathlib import Path
from typing import Any

import numpy as np

from cortistim.errors import BadInputError, FileFormatError
from cortistim.head.segmentation import Volume
from cortistim.io.cursor import content_of
from cortistim.io.nifti import read_volume_nifti
from cortistim.typing import FloatArray, IntArray
from cortistim.units import m_from_mm, mm_from_m

THICKEST_VOXEL_M = 2.0e-3
THINNEST_VOXEL_M = 0.3e-3
SAME_M = 0.5e-3
MOST_SHEAR = 1e-3
NO_CODE = "the header gives no orientation (sform and qform codes are 0); the voxel axes are "
NO_CODE += "taken for right, anterior, superior. Check left and right."


def read_head_image(path: Path | str) -> tuple[Volume, tuple[str, ...]]:
    """Read a T1 or T2 image of a head.

    The sform counts where it and the qform disagree, unless it shears.

    Parameters
    ----------
    path : Path or str
        A .nii, .nii.gz, .mgz or .mgh file; one volume, voxels of at most 2 mm.

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
        When it is not a whole NIfTI file.
    """
    values, affine_m, unit, notes = _stored(path)
    values = _single(path, values)
    bad = int(values.size - np.isfinite(values).sum())
    if bad:
        msg = (
            f"{path}: all values must be finite; {bad} of {values.size} are NaN or infinite. "
            "Replace them, or export the image again."
        )
        raise BadInputError(msg)
    _require_voxels(path, unit, affine_m)
    return Volume(np.maximum(values, 0).astype(np.float32), affine_m), tuple(notes)


def read_label_image(path: Path | str) -> tuple[IntArray, FloatArray]:
    """Read a label image.

    Parameters
    ----------
    path : Path or str
        A .nii, .nii.gz, .mgz or .mgh file of whole numbers from 0.

    Returns
    -------
    labels : (nx, ny, nz) int array
        As stored.
    affine_m : (4, 4) array [m]
        Voxel index to world space.

    Raises
    ------
    BadInputError
        When values are not whole numbers from 0 or there are several volumes.
    """
    values, affine_m, _, _ = _stored(path)
    values = _single(path, values)
    if not np.isfinite(values).all() or (values != np.rint(values)).any() or values.min() < 0:
        msg = (
            f"{path}: a label image must hold whole numbers from 0; this one does not. "
            "Give labels, not grey values or probabilities."
        )
        raise BadInputError(msg)
    return values.astype(np.int32), affine_m


def _stored(path: Path | str) -> tuple[np.ndarray, FloatArray, str, list[str]]:
    """Values, affine [m], the header's unit of length, and what was decided about it."""
    if Path(path).name.lower().endswith((".mgz", ".mgh")):
        return *_freesurfer_volume(Path(path)), "mm", []
    values, _ = read_volume_nifti(path)
    header = _header(path)
    affine_m, notes = _orientation(path, header)
    return values, affine_m, header.get_xyzt_units()[0], notes


def _freesurfer_volume(path: Path) -> tuple[np.ndarray, FloatArray]:
    """Values and affine of an .mgz or .mgh file, in scanner coordinates."""
    from nibabel.filebasedimages import ImageFileError
    from nibabel.freesurfer.mghformat import MGHError, MGHImage

    content_of(path)  # complains in our words when there is no such file
    try:
        image = MGHImage.from_filename(path)
        values = np.asarray(image.dataobj, dtype=np.float32)
    except (ImageFileError, MGHError, OSError, EOFError, ValueError, TypeError) as error:
        msg = f"{path}: this is not a whole FreeSurfer volume ({error}). Copy it again."
        raise FileFormatError(msg) from error
    affine_m = np.array(image.affine, dtype=np.float64)
    affine_m[:3] = m_from_mm(affine_m[:3])
    return values, affine_m


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


def _header(path: Path | str) -> Any:  # noqa: ANN401 - nibabel has no type for it
    from nibabel.nifti1 import load

    return load(path).header


def _single(path: Path | str, values: np.ndarray) -> np.ndarray:
    while values.ndim > 3 and values.shape[-1] == 1:
        values = values[..., 0]
    if values.ndim != 3 or min(values.shape) < 2:
        msg = (
            f"{path}: the image must be one 3-D volume; it has shape {values.shape}. "
            "Take one volume out of it."
        )
        raise BadInputError(msg)
    return values


def _orientation(path: Path | str, header: Any) -> tuple[FloatArray, list[str]]:  # noqa: ANN401
    """Choose between sform and qform, and say what was chosen."""
    sform, scode = header.get_sform(coded=True)
    try:
        qform, qcode = header.get_qform(coded=True)
    except ValueError:  # quaternion that is none
        qform, qcode = np.zeros((4, 4)), 0
    usable = {
        "sform": sform if scode and _is_rigid(sform) else None,
        "qform": qform if qcode and _is_rigid(qform) else None,
    }
    name = next((name for name, affine in usable.items() if affine is not None), None)
    if name is None and (scode or qcode):
        msg = (
            f"{path}: the header's sform or qform must turn and scale only; here it shears or "
            "is singular. Resample the image, or mend its header."
        )
        raise FileFormatError(msg)
    notes = []
    affine_mm = header.get_best_affine() if name is None else usable[name]
    if name is None:
        notes.append(NO_CODE)
    if scode and qcode:
        notes += _disagreement(name, sform, qform, header.get_data_shape()[:3])
    affine_m = np.array(affine_mm, dtype=float)
    affine_m[:3] = m_from_mm(affine_m[:3])
    return affine_m, notes


def _is_rigid(affine_mm: FloatArray) -> bool:
    linear = affine_mm[:3, :3]
    lengths = np.linalg.norm(linear, axis=0)
    if not np.isfinite(affine_mm).all() or lengths.min() <= 0:
        return False
    cosines = linear.T @ linear / np.outer(lengths, lengths)
    return bool(np.abs(cosines - np.eye(3)).max() < MOST_SHEAR)


def _disagreement(
    name: str | None, sform: FloatArray, qform: FloatArray, shape: tuple[int, ...]
) -> list[str]:
    corners = np.array(list(np.ndindex(2, 2, 2))) * (np.array(shape) - 1)
    places = [corners @ affine[:3, :3].T + affine[:3, 3] for affine in (sform, qform)]
    apart_mm = float(np.linalg.norm(places[0] - places[1], axis=1).max())
    if apart_mm <= mm_from_m(SAME_M):
        return []
    reason = "" if name == "sform" else ", since the sform shears"
    return [
        f"the header's sform and qform disagree by up to {apart_mm:.1f} mm; the {name} is "
        f"used{reason}."
    ]


def _require_voxels(path: Path | str, unit: str, affine_m: FloatArray) -> None:
    spacing_m = np.linalg.norm(affine_m[:3, :3], axis=0)
    shown = " x ".join(f"{x:.4g}" for x in mm_from_m(spacing_m))
    if unit not in ("mm", "unknown"):
        msg = (
            f"{path}: the header's unit must be mm; it says {unit}, with voxels of {shown}. "
            "Correct the unit (xyzt_units) in the header."
        )
        raise BadInputError(msg)
    if spacing_m.max() > THICKEST_VOXEL_M or spacing_m.min() < THINNEST_VOXEL_M:
        msg = (
            f"{path}: voxels must be {mm_from_m(THINNEST_VOXEL_M):g} to "
            f"{mm_from_m(THICKEST_VOXEL_M):g} mm along every axis; they are {shown} mm. Thin "
            "layers (CSF, skull) cannot be seen in thicker slices; if the image is finer, its "
            "header has a wrong unit."
        )
        raise BadInputError(msg)
