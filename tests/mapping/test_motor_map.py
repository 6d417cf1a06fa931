"""Motor maps: known areas and places, intervals, overlap, and what repeats say."""

import numpy as np
import pytest

from cortistim.errors import BadInputError
from cortistim.mapping.motor_map import (
    frame_of,
    map_in,
    measure,
    overlap,
    place_repeatability,
    redrawn,
    repeatability,
)

CRITERION_V = 50e-6
WIDTH_M = 0.009
CENTRE_M = np.array([0.004, -0.003])
TURN = np.linalg.qr(np.random.default_rng(4).standard_normal((3, 3)))[0]
MIDDLE_M = np.array([0.03, 0.01, 0.08])


def in_space(plane_m):
    return MIDDLE_M + np.column_stack([plane_m, np.zeros(len(plane_m))]) @ TURN.T


def true_radius_m():
    return WIDTH_M * np.sqrt(2 * np.log(10 / 1))


def responses(plane_m, rng, sd=0.3):
    """A bump of log amplitude: ten times the criterion in its middle."""
    square = ((plane_m - CENTRE_M) ** 2).sum(axis=1)
    log10 = np.log10(10) - square / (2 * WIDTH_M**2) / np.log(10)
    return CRITERION_V * 10 ** (log10 + sd * rng.standard_normal(len(plane_m)))


def simulated(seed, count=200, side_m=0.06):
    rng = np.random.default_rng(seed)
    plane_m = side_m * (rng.random((count, 2)) - 0.5)
    size_v = responses(plane_m, rng)
    points_m = in_space(plane_m)
    return map_in(frame_of(points_m), points_m, size_v), rng


@pytest.fixture(scope="module")
def maps():
    made = []
    for seed in range(12):
        one, rng = simulated(seed)
        made.append((one, measure(one, redrawn(one.count, 80, rng))))
    return made


def test_the_spline_finds_area_and_peak_although_most_responses_are_hidden(maps):
    area = np.pi * true_radius_m() ** 2
    found = np.array([m.values["area_spline"] for _, m in maps])
    assert np.mean([1 - one.positive.mean() for one, _ in maps]) > 0.5
    assert found.mean() == pytest.approx(area, rel=0.1)
    assert found.std() < 0.2 * area
    true = in_space(CENTRE_M[None])[0]
    for name, most in (("cog_spline", 2e-3), ("peak_spline", 5e-3), ("cog_amplitude", 2.5e-3)):
        away = [np.linalg.norm(m.values[name] - true) for _, m in maps]
        assert np.median(away) < most, name


def test_intervals_are_as_wide_as_maps_differ(maps):
    for name in ("area_spline", "area_voronoi", "area_probability", "volume_voronoi"):
        between = np.std([m.values[name] for _, m in maps], ddof=1)
        within = np.median([m.draws[name].std(ddof=1) for _, m in maps])
        assert 0.5 < within / between < 2, name


def test_areas_are_those_of_what_responded():
    x, y = np.meshgrid(np.arange(21.0), np.arange(11.0), indexing="ij")
    plane_m = 1e-3 * np.column_stack([x.ravel(), y.ravel()])
    points_m = in_space(plane_m)
    frame = frame_of(points_m)
    every = measure(map_in(frame, points_m, np.full(len(points_m), 1e-4)), np.ones((2, 231)))
    for name in ("area_hull", "area_alpha"):
        assert every.values[name] == pytest.approx(2e-4, rel=1e-6)
    assert every.values["area_voronoi"] == pytest.approx(2e-4, rel=0.06)  # whole pixels
    assert every.values["volume_voronoi"] == pytest.approx(1e-4 * every.values["area_voronoi"])
    ends = (plane_m[:, 0] < 3.5e-3) | (plane_m[:, 0] > 16.5e-3)
    two = measure(map_in(frame, points_m, np.where(ends, 1e-4, 0.0), cell_m=1e-3),
                  np.ones((2, 231)))  # fmt: skip
    assert two.values["area_hull"] == pytest.approx(2e-4, rel=1e-6)
    assert two.values["area_alpha"] == pytest.approx(6e-5, rel=1e-6)  # the gap is left out
    assert two.values["area_cells_mean"] == pytest.approx(ends.sum() * 1e-6)
    assert two.values["cog_amplitude"] == pytest.approx(points_m.mean(axis=0), abs=1e-9)


