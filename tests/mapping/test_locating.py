"""Locating the site of responses: fits, posterior, regions, refusals, congruence, design."""

import numpy as np
import pytest
from scipy.stats import norm

from cortistim.errors import BadInputError
from cortistim.mapping import _kernels
from cortistim.mapping.locating import (
    DesignSettings,
    LocateSettings,
    best_start,
    expected_errors,
    farthest_points,
    fit_elements,
    grid_fits,
    held_out,
    informative_poses,
    located,
    overlap_of,
    patches,
    pulses_of,
)
from cortistim.mapping.locating.congruence import (
    congruence_factor,
    congruence_of_fields,
    curve_shift_congruence,
    product_of_fields,
    signed_congruence,
    steadiest,
    weighted_sum,
)
from cortistim.mapping.locating.fit import (
    OUTLIER,
    PRIOR_MEAN,
    PRIOR_SD,
    SPAN,
    log_likelihoods,
    standardised,
)

SIDE = 12
SPACING_M = 2.5e-3
SITE = 7 * SIDE + 5


def plane():
    x, y = np.meshgrid(np.arange(SIDE), np.arange(SIDE), indexing="ij")
    return SPACING_M * np.column_stack([x.ravel(), y.ravel(), np.zeros(SIDE**2)])


def fields(count, seed=1):
    """Blobs of field, elongated along each pose's angle."""
    rng = np.random.default_rng(seed)
    middle = SPACING_M * SIDE * rng.random((count, 2))
    turn = np.pi * rng.random(count)
    away = plane()[None, :, :2] - middle[:, None]
    c, s = np.cos(turn)[:, None], np.sin(turn)[:, None]
    along, across = c * away[..., 0] + s * away[..., 1], c * away[..., 1] - s * away[..., 0]
    return 60 * np.exp(-0.5 * ((along / 0.022) ** 2 + (across / 0.012) ** 2))


def responses(field, seed, sd=0.25, site=SITE):
    rng = np.random.default_rng(seed)
    felt = field[:, site]
    log10 = -5 + 2.2 / (1 + np.exp(-0.18 * (felt - np.median(felt))))
    return 10 ** (log10 + sd * rng.standard_normal(len(felt)))


def test_the_fast_likelihood_is_the_plain_one_and_its_top_is_a_top():
    field = fields(60)
    pulses = pulses_of(responses(field, 2), 50e-6)
    fits = fit_elements(field, pulses, noise=np.array([0.3, 0.2]))
    t, _, _ = standardised(field)
    start = np.ascontiguousarray(fits.parameters[[SITE]])

    def top(parameters, steps):
        return _kernels.fit_elements(
            t[[SITE]], pulses.z.copy(), pulses.hidden.copy(), parameters, fits.noise,
            PRIOR_MEAN, PRIOR_SD, OUTLIER, SPAN, steps,
        )[1][0]  # fmt: skip

    for shift in ((0, 0, 0, 0), (0.3, -0.2, 0.2, 0.3)):
        moved = start + np.array(shift)
        other = type(fits)(fits.mean, fits.spread, np.tile(moved, (144, 1)),
                           fits.log_evidence, fits.noise)  # fmt: skip
        at = field[:, [SITE]]
        plain = log_likelihoods(pulses, other.expected(at, [SITE]), other.sd(at, [SITE])).sum()
        prior = -0.5 * (((moved[0] - PRIOR_MEAN) / PRIOR_SD) ** 2).sum()
        assert top(moved, 0) == pytest.approx(plain + prior, abs=1e-6)
    best = top(start, 0)
    for k in range(4):
        for step in (-0.05, 0.05):
            assert top(start + step * np.eye(4)[k], 0) < best


def test_a_response_that_is_hidden_counts_by_the_chance_of_being_so():
    pulses = pulses_of(np.array([0.0, 2e-4, 1e-3]), 50e-6)
    found = log_likelihoods(pulses, np.zeros(3), np.full(3, 0.4))
    chance = norm.cdf(pulses.z[0] / 0.4)
    assert np.exp(found[0]) == pytest.approx((1 - OUTLIER) * chance + OUTLIER / 2)
    density = norm.pdf(pulses.z[2], scale=0.4)
    assert np.exp(found[2]) == pytest.approx((1 - OUTLIER) * density + OUTLIER / SPAN)
    assert pulses.volts(pulses.z)[1:] == pytest.approx([2e-4, 1e-3])
    assert pulses.of_volts(2e-4) == pytest.approx(pulses.z[1])


