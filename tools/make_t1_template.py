"""Make ``src/cortistim/head/data/colin27_t1.npz``, the image that heads are registered to.

Input is the Colin27 average (``ch2.nii.gz`` of the Debian package mricron-data
1.2.20211006): 1 mm, MNI space, 27 scans of one person. It is kept at 2 mm.

    python tools/make_t1_template.py ch2.nii.gz
"""

import sys
from pathlib import Path

import numpy as np

from cortistim.image import Volume, grid_points_m, isotropic_grid
from cortistim.units import m_from_mm

TARGET = Path(__file__).parents[1] / "src" / "cortistim" / "head" / "data" / "colin27_t1.npz"
SPACING_M = 2e-3


def main(source: str) -> None:
    """Blur to the new voxel size, resample and write with the affine."""
    from nibabel.nifti1 import load

    image = load(source)
    affine_m = np.array(image.affine)
    affine_m[:3] = m_from_mm(affine_m[:3])
    whole = Volume(np.asarray(image.dataobj, dtype=np.float32), affine_m)
    shape, affine_m = isotropic_grid(whole, SPACING_M)
    values = whole.blurred(SPACING_M / 3).at(grid_points_m(shape, affine_m))
    t1 = np.rint(np.clip(values, 0, 255)).astype(np.uint8)
    np.savez_compressed(TARGET, t1=t1, affine_m=affine_m)
    print(f"{TARGET}: {t1.shape}, {TARGET.stat().st_size / 1e6:.2f} MB")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1])
