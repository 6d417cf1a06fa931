import json

import pytest

from cortistim.cli import run
from cortistim.plasticity.evidence import STATEMENTS
from cortistim.sources import references

KEYS = {"minutes", "mean_percent", "sd_percent", "p_up", "p_down", "verdict", "reasons"}
VERDICTS = {"up", "down", "none", "not determined"}


def test_predict_writes_the_keys_that_scripts_read(tmp_path, capsys):
    out, figure = tmp_path / "P.json", tmp_path / "F.png"
    arguments = ["plasticity", "predict", "cTBS600", "--minutes", "1,5,15,30,60"]
    assert run([*arguments, "--out", str(out), "--figure", str(figure)]) == 0
    capsys.readouterr()
    record = json.loads(out.read_text())
    assert record["minutes"] == [1, 5, 15, 30, 60]
    assert [row["minutes"] for row in record["ensemble"]] == record["minutes"]
    assert set(record["models"]) >= {"calcium", "huang2011", "ma2024", "fung2014"}
    for rows in (record["ensemble"], *record["models"].values()):
        assert len(rows) == 5
        assert {row["verdict"] for row in rows} <= VERDICTS
    for row in record["ensemble"]:
        assert set(row) >= KEYS
        assert row["p_up"] + row["p_down"] <= 1 + 1e-9
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_predict_prints_only_json_when_asked(capsys):
    assert run(["plasticity", "predict", "0.1Hz", "--minutes", "5", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ensemble"][0]["verdict"] == "none"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["nope"], "no protocol"),
        (["FDA-MIGRAINE-STMS"], "simulated"),
        (["iTBS600", "--minutes", "soon"], "minutes"),
        (["iTBS600", "--minutes", "-5"], "minutes"),
        (["iTBS600", "--intensity", "60%MSO"], "threshold"),
        (["iTBS600", "--block", "caffeine"], "blocked"),
        (["iTBS600", "--genotype", "x"], "genotype"),
    ],
)
def test_bad_input_ends_with_one_sentence_and_status_two(arguments, word, tmp_path, capsys):
    out = tmp_path / "P.json"
    assert run(["plasticity", "predict", *arguments, "--out", str(out)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert word in captured.err
    assert not out.exists()


def test_evidence_is_cited_and_graded(capsys):
    assert run(["plasticity", "evidence", "stroke", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found
    assert all(row["confidence"] in ("high", "medium", "low") for row in found)
    assert all(row["source"] and row["finding"] for row in found)
    for statement in STATEMENTS:
        assert " " in statement.source or statement.source in references()
