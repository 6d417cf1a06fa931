"""``cortistim curve``: from a table to curves, figures and contrasts, and back."""

import json

import numpy as np
import pytest

from cortistim.cli import run
from cortistim.mapping.muscle import goetz2019, threshold_percent
from cortistim.records.curve import CurvesRecord
from cortistim.records.form import json_text, read_record


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    rng = np.random.default_rng(1)
    people = goetz2019(4, rng)
    true, lines = threshold_percent(people), ["who,when,percent,mep_uv"]
    for when, factor in (("before", 1.0), ("after", 1.1)):
        x = factor * true[:, None] * rng.uniform(0.8, 1.5, (4, 16))
        size = 1e6 * people.respond_v(x / factor, rng)
        lines += [f"P{k},{when},{a:.1f},{b:.2f}" for k in range(4)
                  for a, b in zip(x[k], size[k], strict=True)]  # fmt: skip
    path = tmp_path_factory.mktemp("curve") / "t.csv"
    path.write_text("\n".join(lines))
    return path, true


def fitted(table, out, *options):
    asked = ["curve", "fit", str(table), "--intensity", "percent", "--response", "mep_uv"]
    return run([*asked, "--out", str(out), *options])


def test_curves_groups_and_contrasts_have_intervals(table, tmp_path, capsys):
    out, figure = tmp_path / "f.json", tmp_path / "f.png"
    who = ["--by", "who", "--by", "when", "--person", "who", "--condition", "when"]
    assert fitted(table[0], out, *who, "--figure", str(figure)) == 0
    assert "after - before, threshold" in capsys.readouterr().out
    record = json.loads(out.read_text())
    assert record["together"] is True
    assert [curve["by"] for curve in record["curves"]][:2] == [
        {"who": "P0", "when": "before"}, {"who": "P1", "when": "before"},
    ]  # fmt: skip
    for row in (*record["curves"], *record["groups"]):
        for name in ("threshold", "s50", "slope", "plateau"):
            assert row[name]["low"] < row[name]["mean"] < row[name]["high"]
        assert row["threshold"]["mean"] < row["s50"]["mean"]
    for curve, true in zip(record["curves"], table[1], strict=False):
        assert curve["threshold"]["mean"] == pytest.approx(true, rel=0.12)
        assert (curve["pulses"], len(curve["points"])) == (16, 16)
    shift = next(c for c in record["contrasts"] if c["quantity"] == "threshold")
    assert shift["percent"]["low"] < 10 < shift["percent"]["high"]
    assert figure.stat().st_size > 20_000


def test_a_fit_reads_back_equal_and_is_drawn_again(table, tmp_path):
    out, figure = tmp_path / "f.json", tmp_path / "f.png"
    assert fitted(table[0], out, "--by", "who", "--alone") == 0
    record = read_record(CurvesRecord, out.read_text())
    assert json_text(record) == out.read_text()
    assert record.groups == []
    assert run(["curve", "plot", str(out), "--out", str(figure)]) == 0
    assert figure.stat().st_size > 20_000


def test_the_same_table_gives_the_same_fit(table, tmp_path):
    for name in ("a.json", "b.json"):
        assert fitted(table[0], tmp_path / name, "--by", "who") == 0
    assert (tmp_path / "a.json").read_text() == (tmp_path / "b.json").read_text()


def test_millivolts_are_the_same_curve(table, tmp_path):
    lines = table[0].read_text().splitlines()
    rows = [line.split(",") for line in lines[1:]]
    text = [f"{who},{when},{x},{float(size) / 1000}" for who, when, x, size in rows]
    milli = tmp_path / "mv.csv"
    milli.write_text("\n".join(["who,when,percent,mep_mv", *text]))
    one, two = tmp_path / "1.json", tmp_path / "2.json"
    assert fitted(table[0], one, "--by", "who", "--alone") == 0
    asked = ["curve", "fit", str(milli), "--intensity", "percent", "--response", "mep_mv"]
    assert run([*asked, "--by", "who", "--alone", "--out", str(two)]) == 0
    first, second = (json.loads(path.read_text())["curves"][0] for path in (one, two))
    assert first["plateau"]["mean"] == pytest.approx(second["plateau"]["mean"], rel=1e-3)


