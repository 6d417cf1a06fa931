"""Permutation tests err as often as they say, and find what is there."""

import numpy as np
import pytest
from scipy.stats import binomtest, linregress, ttest_1samp, ttest_ind

from cortistim.errors import BadInputError
from cortistim.group import (
    GroupDesign,
    Mesh,
    correlation_design,
    difference_design,
    mean_design,
    permutation_test,
    t_values,
)

NONE = np.zeros((12, 0))


@pytest.fixture(scope="module")
def strip():
    """Return a strip of triangles: 40 vertices."""
    first = np.arange(38)
    triangles = np.column_stack([first, first + 1, first + 2])
    return Mesh(40, triangles, np.ones(40))


def smooth(rng, shape):
    noise = rng.normal(size=shape)
    return noise[..., :-2] + noise[..., 1:-1] + noise[..., 2:]


def test_t_is_that_of_textbooks():
    rng = np.random.default_rng(0)
    values, outcome = rng.normal(size=(12, 4)), rng.normal(size=12)
    first = np.arange(12) < 5
    assert t_values(values, mean_design(12)) == pytest.approx(ttest_1samp(values, 0).statistic)
    expected = ttest_ind(values[first], values[~first]).statistic
    assert t_values(values, difference_design(first, NONE)) == pytest.approx(expected)
    r = np.array([linregress(outcome, values[:, k]).rvalue for k in range(4)])
    expected = r * np.sqrt(10 / (1 - r**2))
    assert t_values(values, correlation_design(outcome, NONE)) == pytest.approx(expected)


def test_covariates_are_held_constant():
    rng = np.random.default_rng(1)
    age, outcome = rng.normal(size=12), rng.normal(size=12)
    values = 5 * age[:, None] + outcome[:, None] + 0.1 * rng.normal(size=(12, 3))
    whole = np.column_stack([outcome, np.ones(12), age])
    beta, rest = np.linalg.lstsq(whole, values, rcond=None)[:2]
    spread = np.sqrt(rest / 9 * np.linalg.inv(whole.T @ whole)[0, 0])
    found = t_values(values, correlation_design(outcome, age[:, None]))
    assert found == pytest.approx(beta[0] / spread)


@pytest.mark.parametrize("question", ["mean", "correlation"])
def test_without_an_effect_errors_are_as_rare_as_stated(strip, question):
    """Of 500 cohorts without an effect one in twenty errs, within what chance allows."""
    rng = np.random.default_rng(5)
    wrong = {"p_tfce": 0, "p_cluster": 0}
    for seed in range(500):
        values = smooth(rng, (12, 42))
        design = mean_design(12)
        if question == "correlation":
            design = correlation_design(rng.normal(size=12), rng.normal(size=(12, 1)))
        found = permutation_test(values, design, strip, n_permutation=100, seed=seed)
        for kind in wrong:
            wrong[kind] += getattr(found, kind).min() <= 0.05
    for kind, count in wrong.items():
        alternative = "two-sided" if kind == "p_tfce" else "greater"  # no cluster, no error
        p = binomtest(count, 500, 0.05, alternative=alternative).pvalue
        assert p > 0.01, f"{kind}: {count} of 500"


def test_a_planted_effect_is_found_where_it_is(strip):
    rng = np.random.default_rng(2)
    found = np.zeros(40)
    for seed in range(20):
        outcome = rng.normal(size=20)
        values = smooth(rng, (20, 42))
        values[:, 10:20] += 3 * outcome[:, None]
        design = correlation_design(outcome, np.zeros((20, 0)))
        test = permutation_test(values, design, strip, n_permutation=200, seed=seed)
        found += test.p_tfce <= 0.05
    assert (found[10:20] >= 16).all()  # power of four fifths or more
    assert found[30:].sum() <= 20


def test_few_people_have_all_flips_tried(strip):
    rng = np.random.default_rng(4)
    values = 2 + 0.1 * rng.normal(size=(6, 40))
    test = permutation_test(values, mean_design(6), strip, n_permutation=1000)
    assert test.exact
    assert test.n_permutation == 64
    assert test.p_point == pytest.approx(2 / 64)  # both signs of the data are as extreme


def test_what_does_not_vary_is_no_effect(strip):
    test = permutation_test(np.zeros((8, 40)), mean_design(8), strip, n_permutation=200)
    assert (test.t == 0).all()
    assert (test.p_tfce == 1).all()


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: correlation_design(np.arange(8.0), np.arange(8.0)[:, None]), "rank deficient"),
        (lambda: correlation_design(np.ones(8), np.zeros((8, 0))), "rank deficient"),
        (lambda: mean_design(3), "at least 3 people more"),
        (lambda: difference_design(np.arange(6) < 1, np.zeros((6, 0))), "two people or more"),
        (
            lambda: correlation_design(np.array([1, 2, np.nan, 4, 5]), np.zeros((5, 0))),
            "finite",
        ),
    ],
)
def test_designs_that_cannot_be_tested_are_refused(make, told):
    with pytest.raises(BadInputError, match=told):
        make()


def test_arrays_that_do_not_fit_are_refused(strip):
    with pytest.raises(BadInputError, match="one row for each of 8 people"):
        permutation_test(np.zeros((7, 40)), mean_design(8), strip)
    with pytest.raises(BadInputError, match="99 or more"):
        permutation_test(np.zeros((8, 40)), mean_design(8), strip, n_permutation=10)


def test_some_of_the_people_keep_their_design():
    design = correlation_design(np.arange(9.0), np.zeros((9, 0)))
    kept = design.kept(np.arange(9) != 4)
    assert isinstance(kept, GroupDesign)
    assert len(kept.interest) == 8
