"""From a T1 image of a head to tissue labels: registration, classification, clean layers."""

from cortistim.head.segmentation.deformable import DeformedFrame
from cortistim.head.segmentation.segment import (
    VERSION,
    Segmentation,
    register,
    segment,
)
from cortistim.head.segmentation.volume import Volume, grid_points_m
from cortistim.head.segmentation.working import Work

__all__ = [
    "VERSION",
    "DeformedFrame",
    "Segmentation",
    "Volume",
    "Work",
    "grid_points_m",
    "register",
    "segment",
]
