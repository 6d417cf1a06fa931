from dataclasses import replace

import numpy as np
import pytest

from cortistim.coil import named_coil
from cortistim.errors import BadInputError, ConvergenceError
from cortistim.field import (
    FemSystem,
    cube_mean_v_per_m,
    sampler,
    solve_fields,
    solve_linear,
)
from cortistim.field.bars import ErrorShares
from cortistim.field.hierarchic import EnrichedSystem, refine_field
from cortistim.field.local import LocalPatches, local_reading, refine_locally
from cortistim.field.local._envelope_kernels import factorise, substitute
from cortistim.field.local._patch_kernels import harmonics
from cortistim.field.local.patches import GROUP_EDGES, _samples, edges_around_m
from cortistim.field.reader import PointReader
from cortistim.head import Head, TetMesh, tissues_for
from cortistim.head.mesher import layered_sphere
from cortistim.head.space.frames import AffineFrame
from cortistim.placement import Pose

ABOVE = np.array([[1, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 0.099], [0, 0, 0, 1.0]])
N = 120
SIGMA = {1: 0.126, 2: 0.275, 3: 1.654}


def folded_ball():
    """Mesh a ball whose middle layer, one tetrahedron thick, is folded."""
    ball = layered_sphere((0.050, 0.054, 0.090), (1, 2, 3), edge_m=0.011)
    x, y, _ = ball.nodes_m.T
    depth = np.maximum(1 - np.linalg.norm(ball.nodes_m, axis=1) / 0.09, 0)
    wave = 1 + 0.25 * depth * (1 - depth) * np.sin(250 * x) * np.cos(250 * y)
    return TetMesh(ball.nodes_m * wave[:, None], ball.tets, ball.tags)


@pytest.fixture(scope="module")
def head():
    mesh, frame = folded_ball(), AffineFrame(np.eye(4), "a ball")
    return Head("ball", mesh, tissues_for((1, 2, 3), SIGMA), frame, "test")


@pytest.fixture(scope="module")
def system(head):
    return FemSystem.of(head)


@pytest.fixture(scope="module")
def places(head):
    """Points of the thin layer that the coil reaches."""
    centres_m = head.mesh.centroids_m
    near = np.linalg.norm(centres_m - [0, 0, 0.054], axis=1) < 0.03
    thin = np.flatnonzero(near & (head.mesh.tags == 2))
    chosen = thin[np.random.default_rng(0).permutation(len(thin))[:N]]
    return sampler(head.mesh, centres_m[chosen] + 1e-4)


@pytest.fixture(scope="module")
def linear(head, system):
    return solve_linear(head, named_coil("magstim_d70"), Pose(ABOVE), system=system)


def distance(found, truth):
    return np.linalg.norm(found - truth) / np.linalg.norm(truth)


@pytest.fixture(scope="module")
def truth(linear, places, system):
    fine = refine_field(linear, places, order=4, reach_edges=0.7, fractions=0.0, system=system)
    return fine.at_v_per_m(places)


def locally(linear, places, system, **options):
    return refine_locally(linear, places, fractions=0.0, system=system, **options)


def test_local_problems_come_as_near_to_high_order_as_a_global_solve(
    linear, places, system, truth
):
    twin = refine_field(linear, places, order=3, fractions=0.0, system=system)
    far = distance(linear.at_v_per_m(places), truth)
    globally = distance(twin.at_v_per_m(places), truth)
    local = locally(linear, places, system).at_v_per_m(places)
    assert far > 0.1
    assert globally < 0.4 * far
    assert distance(local, truth) < 1.2 * globally
    assert distance(local, twin.at_v_per_m(places)) < 0.4 * far


