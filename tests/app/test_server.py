"""Who is let in, what they get, and that one who misbehaves harms nobody."""

import asyncio
import json
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tornado")
sys.path.insert(0, str(Path(__file__).parent))
from talk import address, connect, fetch, hear, is_field, say, says, served
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

from cortistim.app.evaluate import moved
from cortistim.app.guard import Asked, Guard, RefusedError
from cortistim.app.sources import PageSource
from cortistim.io.live.wire import Flag
from cortistim.study import output_of
from cortistim.units import matrix_mm_from_m


@pytest.fixture(scope="module")
def output(scene):
    return output_of(None, scene.coil)


def api_source():
    return PageSource("stream", "api")


def pose_rows(pose):
    return matrix_mm_from_m(pose.matrix_m).tolist()


def shifted(pose, x):
    return moved(pose, np.array([x, 0, 0]), np.zeros(3))


@pytest.mark.oldest
def test_a_new_client_gets_the_present_field_at_once_and_flagged(scene, output):
    async def talk():
        async with served(scene, output, api_source()) as guard:
            socket = await connect(guard)
            first = await asyncio.wait_for(socket.read_message(), 3)
            return first, socket.selected_subprotocol

    first, protocol = asyncio.run(talk())
    assert isinstance(first, bytes)
    assert first[0] == 1
    assert first[2] & Flag.STALE
    assert len(first) == 32 + len(scene.operator.points_m)
    assert protocol == "cortistim.v1"


def test_the_field_follows_the_pose_and_becomes_stale(scene, output):
    async def talk():
        async with served(scene, output, api_source()) as guard:
            socket = await connect(guard)
            await say(socket, op="subscribe", encoding="f32")
            pose = shifted(scene.first, 0.004)
            await say(socket, op="pose", matsimnibs=pose_rows(pose))
            live = await hear(socket, lambda t: is_field(t) and not t.flags & Flag.STALE)
            stale = await hear(socket, lambda t: is_field(t) and t.flags & Flag.STALE)
            state = await hear(socket, says("state"))
            return pose, live, stale, state

    pose, live, stale, state = asyncio.run(talk())
    direct = scene.operator.evaluate_with_missed(scene.coil, [pose])[0][0]
    np.testing.assert_allclose(
        live.values, np.linalg.norm(direct, axis=1), rtol=1e-4, atol=1e-6
    )
    np.testing.assert_array_equal(stale.values, live.values)
    assert stale.seq > live.seq
    assert state["state"] == "stale"
    assert not state["on_target"]


def test_a_viewer_changes_nothing(scene, output):
    async def talk():
        async with served(scene, output, api_source()) as guard:
            socket = await connect(guard, guard.view_token)
            for verb in (
                {"op": "pose", "matsimnibs": pose_rows(scene.first)},
                {"op": "output", "didt_a_per_us": 80},
                {"op": "pulse"},
                {"op": "undo"},
            ):
                await say(socket, **verb)
                assert "looking" in (await hear(socket, says("refused")))["why"]
            log = json.loads((await fetch(guard, "/v1/log", token=guard.view_token)).body)
            posted = await fetch(
                guard, "/v1/say", token=guard.view_token, method="POST", body='{"op":"pulse"}'
            )
            return log, posted.code

    log, code = asyncio.run(talk())
    assert [entry["kind"] for entry in log] == ["begin"]
    assert code == 403


