import numpy as np
import pytest

from cortistim.geometry import unit
from cortistim.viz.render.raster import (
    anatomical,
    downsample,
    rasterise,
    shade,
    surface_of,
    view_of,
)


@pytest.fixture(scope="module")
def sphere(make):
    directions, triangles = make.icosphere(4)
    return surface_of(directions * 0.05, triangles)


def test_a_sphere_covers_the_area_of_its_disc(sphere):
    view = view_of([0, 0, 1], sphere.vertices_m, margin=0.1)
    buffer = rasterise(sphere, np.zeros((len(sphere.vertices_m), 0)), view, 200)
    pixel_m2 = (2 * view.half_height_m / buffer.covered.shape[0]) ** 2
    assert buffer.covered.sum() * pixel_m2 == pytest.approx(np.pi * 0.05**2, rel=0.01)


def test_the_nearer_surface_hides_the_farther_one(sphere):
    z = sphere.vertices_m[:, 2:]
    view = view_of([0, 0, 1], sphere.vertices_m)
    buffer = rasterise(sphere, z, view, 100)
    assert buffer.values[buffer.covered].min() > -1e-4
    middle = tuple(size // 2 for size in buffer.covered.shape)
    assert buffer.values[middle][0] == pytest.approx(0.05, rel=0.01)


def test_depth_does_not_depend_on_the_order_of_the_triangles(sphere):
    view = view_of([1, 2, 0.5], sphere.vertices_m)
    none = np.zeros((len(sphere.vertices_m), 0))
    turned = surface_of(sphere.vertices_m, sphere.triangles[::-1])
    one, other = rasterise(sphere, none, view, 80), rasterise(turned, none, view, 80)
    np.testing.assert_array_equal(one.depth_m, other.depth_m)


def test_values_interpolate_linearly_across_a_triangle():
    corners = np.array([[-0.1, -0.1, 0], [0.3, -0.1, 0], [-0.1, 0.3, 0]])
    triangle = surface_of(corners, np.array([[0, 1, 2]]))
    view = view_of([0, 0, 1], corners, margin=0)
    buffer = rasterise(triangle, corners[:, :2], view, 40)
    rows, columns = np.nonzero(buffer.covered)
    size = 2 * view.half_height_m / buffer.covered.shape[0]
    x = view.centre_m[0] - view.half_width_m + (columns + 0.5) * size
    np.testing.assert_allclose(buffer.values[rows, columns, 0], x, atol=1e-6)


def test_anterior_is_left_when_the_left_side_is_looked_at(sphere):
    assert view_of([-1, 0, 0], sphere.vertices_m).edge_labels() == ("A", "P", "I", "S")
    assert view_of([1, 0, 0], sphere.vertices_m).edge_labels() == ("P", "A", "I", "S")


def test_from_above_left_is_left_and_anterior_is_up(sphere):
    assert view_of([0, 0, 1], sphere.vertices_m).edge_labels() == ("L", "R", "P", "A")


@pytest.mark.parametrize("toward", [[-1, 0, 0], [0, 0, 1], [0, 0, -1], [-0.7, -0.2, 0.7]])
def test_a_view_is_a_right_handed_frame_that_holds_everything(sphere, toward):
    view = view_of(toward, sphere.vertices_m, aspect=1.3)
    axes = np.stack([view.right, view.up, view.toward])
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(axes) == pytest.approx(1)
    left, right, bottom, top = view.extent_mm
    xy = view.project_mm(sphere.vertices_m)
    assert (xy > [left, bottom]).all()
    assert (xy < [right, top]).all()


def test_a_slanted_direction_gets_two_letters():
    assert anatomical(unit(np.array([-0.8, 0.7, 0.0]))) == "LA"
    assert anatomical(np.array([0.1, 0.0, -2.0])) == "I"


def test_light_comes_from_the_upper_left(sphere):
    view = view_of([0, 0, 1], sphere.vertices_m)
    buffer = rasterise(sphere, np.zeros((len(sphere.vertices_m), 0)), view, 100)
    picture = shade(buffer, np.full((*buffer.covered.shape, 3), 0.6), view)
    assert picture[30, 35, 0] > picture[70, 65, 0] + 0.1


def test_edges_keep_their_colour_when_pixels_are_averaged():
    fine = np.zeros((2, 2, 4))
    fine[0, 0] = [0.2, 0.4, 0.6, 1.0]
    np.testing.assert_allclose(downsample(fine)[0, 0], [0.2, 0.4, 0.6, 0.25])