@pytest.mark.parametrize("order", [2, 3, 4])
def test_a_patch_over_the_whole_mesh_is_the_global_solve(order):
    """Whatever the linear potential: all of it is solved anew, here with tensors too."""
    mesh, rng = layered_sphere((0.03, 0.05), (1, 2), edge_m=0.025), np.random.default_rng(4)
    tilt = rng.normal(size=(len(mesh.tets), 3, 3))
    tensors = np.eye(3) + 0.2 * np.einsum("tij,tkj->tik", tilt, tilt)
    system = FemSystem(mesh, rng.uniform(0.1, 2, len(mesh.tets)), tensors)
    tets = rng.permutation(len(mesh.tets))[:5]
    patch = LocalPatches(system, np.array([0, 5]), tets, np.full((1, order), 1.0))
    ours, unknowns = patch.coefficients(
        rng.normal(size=len(mesh.nodes_m)), harmonic_cubic(patch.samples_m)
    )
    twin = EnrichedSystem(system, np.full(len(mesh.tets), order))
    load = twin.load(harmonic_cubic(twin.load_points_m))
    theirs, convergence = twin.solve(load[:, None], tolerance=1e-11)
    assert convergence.unknowns <= unknowns[0] < convergence.unknowns + 4
    theirs = theirs[twin.space.numbers[twin.space.place_in_region(tets)], 0]
    scale = np.abs(theirs).max()
    np.testing.assert_allclose(ours[:, 4:], theirs[:, 4:], atol=1e-7 * scale)
    steps = [part[:, 1:4] - part[:, :1] for part in (ours, theirs)]
    np.testing.assert_allclose(*steps, atol=1e-7 * scale)


def harmonic_cubic(points_m):
    """A field whose components are harmonic polynomials of third degree, near one."""
    x, y, z = np.moveaxis(points_m / 0.05, -1, 0)
    third = 1 + x * y - z**3 + 3 * z * x**2
    return np.stack([third, y - x * y * z, x**2 - y**2 + x * (x**2 - 3 * z**2)], -1)


def test_samples_on_a_sphere_hold_harmonic_cubics_within():
    directions, unmix = _samples()
    assert np.linalg.cond(unmix) < 30
    within = np.random.default_rng(0).uniform(-0.5, 0.5, (20, 3))
    value = np.empty((20, 16))
    for place, row in zip(within, value, strict=True):
        harmonics(*place, row)
    found = value @ unmix @ harmonic_cubic(0.05 * directions)
    np.testing.assert_allclose(found, harmonic_cubic(0.05 * within), atol=1e-12)


