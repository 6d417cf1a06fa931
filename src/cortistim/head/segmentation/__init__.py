"""From a T1 image of a head to tissue labels: registration, classification, clean layers."""

from cortistim.head.segmentation.deformable import DeformedFrame
from cortistim.head.segmentation.segment import (
    VERSION,
    Segmentation,
    register,
    segment,
    working_grid,
)
from cortistim.head.segmentation.volume import Volume, grid_points_m

__all__ = [
    "VERSION",
    "DeformedFrame",
    "Segmentation",
    "Volume",
    "grid_points_m",
    "register",
    "segment",
    "working_grid",
]
