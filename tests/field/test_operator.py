from dataclasses import replace

import numpy as np
import pytest

from cortistim import cache
from cortistim.coil import named_coil
from cortistim.errors import BadInputError, FileFormatError, PoseError
from cortistim.field import (
    FemSystem,
    MissedShareWarning,
    OperatorSettings,
    build_operator,
    check_operator,
    load_operator,
    plan_operator,
    save_operator,
    solve_linear,
)
from cortistim.field.operator.basis import candidate_poses, evenly_spread, potentials_t_m
from cortistim.field.operator.operator import MISSED_LIMIT
from cortistim.field.solver import fem
from cortistim.field.solver.lattice import Lattice
from cortistim.placement import Pose, clearance_m
from cortistim.study.field.operator import solve_operator, write_operator

SMALL = OperatorSettings(rank=112)
TINY = OperatorSettings(rank=32)
# so few members cover no pose as an operator for use would
pytestmark = pytest.mark.filterwarnings("ignore::cortistim.field.MissedShareWarning")


@pytest.fixture(scope="module")
def coil():
    """A round coil of few dipoles, so that the tests are quick."""
    n = np.arange(24)
    angle, radius_m = 2.4 * n, 0.035 * np.sqrt((n + 0.5) / 24)
    dipoles_m = np.column_stack(
        [radius_m * np.cos(angle), radius_m * np.sin(angle), np.full(24, -0.008)]
    )
    moments_m2 = np.tile([0, 0, 0.002], (24, 1))
    return replace(named_coil("round_90mm"), dipoles_m=dipoles_m, moments_m2=moments_m2)


