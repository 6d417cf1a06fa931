"""Methods of finding a threshold: rules by hand, figures by simulation, alarms."""

import numpy as np
import pytest

from cortistim.errors import BadInputError
from cortistim.mapping.muscle import goetz2019, threshold_percent
from cortistim.mapping.threshold import (
    METHODS,
    HuntSettings,
    Limits,
    Simulation,
    ThresholdHunt,
    simulate,
)
from cortistim.mapping.threshold.counting import MillsNithi
from cortistim.mapping.threshold.method import Trial
from cortistim.mapping.threshold.methods import make_method


def drive(method, answers, percent=None):
    """Give answers, and return what was proposed before each."""
    told = []
    for hit in answers:
        told.append(method.propose()[0] if percent is None else percent)
        size = np.array([0.5 if hit else -0.5])
        method.take(Trial(np.array([told[-1]]), np.array([bool(hit)]), size))
    return told


def test_samt_steps_shrink_with_changes_only():
    told = drive(make_method("samt", [60.0], Limits(step=0)), [1, 1, 0, 0, 1, 0])
    assert told == pytest.approx([60, 55.8, 51.6, 53.7, 55.8, 55.8 - 4.2 / 3])


def test_a_harmonic_step_shrinks_with_every_pulse():
    told = drive(make_method("dcs-h", [60.0], Limits(step=0)), [1, 1, 1, 1])
    assert told == pytest.approx([60, 53.3, 53.3 - 3.35, 53.3 - 3.35 - 6.7 / 3])


def test_an_analog_step_follows_the_log_of_the_size():
    told = drive(make_method("acs-ha", [60.0], Limits(step=0)), [1, 1])
    assert told == pytest.approx([60, 60 - 6.7 * 0.5])


def test_steps_are_not_lost_where_a_device_rounds():
    """Steps of 0.4 % from 60 %, rounded one by one, would never leave it."""
    method = make_method("samt", [60.0], Limits())
    method.changes += 10
    for _ in range(5):
        percent = Limits().deliverable(method.propose())
        method.take(Trial(percent, np.array([True]), np.array([np.nan])))
    assert method.propose()[0] == pytest.approx(60 - 5 * 4.2 / 11)


def test_five_of_ten_stops_at_the_sixth_failure_and_takes_the_level_above():
    told = drive(make_method("ifcn-5of10", [50.0], Limits()), [1] * 5 + [1, 0] * 5 + [0])
    assert told == [50] * 5 + [49] * 9 + [48] * 2
    method = make_method("ifcn-5of10", [50.0], Limits())
    drive(method, [1] * 5 + [0] * 6)
    assert method.finished()[0]
    assert method.estimate()[0] == 50


def test_five_of_ten_goes_up_from_a_start_that_fails():
    method = make_method("ifcn-5of10", [40.0], Limits())
    assert drive(method, [0] * 6 + [0] * 6 + [1] * 5)[-1] == 42
    assert method.finished()[0]
    assert method.estimate()[0] == 42


def test_mills_and_nithi_take_the_mean_of_never_and_always():
    method, level = MillsNithi(np.array([20.0])), []
    while not method.finished()[0]:
        level.append(method.propose()[0])
        hit = level[-1] > 45 or (level[-1] == 45 and len(level) % 2 == 0)
        method.take(Trial(method.propose(), np.array([hit]), np.array([np.nan])))
    assert level[:4] == [20, 30, 40, 50]
    assert (method.lower[0], method.upper[0]) == (44, 50)
    assert method.estimate()[0] == 47


def test_the_likelihood_with_one_width_is_that_of_the_definition():
    """Φ((60 - t) / s) Φ((t - 50) / s) Φ((56 - t) / s) with s = 0.07 t, by brute force."""
    from scipy.stats import norm

    method = make_method("ml-pest", [60.0], Limits())
    for percent, hit in ((60.0, True), (50.0, False), (56.0, True)):
        method.take(Trial(np.array([percent]), np.array([hit]), np.array([np.nan])))
    t = np.arange(30, 80, 0.05)
    s = 0.07 * t
    p = norm.cdf((60 - t) / s) * norm.sf((50 - t) / s) * norm.cdf((56 - t) / s)
    assert method.estimate()[0] == pytest.approx(t[p.argmax()], abs=0.2)


