"""What follows from the log: proposals, tables, and somebody who does not exist."""

import asyncio
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from urllib.request import urlopen

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from talk import connect, fetch, hear, says, served

from cortistim.app import sources
from cortistim.app.chair import Chair, seed_of
from cortistim.app.console import scene_of
from cortistim.app.engine import Drive, Engine, driven
from cortistim.app.evaluate import evaluate, moved
from cortistim.app.guard import page_headers
from cortistim.app.limits import APART_WORDS, Limits, Meant
from cortistim.app.live import LiveRequest, Prepared
from cortistim.app.notebook import LiveView
from cortistim.app.reception import Reception, Tie
from cortistim.app.session import Session, facts_of, pulse_of
from cortistim.app.sitting import Sitting
from cortistim.app.sources import PageSource, source_for
from cortistim.app.watch import Sighting, Watch
from cortistim.errors import BadInputError
from cortistim.io.live import CoilSeen, PulseHeard
from cortistim.mapping.threshold import HuntSettings, ThresholdHunt
from cortistim.records.live import LiveEntry, LivePulse
from cortistim.sources import Sourced
from cortistim.study import find_target, output_of
from cortistim.study.session.table import open_session


@pytest.fixture
def sitting(scene, tmp_path):
    """A session on the disk, and the engine that evaluates its pulses."""
    session = Session(tmp_path / "s", facts_of(scene))
    yield Sitting(session), Engine(scene, kind="held")
    session.close()


def give(sitting, engine, percent, amplitude_uv=None, pose=None):
    """Write a pulse and its response down; gives the pulse's entry."""
    drive = Drive(percent * 1e6, percent, typed=True)
    told = pulse_of(engine, pose or engine.scene.first, drive)
    entry = sitting.session.add("pulse", "test", pulse=told)
    if amplitude_uv is not None:
        sitting.session.add(
            "response", "test", refers_to=entry.entry, amplitude_uv=amplitude_uv
        )
    return entry


def test_the_loop_proposes_what_the_method_itself_would(sitting):
    sitting, engine = sitting
    sitting.begin(46.0, None)
    alone = ThresholdHunt(HuntSettings(start_percent=46.0))
    for amplitude in (120.0, 10.0, 80.0, 20.0):
        percent = sitting.loop().propose_percent
        assert percent == pytest.approx(alone.propose(), abs=0.05)
        give(sitting, engine, percent, amplitude)
        alone.respond(mep_v=amplitude * 1e-6, percent=percent)
    told, wanted = sitting.loop(), alone.result()
    assert told.estimate_percent == pytest.approx(wanted.estimate_percent, abs=0.01)
    assert (told.pulses, len(told.course)) == (4, 4)
    assert told.low_percent < told.estimate_percent < told.high_percent


def test_what_is_taken_back_and_what_came_before_counts_for_nothing(sitting):
    sitting, engine = sitting
    give(sitting, engine, 90.0, 500.0)
    sitting.begin(50.0, None)
    give(sitting, engine, 50.0, 200.0)
    once = sitting.loop()
    second = give(sitting, engine, 45.0, 3.0)
    assert sitting.loop() != once
    sitting.session.add("undo", "test", refers_to=second.entry)
    assert sitting.loop() == once
    assert once.pulses == 1
    sitting.end()
    assert sitting.loop().kind == "none"


def test_a_loop_goes_on_after_the_program_died(scene, tmp_path):
    session = Session(tmp_path / "s", facts_of(scene))
    before = Sitting(session)
    before.begin(40.0, "ml-pest")
    give(before, Engine(scene, kind="held"), 40.0, 90.0)
    told = before.loop()
    session.close()
    again = Session(tmp_path / "s", facts_of(scene))
    assert Sitting(again).loop() == told
    again.close()


def test_an_unknown_method_is_refused_before_anything_is_written(sitting):
    sitting, _ = sitting
    many = len(sitting.session.entries)
    with pytest.raises(BadInputError, match="method"):
        sitting.begin(50.0, "guessing")
    assert len(sitting.session.entries) == many


def test_the_virtual_subject_answers_less_where_the_field_is_weaker(scene):
    engine = Engine(scene, kind="held")
    far = moved(scene.plan, np.array([0.0, 0.0, -0.02]), np.zeros(3))
    sums = []
    for pose in (scene.plan, far):
        chair, drive = Chair(scene, 3), Drive(6e7, 70.0, typed=True)
        told = pulse_of(engine, pose, drive)
        sums.append(sum(chair.answer(told).amplitude_uv for _ in range(20)))
    assert sums[1] < sums[0]


def test_a_rehearsal_with_one_seed_is_one_rehearsal(scene):
    told = pulse_of(Engine(scene, kind="held"), scene.plan, Drive(6e7, 60.0, typed=True))
    runs = [
        [chair.answer(told) for _ in range(5)] for chair in (Chair(scene, 4), Chair(scene, 4))
    ]
    assert runs[0] == runs[1]
    assert Chair(scene, 4).answer(None) is None


