"""Rehearsals: equal by seed, true to the sealed person, fair in what they say."""

import json
import subprocess
import sys

import numpy as np
import pytest

from cortistim.cli import run
from cortistim.mapping.subject import BASELINE_LIMIT_V, Nuisances, VirtualSubject
from cortistim.records.form import json_text, read_record
from cortistim.records.rehearsal import RehearsalRecord
from cortistim.study.mapping.rehearsal import (
    RehearsalRequest,
    rehearse_by_hand,
    rehearse_curve,
    rehearse_threshold,
)


def test_equal_seeds_give_equal_sessions():
    one, two = (rehearse_threshold(RehearsalRequest(1)) for _ in range(2))
    assert json_text(one) == json_text(two)
    assert read_record(RehearsalRecord, json_text(one)) == one
    assert one != rehearse_threshold(RehearsalRequest(2))


def test_most_sessions_find_the_sealed_threshold():
    found = [rehearse_threshold(RehearsalRequest(seed)).quantities[0] for seed in range(30)]
    assert np.median([abs(row.error_percent) for row in found]) < 4
    assert sum(row.held for row in found) >= 22


def test_what_disturbs_is_there_and_is_given_again():
    subject = VirtualSubject(4, Nuisances(tense=0.3, slips=0.0, missed=0.0))
    seen = [subject.pulse(80.0) for _ in range(200)]
    tense = [row.cause == "pre-activation" for row in seen]
    assert 0.2 < np.mean(tense) < 0.4
    assert tense == [row.baseline_v > BASELINE_LIMIT_V for row in seen]
    record = rehearse_threshold(RehearsalRequest(2))
    assert not [p for p in record.pulses if p.kept and p.cause == "pre-activation"]


def test_without_nuisances_the_person_is_the_generator():
    quiet = VirtualSubject(5, Nuisances(0, 0, 0, 0, 0, 0))
    percent = quiet.threshold_percent()
    hits = np.mean([quiet.pulse(percent).mep_v >= 50e-6 for _ in range(1500)])
    assert hits == pytest.approx(0.5, abs=0.05)
    assert quiet.median_v(np.array([quiet.intensity_percent(1e-3)]))[0] == pytest.approx(1e-3)


def test_a_drift_stays_bounded_and_a_trigger_alone_evokes_nothing():
    subject = VirtualSubject(6, Nuisances(missed=1.0))
    assert max(subject.pulse(100.0).mep_v for _ in range(50)) < 50e-6


def test_a_curve_is_rehearsed_with_what_lies_within_reach():
    record = rehearse_curve(RehearsalRequest(2))
    assert [row.name for row in record.quantities] == ["threshold", "for 1 mV", "at 120 %"]
    assert abs(record.quantities[0].error_percent) < 10
    assert abs(record.quantities[1].error_percent) < 15


def test_by_hand_is_scored_and_says_what_was_overlooked():
    steps = iter([(70.0, None)] * 60 + [(None, 70.0)])
    record = rehearse_by_hand(1, lambda _: next(steps))
    assert (record.by, len(record.pulses)) == ("hand", 60)
    assert record.quantities[0].found == 70
    assert any("tense muscle were counted" in text for text in record.words)


def test_the_truth_is_sealed_until_the_end():
    typed = "60\nfoo\n120\n=55\n"
    done = subprocess.run(
        [sys.executable, "-m", "cortistim", "rehearse", "threshold", "--by-hand"],
        input=typed, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    before, _, after = done.stdout.partition("virtual subject")
    assert "truth" not in before
    assert "truth" in after
    assert before.count("% > ") == 4


def test_a_rehearsal_has_a_sheet_to_print(tmp_path, capsys):
    out, sheet = tmp_path / "r.json", tmp_path / "r.png"
    asked = ["rehearse", "threshold", "--seed", "1", "--method", "samt"]
    assert run([*asked, "--out", str(out), "--sheet", str(sheet), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(out.read_text())
    assert sheet.stat().st_size > 40_000
