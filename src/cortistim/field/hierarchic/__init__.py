"""Finite elements of higher order where the field is read, linear elsewhere."""

from cortistim.field.hierarchic.refine import (
    DEFAULT_ORDER,
    MAP_FRACTION,
    READ_FRACTION,
    EnrichedField,
    refine_field,
)
from cortistim.field.hierarchic.space import Space, space_of_orders
from cortistim.field.hierarchic.system import EnrichedSystem

__all__ = [
    "DEFAULT_ORDER",
    "MAP_FRACTION",
    "READ_FRACTION",
    "EnrichedField",
    "EnrichedSystem",
    "Space",
    "refine_field",
    "space_of_orders",
]
