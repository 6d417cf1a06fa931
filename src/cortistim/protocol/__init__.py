"""The protocol: takes patterns of pulses; gives every pulse time. It knows no biology."""

from cortistim.protocol.named import DEFAULT_PROTOCOL, named_protocol, protocol_names
from cortistim.protocol.protocol import Protocol

__all__ = ["DEFAULT_PROTOCOL", "Protocol", "named_protocol", "protocol_names"]
