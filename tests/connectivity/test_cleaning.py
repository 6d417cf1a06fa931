"""Cleaning takes out what it should, nothing else, and says when too little is left."""

import numpy as np
import pytest

from cortistim.connectivity import Nuisance, cleaning_for, correlation_error
from cortistim.errors import BadInputError

TR_S = 2.0


def nuisance(frames=300, columns=3, *, seed=0, dropped=()):
    kept = np.ones(frames, bool)
    kept[list(dropped)] = False
    return Nuisance(np.random.default_rng(seed).normal(size=(frames, columns)), kept)


@pytest.mark.parametrize("dropped", [(), (0, 1, 50, 51, 52, 200)])
def test_nothing_of_nuisance_trend_or_other_frequencies_is_left(dropped):
    known = nuisance(dropped=dropped)
    cleaning = cleaning_for(known, TR_S)
    time = np.arange(300) * TR_S
    unwanted = np.column_stack(
        [known.regressors, time, np.sin(2 * np.pi * 0.2 * time), np.ones(300)]
    )[known.kept]
    left = cleaning.coefficients(unwanted)
    lengths = np.linalg.norm(unwanted - unwanted.mean(axis=0), axis=0)
    assert np.all(np.linalg.norm(left, axis=0)[:4] < 1e-3 * lengths[:4])
    assert np.linalg.norm(left[:, 5]) < 1e-6
    assert np.linalg.norm(left[:, 4]) < 0.1 * lengths[4]  # no whole number of periods


@pytest.mark.parametrize("dropped", [(), (5, 6, 7)])
def test_a_slow_signal_passes(dropped):
    known = nuisance(columns=0, dropped=dropped)
    cleaning = cleaning_for(known, TR_S)
    time = (np.arange(300) + 0.5) * TR_S
    signal = np.cos(np.pi * 48 * time / (300 * TR_S))[known.kept]  # 0.04 Hz, a whole cosine
    left = cleaning.clean(signal[:, None].astype(np.float32))[:, 0]
    # frames left out make sinusoids a little alike
    assert np.corrcoef(left, signal)[0, 1] > (0.98 if dropped else 0.999)
    assert np.std(left) == pytest.approx(1, abs=1e-3)


def test_regressors_that_follow_from_others_cost_nothing():
    known = nuisance(columns=3)
    doubled = np.column_stack([known.regressors, known.regressors @ [1.0, 2.0, -1.0]])
    twice = cleaning_for(Nuisance(doubled, known.kept), TR_S)
    once = cleaning_for(known, TR_S)
    assert twice.freedom == once.freedom
    assert twice.redundant == 1


def test_a_signal_more_costs_one_degree_of_freedom_and_is_gone():
    known = nuisance()
    cleaning = cleaning_for(known, TR_S)
    signal = np.random.default_rng(4).normal(size=300)
    without = cleaning.without(signal)
    assert without.freedom == cleaning.freedom - 1
    assert np.linalg.norm(without.basis.T @ (signal - signal.mean())) < 1e-9
    assert cleaning.without(np.ones(300)) is cleaning


def test_a_constant_series_becomes_zero():
    cleaning = cleaning_for(nuisance(), TR_S)
    assert not cleaning.clean(np.full((300, 2), 7.0, np.float32)).any()


@pytest.mark.parametrize(
    ("known", "band", "words"),
    [
        (nuisance(20), (0.01, 0.1), "at least 50 frames"),
        (nuisance(60, 40), (0.01, 0.1), "degrees of freedom"),
        (nuisance(300), (0.3, 0.4), "holds none"),
    ],
)
def test_too_little_is_refused(known, band, words):
    with pytest.raises(BadInputError, match=words):
        cleaning_for(known, TR_S, band)


def test_the_error_of_a_correlation_covers_what_repetitions_scatter():
    """Two independent slow series: r over its error has a variance near one."""
    from scipy.ndimage import gaussian_filter1d

    draw = np.random.default_rng(7)
    pairs = gaussian_filter1d(draw.normal(size=(400, 2, 400)), 3.0, axis=2)
    told = np.array([correlation_error(a, b)[:2] for a, b in pairs])
    assert np.std(told[:, 0] / told[:, 1]) == pytest.approx(1, abs=0.2)
    plain = 1 / np.sqrt(397)
    assert np.std(told[:, 0]) > 2 * plain  # what independent samples would give is far off


def test_a_correlation_with_nothing_has_no_error():
    r, error, _ = correlation_error(np.zeros(60), np.arange(60.0))
    assert r == 0
    assert np.isnan(error)
