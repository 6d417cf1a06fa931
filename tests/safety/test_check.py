import csv
import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortistim.errors import BadInputError
from cortistim.protocol import Jitter, Recipe, Reference, library, named_protocol, named_recipe
from cortistim.protocol.blocks import Bursts, Pulses, Train
from cortistim.protocol.protocol import equal_pulses
from cortistim.records import plain
from cortistim.safety import (
    BEYOND,
    EXCEEDS,
    OUTSIDE,
    UNCHECKED,
    WITHIN,
    append_record,
    check_protocol,
    cumulative_dose,
    disagreement,
    labelled_uses,
    named_table,
    table_names,
)
from cortistim.safety.trains import trains_of
from cortistim.study.protocol.check import CheckRequest, run_check, train_alone

pytestmark = pytest.mark.oldest

# what two published tables say of the trains of each row of the library
ROWS = Path(__file__).parents[1] / "protocol" / "library_rows.csv"
WORDS = {"within": WITHIN, "exceeds": EXCEEDS, "beyond": BEYOND, "outside": OUTSIDE}


def _session(*blocks, percent=100, of="rMT", **reference):
    known = Reference(**{"muscle": "hand", "method": "EMG", **reference})
    return Recipe("x", blocks, percent / 100, of, reference=known).protocol()


def test_the_verdict_is_that_of_the_published_tables_for_every_row():
    with ROWS.open(encoding="utf-8") as stream:
        rows = {row["id"]: row for row in csv.DictReader(stream)}
    rated = 0
    for entry in library().values():
        for table in ("rossi2009", "chen1997"):
            expected = WORDS[rows[entry.id][table]]
            if entry.missing:
                if expected != OUTSIDE:
                    assert train_alone(entry, table).verdict == expected, entry.id
                continue
            assert check_protocol(named_protocol(entry.id), table).verdict == expected, entry.id
            rated += 1
    assert rated == 80