def test_the_gate_lets_in_the_right_ones_alone(scene, output):
    """Host x Origin x token, over the socket and the API."""

    async def talk():
        found = {}
        async with served(scene, output, api_source()) as guard:
            here = f"127.0.0.1:{guard.port}"
            hosts = (
                here,
                f"localhost:{guard.port}",
                "evil.example",
                "127.0.0.1",
                "127.0.0.1:1",
            )
            origins = (None, "same", "null", "http://evil.example", f"https://{here}")
            tokens = (guard.view_token, guard.control_token, "", "x" * 43)
            for host, origin, token in product(hosts, origins, tokens):
                headers = {"Host": host}
                if origin is not None:
                    headers["Origin"] = f"http://{host}" if origin == "same" else origin
                right = host in hosts[:2] and origin in (None, "same") and token in tokens[:2]
                answer = await fetch(guard, "/v1/state", token=token, **headers)
                found["api", host, origin, token] = (right, answer.code)
                protocols = ["cortistim.v1", f"token.{token}"]
                request = HTTPRequest(address(guard), headers=headers)
                try:
                    socket = await websocket_connect(request, subprotocols=protocols)
                    socket.close()
                    code = 200
                except HTTPClientError as error:
                    code = error.code
                found["socket", host, origin, token] = (right, code)
        return found

    found = asyncio.run(talk())
    wrong = {k: v for k, v in found.items() if v[1] != (200 if v[0] else 403)}
    assert wrong == {}
    assert sum(right for right, _ in found.values()) == 2 * 2 * 2 * 2


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
@pytest.mark.parametrize(
    "path", ["/", "/static/live.js", "/v1/state", "/v1/stream", "/nothing"]
)
def test_other_methods_are_refused_before_any_handler(method, path):
    guard = Guard(80, "v", "c")
    asked = Asked(
        method, path, ("localhost:80",), bearer="Bearer c", content_type="application/json"
    )
    if (method, path) == ("POST", "/v1/state"):
        assert guard.admit(asked) == "control"  # its handler answers 404
        return
    with pytest.raises(RefusedError) as refused:
        guard.admit(asked)
    assert refused.value.status == 405


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"site": "cross-site"}, 403), ({"site": "same-site"}, 403), ({"site": "none"}, 403),
        ({"hosts": ()}, 403), ({"hosts": ("localhost:80", "localhost:80")}, 403),
        ({"origins": ("http://localhost:80",) * 2}, 403),
        ({"origins": ("http://127.0.0.1:80",)}, 403),
        ({"bearer": ""}, 403), ({"bearer": "c "}, 403), ({"bearer": "Bearer \u20ac"}, 403),
        ({"method": "POST", "content_type": "text/plain"}, 415),
        ({"method": "POST", "content_type": "application/json", "bearer": "Bearer v"}, 403),
    ],
)  # fmt: skip
def test_one_wrong_thing_is_enough(change, status):
    right = {
        "method": "GET", "path": "/v1/state", "hosts": ("localhost:80",), "bearer": "Bearer c"
    }  # fmt: skip
    guard = Guard(80, "v", "c")
    assert guard.admit(Asked(**right)) == "control"
    with pytest.raises(RefusedError) as refused:
        guard.admit(Asked(**{**right, **change}))
    assert refused.value.status == status


def test_a_token_in_the_address_opens_nothing(scene, output):
    async def talk():
        async with served(scene, output, api_source()) as guard:
            answer = await fetch(guard, f"/v1/state?token={guard.control_token}")
            two = {"Sec-WebSocket-Protocol": f"token.{guard.view_token}"}
            request = HTTPRequest(address(guard), headers=two)
            with pytest.raises(HTTPClientError) as refused:
                await websocket_connect(request)
            return answer.code, refused.value.code

    assert asyncio.run(talk()) == (403, 403)


def test_every_answer_carries_the_headers_that_keep_others_out(scene, output):
    async def talk():
        async with served(scene, output, api_source()) as guard:
            paths = ("/", "/static/live.js", "/nothing", "/v1/state", "/v1/scene")
            answers = [await fetch(guard, path, token=guard.view_token) for path in paths]
            answers.append(await fetch(guard, "/v1/state"))
            return guard, answers

    guard, answers = asyncio.run(talk())
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'; script-src 'self'" in policy
        assert f"ws://127.0.0.1:{guard.port};" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "Set-Cookie" not in answer.headers
        assert not [name for name in answer.headers if name.startswith("Access-Control")]
        assert "Server" not in answer.headers