@pytest.mark.parametrize("text", ["real", "virtual:", "virtual:x", "virtual:-1", "Virtual"])
def test_only_virtual_subjects_have_names(text):
    with pytest.raises(BadInputError, match="virtual:SEED"):
        seed_of(text)


def entries_at(seconds, percent=60.0):
    """Pulses of a log at some seconds."""
    pulse = {
        "matsimnibs_m": np.eye(4).tolist(), "didt_a_per_s": 1e8, "percent_mso": percent,
        "output_is_typed": True, "target_e_v_per_m": 1.0, "peak_e_v_per_m": 1.0,
        "missed_share": 0.0, "flags": [], "state": "held", "on_target": False,
        "deviation": None,
    }  # fmt: skip
    return [
        LiveEntry(
            entry=k, kind="pulse", monotonic_s=0.0, said_by="test", pulse=LivePulse(**pulse),
            time_utc=f"2026-01-01T00:{int(s // 60):02d}:{s % 60:09.6f}+00:00",
        )
        for k, s in enumerate(seconds, start=2)
    ]  # fmt: skip


def test_pulses_that_were_given_are_rated_as_the_train_they_are():
    limits = Limits(Meant(None, 50.0))
    told = limits.told(entries_at(np.arange(60) / 10, percent=60.0))
    assert told.train_pulses == 60
    assert told.train_rate_hz == pytest.approx(10, rel=0.01)
    assert told.percent_of_rmt == pytest.approx(120)
    assert told.verdict == "exceeds"  # 6 s of 10 Hz at 120 %, where 4.2 s were found safe
    short = limits.told(entries_at(np.arange(30) / 10, percent=60.0))
    assert short.verdict == "within"


def test_single_pulses_and_unknown_outputs_are_not_rated():
    limits = Limits(Meant(None, 50.0))
    assert limits.told(entries_at([0, 8, 16, 24])).words == APART_WORDS
    assert limits.told([]).pulses == 0
    unknown = Limits(Meant()).told(entries_at(np.arange(9) / 10))
    assert unknown.verdict is None
    assert "motor threshold" in unknown.words


def test_the_protocol_that_is_meant_is_rated_once():
    told = Limits(Meant("iTBS600", 50.0)).told([])
    assert told.protocol == "iTBS600"
    assert told.protocol_pulses == 600
    assert told.protocol_verdict is not None
    with pytest.raises(BadInputError):
        Limits(Meant("no such protocol"))


def test_a_pulse_takes_the_pose_of_its_own_time(scene):
    watch = Watch("stream")
    poses = [moved(scene.first, np.array([k * 1e-3, 0, 0]), np.zeros(3)) for k in range(5)]
    for k, pose in enumerate(poses):
        watch.see(Sighting(pose, 10.0 + 0.02 * k, 500.0 + 0.02 * k))
    assert watch.at(11.0, 500.021).pose is poses[1]  # by the source's clock
    assert watch.at(10.041).pose is poses[2]
    assert watch.at(12.0).pose is None
    assert watch.at(10.061, 7.0).pose is poses[3]  # another clock: by arrival


def test_a_session_becomes_a_table(sitting, tmp_path):
    sitting, engine = sitting
    give(sitting, engine, 50.0, 120.0)
    gone = give(sitting, engine, 55.0, 1.0)
    give(sitting, engine, 60.0)
    sitting.session.add("undo", "test", refers_to=gone.entry)
    for place in (tmp_path / "s", tmp_path / "s" / "log.jsonl"):
        record = open_session(place)
        assert [row.percent_mso for row in record.pulses] == [50.0, 60.0]
        assert [row.mep_uv for row in record.pulses] == [120.0, None]
        assert record.pulses[0].has_pose
        assert record.pulses[0].e_target_v_per_m > 0


def test_a_whole_rehearsal_through_the_socket(scene):
    async def rehearse():
        asked = {"subject": "virtual:2", "rmt_percent": 50.0}
        async with served(scene, output_of(None, scene.coil), PageSource(), **asked) as guard:
            socket = await connect(guard)
            first = await hear(socket, says("safety"))
            assert first["pulses"] == 0

            async def do(**verb):
                body = json.dumps(verb)
                answer = await fetch(
                    guard, "/v1/say", token=guard.control_token, method="POST", body=body
                )
                return answer.code

            assert await do(op="loop", kind="threshold", start_percent=50) == 200
            for _ in range(3):
                told = await hear(socket, says("loop"))
                assert await do(op="output", percent_mso=told["propose_percent"]) == 200
                assert await do(op="pulse") == 200
            done = await hear(socket, lambda m: says("loop")(m) and m["pulses"] == 3)
            assert done["low_percent"] < done["high_percent"]
            assert await do(op="loop", kind="none") == 200
            end = await hear(socket, lambda m: says("loop")(m) and m["kind"] == "none")
            assert 0 < end["truth_percent"] < 150

    asyncio.run(rehearse())


