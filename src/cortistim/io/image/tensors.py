"""Diffusion tensor images: six volumes Dxx, Dxy, Dxz, Dyy, Dyz, Dzz, as FSL writes them."""

from pathlib import Path

import numpy as np
from scipy.linalg import polar

from cortistim.errors import FileFormatError
from cortistim.head.anisotropy import TensorImage
from cortistim.io.image.opening import open_image
from cortistim.typing import FloatArray

PLACES = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))


def read_tensor_nifti(path: Path | str) -> TensorImage:
    """Read diffusion tensors and turn them into the frame of the head.

    FSL gives tensors in the axes of the voxels, the first of them mirrored where the affine
    does not mirror; here they are turned by the rotation that is nearest to the affine.

    Parameters
    ----------
    path : Path or str
        NIfTI of four dimensions with six volumes, such as ``DTI_coregT1_tensor.nii.gz``.

    Returns
    -------
    TensorImage
        In the frame of the affine.

    Raises
    ------
    FileFormatError
        When the file cannot be read, or holds no six volumes of finite numbers.
    """
    image = open_image(path)
    if len(image.shape) != 4 or image.shape[3] != len(PLACES):
        msg = (
            f"{path}: a tensor image must have six volumes (Dxx, Dxy, Dxz, Dyy, Dyz, Dzz); got "
            f"the shape {image.shape}."
        )
        raise FileFormatError(msg)
    affine_m = image.affine_m()
    values = image.values()
    if not np.isfinite(values).all():
        msg = f"{path}: tensors must be finite; {int((~np.isfinite(values)).sum())} are not."
        raise FileFormatError(msg)
    tensors = np.empty((*values.shape[:3], 3, 3), np.float32)
    for volume, (i, j) in enumerate(PLACES):
        tensors[..., i, j] = tensors[..., j, i] = values[..., volume]
    turn = voxel_axes(affine_m)
    turned = np.einsum("ai,xyzij,bj->xyzab", turn, tensors, turn, optimize=True)
    return TensorImage(turned, affine_m, Path(path).name)


def voxel_axes(affine_m: FloatArray) -> FloatArray:
    """Return the axes in which FSL writes tensors, as columns.

    Parameters
    ----------
    affine_m : (4, 4) array
        Voxel index to the frame of the head.

    Returns
    -------
    (3, 3) array
        Of unit length and orthogonal.
    """
    turn, _ = polar(affine_m[:3, :3])
    if np.linalg.det(affine_m[:3, :3]) > 0:
        turn[:, 0] *= -1
    return turn
