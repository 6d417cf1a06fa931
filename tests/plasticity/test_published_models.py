"""Each published model reproduces a published figure or number."""

import numpy as np
import pytest

from cortistim.plasticity import drive_of, fung2014, graupner2012, huang2011, ma2024
from cortistim.plasticity.opinion import ThetaBurst, theta_burst_of
from cortistim.protocol import named_protocol

MINUTES = np.array([1.0, 5.0, 10.0, 30.0])
MODELS = (fung2014, graupner2012, huang2011, ma2024)


def opinion(model, name, intensity=""):
    return model.opinion(drive_of(named_protocol(name), intensity), MINUTES)


def test_huang_2011_figures_ctbs_depresses_itbs_facilitates_imtbs_does_neither():
    largest = {
        name: max(opinion(huang2011, name).percent, key=abs)
        for name in ("cTBS300", "cTBS600", "iTBS600", "imTBS600")
    }
    assert largest["cTBS300"] < -25
    assert largest["cTBS600"] < -40
    assert largest["iTBS600"] > 40
    assert abs(largest["imTBS600"]) < 5


def test_huang_2011_after_effect_of_100_bursts_peaks_after_8_minutes():
    assert huang2011.peak_s(100, facilitates=False) == pytest.approx(504, abs=5)
    assert huang2011.peak_s(100, facilitates=True) == pytest.approx(101, abs=2)


def test_huang_2011_one_burst_by_hand():
    facilitation, inhibition = huang2011.net_effect(ThetaBurst(1, 1, 0.0))
    calcium = np.exp(-1.2 * 0.16)
    assert facilitation == pytest.approx(1.45 * calcium * np.exp(-0.005))
    assert inhibition == pytest.approx(0.123 * calcium * np.exp(-0.070))


def test_ma_2024_ctbs600_is_minus_20_percent_as_published_and_minus_47_when_sound():
    times_s = named_protocol("cTBS600").pulse_times_s
    assert ma2024.gain(times_s)[-1] - 1 == pytest.approx(-0.20, abs=0.01)
    assert ma2024.gain(times_s, ma2024.SOUND)[-1] - 1 == pytest.approx(-0.47, abs=0.01)


def test_ma_2024_equations_continued_would_turn_depression_around():
    gain = ma2024.gain(named_protocol("cTBS300").pulse_times_s, tail_s=300.0)
    end = round(19.84 / ma2024.STEP_S)
    assert gain[end] == pytest.approx(0.72, abs=0.01)
    assert gain[end + 6000] == pytest.approx(1.36, abs=0.02)
    assert gain[-1] == pytest.approx(1.70, abs=0.02)
    assert (opinion(ma2024, "cTBS300").percent < 0).all()


def test_graupner_2012_figure_of_the_dp_synapse_depresses_post_before_pre():
    pre_s = np.arange(60.0) + 1
    assert graupner2012.change(graupner2012.DP, pre_s, pre_s + 0.010) > 1.1
    assert graupner2012.change(graupner2012.DP, pre_s, pre_s - 0.020) < 0.85


def test_graupner_2012_figure_of_cortical_slices_both_orders_potentiate_at_50_hz():
    """Pairs 10 ms apart, five at a time: post before pre depresses at 20 Hz, not at 50 Hz."""

    def at(rate_hz, lag_s):
        pre_s = (np.arange(15)[:, None] * 10 + np.arange(5) / rate_hz).ravel() + 1
        return graupner2012.change(graupner2012.CORTICAL_SLICE, pre_s, pre_s + lag_s)

    assert at(20, -0.010) < 0.7
    assert at(20, 0.010) > 1.1
    assert min(at(50, -0.010), at(50, 0.010)) > 1.5


def test_graupner_2012_cannot_tell_continuous_from_intermittent():
    continuous = opinion(graupner2012, "cTBS600").percent
    assert np.allclose(continuous, opinion(graupner2012, "iTBS600").percent, atol=2)


def test_fung_2014_calcium_alone_potentiates_and_the_bcm_gain_makes_ctbs600_depress():
    times_s = named_protocol("cTBS600").pulse_times_s
    amplitude, sample_s = np.full(len(times_s), fung2014.AMPLITUDE), times_s[-1] + 60 * MINUTES
    alone = fung2014.coupling(times_s, amplitude, sample_s, metaplastic=False)
    assert alone[2] > 1.2
    assert fung2014.coupling(times_s, amplitude, sample_s)[2] < 0.98
    assert opinion(fung2014, "iTBS600").percent[2] > 0


def test_fung_2014_halving_the_step_changes_the_end_by_less_than_a_percent():
    times_s = named_protocol("cTBS300").pulse_times_s
    amplitude, sample_s = np.full(len(times_s), fung2014.AMPLITUDE), times_s[-1] + 60 * MINUTES
    once = fung2014.coupling(times_s, amplitude, sample_s)
    twice = fung2014.coupling(times_s, amplitude, sample_s, dt_s=fung2014.STEP_S / 2)
    assert np.allclose(once, twice, rtol=0.01)


def test_fung_2014_rests_without_drive():
    times_s = np.arange(50) / 5.0
    ratio = fung2014.coupling(times_s, np.zeros(50), 60 * MINUTES)
    assert np.allclose(ratio, 1, atol=0.01)


@pytest.mark.parametrize("model", [huang2011, ma2024])
@pytest.mark.parametrize(
    ("name", "intensity", "word"),
    [
        ("1Hz_900", "80%aMT", "5 bursts|50 Hz"),
        ("cTBS600", "120%rMT", "80 %"),
        ("QPS5", "80%aMT", "bursts of 3"),
        ("PAS25", "80%aMT", "theta burst"),
    ],
)
def test_theta_burst_models_decline_what_they_were_not_made_for(model, name, intensity, word):
    said = opinion(model, name, intensity)
    assert not said.answers
    assert any(part in said.reason for part in word.split("|"))


@pytest.mark.parametrize("model", MODELS)
def test_a_model_declines_paired_stimulation(model):
    assert not opinion(model, "PAS25").answers


def test_theta_burst_is_recognised_by_its_trains():
    assert theta_burst_of(drive_of(named_protocol("cTBS600"))) == ThetaBurst(200, 1, 0.0)
    found = theta_burst_of(drive_of(named_protocol("imTBS600")))
    assert (found.bursts, found.trains) == (25, 8)
    assert found.gap_s == pytest.approx(10.0)
