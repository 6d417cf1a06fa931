import numpy as np
import pytest

from cortistim.coil import named_coil
from cortistim.coil.casing import casing_around
from cortistim.coil.coil import Casing, Coil
from cortistim.coil.current import SampledPotential, Segments
from cortistim.coil.point_currents import PointCurrents
from cortistim.coil.reduction import BOUND, FEW, reduced
from cortistim.coil.stand_in import BRAIN_DEPTH_M, scenes
from cortistim.errors import BadInputError


def wire_coil(n_turn=8, n_piece=120):
    """Concentric turns of wire at z = -10 mm."""
    angle = 2 * np.pi * np.arange(n_piece + 1) / n_piece
    circle = np.column_stack([np.cos(angle), np.sin(angle), 0 * angle])
    rings = [radius_m * circle + [0, 0, -0.01] for radius_m in np.linspace(0.03, 0.05, n_turn)]
    starts, ends = (
        np.vstack([ring[part] for ring in rings]) for part in (slice(-1), slice(1, None))
    )
    wire = Segments((starts + ends) / 2, ends - starts)
    none = np.empty((0, 3))
    return Coil("rings", none, none, casing_around(wire.centres_m), "", (), further=(wire,))


@pytest.fixture(params=["magstim_d70", "magstim_dcc", "wire"])
def coil(request):
    return wire_coil() if request.param == "wire" else named_coil(request.param)


def worst_share(coil, few, count, seed):
    """Rms difference of A over rms of A in the brain of the worst of some new poses."""
    shares = []
    for scene in scenes(coil, count, seed=seed):
        full, less = (c.vector_potential_t_m(scene.brain_m) for c in (coil, few))
        shares.append(np.linalg.norm(less - full) / np.linalg.norm(full))
    return max(shares)


def test_few_elements_hold_the_potential_in_brains_they_have_not_seen(coil):
    found = reduced(coil)
    assert found.words == ""
    assert found.elements <= FEW < found.full_elements
    assert 0 < found.brain_error <= BOUND
    assert worst_share(coil, found.coil, 10, seed=77) <= found.brain_error


def test_a_reduced_coil_is_wrong_at_its_copper_and_keeps_its_casing(coil):
    found = reduced(coil)
    assert found.coil.casing is coil.casing
    near_m = coil.copper_m[:50] + np.array([0, 0, 3e-3])
    full, few = (c.vector_potential_t_m(near_m) for c in (coil, found.coil))
    assert np.linalg.norm(few - full) > 3 * found.brain_error * np.linalg.norm(full)


def test_the_same_coil_is_fitted_once(coil, monkeypatch):
    few = reduced(coil).coil.further[0]
    reduced.cache_clear()
    monkeypatch.setattr("cortistim.coil.reduction._fitted_arrays", None)
    again = reduced(coil).coil.further[0]
    np.testing.assert_array_equal(again.currents_m, few.currents_m)


def test_small_coils_and_grids_stay_as_they_are():
    small = named_coil("magstim_d25")
    assert reduced(small).coil is small
    assert "not more than" in reduced(small).words
    grid = SampledPotential(np.ones((2, 2, 2, 3)), np.diag([0.1, 0.1, 0.1, 1]), np.eye(4))
    none = np.empty((0, 3))
    sampled = Coil("grid", none, none, small.casing, "", (), further=(grid,))
    assert reduced(sampled).coil is sampled
    assert "grid" in reduced(sampled).words


def test_a_stand_in_head_is_clear_of_the_coil(coil):
    for scene in scenes(coil, 5, seed=3):
        apart_m = np.linalg.norm(coil.copper_m[:, None] - scene.scalp_m, axis=2).min()
        assert apart_m > 2e-3
        deep_m = np.linalg.norm(scene.brain_m - scene.scalp_m, axis=1)
        assert deep_m.min() >= 0.99 * BRAIN_DEPTH_M


def test_a_coil_that_fits_on_no_head_is_refused():
    d70 = named_coil("magstim_d70")
    ahead = Casing(
        d70.casing.vertices_m + np.array([0, 0, 0.15]), d70.casing.triangles, "in front"
    )
    walled = Coil("walled", d70.dipoles_m, d70.moments_m2, ahead, "", ())
    with pytest.raises(BadInputError, match="fit on a head"):
        scenes(walled, 2, seed=0)
    assert reduced(walled).coil is walled
    assert "fits on no head" in reduced(walled).words


def test_point_currents_fall_off_with_distance_alone():
    few = PointCurrents(np.zeros((1, 3)), np.array([[0.0, 2.0, 0.0]]))
    points_m = np.array([[0.05, 0, 0], [0, 0.05, 0]])
    expected = np.tile([0, 1e-7 * 2 / 0.05, 0], (2, 1))
    np.testing.assert_allclose(few.vector_potential_t_m(points_m), expected, rtol=1e-12)


@pytest.mark.parametrize("kind", ["wire", "points"])
def test_the_slope_is_that_of_the_potential_and_its_curl_the_flux(kind):
    wire = wire_coil(2, 12).further[0]
    if kind == "points":
        wire = PointCurrents(wire.centres_m, wire.vectors_m)
    points_m = np.array([[0.01, 0.02, 0.005], [0.4, -0.3, 0.2], [0.031, 0, -0.008]])
    slope, h = wire.vector_potential_slope_t(points_m), 1e-6
    for axis, step in enumerate(h * np.eye(3)):
        ahead, behind = (wire.vector_potential_t_m(points_m + s) for s in (step, -step))
        measured = (ahead - behind) / (2 * h)
        np.testing.assert_allclose(slope[:, :, axis], measured, rtol=1e-3, atol=1e-9)
    curl = [slope[:, i, j] - slope[:, j, i] for i, j in ((2, 1), (0, 2), (1, 0))]
    flux = wire.flux_density_t(points_m)  # exact for wire, whose potential is not, far away
    np.testing.assert_allclose(flux, np.stack(curl, axis=1), atol=2e-3 * np.abs(flux).max())
