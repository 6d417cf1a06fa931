import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import trapezoid

from cortistim.errors import BadInputError
from cortistim.pulse.circuit import biphasic, circuit, controllable, half_sine, monophasic
from cortistim.pulse.pulse import Pulse
from cortistim.pulse.stimulators import (
    LAST_PEAK,
    didt_a_per_s,
    named_stimulator,
    percent_mso,
    stimulator_names,
)


@st.composite
def circuits(draw, damped=0.8):
    c, ind = draw(st.floats(2e-5, 1e-3)), draw(st.floats(5e-6, 5e-5))
    share = draw(st.floats(0.0, damped))
    return circuit(
        capacitance_f=c,
        inductance_h=ind,
        resistance_ohm=share * 2 * np.sqrt(ind / c),
        voltage_v=draw(st.floats(100, 5000)),
        key="assumed",
    )


@given(circuits())
def test_energy_is_shared_by_capacitor_coil_and_heat_at_every_time(source):
    time_s = np.linspace(0, source.period_s, 4001)
    current, didt = source.ringing(time_s)
    stored = (
        source.capacitance.value * source.capacitor_v(current, didt) ** 2 / 2
        + source.inductance.value * current**2 / 2
    )
    for until in (1000, 2500, 4000):
        part = slice(0, until + 1)
        heat = source.resistance.value * trapezoid(current[part] ** 2, time_s[part])
        assert stored[until] + heat == pytest.approx(source.energy_j, rel=1e-5)


@given(circuits())
def test_didt_is_the_slope_of_the_current_and_starts_at_v_over_l(source):
    time_s = np.linspace(0, source.period_s, 4001)
    current, didt = source.ringing(time_s)
    assert didt[0] == pytest.approx(source.voltage.value / source.inductance.value)
    slope = np.gradient(current, time_s)[1:-1]
    np.testing.assert_allclose(slope, didt[1:-1], atol=1e-5 * didt[0])


@given(circuits(damped=0.2))
def test_the_waveforms_end_where_their_currents_do(source):
    whole, half = biphasic(source), half_sine(source)
    assert whole.duration_s == pytest.approx(2 * half.duration_s)
    peak = np.abs(half.current_a).max()
    assert abs(half.current_a[-1]) < 2e-3 * peak
    assert abs(whole.current_a[-1]) < 2e-3 * peak
    assert monophasic(source, 0.05).current_a.min() > -0.01 * peak


@given(circuits(damped=0.1), st.floats(0.05, 0.9), st.floats(0.1, 2), st.floats(1, 8))
def test_a_controllable_pulse_returns_its_current_to_zero(source, share, ratio, times):
    second_f = times * source.capacitance.value
    pulse = controllable(source, share * source.period_s / 4, ratio, second_f)
    assert abs(pulse.current_a[-1]) < 5e-3 * pulse.current_a.max()
    assert pulse.current_a.min() > -5e-3 * pulse.current_a.max()


def test_a_stiff_capacitor_gives_a_rectangle():
    source = circuit(
        capacitance_f=1.0, inductance_h=16e-6, resistance_ohm=0, voltage_v=1000, key="assumed"
    )
    pulse = controllable(source, 50e-6, 0.5, 1.0)
    first = pulse.time_s < 50.0005e-6
    np.testing.assert_allclose(pulse.normalised[first], 1, atol=1e-3)
    np.testing.assert_allclose(pulse.normalised[~first], -0.5, atol=1e-3)
    assert pulse.duration_s == pytest.approx(150e-6, rel=1e-3)


def test_a_monophasic_pulse_has_a_weak_long_second_phase():
    pulse = named_stimulator("magstim_200").pulse("any", 100, 16e-6)
    assert pulse.didt_a_per_s[0] == pytest.approx(175e6)
    assert -0.3 < pulse.normalised.min() < -0.05
    rise_s = pulse.time_s[pulse.current_a.argmax()]
    assert 70e-6 < rise_s < 100e-6
    assert pulse.duration_s > 8 * rise_s