def test_a_notebook_shows_the_page_in_a_frame_and_nobody_else_may(scene):
    asked = LiveRequest(subject="virtual", framed=True)
    prepared = Prepared(scene, output_of(None, scene.coil), PageSource(), Tie())
    with LiveView.of(prepared, asked) as view:
        assert view.url.partition("#")[0] in view._repr_html_()
        assert "#t=" not in repr(view)
        with urlopen(view.url.partition("#")[0]) as answer:
            assert "localhost:*" in answer.headers["Content-Security-Policy"]
    assert repr(view) == "LiveView(ended)"
    with pytest.raises(BadInputError, match="ended"):
        _ = view.url
    assert "frame-ancestors 'none'" in page_headers("127.0.0.1:1")["Content-Security-Policy"]


def test_a_notebook_is_told_what_it_cannot_ask_for(ball_head):
    with pytest.raises(BadInputError, match="colour"):
        LiveView(ball_head, colour="red")


class FakeStream:
    """What pylsl gives: a stream of markers that ends."""

    def __init__(self, samples):
        self.samples = list(samples)

    def name(self):
        return "pulses"

    def type(self):
        return "Markers"

    def channel_count(self):
        return 1

    def desc(self):
        return self

    def child(self, _name):
        return self

    def empty(self):
        return True

    def info(self, **_asked):
        return self

    def time_correction(self, **_asked):
        return 2.0

    def close_stream(self):
        self.closed = True

    def pull_sample(self, _wait):
        if self.samples:
            return self.samples.pop(0)
        raise LostError


class LostError(Exception):
    """The stream is gone."""


def test_markers_of_lsl_are_pulses_on_our_own_clock(monkeypatch):
    stream = FakeStream([(None, None), (["go"], 98.0), ([""], 98.5)])
    pylsl = SimpleNamespace(
        resolve_streams=lambda **_asked: [stream],
        StreamInlet=lambda info, **_asked: info,
        local_clock=lambda: 101.0,
        LostError=LostError,
    )
    monkeypatch.setattr(sources, "_pylsl", lambda: pylsl)
    heard, lost = [], []

    async def listen():
        running = asyncio.ensure_future(
            source_for("lsl://pulses").run(heard.append, lost.append)
        )
        while not lost:
            await asyncio.sleep(0.01)
        running.cancel()

    now_s = time.monotonic()
    asyncio.run(asyncio.wait_for(listen(), 20))
    assert [type(event) for event in heard] == [PulseHeard]
    assert heard[0].source_time_s == pytest.approx(now_s - 1.0, abs=5)
    assert "gone" in lost[0]
    assert stream.closed


def test_a_stream_that_is_not_there_is_looked_for_again(monkeypatch):
    pylsl = SimpleNamespace(resolve_streams=lambda **_asked: [])
    monkeypatch.setattr(sources, "_pylsl", lambda: pylsl)
    lost = []

    async def listen():
        running = asyncio.ensure_future(source_for("lsl://x").run(print, lost.append))
        while not lost:
            await asyncio.sleep(0.01)
        running.cancel()

    asyncio.run(asyncio.wait_for(listen(), 20))
    assert "no stream 'x'" in lost[0]


def test_what_a_second_source_tells_is_pulses_alone(scene):
    seen, happened = [], []
    reception = Reception(seen.append, lambda *told: happened.append(told), clock=lambda: 5.0)
    reception.take_pulse(PulseHeard("marker", 4.2))
    reception.take_pulse(PulseHeard("marker"))
    reception.take_pulse(CoilSeen("coil", scene.first, 4.0))
    assert [arrived_s for _, arrived_s in happened] == [4.2, 5.0]
    assert seen == []


def test_a_place_to_avoid_has_its_field_beside_the_targets(scene):
    place = find_target(scene.head, "C4")
    both = replace(scene, avoid=(scene.target, place))
    shown = evaluate(both, scene.first, 1e6)
    assert shown.avoided_v_per_m[0] == pytest.approx(shown.target_v_per_m)
    strength = np.linalg.norm(shown.e_v_per_m, axis=1)
    off_m = np.linalg.norm(scene.operator.points_m - place.point_m, axis=1)
    nearest = np.argsort(off_m)[: len(both.points_at(place))]
    assert shown.avoided_v_per_m[1] == pytest.approx(strength[nearest].mean(), rel=1e-5)
    told = scene_of(both, Engine(both, kind="held"), "mouse", [])
    assert [patch.name for patch in told.avoid] == ["C3", "C4"]


def test_an_output_without_a_known_rate_keeps_the_field_of_one_ampere():
    assert driven(52.0, None) == Drive(percent_mso=52.0)
    assert driven(50.0, Sourced(1.6e8, "A/s", "assumed")).didt_a_per_s == pytest.approx(8e7)
