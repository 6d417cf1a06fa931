import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cortistim.errors import BadInputError, PoseError
from cortistim.placement import (
    Pose,
    cortical_target,
    describe_handle,
    handle_angle_rad,
    place_over,
    place_towards,
    scalp_point,
    scalp_under,
    side_in_words,
)

RADIUS_M = 0.090


def on_sphere(polar_deg, azimuth_deg, radius_m=RADIUS_M):
    polar, azimuth = np.radians([polar_deg, azimuth_deg])
    flat = np.sin(polar)
    return radius_m * np.array([flat * np.cos(azimuth), flat * np.sin(azimuth), np.cos(polar)])


def tilt_deg(a, b):
    return np.degrees(np.arccos(np.clip(a @ b, -1, 1)))


def test_a_coil_on_the_vertex_with_its_handle_back_looks_down_and_forward(head):
    pose = place_over(head, np.array([0, 0, RADIUS_M]), handle_rad=0.0, distance_m=4e-3)
    expected = np.array([[-1, 0, 0], [0, 1, 0], [0, 0, -1.0]]).T
    assert np.allclose(pose.rotation, expected, atol=0.02)
    assert np.allclose(pose.origin_m, [0, 0, RADIUS_M + 4e-3], atol=0.5e-3)


@given(
    polar_deg=st.floats(10, 80),
    azimuth_deg=st.floats(0, 360),
    angle_deg=st.floats(-179, 179),
)
@settings(max_examples=60, deadline=None)
def test_the_handle_angle_comes_back_on_both_hemispheres(
    head, polar_deg, azimuth_deg, angle_deg
):
    point_m = on_sphere(polar_deg, azimuth_deg)
    assume(abs(point_m[1]) < 0.95 * RADIUS_M)
    assume(abs(point_m[0]) > 3e-3)
    pose = place_over(head, point_m, handle_rad=np.radians(angle_deg), distance_m=4e-3)
    assert np.degrees(handle_angle_rad(head, pose)) == pytest.approx(angle_deg, abs=1e-6)
    assert np.allclose(pose.rotation.T @ pose.rotation, np.eye(3), atol=1e-12)
    assert np.linalg.det(pose.rotation) == pytest.approx(1)


@pytest.mark.parametrize(
    ("x_m", "sideways"), [(-0.05, "left"), (0.05, "right"), (0.0, "right")]
)
def test_a_positive_angle_turns_the_handle_away_from_the_midline(head, x_m, sideways):
    point_m = np.array([x_m, 0.0, np.sqrt(RADIUS_M**2 - x_m**2)])
    pose = place_over(head, point_m, handle_rad=np.pi / 4)
    x, y, _ = pose.handle_direction
    assert (x < 0) == (sideways == "left")
    assert y < 0
    words = describe_handle(head, pose)
    assert "backward" in words
    assert f"to the {sideways}" in words
    assert "45°" in words


@pytest.mark.parametrize("y_m", [RADIUS_M, -RADIUS_M])
def test_no_handle_angle_exists_on_forehead_and_back(head, y_m):
    with pytest.raises(PoseError, match="second point"):
        place_over(head, np.array([0, y_m, 0]), handle_rad=0.0)
    pose = place_towards(head, np.array([0, y_m, 0]), towards_m=np.array([0, y_m, 0.05]))
    assert "undefined" in describe_handle(head, pose)


def test_y_points_towards_the_second_point(head):
    pose = place_towards(
        head, on_sphere(40, 200), towards_m=np.array([0.0, 0.3, 0.05]), distance_m=7e-3
    )
    scalp_m, normal = scalp_under(head, on_sphere(40, 200))
    assert tilt_deg(pose.rotation[:, 2], -normal) < 1e-5
    assert np.allclose(pose.origin_m, scalp_m + 7e-3 * normal)
    line = np.array([0.0, 0.3, 0.05]) - scalp_m
    assert pose.rotation[:, 1] @ line > 0
    assert pose.rotation[:, 0] @ line == pytest.approx(0, abs=1e-9)


def test_a_second_point_above_the_first_is_refused(head):
    with pytest.raises(PoseError, match="side of the coil"):
        place_towards(head, on_sphere(40, 200), towards_m=on_sphere(40, 200, 0.2))


@given(polar_deg=st.floats(0, 180), azimuth_deg=st.floats(0, 360), depth=st.floats(0.7, 1.3))
@settings(max_examples=40, deadline=None)
def test_the_scalp_under_a_point_of_a_ball_is_radially_below(
    head, polar_deg, azimuth_deg, depth
):
    direction = on_sphere(polar_deg, azimuth_deg, 1.0)
    scalp_m, normal = scalp_under(head, depth * RADIUS_M * direction)
    assert tilt_deg(normal, direction) < 1.5
    assert np.linalg.norm(scalp_m) == pytest.approx(RADIUS_M, abs=0.3e-3)


@pytest.mark.parametrize(
    "matrix",
    [
        np.diag([-1.0, 1, 1, 1]),
        np.diag([1.1, 1, 1, 1]),
        np.array([[1, 0.1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]]),
        np.full((4, 4), np.nan),
        np.eye(3),
    ],
    ids=["mirrored", "scaled", "sheared", "not finite", "3x3"],
)
def test_a_matrix_that_is_not_rigid_is_refused(matrix):
    with pytest.raises(PoseError):
        Pose(matrix)


def test_rounding_in_a_matrix_is_removed():
    matrix = np.eye(4) + 1e-4 * np.random.default_rng(0).standard_normal((4, 4))
    matrix[3] = [0, 0, 0, 1]
    rotation = Pose(matrix).rotation
    assert np.allclose(rotation.T @ rotation, np.eye(3), atol=1e-14)


def test_an_electrode_is_found_whatever_its_capitals(head):
    assert np.array_equal(scalp_point(head, "fpz"), head.electrodes_m["Fpz"])


def test_an_unknown_electrode_is_answered_with_similar_names(head):
    with pytest.raises(BadInputError, match="C3") as refusal:
        scalp_point(head, "C33")
    assert "10-10" in str(refusal.value)


def test_the_cortical_target_lies_below_the_electrode(head):
    target_m = cortical_target(head, head.electrodes_m["C3"])
    radius_m = np.linalg.norm(target_m)
    assert radius_m == pytest.approx(0.064, abs=1e-3)
    direction = head.electrodes_m["C3"] / np.linalg.norm(head.electrodes_m["C3"])
    assert np.linalg.norm(target_m - radius_m * direction) < 4e-3


@pytest.mark.parametrize("bad", [np.array([0.0, np.nan, 0.1]), np.zeros(2)])
def test_a_point_that_is_none_is_refused(head, bad):
    with pytest.raises(BadInputError, match="three finite numbers"):
        place_over(head, bad, handle_rad=0.0)


def test_sides_have_names():
    assert [side_in_words(x) for x in (-0.02, 0.0005, 0.02)] == ["left", "midline", "right"]


def test_millimetres_and_degrees_are_recognised(head):
    point_m = np.array([0.02, 0.01, 0.09])
    with pytest.raises(BadInputError, match="Did you mean millimetres"):
        place_over(head, 1e3 * point_m, handle_rad=0.0)
    with pytest.raises(BadInputError, match="Did you mean millimetres"):
        place_towards(head, point_m, towards_m=np.array([20.0, 60.0, 90.0]))
    with pytest.raises(PoseError, match=r"Did you mean degrees\? Give numpy.radians\(45\)"):
        place_over(head, point_m, handle_rad=45)
    with pytest.raises(PoseError, match="Did you mean millimetres"):
        place_over(head, point_m, handle_rad=0.0, distance_m=4)
