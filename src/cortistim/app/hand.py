"""A person moves the coil on the page: along the scalp, turned, lifted."""

import numpy as np

from cortistim.app.scene import Scene
from cortistim.errors import PoseError
from cortistim.geometry import unit
from cortistim.io.live.wire import Drag, Nudge
from cortistim.placement import Pose, raise_until_clear
from cortistim.placement.place import DISTANCE_M, place_towards, scalp_under
from cortistim.typing import FloatArray
from cortistim.units import m_from_mm

NEAR_M = 2e-4  # a ray has met the scalp
FARTHEST_M = 2.0  # the eye is no farther away
MOST_STEPS = 200
AHEAD_M = 0.05
HIGHEST_M = 0.05


class Hand:
    """Remembers how the coil is held.

    Parameters
    ----------
    scene : Scene
        With the pose to begin with.
    """

    def __init__(self, scene: Scene) -> None:
        self._head, self._coil = scene.head, scene.coil
        self.pose = scene.first
        self._distance_m = DISTANCE_M

    def move(self, verb: Drag | Nudge) -> Pose:
        """Do what a person asks.

        Parameters
        ----------
        verb : Drag or Nudge
            From the page.

        Returns
        -------
        Pose
            On the scalp, clear of the head.

        Raises
        ------
        PoseError
            When the ray misses the head, or the coil fits nowhere there.
        """
        if isinstance(verb, Drag):
            eye_m = m_from_mm(np.array(verb.eye_mm))
            point_m = self._met(eye_m, np.array(verb.direction))
            return self._place(point_m, self.pose.rotation[:, 1])
        x, y, z = self.pose.rotation.T
        turn = np.radians(verb.turn_deg)
        self._distance_m = float(
            np.clip(self._distance_m + m_from_mm(verb.lift_mm), 0, HIGHEST_M)
        )
        under_m = scalp_under(self._head, self.pose.origin_m)[0]
        point_m = under_m + m_from_mm(verb.x_mm) * x + m_from_mm(verb.y_mm) * y
        return self._place(point_m, np.cos(turn) * y + np.sin(turn) * np.cross(z, y))

    def _place(self, point_m: FloatArray, along: FloatArray) -> Pose:
        pose = place_towards(
            self._head,
            point_m,
            towards_m=point_m + AHEAD_M * along,
            distance_m=self._distance_m,
        )
        self.pose = raise_until_clear(self._head, self._coil, pose)[0]
        return self.pose

    def _met(self, eye_m: FloatArray, direction: FloatArray) -> FloatArray:
        """Walk along a ray; a step as long as the distance cannot pass through the scalp."""
        direction = unit(direction)
        travelled_m = 0.0
        for _ in range(MOST_STEPS):
            point_m = eye_m + travelled_m * direction
            gap_m = float(self._head.outside.at(point_m[None])[0])
            if gap_m < NEAR_M:
                return point_m
            travelled_m += gap_m
            if travelled_m > FARTHEST_M:
                break
        msg = "the ray from the eye misses the head"
        raise PoseError(msg)
