"""Rehearsed hunts, and the operator of the sphere from its closed form."""

import json

import numpy as np
import pytest

from cortistim.cli import run
from cortistim.cli.rehearse_command import HUNTS
from cortistim.errors import BadInputError
from cortistim.field.analytic.sphere import sphere_field_v_per_m
from cortistim.mapping.hotspot import METHODS
from cortistim.placement import place_over
from cortistim.study.mapping import hotspot_rehearsal, sphere_operator, virtual
from cortistim.study.mapping.hotspot_rehearsal import HuntRehearsal
from cortistim.study.mapping.pose_grid import GridSettings
from cortistim.study.request.coil import CoilRequest
from cortistim.study.request.inputs import HeadRequest

HAND_M = np.array([-0.037, -0.025, 0.056])


@pytest.fixture
def small(ball_head, light_coil, monkeypatch):
    """The ball in place of the sphere, few poses, few members."""
    grid = GridSettings(radius_m=0.02, spacing_m=0.006, step_rad=np.pi / 8)
    monkeypatch.setattr(HeadRequest, "load", lambda *_, **__: ball_head)
    monkeypatch.setattr(CoilRequest, "load", lambda *_: light_coil)
    monkeypatch.setattr(virtual, "SEARCH", grid)
    monkeypatch.setattr(sphere_operator, "POSES", 120)
    monkeypatch.setattr(sphere_operator, "RANK", 80)


@pytest.mark.usefixtures("small")
def test_the_sphere_s_operator_is_its_closed_form(ball_head, light_coil):
    operator = sphere_operator.sphere_operator(ball_head, light_coil, HAND_M)
    operator.origin.require(ball_head)
    pose = place_over(ball_head, HAND_M + np.array([0.01, 0, 0]), handle_rad=0.4)
    found = operator.evaluate(light_coil, pose)
    wanted = sphere_field_v_per_m(operator.points_m, light_coil, pose, didt_a_per_s=1e6)
    largest = np.linalg.norm(wanted, axis=1).max()
    assert np.abs(found - wanted).max() < 0.02 * largest
    assert operator.missed_share(light_coil, pose) < 0.01


@pytest.mark.usefixtures("small")
def test_a_rehearsal_is_the_same_twice_and_ends_with_a_sheet(tmp_path, capsys):
    asked = ["rehearse", "hotspot", "--seed", "4", "--pulses", "16"]
    first, second, sheet = (tmp_path / name for name in ("a.json", "b.json", "s.png"))
    assert run([*asked, "--out", str(first), "--sheet", str(sheet)]) == 0
    told = capsys.readouterr().out
    assert "truth" in told
    assert "hot spot" in told
    assert run([*asked, "--out", str(second), "--json"]) == 0
    assert first.read_text() == second.read_text()
    record = json.loads(first.read_text())
    assert record == json.loads(capsys.readouterr().out)
    assert len(record["steps"]) == len(record["causes"]) == 16
    assert sheet.read_bytes()[:4] == b"\x89PNG"
    off = np.subtract(record["hotspot"]["along_mm"], record["truth_mm"])
    assert np.hypot(*off) == pytest.approx(record["error_mm"], abs=0.15)
    assert 13 < np.hypot(*record["truth_mm"]) < 17
    assert abs(record["truth_deg"]) == pytest.approx(30, abs=4)
    assert record["output_percent"] <= 100


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: HuntRehearsal(seed=-1), "0 or more"),
        (lambda: HuntRehearsal(head=HeadRequest("colin27")), "needs its operator"),
        (lambda: HuntRehearsal(method="guess"), "method"),
    ],
)
def test_what_cannot_be_rehearsed_is_refused(make, words):
    with pytest.raises(BadInputError, match=words):
        make()


def test_words_follow_the_error():
    near, fair, far = (hotspot_rehearsal._words(mm, 3, 5, mm > 9)[0] for mm in (1, 6, 12))
    assert "within 4 mm" in near
    assert "as people" in fair
    assert "more than" in far
    assert "does not hold" in hotspot_rehearsal._words(12, 3, 5, True)[-1]


def test_every_method_can_be_rehearsed():
    assert tuple(METHODS) == HUNTS
