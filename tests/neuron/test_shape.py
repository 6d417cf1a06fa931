import numpy as np
import pytest

from cortistim.errors import BadInputError
from cortistim.neuron.shape import SHAPES, PulseShape, named_shape, shape_of
from cortistim.pulse import Pulse


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_have_a_peak_of_one_and_start_upward(name):
    shape = named_shape(name)
    assert np.abs(shape.w).max() == pytest.approx(1.0, abs=1e-6)
    assert shape.w[np.flatnonzero(shape.w)[0]] > 0


def crossings_us(shape):
    t, w = 1e6 * shape.time_s, shape.w
    k = np.flatnonzero(w[1:] * w[:-1] < 0)
    return t[k] - w[k] * (t[k + 1] - t[k]) / (w[k + 1] - w[k])


def test_the_monophasic_pulse_is_the_recorded_one():
    shape = named_shape("monophasic")
    assert crossings_us(shape)[0] == pytest.approx(76, abs=1)
    assert shape.w.min() == pytest.approx(-0.30, abs=0.005)
    assert 1e6 * shape.time_s[shape.w.argmin()] == pytest.approx(105, abs=2)


def test_the_biphasic_pulse_is_the_recorded_one():
    shape = named_shape("biphasic")
    assert crossings_us(shape)[:2] == pytest.approx([76, 228], abs=2)
    assert shape.w.min() == pytest.approx(-0.895, abs=0.005)
    assert 1e6 * shape.time_s[shape.w.argmin()] == pytest.approx(149, abs=3)


def test_steps_hold_the_pulses_integral_at_any_time_step():
    shape = named_shape("biphasic")
    coarse, fine = (shape.steps(dt).sum() * dt for dt in (2e-5, 2e-6))
    assert coarse == pytest.approx(fine, rel=1e-9)


def test_stretching_stretches_the_integral():
    shape = named_shape("half_sine")
    whole, wide = shape.steps(5e-6).sum(), shape.stretched(2).steps(5e-6).sum()
    assert wide == pytest.approx(2 * whole, abs=1e-6)


def test_a_pulse_that_starts_downward_is_turned_round():
    pulse = Pulse("down", np.array([0, 1e-5, 1e-4]), np.array([0.0, -5.0, 0.0]), ())
    assert shape_of(pulse).w.max() == pytest.approx(1.0)


def test_times_that_are_not_in_seconds_are_refused():
    pulse = Pulse("slow", np.array([0.0, 5.0, 300.0]), np.array([0.0, 1.0, 0.0]), ())
    with pytest.raises(BadInputError, match="seconds"):
        shape_of(pulse)


def test_an_unknown_shape_is_refused_with_a_hint():
    with pytest.raises(BadInputError, match="biphasic"):
        named_shape("biphasik")


def test_a_run_outlasts_a_long_pulse():
    long = PulseShape("long", np.array([0, 1e-3, 3e-3]), np.array([1.0, 1.0, 0.0]))
    assert len(long.steps(5e-6)) * 5e-6 > 3e-3