@pytest.fixture(scope="module", autouse=True)
def coarse_lattice():
    """Carry vector potentials by a lattice no finer than the ball's mesh."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fem, "LATTICE_SPACING_M", 0.008)
        yield


@pytest.fixture(scope="module")
def plan(ball_head, coil):
    points = ball_head.cortex.vertices_m
    chosen = evenly_spread(points, 300)
    return plan_operator(ball_head, points[chosen], coils=[coil], settings=SMALL)


@pytest.fixture(scope="module")
def operator(plan, session_cache):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CORTISTIM_CACHE", str(session_cache))
        return build_operator(plan)


@pytest.fixture(scope="module")
def poses(ball_head, coil):
    return candidate_poses(ball_head, coil, 4, seed=77)


def test_the_field_is_proportional_to_the_current_rate(operator, coil, poses):
    one = operator.evaluate(coil, poses[0], didt_a_per_s=1e6)
    other = operator.evaluate(coil, poses[0], didt_a_per_s=-3e6)
    np.testing.assert_allclose(other, -3 * one, rtol=1e-4, atol=1e-4 * np.abs(one).max())


def test_many_poses_give_what_single_ones_give(operator, coil, poses):
    many = operator.evaluate_many(coil, poses)
    single = np.array([operator.evaluate(coil, pose) for pose in poses])
    np.testing.assert_allclose(many, single, atol=1e-5 * np.abs(single).max())


def test_the_field_of_several_coils_is_the_sum_of_theirs(operator, coil, poses):
    drives = [(coil, poses[0], 1e6), (coil, poses[1], -2e6)]
    apart = sum(operator.evaluate(c, pose, didt_a_per_s=rate) for c, pose, rate in drives)
    together = operator.evaluate_sum(drives)
    np.testing.assert_allclose(together, apart, atol=1e-5 * np.abs(apart).max())


def test_unseen_poses_agree_with_direct_solves(operator, ball_head, coil):
    check = check_operator(operator, ball_head, coil, n_pose=4, seed=5)
    # so small an operator may miss twice what a user is warned of; the field is off by up to
    # 3.5 times what is missed, as `missed_share` says
    assert check.missed_share.max() < 2 * MISSED_LIMIT
    assert (check.l2 < 3.5 * check.missed_share).all()
    assert (check.peak < 3.5 * check.missed_share).all()


def test_a_rotated_field_is_not_mistaken_for_the_right_one(operator, ball_head, coil, poses):
    field = solve_linear(ball_head, coil, poses[0])
    direct = operator.reader(ball_head).at_v_per_m(field)
    wrong = operator.evaluate(coil, poses[2])
    assert np.linalg.norm(wrong - direct) > 0.3 * np.linalg.norm(direct)


def test_the_same_seed_gives_the_same_members(plan):
    tiny = replace(plan, settings=TINY)
    first, again = tiny.choose(), tiny.choose()
    np.testing.assert_array_equal(first.samples_m, again.samples_m)
    one, other = (basis.members_at(plan.coils, first.samples_m) for basis in (first, again))
    np.testing.assert_allclose(one, other, atol=1e-5)
    shuffled = replace(plan, settings=replace(TINY, seed=1))
    assert shuffled.key != tiny.key
    assert not np.array_equal(shuffled.choose().samples_m, first.samples_m)


def test_members_are_orthonormal(operator):
    product = operator.members.T @ operator.members
    np.testing.assert_allclose(product, np.eye(SMALL.rank), atol=1e-4)


def test_a_foreign_coil_is_represented_badly_and_well_after_an_extension(
    operator, ball_head, coil, poses
):
    small = named_coil("magstim_d25")
    before = operator.missed_share(small, poses[0])
    assert before > MISSED_LIMIT  # beyond which a user is warned
    assert before > operator.missed_share(coil, poses[0])
    with pytest.warns(MissedShareWarning, match="extended"):
        operator.evaluate(small, poses[0])
    system = FemSystem.of(ball_head)
    grown = operator.extended(ball_head, small, [poses[0]], system=system)
    assert grown.rank == operator.rank + 1
    assert grown.missed_share(small, poses[0]) < 1e-4
    direct = solve_linear(ball_head, small, poses[0], system=system)
    expected = operator.reader(ball_head).at_v_per_m(direct)
    off = np.linalg.norm(grown.evaluate(small, poses[0]) - expected)
    assert off < 1e-3 * np.linalg.norm(expected)
    same = grown.extended(ball_head, small, [poses[0]], system=system)
    assert same.rank == grown.rank


def test_an_operator_survives_its_file(operator, coil, poses, ball_head, tmp_path):
    path = tmp_path / "operator.npz"
    save_operator(operator, path)
    read = load_operator(path, ball_head)
    assert read.origin == operator.origin
    np.testing.assert_array_equal(
        read.evaluate(coil, poses[0]), operator.evaluate(coil, poses[0])
    )


def test_an_operator_of_another_head_is_refused(operator, ball_head, tmp_path):
    path = tmp_path / "operator.npz"
    save_operator(operator, path)
    with pytest.raises(BadInputError, match=r"conductivities differ.*Build it again"):
        load_operator(path, ball_head.with_sigma({2: 0.5}))
    moved = replace(ball_head.mesh, nodes_m=ball_head.mesh.nodes_m * 1.001)
    with pytest.raises(BadInputError, match="whose mesh differ"):
        operator.reader(replace(ball_head, mesh=moved))


def test_an_operator_of_another_version_or_kind_is_refused(operator, tmp_path):
    path = tmp_path / "operator.npz"
    save_operator(replace(operator, origin=replace(operator.origin, version=0)), path)
    with pytest.raises(FileFormatError, match="version 2; got 0"):
        load_operator(path)
    cache.store(path, {"a": np.zeros(3)})
    with pytest.raises(FileFormatError, match="not an operator"):
        load_operator(path)
    path.write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(FileFormatError, match="not an operator"):
        load_operator(path)
    with pytest.raises(BadInputError, match="file not found"):
        load_operator(tmp_path / "nowhere.npz")


def test_a_stopped_build_goes_on_where_it_was(plan, tmp_path, monkeypatch):
    tiny = replace(plan, settings=TINY)
    whole = build_operator(tiny)
    monkeypatch.setenv("CORTISTIM_CACHE", str(tmp_path / "cache"))
    solve, solved, most = FemSystem.solve, [], 1

    def counting(self, loads, *, tolerance):
        if len(solved) == most:
            raise KeyboardInterrupt
        solved.append(loads.shape[1])
        return solve(self, loads, tolerance=tolerance)

    monkeypatch.setattr(FemSystem, "solve", counting)
    with pytest.raises(KeyboardInterrupt):
        write_operator(solve_operator(tiny), tmp_path / "operator.npz")
    assert not (tmp_path / "operator.npz").exists()
    most = 2
    record = write_operator(solve_operator(tiny), tmp_path / "operator.npz")
    assert solved == [16, 16]
    assert record.rank == TINY.rank
    resumed = load_operator(tmp_path / "operator.npz")
    size = np.abs(whole.fields_v_per_m).max()
    np.testing.assert_allclose(resumed.fields_v_per_m, whole.fields_v_per_m, atol=1e-3 * size)


def test_candidate_poses_are_legal_and_come_in_orthogonal_pairs(ball_head, coil):
    poses = candidate_poses(ball_head, coil, 10, seed=3)
    assert len(poses) == 10
    assert min(clearance_m(ball_head, coil, pose) for pose in poses) > -5e-4
    for first, second in zip(poses[::2], poses[1::2], strict=True):
        np.testing.assert_allclose(first.rotation[:, 1] @ second.rotation[:, 1], 0, atol=1e-9)


def test_a_coil_in_the_head_is_refused(operator, coil, poses):
    operator.require_clear(coil, poses[0])
    deep = poses[0].matrix_m.copy()
    deep[:3, 3] += 0.03 * deep[:3, 2]
    with pytest.raises(PoseError, match="mm inside"):
        operator.require_clear(coil, Pose(deep))


def test_points_outside_the_head_and_a_rank_beyond_the_samples_are_refused(plan):
    far = replace(plan, points_m=np.array([[0, 0, 0.05], [0, 0, 0.5]]))
    with pytest.raises(BadInputError, match="1 of 2"):
        _ = far.reader
    with pytest.raises(BadInputError, match="rank"):
        replace(plan, settings=OperatorSettings(rank=5000)).choose()
    with pytest.raises(BadInputError, match="coils"):
        replace(plan, coils=())


def test_potentials_of_many_poses_are_those_of_each(coil, poses, ball_head):
    points = ball_head.cortex.vertices_m[:50]
    many = potentials_t_m(coil, poses, points)
    for row, pose in zip(many, poses, strict=True):
        expected = coil.vector_potential_t_m(pose.to_coil_m(points)) @ pose.rotation.T
        np.testing.assert_allclose(row, expected, rtol=1e-9, atol=1e-15)


def test_a_lattice_carries_cubics_exactly():
    points = np.random.default_rng(0).uniform(-0.05, 0.05, (200, 3))
    lattice = Lattice(points, 0.01)

    def cubic(p):
        x, y, z = 20 * p.T
        return np.column_stack([x**3 - y * z**2, 1 + x * y * z, z**3])

    np.testing.assert_allclose(
        lattice.at_points(cubic(lattice.cells_m)), cubic(points), atol=1e-12
    )


def test_evenly_spread_points_are_near_all_others():
    points = np.random.default_rng(1).uniform(0, 1, (4000, 3))
    chosen = points[evenly_spread(points, 200)]
    assert len(np.unique(chosen, axis=0)) == 200
    gap = np.linalg.norm(points[:, None] - chosen[None], axis=2).min(axis=1)
    # a point is chosen in each of the k-d tree's 128 boxes of 31 points or so: the cube halved
    # three times along one axis and twice along the others, up to the points' own spread
    assert gap.max() < np.linalg.norm([1 / 8, 1 / 4, 1 / 4])
