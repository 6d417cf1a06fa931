"""``cortistim threshold``: a line for a line, every trial on the disk, whatever happens."""

import csv
import json
import os
import random
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from cortistim.cli import run
from cortistim.cli.threshold_command import METHODS
from cortistim.mapping.threshold import METHODS as KNOWN
from cortistim.study.mapping.trial_log import read_trial_log

COMMAND = [sys.executable, "-m", "cortistim", "threshold", "run", "--jsonl"]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CORTISTIM_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def talk(monkeypatch, capsys):
    """Run the command on lines of standard input."""

    def talked(lines, *options):
        import io

        text = io.BytesIO("".join(line + "\n" for line in lines).encode())
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=text, readline=None))
        code = run(["threshold", "run", "--jsonl", *options])
        told = capsys.readouterr()
        return code, [json.loads(line) for line in told.out.splitlines()], told.err

    return talked


def test_the_command_line_offers_every_method():
    assert tuple(KNOWN) == METHODS


def test_a_line_is_answered_by_a_line(talk):
    code, told, _ = talk(['{"mep_uv": 31.0}', '{"response": true}'], "--start", "52")
    assert code == 0
    assert told[0] == {
        "propose_percent": 52,
        "pulse": 1,
        "estimate_percent": None,
        "low_percent": None,
        "high_percent": None,
    }
    assert [line["pulse"] for line in told[1:3]] == [2, 3]
    assert told[1]["propose_percent"] > 52
    end = told[3]
    assert set(end) == {
        "estimate_percent", "low_percent", "high_percent", "level", "pulses", "alarms",
    }  # fmt: skip
    assert (end["level"], end["pulses"]) == (0.95, 2)
    assert end["low_percent"] < end["estimate_percent"] < end["high_percent"]


@pytest.mark.parametrize(
    "line",
    [
        "", "foo", "[]", "{}", '{"mep_uv": -1}', '{"mep_uv": NaN}', '{"mep_uv": "31"}',
        '{"mep_uv": true}', '{"mep_uv": 1e9}', '{"response": 1}', '{"response": null}',
        '{"undo": true}', '{"undo": false}', '{"mep_uv": 3, "response": true}',
        '{"response": true, "percent": 130}', '{"response": true, "note": "x"}',
        '{"mep_uv": 1, "mep_uv": 2}', '{"mep_uv": 99999999999999999999999999999999999}',
    ],
)  # fmt: skip
def test_a_bad_line_gets_one_sentence_and_the_same_pulse(talk, line):
    code, told, _ = talk([line, '{"response": false}'], "--start", "52")
    assert code == 0
    assert len(told) == 4
    assert set(told[1]) == {"error", "propose_percent", "pulse"}
    assert (told[1]["propose_percent"], told[1]["pulse"]) == (52, 1)
    assert told[2]["pulse"] == 2
    assert told[3]["pulses"] == 1


def test_bytes_that_are_no_text_get_an_answer_too():
    asked = b'\xff\xfe\n{"response": true}\n'
    done = subprocess.run(COMMAND, input=asked, capture_output=True, check=False)
    assert done.returncode == 0
    assert [next(iter(json.loads(line))) for line in done.stdout.splitlines()] == [
        "propose_percent", "error", "propose_percent", "estimate_percent",
    ]  # fmt: skip


def test_undo_goes_back_by_one_pulse(talk):
    lines = ['{"response": true}', '{"response": false}', '{"undo": true}']
    _, told, _ = talk(lines, "--start", "52")
    assert told[3] == told[1]


def test_so_many_pulses_as_asked_for_end_it(talk):
    lines = ['{"response": true}', '{"response": false}'] * 4
    _, told, _ = talk(lines, "--start", "52", "--pulses", "3")
    assert len(told) == 4
    assert told[-1]["pulses"] == 3


def test_no_pulse_no_threshold(talk):
    _, told, _ = talk([])
    assert told[-1]["estimate_percent"] is None
    assert told[-1]["pulses"] == 0


