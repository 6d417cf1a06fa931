"""Regions of an atlas in MNI space at the vertices of a person's cortex."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cortistim.errors import BadInputError
from cortistim.geometry import freeze, transform
from cortistim.head.cortex.hemispheres import Parcels
from cortistim.head.space.frames import Frame
from cortistim.typing import FloatArray, IntArray

REACH_M = 4e-3  # to the nearest voxel of a region, where a vertex lies beside all of them
LEAST_COVER = 0.2  # of the vertices; less means that the atlas lies elsewhere


@dataclass(frozen=True, eq=False)
class Atlas:
    """A label image in MNI space.

    Parameters
    ----------
    name : str
        What it is called.
    labels : (nx, ny, nz) int array
        Region of each voxel; 0 where there is none.
    affine_m : (4, 4) array [m]
        Voxel index to MNI space.
    names : mapping of int to str
        What the numbers mean.
    """

    name: str
    labels: IntArray
    affine_m: FloatArray
    names: Mapping[int, str]

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "labels")
        freeze(self, "affine_m", dtype=np.float64)

    def at(self, vertices_m: FloatArray, frame: Frame) -> Parcels:
        """Look up the region of places in a person's cortex.

        Parameters
        ----------
        vertices_m : (n_vertex, 3) array [m]
            In subject space.
        frame : Frame
            Leads to MNI space.

        Returns
        -------
        Parcels
            A vertex outside all regions takes the nearest one within 4 mm.

        Raises
        ------
        BadInputError
            When the atlas covers less than a fifth of the vertices.
        """
        from scipy.spatial import KDTree

        mni_m = frame.to_mni_m(vertices_m)
        index = np.rint(transform(np.linalg.inv(self.affine_m), mni_m)).astype(int)
        within = ((index >= 0) & (index < self.labels.shape)).all(axis=1)
        numbers = np.zeros(len(vertices_m), np.int32)
        numbers[within] = self.labels[tuple(index[within].T)]
        beside = np.flatnonzero(numbers == 0)
        voxels = np.argwhere(self.labels > 0)
        if len(voxels) and len(beside):
            tree = KDTree(transform(self.affine_m, voxels.astype(float)))
            found = tree.query(mni_m[beside], distance_upper_bound=REACH_M)
            far_m, nearest = (np.asarray(one) for one in found)
            near = np.isfinite(far_m)
            numbers[beside[near]] = self.labels[tuple(voxels[nearest[near]].T)]
        if (numbers > 0).mean() < LEAST_COVER:
            msg = (
                f"an atlas must lie over the cortex in MNI space; {self.name} covers "
                f"{100 * (numbers > 0).mean():.0f} % of the vertices. Check that it is in MNI "
                "space, in mm."
            )
            raise BadInputError(msg)
        return Parcels(self.name, numbers, self.names, f"atlas {self.name} in MNI space")
