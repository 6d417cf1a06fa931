import numpy as np
import pytest

from cortistim.errors import BadInputError
from cortistim.neuron import descending
from cortistim.neuron.muscle import respond
from cortistim.neuron.paired import (
    FACILITATED_RANGE,
    PEAKS_S,
    RANGES,
    facilitated,
    facilitation_gain,
    paired,
    wave_gain,
)


def rng():
    return np.random.default_rng(7)


def test_half_of_the_trials_exceed_fifty_microvolt_at_threshold():
    row = respond(np.array([1.0]), 2000, rng()).summary()[0]
    assert 0.4 < row.p_above < 0.6


def test_responses_vary_as_peoples_do_at_120_percent():
    row = respond(np.array([1.2]), 2000, rng()).summary()[0]
    assert 0.30 < row.cv < 0.80


def test_the_curve_is_a_sigmoid_in_the_logarithm_with_a_plateau():
    x = np.array([0.7, 0.9, 1.0, 1.1, 1.2, 1.4, 1.8, 2.0, 2.4])
    size = respond(x, 600, rng()).size_v.mean(axis=1)
    slope = np.diff(np.log(size)) / np.diff(x)
    assert slope.argmax() in (1, 2, 3)
    assert abs(slope[-1]) < 0.05 * slope.max()
    assert size[5] < 0.95 * size[6]
    assert size[6] == pytest.approx(size[7], rel=0.1)


def test_the_latency_is_that_of_a_hand_muscle():
    late = respond(np.array([1.2]), 300, rng()).latency_s
    assert 0.018 < np.nanmedian(late) < 0.024


@pytest.mark.parametrize(
    ("effect", "interval_ms", "conditioning"),
    [
        ("SICI", 2, 0.8),
        ("SICI", 3, 0.8),
        ("ICF", 10, 0.8),
        ("ICF", 15, 0.8),
        ("LICI", 100, 1.2),
    ],
)
def test_paired_pulses_have_the_published_size(effect, interval_ms, conditioning):
    low, high = RANGES[effect][2:]
    ratio = paired(interval_ms / 1e3, conditioning, 1.2, 1500, rng())
    assert low <= ratio <= high


@pytest.mark.parametrize("interval_ms", [1.3, 1.5])
def test_a_weaker_pulse_right_after_a_strong_one_facilitates_as_published(interval_ms):
    low, high = FACILITATED_RANGE[2:]
    assert low <= facilitated(interval_ms / 1e3, 1.2, 0.9, 1500, rng()) <= high


def test_facilitation_peaks_with_the_period_of_the_indirect_waves():
    times = np.arange(0.8e-3, 5.5e-3, 0.05e-3)
    size = np.array([facilitation_gain(t, 0.9)[-1] for t in times])
    peaks = times[1:-1][(size[1:-1] > size[:-2]) & (size[1:-1] > size[2:])]
    assert peaks == pytest.approx(PEAKS_S, abs=0.06e-3)


def test_facilitation_needs_a_second_pulse_and_spares_waves_on_their_way():
    assert facilitation_gain(1.3e-3, 0.4) == pytest.approx(1.0, abs=1e-3)
    assert facilitation_gain(1.3e-3, 0.9)[:2] == pytest.approx(1.0)


def test_a_blocked_receptor_loses_its_effect():
    free, blocked = (
        wave_gain(2.5e-3, 0.8, names) for names in ((), ("GABA-A", "NMDA", "GABA-B"))
    )
    assert free[-1] < 0.7
    assert np.allclose(blocked, 1.0)


def test_the_direct_wave_is_spared_by_paired_pulses():
    assert wave_gain(2.5e-3, 0.8)[descending.WAVES.index("D")] == 1.0


def test_waves_grow_with_intensity_and_i1_comes_before_the_direct_wave():
    sizes = descending.waves(np.linspace(0.5, 2.5, 30))
    assert (np.diff(sizes, axis=0) > 0).all()
    at_threshold = descending.waves(np.array(1.1))
    assert at_threshold[1] > at_threshold[0]


@pytest.mark.parametrize(("x", "trials"), [(-0.1, 5), (np.nan, 5), (1.0, 0)])
def test_what_cannot_be_is_refused(x, trials):
    with pytest.raises(BadInputError, match="intensities"):
        respond(np.array([x]), trials, rng())


@pytest.mark.parametrize("interval", [0.0, -1e-3, 2.0])
def test_intervals_that_cannot_be_are_refused(interval):
    with pytest.raises(BadInputError, match="interval"):
        wave_gain(interval, 0.8)
    with pytest.raises(BadInputError, match="interval"):
        facilitation_gain(interval, 0.8)
