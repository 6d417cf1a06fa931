"""Virtual lesions: schedules, nominal tests, confounds, site rates, and the commands."""

import json
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import binomtest

from cortistim.cli import run
from cortistim.errors import BadInputError
from cortistim.mapping.lesion import (
    Site,
    Study,
    crossed_test,
    matched_control,
    overlap_weights,
    schedule,
    site_rates,
    study_power,
)
from cortistim.mapping.lesion.power import simulated_errors
from cortistim.mapping.lesion.schedule import balanced_orders

SITES, ITEMS = ("A", "B", "vertex"), tuple(f"i{k}" for k in range(12))


def test_every_item_meets_every_site_and_every_person_once():
    trials = schedule(SITES, ITEMS, 6, interval_s=4)
    assert set(Counter((t.person, t.item) for t in trials).values()) == {1}
    assert set(Counter((t.site, t.item) for t in trials).values()) == {2}
    assert set(Counter((t.person, t.site) for t in trials).values()) == {4}
    first = [t for t in trials if t.person == 1]
    gaps = np.diff([t.start_s for t in first])
    assert ((gaps >= 3.5) & (gaps <= 4.5)).all()
    assert len({t.site for t in first[:6]}) > 1
    assert schedule(SITES, ITEMS, 6, interval_s=4) == trials


def test_off_line_sites_come_in_blocks_whose_order_is_balanced():
    trials = schedule(SITES, ITEMS, 6, interval_s=4, off_line=True)
    orders = []
    for person in range(1, 7):
        own = [t for t in trials if t.person == person]
        blocks = list(dict.fromkeys((t.block, t.site) for t in own))
        assert len(blocks) == 3
        assert next(t.start_s for t in own if t.block == 2) == 0
        orders.append([site for _, site in blocks])
    pairs = Counter(pair for order in orders for pair in pairwise(order))
    assert len(set(pairs.values())) == 1


@pytest.mark.parametrize("count", [2, 3, 4, 5, 6])
def test_each_condition_follows_each_other_one_equally_often(count):
    orders = balanced_orders(count)
    pairs = Counter(pair for order in orders for pair in pairwise(order))
    assert len(pairs) == count * (count - 1)
    assert len(set(pairs.values())) == 1


def test_a_control_feels_like_the_target_and_lies_elsewhere():
    target = Site("frontal", (0, 0, 0), 0.7, 0.5)
    near = Site("beside", (0.01, 0, 0), 0.7, 0.5)
    vertex = Site("vertex", (0.09, 0, 0), 0.1, 0.3)
    other = Site("temporal", (0.08, 0, 0), 0.6, 0.5)
    assert matched_control(target, [target, near, vertex, other]) is other
    with pytest.raises(BadInputError, match="30 mm away"):
        matched_control(target, [target, near])


def test_false_positives_are_nominal_and_power_grows_with_the_effect():
    none = study_power(Study(people=16, items=40, effect=0.0), runs=400)
    assert binomtest(round(none.share * 400), 400, 0.05).pvalue > 0.01
    assert none.low < 0.05 < none.high
    little, much = (study_power(Study(people=16, items=40, effect=e), runs=60).share
                    for e in (0.06, 0.2))  # fmt: skip
    assert none.share < little < much
    assert much > 0.8


def test_discomfort_passes_for_a_lesion_unless_the_control_has_it_too():
    study = Study(people=16, items=60, effect=0.0, discomfort=0.12)
    fooled = study_power(Study(people=16, items=60, effect=0.0, discomfort=0.12, matched=0.0),
                         runs=100)  # fmt: skip
    matched = study_power(study, runs=300)
    assert fooled.low > 0.5
    assert matched.low < 0.05 < matched.high + 0.02


def test_the_simulated_share_of_errors_is_what_was_asked_for():
    study = Study(people=300, items=200, baseline=0.1, effect=0.15, effect_sd=0.0)
    errors, target = simulated_errors(study, np.random.default_rng(1))
    assert errors[target == 0].mean() == pytest.approx(0.1, abs=0.015)
    assert errors[target == 1].mean() == pytest.approx(0.25, abs=0.02)