def test_a_mistaken_unit_is_flagged_not_guessed(tmp_path, capsys):
    table = tmp_path / "t.csv"
    table.write_text("percent,size\n50,0.01\n60,0.4\n70,2.3\n80,3.0\n")
    asked = ["curve", "fit", str(table), "--intensity", "percent", "--response", "size"]
    assert run([*asked, "--out", str(tmp_path / "f.json")]) == 2
    assert "If it is in millivolts, say so (--unit)" in capsys.readouterr().err
    assert run([*asked, "--unit", "mv", "--out", str(tmp_path / "f.json")]) == 0


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("percent,mep_uv\n50,-3\n60,100\n", "line 2, column 'mep_uv'"),
        ("percent,mep_uv\n50,nan\n60,100\n", "line 2, column 'mep_uv'"),
        ("percent,mep_uv\n-5,3\n60,100\n", "line 2, column 'percent'"),
        ("percent,mep_uv\n50,3\n60,90000\n", "line 3, column 'mep_uv'"),
        ("percent,uv\n50,3\n", "one column 'mep_uv'; there is none"),
        ("percent,mep_uv,mep_uv\n50,3,3\n", "one column 'mep_uv'; there are two"),
    ],
)
def test_a_table_that_cannot_be_fitted_is_refused_by_row_and_column(
    tmp_path, capsys, rows, told
):
    (tmp_path / "t.csv").write_text(rows)
    assert fitted(tmp_path / "t.csv", tmp_path / "f.json") == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "f.json").exists()


def test_a_column_that_says_another_unit_is_refused(table, tmp_path, capsys):
    assert fitted(table[0], tmp_path / "f.json", "--unit", "mv") == 2
    assert "says uv, but --unit is mv" in capsys.readouterr().err


def test_a_curve_without_a_response_is_told(tmp_path):
    table = tmp_path / "t.csv"
    seen = [f"A,{x},{60 * 1.2 ** (x - 50):.1f}" for x in range(45, 75, 2)]
    table.write_text(
        "\n".join(["who,percent,mep_uv", *seen, *(f"B,{x},9" for x in range(40, 60))])
    )
    assert fitted(table, tmp_path / "f.json", "--by", "who") == 0
    silent = json.loads((tmp_path / "f.json").read_text())["curves"][1]
    assert silent["censored"] == 20
    assert "the rest is prior" in silent["notes"][0]
    assert silent["threshold"]["high"] > 60


def test_a_design_is_a_table(capsys):
    asked = ["curve", "design", "--pulses", "8,24", "--people", "12", "--json"]
    assert run(asked) == 0
    record = json.loads(capsys.readouterr().out)
    assert [row["pulses"] for row in record["rows"]] == [8, 24]
    assert run(asked[:-1]) == 0
    assert "power of 80 %" in capsys.readouterr().out


def test_conditioned_responses_are_told_by_person_and_over_people(tmp_path, capsys):
    rng = np.random.default_rng(3)
    lines = ["who,pulse,mep_uv"]
    for who in ("A", "B", "C"):
        for pulse, mean in (("test", 1000), ("SICI 3 ms", 400), ("ICF 12 ms", 1500)):
            size = mean * np.exp(0.4 * rng.standard_normal(15))
            lines += [f"{who},{pulse},{x:.1f}" for x in size]
    table = tmp_path / "t.csv"
    table.write_text("\n".join(lines))
    asked = ["curve", "paired", str(table), "--response", "mep_uv", "--condition", "pulse"]
    assert run([*asked, "--test", "test", "--by", "who", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert len(record["ratios"]) == 6
    sici = record["together"][0]
    assert sici["condition"] == "SICI 3 ms"
    assert sici["ratio"]["low"] < 0.4 < sici["ratio"]["high"]
    assert sici["words"] == "inhibition"
    assert run([*asked, "--test", "alone"]) == 2
    assert "(--test)" in capsys.readouterr().err


def test_the_mock_recruitment_curves_are_fitted(shared_file, tmp_path):
    table = shared_file("data/mep/recruitment_mock.csv")
    asked = ["curve", "fit", str(table), "--intensity", "TMSIntensity", "--unit", "mv"]
    out = tmp_path / "f.json"
    assert (
        run([*asked, "--response", "PKPK_ECR", "--by", "participant", "--out", str(out)]) == 0
    )
    record = json.loads(out.read_text())
    assert len(record["curves"]) > 1
    assert all(curve["threshold"]["mean"] > 5 for curve in record["curves"])
