"""Make ``src/cortistim/head/data/colin27.npz``, the labels of the built-in head.

Input is a NIfTI label image of the Colin27 average (1 mm, MNI space; 1 white matter, 2 grey
matter, 3 CSF, 4 bone, 5 scalp, 6 eyes, 0 air). Ours was made from ``ch2.nii.gz`` (27 scans)
and ``ch2bet.nii.gz`` (its brain mask) of the Debian package mricron-data 1.2.20211006 by
thresholds (CSF below 64, grey matter below 97, bone below 34 of 255) and morphology.

The sheets of CSF in narrow sulci, which those thresholds miss, are found in ``ch2.nii.gz`` and
kept beside the labels.

    python tools/make_colin27.py colin27_labels.nii.gz ch2.nii.gz
"""

import sys
from pathlib import Path

import numpy as np

from cortistim.head.mesher import prepare_labels
from cortistim.head.segmentation.sulci import sulcal_sheets
from cortistim.image import Volume, grid_points_m
from cortistim.typing import FloatArray
from cortistim.units import m_from_mm

TARGET = Path(__file__).parents[1] / "src" / "cortistim" / "head" / "data" / "colin27.npz"
VALLEY_OF_27_SCANS = 0.3


def main(source: str, t1: str) -> None:
    """Prepare the labels, crop them to the head and write them with their affine."""
    from nibabel.nifti1 import load

    image = load(source)
    labels = prepare_labels(np.asarray(image.dataobj, dtype=np.uint8))
    filled = np.argwhere(labels)
    low, high = filled.min(axis=0), filled.max(axis=0) + 1
    affine_m = np.array(image.affine)
    affine_m[:3] = m_from_mm(affine_m[:3])
    affine_m[:3, 3] += affine_m[:3, :3] @ low
    cropped = labels[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    values = _values_on(t1, cropped.shape, affine_m)
    voxel_m = float(np.cbrt(np.linalg.det(affine_m[:3, :3])))
    sulci = sulcal_sheets(values, cropped, voxel_m, VALLEY_OF_27_SCANS)
    np.savez_compressed(TARGET, labels=cropped, sulci=sulci, affine_m=affine_m)
    print(f"{TARGET}: {cropped.shape}, {TARGET.stat().st_size / 1e6:.2f} MB")  # noqa: T201


def _values_on(path: str, shape: tuple[int, ...], affine_m: FloatArray) -> FloatArray:
    """Grey values of an image on another grid."""
    from nibabel.nifti1 import load

    image = load(path)
    own_m = np.array(image.affine)
    own_m[:3] = m_from_mm(own_m[:3])
    whole = Volume(np.asarray(image.dataobj, dtype=np.float32), own_m)
    return whole.at(grid_points_m(shape, affine_m))


if __name__ == "__main__":
    main(*sys.argv[1:])
