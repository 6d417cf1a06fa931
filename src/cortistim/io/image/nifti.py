"""NIfTI volumes, in millimetres of subject space."""

import gzip
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError
from cortistim.io.image.opening import open_image
from cortistim.io.text import write_bytes
from cortistim.typing import FloatArray
from cortistim.units import mm_from_m

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
    stored = values.astype(np.int32 if whole else np.float32)
    write_bytes(path, nifti_bytes(path, stored, affine_mm, description))


def nifti_bytes(
    path: Path, values: np.ndarray, affine_mm: FloatArray, description: str
) -> bytes:
    """Spell a volume as a NIfTI file with a scanner's qform and sform.

    Parameters
    ----------
    path : Path
        Named in complaints; gzipped when it ends in .gz.
    values : array
        Of the type that is to be stored.
    affine_mm : (4, 4) array [mm]
        From voxel indices to world space, without shear.
    description : str
        Up to 79 characters.

    Returns
    -------
    bytes
        The same for the same content.

    Raises
    ------
    BadInputError
        When the affine shears.
    """
    from nibabel.nifti1 import Nifti1Image

    image = Nifti1Image(values, affine_mm)
    image.set_qform(affine_mm, code=SCANNER)
    image.set_sform(affine_mm, code=SCANNER)
    if not np.allclose(image.get_qform(), affine_mm, atol=1e-3):
        msg = f"{path}: the affine must turn and scale only; it shears. Resample the volume."
        raise BadInputError(msg)
    image.header.set_xyzt_units("mm")
    image.header["descrip"] = description.encode("ascii", "replace")[:79]
    data = image.to_bytes()
    return gzip.compress(data, 6, mtime=0) if path.suffix.lower() == ".gz" else data


def read_volume_nifti(
    path: Path | str, *, keep_double: bool = False
) -> tuple[np.ndarray, FloatArray]:
    """Read a volume.

    Parameters
    ----------
    path : Path or str
        An image of any kind that `cortistim.io.image.opening.open_image` knows.
    keep_double : bool, optional
        Return float64, which holds every stored number exactly.

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
        When it is no image, its header is impossible, or it is cut short.
    """
    image = open_image(path)
    affine_m = image.affine_m()
    return image.values(np.float64 if keep_double else np.float32), affine_m
