"""NaviNIBS' published poses: one JSON object per message of its ZeroMQ publisher.

``{tool: {"time": s, "transf": 4x4 in mm, "relativeTo": tool}}``, null where a tool is not seen;
``relativeTo`` is left out for the world. Only published messages are read: its other socket
reaches any attribute of the program and is never opened. Coil axes as in its files: see
`cortistim.io.navigators.navinibs`.
"""

import json
from collections.abc import Iterator, Mapping

import numpy as np

from cortistim.io.live.events import Heard, hidden, seen
from cortistim.io.live.objects import parsed
from cortistim.io.navigators.navinibs import FLIP
from cortistim.io.navigators.source import matrix_of, number
from cortistim.typing import FloatArray

PORT = 18_950
WORLD = "world"
MOST_TOOLS = 64


class NavinibsDecoder:
    """Turns messages into events; ZeroMQ keeps them whole."""

    def feed(self, data: bytes) -> Iterator[Heard]:
        """Take one message and go through its tools.

        Parameters
        ----------
        data : bytes
            The message's last part.

        Yields
        ------
        event
            One per tool.

        Raises
        ------
        FileFormatError
            When it is no JSON object, or too long.
        """
        content = parsed(data, "NaviNIBS")
        for tool, told in list(content.items())[:MOST_TOOLS]:
            yield _sighting(tool, told)


def _sighting(tool: str, told: object) -> Heard:
    if not isinstance(told, dict) or told.get("transf") is None:
        return hidden(tool)
    frame = told.get("relativeTo", WORLD)
    return seen(
        tool,
        matrix_of(told["transf"]),
        FLIP,
        source_time_s=number(told.get("time")),
        frame=frame if isinstance(frame, str) else WORLD,
    )


def published(tools: Mapping[str, FloatArray | None], time_s: float = np.nan) -> bytes:
    """Write what NaviNIBS would publish; for stand-ins in tests and demonstrations.

    Parameters
    ----------
    tools : mapping of str to (4, 4) array or None
        In mm; None for a tool that is not seen.
    time_s : float [s], optional
        Since 1970.

    Returns
    -------
    bytes
        A message.
    """
    told = {
        tool: None
        if matrix is None
        else {"time": time_s, "transf": np.asarray(matrix).tolist()}
        for tool, matrix in tools.items()
    }
    return json.dumps(told).encode("utf-8")
