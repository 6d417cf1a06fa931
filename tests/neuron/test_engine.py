import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cortistim.errors import BadInputError
from cortistim.neuron.engine import Engine
from cortistim.neuron.shape import named_shape
from cortistim.neuron.teaching import ball_and_stick, straight_axon


@pytest.fixture(scope="module")
def axon():
    return Engine(straight_axon())


@pytest.fixture(scope="module")
def stick():
    return Engine(ball_and_stick())


def along(*degrees):
    angle = np.radians(degrees)
    return np.stack([np.sin(angle), 0 * angle, np.cos(angle)], axis=1)


@pytest.mark.parametrize("pulse", ["monophasic", "biphasic"])
def test_a_straight_axon_obeys_one_over_the_cosine(axon, pulse):
    angles = np.array([0, 30, 60, 80, 100, 150, 180])
    found = axon.thresholds(along(*angles), named_shape(pulse), tolerance=1e-4).v_per_m
    projected = found * np.abs(np.cos(np.radians(angles)))
    assert np.allclose(projected, projected[0], rtol=3e-4)


def test_halving_the_time_step_moves_thresholds_by_less_than_one_percent(axon):
    shape, fields = named_shape("biphasic"), along(0, 45)
    coarse = axon.thresholds(fields, shape, tolerance=1e-4).v_per_m
    fine = Engine(axon.cable, 2.5e-6).thresholds(fields, shape, tolerance=1e-4).v_per_m
    assert np.abs(fine / coarse - 1).max() < 0.01


def test_zero_field_stays_at_rest(stick):
    found = stick.traces(np.zeros((1, 3)), named_shape("monophasic"))
    assert np.abs(found.v - stick.cable.rest_v[:, None]).max() < 1e-5
    assert found.spikes[0] == 0
    assert found.site[0] == -1


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31))
def test_equivalent_currents_sum_to_zero(stick, seed):
    rng = np.random.default_rng(seed)
    fields = rng.normal(size=(3, len(stick.cable.parent), 3))
    currents = stick.currents(fields)
    scale = np.abs(currents).max()
    assert np.abs(currents.sum(axis=1)).max() < 1e-10 * scale


def test_a_field_told_point_by_point_is_the_uniform_one(stick):
    directions = along(20, 110)
    shape = (2, len(stick.cable.parent), 3)
    everywhere = np.broadcast_to(directions[:, None], shape)
    assert np.allclose(stick.currents(directions), stick.currents(everywhere), atol=1e-25)


def test_only_ends_of_a_straight_uniform_axon_are_driven():
    cable = straight_axon(internode_m=0)
    current = np.abs(Engine(cable).currents(along(0)))[0]
    assert current[1:-1].max() < 1e-9 * current[0]
    assert current[0] == pytest.approx(current[-1])


def test_a_spike_begins_at_the_end_the_field_points_to():
    cable = straight_axon()
    found = Engine(cable).thresholds(along(0, 180), named_shape("monophasic"))
    assert cable.centre_m[found.site[0], 2] > 0.9e-3
    assert cable.centre_m[found.site[1], 2] < 0.1e-3


def test_the_threshold_separates_silence_from_a_spike(stick):
    shape, direction = named_shape("biphasic"), along(180)
    found = stick.thresholds(direction, shape, tolerance=1e-3).v_per_m[0]
    fields = direction * np.array([[0.995 * found], [1.001 * found]])
    assert (stick.traces(fields, shape).spikes >= 3).tolist() == [False, True]


def test_a_field_across_a_straight_axon_fires_nothing(axon):
    found = axon.thresholds(along(90), named_shape("monophasic"))
    assert np.isinf(found.v_per_m[0])
    assert axon.site_words(int(found.site[0])) == "none"


def test_many_fields_at_once_give_what_each_gives_alone(stick):
    shape, directions = named_shape("monophasic"), along(*np.linspace(120, 180, 11))
    together = stick.thresholds(directions, shape, tolerance=1e-3).v_per_m
    alone = [stick.thresholds(d[None], shape, tolerance=1e-3).v_per_m[0] for d in directions]
    assert np.allclose(together, alone, rtol=1e-6)


@pytest.mark.parametrize("field", [1e6, np.nan, np.inf])
def test_a_field_that_cannot_be_is_refused_in_a_sentence(stick, field):
    with pytest.raises(BadInputError):
        stick.traces(np.full((1, 3), field), named_shape("biphasic"))


def test_a_field_of_another_shape_is_refused(stick):
    with pytest.raises(BadInputError, match="row per compartment"):
        stick.currents(np.zeros((2, 5, 3)))
