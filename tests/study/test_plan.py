import json
from dataclasses import replace

import jsonschema
import numpy as np
import pytest

from cortistim import cite
from cortistim.cli import run
from cortistim.coil import named_coil
from cortistim.errors import BadInputError, FileFormatError
from cortistim.protocol import named_protocol
from cortistim.records import read_record, schema
from cortistim.records.plan import PlanRecord
from cortistim.study import (
    dose_for,
    load_coil,
    output_of,
)
from cortistim.study.request.inputs import parse_point_mm


@pytest.fixture(scope="module")
def planned(small_plan):
    return small_plan.plan, small_plan.record, small_plan.folder, small_plan.told


def test_a_plan_that_is_read_equals_the_one_that_was_written(planned):
    _, record, folder, _ = planned
    assert read_record(PlanRecord, (folder / "plan.json").read_bytes()) == record


def test_the_file_validates_against_the_schema_of_its_record(planned):
    _, _, folder, _ = planned
    wanted = schema(PlanRecord)
    jsonschema.Draft202012Validator.check_schema(wanted)
    written = json.loads((folder / "plan.json").read_text("utf-8"))
    jsonschema.validate(written, wanted)
    for part in ("matsimnibs", "distance_mm"):
        broken = {**written, "pose": {**written["pose"], part: None}}
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, wanted)


def test_an_older_plan_is_refused_by_its_name(planned):
    _, _, folder, _ = planned
    text = (folder / "plan.json").read_text("utf-8")
    with pytest.raises(FileFormatError, match="the file has 'cortistim-plan-1'"):
        read_record(PlanRecord, text.replace("cortistim-plan-2", "cortistim-plan-1"))


def test_no_file_of_the_folder_tells_where_the_head_lies(planned, ball_file):
    _, _, folder, _ = planned
    files = [path for path in folder.rglob("*") if path.is_file()]
    place = str(ball_file.parent).encode()
    assert not [path.name for path in files if place in path.read_bytes()]


def test_an_output_is_not_withheld_without_a_reason(planned):
    with pytest.raises(BadInputError, match="reason"):
        replace(planned[1].dose, percent_mso=None, reason="")


def test_the_folder_holds_what_is_promised(planned):
    _, _, folder, _ = planned
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert {
        "plan.json", "report.html", "pose.json", "cortex.surf.gii", "cortex_field.func.gii",
        "field_magnitude.nii.gz", "field_vector.nii.gz",
    } <= names  # fmt: skip
    assert len([name for name in names if name.startswith("figures")]) >= 6
    assert not list(folder.parent.glob(".writing-*"))


def test_field_with_the_plans_pose_gives_the_plans_target_field(planned, ball_file, tmp_path):
    plan, record, folder, _ = planned
    near = plan.aimed.target.points.points_m * 1e3
    rows = "\n".join(",".join(f"{v:.6f}" for v in point) for point in near)
    points = tmp_path / "points.csv"
    points.write_text(f"x_mm,y_mm,z_mm\n{rows}\n")
    arguments = [
        "field", "--head", str(ball_file), "--pose", str(folder / "pose.json"),
        "--didt-a-per-us", str(record.field.didt_a_per_us), "--points", str(points),
        "--out", str(tmp_path / "f"), "--quiet",
    ]  # fmt: skip
    assert run(arguments) == 0
    table = np.loadtxt(tmp_path / "f" / "points.csv", delimiter=",", skiprows=1)
    mean = np.linalg.norm(table[:, 3:6], axis=1).mean()
    assert mean == pytest.approx(record.field.target_e_v_per_m, rel=1e-3)


def test_the_volume_holds_the_field_of_the_elements(planned):
    import nibabel

    plan, _, folder, _ = planned
    image = nibabel.load(folder / "field_magnitude.nii.gz")
    values = np.asarray(image.dataobj)
    centre = np.linalg.inv(image.affine) @ np.append(1e3 * plan.aimed.target.centre_m, 1)
    i, j, k = np.rint(centre[:3]).astype(int)
    near = values[i - 2 : i + 3, j - 2 : j + 3, k - 2 : k + 3]
    assert 0.8 * near.min() < plan.target_e_v_per_m < 1.3 * near.max()
    assert values[0, 0, 0] == 0


