"""How far the coil is from its plan, and whether it is on target, with hysteresis.

The limits are those of NaviNIBS' software (version 0.2.6): entered only after all of them held
for half a second, left only after one of the wider ones was broken for a tenth.
"""

from dataclasses import dataclass

import numpy as np

from cortistim.placement.pose import Pose


@dataclass(frozen=True, slots=True)
class Deviation:
    """From the plan to the coil, in the planned coil's own axes.

    Parameters
    ----------
    x_m, y_m, depth_m : float [m]
        To the coil's right, away from the handle, and into the head.
    tilt_rad : float [rad]
        Between the two axes into the head.
    twist_rad : float [rad]
        About the axis into the head, -pi to pi.
    """

    x_m: float
    y_m: float
    depth_m: float
    tilt_rad: float
    twist_rad: float

    @property
    def lateral_m(self) -> float:
        """Distance across the axis."""
        return float(np.hypot(self.x_m, self.y_m))


def deviation_from(plan: Pose, pose: Pose) -> Deviation:
    """Measure how a pose differs from the plan.

    Parameters
    ----------
    plan, pose : Pose
        In the same frame.

    Returns
    -------
    Deviation
        All zero where they are equal.
    """
    x_m, y_m, depth_m = plan.to_coil_m(pose.origin_m[None])[0]
    turn = plan.rotation.T @ pose.rotation
    tilt = np.arctan2(np.hypot(turn[0, 2], turn[1, 2]), turn[2, 2])
    twist = np.arctan2(turn[1, 0] - turn[0, 1], turn[0, 0] + turn[1, 1])
    return Deviation(*map(float, (x_m, y_m, depth_m, tilt, twist)))


@dataclass(frozen=True, slots=True)
class Limits:
    """What counts as on target.

    Parameters
    ----------
    lateral_m : float [m]
        Largest distance across the axis.
    tilt_rad, twist_rad : float [rad]
        Largest angles.
    off_m, into_m : float [m]
        How far the coil may be off the plan's place, away from the head and into it.
    after_s : float [s]
        How long it takes until it counts.
    """

    lateral_m: float
    tilt_rad: float
    twist_rad: float
    off_m: float
    into_m: float
    after_s: float

    def hold(self, off: Deviation) -> bool:
        """Whether a deviation keeps to all limits."""
        return (
            off.lateral_m <= self.lateral_m
            and off.tilt_rad <= self.tilt_rad
            and abs(off.twist_rad) <= self.twist_rad
            and -self.off_m <= off.depth_m <= self.into_m
        )


ENTER = Limits(1e-3, np.radians(2.0), np.radians(4.0), 4e-3, 2e-3, 0.5)
LEAVE = Limits(1.5e-3, np.radians(3.0), np.radians(6.0), 4e-3, 2e-3, 0.1)


class OnTarget:
    """Remembers whether the coil is on target; advisory, and never true of a stale pose."""

    def __init__(self) -> None:
        self.value = False
        self._since_s: float | None = None

    def see(self, off: Deviation | None, now_s: float) -> bool:
        """Take the newest deviation.

        Parameters
        ----------
        off : Deviation or None
            None when the pose is stale, or there is no plan.
        now_s : float [s]
            On a clock that never goes back.

        Returns
        -------
        bool
            Whether the coil counts as on target now.
        """
        if off is None:
            self.value, self._since_s = False, None
            return False
        limits = LEAVE if self.value else ENTER
        if limits.hold(off) == self.value:
            self._since_s = None
            return self.value
        if self._since_s is None:
            self._since_s = now_s
        if now_s - self._since_s >= limits.after_s:
            self.value, self._since_s = not self.value, None
        return self.value
