"""Hunting for a hot spot in a world of which everything is known."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from cortistim.errors import BadInputError
from cortistim.mapping.hotspot import METHODS, HotspotHunt, HotspotSettings, HuntSpace, Residual
from cortistim.mapping.hotspot.methods import Seen, log_expected_improvement, travel
from cortistim.mapping.hotspot.model import (
    NOISE,
    HotspotModel,
    away_from,
    centre_of,
    level_variance,
)
from cortistim.mapping.hotspot.simulate import HuntCase, play
from cortistim.mapping.hotspot.sliding import Sliding
from cortistim.mapping.hotspot.space import place_kernel, turn_kernel, wrapped
from cortistim.mapping.muscle import simulated_people, threshold_percent
from cortistim.mapping.person import NO_NUISANCES

STEP_M = 5e-3
ONE = (np.zeros((1, 2)), np.zeros(1), np.zeros(1, int), np.zeros(1, int))


def log_felt(coordinates, site_m, direction_rad, sideways=0.2):
    """A figure-8 coil's field in words: a bump, longer along the coil, and a loss sideways."""
    away = site_m - coordinates[:, :2]
    c, s = np.cos(coordinates[:, 2]), np.sin(coordinates[:, 2])
    across, along = away[:, 0] * c + away[:, 1] * s, away[:, 1] * c - away[:, 0] * s
    cosine = np.cos(coordinates[:, 2] - direction_rad)
    bump = np.exp(-((across / 0.035) ** 2) - (along / 0.045) ** 2)
    return np.log10(bump * (1 - sideways * (1 - cosine**2)))


@pytest.fixture(scope="module")
def space():
    line = STEP_M * np.arange(-5, 6)
    places = np.array([(u, v) for u in line for v in line if np.hypot(u, v) <= 0.0251])
    places = places[np.argsort(np.hypot(*places.T), kind="stable")]
    turns = np.radians(np.arange(-90, 90, 15.0))
    place, turn = (x.ravel() for x in np.meshgrid(
        np.arange(len(places)), np.arange(len(turns)), indexing="ij"))  # fmt: skip
    at = np.column_stack([places[place], turns[turn]])
    ways = np.radians(np.arange(0, 180, 30.0))
    felt = np.stack([log_felt(at, site, way) for site in places for way in ways], axis=1)
    prior = np.repeat(-0.5 * (np.hypot(*places.T) / 0.012) ** 2, len(ways))
    return HuntSpace(places, turns, place, turn, "biphasic", felt - felt.max(axis=0), prior)


@pytest.fixture(scope="module")
def residual(space):
    return Residual(space)


def case_of(space, seed, generator="goetz2019"):
    rng = np.random.default_rng([seed, 1])
    way = rng.uniform(0, 2 * np.pi)
    site = 0.015 * np.array([np.cos(way), np.sin(way)])
    direction = np.radians(30) * rng.choice([-1, 1])
    person = simulated_people(generator, 1, rng)
    felt = log_felt(space.coordinates, site, direction)
    percent = 1.2 * threshold_percent(person)[0]
    return HuntCase(space, felt, np.array([*site, direction]), person, percent, seed)


def test_kernels_know_half_a_turn_of_biphasic_pulses_only():
    turns = np.array([0.0, np.pi / 2, np.pi])
    both = turn_kernel(turns, turns, "biphasic")
    one = turn_kernel(turns, turns, "monophasic")
    np.testing.assert_allclose(np.diag(both), 1)
    assert both[0, 2] > 0.8
    assert 0 < both[0, 1] < 0.2
    assert one[0, 1] > one[0, 2]
    assert one[0, 2] < 0.1
    for kernel in (both, one, place_kernel(np.eye(2), np.eye(2), 1.0)):
        assert np.linalg.eigvalsh(kernel).min() > 0


def test_draws_of_the_residual_have_the_kernel_as_their_covariance(residual):
    some = np.array([0, 5, 60, 300, 301])
    found = residual.bank[:, some].T @ residual.bank[:, some] / len(residual.bank)
    np.testing.assert_allclose(found, residual.between(some, some), atol=0.3)


