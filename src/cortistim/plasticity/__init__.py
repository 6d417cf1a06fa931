"""Plasticity: takes pulse times and drive; gives the change over time, as a distribution.

`predict` runs the calibrated ensemble of the default model (`calcium`) and asks the published
models, each in a file named by author and year, inside their domains.
"""

from cortistim.plasticity.blockade import BLOCKADES
from cortistim.plasticity.drive import Drive, drive_of, parse_intensity
from cortistim.plasticity.ensemble import Ensemble, ensemble
from cortistim.plasticity.predict import (
    DEFAULT_MINUTES,
    SMALL_PERCENT,
    SURE,
    Conditions,
    Prediction,
    predict,
)

__all__ = [
    "BLOCKADES",
    "DEFAULT_MINUTES",
    "SMALL_PERCENT",
    "SURE",
    "Conditions",
    "Drive",
    "Ensemble",
    "Prediction",
    "drive_of",
    "ensemble",
    "parse_intensity",
    "predict",
]
