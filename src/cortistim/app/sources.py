"""Where poses come from: sockets of navigators, a recording, or nothing but the page itself.

Outgoing connections are not encrypted and nobody proves who they are, by the peers' own design:
what arrives is bounded, timed out, and taken as a suggestion. Nothing is sent but questions and
requests to stream.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np

from cortistim.app.watch import Kind
from cortistim.errors import BadInputError, CortistimError, quoted
from cortistim.io.live import (
    BrainsightDecoder,
    CoilSeen,
    Heard,
    IgtlDecoder,
    LocaliteDecoder,
    LslMapping,
    NavinibsDecoder,
    PulseHeard,
    brainsight,
    igtl,
    localite,
    lsl,
    navinibs,
)
from cortistim.io.navigators import NavigatedPose

CHUNK = 65_536
CONNECT_S = 5.0
PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)  # some peers ask a person at each connection
ASKED_S = 0.05  # 20 times a second, which is what Localite's own display does at most
LOOPBACK = ("127.0.0.1", "localhost", "::1")
LSL_WAIT_S = 0.25  # so soon a stream that ends lets go
STEP_S = 1.0  # between pulses of a recording that tells no times

Take = Callable[[Heard], None]
Lose = Callable[[str], None]


class Source(Protocol):
    """Brings poses until it is cancelled."""

    @property
    def kind(self) -> Kind:
        """Whether poses must keep coming."""
        ...

    @property
    def name(self) -> str:
        """For people."""
        ...

    async def run(self, take: Take, lose: Lose) -> None:
        """Bring what is heard; say when the peer is lost, and why."""
        ...


class Decoder(Protocol):
    """Turns bytes into events."""

    def feed(self, data: bytes) -> Iterable[Heard]:
        """Take bytes and go through what they complete."""
        ...


@dataclass(frozen=True, slots=True)
class PageSource:
    """Poses come from the page's mouse and keys, or by the programs' socket.

    Parameters
    ----------
    kind : {"held", "stream"}
        Whether a pose holds until it is moved, or must keep coming.
    name : str
        For people.
    """

    kind: Kind = "held"
    name: str = "mouse"

    async def run(self, take: Take, lose: Lose) -> None:  # noqa: ARG002
        """Wait; the server itself hands poses on."""
        await asyncio.Event().wait()


@dataclass(frozen=True, eq=False, slots=True)
class SocketSource:
    """A peer that listens.

    Parameters
    ----------
    name : str
        For people.
    host, port : str, int
        Where it listens.
    fresh : callable
        Makes a decoder for each connection.
    greeting : bytes
        Sent once.
    questions : bytes
        Sent again and again.
    """

    name: str
    host: str
    port: int
    fresh: Callable[[], Decoder]
    greeting: bytes = b""
    questions: bytes = b""
    kind: Kind = "stream"

    async def run(self, take: Take, lose: Lose) -> None:
        """Connect, listen, and connect again after longer and longer pauses."""
        tries = 0
        while True:
            try:
                await self._listen(take)
                lose(f"{self.name} ended the connection")
                tries = 0
            except (OSError, TimeoutError, CortistimError) as error:
                lose(f"{self.name}: {str(error) or 'no answer'}"[:300])
            pause_s = PAUSES_S[min(tries, len(PAUSES_S) - 1)]
            tries += 1
            await asyncio.sleep(pause_s)

    async def _listen(self, take: Take) -> None:
        opening = asyncio.open_connection(self.host, self.port)
        reader, writer = await asyncio.wait_for(opening, CONNECT_S)
        asking = asyncio.ensure_future(self._ask(writer))
        try:
            await drained(reader, self.fresh(), take)
        finally:
            asking.cancel()
            writer.close()

    async def _ask(self, writer: asyncio.StreamWriter) -> None:
        writer.write(self.greeting)
        await writer.drain()
        while self.questions:
            writer.write(self.questions)
            await writer.drain()
            await asyncio.sleep(ASKED_S)


async def drained(reader: asyncio.StreamReader, decoder: Decoder, take: Take) -> None:
    """Feed a decoder with what a peer sends until it ends the connection."""
    while data := await reader.read(CHUNK):
        for heard in decoder.feed(data):
            take(heard)


@dataclass(frozen=True, slots=True)
class IgtlListener:
    """We listen, and an OpenIGTLink client such as 3D Slicer sends.

    Parameters
    ----------
    port : int
        On this machine only; 0 takes a free one.
    name : str
        For people.
    """

    port: int
    name: str = "OpenIGTLink (listening)"
    kind: Kind = "stream"

    async def run(self, take: Take, lose: Lose) -> None:
        """Take whoever comes, one at a time."""
        busy = asyncio.Lock()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if busy.locked():
                writer.close()  # two senders would make one coil jump between two places
                return
            async with busy:
                try:
                    await drained(reader, IgtlDecoder(), take)
                    lose("the sender ended the connection")
                except (OSError, CortistimError) as error:
                    lose(f"{self.name}: {error}"[:300])
                except asyncio.CancelledError:
                    pass  # the server ends; nobody waits for this task
                finally:
                    writer.close()

        async with await asyncio.start_server(serve, "127.0.0.1", self.port) as server:
            await server.serve_forever()


@dataclass(frozen=True, slots=True)
class NavinibsSource:
    """NaviNIBS' publisher of tool positions; needs pyzmq.

    Parameters
    ----------
    host, port : str, int
        Of the publisher.
    name : str
        For people.
    """

    host: str
    port: int
    name: str = "NaviNIBS"
    kind: Kind = "stream"

    async def run(self, take: Take, lose: Lose) -> None:
        """Subscribe, and read what is published; nothing is ever sent."""
        zmq = _zmq()
        context = import_module("zmq.asyncio").Context()
        socket = context.socket(zmq.SUB)
        try:
            socket.setsockopt(zmq.MAXMSGSIZE, CHUNK)
            socket.setsockopt(zmq.RCVHWM, 8)  # a slow reader drops, it does not lag
            socket.setsockopt(zmq.LINGER, 0)
            socket.subscribe(b"")
            socket.connect(f"tcp://{self.host}:{self.port}")
            while True:
                parts = await socket.recv_multipart()
                try:
                    for heard in NavinibsDecoder().feed(parts[-1]):
                        take(heard)
                except CortistimError as error:
                    lose(f"{self.name}: {error}"[:300])
        finally:
            socket.close()
            context.term()


def _zmq() -> Any:  # noqa: ANN401 - an extra, without stubs here
    if find_spec("zmq") is None:
        msg = "NaviNIBS is spoken through pyzmq, which is missing; install cortistim[navinibs]."
        raise BadInputError(msg)
    return import_module("zmq")


@dataclass(frozen=True, slots=True)
class LslSource:
    """A stream of Lab Streaming Layer on this network: markers or poses; needs pylsl.

    Parameters
    ----------
    stream : str
        The stream's name; empty takes the first stream of markers or of NaviNIBS' poses.
    name : str
        For people.
    """

    stream: str
    name: str = "LSL"
    kind: Kind = "stream"

    async def run(self, take: Take, lose: Lose) -> None:
        """Find the stream, read it, and find it again when it is gone."""
        pylsl = _pylsl()
        while True:
            try:
                inlet, mapping = await asyncio.to_thread(self._opened, pylsl)
            except TimeoutError as error:
                lose(f"{self.name}: {error}")
                await asyncio.sleep(PAUSES_S[1])
                continue
            try:
                await self._read(pylsl, inlet, mapping, take, lose)
            finally:
                inlet.close_stream()

    def _opened(self, pylsl: Any) -> tuple[Any, LslMapping]:  # noqa: ANN401 - an extra
        found = pylsl.resolve_streams(wait_time=1.0)
        wanted = [info for info in found if self._is_wanted(info)]
        if not wanted:
            msg = f"no stream {quoted(self.stream)}" if self.stream else "no stream of markers"
            raise TimeoutError(msg)
        inlet = pylsl.StreamInlet(wanted[0], max_buflen=4, recover=False)
        full = inlet.info(timeout=CONNECT_S)
        return inlet, LslMapping(full.type(), tuple(_labels(full)))

    def _is_wanted(self, info: Any) -> bool:  # noqa: ANN401
        if self.stream:
            return info.name() == self.stream
        return info.type() in (*lsl.MARKER_TYPES, lsl.POSE_TYPE)

    async def _read(
        self,
        pylsl: Any,  # noqa: ANN401
        inlet: Any,  # noqa: ANN401
        mapping: LslMapping,
        take: Take,
        lose: Lose,
    ) -> None:
        while True:
            try:
                pulled = await asyncio.to_thread(inlet.pull_sample, LSL_WAIT_S)
                sample, time_s = pulled
                if sample is None:
                    continue
                here_s = time_s + inlet.time_correction(timeout=CONNECT_S)
                for heard in mapping.heard(sample, monotonic_of(here_s, pylsl.local_clock())):
                    take(heard)
            except CortistimError as error:
                lose(f"{self.name}: {error}"[:300])
            except (pylsl.LostError, TimeoutError):
                lose(f"{self.name}: the stream is gone")
                return


def monotonic_of(lsl_s: float, lsl_now_s: float) -> float:
    """Turn a time on the clock of liblsl into one on Python's clock that never goes back.

    Parameters
    ----------
    lsl_s : float [s]
        What is to be turned.
    lsl_now_s : float [s]
        What liblsl says now.

    Returns
    -------
    float [s]
        On the clock of `time.monotonic`.
    """
    return time.monotonic() - (lsl_now_s - lsl_s)


def _labels(info: Any) -> Iterator[str]:  # noqa: ANN401
    """Return the labels of a stream's channels; none where it has no description."""
    channel = info.desc().child("channels").child("channel")
    for _ in range(min(info.channel_count(), lsl.MOST_CHANNELS)):
        if channel.empty():
            return
        yield channel.child_value("label")
        channel = channel.next_sibling("channel")


