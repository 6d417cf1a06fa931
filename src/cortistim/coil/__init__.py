"""The coil: takes windings, dipoles or a file; gives a vector potential per ampere."""

from cortistim.coil.assembly import CoilAssembly, assembly_of
from cortistim.coil.coil import Casing, Coil, CoilShape
from cortistim.coil.current import OutsideGridWarning, SampledPotential, Segments
from cortistim.coil.elements import (
    Channel,
    Dipoles,
    Element,
    Model,
    Parameter,
    Shift,
    Turn,
    Waveform,
)
from cortistim.coil.metrics import CoilMetrics, coil_metrics, reversed_current
from cortistim.coil.named import DEFAULT_COIL, as_coil, coil_names, named_coil
from cortistim.coil.windings import Winding
from cortistim.coil.wound import wound_coil

__all__ = [
    "DEFAULT_COIL",
    "Casing",
    "Channel",
    "Coil",
    "CoilAssembly",
    "CoilMetrics",
    "CoilShape",
    "Dipoles",
    "Element",
    "Model",
    "OutsideGridWarning",
    "Parameter",
    "SampledPotential",
    "Segments",
    "Shift",
    "Turn",
    "Waveform",
    "Winding",
    "as_coil",
    "assembly_of",
    "coil_metrics",
    "coil_names",
    "named_coil",
    "reversed_current",
    "wound_coil",
]
