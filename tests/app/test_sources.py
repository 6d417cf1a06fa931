"""Every peer's stand-in drives the coil to where it says it is."""

import asyncio
from contextlib import suppress

import numpy as np
import pytest

from cortistim.app import sources
from cortistim.app.evaluate import moved
from cortistim.app.reception import Reception, Tie
from cortistim.app.sources import ReplaySource, source_for
from cortistim.app.stand_ins import quaternion_of, standing_in, wandering
from cortistim.errors import BadInputError
from cortistim.io.live import PulseHeard, igtl
from cortistim.io.live.events import matrix_from_quaternion
from cortistim.io.navigators import NavigatedPose
from cortistim.placement import Pose
from cortistim.units import matrix_mm_from_m

DOWN = Pose(np.array([[1, 0, 0, 0.01], [0, -1, 0, 0.02], [0, 0, -1, 0.09], [0, 0, 0, 1.0]]))


async def sightings_from(source, count, happen=lambda *_: None, **kinds):
    """Run a source until it has brought a number of sightings."""
    found, enough = [], asyncio.Event()

    def see(sighting):
        found.append(sighting)
        if len(found) >= count:
            enough.set()

    reception = Reception(see, happen, **kinds)
    running = asyncio.ensure_future(source.run(reception.take, reception.lose))
    await asyncio.wait_for(enough.wait(), 10)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    return found


@pytest.mark.parametrize("protocol", ["openigtlink", "localite", "brainsight", "navinibs"])
def test_a_stand_in_moves_the_coil_to_where_it_says(protocol):
    if protocol == "navinibs":
        pytest.importorskip("zmq", reason="NaviNIBS is spoken through pyzmq")
    poses = [moved(DOWN, np.array([0.001 * n, 0, 0]), np.zeros(3)) for n in range(3)]

    async def talk():
        begun = asyncio.get_running_loop().time()

        def motion(time_s):
            at = int((time_s - begun) / 0.1)
            return poses[at % 3] if at % 4 else None

        async with standing_in(protocol, motion) as port:
            source = source_for(f"{protocol}://127.0.0.1:{port}")
            return await sightings_from(source, 30, brainsight=protocol == "brainsight")

    found = asyncio.run(talk())
    seen = [s.pose for s in found if s.pose is not None]
    assert any(s.pose is None for s in found)
    for pose in seen:
        off = min(np.abs(pose.matrix_m - known.matrix_m).max() for known in poses)
        assert off < 1e-6


def test_a_peer_that_sends_junk_is_left_and_tried_again(monkeypatch):
    monkeypatch.setattr(sources, "PAUSES_S", (0.05,))

    async def talk():
        async def junk(_reader, writer):
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(80))
            await writer.drain()
            writer.close()

        async with await asyncio.start_server(junk, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            return await sightings_from(source_for(f"openigtlink://127.0.0.1:{port}"), 3)

    found = asyncio.run(talk())
    assert all(s.pose is None for s in found)
    assert all("version 1 or 2" in s.why for s in found)


def test_a_sender_may_come_to_us_but_only_one_at_a_time():
    async def talk():
        with_port = source_for("openigtlink-listen://127.0.0.1:0")
        made = []
        start = asyncio.start_server

        async def remembered(*given):
            made.append(await start(*given))
            return made[-1]

        sources.asyncio.start_server = remembered
        try:
            gathering = asyncio.ensure_future(sightings_from(with_port, 2))
            while not made:
                await asyncio.sleep(0.01)
            port = made[0].sockets[0].getsockname()[1]
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            message = igtl.packed_transform("Coil", matrix_mm_from_m(DOWN.matrix_m))
            writer.write(message)
            await asyncio.sleep(0.1)
            second, _ = await asyncio.open_connection("127.0.0.1", port)
            assert await asyncio.wait_for(second.read(), 5) == b""
            writer.write(message)
            return await gathering
        finally:
            sources.asyncio.start_server = start

    assert all(s.pose is not None for s in asyncio.run(talk()))


def recorded(count, step_s=0.02):
    return [
        NavigatedPose(f"pulse {n}", "sample", DOWN, step_s * n, 50.0, 80e6)
        for n in range(count)
    ]


def test_a_recording_plays_its_pulses_in_order():
    pulses = []
    asyncio.run(
        sightings_from(ReplaySource(recorded(5)), 5, lambda heard, _: pulses.append(heard))
    )
    assert [p.source for p in pulses[:4]] == [f"pulse {n}" for n in range(4)]
    assert isinstance(pulses[0], PulseHeard)


def test_a_recording_can_be_scrubbed():
    async def talk():
        source = ReplaySource(recorded(10), speed=0)
        names = []
        gathering = asyncio.ensure_future(
            sightings_from(source, 3, lambda heard, _: names.append(heard.source))
        )
        for at in (0.5, 0.999):
            await asyncio.sleep(0.05)
            source.go(at, None)
        await gathering
        return names

    assert asyncio.run(talk()) == ["pulse 0", "pulse 5", "pulse 9"]


def test_the_registration_carries_the_peers_frame():
    shift = np.eye(4)
    shift[:3, 3] = 0.1, 0, 0
    found = []
    reception = Reception(found.append, lambda *_: None, tie=Tie(shift))
    data = igtl.packed_transform("Coil", matrix_mm_from_m(DOWN.matrix_m))
    for event in igtl.IgtlDecoder().feed(data):
        reception.take(event)
    np.testing.assert_allclose(found[0].pose.origin_m, [0.11, 0.02, 0.09], atol=1e-7)


def test_a_pointer_is_not_taken_for_the_coil():
    found = []
    reception = Reception(found.append, lambda *_: None)
    tools = {"PointerToRef": DOWN, "CoilToRef": DOWN, "OtherToRef": DOWN}
    data = igtl.packed_tracked({n: matrix_mm_from_m(p.matrix_m) for n, p in tools.items()})
    for event in igtl.IgtlDecoder().feed(data):
        reception.take(event)
    assert len(found) == 1


@pytest.mark.parametrize(
    "text", ["", "nobody://h:1", "localite://h:x", "openigtlink-listen://0.0.0.0:1", "http://h"]
)
def test_a_source_that_does_not_exist_is_refused_in_words(text):
    with pytest.raises(BadInputError):
        source_for(text)


def test_a_rotation_survives_as_a_quaternion():
    rng = np.random.default_rng(0)
    for turn in (*rng.normal(size=(20, 3)), (np.pi, 0, 0), (0, 0, np.pi)):
        rotation = moved(DOWN, np.zeros(3), np.asarray(turn)).rotation
        w, x, y, z = quaternion_of(rotation)
        back = matrix_from_quaternion(w, (x, y, z), (0, 0, 0))[:3, :3]
        np.testing.assert_allclose(back, rotation, atol=1e-12)


def test_a_wandering_coil_stays_near():
    motion = wandering(DOWN)
    off = [np.linalg.norm(motion(t).origin_m - DOWN.origin_m) for t in np.linspace(0, 60, 99)]
    assert max(off) < 0.02
