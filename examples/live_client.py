"""Follow a live session from Python: the field's numbers as they come, and a pose now and then.

Start ``cortistim live --no-browser --port 0 --json --source api`` and give its line to this
program:

    cortistim live --no-browser --json --source api | python examples/live_client.py

Needs tornado, which cortistim brings along.
"""

import asyncio
import json
import sys

from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from cortistim.io.live.wire import unpacked_field


async def follow(ready):
    """Print |E| whenever a field arrives; acknowledge it, or no more will come."""
    address = f"ws://127.0.0.1:{ready['port']}/v1/stream"
    protocols = ["cortistim.v1", f"token.{ready['control_token']}"]
    socket = await websocket_connect(HTTPRequest(address), subprotocols=protocols)
    scene = {}
    while (message := await socket.read_message()) is not None:
        if isinstance(message, bytes):
            field = unpacked_field(message)
            await socket.write_message(json.dumps({"op": "ack", "seq": field.seq}))
            print(f"{field.seq}: strongest {field.values.max():.1f} V/m, {field.flags!r}")
            continue
        told = json.loads(message)
        if told["op"] == "state" and not scene:
            scene = told  # send back the first pose, a millimetre to the side
            told["matsimnibs"][0][3] += 1.0
            pose = {"op": "pose", "matsimnibs": told["matsimnibs"]}
            await socket.write_message(json.dumps(pose))
        elif told["op"] == "state":
            print(f"{told['state']}: {told['target_e_v_per_m']} V/m at the target")


if __name__ == "__main__":
    asyncio.run(follow(json.loads(sys.stdin.readline())))
