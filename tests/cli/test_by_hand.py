"""Commands that ask a person, and what they show: typed answers, mistakes, undo."""

import io
import json
import sys

import pytest

from cortistim.cli import run


class Typed(io.TextIOWrapper):
    """Standard input with lines typed beforehand."""

    def __init__(self, *lines):
        super().__init__(io.BytesIO("".join(f"{line}\n" for line in lines).encode()), "utf-8")


@pytest.fixture
def typed(monkeypatch):
    def say(*lines):
        monkeypatch.setattr(sys, "stdin", Typed(*lines))

    return say


def test_a_threshold_is_found_by_typing(typed, tmp_path, capsys):
    typed("y", "n", "what?", "120", "0.3 mV", "u", "n", "q")
    record = tmp_path / "rmt.jsonl"
    assert run(["threshold", "run", "--start", "50", "--record", str(record)]) == 0
    out = capsys.readouterr().out
    assert "pulse   1   50 %" in out
    assert "Got 'what?'" in out
    assert "% of the maximal output" in out
    assert len(record.read_text().splitlines()) > 5


def test_a_session_without_pulses_has_no_threshold(typed, tmp_path, capsys):
    typed("q")
    assert run(["threshold", "run", "--record", str(tmp_path / "rmt.jsonl")]) == 0
    assert "no pulses, no threshold" in capsys.readouterr().out


def test_lines_of_json_are_answered_line_by_line(typed, tmp_path, capsys):
    typed('{"response": true}', "not json", '{"mep_uv": 20}', '{"undo": true}')
    record = str(tmp_path / "rmt.jsonl")
    assert run(["threshold", "run", "--jsonl", "--start", "60", "--record", record]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert told[0]["propose_percent"] == 60
    assert "error" in told[2]
    assert told[-1]["pulses"] == 1


def test_a_virtual_subject_is_stimulated_by_hand(typed, tmp_path, capsys):
    typed("60", "everything", "50,5%", "70", "=58")
    out = tmp_path / "rehearsal.json"
    words = ["rehearse", "threshold", "--seed", "1", "--by-hand", "--out", str(out)]
    assert run(words) == 0
    record = json.loads(out.read_text())
    assert [row["percent"] for row in record["pulses"]] == [60, 50.5, 70]
    assert record["quantities"][0]["found"] == 58
    assert "truth" in capsys.readouterr().out


def test_a_coil_is_shown_in_words(capsys):
    assert run(["coil", "show", "magstim_d70"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("magstim_d70: ")
    assert "polarity" in out
    assert "reduced for searching" in out
    assert run(["coil", "list"]) == 0
    assert "magstim_d70" in capsys.readouterr().out


def test_cells_are_listed_in_words(capsys):
    assert run(["neuron", "cells"]) == 0
    assert "L5" in capsys.readouterr().out
