"""Elements of higher order on patches around points, on top of a linear solution."""

from cortistim.field.local.patches import REACH_EDGES, LocalPatches
from cortistim.field.local.reading import LocalReading, local_reading
from cortistim.field.local.refine import LocalField, refine_locally

__all__ = [
    "REACH_EDGES",
    "LocalField",
    "LocalPatches",
    "LocalReading",
    "local_reading",
    "refine_locally",
]
