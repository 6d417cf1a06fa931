"""The candidates that no other beats."""

import numpy as np

from cortistim.ranking import unbeaten


def test_none_that_is_kept_is_beaten_and_every_other_is():
    rng = np.random.default_rng(3)
    costs = rng.integers(0, 6, (200, 3)).astype(float)

    def beats(one, other):
        return (one <= other).all() and (one < other).any()

    by_hand = [not any(beats(one, cost) for one in costs) for cost in costs]
    assert unbeaten(costs).tolist() == by_hand
    assert 0 < sum(by_hand) < 200


def test_equal_candidates_are_both_kept():
    assert unbeaten(np.array([[1.0, 2.0], [1.0, 2.0], [2.0, 2.0]])).tolist() == [1, 1, 0]


def test_nothing_has_no_front():
    assert unbeaten(np.empty((0, 2))).tolist() == []
