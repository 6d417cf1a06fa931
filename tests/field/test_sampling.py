import numpy as np
import pytest

from cortistim.errors import BadInputError
from cortistim.field import _kernels, sampler
from cortistim.field.percentiles import weighted_percentile
from cortistim.head.mesher import layered_sphere
from cortistim.head.rasterise import barycentric


@pytest.fixture(scope="module")
def ball():
    return layered_sphere((0.06, 0.08), (1, 2), edge_m=0.012)


@pytest.fixture(scope="module")
def points():
    return np.random.default_rng(0).uniform(-0.04, 0.04, (200, 3))


@pytest.mark.parametrize("recovery", ["element", "tissue", "harmonic"])
def test_the_gradient_of_a_linear_function_is_exact(ball, points, recovery):
    slope = np.array([2.0, -1.0, 0.5])
    found = sampler(ball, points, recovery=recovery).gradient(ball.nodes_m @ slope)
    np.testing.assert_allclose(found, np.tile(slope, (len(points), 1)), atol=1e-10)


@pytest.mark.parametrize("recovery", ["element", "tissue", "harmonic"])
def test_adjoint_loads_read_the_weighted_mean_gradient(ball, points, recovery):
    rng = np.random.default_rng(1)
    weight, potential = rng.random(len(points)), rng.standard_normal(len(ball.nodes_m))
    places = sampler(ball, points, recovery=recovery)
    wanted = weight @ places.gradient(potential)
    np.testing.assert_allclose(potential @ places.adjoint_loads(weight), wanted, rtol=1e-9)


@pytest.mark.parametrize("recovery", ["tissue", "harmonic"])
def test_recovery_never_looks_across_an_interface(ball, recovery):
    kinked = np.linalg.norm(ball.nodes_m, axis=1)
    potential = np.where(kinked > 0.06, 5 * (kinked - 0.06), 0.0)
    inside = np.random.default_rng(2).normal(size=(300, 3))
    inside *= 0.0575 / np.linalg.norm(inside, axis=1, keepdims=True)
    places = sampler(ball, inside, recovery=recovery)
    inner = places.tags == 1
    assert inner.sum() > 200
    assert np.abs(places.gradient(potential)[inner]).max() < 1e-9


def test_points_outside_are_nan_and_have_no_tissue(ball):
    places = sampler(ball, np.array([[0, 0, 0.2], [0, 0, 0.01]]))
    assert places.tags.tolist() == [0, 1]
    values = places.gradient(np.ones(len(ball.nodes_m)))
    assert np.isnan(values[0]).all()
    assert np.isfinite(values[1]).all()


def test_barycentric_weights_sum_to_one_and_rebuild_the_point(ball, points):
    places = sampler(ball, points)
    weight = barycentric(ball, places.tets, points)
    np.testing.assert_allclose(weight.sum(axis=1), 1)
    rebuilt = np.einsum("pk,pkc->pc", weight, ball.nodes_m[ball.tets[places.tets]])
    np.testing.assert_allclose(rebuilt, points, atol=1e-12)
    assert weight.min() > -1e-6


def test_an_unknown_recovery_is_refused(ball, points):
    with pytest.raises(BadInputError, match="'harmonic', 'tissue', 'element'"):
        sampler(ball, points, recovery="spline")


def test_shape_gradients_sum_to_zero_and_match_their_volumes(ball):
    slopes = _kernels.shape_gradients(ball.nodes_m, ball.tets)
    np.testing.assert_allclose(slopes.sum(axis=1), 0, atol=1e-9)
    own = np.einsum("tkc,tkc->tk", slopes, ball.nodes_m[ball.tets] - ball.centroids_m[:, None])
    np.testing.assert_allclose(own, 0.75)


def test_a_percentile_counts_area_not_points():
    values, areas = np.array([1.0, 2.0, np.nan]), np.array([1.0, 9.0, 5.0])
    assert weighted_percentile(values, areas, 50) == 2.0
    assert weighted_percentile(values, areas, 5) == 1.0


def test_points_in_millimetres_are_recognised(ball, points):
    with pytest.raises(BadInputError, match="Did you mean millimetres"):
        sampler(ball, 1e3 * points)
    assert (sampler(ball, points + np.array([0.3, 0, 0])).tets == -1).all()
