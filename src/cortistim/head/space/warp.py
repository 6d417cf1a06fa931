"""A nonlinear tie between subject and MNI space: two maps of coordinates."""

from dataclasses import dataclass

import numpy as np

from cortistim.errors import BadInputError
from cortistim.geometry import freeze, transform
from cortistim.typing import FloatArray
from cortistim.units import mm_from_m

REACH_M = 5e-3


@dataclass(frozen=True, eq=False)
class CoordinateMap:
    """For each voxel of a grid in one space, the place in the other.

    Parameters
    ----------
    targets_m : (n_x, n_y, n_z, 3) array [m]
        Places in the other space; exactly (0, 0, 0) marks a voxel without one.
    world_from_voxel : (4, 4) array [m]
        From voxel indices to this space.
    """

    targets_m: FloatArray
    world_from_voxel: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays; refuse what is no map."""
        freeze(self, "targets_m")
        freeze(self, "world_from_voxel", dtype=np.float64)
        shape = self.targets_m.shape
        if len(shape) != 4 or shape[3] != 3 or min(shape) < 2:
            msg = f"a warp must be (n_x, n_y, n_z, 3), 2 or more a side; got {shape}."
            raise BadInputError(msg)
        if not self.targets_m.any():
            msg = "a warp must have voxels that are not (0, 0, 0); it has none."
            raise BadInputError(msg)

    def carry_m(self, points_m: FloatArray) -> FloatArray:
        """Carry points to the other space by trilinear interpolation.

        A point with an invalid voxel at a corner takes the nearest valid voxel within 5 mm
        and keeps its offset from it unturned.

        Parameters
        ----------
        points_m : (n_point, 3) array [m]
            In this space.

        Returns
        -------
        (n_point, 3) array [m]
            In the other space.

        Raises
        ------
        BadInputError
            When a point is not finite or has no valid voxel within 5 mm.
        """
        points_m = np.asarray(points_m, dtype=float).reshape(-1, 3)
        if not np.isfinite(points_m).all():
            msg = "points to carry must be finite; some are NaN or infinite."
            raise BadInputError(msg)
        voxel = transform(np.linalg.inv(self.world_from_voxel), points_m)
        last = np.array(self.targets_m.shape[:3]) - 1
        low = np.clip(np.floor(voxel).astype(np.int64), 0, last - 1)
        valid = ((voxel >= 0) & (voxel <= last)).all(axis=1)
        out = np.zeros_like(points_m)
        for step in np.ndindex(2, 2, 2):
            share = np.prod(np.where(step, voxel - low, 1 - voxel + low), axis=1)
            corner = self.targets_m[tuple((low + step).T)]
            valid &= corner.any(axis=1) | (share == 0)
            out += share[:, None] * corner
        for row in np.flatnonzero(~valid):
            out[row] = self._from_nearest(points_m[row], voxel[row])
        return out

    def _from_nearest(self, point_m: FloatArray, voxel: FloatArray) -> FloatArray:
        shape = np.array(self.targets_m.shape[:3])
        edge_m = np.linalg.norm(self.world_from_voxel[:3, :3], axis=0)
        steps = np.ceil(REACH_M / edge_m).astype(np.int64)
        low = np.clip(np.round(voxel).astype(np.int64) - steps, 0, shape)
        high = np.clip(np.round(voxel).astype(np.int64) + steps + 1, 0, shape)
        ranges = (np.arange(a, b) for a, b in zip(low, high, strict=True))
        box = np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, 3)
        targets = self.targets_m[tuple(box.T)]
        world_m = transform(self.world_from_voxel, box.astype(float))
        away_m = np.linalg.norm(world_m - point_m, axis=1)
        away_m[~targets.any(axis=1)] = np.inf
        if away_m.min(initial=np.inf) > REACH_M:
            at_mm = ", ".join(f"{x:.1f}" for x in mm_from_m(point_m))
            msg = (
                f"a point must lie within {mm_from_m(REACH_M):g} mm of where the warp to MNI "
                f"space is known; ({at_mm}) mm does not. Give it in the other space."
            )
            raise BadInputError(msg)
        nearest = int(away_m.argmin())
        return targets[nearest] + point_m - world_m[nearest]


@dataclass(frozen=True, eq=False)
class WarpFrame:
    """Two coordinate maps, one each way; fulfils `cortistim.head.space.frames.Frame`.

    Parameters
    ----------
    mni_of_subject : CoordinateMap
        On the subject's grid, MNI coordinates.
    subject_of_mni : CoordinateMap
        On the MNI grid, subject coordinates.
    description : str
        How the warp was found and how far to trust it.
    """

    mni_of_subject: CoordinateMap
    subject_of_mni: CoordinateMap
    description: str

    def to_mni_m(self, points_m: FloatArray) -> FloatArray:
        """Carry subject points (n_point, 3) [m] to MNI space [m]."""
        return self.mni_of_subject.carry_m(points_m)

    def to_subject_m(self, points_m: FloatArray) -> FloatArray:
        """Carry MNI points (n_point, 3) [m] to subject space [m]."""
        return self.subject_of_mni.carry_m(points_m)