def test_a_record_is_never_mixed_with_another(talk, tmp_path):
    record = str(tmp_path / "r.jsonl")
    assert talk(['{"response": true}'], "--record", record)[0] == 0
    code, told, err = talk(['{"response": true}'], "--record", record)
    assert (code, told) == (2, [])
    assert "this record exists" in err
    assert "(--resume)" in err


def test_a_record_goes_on_where_it_ended(talk, tmp_path):
    record = str(tmp_path / "r.jsonl")
    lines = ['{"response": true}', '{"mep_uv": 20.5}', '{"undo": true}', '{"mep_uv": 70}']
    _, told, _ = talk(lines, "--record", record, "--start", "61")
    _, again, err = talk([], "--record", record, "--resume")
    assert again[0] == told[-2]
    assert again[-1] == told[-1]
    assert "2 pulses" in err
    code, _, err = talk([], "--record", record, "--resume", "--method", "samt")
    assert code == 2
    assert "--method is 'samt', but the record was begun with 'posterior'" in err


def test_without_a_record_every_run_has_a_fresh_one(talk):
    named = {talk(['{"response": true}'])[2].partition("record: ")[2] for _ in range(3)}
    assert len(named) == 3
    assert all("thresholds" in name for name in named)


def test_resuming_needs_a_record_that_is_there(talk, tmp_path):
    assert "name its file (--record)" in talk([], "--resume")[2]
    missing = str(tmp_path / "none.jsonl")
    assert "file not found" in talk([], "--resume", "--record", missing)[2]


def test_a_line_that_was_cut_off_is_removed(talk, tmp_path):
    record = tmp_path / "r.jsonl"
    _, told, _ = talk(['{"response": true}', '{"response": false}'], "--record", str(record))
    whole = record.read_bytes()
    record.write_bytes(whole + b'{"pulse": 3, "perc')
    _, again, err = talk([], "--record", str(record), "--resume")
    assert again[-1] == told[-1]
    assert "never answered" in err
    assert record.read_bytes() == whole
    record.write_bytes(b'{"schema": "corti')
    _, again, err = talk([], "--record", str(record), "--resume", "--start", "70")
    assert again[0]["propose_percent"] == 70
    assert "held nothing" in err


def test_a_file_that_is_no_record_is_refused(talk, tmp_path):
    other = tmp_path / "r.jsonl"
    other.write_text('{"a": 1}\n')
    code, told, err = talk([], "--record", str(other), "--resume")
    assert (code, told) == (2, [])
    assert "no log of a threshold" in err
    assert other.read_text() == '{"a": 1}\n'


def killed_after(process, delay_s, answers):
    """Answer proposals until the process is killed; return how many were taken."""
    deadline = time.monotonic() + delay_s
    taken = -1
    while time.monotonic() < deadline:
        if not process.stdout.readline():
            break
        taken += 1
        if taken >= len(answers):
            break
        try:
            process.stdin.write(answers[taken])
            process.stdin.flush()
        except BrokenPipeError:
            break
    process.kill()
    rest = process.stdout.read().splitlines()
    process.stdin.close()
    process.wait()
    return taken + len(rest)