def test_projection_finds_the_curve_that_made_the_responses():
    field = fields(80)
    t, _, _ = standardised(field)
    z = -1 + 2 / (1 + np.exp(-1.6 * (t[SITE] - 0.4)))
    start, explained = grid_fits(field, z)
    assert explained.argmax() == SITE
    assert explained[SITE] > 0.999
    assert start[SITE, 0] == pytest.approx(-1, abs=0.1)
    assert np.exp(start[SITE, 1]) == pytest.approx(2, abs=0.15)
    _, falling = grid_fits(field, -z)
    assert falling[SITE] < 0.1  # a response that falls with the field is not explained by it


@pytest.fixture(scope="module")
def many():
    found = []
    points = plane()
    for seed in range(14):
        site = int(np.random.default_rng(seed).integers(SIDE**2))
        field = fields(50, seed)
        size = responses(field, seed, site=site)
        got = located(field, size, points, 50, LocateSettings(shuffles=0))
        found.append((np.linalg.norm(points[got.element] - points[site]), got, site))
    return found


def test_sites_are_found_and_regions_hold_them(many):
    away = np.array([row[0] for row in many])
    assert np.median(away) <= 3e-3
    held = sum(d <= got.radius90_m + 1e-9 for d, got, _ in many)
    assert held >= 9  # of 14 that hold 90 %: fewer are one in a hundred
    for _, got, _ in many:
        assert got.radius50_m <= got.radius90_m
        assert got.posterior.sum() == pytest.approx(1)
    narrow = np.median([got.radius90_m for _, got, _ in many])
    assert narrow < 0.012


def test_censoring_beats_zeros_on_a_linear_scale():
    """Against maps of R² of the sizes as they are, where half of the responses are none."""
    better = []
    for seed in range(8):
        field = fields(40, 50 + seed)
        size = responses(field, seed, sd=0.35)
        size = np.where(size < 50e-6, 0, size)
        got = located(field, size, plane(), 40, LocateSettings(shuffles=0))
        _, explained = grid_fits(field, size)
        points = plane()
        ours, theirs = (np.linalg.norm(points[e] - points[SITE])
                        for e in (got.element, int(explained.argmax())))  # fmt: skip
        better.append((ours, theirs))
    ours, theirs = np.mean(better, axis=0)
    assert ours < theirs


def test_responses_that_follow_no_field_name_no_place():
    field = fields(40)
    size = np.random.default_rng(3).permutation(responses(field, 4))
    got = located(field, size, plane(), 40)
    assert got.chance > 0.05
    assert "shuffled" in got.reasons[0]
    real = located(field, responses(field, 4), plane(), 40)
    assert real.chance == pytest.approx(0.01)
    assert real.reasons == ()


def test_what_cannot_tell_places_apart_is_said():
    field, size = fields(20), responses(fields(20), 1)
    points = plane()

    def reasons(field, size, poses=20):
        got = located(field, size, points[: field.shape[1]], poses)
        assert got.element is None
        return " ".join(got.reasons)

    assert "1 place is no choice" in reasons(field[:, :1], size)
    assert "1 pose cannot" in reasons(field, size, poses=1)
    assert "7 pulses are too few" in reasons(field[:7], size[:7])
    assert "alike at every place" in reasons(np.tile(field[:1], (20, 1)), size)
    assert "0 of 20 responses exceed" in reasons(field, np.zeros(20))
    assert "responses are all alike" in reasons(field, np.full(20, 1e-3))
    strength = np.linspace(10, 60, 20)[:, None] * np.ones((1, 144))
    got = located(strength, responses(strength, 2), points, 20, LocateSettings(shuffles=0))
    assert "vary alike" in got.reasons[0]


def test_the_start_of_the_logarithm_follows_the_noise():
    field = fields(120)
    felt = field[:, SITE]
    share = 1 / (1 + np.exp(-0.2 * (felt - np.median(felt))))
    rng = np.random.default_rng(1)
    adds = np.clip(1e-3 * (share + 0.15 * rng.standard_normal(120)), 0, None)
    times = 1e-3 * 10 ** (1.6 * (share - 1) + 0.2 * rng.standard_normal(120))
    assert best_start(field, adds, 10e-6).start_v > best_start(field, times, 10e-6).start_v


def test_the_measure_that_made_the_responses_foretells_best():
    field = fields(60)
    other = fields(60, seed=9)
    pulses = pulses_of(responses(field, 3), 50e-6)
    good, bad = held_out(field, pulses), held_out(other, pulses)
    more, error = good.better_by(bad)
    assert more > 2 * error > 0
    assert good.each.sum() == pytest.approx(good.log_likelihood)


