"""Poses on the scalp: where the coil may go, with which turns, lifted until it is clear."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.spatial import KDTree

from cortistim.coil.coil import Coil
from cortistim.errors import PoseError
from cortistim.geometry import transform, unit
from cortistim.head.head import Head
from cortistim.placement import place_over, place_towards, raise_until_clear
from cortistim.placement.clearance import STEP_M, casing_samples_m
from cortistim.placement.pose import Pose
from cortistim.targeting import _kernels
from cortistim.typing import BoolArray, FloatArray

HIGHEST_M = 0.05  # a coil farther off than this is no longer on the scalp
COLUMN_M = 0.003


@dataclass(frozen=True, slots=True)
class SearchRegion:
    """What is searched.

    Parameters
    ----------
    centre_m : (3,) array [m]
        Scalp point in the middle.
    radius_m : float [m]
        How far from it the coil's centre may go, straight through space.
    spacing_m : float [m]
        Between the positions tried first.
    distance_m : float [m]
        From the scalp to the casing's face; more where the casing would touch.
    handle_rad : float [rad] or None
        A fixed handle angle, or None to search it too.
    n_angle : int
        Angles solved for at each position over the full turn; between them the field is
        interpolated, which for usual coils is good to a percent from eight on.
    """

    centre_m: FloatArray
    radius_m: float
    spacing_m: float
    distance_m: float
    handle_rad: float | None
    n_angle: int = 8


@dataclass(frozen=True, eq=False)
class ScalpPoses:
    """A coil that slides over the scalp of a head.

    Parameters
    ----------
    head, coil : Head, Coil
        Who and what.
    region : SearchRegion
        Where.
    """

    head: Head
    coil: Coil
    region: SearchRegion

    def positions_m(self) -> FloatArray:
        """Thin out the scalp's vertices in the region to the spacing, nearest first."""
        region = self.region
        scalp = self.head.scalp
        distance = np.linalg.norm(scalp.vertices_m - region.centre_m, axis=1)
        order = np.argsort(distance, kind="stable")
        order = order[: np.searchsorted(distance[order], region.radius_m)]
        places_m = np.vstack([region.centre_m, scalp.vertices_m[order]])
        tree, free = KDTree(places_m), np.ones(len(places_m), bool)
        kept = []
        for number, place_m in enumerate(places_m):
            if free[number]:
                kept.append(place_m)
                free[tree.query_ball_point(place_m, region.spacing_m * (1 - 1e-12))] = False
        return np.array(kept)

    def pose(self, point_m: FloatArray, turn_rad: float) -> Pose:
        """Put the coil over the scalp near a point, lifted until it touches nothing.

        Parameters
        ----------
        point_m : (3,) array [m]
            The nearest scalp point is taken.
        turn_rad : float [rad]
            Turn about the coil's axis, from the fixed handle angle or, without one, from
            the same direction in space at every position.

        Returns
        -------
        Pose
            Clear of the head.
        """
        region = self.region
        if region.handle_rad is not None:
            base = place_over(
                self.head, point_m, handle_rad=region.handle_rad, distance_m=region.distance_m
            )
        else:
            far = point_m + self._reference
            base = place_towards(
                self.head, point_m, towards_m=far, distance_m=region.distance_m
            )
        return raise_until_clear(self.head, self.coil, turned(base, turn_rad))[0]

    @cached_property
    def _reference(self) -> FloatArray:
        """Return a direction in the scalp plane at the region's centre."""
        scalp = self.head.scalp
        nearest = np.linalg.norm(scalp.vertices_m - self.region.centre_m, axis=1).argmin()
        normal = scalp.normals[nearest]
        axis = np.eye(3)[np.argmin(np.abs(normal))]
        return unit(np.cross(normal, axis))

    def turns_rad(self) -> FloatArray:
        """Angles tried at each position: one when the handle is fixed."""
        if self.region.handle_rad is not None:
            return np.zeros(1)
        return 2 * np.pi * np.arange(self.region.n_angle) / self.region.n_angle

    def grid(self, turns_rad: FloatArray, positions_m: FloatArray | None = None) -> "PoseGrid":
        """Put the coil at every position with every turn.

        Parameters
        ----------
        turns_rad : (k,) array [rad]
            About the coil's axis.
        positions_m : (n, 3) array [m], optional
            On the scalp; by default those of the region.

        Returns
        -------
        PoseGrid
            Lifted until clear; poses that would be lifted by more than 50 mm are left out.
        """
        places_m = self.positions_m() if positions_m is None else positions_m
        places_m, bases = self._bases(places_m)
        outside = self.head.outside
        to_grid, spacing_m = np.linalg.inv(outside.affine_m), float(outside.affine_m[0, 0])
        scaled = bases[:, :3].copy()
        scaled[:, :, 3] = transform(to_grid, bases[:, :3, 3])
        turns = np.column_stack([np.cos(turns_rad), np.sin(turns_rad)])
        distance = outside.values_m / np.float32(spacing_m)
        lifts = _kernels.lifts(
            scaled,
            turns,
            self._front_m / spacing_m,
            distance,
            STEP_M / spacing_m,
            HIGHEST_M / spacing_m,
        )
        return PoseGrid(places_m, bases, np.asarray(turns_rad), lifts * spacing_m)

    def _bases(self, places_m: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Positions that a pose exists at, and the poses before any turn or lift."""
        region, scalp = self.region, self.head.scalp
        if region.handle_rad is not None:
            return self._with_handle(places_m, region.handle_rad)
        closest_m, triangle, weights = self.head.outside.closest(places_m)
        corners = scalp.normals[scalp.triangles[triangle]]
        normal = unit(np.einsum("nk,nkx->nx", weights, corners))
        line = np.broadcast_to(self._reference, normal.shape)
        # where the scalp looks along the reference, its plane is left by another direction
        along = np.abs(np.einsum("nx,nx->n", line, normal)) > np.cos(np.radians(10.0))
        line = np.where(along[:, None], np.roll(line, 1, axis=1), line)
        y = unit(line - np.einsum("nx,nx->n", line, normal)[:, None] * normal)
        out = np.tile(np.eye(4), (len(places_m), 1, 1))
        out[:, :3, 0], out[:, :3, 1], out[:, :3, 2] = np.cross(y, -normal), y, -normal
        out[:, :3, 3] = closest_m + region.distance_m * normal
        return places_m, out

    def _with_handle(
        self, places_m: FloatArray, handle_rad: float
    ) -> tuple[FloatArray, FloatArray]:
        kept, bases = [], []
        for place_m in places_m:
            try:
                pose = place_over(
                    self.head,
                    place_m,
                    handle_rad=handle_rad,
                    distance_m=self.region.distance_m,
                )
            except PoseError:
                continue  # the angle is undefined on this part of the head
            kept.append(place_m)
            bases.append(pose.matrix_m)
        return np.array(kept).reshape(-1, 3), np.array(bases).reshape(-1, 4, 4)

    @cached_property
    def _front_m(self) -> FloatArray:
        """The coil's points that can touch first: the foremost of each 3 mm column."""
        points_m = np.vstack([casing_samples_m(self.coil.casing), self.coil.copper_m])
        order = points_m[np.argsort(-points_m[:, 2], kind="stable")]
        columns = np.round(order[:, :2] / COLUMN_M).astype(int)
        first = np.unique(columns, axis=0, return_index=True)[1]
        return order[np.sort(first)]


@dataclass(frozen=True, eq=False)
class PoseGrid:
    """Positions on the scalp times turns of the coil.

    Parameters
    ----------
    positions_m : (n, 3) array [m]
        On the scalp.
    bases_m : (n, 4, 4) array [m]
        The pose of each position before any turn or lift.
    turns_rad : (k,) array [rad]
        About the coil's axis.
    lifts_m : (n, k) array [m]
        Along -z until the coil is clear; infinite where it does not get there.
    """

    positions_m: FloatArray
    bases_m: FloatArray
    turns_rad: FloatArray
    lifts_m: FloatArray

    def pose(self, place: int, turn: int) -> Pose:
        """Return one pose; its lift must be finite."""
        matrix_m = self.bases_m[place].copy()
        matrix_m[:3, 3] -= self.lifts_m[place, turn] * matrix_m[:3, 2]
        return turned(Pose(matrix_m), float(self.turns_rad[turn]))

    @property
    def possible(self) -> BoolArray:
        """Which of the (n, k) poses exist."""
        return np.isfinite(self.lifts_m)


def turned(pose: Pose, angle_rad: float) -> Pose:
    """Turn a coil about its own axis.

    Parameters
    ----------
    pose : Pose
        Any.
    angle_rad : float [rad]
        Right-handed about z, which points into the head.

    Returns
    -------
    Pose
        Same place, other handle.
    """
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    turn = np.array([[c, -s, 0, 0], [s, c, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]])
    return Pose(pose.matrix_m @ turn)
