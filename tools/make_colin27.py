"""Make ``src/cortistim/head/data/colin27.npz``, the labels of the built-in head.

Input is a NIfTI label image of the Colin27 average (1 mm, MNI space; 1 white matter, 2 grey
matter, 3 CSF, 4 bone, 5 scalp, 6 eyes, 0 air). Ours was made from ``ch2.nii.gz`` (27 scans)
and ``ch2bet.nii.gz`` (its brain mask) of the Debian package mricron-data 1.2.20211006 by
thresholds (CSF below 64, grey matter below 97, bone below 34 of 255) and morphology.

    python tools/make_colin27.py colin27_labels.nii.gz
"""

import sys
from pathlib import Path

import numpy as np

from cortistim.head.mesher import prepare_labels
from cortistim.units import m_from_mm

TARGET = Path(__file__).parents[1] / "src" / "cortistim" / "head" / "data" / "colin27.npz"


def main(source: str) -> None:
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
    np.savez_compressed(TARGET, labels=cropped, affine_m=affine_m)
    print(f"{TARGET}: {cropped.shape}, {TARGET.stat().st_size / 1e6:.2f} MB")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1])