@pytest.mark.parametrize(
    ("message", "code"),
    [("x" * 70_000, 1009), ("nonsense", 1007), ('{"op":"fire"}', 1007), (b"\0\1", 1008)],
)
def test_what_breaks_the_rules_is_closed_with_a_reason_and_others_go_on(
    scene, output, message, code
):
    async def talk():
        async with served(scene, output, api_source()) as guard:
            bad, good = await connect(guard), await connect(guard)
            await bad.write_message(message, binary=isinstance(message, bytes))
            while await asyncio.wait_for(bad.read_message(), 5) is not None:
                pass
            await say(good, op="pose", matsimnibs=pose_rows(shifted(scene.first, 0.002)))
            await hear(good, lambda t: is_field(t) and not t.flags & Flag.STALE)
            return bad.close_code, bad.close_reason

    found, reason = asyncio.run(talk())
    assert found == code
    assert reason


def test_a_flood_is_closed_and_the_ninth_client_too(scene, output):
    async def talk():
        async with served(scene, output, api_source()) as guard:
            sockets = [await connect(guard) for _ in range(9)]
            last = sockets.pop()
            while await asyncio.wait_for(last.read_message(), 5) is not None:
                pass
            for _ in range(130):
                await say(sockets[0], op="ack", seq=0)
            while await asyncio.wait_for(sockets[0].read_message(), 5) is not None:
                pass
            return last.close_code, sockets[0].close_code, sockets[0].close_reason

    many, flood, reason = asyncio.run(talk())
    assert (many, flood) == (1013, 1008)
    assert "120 messages" in reason


def test_a_client_that_never_reads_harms_nobody(scene, output):
    async def talk():
        async with served(scene, output, api_source()) as guard:
            await connect(guard)
            reader = await connect(guard)
            seen = 0
            for n in range(40):
                pose = shifted(scene.first, 1e-4 * n)
                await say(reader, op="pose", matsimnibs=pose_rows(pose))
                await hear(reader, lambda t: is_field(t) and not t.flags & Flag.STALE)
                seen += 1
            return seen

    assert asyncio.run(talk()) == 40


def test_pulses_are_written_down_answered_and_taken_back_by_an_entry(scene, output, tmp_path):
    async def talk():
        folder = tmp_path / "s"
        async with served(scene, output, api_source(), session=folder) as guard:
            token = guard.control_token

            async def post(**verb):
                body = json.dumps(verb)
                return await fetch(guard, "/v1/say", token=token, method="POST", body=body)

            first = json.loads((await post(op="pulse", note="one")).body)
            second = json.loads((await post(op="pulse")).body)
            answer = await post(op="response", amplitude_uv=512)
            undone = await post(op="undo", entry=first["entry"])
            again = await post(op="undo", entry=first["entry"])
            bad = await post(op="shoot")
            codes = [answer.code, undone.code, again.code, bad.code]
            return first, second, codes, oct((folder / "log.jsonl").stat().st_mode)[-3:]

    first, second, codes, mode = asyncio.run(talk())
    assert (first["op"], second["entry"] - first["entry"]) == ("written", 1)
    assert codes == [200, 200, 409, 400]
    assert mode == "600"


def test_nothing_in_the_package_could_command_a_stimulator_or_a_robot():
    import cortistim

    forbidden = (b"EH", b"single_pulse", b"setRTS", b"setDTR", b"import serial")
    root = Path(cortistim.__file__).parent
    for path in (*root.joinpath("app").rglob("*"), *root.joinpath("io", "live").rglob("*")):
        if path.suffix in (".py", ".js", ".html"):
            content = path.read_bytes()
            assert [word for word in forbidden if word in content] == [], path
            for word in (b"ready to fire", b"safe to"):
                assert word not in content.lower(), path
