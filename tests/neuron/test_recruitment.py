import time

import numpy as np
import pytest

from cortistim.errors import BadInputError
from cortistim.geometry import unit
from cortistim.neuron.calibration import (
    CRITERION,
    default_calibration,
    factor_at_criterion,
    fitted_calibration,
)
from cortistim.neuron.cells import TYPES, clones
from cortistim.neuron.directions import even_directions, theta_deg
from cortistim.neuron.engine import Engine
from cortistim.neuron.recruitment import recruit
from cortistim.neuron.shape import named_shape
from cortistim.neuron.tables import SHIPPED, fit_for, is_shipped


@pytest.fixture(scope="module")
def fit():
    return fit_for(named_shape("biphasic"))


def cortex(count, seed=1):
    rng = np.random.default_rng(seed)
    return 100 * rng.normal(size=(count, 3)), unit(rng.normal(size=(count, 3)))


@pytest.mark.parametrize("name", SHIPPED)
def test_the_tables_of_common_pulses_are_shipped_for_these_cells(name):
    assert is_shipped(named_shape(name))


def test_the_table_is_what_the_engine_gives(fit):
    cable = clones("L4")[2]
    directions = even_directions(24, cable.up)
    found = Engine(cable).thresholds(directions, named_shape("biphasic"), tolerance=0.02)
    mean, sd = (x[TYPES.index("L4")] for x in fit.at(directions @ cable.up))
    off = (np.log(found.v_per_m) - mean) / sd
    assert np.abs(off).max() < 4
    assert np.abs(off.mean()) < 2


def test_twenty_thousand_points_take_milliseconds(fit):
    e, normals = cortex(20_000)
    recruit(e, normals, fit, default_calibration())
    spent = []
    for _ in range(5):
        start = time.process_time()
        recruit(e, normals, fit, default_calibration())
        spent.append(time.process_time() - start)
    assert min(spent) < 0.05


def test_twenty_thousand_points_with_layers_and_gradients_take_milliseconds(fit):
    e, normals = cortex(20_000)
    layers = np.stack([e * factor for factor in (1.1, 1.05, 1.0, 0.95, 0.9)])
    gradient = np.linspace(-15, 15, 20_000)
    spent = []
    for _ in range(5):
        start = time.process_time()
        recruit(layers, normals, fit, default_calibration(), gradient)
        spent.append(time.process_time() - start)
    assert min(spent) < 0.05


def test_a_field_for_each_type_moves_that_type_only(fit):
    e, normals = cortex(100)
    layers = np.repeat(e[None], len(TYPES), axis=0)
    layers[TYPES.index("L4")] *= 1.5
    same = recruit(e, normals, fit, default_calibration())
    found = recruit(layers, normals, fit, default_calibration())
    for name in TYPES:
        assert np.allclose(found.layers[name], same.layers[name]) == (name != "L4")
    assert np.allclose(found.baselines["cosine"], same.baselines["cosine"])


def test_recruitment_grows_with_the_field_and_with_the_factor(fit):
    e, normals = cortex(200)
    weak = recruit(e, normals, fit, default_calibration())
    strong = recruit(1.3 * e, normals, fit, default_calibration())
    same = recruit(e, normals, fit, default_calibration(2.5 * 1.3))
    for name in TYPES:
        assert (strong.layers[name] >= weak.layers[name]).all()
        assert np.allclose(strong.layers[name], same.layers[name])


def test_no_field_recruits_nobody(fit):
    found = recruit(np.zeros((4, 3)), np.tile([0, 0, 1.0], (4, 1)), fit, default_calibration())
    shares = [*found.layers.values(), *found.baselines.values()]
    assert max(float(share.max()) for share in shares) < 1e-12


def test_the_baselines_see_only_what_they_name(fit):
    normals = np.tile([0, 0, 1.0], (3, 1))
    e = 90.0 * np.array([[0, 0, -1.0], [0, 0, 1.0], [1.0, 0, 0]])
    found = recruit(e, normals, fit, default_calibration()).baselines
    assert np.ptp(found["magnitude"]) < 1e-9
    assert found["normal"][0] > 0.1 > found["normal"][1]
    assert found["cosine"][0] == pytest.approx(found["cosine"][1])
    assert found["cosine"][2] < 1e-9


def test_a_fitted_factor_meets_its_criterion(fit):
    e, normals = cortex(100)
    calibration = fitted_calibration(fit, e, normals)
    assert calibration.fitted
    shares = recruit(e, normals, fit, calibration).layers["L5"]
    assert shares.mean() == pytest.approx(CRITERION, rel=1e-3)


def test_the_threshold_field_scales_inversely_with_the_field(fit):
    e, normals = cortex(50)
    once, twice = (factor_at_criterion(fit, k * e, normals) for k in (1, 2))
    assert once == pytest.approx(2 * twice, rel=1e-6)


def test_gradients_change_thresholds_by_little(fit):
    cosine = np.linspace(-1, 1, 21)
    flat = fit.at(cosine, np.zeros(21))[0]
    assert np.allclose(flat, fit.at(cosine)[0])
    steep = fit.at(cosine, np.full(21, 20.0))[0]
    assert 0.001 < np.abs(steep - flat).max() < 0.5


@pytest.mark.parametrize("scale", [1e6, np.nan])
def test_a_field_that_cannot_be_is_refused(fit, scale):
    e, normals = cortex(5)
    with pytest.raises(BadInputError, match="field"):
        recruit(scale * e, normals, fit, default_calibration())


def test_a_factor_that_cannot_be_is_refused():
    with pytest.raises(BadInputError, match="factor"):
        default_calibration(-1.0)


def test_even_directions_hold_both_poles_and_cover_the_sphere():
    up = unit(np.array([0.2, -0.4, 0.9]))
    directions = even_directions(200, up)
    theta = theta_deg(directions, up)
    assert theta[0] == pytest.approx(0, abs=1e-5)
    assert theta[-1] == pytest.approx(180, abs=1e-5)
    assert np.abs(directions.mean(axis=0)).max() < 0.02
    gaps = np.sort(directions @ directions.T, axis=1)[:, -2]
    assert np.degrees(np.arccos(gaps)).min() > 5
