import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from cortistim.cli import run
from cortistim.records import json_text, read_record
from cortistim.records.motor_response import ResponseCurveRecord
from cortistim.records.recruitment import RecruitmentRecord
from cortistim.records.thresholds import CellsRecord, WrittenThresholdsRecord
from cortistim.sources import references
from cortistim.study.neuron import recruitment
from cortistim.study.neuron.recruitment import RecruitRequest, run_recruit, write_recruit
from cortistim.study.neuron.thresholds import COLUMNS
from cortistim.study.request.pulse import find_shape

SWC = "1 1 0 0 0 8 -1\n2 2 0 -20 0 0.5 1\n3 2 0 -300 0 0.5 2\n"


def command(*arguments):
    return run(["neuron", *map(str, arguments)])


def assert_reads_back(kind, text):
    """Reading a record and writing it again gives what was printed."""
    assert json.loads(json_text(read_record(kind, text))) == json.loads(text)


def rows_of(path):
    with path.open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_thresholds_are_written_as_people_script_them(tmp_path, capsys):
    out = tmp_path / "new" / "T.csv"
    options = ("--directions", 8, "--out", out, "--json")
    assert command("threshold", "--cell", "L4", "--pulse", "biphasic", *options) == 0
    rows = rows_of(out)
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 5 * 8
    assert {row["clone"] for row in rows} == {"1", "2", "3", "4", "5"}
    theta = [float(row["theta_deg"]) for row in rows[:8]]
    assert theta[0] == 0
    assert theta[-1] == 180
    assert 100 < float(rows[0]["threshold_v_per_m"]) < 600
    told = capsys.readouterr().out
    record = json.loads(told)
    assert_reads_back(WrittenThresholdsRecord, told)
    assert record["clones"] == 5
    assert record["terminal_share"] > 0.8


def tsv(path, factor):
    t = np.array([0, 2e-6, 60e-6, 62e-6]) * factor
    lines = [f"{a:.9g}\t{b:.9g}" for a, b in zip(t, [0, 1, 1, 0], strict=True)]
    path.write_text("\n".join(["time\tdidt", *lines]) + "\n", encoding="utf-8")
    return path


def test_a_longer_pulse_needs_less_field(tmp_path):
    (tmp_path / "cell.swc").write_text(SWC, encoding="utf-8")
    found = []
    for factor in (1, 2):
        pulse, out = tsv(tmp_path / f"p{factor}.tsv", factor), tmp_path / "T.csv"
        cell = tmp_path / "cell.swc"
        options = ("--directions", 2, "--out", out, "--quiet")
        assert command("threshold", "--cell", cell, "--pulse", pulse, *options) == 0
        found.append(float(rows_of(out)[1]["threshold_v_per_m"]))
    assert 0.45 < found[1] / found[0] < 0.9


@pytest.mark.parametrize(
    ("heading", "unit_s"),
    [
        ("time_s", 1),
        ("Time (µs)", 1e-6),
        ("t_us", 1e-6),
        ("time [ms]", 1e-3),
        ("times", 1),
        ("", 1),
    ],
)
def test_a_recorded_pulse_may_name_its_unit_or_have_no_header(tmp_path, heading, unit_s):
    path = tmp_path / "p.tsv"
    rows = [f"{t / unit_s:.9g}\t{w}" for t, w in ((0, 0), (5e-6, 1), (1e-4, 0))]
    path.write_text("\n".join(([f"{heading}\tdidt"] if heading else []) + rows))
    shape = find_shape(str(path))
    assert shape.time_s == pytest.approx([0, 5e-6, 1e-4])
    assert shape.w.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("cell", "pulse", "text", "words"),
    [
        ("L9", "biphasic", "", "L1, L23, L4, L5, L6"),
        ("L5", "triphasic", "", "monophasic"),
        ("L5", "none.tsv", "", "file not found"),
        ("L5", "p.tsv", "value\n1\n2\n", "time"),
        ("L5", "p.tsv", "time\tw\n0\t0\n0\t1\n", "ise"),
        ("L5", "p.tsv", "time\tw\n0\t0\n1\t1\n2\t0\n", "seconds"),
        ("L5", "p.tsv", "time\tw\n0\t0\n1e-5\t0\n", "zero"),
        ("L5", "p.tsv", "time\tE (V/m)\n0\t0\n1e-5\t1e6\n1e-4\t0\n", "V/m"),
        ("none.swc", "biphasic", "", "file not found"),
    ],
)
def test_bad_input_ends_in_one_sentence_and_writes_nothing(
    tmp_path, capsys, monkeypatch, cell, pulse, text, words
):
    monkeypatch.chdir(tmp_path)
    if text:
        (tmp_path / pulse).write_text(text, encoding="utf-8")
    options = ("--directions", 4, "--out", "T.csv", "--quiet")
    assert command("threshold", "--cell", cell, "--pulse", pulse, *options) == 2
    said = capsys.readouterr().err.strip()
    assert words in said
    assert said.count("\n") == 0
    assert not (tmp_path / "T.csv").exists()


