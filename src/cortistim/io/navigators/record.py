"""What a navigator's file holds: coil poses in one convention, and what was left out."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from cortistim.errors import PoseError, quoted
from cortistim.io.navigators.frames import DeclaredFrame
from cortistim.placement.pose import Pose
from cortistim.typing import FloatArray
from cortistim.units import matrix_m_from_mm

Kind = Literal["target", "sample"]

UNTRACKED = "untracked"
WITHOUT_POSE = "without a pose"
SMALLEST_MM, LARGEST_MM = 1.0, 2000.0


@dataclass(frozen=True, eq=False, slots=True)
class NavigatedPose:
    """One coil pose of a file.

    Parameters
    ----------
    name : str
        As in the file.
    kind : {"target", "sample"}
        Planned, or recorded at a stimulus.
    pose : Pose
        In the convention of `Pose`, whatever the file's own axes; in the file's frame.
    time_s : float [s], optional
        Since the start of the recording, or since the first sample; nan when not told.
    percent_mso : float, optional
        Stimulator output; nan when not told.
    didt_a_per_s : float [A/s], optional
        nan when not told.
    mep_v : tuple of float
        Peak-to-peak amplitudes in volt, by channel.
    target : str
        The target that was aimed at, when the file says so.
    """

    name: str
    kind: Kind
    pose: Pose
    time_s: float = np.nan
    percent_mso: float = np.nan
    didt_a_per_s: float = np.nan
    mep_v: tuple[float, ...] = ()
    target: str = ""


@dataclass(frozen=True, eq=False)
class PoseFile:
    """The poses of a file.

    Parameters
    ----------
    format : str
        A name of `FORMATS`.
    version : str
        As the file says; empty when it does not.
    frame : DeclaredFrame
        In which the poses are given.
    poses : tuple of NavigatedPose
        Each one rigid.
    dropped : mapping of str to int
        How many entries hold no pose, by reason.
    refused : tuple of str
        Why poses cannot be used: sheared, mirrored, in other units.
    notes : tuple of str
        What a reader should know.
    """

    format: str
    version: str
    frame: DeclaredFrame
    poses: tuple[NavigatedPose, ...]
    dropped: Mapping[str, int] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def require_sound(self, path: Path | str) -> None:
        """Refuse a file with poses that cannot be trusted.

        Parameters
        ----------
        path : Path or str
            Named in the complaint.

        Raises
        ------
        PoseError
            When a pose is sheared, mirrored or in other units.
        """
        if self.refused:
            more = len(self.refused) - 1
            others = f" So it is with {more} more." if more else ""
            msg = f"{path}: {self.refused[0]}{others}"
            raise PoseError(msg)


class Collector:
    """Gathers the poses of a file, each one checked.

    Parameters
    ----------
    rounding : float
        Largest rounding error of the matrix elements as printed in the file. Rotations are
        allowed to be off by what it explains, and are then made exact.
    """

    def __init__(self, rounding: float = 0.0) -> None:
        self.rounding = rounding
        self.poses: list[NavigatedPose] = []
        self.dropped: Counter[str] = Counter()
        self.refused: list[str] = []

    def drop(self, reason: str) -> None:
        """Count an entry that holds no pose.

        Parameters
        ----------
        reason : str
            Why it holds none.
        """
        self.dropped[reason] += 1

    def take(
        self,
        name: str,
        kind: Kind,
        matrix_mm: FloatArray,
        to_ours: FloatArray,
        **told: Any,  # noqa: ANN401
    ) -> None:
        """Check and keep one pose.

        Parameters
        ----------
        name : str
            Named in complaints.
        kind : {"target", "sample"}
            Planned or recorded.
        matrix_mm : (4, 4) array
            As in the file. Not finite, zero or the identity: the coil was not tracked.
        to_ours : (4, 4) array
            Multiplied from the right, it turns the file's coil axes into those of `Pose`.
        **told
            Further fields of `NavigatedPose`.
        """
        if is_untracked(matrix_mm):
            self.drop(UNTRACKED)
            return
        ours = np.array(matrix_mm, dtype=float) @ to_ours
        ours[:3, :3] = _without_rounding(ours[:3, :3], self.rounding)
        far = float(np.linalg.norm(ours[:3, 3]))
        if SMALLEST_MM <= far <= LARGEST_MM:
            self.keep(name, kind, ours, **told)
            return
        self.refused.append(
            f"pose {quoted(name)}: the coil must be {SMALLEST_MM:g} to {LARGEST_MM:g} mm from "
            "the "
            f"frame's origin; got {far:.4g} mm. Export the file in millimetres."
        )

    def keep(self, name: str, kind: Kind, matsimnibs: FloatArray, **told: Any) -> None:  # noqa: ANN401
        """Keep one pose that is rigid; note why another one is refused.

        Parameters
        ----------
        name : str
            Named in complaints.
        kind : {"target", "sample"}
            Planned or recorded.
        matsimnibs : (4, 4) array
            In our convention, translation in mm.
        **told
            Further fields of `NavigatedPose`.
        """
        try:
            pose = Pose(matrix_m_from_mm(matsimnibs))
        except PoseError as error:
            self.refused.append(f"pose {quoted(name)}: {error}")
            return
        self.poses.append(NavigatedPose(name, kind, pose, **told))

    def file(
        self, form: str, version: str, frame: DeclaredFrame, notes: tuple[str, ...] = ()
    ) -> PoseFile:
        """Return what was gathered.

        Parameters
        ----------
        form, version : str
            A name of `FORMATS`, and the version that the file states.
        frame : DeclaredFrame
            In which the poses are given.
        notes : tuple of str, optional
            What a reader should know.

        Returns
        -------
        PoseFile
            With all that was kept, dropped and refused.
        """
        poses, refused = tuple(self.poses), tuple(self.refused)
        return PoseFile(form, version, frame, poses, dict(self.dropped), refused, notes)


def is_untracked(matrix: FloatArray) -> bool:
    """Say whether a matrix stands for a coil that the camera did not see.

    Parameters
    ----------
    matrix : (4, 4) array
        As in the file.

    Returns
    -------
    bool
        True for not-a-number, for zeros, and for the identity.
    """
    return bool(
        not np.isfinite(matrix).all()
        or not matrix[:3, :3].any()
        or np.array_equal(matrix, np.eye(4))
    )


def _without_rounding(rotation: FloatArray, rounding: float) -> FloatArray:
    """Return the nearest rotation to one whose elements were rounded."""
    if rounding == 0:
        return rotation
    left, stretch, right = np.linalg.svd(rotation)
    allowed = 3 * rounding  # the Frobenius norm of nine errors of this size
    return left @ right if np.abs(stretch - 1).max() <= allowed else rotation
