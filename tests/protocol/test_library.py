import csv

import pytest

from cortistim.errors import BadInputError
from cortistim.protocol import library, library_entry, named_protocol
from cortistim.sources import describe


def _rows(path):
    with path.open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_every_stated_count_and_duration_is_reproduced_exactly():
    complete = [entry for entry in library().values() if not entry.missing]
    assert len(complete) == 40
    for entry in complete:
        protocol = named_protocol(entry.id)
        assert protocol.n_pulses == entry.content["stated"]["pulses"], entry.id
        assert protocol.length_s == entry.content["stated"]["duration_s"], entry.id


def test_the_library_holds_every_row_of_the_reference_table(shared_file):
    rows = _rows(shared_file("data/protocols.csv"))
    assert [row["id"] for row in rows] == list(library())
    for row in rows:
        entry = library()[row["id"]]
        stated = row["duration_s_calc"]
        if entry.missing:
            assert not stated or not row["iti_s"]
            continue
        protocol = named_protocol(row["id"])
        assert protocol.n_pulses == int(row["pulses_per_session"])
        assert protocol.length_s == float(stated)
        assert row["confidence"] == protocol.confidence


def test_an_incomplete_entry_names_what_is_missing():
    entry = library_entry("g-pd-m1")
    assert entry.missing == ("rest between trains",)
    with pytest.raises(BadInputError, match="do not state rest between trains"):
        named_protocol("G-PD-M1")


@pytest.mark.parametrize("entry", library().values(), ids=lambda entry: entry.id)
def test_every_entry_shows_evidence_sources_and_confidence(entry):
    content = entry.content
    assert content["use"]
    assert content["target"]
    assert content["coil"]
    assert content["confidence"] in ("high", "medium", "low")
    assert all(describe(source) for source in entry.sources)
    assert ("regulator" in content) == (content["status"] == "cleared")
    for outcome in (*content.get("outcomes", ()), *content.get("contrary", ())):
        assert describe(outcome["source"])
        assert outcome["sham"]
        assert outcome["basis"]
    graded = content["evidence"]["graded_by"]
    assert not graded or describe(graded)
