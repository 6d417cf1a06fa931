"""Which of two opposite poses: the field hardly tells them apart, hands do."""

from collections.abc import Callable, Sequence

import numpy as np

from cortistim.coil.coil import Coil
from cortistim.errors import PoseError
from cortistim.head.head import Head
from cortistim.placement import handle_angle_rad, raise_until_clear
from cortistim.placement.pose import Pose
from cortistim.targeting.scalp_poses import turned
from cortistim.typing import FloatArray

SAME = 0.006
"""Relative loss below which half a turn is a matter of convention; assumed, above what the
refinement leaves undecided."""

Rate = Callable[[Sequence[Pose]], FloatArray | Sequence[float]]


def handle_backward(head: Head, coil: Coil, pose: Pose, rate: Rate) -> Pose:
    """Of two poses half a turn apart and equally good, take the one that people can hold.

    Parameters
    ----------
    head, coil : Head, Coil
        The coil on the head.
    pose : Pose
        The best one found.
    rate : callable
        Values of poses, larger ones better.

    Returns
    -------
    Pose
        The opposite pose when its handle lies further back and it is worse by 0.6 % at most;
        else the pose itself, also where the handle has no angle.
    """
    try:
        other = raise_until_clear(head, coil, turned(pose, np.pi))[0]
        here_rad, there_rad = (abs(handle_angle_rad(head, p)) for p in (pose, other))
    except PoseError:
        return pose
    here, there = rate([pose, other])
    worse = here - there > SAME * abs(here)
    return pose if worse or here_rad <= there_rad else other
