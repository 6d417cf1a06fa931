"""The protocol: takes patterns of pulses; gives every pulse time. It knows no biology."""

from cortistim.protocol.course import Course, weekly_starts_s
from cortistim.protocol.file import find_protocol, read_protocol, write_protocol
from cortistim.protocol.library import (
    STATUSES,
    LibraryEntry,
    library,
    library_entry,
    same_session,
)
from cortistim.protocol.measured import output_fraction, require_thresholds, why_no_output
from cortistim.protocol.named import (
    DEFAULT_PROTOCOL,
    known_names,
    named_protocol,
    named_recipe,
    protocol_names,
)
from cortistim.protocol.protocol import Protocol, Reference
from cortistim.protocol.recipe import Jitter, Recipe
from cortistim.protocol.written import Written, content_of, recipe_of, written_from

__all__ = [
    "DEFAULT_PROTOCOL",
    "STATUSES",
    "Course",
    "Jitter",
    "LibraryEntry",
    "Protocol",
    "Recipe",
    "Reference",
    "Written",
    "content_of",
    "find_protocol",
    "known_names",
    "library",
    "library_entry",
    "named_protocol",
    "named_recipe",
    "output_fraction",
    "protocol_names",
    "read_protocol",
    "recipe_of",
    "require_thresholds",
    "same_session",
    "weekly_starts_s",
    "why_no_output",
    "write_protocol",
    "written_from",
]
