from dataclasses import replace

import numpy as np
import pytest

from cortistim.coil import named_coil
from cortistim.errors import BadInputError
from cortistim.field import FemSystem, head_sampler, solve_linear
from cortistim.field.hierarchic import EnrichedSystem, refine_field
from cortistim.head.anisotropy import Anisotropy, TensorImage
from cortistim.placement import Pose

ABOVE = np.array([[1, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 0.098], [0, 0, 0, 1.0]])
TENSOR = np.array([[2.0, 0.4, 0.1], [0.4, 1.0, -0.2], [0.1, -0.2, 0.5]])


def everywhere(mesh, tensor):
    return np.tile(tensor, (len(mesh.tets), 1, 1))


def stretched_system(mesh, tensor):
    return FemSystem(mesh, np.ones(len(mesh.tets)), everywhere(mesh, tensor))


def test_a_tensor_is_the_isotropic_problem_in_stretched_coordinates(small_ball):
    """With x' = S^-1/2 x, grad·S grad becomes the Laplacian and volumes shrink by det^1/2."""
    values, axes = np.linalg.eigh(TENSOR)
    root = axes * np.sqrt(values) @ axes.T
    other = replace(small_ball, nodes_m=small_ball.nodes_m @ np.linalg.inv(root))
    wanted = FemSystem(other, np.ones(len(other.tets))).stiffness * np.sqrt(values.prod())
    found = stretched_system(small_ball, TENSOR).stiffness
    assert abs(found - wanted).max() < 1e-10 * abs(wanted).max()


@pytest.mark.parametrize("order", [1, 3])
def test_a_conservative_primary_field_is_cancelled_whatever_the_tensor(small_ball, order):
    linear = stretched_system(small_ball, TENSOR)
    orders = np.ones(len(small_ball.tets), int)
    orders[small_ball.centroids_m[:, 2] > 0.06] = order
    system = EnrichedSystem(linear, orders)
    slope = np.array([1.0, -2.0, 0.5])
    load = system.load(np.tile(-slope, (len(system.load_points_m), 1)))
    found, _ = system.solve(load[:, None], tolerance=1e-11)
    potential = small_ball.nodes_m @ slope
    nodes = len(small_ball.nodes_m)
    np.testing.assert_allclose(found[:nodes, 0], potential - potential.mean(), atol=1e-8)
    assert np.abs(found[nodes:]).max(initial=0) < 1e-8


def test_lumped_currents_stay_adjoint_to_loads(small_ball):
    system = stretched_system(small_ball, TENSOR)
    rng = np.random.default_rng(0)
    potential = rng.normal(size=len(small_ball.nodes_m))
    dadt = rng.normal(size=(len(small_ball.nodes_m), 3))
    left = (system.node_currents(potential) * dadt).sum()
    assert left == pytest.approx(-(potential @ system.load(dadt)), rel=1e-10)


def test_unit_tensors_change_nothing_and_fibres_something(ball_head):
    coil, pose = named_coil("magstim_d70"), Pose(ABOVE)
    places = [[0.0, 0.0, 0.065], [0.02, 0.01, 0.06]]
    plain = solve_linear(ball_head, coil, pose)
    unit = Anisotropy(everywhere(ball_head.mesh, np.eye(3)), (1, 2), "vn", "ones")
    same_head = replace(ball_head, anisotropy=unit)
    same = solve_linear(same_head, coil, pose)
    np.testing.assert_allclose(same.potential_v, plain.potential_v, atol=1e-6)
    affine_m = np.diag([0.02, 0.02, 0.02, 1.0])
    affine_m[:3, 3] = -0.12
    along_x = np.tile(np.diag([1.7, 0.3, 0.3]), (13, 13, 13, 1, 1))
    image = TensorImage(along_x, affine_m, "fibres")
    fibred_head = ball_head.with_tensors(image)
    assert "gullmar2010" in fibred_head.sources
    fibred = solve_linear(fibred_head, coil, pose)
    here = head_sampler(fibred_head, places)
    assert here.uneven_tags == (1, 2)
    finer = refine_field(fibred, here)
    change = np.linalg.norm(
        finer.at_v_per_m(here) - plain.at_v_per_m(head_sampler(ball_head, places)), axis=1
    )
    strength = np.linalg.norm(finer.at_v_per_m(here), axis=1)
    assert 0.02 < (change / strength).max() < 0.6
    assert np.isfinite(fibred.error_v_per_m(here)).all()


def test_uneven_tissues_are_read_by_their_average_not_by_harmonics(ball_head):
    uneven = replace(
        ball_head,
        anisotropy=Anisotropy(everywhere(ball_head.mesh, np.eye(3)), (1, 2), "vn", "ones"),
    )
    points_m = np.array([[0.0, 0.0, 0.07], [0, 0, 0.088]])  # grey matter, scalp
    potential = np.sin(40 * ball_head.mesh.nodes_m).sum(axis=1)
    found = head_sampler(uneven, points_m).gradient(potential)
    tissue = head_sampler(ball_head, points_m, recovery="tissue").gradient(potential)
    harmonic = head_sampler(ball_head, points_m).gradient(potential)
    np.testing.assert_allclose(found[0], tissue[0])
    np.testing.assert_allclose(found[1], harmonic[1])
    reads = head_sampler(uneven, points_m)
    loads = reads.adjoint_loads(np.array([0.5, 0.5]))
    np.testing.assert_allclose(potential @ loads, found.mean(axis=0), rtol=1e-9)


def test_systems_refuse_tensors_that_do_not_conduct(small_ball):
    with pytest.raises(BadInputError, match="positive"):
        stretched_system(small_ball, np.diag([1.0, 1.0, -1.0]))