def _pylsl() -> Any:  # noqa: ANN401 - an extra, whose wheel may lack the library itself
    try:
        return import_module("pylsl")
    except (ImportError, RuntimeError, OSError) as error:
        msg = (
            "Lab Streaming Layer is spoken through pylsl and its library liblsl, which are "
            "missing; install cortistim[lsl], and liblsl where the wheel does not bring it."
        )
        raise BadInputError(msg) from error


class ReplaySource:
    """A recorded session: poses and pulses as they came, at any speed, or scrubbed.

    Parameters
    ----------
    poses : sequence of NavigatedPose
        In the head's frame; samples, in the order of the recording.
    speed : float, optional
        1 is as recorded; 0 stands still.
    """

    kind: Kind = "replay"

    def __init__(self, poses: Sequence[NavigatedPose], speed: float = 1.0) -> None:
        if not poses:
            msg = "a recording needs poses; it holds none."
            raise BadInputError(msg)
        self.name = "recording"
        self.poses, self.speed = tuple(poses), speed
        times = np.array([p.time_s for p in poses])
        steady = np.arange(len(poses)) * STEP_S
        ordered = np.isfinite(times).all() and (np.diff(times) >= 0).all()
        self.times_s = times - times[0] if ordered else steady
        self.next = 0
        self._moved = asyncio.Event()

    def go(self, at: float | None, speed: float | None) -> None:
        """Go to a place, 0 to 1, or change the speed."""
        if at is not None:
            self.next = min(int(at * len(self.poses)), len(self.poses) - 1)
        if speed is not None:
            self.speed = speed
        self._moved.set()

    async def run(self, take: Take, lose: Lose) -> None:  # noqa: ARG002
        """Play."""
        while True:
            self._moved.clear()
            at = min(self.next, len(self.poses) - 1)
            for heard in events_of(self.poses[at], self.times_s[at]):
                take(heard)
            await self._wait(at)

    async def _wait(self, at: int) -> None:
        """Wait for the next pose's time, or for somebody to move the recording."""
        last = at + 1 >= len(self.poses)
        wait_s = None
        if not last and self.speed > 0:
            wait_s = float(self.times_s[at + 1] - self.times_s[at]) / self.speed
        try:
            await asyncio.wait_for(self._moved.wait(), wait_s)
        except TimeoutError:
            self.next = at + 1