def test_the_dose_drives_the_reported_field(planned):
    plan, record, _, _ = planned
    assert record.dose.percent_mso == pytest.approx(60)
    assert record.field.didt_a_per_us == pytest.approx(0.6 * 114.73)
    assert record.dose.target_e_v_per_m == pytest.approx(
        record.field.target_e_v_per_m, rel=1e-3
    )
    per_percent = record.field.target_e_per_percent_mso_v_per_m
    assert 60 * per_percent == pytest.approx(plan.target_e_v_per_m, rel=1e-3)


def test_the_plan_says_who_fires_and_the_dose_of_equal_field(planned):
    _, record, folder, _ = planned
    said = record.neuron
    assert not said.target_is_motor
    assert said.calibration.fitted
    assert said.polarity["as_told"].recruited_percent["L5"] > 0
    dose = said.dose
    told = dose.m1_e_per_a_per_us_v_per_m / dose.target_e_per_a_per_us_v_per_m
    assert dose.field_ratio_m1_over_target == pytest.approx(told, rel=1e-3)
    assert dose.percent_mso == pytest.approx(50 * told, rel=1e-3)
    assert dose.alternatives.plain_motor_threshold_percent_mso == 50
    assert (folder / "figures" / "recruitment.png").exists()
    assert "Which neurons fire" in (folder / "report.html").read_text("utf-8")


def test_every_source_of_the_plan_can_be_cited(planned):
    plan, record, _, _ = planned
    text = cite(plan)
    for entry in record.sources:
        assert f"{{{entry.key}," in text
        assert entry.text


def test_progress_is_told_in_steps(planned):
    told = planned[3]
    assert len({what for what, _ in told}) >= 6
    assert all(0 <= fraction <= 1 for _, fraction in told)


def test_without_a_threshold_the_output_is_withheld_with_the_reason():
    output = output_of("magstim_rapid", named_coil("magstim_d70"))
    dose = dose_for(named_protocol("itbs_depression"), output, None)
    assert dose.percent_mso is None
    assert "no resting motor threshold was stated" in dose.reason
    assert dose.missing == "rmt_percent"


def test_an_output_beyond_the_stimulator_is_withheld():
    output = output_of("magstim_rapid", named_coil("magstim_d70"))
    dose = dose_for(named_protocol("itbs_depression"), output, 90)
    assert dose.percent_mso is None
    assert "108 %" in dose.reason


def test_a_protocol_in_active_threshold_gets_no_dose_from_a_resting_one():
    output = output_of("magstim_rapid", named_coil("magstim_d70"))
    wrong = dose_for(named_protocol("ctbs600"), output, 50)
    assert wrong.percent_mso is None
    assert wrong.missing == "amt_percent"
    assert "no active motor threshold" in wrong.reason
    asked = dose_for(named_protocol("ctbs600"), output, 50, 40)
    assert asked.percent_mso == pytest.approx(32)
    assert "an active motor threshold of 40 %" in asked.rests_on


@pytest.mark.parametrize("percent", [0, -5, 101, float("nan")])
def test_an_impossible_threshold_is_refused(percent):
    output = output_of("magstim_rapid", named_coil("magstim_d70"))
    with pytest.raises(BadInputError, match="`rmt_percent`"):
        dose_for(named_protocol("itbs_depression"), output, percent)


def test_a_pair_nobody_measured_has_a_reason_instead_of_a_number():
    output = output_of("magpro_x100", named_coil("magstim_d70"))
    assert output.didt_max is None
    assert "measured with" in output.reason


def test_reversing_the_current_flips_the_vector_potential():
    one = load_coil("magstim_d70").a_at_20mm_t_m
    other = load_coil("magstim_d70", reverse_current=True).a_at_20mm_t_m
    np.testing.assert_allclose(other, -one)


def test_points_are_read_with_commas_or_blanks():
    np.testing.assert_array_equal(parse_point_mm("-38, 44,26"), [-38, 44, 26])
    np.testing.assert_array_equal(parse_point_mm("1 2 3"), [1, 2, 3])
    assert parse_point_mm("C3") is None
