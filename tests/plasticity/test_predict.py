"""Predictions: signs, controls, verdicts by their exact rule, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest

from cortistim.errors import BadInputError
from cortistim.plasticity import Conditions, predict
from cortistim.plasticity.ensemble import ensemble, with_genotype
from cortistim.plasticity.predict import judge
from cortistim.protocol import Course, named_protocol

SIGNS = {
    "1Hz_900": "down", "5Hz_1800": "up", "10Hz_1000": "not determined", "20Hz_1000": "up",
    "cTBS300": "down", "cTBS600": "down", "iTBS600": "up", "imTBS600": "none",
    "PAS25": "up", "PAS10": "down",
}  # fmt: skip


def rows(name, minutes=(5, 15), **more):
    return predict(named_protocol(name), minutes, models=False, **more).summary()


def rows_of(given, under):
    return predict(given, (5.0,), models=False, under=under).summary()


@pytest.mark.parametrize(("name", "verdict"), SIGNS.items())
def test_a_calibrated_protocol_has_its_published_direction(name, verdict):
    assert rows(name)[0].verdict == verdict


@pytest.mark.parametrize("name", ["0.1Hz", "5Hz_150"])
def test_a_negative_control_stays_within_ten_percent(name):
    found = rows(name, (1, 5, 15, 30, 60))
    assert max(abs(row.mean_percent) for row in found) < 10
    assert {row.verdict for row in found} == {"none"}


def test_no_drive_is_none_with_neither_sign():
    given = named_protocol("iTBS600")
    sham = replace(given, relative_intensity=np.zeros(given.n_pulses))
    for row in predict(sham, models=False).summary():
        assert (row.mean_percent, row.p_up, row.p_down) == (0, 0, 0)
        assert row.verdict == "none"


@pytest.mark.parametrize(
    ("values", "outside", "verdict"),
    [
        (np.full(100, 20.0), (), "up"),
        (np.full(100, -20.0), (), "down"),
        (np.full(100, 5.0), (), "none"),
        (np.r_[np.full(60, 30.0), np.full(40, -30.0)], (), "not determined"),
        (np.r_[np.full(65, 30.0), np.full(35, -30.0)], (), "up"),
        (np.r_[np.full(49, 30.0), np.full(51, 1.0)], (), "none"),
        (np.full(100, 20.0), ("outside the data: x",), "not determined"),
        (np.full(100, 0.0), ("outside the data: x",), "not determined"),
    ],
)
def test_the_verdict_follows_its_rule(values, outside, verdict):
    found, reasons = judge(values, outside)
    assert found == verdict
    assert reasons


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("QPS1", "ms apart"),
        ("iTBS3000", "theta burst"),
        ("iTBS600x4_15min", "blocks"),
        ("iTBS600x2_90min", "pause"),
        ("10Hz_5s_trains", "studies disagree"),
        ("single_pulse", "pulses in a session"),
    ],
)
def test_outside_the_data_nothing_is_determined(name, word):
    row = rows(name)[0]
    assert row.verdict == "not determined"
    assert any(word in reason for reason in row.reasons)


@pytest.mark.parametrize("intensity", ["40%rMT", "200%rMT"])
def test_an_intensity_outside_the_data_is_not_determined(intensity):
    row = rows("iTBS600", under=Conditions(intensity=intensity))[0]
    assert row.verdict == "not determined"
    assert any("intensity" in reason for reason in row.reasons)


def test_priming_by_fast_trains_deepens_what_slow_ones_do():
    assert rows("6Hz_prime_then_1Hz")[0].verdict == "down"
    assert rows("6Hz_prime_then_1Hz")[0].mean_percent < rows("1Hz_600", (5,))[0].mean_percent


def test_a_step_of_intensity_within_a_session_is_outside_the_data():
    given = named_protocol("1Hz_900")
    level = np.r_[np.full(450, 0.5), np.ones(450)]
    stepped = replace(given, relative_intensity=level)
    row = predict(stepped, [5.0], models=False).summary()[0]
    assert row.verdict == "not determined"


def test_theta_burst_of_double_length_turns_round_and_after_a_pause_it_does_not():
    once, twice, spaced = (
        rows(name)[0].mean_percent for name in ("iTBS600", "iTBS1800", "iTBS600x2_30min")
    )
    assert once > 15
    assert twice < 0 < spaced


def test_a_contraction_afterwards_leaves_the_rise_alone():
    assert rows("cTBS300_contraction_after")[0].verdict == "up"
    assert rows("cTBS300")[0].verdict == "down"


def test_a_muscle_that_never_contracted_takes_theta_burst_less_as_a_fall():
    naive = rows("cTBS300_no_contraction")[0].mean_percent
    assert naive > rows("cTBS300")[0].mean_percent + 10


def test_a_published_model_without_contraction_keeps_silent_about_it():
    found = predict(named_protocol("cTBS300_contraction_after"), [5.0])
    answers = {opinion.model: opinion.answers for opinion in found.opinions}
    assert answers == {
        "huang2011": True, "ma2024": False, "graupner2012": False, "fung2014": False
    }  # fmt: skip
    assert found.opinions[0].percent[0] > 0


def test_short_intervals_of_quadripulses_raise_and_long_ones_lower():
    short, long = rows("QPS5")[0], rows("QPS50")[0]
    assert short.p_up > 0.65
    assert long.p_down > 0.65


def test_breaks_turn_five_hertz_from_falling_to_rising():
    assert rows("5Hz_continuous_1200")[0].mean_percent < 0
    assert rows("5Hz_with_breaks_1200")[0].mean_percent > 5


def test_nmda_blockade_abolishes_both_theta_bursts():
    for name in ("iTBS600", "cTBS600"):
        assert rows(name, under=Conditions(block="NMDA"))[0].verdict == "none"


@pytest.mark.parametrize("name", ["cTBS300", "cTBS600", "iTBS600", "1Hz_900"])
def test_what_a_block_of_l_type_channels_does_to_pulses_alone_is_not_determined(name):
    row = rows(name, under=Conditions(block="L_type"))[0]
    assert row.verdict == "not determined"
    assert any("nimodipine" in reason and "Wankerl" in reason for reason in row.reasons)


@pytest.mark.parametrize("name", ["PAS25", "PAS10"])
@pytest.mark.parametrize("block", ["nmda", "l-type"])
def test_both_pairings_are_abolished_without_nmda_receptors_or_l_type_channels(name, block):
    """Wolters 2003 saw it after the later, Weise 2017 after the earlier nerve stimulus."""
    assert rows(name)[0].verdict in ("up", "down")
    assert rows(name, under=Conditions(block=block))[0].verdict == "none"


def test_sham_under_a_block_is_still_none():
    given = named_protocol("cTBS600")
    sham = replace(given, relative_intensity=np.zeros(given.n_pulses))
    assert rows_of(sham, Conditions(block="l-type"))[0].verdict == "none"


def test_a_prediction_cites_what_its_block_rests_on():
    asked = named_protocol("PAS10")
    found = predict(asked, under=Conditions(block="l-type"), models=False).sources
    assert {"wolters2003", "weise2017", "wankerl2010"} <= set(found)
    assert "wankerl2010" not in predict(asked, models=False).sources


def test_published_models_know_no_block_and_say_so():
    found = predict(named_protocol("cTBS600"), [5.0], under=Conditions(block="nmda"))
    assert found.opinions
    assert not any(opinion.answers for opinion in found.opinions)
    assert all("block" in opinion.reason for opinion in found.opinions)


def test_the_gain_of_a_genotype_may_have_either_sign():
    group = ensemble(400)
    ratio = with_genotype(group, "met").theta / group.theta
    assert (ratio.min(axis=1) < 1).any()
    assert (ratio.max(axis=1) > 1).any()


def test_a_seed_gives_the_same_prediction_and_another_one_a_similar():
    one, same, other = (
        predict(named_protocol("iTBS600"), models=False, seed=seed) for seed in (1, 1, 2)
    )
    assert np.array_equal(one.percent, same.percent)
    assert one.percent.mean() == pytest.approx(other.percent.mean(), abs=10)


def test_people_spread_as_published():
    logs = np.log1p(predict(named_protocol("iTBS600"), [5.0], models=False).percent / 100)
    assert 0.3 < logs.std() < 0.5


def test_a_course_of_weeks_is_predicted_and_not_determined():
    course = Course("weeks", named_protocol("iTBS600"), 86_400.0 * np.arange(30))
    row = predict(course, [15.0], models=False).summary()[0]
    assert np.isfinite(row.mean_percent)
    assert row.verdict == "not determined"


@pytest.mark.parametrize(
    ("minutes", "under", "word"),
    [
        ([-1.0], {}, "minutes"),
        ([], {}, "minutes"),
        ([float("nan")], {}, "minutes"),
        ([5.0], {"intensity": "fast"}, "percentage"),
        ([5.0], {"intensity": "60%MSO"}, "threshold"),
        ([5.0], {"block": "caffeine"}, "blocked"),
        ([5.0], {"genotype": "unknown"}, "genotype"),
    ],
)
def test_what_cannot_be_used_is_refused(minutes, under, word):
    with pytest.raises(BadInputError, match=word):
        predict(named_protocol("iTBS600"), minutes, under=Conditions(**under), models=False)


def test_an_intensity_in_percent_of_output_is_refused():
    given = replace(named_protocol("iTBS600"), intensity_fraction=0.5, threshold="MSO")
    with pytest.raises(BadInputError, match="motor threshold"):
        predict(given)
