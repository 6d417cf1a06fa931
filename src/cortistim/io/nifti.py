"""NIfTI volumes, in millimetres of subject space."""

import gzip
import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError, FileFormatError
from cortistim.io.cursor import content_of
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
        A .nii or .nii.gz file.
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
        When it is not a NIfTI volume or is cut short.
    """
    from nibabel.filebasedimages import ImageFileError
    from nibabel.nifti1 import Nifti1Header, Nifti1Image
    from nibabel.spatialimages import HeaderDataError
    from nibabel.wrapstruct import WrapStructError

    path = Path(path)
    data = content_of(path)
    dtype = np.float64 if keep_double else np.float32
    try:
        with _quiet():
            header = Nifti1Header.from_fileobj(BytesIO(data))
            itemsize = header.get_data_dtype().itemsize
            _require_room(path, header.get_data_shape(), itemsize, data)
            image = Nifti1Image.from_bytes(data)
            values = np.asarray(image.dataobj, dtype=dtype)
            affine_m = np.array(image.affine, dtype=np.float64)
    except FileFormatError:
        raise
    except (
        ImageFileError,
        HeaderDataError,
        WrapStructError,
        OSError,
        EOFError,
        ValueError,
        TypeError,
        OverflowError,
        KeyError,
    ) as error:
        msg = f"{path}: this is not a whole NIfTI volume ({error}). Copy it again."
        raise FileFormatError(msg) from error
    if not np.isfinite(affine_m).all():
        msg = f"{path}: the affine must be finite; it is not. Save the volume again."
        raise FileFormatError(msg)
    affine_m[:3] = m_from_mm(affine_m[:3])
    return values, affine_m


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep nibabel from logging what it repairs: what is wrong is said once, in our words."""
    logger = logging.getLogger("nibabel.global")
    before = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = before


def _require_room(path: Path, shape: tuple[int, ...], itemsize: int, data: bytes) -> None:
    """Refuse a volume larger than its file before memory is set aside for it."""
    wanted = math.prod(int(n) for n in shape) * itemsize
    if min(shape, default=0) < 1 or wanted > len(data):
        msg = (
            f"{path}: this is not a whole NIfTI volume: its header announces the shape "
            f"{shape}, {wanted} bytes; the file holds {len(data)}. Copy it again."
        )
        raise FileFormatError(msg)
