"""Simulated people: published figures, and closed forms against draws."""

import numpy as np
import pytest

from cortistim.errors import BadInputError
from cortistim.mapping.muscle import (
    GENERATORS,
    goetz2019,
    mean_person,
    simulated_people,
    threshold_percent,
    width_percent,
)


@pytest.fixture(scope="module")
def people():
    return goetz2019(1500, np.random.default_rng(2))


@pytest.mark.parametrize(
    ("percent", "median_uv", "sd"), [(60, 0.8, 0.62), (70, 20, 0.62), (90, 650, 0.23)]
)
def test_the_mean_person_responds_as_the_published_code_does(percent, median_uv, sd):
    """Without the electrode's noise; taking deviations for noise gives 5.3, 98 and 1230 µV."""
    rng, person = np.random.default_rng(1), mean_person()
    felt = percent + person.sd_percent[:, None] * rng.standard_normal((1, 100_000))
    log10_v = person.log10_v(felt) + person.sd_log10[0] * rng.standard_normal(felt.shape)
    assert 1e6 * 10 ** np.median(log10_v) == pytest.approx(median_uv, rel=0.07)
    assert log10_v.std() == pytest.approx(sd, abs=0.015)


def test_thresholds_and_widths_are_those_of_the_population(people):
    threshold, width = threshold_percent(people), width_percent(people)
    assert threshold.mean() == pytest.approx(67.7, abs=1.2)
    assert threshold.std() == pytest.approx(10.1, abs=0.8)
    assert np.median(width) == pytest.approx(5.3, abs=0.4)
    assert np.median(width / threshold) == pytest.approx(0.08, abs=0.006)
    low, high = np.percentile(people.sd_percent, [5, 95])
    assert (low, high) == pytest.approx((3.0, 9.0), abs=0.35)


@pytest.mark.parametrize(
    ("ratio", "median_mv", "sd", "cv"), [(1.2, 0.82, 0.285, 0.53), (1.5, 2.2, 0.125, 0.29)]
)
def test_responses_above_threshold_vary_as_they_do_in_people(people, ratio, median_mv, sd, cv):
    rng = np.random.default_rng(3)
    percent = np.tile(ratio * threshold_percent(people)[:, None], (1, 200))
    size_v = people.respond_v(percent, rng)
    assert 1e3 * np.median(np.median(size_v, axis=1)) == pytest.approx(median_mv, rel=0.15)
    assert np.median(np.log10(size_v).std(axis=1)) == pytest.approx(sd, rel=0.07)
    assert np.median(size_v.std(axis=1) / size_v.mean(axis=1)) == pytest.approx(cv, rel=0.07)


def test_the_other_reading_of_the_spread_is_narrower():
    narrow = goetz2019(300, np.random.default_rng(4), spread="wang")
    low, high = np.percentile(narrow.sd_percent, [5, 95])
    assert (low, high) == pytest.approx((4.5, 5.3), abs=0.1)
    assert ((threshold_percent(narrow) > 30) & (threshold_percent(narrow) < 100)).all()


@pytest.mark.parametrize("name", GENERATORS)
def test_the_chance_of_a_response_is_the_share_that_is_drawn(name):
    rng = np.random.default_rng(5)
    group = simulated_people(name, 40, rng)
    threshold = threshold_percent(group)
    for ratio in (0.93, 1.0, 1.08):
        percent = np.tile(ratio * threshold[:, None], (1, 1500))
        share = (group.respond_v(percent, rng) >= 50e-6).mean(axis=1)
        away = (share - group.chance(ratio * threshold)) / np.sqrt(0.25 / 1500)
        assert np.abs(away).max() < 4
    assert 0.05 < np.median(width_percent(group) / threshold) < 0.1


def test_a_model_that_does_not_exist_is_refused():
    with pytest.raises(BadInputError, match="`generator` must be one of goetz2019"):
        simulated_people("goetz2020", 3, np.random.default_rng(0))
