"""The pose: the only thing that changes the frame between coil and head."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from cortistim.errors import BadInputError, PoseError
from cortistim.geometry import assign, frozen, transform
from cortistim.shown import Facts, Shown
from cortistim.typing import FloatArray
from cortistim.units import mm_from_m

SHEAR_TOLERANCE = 1e-3
FARTHEST_M = 3.0  # from the frame's origin: no coil is
LARGEST_ENTRY = 1e6  # what is larger would overflow before it is seen to be sheared


@dataclass(frozen=True, eq=False, repr=False)
class Pose(Shown):
    """A rigid coil pose: coil frame to subject frame, both in metres.

    Columns are x, y, z and the origin, as in ``matsimnibs``: z points into the head, y
    away from the handle, the origin is the centre of the casing's face.

    Parameters
    ----------
    matrix_m : (4, 4) array [m]
        Rotation and translation. Rounding (below 1e-3) is removed, anything more refused.
    """

    matrix_m: FloatArray

    def facts(self) -> Facts:
        """Name what matters.

        Returns
        -------
        tuple of (str, str)
            Labels and values, with units.
        """
        x, y, z = mm_from_m(self.origin_m)
        handle = ", ".join(f"{part:+.2f}" for part in self.handle_direction)
        return (
            ("centre", f"({x:.1f}, {y:.1f}, {z:.1f}) mm"),
            ("into the head", ", ".join(f"{part:+.2f}" for part in self.rotation[:, 2])),
            ("handle towards", handle),
        )

    def __post_init__(self) -> None:
        """Refuse what is not rigid; remove rounding from what is."""
        assign(self, matrix_m=frozen(_rigid(self.matrix_m)))

    @property
    def rotation(self) -> FloatArray:
        """Columns are the coil's x, y and z in the subject frame, (3, 3)."""
        return self.matrix_m[:3, :3]

    @property
    def origin_m(self) -> FloatArray:
        """Centre of the casing's face in the subject frame, (3,), in metres."""
        return self.matrix_m[:3, 3]

    @property
    def handle_direction(self) -> FloatArray:
        """Unit vector from the coil's centre along its handle, (3,)."""
        return -self.rotation[:, 1]

    def to_subject_m(self, points_m: FloatArray) -> FloatArray:
        """Carry points from the coil's frame to the subject's.

        Parameters
        ----------
        points_m : (n_point, 3) array [m]
            In the coil's frame.

        Returns
        -------
        (n_point, 3) array [m]
            In the subject's frame.
        """
        return transform(self.matrix_m, points_m)

    def to_coil_m(self, points_m: FloatArray) -> FloatArray:
        """Carry points from the subject's frame to the coil's.

        Parameters
        ----------
        points_m : (n_point, 3) array [m]
            In the subject's frame.

        Returns
        -------
        (n_point, 3) array [m]
            In the coil's frame.
        """
        return (points_m - self.origin_m) @ self.rotation


def deviation(pose: Pose, plan: Pose) -> tuple[float, float]:
    """Measure how far a pose is from a plan.

    Parameters
    ----------
    pose, plan : Pose
        In the same frame.

    Returns
    -------
    distance_m : float
        Between the origins.
    angle_rad : float
        Of the one rotation that turns one onto the other, 0 to pi.
    """
    distance_m = float(np.linalg.norm(pose.origin_m - plan.origin_m))
    turn = pose.rotation.T @ plan.rotation
    axis = (turn - turn.T)[[2, 0, 1], [1, 2, 0]]  # twice the sine, along the axis of rotation
    return distance_m, float(np.arctan2(np.linalg.norm(axis), np.trace(turn) - 1))


def nudged(pose: Pose, shift_m: FloatArray, turn_rad: FloatArray) -> Pose:
    """Move a coil along and about its own axes.

    Parameters
    ----------
    pose : Pose
        Any.
    shift_m : (3,) array [m]
        Along its x, y and z.
    turn_rad : (3,) array [rad]
        Rotation vector in its frame, about its origin.

    Returns
    -------
    Pose
        First turned, then shifted along the axes it had.
    """
    change = np.eye(4)
    # a copy: scipy 1.13 asks for arrays that may be written, and a broadcast one may not
    change[:3, :3] = Rotation.from_rotvec(np.array(turn_rad, float)).as_matrix()
    change[:3, 3] = shift_m
    return Pose(pose.matrix_m @ change)


def as_pose(what: object) -> Pose:
    """Take a pose, or the 4x4 matrix of one.

    Parameters
    ----------
    what : Pose or (4, 4) array or nested list in metres
        Coil frame to subject frame.

    Returns
    -------
    Pose
        Rigid.

    Raises
    ------
    BadInputError
        When it is neither.
    PoseError
        When the matrix is not rigid, or can only be in millimetres.
    """
    if isinstance(what, Pose):
        return what
    got = type(what).__name__
    try:
        matrix = np.asarray(what, dtype=float)
    except (TypeError, ValueError) as error:
        msg = f"`pose` must be a pose or a 4x4 matrix in metres; got {got}."
        raise BadInputError(msg) from error
    if matrix.shape == (4, 4) and np.abs(matrix[:3, 3]).max() > FARTHEST_M:
        farthest = np.abs(matrix[:3, 3]).max()
        msg = (
            f"`pose` must be in metres; its centre is {farthest:g} m away. Did you mean "
            "millimetres? Divide the last column by 1000."
        )
        raise PoseError(msg)
    return Pose(matrix)


def _rigid(matrix: FloatArray) -> FloatArray:
    matrix = np.array(matrix, dtype=np.float64)
    if matrix.shape != (4, 4) or not np.isfinite(matrix).all():
        msg = f"a pose must be a finite 4x4 matrix; got shape {matrix.shape}."
        raise PoseError(msg)
    if not np.allclose(matrix[3], [0, 0, 0, 1], atol=1e-9):
        msg = f"the last row of a pose must be 0 0 0 1; got {matrix[3].tolist()}."
        raise PoseError(msg)
    rotation = matrix[:3, :3]
    largest = float(np.abs(rotation).max())
    if largest > LARGEST_ENTRY:
        msg = (
            "a pose must be rigid: its axes have a length of 1, so no entry exceeds it; got "
            f"{largest:g}. The matrix scales or shears the coil; export it again."
        )
        raise PoseError(msg)
    determinant = float(np.linalg.det(rotation))
    if determinant < 0:
        msg = (
            f"a pose must not mirror the coil; its determinant is {determinant:.4f}. "
            "Flip one axis of the frame it was exported in."
        )
        raise PoseError(msg)
    shear = float(np.abs(rotation.T @ rotation - np.eye(3)).max())
    if shear > SHEAR_TOLERANCE:
        msg = (
            f"a pose must be rigid: |R'R - 1| may be {SHEAR_TOLERANCE}; got {shear:.4f}. "
            "The matrix scales or shears the coil; export it again."
        )
        raise PoseError(msg)
    left, _, right = np.linalg.svd(rotation)
    matrix[:3, :3] = left @ right
    return matrix
