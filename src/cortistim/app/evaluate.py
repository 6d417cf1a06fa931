"""From a pose to the numbers: one function for the screen, the log and a replay."""

from dataclasses import dataclass

import numpy as np

from cortistim.app.guidance import Deviation, deviation_from
from cortistim.app.scene import Scene
from cortistim.field import MISSED_LIMIT
from cortistim.geometry import unit
from cortistim.placement import Pose, raise_until_clear
from cortistim.placement.clearance import TOLERANCE_M
from cortistim.typing import FloatArray

PEAK_PERCENTILE = 99.9
FOCAL_SHARE = 0.7
MOVE_M, TURN_RAD = 0.5e-3, np.radians(0.5)  # steps of the derivatives, both ways; assumed
# What a registration is off by: Gaussian in place and direction. Assumed, after the 2 to 4 mm
# that are reported for optical navigation; the seed makes the band the same for the same pose.
JITTER_M, JITTER_RAD, JITTERED = 2e-3, np.radians(5.0), 32


@dataclass(frozen=True, eq=False, slots=True)
class Shown:
    """The field of one pose and what is read off it.

    Parameters
    ----------
    asked, pose : Pose
        As it came, and as it was evaluated: lifted until it is clear of the head.
    lift_m : float [m]
        Between the two.
    didt_a_per_s : float [A/s]
        What it was evaluated for.
    e_v_per_m : (n_point, 3) array [V/m]
        In single precision.
    strength_v_per_m : (n_point,) array [V/m]
        |E|.
    missed_share : float
        Of the operator.
    target_v_per_m, target_error_v_per_m : float [V/m]
        Mean |E| in the patch, and the mean bar of the numerical error there.
    peak_v_per_m : float [V/m]
        99.9th percentile of |E|, or the target's mean where that is larger.
    avoided_v_per_m : tuple of float [V/m]
        Mean |E| in the patch of each place to avoid.
    focal_area_m2 : float
        Cortex with at least 70 % of that.
    off : Deviation or None
        From the plan.
    """

    asked: Pose
    pose: Pose
    lift_m: float
    didt_a_per_s: float
    e_v_per_m: FloatArray
    strength_v_per_m: FloatArray
    missed_share: float
    target_v_per_m: float
    target_error_v_per_m: float
    peak_v_per_m: float
    avoided_v_per_m: tuple[float, ...]
    focal_area_m2: float
    off: Deviation | None

    @property
    def refused(self) -> bool:
        """Whether the pose was in the head, so that this is the field of another one."""
        return self.lift_m > TOLERANCE_M

    @property
    def poor(self) -> bool:
        """Whether the operator misses more than it should."""
        return self.missed_share > MISSED_LIMIT


def evaluate(scene: Scene, pose: Pose, didt_a_per_s: float) -> Shown:
    """Compute the field of a pose and read it.

    Parameters
    ----------
    scene : Scene
        Head, coil, operator, target, plan.
    pose : Pose
        In the head's frame.
    didt_a_per_s : float [A/s]
        Rate of the coil's current.

    Returns
    -------
    Shown
        The same to the last bit for the same input.

    Raises
    ------
    PoseError
        When the coil is nowhere near the head, or cannot be lifted out of it.
    """
    clear, _ = raise_until_clear(scene.head, scene.coil, pose)
    fields, missed = scene.operator.evaluate_with_missed(
        scene.coil, [clear], didt_a_per_s=didt_a_per_s
    )
    e_v_per_m = fields[0]
    strength = np.sqrt(np.einsum("ij,ij->i", e_v_per_m, e_v_per_m))
    near = scene.near
    target = float(strength[near].mean(dtype=np.float64))
    peak = max(float(np.percentile(strength, PEAK_PERCENTILE)), target)
    bars = scene.patch.error_v_per_m(np.ascontiguousarray(e_v_per_m[near]))
    return Shown(
        pose,
        clear,
        float(np.linalg.norm(clear.origin_m - pose.origin_m)),
        didt_a_per_s,
        e_v_per_m,
        strength,
        float(missed[0]),
        target,
        float(bars.mean(dtype=np.float64)),
        peak,
        tuple(float(strength[n].mean(dtype=np.float64)) for n in scene.near_avoided),
        float(scene.areas_m2[strength >= FOCAL_SHARE * peak].sum()),
        None if scene.plan is None else deviation_from(scene.plan, pose),
    )


@dataclass(frozen=True, slots=True)
class SecondLook:
    """What takes many poses to know, and so comes a little later.

    Parameters
    ----------
    low_v_per_m, high_v_per_m : float [V/m]
        5th and 95th percentile of the target's |E| over misplaced coils.
    per_m : tuple of three floats
        Relative gain of the target's |E| per metre along the coil's x, y and z.
    per_rad : tuple of three floats
        Relative gain per radian about them.
    """

    low_v_per_m: float
    high_v_per_m: float
    per_m: tuple[float, float, float]
    per_rad: tuple[float, float, float]


def look_again(scene: Scene, shown: Shown) -> SecondLook:
    """Evaluate poses around one at the target's points.

    Parameters
    ----------
    scene : Scene
        Its patch is evaluated.
    shown : Shown
        The pose in the middle.

    Returns
    -------
    SecondLook
        Derivatives by central differences, the band over a fixed set of errors.
    """
    steps = [moved(shown.pose, *step) for step in _steps()]
    rng = np.random.default_rng(0)
    for shift, turn in zip(
        rng.normal(scale=JITTER_M, size=(JITTERED, 3)),
        rng.normal(scale=JITTER_RAD / np.sqrt(3), size=(JITTERED, 3)),
        strict=True,
    ):
        steps.append(moved(shown.pose, shift, turn))
    fields, _ = scene.patch.evaluate_with_missed(
        scene.coil, steps, didt_a_per_s=shown.didt_a_per_s
    )
    means = np.linalg.norm(fields.astype(float), axis=2).mean(axis=1)
    gain = (means[:12:2] - means[1:12:2]) / (2 * max(shown.target_v_per_m, 1e-12))
    low, high = np.percentile(means[12:], [5, 95])
    per_m, per_rad = gain[:3] / MOVE_M, gain[3:] / TURN_RAD
    return SecondLook(float(low), float(high), tuple(per_m.tolist()), tuple(per_rad.tolist()))


def _steps() -> list[tuple[FloatArray, FloatArray]]:
    """Return a step forth and back along each axis, then about each."""
    steps = []
    for kind in (0, 1):
        for axis in range(3):
            for sign in (1, -1):
                step = np.zeros((2, 3))
                step[kind, axis] = sign * (MOVE_M, TURN_RAD)[kind]
                steps.append((step[0], step[1]))
    return steps


def moved(pose: Pose, shift_m: FloatArray, turn_rad: FloatArray) -> Pose:
    """Move a coil in its own axes.

    Parameters
    ----------
    pose : Pose
        Where it is.
    shift_m : (3,) array [m]
        Along its x, y and z.
    turn_rad : (3,) array [rad]
        A rotation vector in its axes.

    Returns
    -------
    Pose
        Turned about the centre of its face.
    """
    angle = float(np.linalg.norm(turn_rad))
    x, y, z = unit(np.asarray(turn_rad, dtype=float))
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    turn = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    matrix_m = np.eye(4)
    matrix_m[:3, :3] = pose.rotation @ turn
    matrix_m[:3, 3] = pose.origin_m + pose.rotation @ shift_m
    return Pose(matrix_m)
