"""A scripted client: what a program would do, and what an attacker would try."""

import asyncio
import json
from contextlib import asynccontextmanager, suppress

from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import websocket_connect

from cortistim.app.live import LiveRequest, Prepared, run_live
from cortistim.app.reception import Tie
from cortistim.io.live.wire import unpacked_field


@asynccontextmanager
async def served(scene, output, source, **asked):
    """Run a live session; gives its gate."""
    ready, done = asyncio.get_running_loop().create_future(), asyncio.Event()
    prepared = Prepared(scene, output, source, Tie())
    running = asyncio.ensure_future(
        run_live(prepared, LiveRequest(**asked), ready.set_result, done.wait)
    )
    await asyncio.wait({ready, running}, return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        running.result()
    try:
        yield ready.result()
    finally:
        done.set()
        await asyncio.wait_for(running, 10)


def address(guard, path="/v1/stream", scheme="ws"):
    return f"{scheme}://127.0.0.1:{guard.port}{path}"


async def connect(guard, token=None, **headers):
    """Open the socket as a browser does."""
    protocols = ["cortistim.v1", f"token.{token or guard.control_token}"]
    request = HTTPRequest(address(guard), headers=headers)
    return await asyncio.wait_for(websocket_connect(request, subprotocols=protocols), 5)


async def fetch(guard, path, *, token=None, method="GET", body=None, **headers):
    """Ask the API; gives the answer, whatever its status."""
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    if body is not None:
        headers.setdefault("Content-Type", "application/json")
    request = HTTPRequest(
        address(guard, path, "http"), method=method, body=body, headers=headers,
        allow_nonstandard_methods=True, follow_redirects=False,
    )  # fmt: skip
    return await AsyncHTTPClient().fetch(request, raise_error=False)


async def hear(socket, wanted, limit_s=10.0):
    """Read until a message satisfies; acknowledges every frame."""

    async def listen():
        while (message := await socket.read_message()) is not None:
            told = (
                unpacked_field(message) if isinstance(message, bytes) else json.loads(message)
            )
            if isinstance(message, bytes):
                with suppress(Exception):
                    await say(socket, op="ack", seq=told.seq)
            if wanted(told):
                return told
        return None

    return await asyncio.wait_for(listen(), limit_s)


async def say(socket, **message):
    """Send a verb."""
    await socket.write_message(json.dumps(message))


def is_field(told):
    """Whether a message is a binary frame."""
    return not isinstance(told, dict)


def says(op):
    """Return a test for messages of a kind."""
    return lambda told: isinstance(told, dict) and told["op"] == op
