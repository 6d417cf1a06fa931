"""The cortex where it looks like white matter: crowns of gyri that seem bare."""

import numpy as np

from cortistim.head.segmentation.outline import closed, voxels_from, within
from cortistim.head.segmentation.template import Template
from cortistim.head.tissues import GREY, WHITE
from cortistim.image import Volume
from cortistim.typing import FloatArray, IntArray

# A voxel's centre, below the brain's surface: cortex of at least about 1.5 mm, where people
# have 1 to 4.5 mm [fischl2000]_ and thinner places are rare on crowns.
LEAST_M = 1.2e-3
REACH_M = 12e-3  # below the hull; deeper, white matter may touch ventricles
HULL_CLOSING_M = 6e-3
PART_ROOM_M = 3e-3


def bare_white(
    labels: IntArray, mni_m: FloatArray, voxel_m: float, template: Template
) -> np.ndarray:
    """Find white matter at the outside of the cerebrum, where cortex must be.

    Myelin makes the cortex of the central gyri nearly as bright as white matter in a T1
    image; a narrow crown can be lost between both. White matter never reaches the outside
    of the cerebrum, so what touches it is cortex that the grey values do not tell.

    Parameters
    ----------
    labels : (nx, ny, nz) int array
        Tissue tags.
    mni_m : (nx, ny, nz, 3) array [m]
        Place of each voxel in MNI space.
    voxel_m : float [m]
        Mean edge of a voxel; all edges should be about equal.
    template : Template
        Tells brain stem, cerebellum and deep grey matter, which are left alone.

    Returns
    -------
    (nx, ny, nz) bool array
        White matter that is better called grey matter.
    """
    brain = np.isin(labels, (WHITE, GREY))
    if not brain.any():
        return brain
    hull = closed(brain, HULL_CLOSING_M / voxel_m)
    outer = voxels_from(~hull) * voxel_m < REACH_M
    depth_m = (voxels_from(~brain) - 0.5) * voxel_m
    found = (labels == WHITE) & outer & (depth_m <= LEAST_M)
    kept_apart = within(template.parts > 0, PART_ROOM_M / template.labels.spacing_m.mean())
    apart = Volume(kept_apart.astype(np.float32), template.labels.affine_m)
    found[found] = apart.at(mni_m[found]) < 0.5  # pyright: ignore[reportArgumentType]
    return found