def test_our_rows_are_those_of_the_reference_table(shared_file):
    said = {"within": "within", "EXCEEDS": "exceeds", "EXCEEDS tested": "beyond"}
    with ROWS.open(encoding="utf-8") as stream:
        ours = {row["id"]: row for row in csv.DictReader(stream)}
    with shared_file("data/protocols.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            check = row["train_limit_check"]
            column = dict(re.findall(r"(W09|C97)\S* .*?s?: (\w+(?: tested)?)", check))
            for table, key in (("rossi2009", "W09"), ("chen1997", "C97")):
                expected = said[column[key]] if key in column else "outside"
                assert ours[row["id"]][table] == expected, row["id"]


@pytest.mark.parametrize(
    ("name", "rossi", "chen"),
    [
        ("FDA-MDD-10HZ-L", WITHIN, EXCEEDS),
        ("FDA-MDD-DEEP-H1", EXCEEDS, EXCEEDS),
        ("FDA-OCD-DEEP-H7", WITHIN, EXCEEDS),
        ("FDA-MDD-ITBS", OUTSIDE, OUTSIDE),
    ],
)
def test_cleared_protocols_fail_some_tables_and_their_label_is_said_beside(name, rossi, chen):
    protocol = named_protocol(name)
    assert check_protocol(protocol, "rossi2009").verdict == rossi
    assert check_protocol(protocol, "chen1997").verdict == chen
    assert name in [use.library_id for use in labelled_uses(protocol)]


@pytest.mark.parametrize("table", ["rossi2009", "wassermann1998", "rossi2021"])
def test_tables_that_disagree_on_a_cell_are_quoted_with_both_entries(table):
    verdict = check_protocol(_session(Train(1, 300), percent=120), table)
    (said,) = [caution for caution in verdict.cautions if "disagree" in caution]
    both = ("360 s as the longest tested", "360 s as a limit found")
    for words in (table, "wassermann1998", "1 Hz and 120 %", *both):
        assert words in said


def test_other_cells_and_repeated_trains_are_held_against_nothing():
    told = {name: [] for name in table_names()}
    for name in told:
        table = named_table(name)
        told[name] = [key for key, cell in table.cells.items() if disagreement(table, cell)]
    one = [(1.0, 120.0)]
    assert told == {"rossi2009": one, "wassermann1998": one, "rossi2021": one, "chen1997": []}


def test_a_table_says_which_of_its_numbers_to_check_first():
    assert "25 Hz and 110 %" in named_table("chen1997").basis
    assert named_table("rossi2021").basis.startswith("memory, also that the limits were kept")


def test_between_rows_and_columns_the_next_higher_count():
    cell = named_table("rossi2009").cell(10.1, 100.1)
    assert (cell.rate_hz, cell.percent, cell.limit_s) == (20, 110, 1.6)
    assert named_table("rossi2009").cell(25.1, 100) is None
    assert named_table("rossi2009").cell(10, 130.1) is None


@given(st.floats(0.1, 25), st.floats(20, 130))
def test_the_cell_is_never_milder_than_what_was_asked(rate_hz, percent):
    for name in table_names():
        cell = named_table(name).cell(rate_hz, percent)
        assert cell.rate_hz >= rate_hz * 0.999
        assert cell.percent >= percent - 1e-6


@pytest.mark.parametrize(
    ("protocol", "verdict"),
    [
        (_session(Train(10, 50)), WITHIN),
        (_session(Train(10, 51)), BEYOND),
        (_session(Train(20, 41)), WITHIN),
        (_session(Train(20, 42)), EXCEEDS),
        (_session(Train(30, 10)), OUTSIDE),
        (_session(Train(10, 10), percent=140), OUTSIDE),
        (_session(Train(10, 10), percent=40, of="MSO"), OUTSIDE),
        (_session(Train(10, 10), corrected="depth"), OUTSIDE),
        (_session(Train(20, 41), percent=95, of="aMT"), WITHIN),
        (_session(Train(20, 30, 10, 5.0), percent=100), WITHIN),
        (_session(Train(20, 30, 10, 1.0), percent=100), EXCEEDS),
        (_session(Train(10, 40, 5, 10.0), percent=120, method="twitch"), OUTSIDE),
        (_session(Train(10, 40, 5, 10.0), percent=100, method="twitch"), WITHIN),
        (_session(Train(6, 30), Train(1, 30)), OUTSIDE),
        (_session(Bursts(3, 50, 5, 10)), OUTSIDE),
        (_session(Train(1, 1)), WITHIN),
    ],
)
def test_verdicts_of_made_up_sessions(protocol, verdict):
    found = check_protocol(protocol)
    assert found.verdict == verdict
    assert found.reasons


def test_a_short_pause_does_not_make_two_trains_of_one():
    trains = trains_of(_session(Train(20, 20, 4, 1.0)))
    assert trains.pulses.tolist() == [80]
    assert trains.rate_hz[0] == pytest.approx(20)
    assert trains.length_s[0] == pytest.approx(4 * 1.0 + 3 * 1.0)


def test_splitting_a_train_by_hand_does_not_soften_the_verdict():
    long = np.arange(200) / 10.0
    split = np.sort(np.concatenate([long, [25.0, 60.0]]))
    for times in (long, split):
        protocol = equal_pulses("x", times, intensity_fraction=1.2)
        assert check_protocol(protocol).verdict == EXCEEDS


def test_a_ramp_counts_with_its_strongest_pulse():
    ramp = _session(Train(10, 42, ramp_from=0.5), percent=120)
    assert check_protocol(ramp).limits.percent_of_hand_rmt == 120


def test_jitter_does_not_change_the_verdict():
    recipe = Recipe("x", (Train(1, 900),), 0.9, "rMT")
    shaken = replace(recipe, jitter=Jitter(0.1, 1)).protocol()
    assert check_protocol(shaken).verdict == check_protocol(recipe.protocol()).verdict == WITHIN


def test_an_output_is_converted_by_the_measured_threshold():
    session = _session(Train(10, 40), percent=60, of="MSO")
    verdict = check_protocol(session, rmt_percent=50)
    assert verdict.verdict == WITHIN
    assert verdict.limits.percent_of_hand_rmt == pytest.approx(120)
    assert "State the measured resting motor threshold" in check_protocol(session).reasons[0]


def test_published_bursts_are_named_and_stronger_ones_are_not():
    assert check_protocol(named_protocol("iTBS600")).listed.name == "iTBS600"
    strong = replace(named_recipe("iTBS600"), intensity_fraction=1.5).protocol()
    assert check_protocol(strong).listed is None


def test_doubt_is_said_with_every_number_from_memory():
    verdict = check_protocol(named_protocol("FDA-OCD-DEEP-H7"))
    said = " ".join(verdict.cautions)
    for words in ("quoted from memory", "leg's threshold", "twitch"):
        assert words in said
    low = check_protocol(_session(Train(5, 5), percent=150), "wassermann1998")
    assert low.verdict == WITHIN
    assert "low confidence" in " ".join(low.cautions)


def test_an_unknown_table_is_refused_with_those_known():
    with pytest.raises(BadInputError, match="Did you mean rossi2009"):
        check_protocol(named_protocol("iTBS600"), "rosi2009")


def test_a_check_leaves_an_audit_line_that_says_what_was_asked(tmp_path):
    audit = tmp_path / "audit.jsonl"
    record = run_check(CheckRequest(protocol="FDA-MDD-10HZ-L", table="chen1997", audit=audit))
    run_check(CheckRequest(protocol="G-PD-M1", audit=audit))
    first, second = map(json.loads, audit.read_text(encoding="utf-8").splitlines())
    assert first["inputs"]["table"] == "chen1997"
    assert first["verdict"] == record.verdict == EXCEEDS
    assert first["cell"] == plain(record.cell)
    assert {"time", "version", "limits"} <= set(first)
    assert second["verdict"] == UNCHECKED
    assert second["missing"] == ["rest between trains"]


def test_audit_lines_of_many_threads_do_not_mix(tmp_path):
    path = tmp_path / "audit.jsonl"

    def write(index):
        append_record({"index": index, "text": "x" * 5000}, version="1", path=path)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert sorted(line["index"] for line in lines) == list(range(40))


def test_the_dose_of_a_course_is_compared_with_published_ones():
    from cortistim.protocol import Course, find_protocol, weekly_starts_s

    published = cumulative_dose(find_protocol("FDA-MDD-SAINT").course())
    assert published.most_pulses_per_day == 18_000
    assert published.verdict == "within published"
    protocol = named_protocol("FDA-MDD-SAINT")
    more = Course("x", protocol, weekly_starts_s(30, per_day=12, gap_s=3000,
                                                 session_length_s=592))  # fmt: skip
    assert cumulative_dose(more).verdict == "beyond published"


def test_an_active_threshold_is_converted_where_both_were_measured():
    session = _session(Train(10, 40), percent=90, of="aMT")
    alone = check_protocol(session, amt_percent=40)
    assert alone.limits.percent_of_hand_rmt == pytest.approx(90)  # an upper bound
    both = check_protocol(session, rmt_percent=50, amt_percent=40)
    assert both.limits.percent_of_hand_rmt == pytest.approx(72)


def test_a_device_says_what_it_cannot_deliver(tmp_path):
    audit = tmp_path / "audit.jsonl"
    request = CheckRequest(
        protocol="FDA-MDD-10HZ-L", stimulator="magstim_200", rmt_percent=50, audit=audit
    )
    assert run_check(request).stimulator.verdict == "not deliverable"
    unknown = run_check(replace(request, stimulator="magstim_rapid2", rmt_percent=None))
    assert unknown.stimulator.verdict == "not known"
    assert unknown.stimulator.missing == "rmt_percent"
    assert "no resting motor threshold was stated" in unknown.stimulator.reason


def test_times_given_one_by_one_are_rated_like_the_pattern():
    pattern = named_protocol("FDA-MDD-10HZ-L")
    block = Pulses(tuple(pattern.pulse_times_s.tolist()))
    stated = Recipe("x", (block,), 1.2, "rMT").protocol()
    assert check_protocol(stated).limits == check_protocol(pattern).limits
    assert labelled_uses(stated)
