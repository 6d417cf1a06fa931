"""Virtual subjects with a head, and the poses around a start, on the coarse ball."""

import numpy as np
import pytest

from cortistim.errors import BadInputError, PoseError
from cortistim.mapping.person import NO_NUISANCES, VirtualSession
from cortistim.placement import Pose, clearance_m, place_over
from cortistim.study.mapping.fields import PoseFields, fields_of, pose_shares
from cortistim.study.mapping.pose_grid import GridSettings, pose_grid
from cortistim.study.mapping.virtual import SubjectMaker, SubjectRequest, slid

HAND = "-37,-25,56"
SMALL = GridSettings(radius_m=0.012, spacing_m=0.006, step_rad=np.pi / 4)
pytestmark = pytest.mark.filterwarnings("ignore::cortistim.field.MissedShareWarning")


@pytest.fixture(scope="module")
def coil(light_coil):
    return light_coil


@pytest.fixture(scope="module")
def operator(light_operator):
    return light_operator


@pytest.fixture(scope="module")
def maker(ball_head, operator, coil, session_cache):
    from cortistim.study.mapping import virtual

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CORTISTIM_CACHE", str(session_cache))
        patch.setattr(virtual, "SEARCH", SMALL)
        return SubjectMaker(ball_head, operator, coil, target=HAND)


@pytest.fixture(scope="module")
def start(maker):
    return maker.start


def test_the_grid_holds_the_start_and_clear_poses_around_it(ball_head, coil, start):
    grid = pose_grid(ball_head, coil, start, SMALL)
    at_start = (grid.place == 0) & (np.abs(grid.turns_rad[grid.turn]) < 1e-9)
    first = Pose(grid.poses_m[at_start][0])
    np.testing.assert_allclose(first.rotation, start.rotation, atol=1e-3)
    assert np.linalg.norm(first.origin_m - start.origin_m) < 1e-3
    assert sorted(np.degrees(grid.turns_rad).round()) == [-90, -45, 0, 45]
    assert min(clearance_m(ball_head, coil, Pose(m)) for m in grid.poses_m[::7]) > -1e-3


def test_coordinates_are_ways_along_the_scalp_and_turns_about_the_coil(ball_head, coil, start):
    grid = pose_grid(ball_head, coil, start, SMALL)
    found = grid.coordinates(grid.poses_m)
    np.testing.assert_allclose(found[:, :2], grid.places_m[grid.place], atol=1e-3)
    np.testing.assert_allclose(found[:, 2], grid.turns_rad[grid.turn], atol=0.2)
    for turn in (0.3, -0.7):
        there_m = slid(ball_head, start.matrix_m, np.array([4e-3, -3e-3]), turn)
        u, v, angle = grid.coordinates(there_m[None])[0]
        assert np.hypot(u, v) == pytest.approx(5e-3, rel=0.12)
        assert (u, v) == pytest.approx((4e-3, -3e-3), abs=1e-3)
        assert angle == pytest.approx(turn, abs=0.05)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: m @ np.diag([1.0, -1, -1, 1]), "must face the head"),
        (lambda m: m + 0.08 * np.outer(m[:, 2], [0, 0, 0, -1.0]), "must lie at the scalp"),
    ],
)
def test_a_start_that_is_not_on_the_head_is_refused(ball_head, coil, start, change, words):
    with pytest.raises(PoseError, match=words):
        pose_grid(ball_head, coil, Pose(change(start.matrix_m)), SMALL)


def test_fields_from_shares_are_those_of_the_operator(operator, coil, maker):
    points = np.arange(5, 60, 9)
    poses_m = maker.grid.poses_m[:4]
    expected = operator.evaluate_many(coil, [Pose(m) for m in poses_m])[:, points]
    shares = pose_shares(operator, coil, poses_m)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(fields_of(operator, shares, points), expected, atol=1e-5 * scale)
    found = PoseFields(operator, coil, points)(poses_m)
    np.testing.assert_allclose(found, expected, atol=1e-5 * scale)


def test_a_subject_feels_its_output_whole_at_its_best_pose_and_less_elsewhere(maker):
    subject = maker.make(SubjectRequest(seed=3, muscles=("FDI", "APB")))
    for k in range(2):
        e = subject.field_at(subject.best_m[[k]])
        assert subject.person.felt_percent(e, np.array([60.0]))[0, k] == pytest.approx(60)
    felt = subject.person.felt_percent(subject.field_at(maker.grid.poses_m), np.full(1, 60.0))
    assert felt.max() <= 60 * 1.002
    assert felt.min() < 50


def test_equal_requests_make_equal_subjects_and_a_session_plays(maker):
    one, two = (maker.make(SubjectRequest(seed=5)) for _ in range(2))
    np.testing.assert_array_equal(one.best_m, two.best_m)
    session = VirtualSession(one.person, one.field_at, seed=5, nuisances=NO_NUISANCES)
    strong = 1.5 * one.person.muscles[0].threshold_percent()
    at_best = [session.pulse(one.best_m[0], min(strong, 130)).mep_v[0] for _ in range(9)]
    off_m = slid(maker.head, one.best_m[0], np.array([0.04, 0]), np.pi / 2)
    beside = [session.pulse(off_m, min(strong, 130)).mep_v[0] for _ in range(9)]
    assert np.median(at_best) > 3 * np.median(beside)


def test_an_operator_without_points_at_the_target_is_refused(ball_head, operator, coil):
    with pytest.raises(BadInputError, match="Build it with points there"):
        SubjectMaker(ball_head, operator, coil, target="0,0,0")


def test_a_slide_keeps_the_distance_to_the_scalp(ball_head, start):
    there = Pose(slid(ball_head, start.matrix_m, np.array([0.01, 0.0]), 0.0))
    over = place_over(ball_head, there.origin_m, handle_rad=0.0)
    assert np.linalg.norm(there.origin_m - over.origin_m) < 1e-3
