import csv
import json
from importlib.resources import files
from pathlib import Path

import pytest

from cortistim.errors import BadInputError
from cortistim.plain import plain_yaml
from cortistim.protocol import library, library_entry, named_protocol
from cortistim.records import json_line
from cortistim.sources import describe

ROWS = Path(__file__).parent / "library_rows.csv"


def _rows(path):
    with path.open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_every_stated_count_and_duration_is_reproduced_exactly():
    complete = [entry for entry in library().values() if not entry.missing]
    assert len(complete) == 40
    for entry in complete:
        protocol = named_protocol(entry.id)
        assert protocol.n_pulses == entry.stated.pulses, entry.id
        assert protocol.length_s == entry.stated.duration_s, entry.id


def test_the_library_holds_every_row_with_its_pulses_and_length():
    rows = _rows(ROWS)
    assert [row["id"] for row in rows] == list(library())
    for row in rows:
        if library()[row["id"]].missing:
            continue
        protocol = named_protocol(row["id"])
        assert protocol.n_pulses == int(row["pulses"])
        assert protocol.length_s == float(row["duration_s"])
        assert row["confidence"] == protocol.confidence


def test_our_rows_are_those_of_the_reference_table(shared_file):
    reference = _rows(shared_file("data/protocols.csv"))
    ours = {row["id"]: row for row in _rows(ROWS)}
    assert [row["id"] for row in reference] == list(ours)
    for row in reference:
        if library()[row["id"]].missing:
            assert not row["duration_s_calc"] or not row["iti_s"]
            continue
        own = ours[row["id"]]
        assert own["pulses"] == row["pulses_per_session"]
        assert float(own["duration_s"]) == float(row["duration_s_calc"])
        assert own["confidence"] == row["confidence"]


def test_the_typed_library_holds_all_that_its_file_says():
    text = files("cortistim").joinpath("protocol/data/library.yaml").read_text("utf-8")
    for entry, stated in zip(library().values(), plain_yaml(text, "library"), strict=True):
        kept = json.loads(json_line(entry))
        for phase in stated.get("phases", ()):
            if phase["days_per_week"] == 5:  # the default
                del phase["days_per_week"]
        assert kept == stated


def test_an_incomplete_entry_names_what_is_missing():
    entry = library_entry("g-pd-m1")
    assert entry.missing == ("rest between trains",)
    with pytest.raises(BadInputError, match="do not state rest between trains"):
        named_protocol("G-PD-M1")


@pytest.mark.parametrize("entry", library().values(), ids=lambda entry: entry.id)
def test_every_entry_shows_evidence_sources_and_confidence(entry):
    assert entry.use
    assert entry.target
    assert entry.coil
    assert entry.confidence in ("high", "medium", "low")
    assert all(describe(source) for source in entry.sources)
    assert bool(entry.regulator) == (entry.status == "cleared")
    for outcome in (*(entry.outcomes or ()), *(entry.contrary or ())):
        assert describe(outcome.source)
        assert outcome.sham
        assert outcome.basis
    graded = entry.evidence.graded_by
    assert not graded or describe(graded)


def _clearances(name):
    return {row.number: row for row in library_entry(name).regulator}


@pytest.mark.parametrize(
    ("name", "number", "date"),
    [
        ("FDA-MDD-10HZ-L", "DEN070003 (De Novo)", "2008-10-07"),
        ("FDA-MDD-10HZ-L", "K171051", "2017-09-13"),
        ("FDA-MDD-10HZ-L", "K180907", "2018-08-03"),
        ("FDA-MDD-ITBS", "K201158", "2020-11-20"),
        ("FDA-MDD-DEEP-H1", "K210201", "2021-08-17"),
        ("FDA-OCD-DEEP-H7", "K183303", "2019-03-08"),
        ("FDA-SMOKE-H4", "K200957", "2020-08-21"),
        ("FDA-MDD-ADOL", "K251125", "2025-08-11"),
        ("FDA-MDD-ADOL", "K243869", "2025-03-17"),
        ("FDA-MIGRAINE-STMS", "De Novo", "2013-12-13"),
    ],
)
def test_a_clearance_that_was_read_has_its_number_and_date(name, number, date):
    row = _clearances(name)[number]
    assert row.date == date
    assert "read" in row.basis
    assert "memory" not in row.basis


def test_the_first_neurostar_clearance_is_not_the_510k_before_it():
    assert not any("K061053" in number for number in _clearances("FDA-MDD-10HZ-L"))


def test_the_first_migraine_device_keeps_the_limits_of_its_label():
    device = _clearances("FDA-MIGRAINE-STMS")["De Novo"].device
    for words in ("acute only", "with aura", "from 18 years"):
        assert words in device


def test_the_guideline_gives_level_a_to_these_rows_alone():
    graded = {
        entry.id: entry.evidence for entry in library().values() if entry.evidence.level == "A"
    }
    assert set(graded) == {
        "FDA-MDD-10HZ-L", "FDA-MDD-DEEP-H1", "G-PAIN-M1", "G-STROKE-LF-CL",
    }  # fmt: skip
    assert "H1 coil" in graded["FDA-MDD-DEEP-H1"].note


def test_level_c_is_never_called_read():
    for entry in library().values():
        evidence = entry.evidence
        if evidence.level == "C":
            assert "memory" in evidence.note, entry.id
            assert evidence.confidence != "high", entry.id


@pytest.mark.parametrize(
    ("name", "study"),
    [
        ("G-PAIN-M1", "Japanese trial"),
        ("G-AD-NEUROAD", "Lee 2016"),
        ("G-STROKE-LF-CL", "E-FIT 2023"),
        ("G-STROKE-LF-CL", "NICHE"),
    ],
)
def test_trials_that_speak_against_a_protocol_are_told(name, study):
    told = library_entry(name).contrary
    assert any(study in row.study for row in told)