def test_a_difference_is_that_of_means_in_a_balanced_study():
    errors = np.array([[1.0, 0, 1, 0], [0, 0, 1, 1]])
    target = np.array([[1.0, 0, 1, 0], [0, 1, 0, 1]])
    assert crossed_test(errors, target)[0] == pytest.approx(0.5)
    assert crossed_test(errors, np.ones((2, 4))) == (0.0, 1.0)


def test_sites_are_called_against_the_baseline_negative_ones_first():
    rows = site_rates(["bad", "good", "few"], np.array([20.0, 1, 1]), np.array([40.0, 60, 3]),
                      (4, 80))  # fmt: skip
    assert [(row.name, row.call) for row in rows] == [
        ("good", "negative"), ("few", "undecided"), ("bad", "positive"),
    ]  # fmt: skip
    assert rows[0].low < rows[0].rate < rows[0].high
    with pytest.raises(BadInputError, match="must have trials"):
        site_rates(["a"], np.ones(1), np.ones(1), (0, 0))


def test_sites_lend_trials_as_far_as_their_fields_overlap():
    field = np.array([[1.0, 0.9, 0], [1.0, 1.0, 0], [0, 0, 1.0]])
    weights = overlap_weights(field)
    assert np.diag(weights) == pytest.approx([1, 1, 1])
    assert weights[0, 1] > 0.9
    assert weights[0, 2] == 0
    rows = site_rates(["a", "b", "c"], np.array([1.0, 9, 0]), np.array([10.0, 20, 20]), (1, 40),
                      weights=weights)  # fmt: skip
    found = {row.name: row for row in rows}
    assert found["a"].weight == pytest.approx(10 + 20 * weights[0, 1])
    assert found["a"].rate > 0.2 > found["c"].rate


@pytest.mark.parametrize(
    ("study", "words"),
    [
        (Study(people=2), "`people` must lie between 3 and 500"),
        (Study(baseline=0), "`baseline` must lie between 0.001"),
        (Study(baseline=0.6, effect=0.5), "below 98 % of errors; got 110 %"),
        (Study(matched=2), "`matched` must lie between 0 and 1"),
    ],
)
def test_what_is_no_study_is_refused(study, words):
    with pytest.raises(BadInputError, match=words):
        study_power(study, runs=1)


def test_schedules_take_two_sites_and_enough_items():
    for sites, items, words in (
        (("A",), ITEMS, "two sites or more"),
        (SITES, ITEMS[:2], "as many as there are sites"),
        (SITES, tuple(str(k) for k in range(9000)), "at most 20000 trials"),
    ):
        with pytest.raises(BadInputError, match=words):
            schedule(sites, items, 3, interval_s=4)


@pytest.fixture
def sites_file(tmp_path):
    path = tmp_path / "sites.csv"
    path.write_text(
        "site,x_mm,y_mm,z_mm,discomfort,click\n"
        "frontal,-40,30,40,0.7,0.5\nvertex,0,-20,100,0.1,0.4\ntemporal,60,-20,0,0.6,0.6\n"
    )
    return path


def design(sites, out, *more):
    asked = ["lesion", "design", str(sites), "--target", "frontal", "--out", str(out)]
    return run([*asked, *more])


