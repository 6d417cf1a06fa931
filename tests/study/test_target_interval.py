"""The interval of |E| at the target, as plan.json, aim.json and field.json carry it."""

import json

import numpy as np
import pytest

from cortistim.cli import run
from cortistim.records.form import json_text, plain, read_record
from cortistim.records.uncertainty import UncertaintyRecord
from cortistim.study.target_uncertainty import uncertainty_record

PARTS = ("numerical", "conductivities", "navigation", "coil_model")


def require_interval(record, nominal_v_per_m):
    interval, parts = record["e_target_v_per_m"], record["parts"]
    assert 0 < interval["low"] < interval["mean"] < interval["high"]
    assert interval["low"] < nominal_v_per_m < interval["high"]
    assert interval["level"] == 0.9
    shares = {name: parts[name]["variance_share"] for name in PARTS}
    assert sum(shares.values()) == pytest.approx(1, abs=1e-3)
    assert record["dominant"] == max(shares, key=shares.get)


def test_a_plan_gives_its_field_with_an_interval_and_the_dose_carries_it(small_plan):
    record = small_plan.record
    field, dose = record.field, record.dose
    require_interval(plain(record.uncertainty), field.target_e_v_per_m)
    scale = dose.didt_a_per_us / field.didt_a_per_us
    low = scale * record.uncertainty.e_target_v_per_m.low
    assert dose.target_e_low_v_per_m == pytest.approx(low, rel=1e-3)
    assert dose.target_e_low_v_per_m < dose.target_e_v_per_m < dose.target_e_high_v_per_m
    assert "uncertainty" in record.timing_s


def test_an_interval_that_is_read_equals_the_one_that_was_written(small_plan):
    record = uncertainty_record(small_plan.plan.uncertainty)
    assert read_record(UncertaintyRecord, json_text(record)) == record


@pytest.fixture(scope="module")
def aimed(ball_file, session_cache, tmp_path_factory):
    folder = tmp_path_factory.mktemp("aim")
    arguments = ["aim", "--head", ball_file, "--coil", "round_90mm", "--target=-35,30,52"]
    arguments += ["--radius", "12", "--out", folder, "--quiet"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CORTISTIM_CACHE", str(session_cache))
        assert run([str(argument) for argument in arguments]) == 0
    return folder


def test_aim_gives_an_interval_too(aimed):
    record = json.loads((aimed / "aim.json").read_text())
    require_interval(record["uncertainty"], record["target_e_v_per_m"])


def test_a_field_has_an_interval_in_its_strongest_patch_unless_told_not_to(
    aimed, ball_file, tmp_path
):
    arguments = ["field", "--head", ball_file, "--coil", "round_90mm", "--quiet"]
    arguments += ["--pose", aimed / "pose.json", "--out"]
    assert run([str(a) for a in (*arguments, tmp_path / "with")]) == 0
    assert run([str(a) for a in (*arguments, tmp_path / "without", "--no-uncertainty")]) == 0
    found = json.loads((tmp_path / "with/field.json").read_text())["uncertainty"]
    require_interval(found, found["e_target_v_per_m"]["mean"])
    # the strongest patch gets more than any other, the target among them
    target = json.loads((aimed / "aim.json").read_text())["uncertainty"]["e_target_v_per_m"]
    assert found["e_target_v_per_m"]["mean"] > 0.97 * target["mean"]
    assert np.linalg.norm(found["target_mm"]) == pytest.approx(70, abs=6)
    assert json.loads((tmp_path / "without/field.json").read_text())["uncertainty"] is None