def test_a_map_overlaps_with_itself_and_not_with_one_elsewhere(maps):
    one = maps[0][1]
    itself = overlap(one, one)
    assert itself.dice[0] == pytest.approx(1)
    assert itself.weighted[0] == pytest.approx(1)
    assert 0.5 < itself.same < 1
    rng = np.random.default_rng(1)
    plane_m = 0.12 * (rng.random((300, 2)) - 0.5)
    points_m = in_space(plane_m)
    frame = frame_of(points_m)
    found = [
        measure(map_in(frame, points_m, responses(plane_m + shift, rng)), redrawn(300, 40, rng))
        for shift in ((0.035, 0), (-0.035, 0))
    ]
    apart = overlap(*found)
    assert apart.dice[0] == 0
    assert apart.weighted[2] < 0.3
    assert apart.same > 0.6


def test_redraws_without_a_response_have_no_place():
    made, rng = simulated(3, count=60)
    weak = np.where(np.arange(60) == made.response_v.argmax(), 1e-4, 0.0)
    one = map_in(made.frame, made.points_m, weak)
    found = measure(one, redrawn(60, 100, rng))
    lost = np.isnan(found.draws["cog_amplitude"]).any(axis=1)
    assert 0.2 < lost.mean() < 0.6  # e^-1 of redraws lack the only response
    assert (found.draws["area_hull"] == 0).all()
    with pytest.raises(BadInputError, match="some response above 50 µV"):
        measure(map_in(made.frame, made.points_m, np.zeros(60)), redrawn(60, 20, rng))


def test_repeatability_is_that_of_an_analysis_of_variance():
    values = np.array([10.0, 12, 11, 20, 21, 19, 30, 33, 30])
    person = np.repeat([0, 1, 2], 3)
    found = repeatability(values, person)
    inner = np.mean([np.var(values[person == k], ddof=1) for k in range(3)])
    outer = 3 * np.var([values[person == k].mean() for k in range(3)], ddof=1)
    assert found.within_sd[0] == pytest.approx(np.sqrt(inner))
    assert found.smallest_change[0] == pytest.approx(1.96 * np.sqrt(2 * inner), rel=1e-4)
    assert found.icc[0] == pytest.approx((outer - inner) / (outer + 2 * inner))
    assert found.icc[1] < found.icc[0] < found.icc[2] <= 1
    assert found.within_sd[1] < found.within_sd[0] < found.within_sd[2]


def test_the_smallest_change_is_what_five_in_a_hundred_exceed():
    rng = np.random.default_rng(7)
    values = rng.standard_normal((4000, 2))
    person = np.repeat(np.arange(4000), 2)
    change = repeatability(values.ravel(), person).smallest_change[0]
    assert np.mean(np.abs(np.diff(values)) > change) == pytest.approx(0.05, abs=0.012)
    places = rng.standard_normal((4000, 2, 2))
    change = place_repeatability(places.reshape(-1, 2), person).smallest_change[0]
    apart = np.linalg.norm(places[:, 0] - places[:, 1], axis=1)
    assert np.mean(apart > change) == pytest.approx(0.05, abs=0.012)


def test_one_person_has_no_intraclass_correlation():
    found = repeatability(np.array([1.0, 2, 3]), np.zeros(3, int))
    assert np.isnan(found.icc).all()
    assert found.within_sd[0] == pytest.approx(1)


@pytest.mark.parametrize(
    ("points_m", "words"),
    [
        (np.zeros((5, 3)), "takes 8 pulses or more; got 5"),
        (np.outer(np.arange(10.0), [1e-3, 2e-3, 0]), "spread over an area"),
        (np.random.default_rng(1).random((20, 3)), "must be in mm"),
    ],
)
def test_what_is_no_map_is_refused(points_m, words):
    with pytest.raises(BadInputError, match=words):
        frame_of(points_m)


def test_few_pulses_of_one_map_are_refused_in_the_frame_of_several():
    made, _ = simulated(1)
    with pytest.raises(BadInputError, match="8 pulses"):
        map_in(made.frame, made.points_m[:5], made.response_v[:5])
    line = np.outer(np.arange(10.0), [1e-3, 0, 0])
    with pytest.raises(BadInputError, match="line"):
        map_in(made.frame, line, np.ones(10))