def test_two_widths_tables_agree_with_the_normal_distribution():
    from scipy.stats import norm

    from cortistim.mapping.threshold.likelihood import (
        GRID_PERCENT,
        WIDTHS_PERCENT,
        Likelihood,
    )

    method = Likelihood(np.array([60.0]), widths=True)
    before = method.log.copy()
    method.take(Trial(np.array([60.0]), np.array([True]), np.array([np.nan])))
    z = (60 - GRID_PERCENT[:, None]) / WIDTHS_PERCENT
    expected = norm.logcdf(np.clip(z, -6, 6))
    assert (method.log - before)[0] == pytest.approx(expected, abs=2e-5)


def test_the_interval_of_the_posterior_is_that_of_brute_force():
    from scipy.stats import norm

    method = make_method("posterior", [60.0], Limits())
    pulses = [(60, 1), (55, 0), (57, 1), (56, 0), (57, 0), (58, 1)]
    for percent, hit in pulses:
        trial = Trial(np.array([float(percent)]), np.array([bool(hit)]), np.array([np.nan]))
        method.take(trial)
    t, r = np.arange(2, 130, 0.1)[:, None], 0.07 * 10 ** np.linspace(-0.6, 0.6, 121)
    p = norm.pdf(t, 60, 20) * norm.pdf(np.log10(r / 0.07), 0, 0.15)
    for percent, hit in pulses:
        chance = 0.005 + 0.99 * norm.cdf((percent / t - 1) / r)
        p = p * (chance if hit else 1 - chance)
    below = np.cumsum(p.sum(axis=1)) / p.sum()
    ends = np.interp([0.025, 0.975], below, t[:, 0] + 0.05)
    assert method.interval()[0] == pytest.approx(ends, abs=0.25)
    assert method.estimate()[0] == pytest.approx((p.sum(axis=1) @ t[:, 0]) / p.sum(), abs=0.1)


@pytest.mark.parametrize(
    ("method", "median", "p90"),
    [("samt", 1.3, 3.9), ("ml-pest", 1.6, 4.3), ("map-2", 1.3, 3.8), ("posterior", 1.3, 3.9)],
)
def test_errors_at_25_pulses_are_the_published_ones(method, median, p90):
    error = np.abs(simulate(Simulation(method, pulses=25)).error_percent()[:, -1])
    assert np.median(error) == pytest.approx(median, abs=0.3)
    assert np.percentile(error, 90) == pytest.approx(p90, abs=0.8)


@pytest.mark.parametrize("generator", ["goetz2019", "gamma"])
def test_intervals_hold_the_truth_as_often_as_they_say(generator):
    found = simulate(Simulation("posterior", generator, pulses=25))
    truth = found.true_percent[:, -1]
    inside = (found.low_percent[:, -1] <= truth) & (truth <= found.high_percent[:, -1])
    assert inside.mean() > 0.916  # 300 people, binomial test at 1 %


def test_everybody_gets_the_same_people_and_numbers_by_seed():
    one, two = (simulate(Simulation("samt", subjects=5, pulses=4)) for _ in range(2))
    assert (one.percent == two.percent).all()
    assert (one.estimate_percent == two.estimate_percent).all()


def hunted(answers, **settings):
    hunt = ThresholdHunt(HuntSettings(**settings))
    for hit in answers:
        hunt.respond(hit=bool(hit), percent=hunt.propose())
    return hunt


@pytest.mark.parametrize("method", METHODS)
def test_every_method_finds_one_persons_threshold(method):
    rng = np.random.default_rng(8)
    person = goetz2019(1, rng)
    truth = float(threshold_percent(person)[0])
    start = float(np.round(1.12 * truth))
    hunt = ThresholdHunt(HuntSettings(method=method, start_percent=start))
    while (percent := hunt.propose()) is not None:
        assert percent == round(percent)
        hunt.respond(mep_v=float(person.respond_v(np.array([[percent]]), rng)[0, 0]))
        assert len(hunt.pulses) < 400
    found = hunt.result()
    assert found.estimate_percent == pytest.approx(truth, rel=0.12)
    assert found.low_percent < found.high_percent


