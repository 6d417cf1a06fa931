"""Sessions of any origin become one table; sums agree with a plain computation."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from cortistim.cli import cortistim, run
from cortistim.errors import BadInputError
from cortistim.io.navigators import NavigatedPose, write_pose_file
from cortistim.io.table.session import read_session, write_session
from cortistim.placement import Pose
from cortistim.records.session import PulseRow, SessionRecord
from cortistim.study.session.checklist import ITEMS, checklist, checklist_text
from cortistim.study.session.table import open_session, summaries, with_responses

ABOVE = np.array([[-1, 0, 0, 0.01], [0, 0.8, 0.6, -0.02], [0, 0.6, -0.8, 0.1], [0, 0, 0, 1]])
SAMPLE = NavigatedPose("S 1", "sample", Pose(ABOVE), 0.0, 45.0, np.nan, (5e-4,), "")
POSES = (SAMPLE, replace(SAMPLE, name="S 2", time_s=6.25, percent_mso=50.0, mep_v=(2e-4,)))
SHARED = os.environ.get("CORTISTIM_SHARED")
needs_shared = pytest.mark.skipif(SHARED is None, reason="needs CORTISTIM_SHARED")


@pytest.mark.parametrize(("form", "name"), [("brainsight", "a.txt"), ("localite", "a.xml")])
def test_sessions_of_navigators_are_imported(tmp_path, form, name):
    path = tmp_path / name
    write_pose_file(path, POSES, form)
    rows = open_session(path).pulses
    assert [row.percent_mso for row in rows] == [45, 50]
    assert [row.mep_uv for row in rows] == pytest.approx([500, 200])
    assert [row.time_s for row in rows] == pytest.approx([0, 6.25])
    assert (rows[0].x_mm, rows[0].ydir_z) == pytest.approx((10, 0.6))
    assert all(row.has_pose for row in rows)
    write_session(tmp_path / "t.csv", SessionRecord(pulses=rows))
    assert read_session(tmp_path / "t.csv").pulses == rows


def test_targets_alone_are_no_session(tmp_path):
    path = tmp_path / "a.txt"
    write_pose_file(path, (replace(SAMPLE, kind="target"),), "brainsight")
    with pytest.raises(BadInputError, match="there must be samples, recorded at pulses"):
        open_session(path)


def test_responses_that_were_measured_take_the_place_of_the_navigators(tmp_path):
    path = tmp_path / "a.txt"
    write_pose_file(path, POSES, "brainsight")
    measured = SessionRecord(pulses=tuple(
        PulseRow(pulse=k, time_s=100 + 6.25 * k, channel=name, mep_uv=10.0 * k)
        for k in (1, 2) for name in ("FDI", "ADM")
    ))  # fmt: skip
    rows = with_responses(open_session(path), measured).pulses
    assert [(r.channel, r.mep_uv, r.percent_mso) for r in rows] == [
        ("FDI", 10, 45), ("ADM", 10, 45), ("FDI", 20, 50), ("ADM", 20, 50),
    ]  # fmt: skip
    with pytest.raises(BadInputError, match="as many pulses"):
        with_responses(open_session(path), replace(measured, pulses=measured.pulses[:2]))


@needs_shared
@pytest.mark.parametrize(("name", "keys"), [("grid_mappings.csv", 2), ("free_mappings.csv", 1)])
def test_sums_of_public_maps_agree_with_a_plain_computation(name, keys):
    path = Path(SHARED) / "data/mep" / name
    plain = {}
    for line in path.read_text().split():
        words = line.split(";")
        label = tuple(f"{float(word):g}" for word in words[:keys])
        plain.setdefault(label, []).append(float(words[-1]))
    told = CliRunner().invoke(cortistim, ["record", "show", str(path), "--json"])
    (found,) = json.loads(told.output)
    assert len(found["sessions"]) == len(plain)
    for row in found["sessions"]:
        sizes = np.array(plain[tuple([row["subject"], row["session"]][:keys])])
        assert row["pulses"] == len(sizes)
        assert row["zero_share"] == pytest.approx((sizes == 0).mean(), abs=1e-4)
        assert row["weak_share"] == pytest.approx((sizes <= 50).mean(), abs=1e-4)
        assert row["median_uv"] == pytest.approx(np.median(sizes), abs=1e-3)


@needs_shared
def test_one_command_sums_up_both_public_maps():
    paths = [
        str(Path(SHARED) / "data/mep" / f"{name}_mappings.csv") for name in ("grid", "free")
    ]
    told = CliRunner().invoke(cortistim, ["record", "show", *paths])
    assert told.exit_code == 0
    assert told.output.count(" µV         0\n") == 15 + 60
    assert "1        1        -            489  91.0 %    92.6 %" in told.output


def paired():
    return SessionRecord(
        facts={"age": "31", "stimulator": "Magstim 200²", "electrodes": "belly and tendon"},
        pulses=tuple(
            PulseRow(
                pulse=k, time_s=5.0 * k, channel="FDI", percent_mso=60.0, mep_uv=100.0 * k,
                baseline_rms_uv=3.0, qc="reject" if k == 1 else "ok",
                interval_ms=2.5 if k % 2 else None,
                conditioning_percent_mso=40.0 if k % 2 else None,
            )
            for k in range(1, 7)
        ),
    )  # fmt: skip


def test_the_checklist_is_filled_in_and_the_rest_listed_as_missing():
    assert len(ITEMS) == 30
    found = checklist(paired())
    by_key = {item.key: item for item in found.items}
    assert found.asked == 30
    assert by_key["age"].answer == "31"
    assert by_key["age"].origin == "told"
    assert by_key["interval"].answer == "5.00 s between pulses"
    assert by_key["conditioning_intensity"].answer.startswith("40 %")
    assert by_key["unconditioned"].answer == "median 400 µV (200 to 600)"
    assert by_key["electrodes"].origin == "told"
    assert by_key["contraction"].origin == "recorded"
    assert "1 of 6 marked as rejected, none deleted" in by_key["number"].answer
    assert by_key["attention"].origin == "not recorded"
    text = checklist_text(found)
    assert f"{found.answered} of 30 items are known" in text
    assert text.index("## Missing") < text.index("- Attention and arousal (`attention`)")
    single = replace(paired(), pulses=tuple(
        replace(r, interval_ms=None, conditioning_percent_mso=None) for r in paired().pulses
    ))  # fmt: skip
    assert checklist(single).asked == 27


def test_the_commands_import_export_validate_and_report(tmp_path):
    write_session(tmp_path / "a.csv", paired())
    steps = [
        ["record", "import", "a.csv", "--fact", "handedness=right", "--out", "b.csv"],
        ["record", "export", "b.csv", "--to", "nibs-bids", "--out", "bids"],
        ["record", "validate", "bids"],
        ["record", "export", "bids", "--to", "json", "--out", "c.json"],
        ["record", "report", "c.json", "--out", "report.md"],
    ]
    here = Path.cwd()
    os.chdir(tmp_path)
    try:
        told = [CliRunner().invoke(cortistim, step) for step in steps]
    finally:
        os.chdir(here)
    assert [t.exit_code for t in told] == [0] * 5, [t.output for t in told]
    assert "BEP037" in told[1].output
    assert "valid     every column, unit and count" in told[2].output
    again = read_session(tmp_path / "c.json")
    assert again.pulses == tuple(
        replace(row, subject=row.subject) for row in read_session(tmp_path / "b.csv").pulses
    )
    assert again.facts["handedness"] == "right"
    assert "- Handedness: right (told)." in (tmp_path / "report.md").read_text()


def test_what_is_wrong_is_said_with_the_options_of_the_command(tmp_path, capsys):
    write_session(tmp_path / "a.csv", paired())
    path, out = str(tmp_path / "a.csv"), str(tmp_path / "b.csv")
    assert run(["record", "import", path, "--fact", "shoe=9", "--out", out]) == 2
    assert "--fact must be an item of the checklist, age," in capsys.readouterr().err
    assert run(["record", "export", path, "--to", "json", "--out", out]) == 2
    assert "--out must end in .json" in capsys.readouterr().err


def test_sums_count_zeros_and_qualities():
    rows = [PulseRow(pulse=k + 1, mep_uv=v, qc="ok") for k, v in enumerate((0.0, 40, 50, 90))]
    (found,) = summaries(SessionRecord(pulses=tuple(rows)))
    assert (found.zero_share, found.weak_share, found.median_uv) == (0.25, 0.75, 45)
    assert found.ok == 4
