import json

import pytest

from cortistim.cli import run
from cortistim.protocol import find_protocol, write_protocol

pytestmark = pytest.mark.oldest


def answer(capsys, *arguments, code=0):
    assert run([*map(str, arguments)]) == code
    return json.loads(capsys.readouterr().out)


def test_a_check_gives_verdict_table_cell_and_limits(capsys, tmp_path):
    audit = tmp_path / "audit.jsonl"
    arguments = ["protocol", "check", "FDA-MDD-DEEP-H1", "--audit", audit, "--json"]
    record = answer(capsys, *arguments)
    assert record["verdict"] == "exceeds"
    assert record["table"] == "rossi2009"
    assert record["cell"]["rate_hz"] == 20
    assert record["limits"]["train_limit_s"] == 1.0
    assert record["labelled_use"][0]["library_id"] == "FDA-MDD-DEEP-H1"
    assert len(audit.read_text().splitlines()) == 1


def test_an_incomplete_protocol_gets_a_verdict_that_says_so(capsys):
    record = answer(capsys, "protocol", "check", "G-PD-M1", "--json", code=2)
    assert record["verdict"] == "cannot be checked"
    assert record["missing"] == ["rest between trains"]
    assert record["train_alone"]["verdict"] == "within"


def test_a_protocol_file_is_shown_drawn_and_checked(capsys, tmp_path):
    path, picture = tmp_path / "own.yaml", tmp_path / "own.png"
    write_protocol(path, find_protocol("FDA-MDD-SAINT"))
    shown = answer(capsys, "protocol", "show", path, "--json")
    assert shown["dose"]["pulses_per_course"] == 90_000
    assert run(["protocol", "draw", str(path), "--out", str(picture)]) == 0
    capsys.readouterr()
    assert picture.read_bytes()[:4] == b"\x89PNG"
    checked = answer(capsys, "protocol", "check", path, "--json")
    assert checked["verdict"] == "outside the tables"


@pytest.mark.parametrize("name", ["PAS25", "single_pulse", "QPS1250", "E-DYSTONIA-CB"])
def test_every_kind_of_protocol_draws(name, capsys, tmp_path):
    picture = tmp_path / "x.png"
    assert run(["protocol", "draw", name, "--out", str(picture)]) == 0
    capsys.readouterr()
    assert picture.stat().st_size > 5000


def test_the_list_can_be_searched(capsys):
    found = answer(capsys, "protocol", "list", "--search", "stroke", "--json")
    assert {"G-STROKE-LF-CL", "G-NEGLECT-CTBS"} <= {row["id"] for row in found}
    lacking = answer(capsys, "protocol", "list", "--incomplete", "--json")
    assert len(lacking) == 13
    assert all(row["missing"] for row in lacking)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["protocol", "check", "iTBS600", "--table", "rosi2009"], "Did you mean rossi2009"),
        (["protocol", "check", "FDA-MDD-10HZ"], "FDA-MDD-10HZ-L"),
        (["protocol", "check", "missing.yaml"], "file not found"),
        (["protocol", "check", "iTBS600", "--rmt", "0"], "above 0"),
        (["protocol", "check", "iTBS600", "--stimulator", "nothing"], "nothing"),
        (["protocol", "check", "iTBS600", "--stimulator", "magstim_200"], "at most"),
        (["protocol", "draw", "G-PD-M1", "--out", "x.png"], "rest between trains"),
        (["protocol", "draw", "iTBS600", "--out", "x.gif"], ".png"),
        (["safety", "screen", "--answer", "pregnancy"], "TOPIC=VALUE"),
        (["safety", "screen", "--answer", "pregnant=no"], "pregnancy"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(arguments, word, capsys):
    assert run(arguments) == 2
    said = capsys.readouterr()
    assert word in said.err
    assert "Traceback" not in said.err


def test_a_screening_answers_every_topic(capsys, tmp_path):
    answers = tmp_path / "answers.yaml"
    answers.write_text("pregnancy: no\nage_years: 16\nepilepsy_or_seizure: unknown\n")
    record = answer(capsys, "safety", "screen", answers, "--answer", "age_years=40", "--json")
    decisions = {flag["topic"]: flag["decision"] for flag in record["flags"]}
    assert decisions["pregnancy"] == decisions["age_years"] == "clear"
    assert record["decision"] == "ask"
    assert "epilepsy_or_seizure" in record["unanswered"]


def test_a_design_is_refused_when_the_device_needs_a_threshold(capsys):
    asked = ["protocol", "design", "--goal", "raise", "--stimulator", "magpro_x100"]
    assert run(asked) == 2
    assert "--rmt" in capsys.readouterr().err
