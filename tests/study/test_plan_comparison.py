"""Two plans side by side: what is equal, what differs, and where on the cortex."""

import json
import shutil

import numpy as np
import pytest

from cortistim.cli import run
from cortistim.io import write_overlay_gifti
from cortistim.io.surface.gifti_read import read_columns_gifti
from cortistim.placement import Pose
from cortistim.records import read_record
from cortistim.records.plan_comparison import PlanComparison
from cortistim.study.plan.comparison import FIELD_FILE, OTHER_HEADS, SURFACE_FILE
from cortistim.study.session.moved import about_axis
from cortistim.units import matrix_m_from_mm, matrix_mm_from_m


@pytest.fixture(scope="module")
def folders(small_plan, tmp_path_factory):
    """Return a plan's folder, and one that was turned by 20° and is a tenth stronger."""
    other = tmp_path_factory.mktemp("other") / "turned"
    shutil.copytree(
        small_plan.folder, other, ignore=shutil.ignore_patterns("*.nii.gz", "*.html")
    )
    plan = json.loads((other / "plan.json").read_text("utf-8"))
    pose = Pose(matrix_m_from_mm(np.array(plan["pose"]["matsimnibs"])))
    turned = matrix_mm_from_m(pose.matrix_m @ about_axis(np.radians(20)))
    plan["pose"]["matsimnibs"] = turned.tolist()
    plan["field"]["target_e_v_per_m"] *= 1.1
    (other / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    columns = read_columns_gifti(other / FIELD_FILE)
    write_overlay_gifti(other / FIELD_FILE, {k: 1.1 * v for k, v in columns.items()})
    return small_plan.folder, other


def test_pose_numbers_and_map_tell_the_difference(folders, tmp_path, capsys):
    a, b = folders
    out = tmp_path / "out"
    assert run(["plan", "compare", str(a), str(b), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "turned by 20°" in said
    assert "+10.0 % |E| at the target" in said
    assert all(len(line) <= 100 for line in said.splitlines() if str(out) not in line)
    record = read_record(PlanComparison, (out / "comparison.json").read_text("utf-8"))
    assert (record.apart_mm, record.turned_deg, record.map_reason) == (0.0, 20.0, "")
    strongest = max(read_columns_gifti(a / FIELD_FILE)["E magnitude [V/m]"])
    assert record.largest_difference_v_per_m == pytest.approx(0.1 * strongest, abs=1e-2)
    assert {file.name for file in out.iterdir()} == set(record.files)
    page = (out / "comparison.html").read_text("utf-8")
    assert "Where the fields differ" in page
    assert "data:image/" in page


def test_without_a_common_cortex_there_is_no_map_and_a_reason(folders, tmp_path, capsys):
    a, b = folders
    lone = tmp_path / "lone"
    lone.mkdir()
    shutil.copy(b / "plan.json", lone / "plan.json")
    assert (
        run(["plan", "compare", str(a), str(lone), "--out", str(tmp_path / "o"), "--json"]) == 0
    )
    assert json.loads(capsys.readouterr().out)["map_reason"] == OTHER_HEADS
    assert not (lone / SURFACE_FILE).exists()


def test_what_is_no_plan_is_refused(folders, tmp_path, capsys):
    a, _ = folders
    for wrong, told in (
        (tmp_path, "must be the folder of a plan"),
        (a / "pose.json", "schema"),
    ):
        assert run(["plan", "compare", str(a), str(wrong), "--out", str(tmp_path / "o")]) == 2
        assert told in capsys.readouterr().err
    assert not (tmp_path / "o").exists()
