"""Motor thresholds: the methods, by name, and the object that runs one of them."""

from cortistim.mapping.threshold.hunt import (
    HuntSettings,
    Pulse,
    ThresholdEstimate,
    ThresholdHunt,
)
from cortistim.mapping.threshold.method import Limits
from cortistim.mapping.threshold.methods import DEFAULT, METHODS
from cortistim.mapping.threshold.simulate import Simulated, Simulation, simulate

__all__ = [
    "DEFAULT",
    "METHODS",
    "HuntSettings",
    "Limits",
    "Pulse",
    "Simulated",
    "Simulation",
    "ThresholdEstimate",
    "ThresholdHunt",
    "simulate",
]