@pytest.mark.parametrize("count", ["0", "1", "-3", "many"])
def test_too_few_directions_are_refused(tmp_path, count):
    options = ("--directions", count, "--out", tmp_path / "T.csv")
    assert command("threshold", "--cell", "L5", "--pulse", "biphasic", *options) == 2


def test_the_curve_and_paired_pulses_are_written(tmp_path, capsys):
    out, figure = tmp_path / "mep.csv", tmp_path / "mep.png"
    options = ("--intensities", "90:120:10", "--trials", 20, "--rmt", 55)
    options += ("--intervals", "2,100")
    assert command("io-curve", *options, "--out", out, "--figure", figure, "--json") == 0
    told = capsys.readouterr().out
    record = json.loads(told)
    assert_reads_back(ResponseCurveRecord, told)
    assert [row["percent_rmt"] for row in record["curve"]] == [90, 100, 110, 120]
    assert record["curve"][1]["percent_mso"] == 55
    assert [row["effect"] for row in record["paired"]] == ["inhibits", "inhibits"]
    assert [row["interval_ms"] for row in record["sicf"]] == [2]
    assert {row["effect"] for row in record["effects"]} == {"SICI", "ICF", "LICI", "SICF"}
    assert all(row["source"] and row["confidence"] for row in record["effects"])
    assert len(rows_of(out)) == 80
    assert figure.stat().st_size > 10_000


@pytest.mark.parametrize(
    "options",
    [
        ("--intensities", "0"),
        ("--intensities", "a:b:c"),
        ("--intensities", "100:90:-1"),
        ("--rmt", "140"),
        ("--intervals", "0"),
        ("--intervals", "2", "--block", "glycine"),
    ],
)
def test_curves_that_cannot_be_are_refused(options):
    assert command("io-curve", *options) == 2


def test_cells_are_listed_and_described(tmp_path, capsys):
    (tmp_path / "cell.swc").write_text(SWC, encoding="utf-8")
    assert command("cells", "--shape", tmp_path / "cell.swc", "--json") == 0
    told = capsys.readouterr().out
    row = json.loads(told)["cells"][0]
    assert_reads_back(CellsRecord, told)
    assert {given["key"] for given in json.loads(told)["sources"].values()} <= set(references())
    assert row["endings"] == 1
    assert row["axon_mm"] == pytest.approx(0.3, abs=0.01)


def test_recruitment_refuses_two_intensities_and_a_fit_elsewhere(capsys, tmp_path):
    out = ("--out", tmp_path / "r")
    assert command("recruit", "--mso", 50, "--didt-a-per-us", 40, *out) == 2
    assert command("recruit", "--rmt", 50, "--target", "dlpfc_l", *out) == 2
    assert "motor" in capsys.readouterr().err
    assert not (tmp_path / "r").exists()


def test_recruitment_over_a_head_is_written(tmp_path, ball_file, capsys):
    out = tmp_path / "r"
    options = ("--head", ball_file, "--target", "0,0,68", "--handle", 0, "--didt-a-per-us", 100)
    assert command("recruit", *options, "--out", out, "--json") == 0
    told = capsys.readouterr().out
    record = json.loads(told)
    assert_reads_back(RecruitmentRecord, told)
    assert json.loads((out / "recruit.json").read_text(encoding="utf-8")) == record
    shares = record["polarity"]["as_told"]["recruited_percent"]
    assert set(shares) == {"L1", "L23", "L4", "L5", "L6"}
    assert set(record["polarity"]["reversed"]["baselines_percent"]) == {
        "magnitude", "normal", "cosine",
    }  # fmt: skip
    assert record["calibration"]["factor"] == 2.5
    for name in ("recruit.json", "recruitment.func.gii", "cortex.surf.gii", "recruitment.png"):
        assert (out / name).stat().st_size > 500


def test_the_heads_warnings_stay_in_what_is_written(ball_head, tmp_path, monkeypatch):
    """They were replaced by the figure's."""
    head = replace(ball_head, warnings=("the scalp has a hole",))
    request = RecruitRequest(
        head=head, target="0,0,68", handle_rad=0.0, didt_a_per_s=1e8, angles=0
    )
    found = run_recruit(request)
    monkeypatch.setattr(recruitment, "write_recruitment_figure", lambda *_: "no room")
    record = write_recruit(found, tmp_path / "r")
    assert record.warnings == ("the scalp has a hole", "no room")
    text = (tmp_path / "r" / "recruit.json").read_text(encoding="utf-8")
    assert read_record(RecruitmentRecord, text) == record
