"""HTTP and WebSocket on this machine alone: one gate, static files, a small API, the stream."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import msgspec
from tornado import netutil
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPServerRequest
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from cortistim.app.client import Client
from cortistim.app.guard import Asked, Guard, RefusedError, page_headers
from cortistim.app.hub import Hub, refusal
from cortistim.errors import FileFormatError
from cortistim.io.live.wire import LONGEST_MESSAGE, SUBPROTOCOL, verb_of, verb_schema
from cortistim.records.live import LiveDone, LiveRefused

ADDRESS = "127.0.0.1"
MOST_CLIENTS = 8
MOST_HEADER_BYTES = 16_384
IDLE_S = 120.0
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}  # our own table: what the system says about .js cannot be relied on
MOST_UNREAD = 64
TOO_MANY, POLICY, MALFORMED = 1013, 1008, 1007


@dataclass(frozen=True, eq=False, slots=True)
class Site:
    """What is served.

    Parameters
    ----------
    hub : Hub
        Fields and verbs.
    meshes : mapping of str to bytes
        What the page draws once.
    statics : mapping of str to (str, bytes)
        Kind and content of each file, by path.
    """

    hub: Hub
    meshes: Mapping[str, bytes]
    statics: Mapping[str, tuple[str, bytes]]


def static_files() -> dict[str, tuple[str, bytes]]:
    """Read the page's files once, from the package."""
    found = {}
    for entry in files("cortistim.app").joinpath("static").iterdir():
        ending = entry.name[entry.name.rfind(".") :]
        if ending in KINDS:
            found[f"/static/{entry.name}"] = (KINDS[ending], entry.read_bytes())
    found["/"] = found["/static/index.html"]
    return found


class Gated(Application):
    """Asks the gate before it looks for a handler, so that no route can forget it."""

    def __init__(self, guard: Guard, site: Site) -> None:
        self.guard, self.site = guard, site
        super().__init__(
            [(r"/v1/stream", Stream), (r"/v1/.*", Api), (r".*", Static)],
            log_function=lambda _handler: None,  # addresses and headers are nobody's business
            websocket_max_message_size=LONGEST_MESSAGE,
            websocket_ping_interval=20,
        )

    def find_handler(self, request: HTTPServerRequest, **_: Any) -> Any:  # noqa: ANN401
        """Let a request in, or answer that it is not."""
        try:
            role = self.guard.admit(asked_of(request))
        except RefusedError as error:
            told = {"status": error.status, "reason": error.reason}
            return self.get_handler_delegate(request, Refusal, told)
        request.role = role  # pyright: ignore[reportAttributeAccessIssue]
        return super().find_handler(request)


def asked_of(request: HTTPServerRequest) -> Asked:
    """Take what the gate looks at out of a request."""
    headers = request.headers
    return Asked(
        method=request.method or "",
        path=request.path,
        hosts=tuple(headers.get_list("Host")),
        origins=tuple(headers.get_list("Origin") + headers.get_list("Sec-Websocket-Origin")),
        site=headers.get("Sec-Fetch-Site"),
        bearer=headers.get("Authorization", ""),
        protocols=headers.get("Sec-WebSocket-Protocol", ""),
        content_type=headers.get("Content-Type", ""),
    )


class Headers(RequestHandler):
    """Every answer has the same headers."""

    application: Gated

    def set_default_headers(self) -> None:
        """Say nothing about the server, and what the browser must not do."""
        self.clear_header("Server")
        host = self.request.headers.get("Host", "")
        known = host if host in self.application.guard.hosts else ADDRESS
        headers = page_headers(known, framed=self.application.guard.framed)
        for name, value in headers.items():
            self.set_header(name, value)

    def write_error(self, status_code: int, **_: object) -> None:
        """Answer in one word; an exception's text may hold names of patients."""
        self.finish({"error": self._reason or str(status_code)})

    def answer(self, message: object) -> None:
        """Answer in JSON."""
        self.set_header("Content-Type", "application/json")
        self.finish(msgspec.json.encode(message))


class Refusal(Headers):
    """Answers what the gate did not let in."""

    def initialize(self, status: int, reason: str) -> None:
        """Take the gate's words."""
        self._told = (status, reason)

    def prepare(self) -> None:
        """Answer at once, whatever was asked."""
        status, reason = self._told
        self.set_status(status)
        self.answer({"error": reason})