def test_without_a_head_the_model_is_the_textbook_s_process(space, residual):
    """One view, nothing censored: the posterior mean is that of plain conditioning."""
    model = HotspotModel(space.without_physics(), residual)
    at, sizes = np.array([3, 40, 200, 41]), np.array([0.4, 1.1, 0.2, 1.4])
    for k, size in zip(at, sizes, strict=True):
        model.take(int(k), float(size), -5.0)
    mean, spread = model.mean_and_spread()
    kernel = lambda a, b: 0.49 * residual.between(a, b) + 0.64  # noqa: E731
    total = kernel(at, at) + NOISE**2 * np.eye(4)
    everywhere = np.arange(space.size)
    across = kernel(everywhere, at)
    wanted = 0.825 + across @ np.linalg.solve(total, sizes - 0.825)
    np.testing.assert_allclose(mean, wanted, atol=1e-4)
    left = 1.13 - np.einsum("mn,nm->m", across, np.linalg.solve(total, across.T))
    np.testing.assert_allclose(spread**2, left, atol=1e-6)
    draws = model.draw(4000, np.random.default_rng(0)).values[:, [3, 40, 500]]
    np.testing.assert_allclose(draws.mean(axis=0), mean[[3, 40, 500]], atol=0.06)
    np.testing.assert_allclose(draws.std(axis=0), spread[[3, 40, 500]], rtol=0.12)
    cov = model.posterior_covariance(np.array([3, 500]))
    np.testing.assert_allclose(cov[[3, 500], [0, 1]], spread[[3, 500]] ** 2, atol=1e-6)


def test_views_are_weighed_by_the_likelihood_of_what_was_seen(space, residual):
    model = HotspotModel(space, residual)
    at, sizes = [0, 30, 100, 333], [0.5, 1.3, -0.1, 0.9]
    for k, size in zip(at, sizes, strict=True):
        model.take(k, size, -5.0)
    weights = model.weights
    pair = np.argsort(-weights)[[0, 20]]
    told = []
    for k in pair:
        mean = model.curve(space.log_felt[at])[:, k]
        size = model.left[k]
        cov = size**2 * residual.between(np.array(at), np.array(at)) + level_variance(size)
        cov += NOISE**2 * np.eye(4)
        told.append(multivariate_normal(mean, cov).logpdf(sizes) + model.log_prior[k])
    assert np.log(weights[pair[0]] / weights[pair[1]]) == pytest.approx(
        told[0] - told[1], abs=1e-3
    )


def test_a_censored_response_speaks_against_large_ones_only(space, residual):
    model = HotspotModel(space.without_physics(), residual)
    mean_before = model.mean_and_spread()[0][0]
    model.take(0, -3.0, -0.2)
    censored = model.mean_and_spread()[0][0]
    exact = HotspotModel(space.without_physics(), residual)
    exact.take(0, -3.0, -9.0)
    assert exact.mean_and_spread()[0][0] < censored < mean_before
    above = HotspotModel(space.without_physics(), residual)
    above.take(0, -0.2, -0.2 - 1e-9)
    assert censored < above.mean_and_spread()[0][0] + 1e-6


@pytest.mark.parametrize("method", METHODS)
def test_every_method_hunts_deterministically_within_the_candidates(space, method):
    case = case_of(space, 2)
    first, second = (
        play(case, HotspotSettings(method=method, pulses=12, seed=3), (12,)) for _ in range(2)
    )
    np.testing.assert_array_equal(first.coordinates, second.coordinates)
    np.testing.assert_array_equal(first.mep_v, second.mep_v)
    assert first.scores == second.scores
    np.testing.assert_array_equal(first.coordinates[0], [0, 0, 0])
    assert len(np.unique(first.coordinates, axis=0)) > 3


def test_with_the_right_field_the_hot_spot_is_found_and_without_it_later(space):
    off = {}
    for method in ("physics", "gp-thompson"):
        scores = [
            play(case_of(space, k), HotspotSettings(method=method, pulses=24, seed=k), (24,))
            for k in range(8)
        ]
        off[method] = np.median([s.scores[0].off_m for s in scores])
    assert off["physics"] < 3.5e-3
    assert off["physics"] < off["gp-thompson"]


def test_the_region_shrinks_and_ends_the_hunt(space):
    case = case_of(space, 5)
    settings = HotspotSettings(radius_m=0.008, turn_rad=0.5, seed=1)
    played = play(case, settings, range(1, 61), NO_NUISANCES)
    assert 15 <= len(played.scores) < 60
    assert played.scores[-1].is_found
    assert played.scores[-1].radius_m < 0.6 * played.scores[2].radius_m


