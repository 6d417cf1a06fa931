"""Dose rules by hand, thresholds foretold, intervals and detectable effects."""

import numpy as np
import pytest

from cortistim.errors import BadInputError
from cortistim.group import (
    DosedGroup,
    bootstrap_interval,
    detectable_effect,
    doses_by_rule,
    foretell_rmt,
)

THREE = DosedGroup(
    target_v_per_m=np.array([100.0, 100.0, 50.0]),
    motor_v_per_m=np.array([100.0, 200.0, 100.0]),
    rmt_percent=np.array([50.0, 50.0, 50.0]),
)


def test_rules_by_hand():
    same, share, equal = doses_by_rule(THREE, percent_mso=60, percent_rmt=120)
    # references: 50, 100, 50 V/m
    assert same.field_v_per_m == pytest.approx([60, 60, 30])
    assert same.verdicts == ("within", "under", "under")
    assert share.percent_mso == pytest.approx([60, 60, 60])
    assert equal.percent_mso == pytest.approx([50, 100, 100])
    assert equal.relative == pytest.approx([1, 1, 1])
    assert same.variation == pytest.approx(np.std([60, 60, 30], ddof=1) / 50)


def test_what_no_stimulator_gives_is_an_underdose():
    weak = DosedGroup(
        target_v_per_m=np.array([40.0]), motor_v_per_m=np.array([100.0]),
        rmt_percent=np.array([80.0]),
    )  # fmt: skip
    equal = doses_by_rule(weak)[2]
    assert equal.percent_mso == pytest.approx([100])
    assert equal.verdicts == ("under",)


def test_without_thresholds_the_median_stands_in():
    none = np.full(3, np.nan)
    group = DosedGroup(
        target_v_per_m=np.array([50.0, 100.0, 200.0]), motor_v_per_m=none, rmt_percent=none
    )
    same, share, equal = doses_by_rule(group)
    assert same.percent_mso == pytest.approx([50, 50, 50])
    assert same.verdicts == ("under", "within", "over")
    assert share.verdicts == ("unknown",) * 3
    assert equal.field_v_per_m == pytest.approx([50, 50, 50])


def test_a_dose_that_cannot_be_is_refused():
    with pytest.raises(BadInputError, match="`mso_percent`"):
        doses_by_rule(THREE, percent_mso=140)


def test_thresholds_of_people_with_one_field_at_threshold_are_foretold_exactly():
    motor = np.array([80.0, 100.0, 125.0, 160.0])
    group = DosedGroup(target_v_per_m=motor, motor_v_per_m=motor, rmt_percent=6000 / motor)
    found = foretell_rmt(group)
    assert found.rmse == pytest.approx(0, abs=1e-9)
    assert found.threshold_v_per_m == pytest.approx(60)
    assert found.rmse_of_mean > 5


def test_a_person_does_not_foretell_themself():
    """With two fields at threshold, 60 and 120 V/m, each is foretold from the other two."""
    motor = np.full(3, 200.0)
    group = DosedGroup(
        target_v_per_m=motor, motor_v_per_m=motor, rmt_percent=np.array([30.0, 30.0, 60.0])
    )
    found = foretell_rmt(group)
    assert found.foretold == pytest.approx([np.sqrt(30 * 60), np.sqrt(30 * 60), 30])
    assert foretell_rmt(
        DosedGroup(target_v_per_m=motor, motor_v_per_m=motor, rmt_percent=np.full(3, np.nan))
    ) is None  # fmt: skip


def test_intervals_hold_the_mean_as_often_as_stated():
    rng = np.random.default_rng(0)
    hits = 0
    for seed in range(200):
        values = rng.normal(size=(30, 1))
        low, high = bootstrap_interval(
            values, lambda drawn: drawn.mean(axis=1), resamples=400, seed=seed
        )
        hits += low[0] <= 0 <= high[0]
    assert 178 <= hits <= 199
    assert np.isnan(
        bootstrap_interval(np.ones((1, 2)), lambda drawn: drawn.mean(axis=1))[0]
    ).all()


def test_twenty_people_show_correlations_from_044_and_need_059():
    found = detectable_effect(20, 18, 4.5)
    assert found.significant_r == pytest.approx(0.444, abs=0.001)
    assert found.r_at_80 == pytest.approx(0.59, abs=0.005)
    assert found.r_at_80_corrected > found.r_at_80
