"""A turned pose can be turned back; a shifted one keeps its axes, or follows the scalp."""

import numpy as np
import pytest

from cortistim.cli import run
from cortistim.errors import BadInputError
from cortistim.io import read_pose, write_pose
from cortistim.placement import place_over
from cortistim.placement.clearance import distance_along_axis_m
from cortistim.study.request.inputs import HeadRequest
from cortistim.study.session import moved
from cortistim.study.session.moved import MoveRequest, run_move, write_move


@pytest.fixture
def pose_file(ball_head, tmp_path):
    pose = place_over(ball_head, np.array([-0.03, 0.03, 0.08]), handle_rad=0.5)
    write_pose(tmp_path / "pose.json", pose, deformation={"bend": 3.0})
    return tmp_path / "pose.json"


def test_a_turn_moves_the_handle_clockwise_and_nothing_else(pose_file, tmp_path):
    before = read_pose(pose_file)
    found = run_move(MoveRequest(source=pose_file, turn_rad=np.pi / 6))
    record = write_move(found, tmp_path / "turned.json")
    assert record.turned_deg == pytest.approx(30, abs=1e-3)
    assert record.tilted_deg == pytest.approx(0, abs=1e-3)
    after = read_pose(tmp_path / "turned.json")
    np.testing.assert_allclose(after.origin_m, before.origin_m, atol=1e-9)
    # seen from behind the coil, along z, x lies clockwise of -y: that is where the handle goes
    x, y = before.rotation[:, 0], before.rotation[:, 1]
    assert after.handle_direction @ x > 0 > after.handle_direction @ y
    back = run_move(MoveRequest(source=tmp_path / "turned.json", turn_rad=-np.pi / 6))
    np.testing.assert_allclose(back.after.matrix_m, before.matrix_m, atol=1e-9)


def test_a_shift_goes_along_the_coils_own_axes(pose_file, tmp_path):
    found = run_move(MoveRequest(source=pose_file, shift_m=(0.005, -0.002, 0.001)))
    assert write_move(found, tmp_path / "a.json").shifted_mm == (5.0, -2.0, 1.0)
    np.testing.assert_allclose(found.after.rotation, found.before.rotation, atol=1e-12)
    assert found.deformation == {"bend": 3.0}


def test_along_the_scalp_the_coil_keeps_its_distance_and_tilts(
    ball_head, pose_file, monkeypatch
):
    monkeypatch.setattr(moved, "head_of", lambda *_, **__: ball_head)
    asked = MoveRequest(source=pose_file, shift_m=(0.01, 0, 0), head=HeadRequest("ball"))
    found = run_move(asked)
    was, now = (distance_along_axis_m(ball_head, p) for p in (found.before, found.after))
    assert now == pytest.approx(was, abs=2e-4)
    _, tilted_deg = moved.pose_angles_deg(found.before, found.after)
    assert 3 < tilted_deg < 9


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, "nothing is moved"),
        ({"shift_m": (5.0, 0, 0)}, "at most 100 mm; got 5000 mm"),
        ({"turn_rad": float("nan")}, "finite"),
    ],
)
def test_moves_that_mean_nothing_are_refused(tmp_path, asked, told):
    with pytest.raises(BadInputError, match=told):
        MoveRequest(source=tmp_path, **asked)


def test_the_commands_take_a_plans_folder_and_write_json(pose_file, tmp_path, capsys):
    out = tmp_path / "new.json"
    assert run(["pose", "turn", str(tmp_path), str(out), "--by", "15", "--quiet"]) == 0
    assert "turned by 15.0°" in capsys.readouterr().out
    assert run(["pose", "shift", str(out), str(tmp_path / "x.txt"), "--x", "5"]) == 2
    assert "must end in .json" in capsys.readouterr().err
    assert run(["pose", "shift", str(out), str(out), "--x", "5"]) == 2
    assert pose_file.exists()