def test_a_pulse_that_failed_does_not_move_the_answer_far(space, residual):
    hunt = HotspotHunt(space, HotspotSettings(pulses=40), residual)
    case = case_of(space, 1)
    rng = np.random.default_rng(0)
    for _ in range(20):
        at = hunt.propose()
        percent = case.percent * 10 ** case.log_felt[[[at]]]
        hunt.respond(float(case.person.respond_v(percent, rng)[0, 0]))
    before = hunt.result()
    best = space.nearest(before.best)
    hunt.respond(2e-6, at=best)
    moved_m = np.linalg.norm(hunt.result().best[:2] - before.best[:2])
    assert moved_m < 3e-3


def test_undo_goes_back_to_the_very_same_proposal(space, residual):
    hunt = HotspotHunt(space, HotspotSettings(pulses=9), residual)
    hunt.respond(1e-4)
    hunt.respond(3e-4)
    told = hunt.propose(), hunt.result().best
    hunt.respond(2e-5)
    assert hunt.undo().mep_v == 2e-5
    assert hunt.propose() == told[0]
    np.testing.assert_array_equal(hunt.result().best, told[1])
    with pytest.raises(BadInputError, match="no pulse to take back"):
        HotspotHunt(space, None, residual).undo()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: HotspotSettings(method="fysics"), "physics"),
        (lambda: HotspotSettings(pulses=0), "between 1 and 1000"),
        (lambda: HotspotSettings(floor_v=1.0), "1 to 1000 µV"),
        (lambda: HotspotSettings(radius_m=5.0), "radius above 0"),
        (lambda: HuntSpace(*ONE, "x"), "biphasic"),
        (lambda: HuntSpace(*ONE, log_felt=np.zeros((1, 1))), "prior"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(make, words):
    with pytest.raises(BadInputError, match=words):
        make()


@pytest.mark.parametrize("size_v", [-1e-6, np.nan, 1.0])
def test_a_response_that_cannot_be_is_refused_and_changes_nothing(space, residual, size_v):
    hunt = HotspotHunt(space, None, residual)
    with pytest.raises(BadInputError, match="in microvolts"):
        hunt.respond(size_v)
    assert hunt.pulses == []


def test_a_smooth_function_is_read_between_candidates(space):
    sliding, rng = Sliding(space), np.random.default_rng(1)
    truth = lambda at: log_felt(at, np.array([4e-3, -7e-3]), 0.4)  # noqa: E731
    at = np.column_stack([rng.uniform(-0.015, 0.015, (40, 2)), rng.uniform(-1.5, 1.5, 40)])
    found = np.array([sliding.at(truth(space.coordinates), x) for x in at])
    np.testing.assert_allclose(found, truth(at), atol=4e-3)
    # around the half turn
    edge = np.array([0.001, 0.002, np.radians(88.0)])
    assert sliding.at(truth(space.coordinates), edge) == pytest.approx(
        truth(edge[None])[0], abs=4e-3
    )


def test_expected_improvement_is_that_of_sampling(space, residual):
    model = HotspotModel(space.without_physics(), residual)
    for k, size in ((3, 0.4), (90, 1.2), (400, 0.1)):
        model.take(k, size, -5.0)
    seen = Seen(space.without_physics(), model, None, np.array([3, 90, 400]), np.zeros(3))
    mean, spread = model.mean_and_spread()
    best = mean[[3, 90, 400]].max()
    normal = np.random.default_rng(0).standard_normal(20000)
    gain = [np.maximum(mean[k] + spread[k] * normal - best, 0).mean() for k in range(0, 900, 9)]
    chosen = log_expected_improvement(seen)
    own = np.maximum(mean[chosen] + spread[chosen] * normal - best, 0).mean()
    assert own >= 0.98 * max(gain)


def test_turns_are_averaged_on_a_circle():
    best = np.array([[0, 0, np.radians(88.0)], [0, 0, np.radians(-88.0)]])
    centre = centre_of(best, np.pi)
    assert abs(abs(np.degrees(centre[2])) - 90) < 1e-6
    _, turned = away_from(best, centre, np.pi)
    np.testing.assert_allclose(np.degrees(turned), 2, atol=1e-6)
    assert wrapped(np.pi * 0.9, np.pi) == pytest.approx(-0.1 * np.pi)


def test_travel_grows_with_the_way(space):
    way = travel(space, 0)
    assert way[0] == 0
    assert way.max() == 1
    assert (way >= 0).all()