def powercuts(folder, count, seed):
    """Kill a run and resume it, again and again; return trials lost and made up."""
    rng, record = random.Random(seed), folder / "r.jsonl"
    lost = extra = 0
    for cut in range(count):
        known = len(read_trial_log(record).trials) if record.exists() else 0
        again = ["--resume"] if record.exists() else ["--start", "60", "--pulses", "1000"]
        process = subprocess.Popen(
            [*COMMAND, "--record", str(record), *again],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        sizes = [f'{{"mep_uv": {cut}.{k}}}\n'.encode() for k in range(1, 400)]
        taken = max(killed_after(process, rng.uniform(0.3, 2.5), sizes), 0)
        found = read_trial_log(record).trials if record.exists() else ()
        lost += max(known + taken - len(found), 0)
        extra += max(len(found) - known - taken - 1, 0)
        mine = [trial.mep_uv for trial in found[known:]]
        assert mine == [float(f"{cut}.{k}") for k in range(1, len(mine) + 1)]
    return lost, extra


@pytest.mark.filterwarnings("ignore")
def test_a_power_cut_loses_no_trial_that_was_answered(tmp_path):
    assert powercuts(tmp_path, 5, 1) == (0, 0)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_hundred_power_cuts_lose_no_trial_that_was_answered(tmp_path):
    assert powercuts(tmp_path, 100, 2) == (0, 0)


def test_a_person_may_type_sizes_words_and_undo(tmp_path):
    typed = "y\nn\n31\n0.3 mV\nu\nwhat\n\nq\n"
    record = tmp_path / "r.jsonl"
    done = subprocess.run(
        [*COMMAND[:-1], "--start", "60", "--record", str(record)],
        input=typed, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert "Got 'what'" in done.stdout
    assert "threshold" in done.stdout
    assert "between sessions" in done.stdout
    trials = read_trial_log(record).trials
    assert [trial.response for trial in trials] == [True, False, False]
    assert trials[2].mep_uv == 31


def test_a_simulation_is_a_table_that_the_seed_repeats(tmp_path, capsys):
    tables = []
    for name in ("a.csv", "b.csv"):
        asked = ["threshold", "simulate", "--method", "samt", "--subjects", "4"]
        assert run([*asked, "--pulses", "6", "--out", str(tmp_path / name), "--json"]) == 0
        tables.append((tmp_path / name).read_text())
    assert tables[0] == tables[1]
    rows = list(csv.DictReader(tables[0].splitlines()))
    assert len(rows) == 24
    assert list(rows[0]) == [
        "subject", "true_percent", "pulse", "estimate_percent", "low_percent", "high_percent",
    ]  # fmt: skip
    assert json.loads(capsys.readouterr().out.splitlines()[0])["subjects"] == 4


def test_a_record_and_a_table_replay_to_the_same_threshold(talk, tmp_path, capsys):
    record, table = tmp_path / "r.jsonl", tmp_path / "t.csv"
    sizes = [300, 20, 80, 10, 60, 40, 90, 20]
    lines = [f'{{"mep_uv": {x}}}' for x in sizes]
    _, told, _ = talk(lines, "--record", str(record), "--start", "60")
    trials = read_trial_log(record).trials
    rows = [f"{trial.percent},{trial.mep_uv}" for trial in trials]
    table.write_text("\n".join(["percent,mep_uv", *rows]))
    found = []
    for file in (record, table):
        figure = tmp_path / f"{file.stem}.png"
        assert run(["threshold", "replay", str(file), "--json", "--figure", str(figure)]) == 0
        found.append(json.loads(capsys.readouterr().out))
        assert figure.stat().st_size > 10_000
    assert found[0] == found[1]
    assert found[0]["threshold"] == told[-1]
    assert {row["method"] for row in found[0]["methods"]} >= {"posterior", "ml-pest"}


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("percent,mep_uv\n50,30\n120,80\n", "line 3, column 'percent'"),
        ("percent,mep_uv\n50,-30\n", "line 2, column 'mep_uv'"),
        ("percent,mep_uv\n50,nan\n", "line 2, column 'mep_uv'"),
        ("percent,mep_uv\n50\n", "line 2: a row must have 2 cells"),
        ("percent,uv\n50,30\n", "one column 'mep_uv'; there is none"),
        ("percent,mep_uv,mep_uv\n50,3,3\n", "one column 'mep_uv'; there are two"),
        ("percent,mep_uv\n", "a header and rows"),
    ],
)
def test_a_table_that_cannot_be_replayed_is_refused_by_row_and_column(
    tmp_path, capsys, rows, told
):
    (tmp_path / "t.csv").write_text(rows)
    assert run(["threshold", "replay", str(tmp_path / "t.csv")]) == 2
    assert told in capsys.readouterr().err
