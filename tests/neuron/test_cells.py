import numpy as np
import pytest

from cortistim.errors import BadInputError
from cortistim.neuron import channels
from cortistim.neuron.cable import INTERNODE, JOINT, NODE, cable_of, fibre_g_ratio
from cortistim.neuron.cells import TYPES, cell_type, clone_shape, clones
from cortistim.neuron.engine import Engine
from cortistim.neuron.morphology import AXON, SOMA, Morphology
from cortistim.neuron.shape import named_shape

UP = np.array([0.0, 0.0, 1.0])


def straight(points_um, radius_um=0.4, kind=AXON):
    count = len(points_um)
    kinds = np.r_[SOMA, np.full(count - 1, kind)]
    radius = np.r_[8.0, np.full(count - 1, radius_um)] * 1e-6
    xyz = np.outer(points_um, [0, 0, -1e-6])
    return Morphology("test", xyz, radius, kinds, np.arange(count) - 1, UP)


@pytest.mark.parametrize("name", TYPES)
def test_clones_are_the_same_each_time_and_differ_from_each_other(name):
    again = clone_shape(name, 1)
    assert np.array_equal(clone_shape(name, 1).points_m, again.points_m)
    assert len(clone_shape(name, 2).points_m) != len(again.points_m)


def test_cutting_keeps_area_and_resistance():
    shape = straight(np.linspace(0, 400, 41))
    coarse, fine = (cable_of(shape, myelin=False, piece_m=p) for p in (40e-6, 10e-6))
    area = 2 * np.pi * 0.4e-6 * 400e-6
    for cable in (coarse, fine):
        assert cable.area_m2[1:].sum() == pytest.approx(area, rel=1e-9)
    ohm = 400e-6 / (np.pi * 0.4e-6**2)
    to_last = (1 / coarse.axial_s[1:]).sum()
    assert to_last == pytest.approx(ohm * (1 - 0.5 / 10), rel=1e-9)


def test_axons_are_bare_then_myelinated_and_end_in_a_node():
    cable = cable_of(straight(np.linspace(0, 600, 61)))
    far_m = -cable.centre_m[:, 2]
    assert (cable.part[far_m < 49e-6] != INTERNODE).all()
    assert cable.part[-1] == NODE
    length = 2 * (1e-6 + 550e-6 - far_m[cable.part == NODE][0] + 50e-6) - 600e-6
    assert (cable.part == NODE).sum() >= 5
    assert np.isfinite(length)


def test_thin_axons_have_no_myelin():
    cable = cable_of(straight(np.linspace(0, 600, 61), radius_um=0.08))
    assert not (cable.part == INTERNODE).any()


def test_joints_have_no_membrane():
    cable = clones("L4")[0]
    joint = cable.part == JOINT
    assert joint.any()
    assert not cable.area_m2[joint].any()
    assert not cable.excitable[joint].any()


def test_the_g_ratio_stays_between_its_bounds():
    ratio = fibre_g_ratio(np.linspace(0.1e-6, 4e-6, 50))
    assert ratio.min() >= 0.4
    assert ratio.max() <= 0.8


def test_cells_rest_between_potassium_and_sodium():
    for name in TYPES:
        rest = clones(name)[0].rest_v
        assert -0.090 < rest.min() <= rest.max() < -0.060


def test_rates_are_continuous_where_their_formulas_divide_by_zero():
    for v0 in (-38.0, -66.0, -17.0, -64.4, -154.9, -32.0, -60.0):
        for steady, tau in channels.rates(np.array([v0 - 1e-4, v0, v0 + 1e-4])):
            assert np.ptp(steady) < 1e-4
            assert np.ptp(tau) < 1e-2 * tau.max()


def test_first_spikes_lie_near_axon_endings_and_myelin_never_counts():
    engine = Engine(clones("L5")[0])
    rng = np.random.default_rng(3)
    directions = rng.normal(size=(8, 3))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    found = engine.thresholds(directions, named_shape("biphasic"), tolerance=0.02)
    words = [engine.site_words(int(site)) for site in found.site]
    assert words.count("axon terminal") >= 7
    assert (engine.cable.part[found.site] != INTERNODE).all()


@pytest.mark.parametrize("typed", ["l5", "L2/3", "L23", " l6 "])
def test_types_are_found_however_they_are_written(typed):
    assert cell_type(typed) in TYPES


def test_an_unknown_cell_is_refused():
    with pytest.raises(BadInputError, match="L23"):
        cell_type("L7")


def test_a_cell_in_millimetres_is_refused():
    with pytest.raises(BadInputError, match="micrometres"):
        straight(1e4 * np.linspace(0, 600, 61))
