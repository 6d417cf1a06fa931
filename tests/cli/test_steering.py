import json

import pytest

from cortistim.cli import run
from cortistim.records.array import ArrayRecord
from cortistim.records.form import json_text, read_record

PLACE = "-35,30,52"


def steer(head, out, *more):
    arguments = ["aim", "--array", "--head", head, "--target", PLACE, "--out", out, "--quiet"]
    return run([str(argument) for argument in (*arguments, *more)])


def test_a_set_is_steered_and_its_evidence_written(ball_file, tmp_path, capsys):
    assert steer(ball_file, tmp_path, "--steer", "0,0,0", "--steer", "5,0,90", "--json") == 0
    printed = capsys.readouterr().out
    text = (tmp_path / "array.json").read_text(encoding="utf-8")
    assert json.loads(printed) == json.loads(text)
    record = read_record(ArrayRecord, text)
    assert json_text(record) == text
    assert [locus.asked_deg for locus in record.loci] == [0.0, 90.0]
    for locus in record.loci:
        assert len(locus.channels) == 5
        assert locus.energy_j > 0
        assert locus.target_e_v_per_m == pytest.approx(50.0, rel=0.05)
        assert locus.peak.off_deg <= 10
    along, across = ({c.name: c.didt_a_per_us for c in x.channels} for x in record.loci)
    assert abs(along["eight_y"]) > abs(along["eight_x"])
    assert abs(across["eight_x"]) > abs(across["eight_y"])
    assert (tmp_path / "array.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "pose.json").exists()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--steer", "1,2"), "three numbers"),
        (("--steer", "90,0,0"), "within 40 mm"),
        (("--wished-v-per-m", "0"), "above 0"),
        (("--trade-off",), "takes no"),
        (("--array", "seven_channels"), "must be five_channels"),
        (("--pose", "nowhere.json"), "file not found"),
    ],
)
def test_what_cannot_be_steered_is_refused_before_any_work(tmp_path, capsys, more, words):
    assert steer("sphere", tmp_path, *more) == 2
    assert words in capsys.readouterr().err