def test_a_design_is_written_with_control_trials_and_safety(sites_file, tmp_path, capsys):
    out = tmp_path / "d.json"
    assert design(sites_file, out, "--count", "30", "--people", "3", "--rmt", "50") == 0
    told = capsys.readouterr().out
    record = json.loads(out.read_text())
    assert (record["control"], len(record["trials"])) == ("temporal", 90)
    assert "safety     " + record["verdict"] in told
    assert "5 pulses at 5 Hz" in record["protocol"]
    strong = ("--rate", "25", "--pulses", "50", "--percent-rmt", "130", "--count", "30")
    assert design(sites_file, out, *strong, "--interval", "5", "--rmt", "50") == 0
    beyond = json.loads(out.read_text())
    assert beyond["verdict"] in ("exceeds", "outside the tables", "beyond longest tested")
    items = tmp_path / "items.csv"
    items.write_text("item\n" + "\n".join(f"picture {k}" for k in range(9)) + "\n")
    assert design(sites_file, out, "--items", str(items), "--protocol", "cTBS600") == 0
    off = json.loads(out.read_text())
    assert off["protocol"].startswith("off-line")
    assert {trial["block"] for trial in off["trials"]} == {1, 2, 3}
    assert "3 trials a site are few" in " ".join(off["notes"])


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ((), "either --items or --count"),
        (("--count", "30", "--interval", "2"), "--interval must be 3 or more"),
        (("--count", "30", "--pulses", "50", "--rate", "10"), "must end before the next trial"),
        (("--count", "2"), "--items must be as many"),
        (("--count", "30", "--protocol", "nothing"), "nothing"),
    ],
)
def test_a_design_that_cannot_be_is_refused(sites_file, tmp_path, capsys, more, words):
    assert design(sites_file, tmp_path / "d.json", *more) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "d.json").exists()


def test_a_list_of_one_site_and_an_unknown_target_are_refused(tmp_path, capsys):
    path = tmp_path / "one.csv"
    path.write_text("site,discomfort\nfrontal,0.5\n")
    assert design(path, tmp_path / "d.json", "--count", "30") == 2
    assert "two sites or more, one of them a control" in capsys.readouterr().err
    path.write_text("site\nparietal\nvertex\n")
    assert design(path, tmp_path / "d.json", "--count", "30") == 2
    assert "--target must be one of the sites" in capsys.readouterr().err


def test_the_simulation_shows_what_discomfort_does_to_both_controls(tmp_path, capsys):
    out = tmp_path / "p.json"
    asked = ["--people", "12", "--count", "60", "--discomfort", "0.15", "--runs", "60"]
    assert run(["lesion", "simulate", *asked, "--out", str(out)]) == 0
    assert "discomfort alone passes for a lesion" in capsys.readouterr().out
    rows = json.loads(out.read_text())["rows"]
    assert [row["control"] for row in rows] == ["matched"] * 2 + ["no stimulation"] * 2
    assert rows[1]["share"] < 0.2
    assert rows[3]["share"] > 0.5
    assert run(["lesion", "simulate", "--people", "2"]) == 2
    assert "--people must lie between 3 and 500" in capsys.readouterr().err


def test_a_map_is_read_from_trials_and_one_site_is_no_map(tmp_path, capsys):
    rng = np.random.default_rng(1)
    rates = {"none": 0.05, "frontal": 0.6, "parietal": 0.04}
    lines = [f"{site},{int(rng.random() < rate)}" for site, rate in rates.items()
             for _ in range(60)]  # fmt: skip
    table, out = tmp_path / "t.csv", tmp_path / "m.json"
    table.write_text("\n".join(["where,failed", *lines]) + "\n")
    asked = ["lesion", "analyse", str(table), "--site", "where", "--error", "failed"]
    assert run([*asked, "--baseline", "none", "--out", str(out)]) == 0
    record = json.loads(out.read_text())
    assert [(row["site"], row["call"]) for row in record["sites"]] == [
        ("parietal", "negative"), ("frontal", "positive"),
    ]  # fmt: skip
    assert "negative sites come first" in capsys.readouterr().out
    assert run([*asked, "--baseline", "sham", "--out", str(out)]) == 2
    assert "compared with the baseline 'sham'" in capsys.readouterr().err
    table.write_text("where,failed\nnone,0\nfrontal,1\n")
    assert run([*asked, "--baseline", "none", "--out", str(out)]) == 0
    assert "one site is no map" in json.loads(out.read_text())["notes"][-1]
