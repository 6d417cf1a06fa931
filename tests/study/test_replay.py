import csv
import sys
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from cortistim.coil import named_coil
from cortistim.errors import BadInputError, PoseError
from cortistim.field import OperatorSettings, plan_operator
from cortistim.io.navigators import NavigatedPose, write_pose_file
from cortistim.placement import Pose
from cortistim.records import json_text, read_record
from cortistim.records.replay import ReplayRecord
from cortistim.study.field.operator import solve_operator, write_operator
from cortistim.study.session.files import write_replay
from cortistim.study.session.replay import ReplayRequest, run_replay

TARGET = "0,0,73"


def above(x_mm=0.0, z_mm=100.0, turn_deg=0.0):
    c, s = np.cos(np.deg2rad(turn_deg)), np.sin(np.deg2rad(turn_deg))
    x, z = x_mm / 1e3, z_mm / 1e3
    return Pose(np.array([[-c, s, 0, x], [s, c, 0, 0], [0, 0, -1, z], [0, 0, 0, 1]]))


def sample(name, pose, **told):
    return NavigatedPose(name, "sample", pose, **({"percent_mso": 50.0} | told))


@pytest.fixture(scope="module")
def coil():
    return named_coil("magstim_d70")


@pytest.fixture(scope="module")
def log_file(tmp_path_factory):
    """Ten pulses: centred, moved, turned, inside, far away, with and without an answer."""
    poses = [
        NavigatedPose("hotspot", "target", above()),
        sample("centred", above(), mep_v=(8e-4,), target="hotspot"),
        sample("moved", above(x_mm=30), mep_v=(1e-4,)),
        sample("turned", above(turn_deg=20), mep_v=(5e-4,)),
        sample("a little inside", above(z_mm=90)),
        sample("deep inside", above(z_mm=60)),
        sample("far", above(z_mm=300)),
        sample("no output", above(), percent_mso=np.nan),
    ]
    path = tmp_path_factory.mktemp("log") / "session.txt"
    write_pose_file(path, poses)
    return path


@pytest.fixture(scope="module")
def asked(ball_head, coil):
    return partial(ReplayRequest, head=ball_head, coil=coil)


@pytest.fixture(scope="module")
def replay(asked, log_file):
    return run_replay(asked(log=log_file, target=TARGET))


def row(replay, name):
    return [p.name for p in replay.pulses].index(name)


def test_pulses_that_do_not_fit_the_head_are_counted(replay):
    assert len(replay.pulses) == 5
    assert replay.dropped == {"inside the head": 1, "far from the head": 1}
    assert replay.lift_m[row(replay, "a little inside")] == pytest.approx(0.002, abs=0.002)
    assert replay.lift_m[row(replay, "centred")] == 0


def test_the_field_is_strongest_where_the_coil_is_nearest(replay):
    field = replay.e_v_per_m
    assert field[row(replay, "moved")] < 0.8 * field[row(replay, "centred")]
    assert field[row(replay, "a little inside")] > field[row(replay, "centred")]
    assert field[row(replay, "no output")] == pytest.approx(field[row(replay, "centred")])


def test_the_dose_follows_the_output_of_the_stimulator(replay):
    first = row(replay, "centred")
    assert replay.didt_a_per_s[first] == pytest.approx(0.5 * 114.73e6)
    dose = replay.dose_v_per_m
    assert dose[first] == pytest.approx(replay.e_v_per_m[first] * 57.365)
    assert np.isnan(dose[row(replay, "no output")])


def test_the_plan_of_a_pulse_is_the_target_it_names(replay):
    assert replay.deviation_m[row(replay, "centred")] == pytest.approx(0, abs=1e-9)
    assert np.isnan(replay.deviation_m[row(replay, "moved")])