def events_of(entry: NavigatedPose, time_s: float) -> Iterator[Heard]:
    """Return a recorded pose as a sighting, and its pulse if it was one."""
    yield CoilSeen("coil", entry.pose, time_s)
    if entry.kind == "sample":
        percent, didt = entry.percent_mso, entry.didt_a_per_s
        yield PulseHeard(entry.name, time_s, didt, percent, entry.pose)


def source_for(text: str) -> Source:
    """Understand what a user calls a source.

    Parameters
    ----------
    text : str
        ``mouse``, ``api``, ``lsl://NAME``, or ``PROTOCOL://HOST:PORT``.

    Returns
    -------
    Source
        Not yet connected.

    Raises
    ------
    BadInputError
        When nothing of that name exists.
    """
    if text in ("mouse", "api"):
        return PageSource("held" if text == "mouse" else "stream", text)
    protocol, found, rest = text.partition("://")
    if found and protocol == "lsl":
        return LslSource(rest)
    if not found or protocol not in PROTOCOLS:
        msg = (
            f"a source must be mouse, api, lsl://NAME or one of {', '.join(PROTOCOLS)} with "
            f"://HOST:PORT; got {quoted(text)}."
        )
        raise BadInputError(msg)
    make, port = PROTOCOLS[protocol]
    host, colon, digits = rest.rpartition(":")
    if not colon:
        host, digits = rest, str(port)
    if not digits.isdecimal() or not 0 <= int(digits) < 2**16:
        msg = f"a port must be 0 to 65535; got {quoted(digits)}."
        raise BadInputError(msg)
    return make(host or "127.0.0.1", int(digits))


def _igtl_listener(host: str, port: int) -> Source:
    if host not in LOOPBACK:
        msg = f"cortistim listens on this machine only; got {quoted(host)}. Use an ssh tunnel."
        raise BadInputError(msg)
    return IgtlListener(port)


def _localite(host: str, port: int) -> Source:
    keys = ("coil_0_status", "coil_0_position")
    questions = b"".join(map(localite.question, keys))
    return SocketSource("Localite", host, port, LocaliteDecoder, b"", questions)


def _brainsight(host: str, port: int) -> Source:
    greeting = b"".join(map(brainsight.stream_request, brainsight.STREAMS))
    return SocketSource("Brainsight", host, port, BrainsightDecoder, greeting)


def _igtl(host: str, port: int) -> Source:
    return SocketSource("OpenIGTLink", host, port, IgtlDecoder, igtl.packed_start())


PROTOCOLS: dict[str, tuple[Callable[[str, int], Source], int]] = {
    "openigtlink": (_igtl, igtl.PORT),
    "openigtlink-listen": (_igtl_listener, igtl.PORT),
    "localite": (_localite, localite.PORT),
    "brainsight": (_brainsight, brainsight.PORT),
    "navinibs": (NavinibsSource, navinibs.PORT),
}
"""How each kind of source is made, and the port that it usually has."""
