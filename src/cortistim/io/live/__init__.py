"""Live peers: takes the bytes that navigators and programs send; gives what they say, and back.

No module here opens a socket: a decoder is fed with whatever a socket gave, cut anywhere, and
returns events in the order in which they were completed. A stream that breaks the rules of its
protocol raises `FileFormatError`; a decoder that raised is not fed again. What a peer may write
about a pose that cannot be used becomes an event without a pose, which says why.
"""

from cortistim.io.live.brainsight import BrainsightDecoder
from cortistim.io.live.events import (
    CoilSeen,
    Heard,
    PulseHeard,
    ResponseHeard,
    StateHeard,
)
from cortistim.io.live.igtl import IgtlDecoder
from cortistim.io.live.localite import LocaliteDecoder
from cortistim.io.live.lsl import LslMapping
from cortistim.io.live.navinibs import NavinibsDecoder

__all__ = [
    "BrainsightDecoder",
    "CoilSeen",
    "Heard",
    "IgtlDecoder",
    "LocaliteDecoder",
    "LslMapping",
    "NavinibsDecoder",
    "PulseHeard",
    "ResponseHeard",
    "StateHeard",
]
