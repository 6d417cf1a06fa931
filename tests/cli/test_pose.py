import json
from pathlib import Path

import numpy as np
import pytest

from cortistim.cli import run
from cortistim.records import json_text, read_record
from cortistim.records.navigated import PoseFileRecord

pytestmark = pytest.mark.oldest

# three poses in every form, see tests/io/navigators/test_own_files.py
FILES = Path(__file__).parents[1] / "io" / "navigators" / "files"


def shown(capsys, *arguments):
    assert run(["pose", "show", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_show_prints_frame_counts_and_poses(capsys):
    record = shown(capsys, FILES / "triggers_coil1.xml")
    assert (record["frame"], record["dropped"], len(record["poses"])) == ("RAS", 0, 3)
    assert record["poses"][0]["percent_mso"] == 45
    assert np.shape(record["poses"][0]["matsimnibs"]) == (4, 4)
    text = json.dumps(record)
    assert json.loads(json_text(read_record(PoseFileRecord, text))) == record


@pytest.mark.parametrize(
    ("name", "dropped"),
    [
        ("aligned_empty.txt", 0),
        ("triggers_coil0.xml", 2),
        ("triggers.xml", 0),
    ],
)
def test_a_file_without_poses_is_shown(capsys, name, dropped):
    record = shown(capsys, FILES / name)
    assert (record["poses"], record["dropped"]) == ([], dropped)
    assert run(["pose", "show", str(FILES / name)]) == 0
    assert "poses: []" in capsys.readouterr().out


def test_show_names_poses_that_cannot_be_used(tmp_path, capsys):
    path = tmp_path / "p.json"
    path.write_text(json.dumps({"matsimnibs": np.diag([1.0, 1, 0.9, 1]).tolist()}))
    record = shown(capsys, path)
    assert record["counts"]["refused"] == 1
    assert "rigid" in record["refused"][0]


@pytest.mark.parametrize("frame", ["brainsight", "world", "scanner"])
def test_convert_asks_for_the_image(tmp_path, capsys, frame):
    path = FILES / f"{frame}.txt"
    assert run(["pose", "convert", str(path), str(tmp_path / "o.json")]) == 2
    error = capsys.readouterr().err
    assert "--image" in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_convert_writes_the_format_of_the_suffix(tmp_path, capsys):
    path = FILES / "instruments_lps.xml"
    out = tmp_path / "o.txt"
    assert run(["pose", "convert", str(path), str(out), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["from"], record["to"], record["poses"]) == ("localite", "brainsight", 3)
    assert out.read_text().startswith("# Version: 12\n# Coordinate system: NIfTI:Aligned\n")
    assert run(["pose", "convert", str(path), str(tmp_path / "o.what")]) == 2
    assert "--to" in capsys.readouterr().err


def test_samples_can_become_targets(tmp_path, capsys):
    path = FILES / "triggers_coil1.xml"
    assert run(["pose", "convert", str(path), str(tmp_path / "o.xml"), "--targets"]) == 0
    capsys.readouterr()
    assert shown(capsys, tmp_path / "o.xml")["counts"]["targets"] == 3


def test_field_takes_a_navigators_file_and_minds_its_frame(ball_file, tmp_path, capsys):
    axes = "\t".join(f"m{axis}n{part}" for axis in range(3) for part in range(3))
    text = (
        "# Version: 12\n# Coordinate system: FRAME\n"
        f"# Target Name\tLoc. X\tLoc. Y\tLoc. Z\t{axes}\n"
        "T\t0\t0\t100\t1\t0\t0\t0\t1\t0\t0\t0\t1\n"
    )
    path = tmp_path / "p.txt"
    arguments = ["field", "--head", str(ball_file), "--pose", str(path), "--quiet", "--json"]
    path.write_text(text.replace("FRAME", "NIfTI:Aligned"))
    assert run([*arguments, "--out", str(tmp_path / "out")]) == 0
    pose = json.loads(capsys.readouterr().out)["pose"]
    assert np.diag(pose["matsimnibs"]).tolist() == [-1, 1, -1, 1]
    path.write_text(text.replace("FRAME", "World"))
    assert run([*arguments, "--out", str(tmp_path / "out2")]) == 2
    assert "not the head's" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "percent"),
    [
        (["--mso", "50"], 50),
        (["--didt", "57.365"], 50),
        (["--e-v-per-m", "57.365", "--e-per-a-per-us", "1"], 50),
        (["--e-v-per-m", "100", "--e-per-a-per-us", "2"], 43.5806),
    ],
)
def test_a_dose_is_converted_both_ways(capsys, arguments, percent):
    assert run(["pulse", "dose", *arguments, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["percent_mso"] == pytest.approx(percent, abs=1e-3)
    assert record["didt_a_per_us"] == pytest.approx(percent * 1.1473, abs=1e-3)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "one of"),
        (["--mso", "50", "--didt", "3"], "one of"),
        (["--e-v-per-m", "80"], "--plan"),
        (["--didt", "200"], "stronger stimulator"),
        (["--mso", "120"], "stronger stimulator"),
        (["--mso", "-1"], "not negative"),
        (["--displayed-didt", "50"], "nobody compared"),
        (["--mso", "5", "--stimulator", "what"], "no device"),
    ],
)
def test_a_dose_that_cannot_be_converted_is_refused(capsys, arguments, words):
    assert run(["pulse", "dose", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_a_device_tells_its_limits(capsys):
    assert run(["pulse", "device", "magstim_rapid2", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert [row["max_rate_hz"] for row in record["by_output"]][1::2] == [30, 15]
    assert record["theta_burst_50hz_up_to_percent_mso"] == 30
    assert run(["pulse", "device"]) == 0
    assert "powermag" in capsys.readouterr().out


def test_a_device_judges_a_protocol(capsys):
    asked = ["pulse", "device", "magstim_rapid2", "--protocol", "itbs600"]
    for mso, verdict in (("30", "deliverable"), ("60", "not deliverable")):
        assert run([*asked, "--mso", mso, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["protocol"]["verdict"] == verdict
    assert run([*asked, "--mso", "60"]) == 0
    assert "25 Hz" in capsys.readouterr().out
    assert run(asked) == 2
    assert "go together" in capsys.readouterr().err
