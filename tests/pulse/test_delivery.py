import numpy as np
import pytest

from cortistim.errors import BadInputError
from cortistim.protocol import named_protocol
from cortistim.pulse import (
    deliverable,
    device_names,
    displayed_over_measured,
    named_device,
    named_stimulator,
    pulse_energy,
)
from cortistim.sources import ASSUMED, references

pytestmark = pytest.mark.oldest


def train(rate_hz, count):
    return np.arange(count) / rate_hz


@pytest.mark.parametrize(
    ("name", "percent"),
    [("magstim_rapid2", 30), ("magstim_super_rapid2", 51), ("magstim_super_rapid2_plus", 89)],
)
def test_theta_bursts_are_possible_up_to_the_makers_output(name, percent):
    times_s = named_protocol("itbs600").pulse_times_s
    assert deliverable(times_s, percent / 100, name).verdict == "deliverable"
    beyond = deliverable(times_s, (percent + 4) / 100, name)
    assert not beyond.ok
    assert "50 Hz" in beyond.reason
    assert f"{percent} %" in beyond.reason


@pytest.mark.parametrize(("percent", "hz"), [(100, 15), (50, 30), (30, 50)])
def test_the_makers_highest_rate_is_the_edge(percent, hz):
    assert deliverable(train(hz, 5), percent / 100, "magstim_rapid2").ok
    assert not deliverable(train(hz * 1.01, 5), percent / 100, "magstim_rapid2").ok


def test_the_stronger_pulse_of_a_pair_sets_the_rate():
    weak_then_strong = np.array([0.2, 1.0])
    assert deliverable([0, 0.02], 0.2, "magstim_rapid2").ok
    assert not deliverable([0, 0.02], weak_then_strong, "magstim_rapid2").ok
    assert not deliverable([0, 0.02], weak_then_strong[::-1], "magstim_rapid2").ok


def test_mean_power_forbids_what_the_rate_allows():
    one = train(15, 60)
    soon, later = (np.concatenate([one, one + pause]) for pause in (6.0, 16.0))
    assert not deliverable(soon, 1.0, "magstim_rapid2").ok
    assert "W on average" in deliverable(soon, 1.0, "magstim_rapid2").reason
    assert deliverable(later, 1.0, "magstim_rapid2").ok
    power = deliverable(later, 1.0, "magstim_rapid2").mean_power_w
    assert power == pytest.approx(60 * 251.83 / 16, rel=1e-4)


def test_a_device_without_known_limits_says_so():
    verdict = deliverable(train(20, 10), 0.5, "powermag")
    assert (verdict.verdict, verdict.ok) == ("not known", True)
    assert "ask its maker" in verdict.reason


def test_more_than_all_is_too_much_for_anyone():
    for name in device_names():
        assert not deliverable([0.0], 1.2, name).ok


def test_long_trains_are_noted_but_not_refused():
    verdict = deliverable(train(5, 600), 0.3, "magstim_rapid2")
    assert verdict.ok
    assert any("triggered from outside" in note for note in verdict.notes)


def test_energy_goes_with_the_square_of_the_output():
    rapid = named_stimulator("magstim_rapid")
    assert pulse_energy(rapid, 1.0).taken_j == pytest.approx(252, rel=0.002)
    for percent, joule in ((10, 2.5), (30, 22.7), (50, 63.0), (80, 161.2)):
        assert pulse_energy(rapid, percent / 100).taken_j == pytest.approx(joule, rel=0.01)


def test_a_monophasic_pulse_gives_nothing_back():
    mono = pulse_energy(named_stimulator("magstim_200"), 1)
    rapid = pulse_energy(named_stimulator("magstim_rapid"), 1)
    assert mono.heat_j == mono.taken_j
    assert rapid.heat_j == pytest.approx(0.36 * rapid.taken_j)


@pytest.mark.parametrize(
    ("times_s", "share"),
    [([0, 1], [0.5]), ([0, np.nan], 0.5), ([1, 0], 0.5), ([0, 1], -0.1), ([[0, 1]], 0.5)],
)
def test_what_is_no_series_of_pulses_is_refused(times_s, share):
    with pytest.raises(BadInputError):
        deliverable(times_s, share, "magstim_rapid2")


def test_no_pulse_at_all_is_deliverable():
    assert deliverable([], 0.5, "magstim_rapid2").ok


def test_every_limit_names_a_source_that_exists():
    known = {*references(), ASSUMED}
    for name in device_names():
        device = named_device(name)
        assert {device.rate.key, device.mean_power_w.key} <= known
        assert not device.rate.known or device.rate.confidence in ("high", "medium", "low")
        assert (np.diff(device.rate_mso_fraction) > 0).all()


def test_unknown_devices_are_refused_with_a_hint():
    with pytest.raises(BadInputError, match="magstim_rapid2"):
        named_device("magstim_rapid3")
    assert named_device("Magstim Rapid").name == "magstim_rapid2"


def test_displays_show_a_few_percent_more_than_was_measured():
    x100 = named_stimulator("magpro_x100")
    assert displayed_over_measured(x100, "MagVenture Cool-B65") == pytest.approx(155 / 149.77)
    assert np.isnan(displayed_over_measured(named_stimulator("powermag"), "magmore_pmd70"))


RAPIDS = ("magstim_rapid2", "magstim_super_rapid2", "magstim_super_rapid2_plus")


@pytest.mark.parametrize("name", RAPIDS)
def test_the_rapid_tables_hold_at_240_volts_and_every_verdict_says_so(name):
    notes = deliverable(train(5, 10), 0.3, name).notes
    assert any("240 V" in note and "115 V" in note for note in notes)


@pytest.mark.parametrize("name", RAPIDS)
def test_the_units_own_sessions_pause_for_one_to_sixty_seconds(name):
    device = named_device(name)
    assert (device.shortest_pause_s, device.longest_pause_s) == (1.0, 60.0)
    one = train(10, 5)
    soon, late = (np.concatenate([one, one[-1] + pause + one]) for pause in (59.0, 61.0))
    assert not any("a pause of" in note for note in deliverable(soon, 0.3, name).notes)
    assert any("a pause of 61 s" in note for note in deliverable(late, 0.3, name).notes)
    assert deliverable(late, 0.3, name).ok


def test_two_sources_disagree_on_the_super_rapid_at_80_percent_and_both_are_told():
    device = named_device("magstim_super_rapid2")
    assert float(device.max_rate_hz(np.array(0.8))) == 35
    notes = deliverable(train(5, 10), 0.3, "magstim_super_rapid2").notes
    assert any("30 instead of 35 Hz at 80 %" in note for note in notes)
