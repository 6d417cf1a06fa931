"""Motor maps: where responses come from, how large the place is, and how sure that is.

============ ========================================================================
module       what it holds
============ ========================================================================
layout       pulses in their plane: hull, raster, cells, neighbours
spline       a thin-plate spline of log amplitudes, censored below the criterion
measures     centre of gravity, areas by five methods, volume, peak; bootstrap of each
compare      overlap of two maps, repeatability and the smallest detectable change
============ ========================================================================
"""

from cortistim.mapping.motor_map.compare import (
    Overlap,
    Repeatability,
    overlap,
    place_repeatability,
    repeatability,
)
from cortistim.mapping.motor_map.layout import Frame, MotorMap, frame_of, map_in
from cortistim.mapping.motor_map.measures import (
    AREAS,
    PLACES,
    VOLUMES,
    Measured,
    measure,
    redrawn,
)

__all__ = [
    "AREAS",
    "PLACES",
    "VOLUMES",
    "Frame",
    "Measured",
    "MotorMap",
    "Overlap",
    "Repeatability",
    "frame_of",
    "map_in",
    "measure",
    "overlap",
    "place_repeatability",
    "redrawn",
    "repeatability",
]
