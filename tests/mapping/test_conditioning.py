"""Conditioned responses: the ratio of expectations, its interval, and why not another."""

import numpy as np
import pytest

from cortistim.errors import BadInputError
from cortistim.mapping.conditioning import KINDS, Ratio, conditioned_ratio, pooled_ratio
from cortistim.sources import references


def drawn(rng, mean, count, cv=0.5):
    spread = np.sqrt(np.log1p(cv**2))
    return mean * np.exp(spread * rng.standard_normal(count) - spread**2 / 2)


@pytest.mark.parametrize("count", [10, 20])
def test_the_interval_holds_the_truth_as_often_as_it_says(count):
    rng, held = np.random.default_rng(1), 0
    for _ in range(2000):
        ratio = conditioned_ratio(drawn(rng, 0.5, count, 0.7), drawn(rng, 1.0, count))
        held += ratio.low < 0.5 < ratio.high
    assert held / 2000 == pytest.approx(0.95, abs=0.025)


def test_the_mean_of_single_ratios_would_be_too_large():
    """Inhibition to a half, variation of 0.5: the mean of ratios is 25 % more."""
    rng = np.random.default_rng(2)
    conditioned, test = drawn(rng, 0.5, 100_000), drawn(rng, 1.0, 100_000)
    assert conditioned_ratio(conditioned, test).mean == pytest.approx(0.5, rel=0.02)
    assert (conditioned / test).mean() == pytest.approx(0.5 * 1.25, rel=0.03)


def test_a_response_of_nothing_counts_and_divides_nothing():
    ratio = conditioned_ratio(np.array([0, 0, 0.3, 0.1]), np.array([0, 1.0, 1.2, 0.8]))
    assert ratio.mean == pytest.approx(0.1 / 0.75)
    assert np.isfinite([ratio.low, ratio.high]).all()


def test_words_follow_the_interval():
    assert Ratio(0.5, 0.3, 0.8, 10, 10).words == "inhibition"
    assert Ratio(1.6, 1.2, 2.0, 10, 10).words == "facilitation"
    assert Ratio(0.8, 0.5, 1.2, 10, 10).words == "no effect shown"


def test_people_are_pooled_over_people_not_over_trials():
    ratios = [Ratio(x, 0, 9, 10, 10) for x in (0.4, 0.5, 0.8)]
    found = pooled_ratio(ratios)
    assert found.mean == pytest.approx((0.4 * 0.5 * 0.8) ** (1 / 3))
    assert found.low < 0.4
    assert (found.conditioned, found.test) == (30, 30)
    with pytest.raises(BadInputError, match="at least 2"):
        pooled_ratio(ratios[:1])


@pytest.mark.parametrize(
    ("conditioned", "told"),
    [
        ([1, 2, 3], "at least 4"),
        ([1, 2, 3, np.nan], "at least 4"),
        ([1, 2, 3, -1], "at least 4"),
        ([0, 0, 0, 0], "must not all be 0"),
    ],
)
def test_trials_that_give_no_ratio_are_refused(conditioned, told):
    with pytest.raises(BadInputError, match=told):
        conditioned_ratio(np.array(conditioned, float), np.ones(5))


def test_every_kind_has_a_source_or_is_assumed():
    assert set(KINDS) == {"SICI", "ICF", "LICI", "SAI", "IHI"}
    assert all(kind.source in (*references(), "assumed") for kind in KINDS.values())
    assert all(kind.intervals_ms[0] < kind.intervals_ms[1] for kind in KINDS.values())
