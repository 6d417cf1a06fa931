import numpy as np
import pytest

from cortistim.field import sampler
from cortistim.field.recovery.harmonic import harmonic_fits
from cortistim.head import TetMesh
from cortistim.head.mesher import layered_sphere

pytestmark = pytest.mark.oldest

RADII_M, SIGMA = (0.05, 0.08), (0.275, 1.654)


@pytest.fixture(scope="module")
def ball():
    return layered_sphere(RADII_M, (1, 2), edge_m=0.008)


def shell(radius_m, n=500, seed=0):
    points = np.random.default_rng(seed).normal(size=(n, 3))
    return points * (radius_m / np.linalg.norm(points, axis=1))[:, None]


def cubic(points):
    """A harmonic cubic of size one at 5 cm, and its gradient."""
    x, y, z = points.T / 0.05
    value = 1 + x - 2 * y * z + x * y * z + x * (4 * z * z - x * x - y * y)
    slope = [
        1 + y * z + 4 * z * z - 3 * x * x - y * y,
        -2 * z + x * z - 2 * x * y,
        -2 * y + x * y + 8 * x * z,
    ]
    return value, np.column_stack(slope) / 0.05


def in_uniform_field(points, within):
    """A ball of the first conductivity in the second: harmonic on both sides, with a jump."""
    moment, radius = (1 - SIGMA[0] / SIGMA[1]) / 3, RADII_M[0]
    distance = np.maximum(np.linalg.norm(points, axis=1), radius)
    ratio = np.where(within, 0.0, moment * (radius / distance) ** 3)
    far = np.where(within, 1.0, 1 - moment)
    slope = -(3 * ratio * points[:, 2] / distance**2)[:, None] * points
    slope[:, 2] += far + ratio
    return (far + ratio) * points[:, 2], slope


def jump_error(mesh, recovery, radii_m=(0.045, 0.0485, 0.0515, 0.055)):
    exact, _ = in_uniform_field(mesh.nodes_m, np.linalg.norm(mesh.nodes_m, axis=1) < 0.05)
    points = np.concatenate([shell(radius) for radius in radii_m])
    places = sampler(mesh, points, recovery=recovery)
    _, truth = in_uniform_field(points, places.tags == 1)
    return np.linalg.norm(places.gradient(exact) - truth) / np.linalg.norm(truth)


def sliver(height_m):
    nodes = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0.3, 0.3, height_m]], float)
    return TetMesh(nodes, np.array([[0, 1, 2, 3]], np.int32), np.array([2], np.int32))


def test_a_harmonic_cubic_within_one_tissue_is_met_exactly(ball):
    value, _ = cubic(ball.nodes_m)
    points = np.concatenate([shell(0.01), shell(0.03), shell(0.065)])
    places = sampler(ball, points, recovery="harmonic")
    fits = harmonic_fits(ball, points, places.tets)
    exact = fits.degrees == 3
    assert exact.mean() > 0.99
    _, slope = cubic(points[exact])
    np.testing.assert_allclose(places.gradient(value)[exact], slope, atol=1e-7)


def test_beside_an_interface_the_error_falls_at_second_order():
    edges = (0.016, 0.008, 0.004)
    meshes = [layered_sphere(RADII_M, (1, 2), edge_m=edge) for edge in edges]
    errors = [jump_error(mesh, "harmonic") for mesh in meshes]
    sizes = [len(mesh.nodes_m) ** (-1 / 3) for mesh in meshes]
    assert np.polyfit(np.log(sizes), np.log(errors), 1)[0] > 1.9
    assert errors[-1] < 0.1 * jump_error(meshes[-1], "tissue")


def test_a_harmonic_fit_takes_nothing_from_other_tissues(ball):
    value, _ = cubic(ball.nodes_m)
    disturbed = value.copy()
    outside = np.setdiff1d(np.arange(len(value)), ball.tets[ball.tags == 1])
    disturbed[outside] += np.random.default_rng(0).normal(size=len(outside))
    points = np.concatenate([shell(0.0485), shell(0.0515)])
    places = sampler(ball, points, recovery="harmonic")
    inner = places.tags == 1
    assert 300 < inner.sum() < 700
    before, after = places.gradient(value), places.gradient(disturbed)
    np.testing.assert_array_equal(before[inner], after[inner])
    assert np.abs(after[~inner] - before[~inner]).max() > 1


def test_weights_of_a_fit_sum_to_zero_and_to_the_identity_on_the_nodes(ball):
    points = shell(0.0485, n=50)
    fits = harmonic_fits(ball, points, sampler(ball, points).tets)
    np.testing.assert_allclose(fits.gradient(np.ones(len(ball.nodes_m))), 0, atol=1e-8)
    for axis in range(3):
        found = fits.gradient(ball.nodes_m[:, axis])
        np.testing.assert_allclose(found, np.tile(np.eye(3)[axis], (50, 1)), atol=1e-9)


def test_a_lone_tetrahedron_is_read_as_linear():
    mesh, point = sliver(0.7), np.array([[0.3, 0.3, 0.1]])
    potential = np.array([1.0, 3.0, -2.0, 4.0])
    places = sampler(mesh, point, recovery="harmonic")
    assert harmonic_fits(mesh, point, places.tets).degrees.tolist() == [1]
    wanted = sampler(mesh, point, recovery="element").gradient(potential)
    np.testing.assert_allclose(places.gradient(potential), wanted)


def test_where_no_fit_is_safe_the_average_of_the_tissue_is_read():
    mesh, point = sliver(0.002), np.array([[0.3, 0.3, 0.001]])
    potential = np.array([1.0, 3.0, -2.0, 4.0])
    places = sampler(mesh, point, recovery="harmonic")
    assert harmonic_fits(mesh, point, places.tets).degrees.tolist() == [0]
    wanted = sampler(mesh, point, recovery="tissue").gradient(potential)
    np.testing.assert_allclose(places.gradient(potential), wanted)
    loads = places.adjoint_loads(np.array([2.0]))
    np.testing.assert_allclose(potential @ loads, 2 * wanted[0])


def test_points_outside_have_no_fit_and_no_gradient(ball):
    points = np.array([[0, 0, 0.2], [0, 0, 0.01], [0.09, 0, 0]])
    places = sampler(ball, points, recovery="harmonic")
    assert harmonic_fits(ball, points, places.tets).degrees.tolist() == [-1, 3, -1]
    missing = np.isnan(places.gradient(cubic(ball.nodes_m)[0])).all(axis=1)
    assert missing.tolist() == [True, False, True]


def test_the_same_fits_come_out_every_time(ball):
    points = shell(0.03, n=100)
    tets = sampler(ball, points).tets
    first, second = (harmonic_fits(ball, points, tets) for _ in range(2))
    for a, b in zip(first.components, second.components, strict=True):
        np.testing.assert_array_equal(a.toarray(), b.toarray())
