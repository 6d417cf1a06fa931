import numpy as np
import pytest

from cortistim.neuron.duration import (
    TAU_S,
    filtered_peak,
    scaled_fit,
    time_constant,
)
from cortistim.neuron.shape import PulseShape, named_shape
from cortistim.neuron.tables import fit_for


def rectangle(width_s):
    t = np.array([0, 1e-9, width_s, width_s + 1e-9])
    return PulseShape("rectangle", t, np.array([0.0, 1, 1, 0]))


@pytest.mark.parametrize("width_s", [30e-6, 120e-6, 400e-6])
def test_a_rectangle_charges_a_membrane_exponentially(width_s):
    expected = 1 - np.exp(-width_s / 200e-6)
    assert filtered_peak(rectangle(width_s), 200e-6) == pytest.approx(expected, rel=0.01)


def test_the_time_constant_of_a_first_order_membrane_is_found():
    shapes = [named_shape(f"ctms{width}") for width in (30, 60, 120)]
    thresholds = np.array([40 / filtered_peak(shape, 150e-6) for shape in shapes])
    tau_s, rheobase = time_constant(shapes, thresholds)
    assert tau_s == pytest.approx(150e-6, rel=1e-3)
    assert rheobase == pytest.approx(40, rel=1e-3)


@pytest.mark.parametrize(
    ("tau_s", "ratios"),
    [(187e-6, (2.172, 1.353)), (192e-6, (2.19, 1.37)), (299e-6, (2.40, 1.46))],
)
def test_controllable_pulses_tie_published_thresholds_to_published_time_constants(
    tau_s, ratios
):
    """Ratios of 30 and 60 to 120 µs: people, layer 5 and layer 2/3 cells."""
    peaks = [filtered_peak(named_shape(f"ctms{width}"), tau_s) for width in (30, 60, 120)]
    assert peaks[2] / peaks[0] == pytest.approx(ratios[0], rel=0.02)
    assert peaks[2] / peaks[1] == pytest.approx(ratios[1], rel=0.02)


def test_a_main_phase_of_the_other_sign_counts_when_asked_for():
    shape = named_shape("biphasic")
    assert filtered_peak(shape, TAU_S, either_sign=True) > 1.1 * filtered_peak(shape, TAU_S)


def test_a_table_is_carried_to_a_longer_pulse_of_its_kind():
    base = named_shape("biphasic")
    fit = fit_for(base)
    longer = scaled_fit(fit, base, base.stretched(1.2))
    assert 0.80 < longer.factor < 0.90
    assert np.allclose(longer.log_mean - fit.log_mean, np.log(longer.factor))
    assert np.array_equal(longer.log_sd, fit.log_sd)
    assert longer.base == "biphasic"
    assert longer.error_percent < scaled_fit(fit, base, base.stretched(0.5)).error_percent
