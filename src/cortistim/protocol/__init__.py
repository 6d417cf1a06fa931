"""The protocol: takes patterns of pulses; gives every pulse time. It knows no biology."""

from cortistim.protocol.course import Course, weekly_starts_s
from cortistim.protocol.named import (
    DEFAULT_PROTOCOL,
    known_names,
    named_protocol,
    named_recipe,
    protocol_names,
)
from cortistim.protocol.protocol import Protocol, Reference
from cortistim.protocol.recipe import Jitter, Recipe

__all__ = [
    "DEFAULT_PROTOCOL",
    "Course",
    "Jitter",
    "Protocol",
    "Recipe",
    "Reference",
    "known_names",
    "named_protocol",
    "named_recipe",
    "protocol_names",
    "weekly_starts_s",
]
