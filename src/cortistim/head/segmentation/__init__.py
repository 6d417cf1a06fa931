"""From a T1 image of a head to tissue labels: registration, classification, clean layers."""

from cortistim.head.segmentation.segment import (
    VERSION,
    Segmentation,
    evened,
    register,
    segment,
)
from cortistim.head.segmentation.working import Work
from cortistim.head.space.deformable import DeformedFrame
from cortistim.head.space.rigid import Alignment, aligned
from cortistim.image import Volume, grid_points_m

__all__ = [
    "VERSION",
    "Alignment",
    "DeformedFrame",
    "Segmentation",
    "Volume",
    "Work",
    "aligned",
    "evened",
    "grid_points_m",
    "register",
    "segment",
]
