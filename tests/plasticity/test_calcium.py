"""The default model: what must hold for any parameters, and what its ensemble was fitted to."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cortistim.plasticity import ensemble
from cortistim.plasticity.calcium import COLUMN, PARAMETERS, expressed, induce, rested
from cortistim.plasticity.drive import Drive, afferent_lag_s, blocks_of, drive_of
from cortistim.plasticity.ensemble import model_hash, shipped
from cortistim.plasticity.predict import course_of
from cortistim.protocol import named_protocol

pytestmark = pytest.mark.oldest

AFTER_S = 60.0 * np.array([0.0, 1.0, 5.0, 15.0, 60.0, 240.0])


@pytest.fixture(scope="module")
def theta():
    return ensemble(20).theta


def drive(times_s, level=0.8):
    times_s = np.asarray(times_s, dtype=float)
    return Drive("test", times_s, np.full(len(times_s), level), np.full(len(times_s), np.nan))


def test_no_drive_changes_nothing(theta):
    silent = drive(np.arange(100) / 5.0, level=0.0)
    assert not induce(theta, silent).log_change.any()
    assert not course_of(theta, silent, np.zeros(1), AFTER_S).any()


def test_no_pulses_change_nothing(theta):
    assert not course_of(theta, drive([]), np.zeros(1), AFTER_S).any()


@pytest.mark.parametrize("name", ["cTBS600", "iTBS600", "imTBS600", "1Hz_900", "QPS50"])
def test_halving_every_step_changes_the_end_by_less_than_a_percent(name):
    """The steps are the intervals: empty events in their middle must not matter."""
    theta, whole = shipped().theta, drive_of(named_protocol(name))
    times_s = whole.pulse_times_s
    middle_s = times_s[:-1] + np.diff(times_s) / 2
    order = np.argsort(np.concatenate([times_s, middle_s]))
    level = np.concatenate([whole.drive, np.zeros(len(middle_s))])[order]
    halved = Drive(
        name, np.sort(np.concatenate([times_s, middle_s])), level, np.full(len(order), np.nan)
    )
    once, twice = induce(theta, whole).log_change, induce(theta, halved).log_change
    assert np.abs(np.exp(twice - once) - 1).max() < 0.01
    assert np.abs(np.exp(twice).mean() / np.exp(once).mean() - 1) < 0.001


@pytest.mark.parametrize(
    "name", ["cTBS300", "cTBS600", "iTBS600", "1Hz_900", "5Hz_1800", "QPS5", "PAS10"]
)
def test_the_sign_stays_after_the_last_pulse(name, theta):
    course = course_of(theta, drive_of(named_protocol(name)), np.zeros(1), AFTER_S)
    assert (np.sign(course[:, 1:]) == np.sign(course[:, 1:2])).all()
    assert (np.abs(course[:, -1]) <= np.abs(course[:, 1:]).max(axis=1)).all()


@settings(max_examples=20, deadline=None)
@given(shift_s=st.floats(0.0, 1e5))
def test_shifting_the_clock_changes_nothing(shift_s):
    theta, times_s = ensemble(20).theta, np.arange(60) / 10.0
    here, there = induce(theta, drive(times_s)), induce(theta, drive(times_s + shift_s))
    assert np.allclose(here.log_change, there.log_change, atol=1e-6)


def test_a_rest_in_two_parts_is_a_rest(theta):
    recent = np.linspace(-0.5, 0.5, len(theta))
    state = np.column_stack([recent, 0.3 * recent[::-1]])
    whole = rested(theta, state, 500.0)
    assert np.allclose(rested(theta, rested(theta, state, 200.0), 300.0), whole)


def test_nothing_is_expressed_before_the_last_pulse(theta):
    induction = induce(theta, drive_of(named_protocol("iTBS600")))
    assert not expressed(theta, induction, 300.0, np.array([-10.0, -1e-3])).any()


def test_a_long_pause_parts_blocks_and_a_short_one_does_not():
    times_s = np.concatenate([np.arange(10.0), 1000.0 + np.arange(10.0)])
    assert [part.n_pulses for part in blocks_of(drive(times_s), 240.0)] == [10, 10]
    assert len(blocks_of(drive(times_s), 2000.0)) == 1


def test_a_volley_lags_its_pulse_by_nerve_and_interval():
    pulses_s = np.array([0.0, 20.0])
    lag_s = afferent_lag_s(pulses_s, pulses_s - 0.025)
    assert np.allclose(lag_s, 0.021 - 0.025)
    assert np.isnan(afferent_lag_s(pulses_s, np.array([-5.0])))[0]


def test_a_course_of_equal_sessions_far_apart_repeats_the_first(theta):
    part = drive_of(named_protocol("cTBS300"))
    fast = theta.copy()
    fast[:, COLUMN["days_share"]] = 0.0
    one = course_of(fast, part, np.zeros(1), AFTER_S)
    many = course_of(fast, part, 86_400.0 * np.arange(5), AFTER_S)
    assert np.allclose(many, one, atol=0.01)


def test_the_shipped_ensemble_belongs_to_this_model():
    found = shipped()
    assert tuple(found.names) == tuple(p.name for p in PARAMETERS)
    assert str(found.model_hash) == model_hash()
    again = induce(found.theta[:5], drive_of(named_protocol("iTBS600"))).log_change
    assert np.allclose(again, found.fingerprint, atol=1e-6)


def test_every_member_lies_within_the_priors():
    theta = shipped().theta
    low, high = np.array([p.low for p in PARAMETERS]), np.array([p.high for p in PARAMETERS])
    assert (theta >= low * (1 - 1e-9)).all()
    assert (theta <= high * (1 + 1e-9)).all()
