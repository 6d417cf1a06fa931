from dataclasses import replace

import numpy as np
import pytest

from cortistim.coil import Segments, named_coil
from cortistim.errors import BadInputError
from cortistim.field import FemSystem
from cortistim.targeting import SearchRegion, solve_adjoint, target_at
from cortistim.targeting.exhaustive import every_pose, scalp_positions_m
from cortistim.targeting.scalp_poses import ScalpPoses

PLACE_M = np.array([-0.035, 0.03, 0.052])


@pytest.fixture(scope="module")
def places(ball_head):
    whole = named_coil("magstim_d70")
    step = slice(None, None, 4)
    coil = replace(
        whole, dipoles_m=whole.dipoles_m[step], moments_m2=4 * whole.moments_m2[step]
    )
    return ScalpPoses(ball_head, coil, SearchRegion(PLACE_M, 1.0, 0.006, 0.004, None))


@pytest.fixture(scope="module")
def adjoint(ball_head):
    target = target_at(ball_head, PLACE_M)
    return solve_adjoint(FemSystem.of(ball_head), target, near_m=target.centre_m)


@pytest.fixture(scope="module")
def found(ball_head, places, adjoint):
    return every_pose(places, adjoint.fast, scalp_positions_m(ball_head, 60), n_turn=90)


def test_every_pose_is_predicted_as_the_exact_sum_does(places, adjoint, found):
    fields = found.mean_fields_v_per_m
    top = np.linalg.norm(fields, axis=2).max()
    rng = np.random.default_rng(0)
    for _ in range(20):
        place, turn = int(rng.integers(len(fields))), int(rng.integers(90))
        exact = adjoint.exact.mean_field_v_per_m(
            places.coil, found.grid.pose(place, turn), didt_a_per_s=1e6
        )
        assert np.linalg.norm(fields[place, turn] - exact) < 0.005 * top


def test_the_best_pose_is_the_one_with_the_largest_field(adjoint, places, found):
    best = adjoint.exact.mean_field_v_per_m(places.coil, found.best(), didt_a_per_s=1e6)
    assert np.linalg.norm(best) == pytest.approx(
        np.linalg.norm(found.mean_fields_v_per_m, axis=2).max(), rel=0.003
    )


def test_half_a_turn_turns_the_field_of_a_symmetric_coil(found):
    fields = found.mean_fields_v_per_m
    turned = np.roll(fields, 45, axis=1)
    np.testing.assert_allclose(fields, -turned, atol=0.05 * np.abs(fields).max())


def test_coils_with_wire_are_refused_not_searched_without_it(ball_head, places, adjoint):
    wire = Segments(np.array([[0.0, 0, -0.01]]), np.array([[0.01, 0, 0]]))
    wired = replace(places, coil=replace(places.coil, further=(wire,)))
    with pytest.raises(BadInputError, match="has wire or a grid"):
        every_pose(wired, adjoint.fast, scalp_positions_m(ball_head, 20), n_turn=90)
