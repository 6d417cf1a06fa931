"""The coil: takes windings, dipoles or a file; gives a vector potential per ampere."""

from cortistim.coil.coil import Casing, Coil
from cortistim.coil.metrics import CoilMetrics, coil_metrics, reversed_current
from cortistim.coil.named import DEFAULT_COIL, coil_names, named_coil
from cortistim.coil.windings import Winding, wound_coil

__all__ = [
    "DEFAULT_COIL",
    "Casing",
    "Coil",
    "CoilMetrics",
    "Winding",
    "coil_metrics",
    "coil_names",
    "named_coil",
    "reversed_current",
    "wound_coil",
]
