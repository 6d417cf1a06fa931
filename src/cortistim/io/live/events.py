"""What a live peer says: where a coil is, that a pulse went out, what a muscle answered."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from cortistim.errors import PoseError
from cortistim.io.navigators.record import is_untracked
from cortistim.placement.pose import Pose
from cortistim.typing import FloatArray
from cortistim.units import matrix_m_from_mm

ROUNDING = 1e-3  # single precision and quaternions of few digits; assumed
INVISIBLE = "the camera does not see the coil"
LONGEST_NAME = 64  # of a tool or a key; longer ones are cut


@dataclass(frozen=True, eq=False, slots=True)
class CoilSeen:
    """Where a tool is, or that it is not seen.

    Parameters
    ----------
    tool : str
        As the peer calls it.
    pose : Pose or None
        With the axes of `Pose`, in the peer's frame; None when it cannot be used.
    source_time_s : float [s]
        The peer's own clock, nan when it tells none. Only differences mean something.
    frame : str
        As the peer calls it; empty when it does not say.
    why : str
        Why there is no pose.
    """

    tool: str
    pose: Pose | None
    source_time_s: float = np.nan
    frame: str = ""
    why: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class PulseHeard:
    """A pulse went out.

    Parameters
    ----------
    source : str
        Which coil or channel.
    source_time_s : float [s]
        The peer's own clock, nan when it tells none.
    didt_a_per_s : float [A/s]
        As the peer says it was; nan when it does not.
    percent_mso : float
        Stimulator output; nan when the peer does not say.
    pose : Pose or None
        Where the coil was, when the peer says it with the pulse.
    """

    source: str
    source_time_s: float = np.nan
    didt_a_per_s: float = np.nan
    percent_mso: float = np.nan
    pose: Pose | None = None


@dataclass(frozen=True, eq=False, slots=True)
class ResponseHeard:
    """A muscle answered.

    Parameters
    ----------
    source : str
        Which coil or channel.
    source_time_s : float [s]
        The peer's own clock, nan when it tells none.
    amplitude_v : float [V]
        Peak to peak.
    """

    source: str
    source_time_s: float
    amplitude_v: float


@dataclass(frozen=True, slots=True)
class StateHeard:
    """What a peer says about itself, kept as text.

    Parameters
    ----------
    key : str
        What it is about.
    text : str
        What was said.
    """

    key: str
    text: str


Heard: TypeAlias = CoilSeen | PulseHeard | ResponseHeard | StateHeard


def seen(
    tool: str,
    matrix_mm: FloatArray,
    to_ours: FloatArray,
    *,
    source_time_s: float = np.nan,
    frame: str = "",
) -> CoilSeen:
    """Turn a peer's matrix into a sighting.

    Parameters
    ----------
    tool : str
        As the peer calls it.
    matrix_mm : (4, 4) array
        Translation in mm. Not finite, zeros or exactly the identity: not visible.
    to_ours : (4, 4) array
        Multiplied from the right, it turns the peer's coil axes into those of `Pose`.
    source_time_s : float [s], optional
        The peer's clock.
    frame : str, optional
        As the peer calls it.

    Returns
    -------
    CoilSeen
        Without a pose where the matrix is not rigid; `why` says so.
    """
    pose, why = None, INVISIBLE
    if not is_untracked(matrix_mm):
        ours = np.array(matrix_mm, dtype=float) @ to_ours
        try:
            pose, why = Pose(matrix_m_from_mm(_turned(ours))), ""
        except PoseError as error:
            why = str(error)
    return CoilSeen(tool[:LONGEST_NAME], pose, source_time_s, frame[:LONGEST_NAME], why)


def hidden(tool: str, why: str = INVISIBLE, source_time_s: float = np.nan) -> CoilSeen:
    """Return the sighting of a tool that is not seen."""
    return CoilSeen(tool[:LONGEST_NAME], None, source_time_s, "", why)


def matrix_from_quaternion(
    scalar: float, vector: tuple[float, float, float], place_mm: tuple[float, float, float]
) -> FloatArray:
    """Build a matrix from a quaternion and a translation.

    Parameters
    ----------
    scalar : float
        Real part.
    vector : tuple of three floats
        Imaginary parts.
    place_mm : tuple of three floats
        Translation, kept as it is.

    Returns
    -------
    (4, 4) array
        All nan when the quaternion is not of length one within some percent.
    """
    quaternion = np.array([scalar, *vector])
    with np.errstate(over="ignore", invalid="ignore"):
        length = float(np.linalg.norm(quaternion))
    matrix = np.full((4, 4), np.nan)
    if not abs(length - 1) < 0.05:  # no quaternion of a rotation, however few its digits
        return matrix
    w, x, y, z = quaternion / length
    matrix[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    matrix[:, 3], matrix[3, :3] = (*place_mm, 1.0), 0.0
    return matrix


def _turned(matrix: FloatArray) -> FloatArray:
    """Take the rounding of single precision out of a rotation."""
    left, stretch, right = np.linalg.svd(matrix[:3, :3])
    if np.abs(stretch - 1).max() <= ROUNDING:
        matrix[:3, :3] = left @ right
    return matrix
