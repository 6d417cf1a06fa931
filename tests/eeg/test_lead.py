"""Lead fields: closed form against potentials, finite elements against both."""

import numpy as np
import pytest

from cortistim.errors import BadInputError
from cortistim.field.analytic.eeg_sphere import sphere_lead_field
from cortistim.field.eeg_lead import dipole_potentials, eeg_lead, electrode_weights
from cortistim.geometry import unit

RADIUS_M, SIGMA = 0.09, 0.33
DIRECTIONS = np.array([[0, 0, 1.0], [1, 0, 0], [0.6, 0, 0.8]])
POINTS_M = np.array([[0.02, 0.01, 0.05], [0, 0, 0.08], [0.03, -0.04, -0.02], [0, 0, 0]])


def homogeneous(points_m):
    """Potential of one ampere into a sphere at a point of its surface, in closed form."""
    r = np.linalg.norm(points_m, axis=-1) / RADIUS_M
    rows = []
    for direction in DIRECTIONS:
        along = points_m @ direction / RADIUS_M
        away = np.sqrt(1 - 2 * along + r * r)
        value = 2 * (1 / away - 1) + np.log(2 / (1 - along + away))
        rows.append(value / (4 * np.pi * RADIUS_M * SIGMA))
    return np.array(rows)


def test_the_series_is_the_closed_form_of_one_layer():
    found = sphere_lead_field(POINTS_M, DIRECTIONS, [RADIUS_M], [SIGMA], terms=400)
    step = 1e-6
    slopes = [
        (homogeneous(POINTS_M + step * axis) - homogeneous(POINTS_M - step * axis)) / (2 * step)
        for axis in np.eye(3)
    ]
    assert np.allclose(found, np.stack(slopes, axis=-1), rtol=1e-5, atol=1e-4)


def test_layers_of_one_conductivity_are_one_layer():
    one = sphere_lead_field(POINTS_M, DIRECTIONS, [RADIUS_M], [SIGMA])
    layers = sphere_lead_field(POINTS_M, DIRECTIONS, [0.03, 0.07, RADIUS_M], [SIGMA] * 3)
    assert np.allclose(one, layers, rtol=1e-10, atol=1e-12)


def test_a_skull_weakens_and_the_field_of_a_dipole_sums_to_nothing():
    radii = (0.08, 0.085, 0.092)
    k = np.arange(300) + 0.5  # an even spiral
    z, turn = 1 - k / 150, np.pi * (1 + 5**0.5) * k
    many = np.column_stack(
        [np.sqrt(1 - z * z) * np.cos(turn), np.sqrt(1 - z * z) * np.sin(turn), z]
    )
    points_m = np.array([[0.0, 0.02, 0.06]])
    hard = sphere_lead_field(points_m, many, radii, (0.33, 0.0066, 0.33))
    soft = sphere_lead_field(points_m, many, radii, (0.33, 0.33, 0.33))
    assert np.abs(hard).max() < 0.5 * np.abs(soft).max()
    assert np.abs(hard.mean(axis=0)).max() < 0.01 * np.abs(hard).max()


@pytest.mark.parametrize(
    ("radii", "sigma", "points_m"),
    [
        ((0.09, 0.08), (0.3, 0.3), POINTS_M),
        ((0.08, 0.09), (0.3,), POINTS_M),
        ((0.08, 0.09), (0.3, 0.0), POINTS_M),
        ((0.02, 0.03), (0.3, 0.3), POINTS_M),
    ],
)
def test_spheres_that_cannot_be_are_refused(radii, sigma, points_m):
    with pytest.raises(BadInputError, match=r"sphere"):
        sphere_lead_field(points_m, DIRECTIONS, radii, sigma)


@pytest.fixture(scope="module")
def places():
    draw = unit(np.random.default_rng(1).normal(size=(60, 3)))
    up = unit(np.random.default_rng(2).normal(size=(24, 3)) + np.array([0, 0, 1]))
    return 0.070 * draw, 0.092 * up


def test_elements_agree_with_the_series(ball_head, places):
    """A ball of 9 mm edges: a few percent; the built-in one is finer, and closer."""
    points_m, electrodes_m = places
    lead = eeg_lead(ball_head, electrodes_m, points_m)
    sigma = {t.tag: t.sigma_siemens_per_m for t in ball_head.tissues}
    radii = (0.066, 0.074, 0.078, 0.084, 0.092)
    exact = sphere_lead_field(
        points_m, lead.electrodes_m, radii, [sigma[k] for k in range(1, 6)]
    )
    exact = exact - exact.mean(axis=0)
    normals = unit(points_m)
    ours, theirs = lead.along(normals), np.einsum("epc,pc->ep", exact, normals)
    sizes = np.linalg.norm(ours, axis=0) / np.linalg.norm(theirs, axis=0)
    shapes = np.linalg.norm(
        ours / np.linalg.norm(ours, axis=0) - theirs / np.linalg.norm(theirs, axis=0), axis=0
    )
    assert np.median(np.abs(sizes - 1)) < 0.05
    assert np.median(shapes) < 0.06
    assert np.abs(lead.gain.mean(axis=0)).max() < 1e-5 * np.abs(lead.gain).max()


def test_reciprocity_is_the_direct_solve(ball_head, places):
    points_m, electrodes_m = places[0][:3], places[1][:6]
    lead = eeg_lead(ball_head, electrodes_m, points_m, recovery="element")
    weights, _ = electrode_weights(ball_head, electrodes_m)
    moment = np.array([1.0, -2.0, 0.5])
    for row, point_m in enumerate(points_m):
        direct = dipole_potentials(ball_head, point_m, moment, weights)
        assert np.allclose(lead.gain[:, row] @ moment, direct, atol=1e-5 * np.abs(direct).max())


def test_a_dipole_that_points_at_an_electrode_makes_it_positive(ball_head):
    electrodes_m = 0.092 * np.vstack([[0, 0, 1], [1, 0, 0], [0, 1, 0], [-1, 0, 0]])
    lead = eeg_lead(ball_head, electrodes_m, np.array([[0, 0, 0.07]]))
    assert lead.along(np.array([[0.0, 0, 1]]))[0, 0] > 0


def test_electrodes_far_from_the_scalp_and_single_ones_are_refused(ball_head):
    with pytest.raises(BadInputError, match="of the scalp"):
        eeg_lead(ball_head, np.array([[0, 0, 0.2], [0, 0.092, 0]]), POINTS_M[:1])
    with pytest.raises(BadInputError, match="at least 2"):
        eeg_lead(ball_head, np.array([[0, 0, 0.092]]), POINTS_M[:1])