def test_an_envelope_factor_solves_like_a_dense_one():
    rng, n_block = np.random.default_rng(1), 30
    first = np.maximum(np.arange(n_block) - rng.integers(0, 9, n_block), 0)
    column, row = np.arange(4 * n_block), np.arange(4 * n_block)[:, None]
    inside = (column >= 4 * first[row // 4]) & (column <= row)
    lower = np.where(inside, rng.normal(size=inside.shape), 0.0)
    matrix = lower + lower.T + 30 * np.eye(4 * n_block)
    factor, x = np.tril(matrix), rng.normal(size=(3, 4 * n_block))
    wanted = np.linalg.solve(matrix, x.T).T
    assert factorise(factor, first)
    substitute(factor, first, x)
    np.testing.assert_allclose(x, wanted, rtol=1e-10, atol=1e-12)
    assert not factorise(-matrix, first)


@pytest.fixture(scope="module")
def reading(head, system, places):
    return local_reading(head, places, system=system)


def test_a_reading_gives_what_the_field_gives(linear, places, system, reading):
    field = locally(linear, places, system, group_edges=GROUP_EDGES)
    dadt = linear.dadt_v_per_m(reading.samples_m)
    slope = reading.gradient(linear.potential_v, dadt)
    read = -linear.dadt_v_per_m(places.points_m) - slope
    np.testing.assert_allclose(read, field.at_v_per_m(places), rtol=1e-9, atol=1e-9)
    both = [np.stack([part, 2 * part], -1) for part in (linear.potential_v, dadt)]
    np.testing.assert_allclose(reading.gradient(*both)[..., 1], 2 * slope, rtol=1e-9)


def test_a_uniform_primary_field_is_cancelled_exactly(head, reading):
    slope = np.array([1.0, -2.0, 0.5])
    dadt = np.tile(-slope, (len(reading.samples_m), 1))
    found = reading.gradient(head.mesh.nodes_m @ slope, dadt)
    np.testing.assert_allclose(found, np.tile(slope, (len(found), 1)), atol=1e-9)
    assert np.abs(reading.last_share(head.mesh.nodes_m @ slope, dadt)).max() < 1e-9


def test_the_transpose_of_a_reading_reads_a_weighted_mean(linear, reading):
    weight = np.random.default_rng(2).uniform(size=N)
    dadt = linear.dadt_v_per_m(reading.samples_m)
    loads, currents = reading.adjoint(weight)
    found = linear.potential_v @ loads + np.einsum("sa,sac->c", dadt, currents)
    wanted = weight @ reading.gradient(linear.potential_v, dadt)
    np.testing.assert_allclose(found, wanted, rtol=1e-9)


def test_a_reading_leaves_points_outside_empty(head, system, places):
    some = replace(places, tets=np.where(np.arange(N) % 3, places.tets, -1))
    reading = local_reading(head, some, order=2, system=system)
    empty = np.diff(reading.of_potential.indptr).reshape(-1, 3).max(axis=1) == 0
    np.testing.assert_array_equal(empty, ~some.inside)


@pytest.mark.parametrize("order", [2, 3])
def test_the_bar_holds_the_error_at_nine_points_of_ten(linear, places, system, truth, order):
    field = locally(linear, places, system, order=order)
    error = np.linalg.norm(field.at_v_per_m(places) - truth, axis=1)
    bar = field.error_v_per_m(places)
    assert (error <= bar).mean() >= 0.9
    assert 0.8 < np.median(bar) / np.median(error) < 3


def test_shares_fitted_to_other_poses_give_the_bar_of_a_pose(head, places, system, truth):
    """And the reader gives the field: an operator holds nothing else of the error."""
    coil, turned = named_coil("magstim_d70"), []
    for angle in np.deg2rad([30, 75, 120, 165]):
        turn = np.eye(4)
        turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        shift = np.eye(4)
        shift[:2, 3] = 0.01 * np.array([np.cos(3 * angle), np.sin(3 * angle)])
        turned.append(Pose(shift @ ABOVE @ turn))
    fields = solve_fields(head, coil, [Pose(ABOVE), *turned], system=system)
    reader = PointReader.of(head, places.points_m, order=3, system=system)
    potential = np.column_stack([field.potential_v for field in fields])
    primary, samples = (
        np.stack([field.dadt_v_per_m(at_m) for field in fields], -1)
        for at_m in (places.points_m, reader.samples_m)
    )
    read = reader.read(potential, primary, samples)
    e_v_per_m, last_v_per_m = (np.moveaxis(part, 2, 0) for part in read)
    np.testing.assert_allclose(e_v_per_m[0], reader.at_v_per_m(fields[0]), rtol=1e-9)
    shares = ErrorShares.fitted(places.points_m, e_v_per_m[1:], last_v_per_m[1:])
    bar = shares.bars_v_per_m(e_v_per_m[:1].astype(np.float32))[0]
    error = np.linalg.norm(e_v_per_m[0] - truth, axis=1)
    assert bar.dtype == np.float32
    assert (error <= bar).mean() >= 0.9
    assert 0.8 < np.median(bar) / np.median(error) < 3


@pytest.mark.parametrize("order", [0, 7])
def test_a_reader_refuses_orders_that_there_are_not(head, places, order):
    with pytest.raises(BadInputError, match=f"between 1 and 6; got {order}"):
        PointReader.of(head, places.points_m, order=order)


def test_order_one_reads_as_before_and_tells_what_the_second_would_add(
    linear, places, head, system
):
    reader = PointReader.of(head, places.points_m, order=1, system=system)
    np.testing.assert_allclose(reader.at_v_per_m(linear), linear.at_v_per_m(places), rtol=1e-9)
    both = [linear.dadt_v_per_m(at)[..., None] for at in (places.points_m, reader.samples_m)]
    e_v_per_m, last = reader.read(linear.potential_v[:, None], *both)
    alike = {"order": 2, "group_edges": GROUP_EDGES}
    second = locally(linear, places, system, **alike).at_v_per_m(places)
    np.testing.assert_allclose((e_v_per_m + last)[..., 0], second, rtol=1e-9)


def test_a_wider_reach_comes_nearer_to_the_global_solve(linear, places, system):
    twin = refine_field(
        linear, places, order=3, reach_edges=1.5, fractions=0.0, system=system
    ).at_v_per_m(places)
    off = [
        distance(locally(linear, places, system, reach_edges=reach).at_v_per_m(places), twin)
        for reach in (0.4, 0.6, 0.9)
    ]
    assert off[0] > off[1] > off[2]


def test_a_local_field_scales_and_reads_everywhere(linear, places, system):
    field = locally(linear, places, system)
    assert field.highest_order == 3
    assert "szabo1991" in field.sources
    twice = field.scaled_to(-2 * field.didt_a_per_s)
    found, wanted = twice.at_v_per_m(places), -2 * field.at_v_per_m(places)
    np.testing.assert_allclose(found, wanted, rtol=1e-10)
    bars = twice.error_v_per_m(places), 2 * field.error_v_per_m(places)
    np.testing.assert_allclose(*bars, rtol=1e-10)
    elsewhere = sampler(field.head.mesh, np.array([[0.0, 0.0, 0.2], [0, 0, -0.05]]))
    assert np.isnan(field.at_v_per_m(elsewhere)[0]).all()
    assert np.isnan(field.error_v_per_m(elsewhere)[0])
    same = linear.at_v_per_m(elsewhere)[1]
    np.testing.assert_array_equal(field.at_v_per_m(elsewhere)[1], same)
    tets = field.patches.tets
    here = sampler(field.head.mesh, field.head.mesh.centroids_m[tets])
    held = here.tets == tets
    assert held.mean() > 0.9
    at_centres = field.in_tets_v_per_m()[tets][held]
    np.testing.assert_allclose(field.at_v_per_m(here)[held], at_centres, atol=1e-6)
    mean = cube_mean_v_per_m(field, places)
    assert np.isfinite(mean).all()


def test_order_one_and_points_outside_change_nothing(linear, places, system):
    assert locally(linear, places, system, order=1) is linear
    outside = replace(places, tets=np.full(N, -1))
    assert locally(linear, outside, system) is linear
    with pytest.raises(BadInputError, match="between 1 and 6; got 7"):
        locally(linear, places, system, order=7)
    with pytest.raises(BadInputError, match="reach_edges must be positive"):
        locally(linear, places, system, reach_edges=0.0)


def test_a_patch_that_cannot_be_solved_is_named(linear, places, system):
    broken = FemSystem(system.mesh, -system.sigma_siemens_per_m)
    with pytest.raises(ConvergenceError, match=r"local problems cannot be solved.*order 1"):
        locally(linear, places, broken)


def test_patches_keep_away_from_a_coil_on_the_scalp(head, system):
    """Where samples of dA/dt could come too close to it."""
    centres_m = head.mesh.centroids_m
    deep = np.argsort(np.linalg.norm(centres_m, axis=1))
    wide = LocalPatches.around(head, system, deep[:5], 3)
    narrow = LocalPatches.around(head, system, deep[-5:], 3)
    assert wide.radii_m.min() > 3 * narrow.radii_m.max()
    reach_m = np.linalg.norm(wide.samples_m - wide.samples_m.mean(axis=1)[:, None], axis=2)
    assert (reach_m < 0.09).all()


def test_edges_are_those_of_regular_tetrahedra(system):
    mesh = system.mesh
    edges_m = edges_around_m(mesh, np.arange(len(mesh.tets)))
    assert 0.003 < np.median(edges_m) < 0.012
    larger = TetMesh(2 * mesh.nodes_m, mesh.tets, mesh.tags)
    np.testing.assert_allclose(edges_around_m(larger, np.arange(50)), 2 * edges_m[:50])
