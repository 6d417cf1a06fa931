import json
from pathlib import Path

import numpy as np
import pytest

from cortistim.cli import run
from cortistim.errors import BadInputError
from cortistim.field.solver import fem
from cortistim.study import wish_for

PLACE = "-35,30,52"


@pytest.fixture(scope="module")
def operator_file(ball_file, session_cache, tmp_path_factory):
    path = tmp_path_factory.mktemp("operator") / "op.npz"
    arguments = [
        "operator", "build", "--head", ball_file, "--rank", 48, "--coils", "round_90mm",
        "--out", path, "--quiet",
    ]  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CORTISTIM_CACHE", str(session_cache))
        patch.setattr(fem, "LATTICE_SPACING_M", 0.008)
        assert run([str(argument) for argument in arguments]) == 0
    return path


def aim(head, out, *more):
    arguments = ["aim", "--head", head, "--coil", "round_90mm", "--target", PLACE]
    arguments += ["--radius", "12", "--out", out, "--quiet", *more]
    return run([str(argument) for argument in arguments])


def test_an_operator_gives_a_pose_with_its_value_and_tolerance(
    ball_file, operator_file, tmp_path, capsys
):
    wanted = ("--operator", operator_file, "--objective", "focality", "--json")
    assert aim(ball_file, tmp_path, *wanted) == 0
    record = json.loads(capsys.readouterr().out)
    assert record == json.loads((tmp_path / "aim.json").read_text())
    pose = json.loads((tmp_path / "pose.json").read_text())["matsimnibs"]
    np.testing.assert_allclose(pose, record["pose"]["matsimnibs"], atol=1e-6)
    assert record["objective"]["name"] == "focality"
    assert record["objective"]["unit"] == "mm2"
    assert record["objective"]["value"] > 10
    assert record["tolerance"]["random_worst_percent"] > 0
    assert "2 mm aside" in record["tolerance"]["words"]
    assert all(other["away_mm"] >= 9.99 for other in record["alternatives"])


def test_a_trade_off_is_written_as_a_table_and_a_picture(
    ball_file, operator_file, tmp_path, capsys
):
    wanted = ("--operator", operator_file, "--avoid=-10,40,55,12", "--trade-off", "--json")
    assert aim(ball_file, tmp_path, *wanted) == 0
    rows = json.loads(capsys.readouterr().out)["trade_off"]
    table = np.loadtxt(tmp_path / "trade_off.csv", delimiter=",", skiprows=1, ndmin=2)
    assert table.shape == (len(rows), 14)
    assert table[0, 0] == pytest.approx(rows[0]["target_e_v_per_m"])
    assert (tmp_path / "trade_off.png").read_bytes().startswith(b"\x89PNG")


def test_without_an_operator_the_target_s_own_objectives_work(ball_file, tmp_path, capsys):
    wanted = ("--objective", "component", "--direction", "0,1,0", "--json")
    assert aim(ball_file, tmp_path, *wanted) == 0
    record = json.loads(capsys.readouterr().out)
    assert 0 < record["objective"]["value"] <= record["target_e_v_per_m"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--objective", "focality"), "takes an operator (--operator)"),
        (("--objective", "component"), "--direction"),
        (("--objective", "component", "--direction", "1,2"), "normal or x,y,z"),
        (("--target", "1,2"), "three finite numbers"),
        (("--avoid", "0,0,70"), "takes an operator (--operator)"),
        (("--trade-off",), "--avoid"),
        (("--operator", Path("nowhere.npz")), "file not found: nowhere.npz"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_sentence(
    ball_file, tmp_path, capsys, more, words
):
    assert aim(ball_file, tmp_path / "out", *more) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert words in captured.err.strip().splitlines()[-1]
    assert not (tmp_path / "out").exists()


def test_an_operator_of_another_head_is_refused(operator_file, tmp_path, capsys):
    assert aim("sphere", tmp_path, "--operator", operator_file) == 2
    assert "belongs to one mesh" in capsys.readouterr().err


def test_a_region_without_a_size_is_refused():
    with pytest.raises(BadInputError, match="radius of a region must be positive"):
        wish_for(None, "avoid", avoid=["0,0,70,-3"])


def test_a_plan_takes_its_pose_from_an_operator(ball_file, operator_file, tmp_path):
    arguments = ["plan", "--head", ball_file, "--coil", "round_90mm", "--target", PLACE]
    arguments += ["--radius", "12", "--quiet", "--rmt", "50", "--out"]
    with_it = [*arguments, tmp_path / "with", "--operator", operator_file]
    assert run([str(argument) for argument in with_it]) == 0
    assert aim(ball_file, tmp_path / "aim", "--operator", operator_file) == 0
    plan = json.loads((tmp_path / "with/plan.json").read_text())
    found = json.loads((tmp_path / "aim/aim.json").read_text())
    np.testing.assert_allclose(
        plan["pose"]["matsimnibs"], found["pose"]["matsimnibs"], atol=1e-5
    )
    # the field is a direct solve; an operator of few members misses 9 % of the potential
    scale = plan["field"]["didt_a_per_us"]
    direct = plan["field"]["target_e_v_per_m"] / scale
    assert direct == pytest.approx(found["target_e_v_per_m"], rel=0.15)
    assert plan["uncertainty"]["e_target_v_per_m"]["low"] < direct * scale


def test_a_plan_refuses_an_operator_that_is_not_there(tmp_path, capsys):
    arguments = ["plan", "--operator", str(tmp_path / "none.npz"), "--out", str(tmp_path)]
    assert run(arguments) != 0
    assert "none.npz" in capsys.readouterr().err
