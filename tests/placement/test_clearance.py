import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cortistim.coil.coil import Casing, Coil
from cortistim.errors import PoseError
from cortistim.placement import (
    Pose,
    clearance_m,
    distance_along_axis_m,
    place_over,
    raise_until_clear,
    require_clear,
)
from cortistim.placement.clearance import casing_samples_m

RADIUS_M = 0.090
TOP_M = np.array([0.0, 0.0, RADIUS_M])


@given(height_m=st.floats(-0.02, 0.03), x=st.floats(-0.05, 0.05), y=st.floats(-0.05, 0.05))
@settings(max_examples=40, deadline=None)
def test_a_flat_coil_clears_a_ball_by_the_height_of_its_centre(
    head, make_plate_coil, height_m, x, y
):
    direction = np.array([x, y, 0.09]) / np.linalg.norm([x, y, 0.09])
    pose = place_over(head, RADIUS_M * direction, handle_rad=0.3, distance_m=height_m)
    # the lowest part is the plate's centre, or the dipole 5 mm behind it when inside
    assert clearance_m(head, make_plate_coil(), pose) == pytest.approx(height_m, abs=0.5e-3)


def test_a_bent_rim_is_what_cuts_the_head(head, make_plate_coil):
    bent = make_plate_coil(bend_m=0.03)
    pose = place_over(head, TOP_M, handle_rad=0.0, distance_m=4e-3)
    rim_m = pose.to_subject_m(bent.casing.vertices_m)
    expected_m = np.linalg.norm(rim_m, axis=1).min() - RADIUS_M
    assert expected_m < -5e-3
    assert clearance_m(head, bent, pose) == pytest.approx(expected_m, abs=1e-3)


def test_a_coil_in_the_head_is_refused_with_depth_place_and_remedy(head, make_plate_coil):
    pose = place_over(head, 0.09 * np.array([-0.6, 0, 0.8]), handle_rad=0.0, distance_m=-6e-3)
    with pytest.raises(PoseError, match=r"6\.\d mm inside it on the left") as refusal:
        require_clear(head, make_plate_coil(), pose)
    assert "Increase the distance by 6" in str(refusal.value)


def test_touching_is_allowed(head, make_plate_coil):
    require_clear(
        head, make_plate_coil(), place_over(head, TOP_M, handle_rad=0.0, distance_m=0.0)
    )


def test_lifting_stops_where_the_casing_just_clears(head, make_plate_coil):
    bent = make_plate_coil(bend_m=0.03)
    pose = place_over(head, TOP_M, handle_rad=0.0, distance_m=4e-3)
    lifted, distance_m = raise_until_clear(head, bent, pose)
    assert 0 <= clearance_m(head, bent, lifted) < 0.1e-3
    assert np.allclose(lifted.rotation, pose.rotation, atol=1e-12)
    moved_m = lifted.origin_m - pose.origin_m
    assert np.allclose(np.cross(moved_m, pose.rotation[:, 2]), 0, atol=1e-12)
    assert distance_m == pytest.approx(4e-3 + np.linalg.norm(moved_m), abs=0.5e-3)


def test_a_clear_coil_is_not_moved(head, make_plate_coil):
    pose = place_over(head, TOP_M, handle_rad=0.0, distance_m=4e-3)
    lifted, distance_m = raise_until_clear(head, make_plate_coil(), pose)
    assert lifted is pose
    assert distance_m == pytest.approx(4e-3, abs=0.3e-3)


def test_distance_along_the_axis_is_longer_than_the_shortest(head):
    pose = place_over(head, TOP_M, handle_rad=0.0, distance_m=10e-3)
    shifted = pose.matrix_m.copy()
    shifted[:3, 3] += [0.045, 0, 0]
    height_m = RADIUS_M + 10e-3 - np.sqrt(RADIUS_M**2 - 0.045**2)
    assert distance_along_axis_m(head, Pose(shifted)) == pytest.approx(height_m, abs=0.5e-3)


def test_a_coil_that_looks_away_cannot_be_lifted_clear(head, make_plate_coil):
    pose = place_over(head, TOP_M, handle_rad=0.0, distance_m=-0.01)
    away = pose.matrix_m @ np.diag([1, -1, -1, 1])
    with pytest.raises(PoseError, match="z axis points into the head"):
        raise_until_clear(head, make_plate_coil(), Pose(away))


def test_large_triangles_are_sampled_within():
    corners_m = np.array([[0.1, 0, 0], [-0.1, 0.1, 0], [-0.1, -0.1, 0]])
    samples_m = casing_samples_m(Casing(corners_m, np.array([[0, 1, 2]]), "one triangle"))
    inner = np.random.default_rng(0).dirichlet([1, 1, 1], 500) @ corners_m
    gaps_m = np.linalg.norm(inner[:, None] - samples_m[None], axis=2).min(axis=1)
    assert gaps_m.max() < 3e-3


def test_dipoles_count_as_part_of_the_coil(head):
    corners_m = np.array([[0, 0, -0.02], [0.01, 0, -0.02], [0, 0.01, -0.02]])
    casing = Casing(corners_m, np.array([[0, 1, 2]]), "one triangle")
    coil = Coil("long", np.array([[0, 0, 0.01]]), np.array([[0, 0, 1.0]]), casing, "", ())
    pose = place_over(head, TOP_M, handle_rad=0.0, distance_m=4e-3)
    assert clearance_m(head, coil, pose) == pytest.approx(-6e-3, abs=0.5e-3)


def test_a_pose_far_from_the_head_is_refused_with_a_guess(head, make_plate_coil):
    coil = make_plate_coil()
    near = place_over(head, TOP_M, handle_rad=0.0)
    for far_m, words in ((0.9, "the head's frame"), (90.0, "metres")):
        matrix_m = near.matrix_m.copy()
        matrix_m[2, 3] += far_m
        for check in (require_clear, raise_until_clear):
            with pytest.raises(PoseError, match=f"at the head.*{words}"):
                check(head, coil, Pose(matrix_m))
    require_clear(head, coil, near)


@pytest.mark.parametrize(
    ("x_m", "where"), [(-0.04, "on the left"), (0.04, "on the right"), (0.0, "on the midline")]
)
def test_a_coil_inside_the_head_is_told_on_its_side(head, make_plate_coil, x_m, where):
    pose = place_over(head, np.array([x_m, 0, 0.07]), handle_rad=0.0, distance_m=-0.005)
    with pytest.raises(PoseError, match=f"inside it {where}, at"):
        require_clear(head, make_plate_coil(), pose)
