"""Finite elements of higher order where the field is read, linear elsewhere."""

from cortistim.field.hierarchic.refine import DEFAULT_ORDER, EnrichedField, refine_field
from cortistim.field.hierarchic.space import Space, space_of_orders
from cortistim.field.hierarchic.system import EnrichedSystem

__all__ = [
    "DEFAULT_ORDER",
    "EnrichedField",
    "EnrichedSystem",
    "Space",
    "refine_field",
    "space_of_orders",
]