def test_patches_average_over_neighbours_on_the_same_side():
    points = plane()
    weights = patches(points, width_m=3e-3)
    assert np.asarray(weights.sum(axis=1)).ravel() == pytest.approx(np.ones(SIDE**2))
    assert (weights @ points[:, 0])[SITE] == pytest.approx(points[SITE, 0], abs=1e-4)
    two = np.vstack([points, points + np.array([0, 0, 1e-3])])
    normals = np.repeat([[0, 0, 1.0], [0, 0, -1.0]], SIDE**2, axis=0)
    apart = patches(two, normals, 3e-3) @ np.repeat([0.0, 1.0], SIDE**2)
    assert apart == pytest.approx(np.repeat([0.0, 1.0], SIDE**2), abs=1e-6)


def test_two_muscles_overlap_where_their_posteriors_do():
    one, two = np.array([0.5, 0.5, 0]), np.array([0, 0.5, 0.5])
    assert overlap_of(one, one) == 1
    assert overlap_of(one, two) == 0.5


def test_congruence_and_its_rivals_are_their_formulas():
    field = np.array([[1.0, 2.0], [2.0, 2.5], [4.0, 3.0]])
    middle = np.array([40.0, 20.0, 10.0])  # the first element bends at 40 V/m in every pose
    low, high = middle - 5, middle + 5
    found = congruence_factor(field, middle, low, high)
    assert found[0] > 1e6 * found[1]
    shifted = field[:, 1] * middle
    assert found[1] == pytest.approx(shifted.mean() ** 2 / shifted.var())
    assert congruence_of_fields(field, middle)[1] == pytest.approx(2.5**2 / shifted.var())
    assert steadiest(field, middle) == pytest.approx(
        [1, 1 - shifted.std(ddof=1) / shifted.mean()]
    )
    assert product_of_fields(field) == pytest.approx([0.5 * 0.8, 0.75])
    size = np.array([1e-3, 2e-3, 1e-3])
    assert weighted_sum(field, middle, size)[1] == pytest.approx((shifted * size).sum())
    mixed = field * np.array([[1.0], [-1.0], [1.0]])
    up, down = shifted[[0, 2]], shifted[[1]]
    assert signed_congruence(mixed, middle)[1] == pytest.approx(
        2.5**2 / (2 / 3 * up.var() + 1 / 3 * down.var())
    )
    shift = np.array([[0.0, 0], [0.1, 1], [-0.1, 2]])
    assert curve_shift_congruence(field, shift)[1] == pytest.approx(2.5**2 / shift[:, 1].var())


def test_congruence_takes_two_poses_with_a_curve_each():
    with pytest.raises(BadInputError, match="two poses or more"):
        steadiest(np.ones((1, 3)), np.ones(1))
    with pytest.raises(BadInputError, match="one curve for each of the 3 poses"):
        steadiest(np.ones((3, 3)), np.ones(2))
    with pytest.raises(BadInputError, match="a shift for each"):
        curve_shift_congruence(np.ones((3, 3)), np.ones((3, 2)))


def test_farthest_points_are_far_from_all_that_were_chosen():
    field = fields(80)
    chosen = farthest_points(field, 10)
    assert len(set(chosen)) == 10
    for k in range(1, 10):
        away = np.linalg.norm(field[:, None] - field[chosen[:k]][None], axis=2).min(axis=1)
        away[chosen[:k]] = -1
        assert away[chosen[k]] == pytest.approx(away.max())


def test_chosen_poses_find_sites_with_fewer_pulses_than_random_ones():
    field, points = fields(300), plane()
    best = informative_poses(field, points, DesignSettings(count=25))
    assert len(set(best)) == 25
    random = np.random.default_rng(1).permutation(300)[:25]
    ours, theirs = (
        expected_errors(field[rows], points, (25,), sites=14)[0].median_m
        for rows in (best, random)
    )
    assert ours <= theirs


def test_what_was_learned_moves_the_next_poses_to_the_site():
    field, points = fields(300), plane()
    given = np.arange(30)
    size = responses(field[given], 5)
    got = located(field[given], size, points, 30, LocateSettings(shuffles=0))
    chosen = informative_poses(field, points, DesignSettings(count=8), weight=got.posterior,
                               fits=got.fits, given=field[given])  # fmt: skip
    at_site = field[chosen, SITE].mean() / field[:, SITE].mean()
    assert at_site > 1
    with pytest.raises(BadInputError, match="between 1 and the number of poses"):
        farthest_points(field, 301)
