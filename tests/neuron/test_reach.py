"""First-order reach: sums, symmetry, what chance gives, and what is no connectome."""

import numpy as np
import pytest

from cortistim.errors import BadInputError
from cortistim.neuron.reach import Recruited, first_order, normalised, reach_of, turned

RNG = np.random.default_rng(4)
N = 40


def places():
    """Parcels over two half shells."""
    around = RNG.standard_normal((N, 3))
    around /= np.linalg.norm(around, axis=1)[:, None]
    around[:, 0] = np.where(np.arange(N) < N // 2, -1, 1) * (0.2 + np.abs(around[:, 0]))
    return 0.07 * around


CENTRES_M = places()
DISTANCE_M = np.linalg.norm(CENTRES_M[:, None] - CENTRES_M[None], axis=2)
NEAR = np.exp(-DISTANCE_M / 0.02) * (1 - np.eye(N))
DIRECT = np.zeros(N)
DIRECT[3] = 1e-4
FROM = Recruited(DIRECT, DIRECT, CENTRES_M)


def test_what_arrives_sums_to_one_and_follows_the_only_connection():
    weights = np.zeros((N, N))
    weights[3, 7] = 2.0
    found = reach_of(weights, FROM, rotations=20)
    assert found.reach.sum() == pytest.approx(1)
    assert found.reach[7] == pytest.approx(1)


def test_a_direction_of_a_connection_does_not_matter_nor_does_its_unit():
    one = normalised(NEAR)
    assert np.allclose(one, one.T)
    assert np.allclose(normalised(1000 * NEAR), one)
    assert not np.diag(one).any()


def test_reach_does_not_depend_on_how_much_is_recruited():
    coupling = normalised(NEAR)
    assert np.allclose(first_order(coupling, DIRECT), first_order(coupling, 5 * DIRECT))


def test_a_rotation_gives_every_parcel_one_of_its_own_side():
    taken = turned(CENTRES_M, 30, np.random.default_rng(1))
    assert all(len(set(row)) == N for row in taken.tolist())
    assert ((taken < N // 2) == (np.arange(N) < N // 2)).all()
    assert (taken != np.arange(N)).mean() > 0.8


def test_near_parcels_are_reached_more_than_from_other_places():
    found = reach_of(NEAR, FROM, rotations=200)
    nearest = np.argsort(DISTANCE_M[3])[1]
    assert found.reach[nearest] > 2 * found.null_mean[nearest]
    assert found.p[nearest] < 0.15


def test_with_even_connections_no_place_is_special():
    found = reach_of(np.ones((N, N)), FROM, rotations=100)
    assert (found.p > 0.05).all()


def test_delays_are_lengths_over_speed_and_absent_without_lengths():
    lengths_m = np.full((N, N), 0.1)
    found = reach_of(NEAR, FROM, lengths_m=lengths_m, rotations=20)
    reached = np.arange(N) != 3  # nothing comes back to the only one that sends
    assert np.allclose(found.delays_s(10.0)[reached], 0.01)
    assert np.isnan(reach_of(NEAR, FROM, rotations=20).length_m).all()


@pytest.mark.parametrize(
    ("weights", "word"),
    [
        (NEAR[:5, :5], "row and a column"),
        (NEAR - 0.5, "not negative"),
        (np.where(np.eye(N) > 0, np.nan, NEAR), "finite"),
        (np.eye(N), "a connection"),
    ],
)
def test_what_is_no_connectome_is_refused(weights, word):
    with pytest.raises(BadInputError, match=word):
        reach_of(weights, FROM, rotations=20)


def test_nothing_recruited_is_refused():
    with pytest.raises(BadInputError, match="recruited"):
        reach_of(NEAR, Recruited(0 * DIRECT, DIRECT, CENTRES_M), rotations=20)
