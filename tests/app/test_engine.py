"""The newest pose becomes the newest field, and nothing that is not live looks live."""

import threading
import time

import numpy as np
import pytest

from cortistim.app.engine import Drive, Engine
from cortistim.app.evaluate import evaluate, look_again, moved
from cortistim.app.guidance import OnTarget, deviation_from
from cortistim.app.slot import LatestSlot
from cortistim.app.watch import FROZEN_S, STALE_S, Sighting, Watch
from cortistim.errors import PoseError
from cortistim.io.live.wire import Flag
from cortistim.placement import Pose

UNIT = 1e6


def shifted(pose, x=0.0, y=0.0, z=0.0, turn=(0.0, 0.0, 0.0)):
    return moved(pose, np.array([x, y, z]), np.array(turn))


@pytest.fixture
def engine(scene):
    computed = []
    made = Engine(scene, computed.append, kind="stream")
    made.computed = computed
    yield made
    made.stop()


def wait_for(condition, limit_s=10.0):
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "nothing came"
        time.sleep(0.005)


def test_a_slot_keeps_the_newest_and_counts_the_others():
    slot = LatestSlot()
    for value in range(5):
        slot.put(value)
    assert (slot.take(), slot.dropped, slot.take(0.0)) == (4, 4, None)


def test_the_field_is_that_of_the_pose(scene):
    shown = evaluate(scene, scene.first, UNIT)
    direct = scene.operator.evaluate_with_missed(scene.coil, [scene.first])[0][0]
    np.testing.assert_array_equal(shown.e_v_per_m, direct)
    near = np.linalg.norm(direct[scene.near].astype(float), axis=1).mean()
    assert shown.target_v_per_m == pytest.approx(near, rel=1e-5)
    assert shown.lift_m == 0
    assert 0 < shown.focal_area_m2 < scene.areas_m2.sum()


def test_the_same_pose_gives_the_same_bits(scene):
    pose = shifted(scene.first, 0.003, -0.002)
    one, other = (evaluate(scene, pose, UNIT) for _ in range(2))
    assert one.e_v_per_m.tobytes() == other.e_v_per_m.tobytes()
    assert one.target_v_per_m == other.target_v_per_m


def test_a_coil_in_the_head_is_lifted_and_flagged(scene):
    shown = evaluate(scene, shifted(scene.first, z=0.02), UNIT)
    assert shown.refused
    assert 0.01 < shown.lift_m < 0.03


def test_a_coil_nowhere_near_the_head_is_refused(scene):
    with pytest.raises(PoseError, match="at the head"):
        evaluate(scene, shifted(scene.first, z=-0.6), UNIT)


def test_the_moves_say_what_a_move_does(scene):
    shown = evaluate(scene, shifted(scene.first, x=0.004, z=-0.004), UNIT)
    again = look_again(scene, shown)
    there = evaluate(scene, shifted(shown.pose, x=5e-4), UNIT)
    gained = there.target_v_per_m / shown.target_v_per_m - 1
    assert again.per_m[0] * 5e-4 == pytest.approx(gained, rel=0.1, abs=1e-4)
    assert again.per_m[2] > 0  # nearer is stronger
    assert again.low_v_per_m < shown.target_v_per_m < again.high_v_per_m


def test_the_latest_pose_wins(engine, scene):
    gate = threading.Event()
    slow = engine._evaluated
    engine._evaluated = lambda sighting: (gate.wait(), slow(sighting))[1]
    engine.start()
    poses = [shifted(scene.first, x=1e-3 * n) for n in range(6)]
    engine.see(Sighting(poses[0], time.monotonic()))
    time.sleep(0.05)  # the worker has taken the first and waits
    for pose in poses[1:]:
        engine.see(Sighting(pose, time.monotonic()))
    gate.set()
    wait_for(lambda: engine.latest.shown.asked is poses[-1])
    assert engine.dropped == 4
    wait_for(lambda: engine.computed[-1].shown.asked is poses[-1])
    assert {id(c.shown.asked) for c in engine.computed} == {id(poses[0]), id(poses[-1])}


