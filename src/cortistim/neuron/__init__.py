"""Neurons: takes a field and a pulse; gives thresholds, who fires, and what the muscle shows.

`Engine` runs a cell, `fit_for` finds the threshold table of a pulse, `recruit` reads it over a
cortex, `respond` goes on to the muscle.
"""

from cortistim.neuron.cable import Cable, cable_of
from cortistim.neuron.calibration import Calibration, default_calibration, fitted_calibration
from cortistim.neuron.cells import CLONES, TYPES, clones
from cortistim.neuron.engine import Engine, Thresholds, Traces
from cortistim.neuron.morphology import Morphology
from cortistim.neuron.muscle import Trials, respond
from cortistim.neuron.recruitment import Recruitment, recruit
from cortistim.neuron.shape import PulseShape, named_shape, shape_of
from cortistim.neuron.tables import ThresholdFit, fit_for
from cortistim.neuron.teaching import ball_and_stick, straight_axon

__all__ = [
    "CLONES",
    "TYPES",
    "Cable",
    "Calibration",
    "Engine",
    "Morphology",
    "PulseShape",
    "Recruitment",
    "ThresholdFit",
    "Thresholds",
    "Traces",
    "Trials",
    "ball_and_stick",
    "cable_of",
    "clones",
    "default_calibration",
    "fit_for",
    "fitted_calibration",
    "named_shape",
    "recruit",
    "respond",
    "shape_of",
    "straight_axon",
]
