import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortistim.errors import BadInputError
from cortistim.protocol.named import named_protocol, protocol_names
from cortistim.protocol.protocol import (
    equal_pulses,
    theta_burst_times_s,
    train_times_s,
    trains,
)


def test_itbs_for_depression_is_what_blumberger_2018_gave():
    protocol = named_protocol("itbs_depression")
    assert protocol.n_pulses == 600
    np.testing.assert_allclose(
        protocol.pulse_times_s[:7], [0, 0.02, 0.04, 0.2, 0.22, 0.24, 0.4], atol=1e-12
    )
    assert protocol.pulse_times_s[30] == pytest.approx(10.0)  # 2 s on, 8 s off
    assert protocol.duration_s + 0.2 - 0.04 + 8 == pytest.approx(200)  # 192 s and the last rest
    assert (protocol.intensity_fraction, protocol.threshold) == (1.2, "rMT")
    assert protocol.sources == ("blumberger2018",)


def test_ten_hertz_for_depression_takes_37_and_a_half_minutes():
    protocol = named_protocol("rtms10hz_depression")
    assert protocol.n_pulses == 3000
    assert protocol.pulse_times_s[40] == pytest.approx(30.0)
    assert protocol.duration_s + 0.1 + 26 == pytest.approx(37.5 * 60)


def test_continuous_theta_burst_lasts_forty_seconds():
    protocol = named_protocol("ctbs600")
    assert protocol.n_pulses == 600
    assert protocol.duration_s == pytest.approx(40 - 0.2 + 0.04)
    assert protocol.threshold == "aMT"


def test_a_single_pulse_is_one_pulse():
    protocol = named_protocol("single-pulse")
    assert (protocol.n_pulses, protocol.duration_s, protocol.mean_rate_hz) == (1, 0, 0)


@pytest.mark.parametrize("name", protocol_names())
def test_every_named_protocol_has_a_source_and_a_confidence(name):
    protocol = named_protocol(name)
    assert protocol.sources
    assert protocol.confidence in ("high", "medium", "low")
    assert protocol.words


@given(st.floats(0.1, 100), st.integers(1, 50), st.integers(1, 20), st.floats(0, 60))
def test_trains_keep_their_rate_and_their_rest(rate_hz, n, n_trains, rest_s):
    times = train_times_s(rate_hz, n, n_trains, rest_s).reshape(n_trains, n)
    np.testing.assert_allclose(np.diff(times, axis=1), 1 / rate_hz, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(np.diff(times[:, 0]), n / rate_hz + rest_s, rtol=1e-9)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: train_times_s(0, 3), "rate above 0"),
        (lambda: train_times_s(10, 0), "rate above 0"),
        (lambda: train_times_s(10, 3, 0), "must be a train"),
        (lambda: train_times_s(10, 3, 2, -1), "rest of 0 s"),
        (lambda: theta_burst_times_s(3, pulses_per_burst=11), "before the next begins"),
        (lambda: trains("x", 10, 3, intensity_fraction=120), "1.2 for 120 %"),
        (lambda: equal_pulses("x", np.array([0, 0.0]), intensity_fraction=1), "ascend"),
        (lambda: named_protocol("itbs"), "Did you mean iTBS600"),
    ],
)
def test_what_makes_no_protocol_is_refused(make, words):
    with pytest.raises(BadInputError, match=words):
        make()