def test_another_output_scales_the_field_and_the_scale_alike(engine):
    before, scale = engine.latest.shown.target_v_per_m, engine.scale_v_per_m
    engine.see(Sighting(engine.scene.first, time.monotonic()))
    engine.start()
    wait_for(lambda: engine.computed)
    engine.set_drive(Drive(80e6, 50.0, typed=True))
    wait_for(lambda: engine.latest.drive.typed)
    assert engine.latest.shown.target_v_per_m == pytest.approx(80 * before, rel=1e-4)
    assert engine.scale_v_per_m == pytest.approx(80 * scale)


def test_a_field_is_there_before_any_pose_and_does_not_look_live(engine):
    assert engine.latest.shown.target_v_per_m > 0
    verdict = engine.verdict()
    assert verdict.state == "waiting"
    assert verdict.flags & Flag.STALE


def test_silence_is_stale_and_a_hidden_coil_is_invisible(scene):
    watch = Watch("stream")
    watch.see(Sighting(scene.first, 10.0))
    assert watch.verdict(10.0 + STALE_S / 2).flags == 0
    assert watch.verdict(10.0 + 1.1 * STALE_S).state == "stale"
    watch.see(Sighting(None, 10.5, why="blocked"))
    hidden = watch.verdict(10.5)
    assert (hidden.state, hidden.words, hidden.flags) == ("invisible", "blocked", Flag.STALE)
    watch.see(Sighting(scene.first, 10.6))
    assert watch.verdict(10.6).state == "live"


def test_a_pose_that_repeats_to_the_bit_is_called_frozen(scene):
    watch = Watch("stream")
    for n in range(40):
        watch.see(Sighting(Pose(scene.first.matrix_m), 0.05 * n))
    assert "frozen" in watch.verdict(0.05 * 39).words
    assert FROZEN_S < 0.05 * 39
    watch.see(Sighting(shifted(scene.first, x=1e-6), 2.0))
    assert watch.verdict(2.0).words == ""


def test_a_pose_that_cannot_be_evaluated_leaves_the_old_field_stale(engine, scene):
    engine.start()
    engine.see(Sighting(shifted(scene.first, z=-0.6), time.monotonic()))
    wait_for(lambda: engine.verdict().state in ("refused", "stale"))
    assert engine.verdict().flags & Flag.STALE


def test_on_target_takes_half_a_second_and_does_not_flicker(scene):
    plan, state = scene.first, OnTarget()
    near, edge, far = (
        deviation_from(plan, shifted(plan, x=x)) for x in (0.0005, 0.0012, 0.002)
    )
    assert not state.see(near, 0.0)
    assert not state.see(near, 0.4)
    assert state.see(near, 0.6)
    assert state.see(edge, 0.7)
    assert state.see(edge, 2.0)  # inside the wider limits
    assert state.see(far, 2.1)
    assert not state.see(far, 2.3)
    assert not state.see(edge, 5.0)  # outside the narrower ones
    assert not state.see(near, 6.0)
    assert state.see(near, 6.6)
    assert not state.see(None, 6.7)  # stale: at once


def test_a_deviation_is_told_in_the_planned_coils_axes(scene):
    off = deviation_from(scene.first, shifted(scene.first, 0.001, 0.002, 0.003, (0, 0, 0.1)))
    found = (off.x_m, off.y_m, off.depth_m, off.tilt_rad, off.twist_rad)
    np.testing.assert_allclose(found, (0.001, 0.002, 0.003, 0, 0.1), atol=1e-9)
    tilted = deviation_from(scene.first, shifted(scene.first, turn=(0.2, 0, 0)))
    np.testing.assert_allclose((tilted.tilt_rad, tilted.twist_rad), (0.2, 0), atol=1e-9)
