"""NIfTI volumes, in millimetres of subject space."""

import gzip
import zlib
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError, FileFormatError
from cortistim.io.text import write_bytes
from cortistim.typing import FloatArray
from cortistim.units import m_from_mm, mm_from_m

SCANNER = 1


def write_volume_nifti(
    path: Path | str, values: np.ndarray, affine_m: FloatArray, description: str = ""
) -> None:
    """Write a volume, atomically; equal content gives equal bytes.

    Parameters
    ----------
    path : Path or str
        Ends in .nii or .nii.gz.
    values : (n_x, n_y, n_z) or (n_x, n_y, n_z, n_component) array
        Whole numbers are kept, others written as float32.
    affine_m : (4, 4) array [m]
        From voxel indices to subject space; rotation and voxel size only, so that qform
        and sform say the same.
    description : str
        Up to 79 characters, kept in the header.

    Raises
    ------
    BadInputError
        When the name, the shape or the affine do not fit.
    """
    from nibabel.nifti1 import Nifti1Image

    path = Path(path)
    values = np.asarray(values)
    if not path.name.lower().endswith((".nii", ".nii.gz")) or values.ndim not in (3, 4):
        msg = (
            f"{path}: a volume must have 3 or 4 axes and a name that ends in .nii or .nii.gz; "
            f"it has shape {values.shape}."
        )
        raise BadInputError(msg)
    affine_mm = np.array(affine_m, dtype=float)
    affine_mm[:3] = mm_from_m(affine_mm[:3])
    whole = np.issubdtype(values.dtype, np.integer) or values.dtype == bool
    image = Nifti1Image(values.astype(np.int32 if whole else np.float32), affine_mm)
    image.set_qform(affine_mm, code=SCANNER)
    image.set_sform(affine_mm, code=SCANNER)
    if not np.allclose(image.get_qform(), affine_mm, atol=1e-3):
        msg = f"{path}: the affine must turn and scale only; it shears. Resample the volume."
        raise BadInputError(msg)
    image.header.set_xyzt_units("mm")
    image.header["descrip"] = description.encode("ascii", "replace")[:79]
    data = image.to_bytes()
    write_bytes(path, gzip.compress(data, 6, mtime=0) if path.suffix == ".gz" else data)


def read_volume_nifti(path: Path | str) -> tuple[np.ndarray, FloatArray]:
    """Read a volume.

    Parameters
    ----------
    path : Path or str
        A .nii or .nii.gz file.

    Returns
    -------
    values : array
        As stored, scaled, float32.
    affine_m : (4, 4) array [m]
        From voxel indices to world space.

    Raises
    ------
    BadInputError
        When there is no such file.
    FileFormatError
        When it is not a NIfTI volume or is cut short.
    """
    from nibabel.filebasedimages import ImageFileError
    from nibabel.nifti1 import Nifti1Image
    from nibabel.spatialimages import HeaderDataError

    path = Path(path)
    if not path.is_file():
        msg = f"{path}: there is no such file. Check the path."
        raise BadInputError(msg)
    try:
        image = Nifti1Image.from_filename(path)
        values = np.asarray(image.dataobj, dtype=np.float32)
    except (
        ImageFileError,
        HeaderDataError,
        OSError,
        EOFError,
        ValueError,
        zlib.error,
    ) as error:
        msg = f"{path}: this is not a whole NIfTI volume ({error}). Copy it again."
        raise FileFormatError(msg) from error
    affine_m = np.array(image.affine, dtype=np.float64)
    affine_m[:3] = m_from_mm(affine_m[:3])
    return values, affine_m