def test_a_circuit_that_does_not_ring_is_refused():
    with pytest.raises(BadInputError, match="must ring"):
        circuit(
            capacitance_f=1e-4, inductance_h=1e-5, resistance_ohm=1, voltage_v=1, key="assumed"
        )
    with pytest.raises(BadInputError, match="positive"):
        circuit(
            capacitance_f=0, inductance_h=1e-5, resistance_ohm=0, voltage_v=1, key="assumed"
        )


@pytest.mark.parametrize(
    ("time_s", "didt", "words"),
    [
        ([0, 1, 1], [1, 2, 3], "rise"),
        ([0, 1], [1, np.nan], "finite"),
        ([0, 1], [0, 0], "differ from zero"),
        ([0], [1], "at least 2"),
    ],
)
def test_what_is_no_pulse_is_refused(time_s, didt, words):
    with pytest.raises(BadInputError, match=words):
        Pulse("x", np.array(time_s, float), np.array(didt, float), ())


def test_the_default_pair_gives_what_was_measured_and_the_recorded_shape():
    stimulator = named_stimulator()
    assert didt_a_per_s(stimulator, "MagStim_D70", 100) == pytest.approx(114.73e6)
    pulse = stimulator.pulse("magstim_d70", 50)
    assert pulse.peak_a_per_s == pytest.approx(114.73e6 / 2)
    assert pulse.normalised[-1] == pytest.approx(LAST_PEAK.value, rel=1e-6)
    assert 0.30e-3 < pulse.duration_s < 0.40e-3
    assert "drakaki2022" in pulse.sources


def test_a_recorded_pulse_lies_on_the_modelled_one(shared_file):
    rows = np.loadtxt(shared_file("data/simnibs/coils/MagVenture_Cool-B65.tsv"), skiprows=1)
    pulse = named_stimulator("magpro_x100").pulse("MagVenture_Cool-B65")
    inside = (rows[:, 0] > 2e-6) & (rows[:, 0] < 285e-6)
    model = np.interp(rows[inside, 0], pulse.time_s, pulse.normalised)
    assert np.sqrt(np.mean((model - rows[inside, 2]) ** 2)) < 0.03


@given(st.floats(0, 100))
def test_percentage_and_didt_are_inverse(percent):
    stimulator = named_stimulator("magpro_x100")
    didt = didt_a_per_s(stimulator, "magventure_c_b60", percent)
    assert percent_mso(stimulator, "magventure_c_b60", didt) == pytest.approx(percent, abs=1e-9)


@pytest.mark.parametrize("percent", [-1, 100.1, float("nan")])
def test_more_than_all_is_refused(percent):
    with pytest.raises(BadInputError, match="0 to 100"):
        didt_a_per_s(named_stimulator(), "magstim_d70", percent)
    with pytest.raises(BadInputError, match=r"114\.73 A/us"):
        percent_mso(named_stimulator(), "magstim_d70", 115e6)


def test_an_unmeasured_pair_names_the_measured_ones_and_the_way_out():
    with pytest.raises(BadInputError, match=r"magstim_dcc.*`didt_a_per_s`"):
        named_stimulator().didt_max("magventure_c_b60", 1e-5)
    with pytest.raises(BadInputError, match="inductance is needed"):
        named_stimulator("ctms").didt_max("magstim_d70")
    with pytest.raises(BadInputError, match="Did you mean magpro_x100"):
        named_stimulator("magpro x10")


def test_every_measured_output_makes_a_pulse_with_that_peak():
    count = 0
    for name in stimulator_names():
        stimulator = named_stimulator(name)
        for coil, output in stimulator.measured.items():
            assert stimulator.pulse(coil).peak_a_per_s == pytest.approx(output.value)
            count += 1
    assert count == 25
