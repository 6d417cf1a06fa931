"""Where the coil is: a rigid pose that does not cut the head.

Takes the scalp, a point or an electrode's name, and an angle or a second point; gives a
`Pose`, its angle in words, and its clearance from the head.
"""

from cortistim.placement.clearance import (
    clearance_m,
    distance_along_axis_m,
    raise_until_clear,
    require_clear,
)
from cortistim.placement.handle import describe_handle, handle_angle_rad, side_in_words
from cortistim.placement.place import (
    DISTANCE_M,
    cortical_target,
    place_over,
    place_towards,
    scalp_point,
    scalp_under,
)
from cortistim.placement.pose import Pose, as_pose, deviation, nudged

__all__ = [
    "DISTANCE_M",
    "Pose",
    "as_pose",
    "clearance_m",
    "cortical_target",
    "describe_handle",
    "deviation",
    "distance_along_axis_m",
    "handle_angle_rad",
    "nudged",
    "place_over",
    "place_towards",
    "raise_until_clear",
    "require_clear",
    "scalp_point",
    "scalp_under",
    "side_in_words",
]
