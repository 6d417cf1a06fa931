"""A recorded session gives in the page what ``study replay`` gives in a table."""

import asyncio
import json
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tornado")
sys.path.insert(0, str(Path(__file__).parent))
from talk import fetch, served

from cortistim.app.evaluate import moved
from cortistim.app.sources import ReplaySource
from cortistim.field import save_operator
from cortistim.io.navigators import NavigatedPose, read_subject_poses, write_pose_file
from cortistim.study import output_of
from cortistim.study.session.replay import ReplayRequest, run_replay

COUNT = 6


def recorded(scene):
    rng, found = np.random.default_rng(2), []
    for n in range(COUNT):
        shift, turn = rng.normal(scale=2e-3, size=3), rng.normal(scale=0.05, size=3)
        pose = moved(scene.first, shift - [0, 0, 0.004], turn)
        found.append(NavigatedPose(f"s{n}", "sample", pose, 0.05 * n, 40.0 + n, 8e7 + 1e6 * n))
    return tuple(found)


async def page_log(scene, source):
    """Play a recording and return the log once all its pulses are in it."""
    async with served(scene, output_of(None, scene.coil), source) as guard:
        for _ in range(200):
            answer = await fetch(guard, "/v1/log", token=guard.view_token)
            pulses = [e["pulse"] for e in json.loads(answer.body) if e["kind"] == "pulse"]
            if len(pulses) >= COUNT:
                return pulses
            await asyncio.sleep(0.1)
    return []


@pytest.mark.parametrize("form", ["localite", "navinibs", "cortistim"])
def test_the_numbers_are_those_of_study_replay(scene, tmp_path, form):
    ending = {"localite": ".xml"}.get(form, ".json")
    log, operator = tmp_path / f"session{ending}", tmp_path / "operator.npz"
    write_pose_file(log, recorded(scene), form)
    save_operator(scene.operator, operator)
    request = ReplayRequest(
        log=log, head=scene.head, coil=scene.coil, target="C3", operator=operator
    )
    table = run_replay(request)
    samples = [p for p in read_subject_poses(log)[0].poses if p.kind == "sample"]
    pulses = asyncio.run(page_log(scene, ReplaySource(samples, speed=20.0)))
    assert len(pulses) == len(table.pulses) == COUNT
    per_unit = [p["target_e_v_per_m"] / p["didt_a_per_s"] * 1e6 for p in pulses]
    np.testing.assert_allclose(per_unit, table.e_v_per_m, rtol=2e-6)
    np.testing.assert_allclose([p["missed_share"] for p in pulses], table.missed_share)
    known = np.isfinite(table.didt_a_per_s)
    told = np.array([p["didt_a_per_s"] for p in pulses])
    np.testing.assert_allclose(told[known], table.didt_a_per_s[known], rtol=1e-12)


def test_a_pulse_nowhere_near_the_head_is_written_down_without_a_field(scene):
    far = moved(scene.first, np.array([0, 0, -0.5]), np.zeros(3))
    poses = [NavigatedPose("far", "sample", far, 0.0, 50.0), *recorded(scene)]

    async def talk():
        source = ReplaySource(poses, speed=50.0)
        async with served(scene, output_of(None, scene.coil), source) as guard:
            for _ in range(100):
                answer = await fetch(guard, "/v1/log", token=guard.view_token)
                pulses = [e for e in json.loads(answer.body) if e["kind"] == "pulse"]
                if len(pulses) > COUNT:
                    break
                await asyncio.sleep(0.1)
        return pulses

    first, *others = asyncio.run(talk())
    assert first["pulse"] is None
    assert "no field" in first["note"]
    assert all(e["pulse"] is not None for e in others)
