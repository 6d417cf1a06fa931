import numpy as np
import pytest

from cortistim.errors import MeshError
from cortistim.head.mesh import TetMesh
from cortistim.head.rasterise import locate, rasterise
from cortistim.head.scalp import outer_boundary, scalp_distance, scalp_surface
from cortistim.head.surfaces import enclosed_volume_m3, vertex_normals

RADIUS_M = 0.090


def tilt_deg(normals, vertices):
    radial = vertices / np.linalg.norm(vertices, axis=1, keepdims=True)
    return np.degrees(np.arccos(np.clip((normals * radial).sum(axis=1), -1, 1)))


def test_the_scalp_of_a_ball_is_a_closed_sphere_that_faces_outwards(smooth_ball):
    scalp = scalp_surface(smooth_ball)
    assert np.allclose(np.linalg.norm(scalp.vertices_m, axis=1), RADIUS_M)
    edges = np.sort(scalp.triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()
    volume = enclosed_volume_m3(scalp.vertices_m, scalp.triangles)
    assert volume == pytest.approx(4 / 3 * np.pi * RADIUS_M**3, rel=5e-3)
    assert volume == pytest.approx(smooth_ball.volumes_m3.sum(), rel=1e-9)


def test_normals_of_a_rough_scalp_tilt_less_than_three_degrees(rough_ball):
    scalp = scalp_surface(rough_ball)
    plain = tilt_deg(vertex_normals(scalp.vertices_m, scalp.triangles), scalp.vertices_m)
    assert plain.max() > 10, "the surface must be rough for this test to mean anything"
    assert tilt_deg(scalp.normals, scalp.vertices_m).max() < 3


def test_curvature_of_a_sphere_is_one_over_its_radius(smooth_ball):
    scalp = scalp_surface(smooth_ball)
    assert np.allclose(scalp.curvature_per_m, 1 / RADIUS_M, rtol=0.05)


def test_an_inner_cavity_is_not_part_of_the_scalp(hollow_ball):
    vertices_m, _ = outer_boundary(hollow_ball)
    assert np.linalg.norm(vertices_m, axis=1).min() > 0.08


def test_a_mesh_turned_inside_out_is_refused(smooth_ball):
    turned = TetMesh(smooth_ball.nodes_m, smooth_ball.tets[:, [0, 2, 1, 3]], smooth_ball.tags)
    with pytest.raises(MeshError, match="positively oriented"):
        outer_boundary(turned)


def test_distance_to_a_sphere_is_right_near_and_far(smooth_ball):
    distance = scalp_distance(smooth_ball)
    rng = np.random.default_rng(1)
    direction = rng.standard_normal((4000, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    depth_m = rng.uniform(-20e-3, 20e-3, 4000)
    near_m = direction * (RADIUS_M + depth_m)[:, None]
    # the faces of a sphere of triangles lie up to 0.2 mm inside it
    assert np.abs(distance.at(near_m) - depth_m).max() < 0.35e-3
    far_m = direction * 0.4
    assert np.allclose(distance.at(far_m), 0.4 - RADIUS_M, rtol=0.05)
    assert (distance.at(far_m) > 0).all()


def test_the_closest_point_lies_on_the_surface_below(smooth_ball):
    distance = scalp_distance(smooth_ball)
    points_m = np.array([[0.05, 0.02, 0.06], [0.0, 0.0, 0.12], [-0.08, 0.03, 0.01]])
    closest_m, triangle, weights = distance.closest(points_m)
    radial = points_m / np.linalg.norm(points_m, axis=1, keepdims=True)
    assert np.allclose(closest_m, RADIUS_M * radial, atol=1.5e-3)
    assert np.allclose(np.linalg.norm(closest_m, axis=1), RADIUS_M, atol=0.3e-3)
    assert np.allclose(weights.sum(axis=1), 1)
    assert (weights >= 0).all()
    assert (triangle >= 0).all()


def test_the_distance_is_the_same_from_the_cache(smooth_ball):
    first, second = scalp_distance(smooth_ball), scalp_distance(smooth_ball)
    assert np.array_equal(first.values_m, second.values_m)


def test_voxels_fill_the_volume_of_each_tissue(layered_ball):
    labels, affine_m = rasterise(layered_ball, 1e-3)
    for tag in layered_ball.present_tags():
        volume = layered_ball.volumes_m3[layered_ball.tags == tag].sum()
        assert (labels == tag).sum() * 1e-9 == pytest.approx(volume, rel=0.01)
    assert affine_m[0, 0] == 1e-3


def test_every_tetrahedron_is_found_by_its_centre(layered_ball):
    whole = np.flatnonzero(layered_ball.volumes_m3 > 1e-12)
    assert np.array_equal(locate(layered_ball, layered_ball.centroids_m[whole]), whole)
    only_grey = locate(layered_ball, layered_ball.centroids_m[whole], tags=(2,))
    assert np.array_equal(only_grey >= 0, layered_ball.tags[whole] == 2)
    assert locate(layered_ball, np.array([[0.2, 0.0, 0.0]]))[0] == -1


def test_the_lower_bound_of_the_distance_is_exact_on_the_grid_and_never_above_beyond(
    hollow_ball,
):
    outside = scalp_distance(hollow_ball)
    points = np.random.default_rng(5).uniform(-0.3, 0.3, (2000, 3))
    exact, bound = outside.at(points), outside.at_least(points)
    near = np.abs(points).max(axis=1) < 0.12
    np.testing.assert_array_equal(bound[near], exact[near])
    assert (bound <= exact + 3e-4).all()
    far = np.abs(points).max(axis=1) > 0.2
    assert (bound[far] > 0.04).all()
