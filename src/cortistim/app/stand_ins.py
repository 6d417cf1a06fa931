"""Stand-ins of navigators: they speak the peers' protocols, for tests and demonstrations."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from typing import Any

import numpy as np

from cortistim.app.evaluate import moved
from cortistim.errors import CortistimError
from cortistim.io.live import brainsight, igtl, localite, navinibs
from cortistim.io.live.objects import ObjectSplitter
from cortistim.io.navigators.brainsight import FLIP
from cortistim.io.navigators.localite import SWAP
from cortistim.placement import Pose
from cortistim.typing import FloatArray
from cortistim.units import m_from_mm, matrix_mm_from_m

RATE_HZ = 60.0
Motion = Callable[[float], Pose | None]
"""Where the coil is after so many seconds; None where it is not seen."""


def wandering(middle: Pose, radius_m: float = m_from_mm(6.0)) -> Motion:
    """Return a coil that wanders about a pose, as a hand does.

    Parameters
    ----------
    middle : Pose
        Where it is on average.
    radius_m : float [m], optional
        How far it goes.

    Returns
    -------
    callable
        From seconds to a pose.
    """

    def at(time_s: float) -> Pose:
        swing = np.array(
            [np.sin(0.7 * time_s), np.sin(1.1 * time_s), -1 + np.cos(0.5 * time_s)]
        )
        return moved(middle, radius_m * swing, np.radians(8) * np.roll(swing, 1))

    return at


@asynccontextmanager
async def standing_in(protocol: str, motion: Motion) -> AsyncIterator[int]:
    """Let a stand-in listen.

    Parameters
    ----------
    protocol : str
        ``openigtlink``, ``localite``, ``brainsight`` or ``navinibs``.
    motion : callable
        Where the coil is.

    Yields
    ------
    int
        The port.
    """
    if protocol == "navinibs":
        async with _publishing(motion) as port:
            yield port
        return
    serve = SERVED[protocol]

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(
            OSError, CortistimError, asyncio.CancelledError
        ):  # the listener went away
            await serve(reader, writer, motion)
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def _now_s() -> float:
    return asyncio.get_running_loop().time()


def _mm(pose: Pose) -> FloatArray:
    return matrix_mm_from_m(pose.matrix_m)


async def _igtl(
    _reader: asyncio.StreamReader, writer: asyncio.StreamWriter, motion: Motion
) -> None:
    while True:
        pose = motion(_now_s())
        matrix = np.eye(4) if pose is None else _mm(pose)
        writer.write(igtl.packed_transform("CoilToReference", matrix))
        await writer.drain()
        await asyncio.sleep(1 / RATE_HZ)


async def _brainsight(
    _reader: asyncio.StreamReader, writer: asyncio.StreamWriter, motion: Motion
) -> None:
    while True:
        pose, place = motion(_now_s()), {}
        if pose is not None:
            place["tool-in-desired"] = (_mm(pose) @ FLIP).ravel().tolist()
        fields = {"serial-number": "coil", "coordinate-system": "NIfTI:Aligned", **place}
        writer.write(brainsight.packet("stream:session-polaris-update", **fields))
        await writer.drain()
        await asyncio.sleep(1 / RATE_HZ)


async def _localite(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, motion: Motion
) -> None:
    asked = ObjectSplitter("a client")
    while data := await reader.read(4096):
        for content in asked.feed(data):
            writer.write(_localite_answer(content.get("get"), motion(_now_s())))
        await writer.drain()


def _localite_answer(key: object, pose: Pose | None) -> bytes:
    if key == "coil_0_status":
        return localite.told("coil_0_status", "BLOCKED" if pose is None else "OK")
    if key != "coil_0_position" or pose is None:
        return json.dumps({"error": "not known here"}).encode("ascii")
    matrix = _mm(pose) @ SWAP
    names = (*localite.QUATERNION, *localite.PLACE)
    numbers = (*quaternion_of(matrix[:3, :3]), *matrix[:3, 3].tolist())
    return localite.told("coil_0_position", dict(zip(names, numbers, strict=True)))


def quaternion_of(rotation: FloatArray) -> tuple[float, float, float, float]:
    """Return a rotation as a quaternion, its real part first.

    Parameters
    ----------
    rotation : (3, 3) array
        Proper.

    Returns
    -------
    tuple of four floats
        Of length one: the eigenvector of a symmetric matrix, which no half turn upsets.
    """
    (a, b, c), (d, e, f), (g, h, i) = rotation.tolist()
    form = [
        [a + e + i, h - f, c - g, d - b],
        [h - f, a - e - i, b + d, c + g],
        [c - g, b + d, e - a - i, f + h],
        [d - b, c + g, f + h, i - a - e],
    ]
    w, x, y, z = np.linalg.eigh(np.array(form))[1][:, -1].tolist()
    return w, x, y, z


SERVED = {"openigtlink": _igtl, "localite": _localite, "brainsight": _brainsight}
STAND_INS = (*SERVED, "navinibs")


@asynccontextmanager
async def _publishing(motion: Motion) -> AsyncIterator[int]:
    zmq = import_module("zmq")
    context = import_module("zmq.asyncio").Context()
    socket = context.socket(zmq.PUB)
    socket.setsockopt(zmq.LINGER, 0)
    port = socket.bind_to_random_port("tcp://127.0.0.1")

    publishing = asyncio.ensure_future(_publish(socket, motion))
    try:
        yield port
    finally:
        publishing.cancel()
        socket.close()
        context.term()


async def _publish(socket: Any, motion: Motion) -> None:  # noqa: ANN401 - zmq is an extra
    while True:
        pose = motion(_now_s())
        tools = {"coil": None if pose is None else _mm(pose) @ FLIP}
        await socket.send(navinibs.published(tools, _now_s()))
        await asyncio.sleep(1 / RATE_HZ)