def test_a_plan_is_compared_with_every_pulse(asked, log_file, tmp_path):
    plan = tmp_path / "plan.json"
    write_pose_file(plan, [NavigatedPose("plan", "target", above())])
    found = run_replay(asked(log=log_file, target=TARGET, plan=plan))
    assert found.deviation_m[row(found, "moved")] == pytest.approx(0.030)
    assert found.deviation_rad[row(found, "turned")] == pytest.approx(np.deg2rad(20), abs=1e-5)
    below = run_replay(asked(log=log_file, plan=plan)).patch.centre_m
    assert np.linalg.norm(below[:2]) < 0.01


def test_an_operator_gives_the_same_fields(asked, ball_head, log_file, replay, tmp_path):
    near = replay.patch.points.points_m
    settings = OperatorSettings(rank=60)
    path = tmp_path / "operator.npz"
    build = plan_operator(ball_head, near, settings=settings)
    write_operator(solve_operator(build), path)
    request = asked(log=log_file, target=TARGET, operator=path)
    found = run_replay(request)
    np.testing.assert_allclose(found.e_v_per_m, replay.e_v_per_m, rtol=0.1)
    assert np.isfinite(found.missed_share).all()
    with pytest.raises(BadInputError, match="points within 5 mm"):
        run_replay(asked(log=log_file, target="0,50,50", operator=path))


def test_the_folder_holds_table_summary_and_figure(replay, tmp_path):
    record = write_replay(replay, tmp_path / "out")
    with (tmp_path / "out" / "pulses.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == record.pulses == 5
    assert float(rows[0]["e_target_v_per_m"]) == pytest.approx(replay.dose_v_per_m[0], rel=1e-6)
    assert float(rows[0]["mep_uv"]) == pytest.approx(800)
    assert record.dropped == 2
    text = (tmp_path / "out" / "replay.json").read_text(encoding="utf-8")
    assert read_record(ReplayRecord, text) == record
    assert json_text(record) == text
    assert (tmp_path / "out" / "replay.png").read_bytes().startswith(b"\x89PNG")


def test_a_name_that_is_a_formula_is_only_text_in_the_table(replay, tmp_path):
    named = tuple(replace(p, name='=HYPERLINK("x")') for p in replay.pulses)
    write_replay(replace(replay, pulses=named), tmp_path / "out")
    rows = list(csv.DictReader((tmp_path / "out" / "pulses.csv").open(encoding="utf-8")))
    assert {r["name"] for r in rows} == {'\'=HYPERLINK("x")'}
    assert all(float(r["z_mm"]) for r in rows)


def test_without_pyarrow_one_sentence_says_what_is_missing(replay, tmp_path, monkeypatch):
    monkeypatch.setattr("cortistim.study.session.files.find_spec", lambda _name: None)
    record = write_replay(replay, tmp_path / "out")
    assert sum("cortistim[parquet]" in note for note in record.notes) == 1
    assert not (tmp_path / "out" / "pulses.parquet").exists()


def test_parquet_holds_the_same_table(replay, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    write_replay(replay, tmp_path / "out")
    table = parquet.read_table(tmp_path / "out" / "pulses.parquet").to_pydict()
    np.testing.assert_allclose(table["e_v_per_m_per_a_per_us"], replay.e_v_per_m)
    assert "pandas" not in sys.modules


def test_a_log_without_samples_is_refused(asked, tmp_path):
    path = tmp_path / "targets.json"
    write_pose_file(path, [NavigatedPose("T", "target", above())])
    with pytest.raises(BadInputError, match="set `use_targets`"):
        run_replay(asked(log=path, target=TARGET))
    request = asked(log=path, target=TARGET, use_targets=True)
    assert len(run_replay(request).pulses) == 1


def test_a_log_of_another_head_is_refused(asked, tmp_path):
    path = tmp_path / "far.json"
    write_pose_file(path, [sample("far", above(z_mm=400))])
    with pytest.raises(PoseError, match="of the same person"):
        run_replay(asked(log=path, target=TARGET))


def test_many_pulses_need_an_operator(asked, tmp_path):
    path = tmp_path / "many.json"
    write_pose_file(path, [sample(f"S{n}", above()) for n in range(300)])
    with pytest.raises(BadInputError, match="`operator`"):
        run_replay(asked(log=path, target=TARGET))
