import json
import os
import subprocess
import sys

import numpy as np
import pytest

from cortistim.cli import run
from cortistim.coil import named_coil
from cortistim.field import load_operator, solve_linear
from cortistim.field.local import refine_locally
from cortistim.field.operator import build as operator_build
from cortistim.field.recovery.sampling import head_sampler
from cortistim.field.solver import fem
from cortistim.placement import Pose
from cortistim.units import matrix_m_from_mm

ABOVE = [[1, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 96.5], [0, 0, 0, 1]]
HIGHER = [[1, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 101.5], [0, 0, 0, 1]]
INSIDE = [[1, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 80.0], [0, 0, 0, 1]]


@pytest.fixture(scope="module", autouse=True)
def quick():
    """Build for one coil, with a lattice no finer than the ball's mesh."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operator_build, "COILS", ("magstim_d70",))
        patch.setattr(fem, "LATTICE_SPACING_M", 0.008)
        yield


@pytest.fixture(scope="module")
def operator_file(ball_file, session_cache, tmp_path_factory):
    folder = tmp_path_factory.mktemp("operator")
    points = folder / "points.csv"
    points.write_text("x_mm,y_mm,z_mm\n0,0,70\n10,-5,60\n-20,10,65\n")
    arguments = [
        "operator", "build", "--head", ball_file, "--points", points, "--rank", 64,
        "--out", folder / "op.npz", "--quiet",
    ]  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CORTISTIM_CACHE", str(session_cache))
        assert run([str(argument) for argument in arguments]) == 0
    return folder / "op.npz"


def poses_file(folder, *matrices):
    path = folder / "poses.json"
    path.write_text(json.dumps({"matsimnibs": matrices}))
    return path


def evaluate(operator, poses, out, *more):
    arguments = ["operator", "evaluate", operator, "--coil", "magstim_d70", "--poses", poses]
    return run([str(argument) for argument in (*arguments, "--out", out, *more)])


def last_line(capsys):
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err.strip().splitlines()[-1]


def test_evaluate_writes_the_field_of_every_pose(operator_file, tmp_path, capsys):
    out = tmp_path / "e.npz"
    assert evaluate(operator_file, poses_file(tmp_path, ABOVE, HIGHER), out, "--json") == 0
    record = json.loads(capsys.readouterr().out)
    with np.load(out) as found:
        e_v_per_m, points_mm = found["e_v_per_m"], found["points_mm"]
        missed_share, bars = found["missed_share"], found["error_v_per_m"]
    assert e_v_per_m.shape == (2, 3, 3)
    np.testing.assert_allclose(points_mm, [[0, 0, 70], [10, -5, 60], [-20, 10, 65]])
    size = np.linalg.norm(e_v_per_m, axis=2)
    assert (size[0] > size[1]).all()
    assert abs(e_v_per_m[0, 0, 1]) > 10 * abs(e_v_per_m[0, 0, 0])
    np.testing.assert_allclose(missed_share, record["missed_share"], rtol=1e-2)
    assert bars.shape == (2, 3)
    assert (bars > 0).all()
    assert (bars < 0.2 * size).all()
    assert record["order"] == 3
    assert record["poses"] == 2
    assert record["points"] == 3


def test_evaluate_agrees_with_a_direct_solve(operator_file, ball_head, tmp_path):
    out = tmp_path / "e.npz"
    assert evaluate(operator_file, poses_file(tmp_path, ABOVE), out, "--quiet") == 0
    with np.load(out) as found:
        e_v_per_m, points_m = found["e_v_per_m"], found["points_mm"] / 1e3
        missed_share = found["missed_share"][0]
    pose = Pose(matrix_m_from_mm(np.array(ABOVE)))
    field = solve_linear(ball_head, named_coil("magstim_d70"), pose)
    places = head_sampler(ball_head, points_m)
    direct, _ = refine_locally(field, places, fractions=0.0).at_points(points_m)
    # 3.5 times what is missed, as `missed_share` says
    assert np.linalg.norm(e_v_per_m[0] - direct) < 3.5 * missed_share * np.linalg.norm(direct)


def test_a_pose_in_the_head_is_refused_by_its_number(operator_file, tmp_path, capsys):
    poses = poses_file(tmp_path, ABOVE, INSIDE)
    assert evaluate(operator_file, poses, tmp_path / "e.npz") == 2
    assert "pose 2 of 2: the coil must stay outside" in last_line(capsys)
    assert not (tmp_path / "e.npz").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"matsimnibs": [ABOVE, [[2, 0, 0, 0], *ABOVE[1:]]]}, "pose 2: a pose must be rigid"),
        ({"matsimnibs": []}, "list of 4x4"),
        ({"matsimnibs": [[1, 2], [3]]}, "4x4 matrices of numbers"),
        ({"poses": [ABOVE]}, "key matsimnibs"),
    ],
)
def test_poses_that_cannot_be_used_are_refused(operator_file, tmp_path, capsys, content, words):
    path = tmp_path / "poses.json"
    path.write_text(json.dumps(content))
    assert evaluate(operator_file, path, tmp_path / "e.npz") == 2
    assert words in last_line(capsys)


def test_a_file_that_is_no_operator_is_refused(tmp_path, capsys):
    poses = poses_file(tmp_path, ABOVE)
    assert evaluate(poses, poses, tmp_path / "e.npz") == 2
    assert "not an operator" in last_line(capsys)


def test_a_second_build_solves_nothing_anew(operator_file, ball_file, tmp_path, monkeypatch):
    from cortistim.field import FemSystem

    def refuse(*_arguments, **_more):
        raise AssertionError

    monkeypatch.setattr(FemSystem, "solve", refuse)
    arguments = [
        "operator", "build", "--head", ball_file, "--points",
        operator_file.parent / "points.csv", "--rank", 64, "--out", tmp_path / "again.npz",
        "--quiet",
    ]  # fmt: skip
    assert run([str(argument) for argument in arguments]) == 0
    assert (tmp_path / "again.npz").stat().st_size == operator_file.stat().st_size


def test_build_refuses_a_folder_and_points_outside(ball_file, tmp_path, capsys):
    build = ["operator", "build", "--head", str(ball_file), "--quiet", "--out"]
    assert run([*build, str(tmp_path)]) == 2
    assert "must be a file" in last_line(capsys)
    points = tmp_path / "points.csv"
    points.write_text("x_mm,y_mm,z_mm\n0,0,300\n")
    assert run([*build, str(tmp_path / "op"), "--points", str(points)]) == 2
    assert "1 of 1 lie outside" in last_line(capsys)


def test_extending_covers_a_foreign_coil(operator_file, ball_file, tmp_path, capsys):
    poses = poses_file(tmp_path, ABOVE, HIGHER)
    arguments = [
        "operator", "extend", operator_file, "--head", ball_file, "--coil", "magstim_d25",
        "--poses", poses, "--out", tmp_path / "more.npz", "--json", "--quiet",
    ]  # fmt: skip
    assert run([str(argument) for argument in arguments]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["rank"] == record["rank_before"] + 2
    assert max(record["missed_share_after"]) < 1e-4 < min(record["missed_share_before"])
    arguments[4] = "sphere"
    assert run([str(argument) for argument in arguments]) == 2
    assert "belongs to one mesh" in last_line(capsys)


def test_recovery_and_coils_reach_the_operator(ball_file, operator_file, tmp_path, capsys):
    arguments = [
        "operator", "build", "--head", ball_file, "--points",
        operator_file.parent / "points.csv", "--rank", 16, "--coils", "round_90mm",
        "--recovery", "tissue", "--out", tmp_path / "op.npz", "--quiet", "--json",
    ]  # fmt: skip
    assert run([str(argument) for argument in arguments]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["recovery"] == "tissue"
    assert record["coils"] == ["round_90mm"]
    arguments[arguments.index("round_90mm")] = "no_such_coil"
    assert run([str(argument) for argument in arguments]) == 2


def test_fields_that_do_not_fit_on_the_disk_are_refused(
    operator_file, tmp_path, capsys, monkeypatch
):
    from cortistim.study.field import operator as operator_runs

    monkeypatch.setattr(operator_runs, "BYTES_PER_VECTOR", 1e18)
    assert evaluate(operator_file, poses_file(tmp_path, ABOVE), tmp_path / "e.npz") == 2
    assert "Evaluate fewer poses" in last_line(capsys)


def test_an_order_beyond_the_highest_is_refused(ball_file, tmp_path, capsys):
    arguments = ["operator", "build", "--head", str(ball_file), "--order", "7"]
    assert run([*arguments, "--out", str(tmp_path / "op.npz")]) == 2
    assert "'--order'" in last_line(capsys)


def test_memory_does_not_grow_with_the_poses(operator_file, tmp_path, monkeypatch):
    from cortistim.field import FieldOperator
    from cortistim.study.field import operator as operator_runs

    asked, plain = [], FieldOperator.evaluate_with_missed

    def counting(self, coil, poses):
        asked.append(len(poses))
        return plain(self, coil, poses)

    monkeypatch.setattr(operator_runs, "BATCH", 2)
    monkeypatch.setattr(FieldOperator, "evaluate_with_missed", counting)
    poses = poses_file(tmp_path, ABOVE, HIGHER, ABOVE, HIGHER, ABOVE)
    assert evaluate(operator_file, poses, tmp_path / "e.npz") == 0
    assert asked == [2, 2, 1]
    with np.load(tmp_path / "e.npz") as found:
        assert found["e_v_per_m"].shape == (5, 3, 3)
        np.testing.assert_array_equal(found["e_v_per_m"][0], found["e_v_per_m"][2])
        assert found["missed_share"].shape == (5,)


def test_two_builds_at_once_share_one_cache(ball_file, operator_file, tmp_path):
    arguments = [
        "operator", "build", "--head", ball_file, "--points",
        operator_file.parent / "points.csv", "--rank", 32, "--coils", "round_90mm", "--quiet",
    ]  # fmt: skip
    command = [sys.executable, "-m", "cortistim", *map(str, arguments), "--out"]
    environment = {**os.environ, "CORTISTIM_CACHE": str(tmp_path / "cache")}
    builds = [
        subprocess.Popen([*command, str(tmp_path / name)], env=environment)
        for name in ("one.npz", "two.npz")
    ]
    assert [build.wait(timeout=120) for build in builds] == [0, 0]
    one, two = (load_operator(tmp_path / name) for name in ("one.npz", "two.npz"))
    np.testing.assert_array_equal(one.fields_v_per_m, two.fields_v_per_m)
    assert np.isfinite(one.fields_v_per_m).all()
    assert not list((tmp_path / "cache").glob(".writing-*"))
