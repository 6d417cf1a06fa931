import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from cortistim.coil import named_coil
from cortistim.errors import BadInputError, MissingAnatomyError, PoseError
from cortistim.field import FemSystem, solve_fields
from cortistim.head import AffineFrame, Head, tissues_for
from cortistim.head.mesher import layered_sphere
from cortistim.placement import clearance_m, handle_angle_rad, place_over, raise_until_clear
from cortistim.targeting import AimSettings, aim, solve_adjoint, target_at
from cortistim.targeting.scalp_poses import SearchRegion, turned
from cortistim.targeting.search import Search

PLACE_M = np.array([-0.035, 0.03, 0.052])


@pytest.fixture(scope="module")
def system(ball_head):
    return FemSystem.of(ball_head)


@pytest.fixture(scope="module")
def coil():
    return named_coil("magstim_d70")


@pytest.fixture(scope="module")
def aimed(ball_head, system, coil):
    return aim(ball_head, coil, PLACE_M, system=system)


@pytest.fixture(scope="module")
def search(ball_head, system, coil, aimed):
    centre = aimed.search_map.positions_m[0]
    adjoint = solve_adjoint(system, aimed.target, near_m=centre)
    return Search(ball_head, coil, SearchRegion(centre, 0.03, 0.006, 0.004, None), adjoint)


def random_poses(head, coil, centre, count, seed):
    rng = np.random.default_rng(seed)
    while count:
        point = centre + rng.uniform(-0.02, 0.02, 3)
        try:
            pose = place_over(
                head, point, handle_rad=rng.uniform(-np.pi, np.pi), distance_m=0.004
            )
        except PoseError:
            continue
        if np.linalg.norm(pose.origin_m - centre) < 0.02:
            count -= 1
            yield raise_until_clear(head, coil, pose)[0]


def test_the_prediction_is_the_direct_solve(aimed):
    assert aimed.reciprocity_error < 1e-4
    assert aimed.predicted_e_v_per_m == pytest.approx(aimed.e_v_per_m, rel=0.005)


def test_the_adjoint_predicts_any_pose(ball_head, system, coil, search, aimed):
    poses = list(random_poses(ball_head, coil, aimed.pose.origin_m, 5, seed=0))
    fields = solve_fields(ball_head, coil, poses, system=system)
    for pose, field in zip(poses, fields, strict=True):
        direct = aimed.target.at_v_per_m(field).mean(axis=0)
        exact = search.mean_field_v_per_m(pose, exact=True)
        fast = search.mean_field_v_per_m(pose)
        np.testing.assert_allclose(exact, direct, atol=1e-4 * np.linalg.norm(direct))
        np.testing.assert_allclose(fast, direct, atol=5e-3 * np.linalg.norm(direct))


def test_no_random_legal_pose_beats_the_chosen_one(ball_head, system, coil, aimed):
    poses = list(random_poses(ball_head, coil, aimed.pose.origin_m, 40, seed=1))
    fields = [
        field
        for k in range(0, 40, 8)
        for field in solve_fields(ball_head, coil, poses[k : k + 8], system=system)
    ]
    strength = [
        np.linalg.norm(aimed.target.at_v_per_m(field), axis=1).mean() for field in fields
    ]
    assert max(strength) < 1.01 * aimed.e_v_per_m
    assert min(strength) < 0.95 * aimed.e_v_per_m


def test_the_chosen_pose_is_clear_of_the_head(ball_head, coil, aimed):
    assert clearance_m(ball_head, coil, aimed.pose) > -0.0005


def test_the_chosen_handle_points_backward(ball_head, aimed):
    assert abs(handle_angle_rad(ball_head, aimed.pose)) <= np.pi / 2 + 0.01


def test_a_fixed_handle_stays_fixed(ball_head, system, coil):
    settings = AimSettings(handle_rad=np.deg2rad(30), radius_m=0.015)
    found = aim(ball_head, coil, PLACE_M, settings=settings, system=system)
    assert np.rad2deg(handle_angle_rad(ball_head, found.pose)) == pytest.approx(30, abs=1.5)


def test_aiming_turns_with_the_head(ball_head, coil, aimed):
    turn = Rotation.from_euler("z", 20, degrees=True).as_matrix()
    matrix = np.eye(4)
    matrix[:3, :3] = turn
    mesh = type(ball_head.mesh)(
        ball_head.mesh.nodes_m @ turn.T, ball_head.mesh.tets, ball_head.mesh.tags
    )
    frame = AffineFrame(np.linalg.inv(matrix), "turned")
    head = Head("turned", mesh, ball_head.tissues, frame, "test")
    found = aim(head, coil, turn @ aimed.target.centre_m)
    assert found.e_v_per_m == pytest.approx(aimed.e_v_per_m, rel=0.02)


def test_turning_a_coil_full_circle_changes_nothing(aimed):
    np.testing.assert_allclose(
        turned(turned(aimed.pose, 2.5), 2 * np.pi - 2.5).matrix_m,
        aimed.pose.matrix_m,
        atol=1e-12,
    )


def test_a_target_off_the_cortex_is_moved_and_told(ball_head):
    target = target_at(ball_head, np.array([0, 0, 0.082]))
    assert 0.004 < target.moved_m < 0.02
    assert np.linalg.norm(target.centre_m) == pytest.approx(0.07, abs=0.005)


def test_a_target_far_from_the_cortex_is_refused(ball_head):
    with pytest.raises(BadInputError, match="Check its units"):
        target_at(ball_head, np.array([0, 0, 0.2]))


def test_a_head_without_grey_matter_has_no_target():
    mesh = layered_sphere((0.08, 0.09), (3, 5), edge_m=0.02)
    head = Head("bare", mesh, tissues_for((3, 5)), AffineFrame(np.eye(4), ""), "test")
    with pytest.raises(MissingAnatomyError):
        target_at(head, np.array([0, 0, 0.07]))
