"""Statements that were once the wrong way round, or said more than was read."""

import pytest

from cortistim.plasticity.evidence import STATEMENTS, evidence
from cortistim.sources import references


def _of(source):
    return [statement for statement in STATEMENTS if statement.source == source]


def test_nimodipine_turned_the_potentiation_by_continuous_theta_burst_into_depression():
    plain, contracted = _of("wankerl2010")
    assert "cTBS potentiated the naive cortex" in plain.finding
    assert "depressed it under nimodipine" in plain.finding
    assert "dextromethorphan" in plain.finding
    assert "both together turned it into depression" in contracted.finding
    assert not any("abolished the depression by cTBS" in row.finding for row in STATEMENTS)


def test_pairings_under_blockers_are_quoted_with_both_studies():
    assert "PAS10" in _of("wolters2003")[0].study
    assert "ethosuximide" in _of("weise2017")[0].finding


def test_the_contrary_trial_of_ten_hertz_is_told_with_the_other():
    (found,) = evidence("10 Hz rise")
    assert found.source == "maeda2000"
    assert "not significantly" in " ".join(found.finding.split())
    assert "J Korean Acad Rehabil Med" in found.finding


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("vessels", "the abstract counts no vessels"),
        ("memantine", "6 people"),
        ("12 of 21", "10.1016/j.clinph.2017.08.023"),
        ("chronic stroke", "quoted from memory"),
        ("Met carriers every", "quoted from memory"),
        ("H1 coil", "remission 32.6 % and 14.6 %, quoted from memory"),
    ],
)
def test_a_statement_says_no_more_than_was_read(words, told):
    (found,) = evidence(words)
    assert told in f"{found.finding} {found.study} {found.source}"


def test_every_source_is_a_key_or_a_citation():
    for statement in STATEMENTS:
        assert statement.source in references() or " " in statement.source
        remembered = "from memory" in f"{statement.finding} {statement.study}"
        assert remembered == (statement.confidence != "high"), statement