class Static(Headers):
    """The page's files; they hold no data."""

    def get(self) -> None:
        """Give a file."""
        kind, content = self.application.site.statics.get(self.request.path, ("", b""))
        if not kind:
            self.send_error(404)
            return
        self.set_header("Content-Type", kind)
        self.finish(content)

    def head(self) -> None:
        """Give its headers."""
        self.get()


class Api(Headers):
    """For programs: everything that the page gets, and the verbs."""

    def get(self) -> None:
        """Give what is asked for."""
        site, name = self.application.site, self.request.path.removeprefix("/v1/")
        if name.startswith("mesh/") and (mesh := site.meshes.get(name[5:])) is not None:
            self.set_header("Content-Type", "application/octet-stream")
            self.finish(mesh)
            return
        ask = ANSWERS.get(name)
        if ask is None:
            self.send_error(404)
        else:
            self.answer(ask(site.hub))

    def post(self) -> None:
        """Do what a verb says."""
        if self.request.path != "/v1/say":
            self.send_error(404)
            return
        try:
            verb = verb_of(self.request.body)
        except FileFormatError as error:
            self.set_status(400)
            self.answer(refusal(str(error)))
            return
        told = self.application.site.hub.hear(None, verb, "control")
        if isinstance(told, LiveRefused):
            self.set_status(409)
        self.answer(told or LiveDone())


ANSWERS: dict[str, Callable[[Hub], object]] = {
    "scene": Hub.scene,
    "state": Hub.state,
    "log": lambda hub: hub.session.entries,
    "schema": lambda _hub: verb_schema(),
}


class Stream(WebSocketHandler, Headers):
    """The socket of one client."""

    def check_origin(self, origin: str) -> bool:  # noqa: ARG002
        """Say yes: the gate has compared it already, more strictly."""
        return True

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:  # noqa: ARG002
        """Answer with the protocol's name, never with a token."""
        return SUBPROTOCOL

    def open(self, *_: str, **__: str) -> None:
        """Give the present field at once."""
        self.client = Client(self)
        self._hub = self.application.site.hub
        self._role: str = self.request.role  # pyright: ignore[reportAttributeAccessIssue]
        self.set_nodelay(True)
        if len(self._hub.clients) >= MOST_CLIENTS:
            self.close(TOO_MANY, "too many clients")
            return
        self._hub.join(self.client, self._role)

    def on_message(self, message: str | bytes) -> None:
        """Do what a verb says; close what breaks the rules, and let the others go on."""
        if self.client.too_fast(time.monotonic()):
            self.close(POLICY, "more than 120 messages within a second")
            return
        if isinstance(message, bytes):
            self.close(POLICY, "messages are JSON text")
            return
        try:
            verb = verb_of(message)
        except FileFormatError:
            self.close(MALFORMED, "this is not a message of cortistim.v1")
            return
        told = self._hub.hear(self.client, verb, self._role)
        if told is not None:
            self._hub.answer(self.client, told)
        if self.client.backlog > MOST_UNREAD:
            self.close(POLICY, "answers are not read")

    def on_close(self) -> None:
        """Forget the client."""
        self._hub.leave(self.client)

    async def send(self, message: bytes, *, binary: bool) -> None:
        """Send one message and wait until it has left."""
        with suppress(WebSocketClosedError):
            await self.write_message(message if binary else message.decode(), binary=binary)


async def serve(
    make_site: Callable[[], Site],
    port: int,
    ready: Callable[[Guard], None],
    until: Callable[[], Awaitable[Any]],
    *,
    framed: bool = False,
) -> None:
    """Serve until told otherwise.

    Parameters
    ----------
    make_site : callable
        Called in the event loop.
    port : int
        0 takes a free one.
    ready : callable
        Called with the gate when requests are answered.
    until : callable
        What is waited for.
    framed : bool, optional
        Whether pages of this machine may show the page in a frame.

    Raises
    ------
    OSError
        When the port is taken.
    """
    sockets = netutil.bind_sockets(port, ADDRESS)
    guard = Guard.fresh(sockets[0].getsockname()[1], framed=framed)
    site = make_site()
    server = HTTPServer(
        Gated(guard, site),
        max_body_size=LONGEST_MESSAGE,
        max_buffer_size=4 * LONGEST_MESSAGE,
        max_header_size=MOST_HEADER_BYTES,
        idle_connection_timeout=IDLE_S,
        body_timeout=10.0,
    )
    server.add_sockets(sockets)
    ticking = asyncio.ensure_future(site.hub.tick())
    try:
        ready(guard)
        await until()
    finally:
        ticking.cancel()
        server.stop()
        with suppress(TimeoutError):
            await asyncio.wait_for(server.close_all_connections(), 2.0)