def test_a_pulse_that_is_taken_back_leaves_no_trace():
    hunt = hunted([1, 0, 1, 0, 0], start_percent=60)
    before, result = hunt.propose(), hunt.result()
    hunt.respond(mep_v=1e-3)
    hunt.undo()
    assert hunt.propose() == before
    assert hunt.result() == result
    with pytest.raises(BadInputError, match="no pulse to take back"):
        ThresholdHunt().undo()


def test_it_stops_when_the_interval_is_tight_and_not_before():
    rng = np.random.default_rng(1)
    hunt = ThresholdHunt(HuntSettings(start_percent=60))
    while (percent := hunt.propose()) is not None:
        found = hunt.result()
        half = (found.high_percent - found.low_percent) / 2
        assert len(hunt.pulses) < 12 or half > 0.04 * found.estimate_percent
        hunt.respond(hit=bool(percent + 4 * rng.standard_normal() > 55))
    found = hunt.result()
    assert (found.high_percent - found.low_percent) / 2 <= 0.04 * found.estimate_percent


def kinds(hunt):
    return {text.partition(":")[0] for text in hunt.result().alarms}


def test_a_threshold_that_drifts_is_told():
    rng = np.random.default_rng(2)
    hunt = ThresholdHunt(HuntSettings(start_percent=55, pulses=40))
    while (percent := hunt.propose()) is not None:
        moved = 50 + 14 * len(hunt.pulses) / 40
        hunt.respond(hit=bool(percent + 3 * rng.standard_normal() > moved))
    assert "drift" in kinds(hunt)


def test_a_start_far_off_is_told():
    assert "start" in kinds(hunted([1, 1, 1, 1, 1, 0, 0, 1, 0], start_percent=95))
    assert "start" in kinds(hunted([0, 0, 0, 0, 0, 1, 1, 0, 1], start_percent=20))


def test_a_lapse_is_told():
    hunt = hunted([1, 0, 1, 0, 1, 0, 1, 0], start_percent=60)
    hunt.respond(hit=True, percent=20)
    assert "lapse" in kinds(hunt)


def test_millivolts_in_place_of_microvolts_are_told_not_guessed():
    hunt = ThresholdHunt(HuntSettings(start_percent=60))
    for size_uv in (0.8, 0.02, 1.1, 0.6, 0.4, 0.9):
        hunt.respond(mep_v=1e-6 * size_uv)
    assert "units" in kinds(hunt)
    assert not any(pulse.hit for pulse in hunt.pulses)


def test_an_orderly_course_raises_no_alarm():
    rng = np.random.default_rng(4)
    hunt = ThresholdHunt(HuntSettings(start_percent=58, pulses=30))
    while (percent := hunt.propose()) is not None:
        hunt.respond(hit=bool(percent + 4 * rng.standard_normal() > 52))
    assert hunt.result().alarms == ()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"mep_v": -1e-6}, "between 0 and 50000 µV"),
        ({"mep_v": 0.3}, "between 0 and 50000 µV"),
        ({"mep_v": float("nan")}, "between 0 and 50000 µV"),
        ({"hit": True, "percent": 120}, "`percent` must lie between 0 and 100"),
        ({}, "either `hit` or `mep_v`"),
        ({"hit": True, "mep_v": 1e-4}, "either `hit` or `mep_v`"),
    ],
)
def test_a_response_that_cannot_be_is_refused_and_changes_nothing(given, told):
    hunt = hunted([1, 0], start_percent=60)
    before = hunt.propose()
    with pytest.raises(BadInputError, match=told):
        hunt.respond(**given)
    assert hunt.propose() == before


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"method": "pest"}, "`method` must be one of"),
        ({"start_percent": 120}, "`start_percent` must lie"),
        ({"pulses": 0}, "`pulses` must lie"),
        ({"half_width": 0}, "`half_width` must lie"),
        ({"criterion_v": 50}, "`criterion_v` must lie"),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings, told):
    with pytest.raises(BadInputError, match=told):
        ThresholdHunt(HuntSettings(**settings))
