"""From a map of correlations to a place: clusters, parcels, halves, advice."""

import numpy as np
import pytest

from cortistim.connectivity import (
    BlockMoments,
    ClusterRule,
    GridNeighbours,
    MeshNeighbours,
    Trust,
    advice_for,
    clusters_of,
    in_spheres,
    parse_sphere,
    ranked_clusters,
    spread_of,
)
from cortistim.connectivity.cluster import peak_m
from cortistim.connectivity.hierarchical import Parcel, parcels_of, ranked
from cortistim.connectivity.places import REGIONS, SEEDS
from cortistim.connectivity.reliability import halves_m
from cortistim.errors import BadInputError


def line(count=20):
    index = np.zeros((count, 3), int)
    index[:, 0] = np.arange(count)
    return index, GridNeighbours(index, 8e-9), index * 2e-3


def test_the_largest_of_two_parts_wins_though_the_other_holds_the_peak():
    _, neighbours, points_m = line()
    r = np.full(20, -0.01)
    r[[2, 3, 4, 5]] = -0.3
    r[12] = -0.9
    first, second = clusters_of(r, points_m, neighbours, ClusterRule(25.0))
    assert first.centre_m[0] == pytest.approx(3.5 * 2e-3)
    assert first.size == pytest.approx(4 * 8e-9)
    assert second.centre_m[0] == pytest.approx(12 * 2e-3)
    assert peak_m(r, points_m)[0] == pytest.approx(12 * 2e-3)


def test_the_share_counts_among_correlations_of_the_sign_only():
    _, neighbours, points_m = line()
    r = np.linspace(0.5, -0.45, 20)
    (only,) = clusters_of(r, points_m, neighbours, ClusterRule(20.0))
    assert only.members.sum() == 2  # of nine below zero
    (other,) = clusters_of(r, points_m, neighbours, ClusterRule(20.0, sign=1))
    assert other.members[:2].all()
    assert other.r > 0


def test_no_correlation_of_the_sign_gives_no_cluster():
    _, neighbours, points_m = line()
    assert clusters_of(np.full(20, 0.1), points_m, neighbours, ClusterRule()) == ()


def test_corners_touch_in_a_grid_and_edges_on_a_mesh():
    index = np.array([[0, 0, 0], [1, 1, 1], [3, 3, 3]])
    grid = GridNeighbours(index, 1.0)
    assert grid.parts(np.ones(3, bool)).tolist() == [1, 1, 2]
    mesh = MeshNeighbours(np.array([[0, 1], [1, 2]]), np.ones(3))
    assert mesh.parts(np.array([True, False, True])).tolist() == [1, 0, 2]
    assert mesh.parts(np.ones(3, bool)).tolist() == [1, 1, 1]


def test_block_sums_give_the_correlation_of_the_blocks():
    draw = np.random.default_rng(2)
    seed = draw.normal(size=240)
    series = (draw.normal(size=(240, 5)) + 0.5 * seed[:, None]).astype(np.float32)
    moments = BlockMoments.of(series, seed, 2.0 * np.arange(240))
    weights = np.zeros(moments.n_block)
    weights[[1, 4]] = 1
    size = 240 // moments.n_block
    rows = np.r_[size : 2 * size, 4 * size : 5 * size]
    wanted = [np.corrcoef(series[rows, k], seed[rows])[0, 1] for k in range(5)]
    assert np.allclose(moments.correlations(weights), wanted, atol=1e-5)
    assert not moments.correlations(np.zeros(moments.n_block)).any()


def test_halves_without_a_target_have_no_distance():
    moments = BlockMoments.of(np.ones((80, 2)), np.arange(80.0), np.arange(80.0))
    assert np.isnan(halves_m(moments, lambda _: None)).all()
    assert spread_of(np.array([np.nan, np.nan])) is None
    assert spread_of(np.array([1.0, 3.0, np.nan])).p50_m == 2.0


def parcel(name, size, concentration, net):
    return Parcel(
        np.ones(1, bool), np.full(3, float(name)), size, concentration, net, np.ones(1)
    )


def test_parcels_are_ranked_as_by_hand():
    """Ranks (size, concentration, net): a 1 3 2 = 6, b 2 1 1 = 2, c 3 2 3 = 18."""
    a, b, c = parcel(0, 9.0, 1.0, -5.0), parcel(1, 5.0, 3.0, -8.0), parcel(2, 1.0, 2.0, -1.0)
    found = ranked([a, b, c])
    assert [one.centre_m[0] for one in found] == [1, 0, 2]
    assert np.exp([one.rank_sum for one in found]) == pytest.approx([2, 6, 18])
    assert ranked([]) == ()


def test_a_tie_goes_to_the_stronger_net_correlation():
    """Ranks a 1 2 2 and b 2 2 1 would tie with equal concentration; net decides."""
    a, b = parcel(0, 9.0, 1.0, -1.0), parcel(1, 5.0, 1.0, -2.0)
    assert ranked([a, b])[0].centre_m[0] == 1


def test_correlated_places_join_and_others_do_not():
    draw = np.random.default_rng(0)
    common = draw.normal(size=(200, 2))
    series = np.repeat(common, 6, axis=1) + 0.3 * draw.normal(size=(200, 12))
    numbers = parcels_of(series)
    assert len(np.unique(numbers)) == 2
    assert len(np.unique(numbers[:6])) == len(np.unique(numbers[6:])) == 1
    assert parcels_of(series[:, :1]).tolist() == [1]
    with pytest.raises(BadInputError, match="at most"):
        parcels_of(np.zeros((4, 20000), np.float32))


def test_the_parcel_against_the_seed_is_taken_and_the_one_with_it_is_not():
    draw = np.random.default_rng(1)
    signal = draw.normal(size=300)
    with_it = signal[:, None] + 0.3 * draw.normal(size=(300, 30))
    against = -signal[:, None] + 0.3 * draw.normal(size=(300, 20))
    seed = signal[:, None] + 0.3 * draw.normal(size=(300, 10))
    points_m = np.arange(150).reshape(50, 3) * 1e-3
    found = ranked_clusters(np.hstack([with_it, against]), seed, points_m, np.full(50, 64e-9))
    assert len(found) == 1
    assert found[0].members.sum() == 20
    assert found[0].members[30:].all()


def test_masks_are_those_of_the_literature():
    mni_m = 1e-3 * np.array([[6.0, 16, -10], [-6, 16, -10], [-44, 40, 29], [44, 40, 29]])
    assert in_spheres(mni_m, SEEDS["sgacc"]).tolist() == [True, False, False, False]
    assert in_spheres(mni_m, REGIONS["left_dlpfc"]).tolist() == [False, False, True, False]
    assert in_spheres(mni_m, REGIONS["right_dlpfc"]).tolist() == [False, False, False, True]


@pytest.mark.parametrize("text", ["1,2,3", "1,2,3,0", "1,2,3,nan", "1,2,3,4,5", "1,2,3,100"])
def test_a_sphere_has_a_centre_and_a_radius(text):
    with pytest.raises(BadInputError, match="x,y,z,radius"):
        parse_sphere(text)


def test_a_name_is_no_sphere():
    assert parse_sphere("sgacc") is None
    assert parse_sphere("6,16,-10,10").radius_m == pytest.approx(0.01)


GOOD = {"found": True, "minutes": 30.0, "half_m": (0.003, 0.006)}


@pytest.mark.parametrize(
    ("change", "verdict", "reason"),
    [
        ({}, "individual target", ""),
        ({"found": False}, "group site preferred", "sign"),
        ({"minutes": 8.0}, "group site preferred", "8.0 min"),
        ({"minutes": 15.0}, "individual target with caution", "15.0 min"),
        ({"half_m": (0.014, 0.03)}, "group site preferred", "14 mm"),
        ({"half_m": (0.004, 0.03)}, "individual target with caution", "30 mm"),
        ({"half_m": None}, "individual target with caution", "halves"),
        ({"tsnr": 12.0}, "group site preferred", "dropout"),
        ({"rival": 0.9}, "individual target with caution", "90 %"),
        ({"filters_m": 0.02}, "individual target with caution", "20 mm"),
        ({"r_over_error": 1.0}, "group site preferred", "from 0"),
        ({"cleaned": False}, "individual target with caution", "motion"),
    ],
)
def test_the_worst_reason_decides(change, verdict, reason):
    advice = advice_for(Trust(**(GOOD | change)))
    assert advice.verdict == verdict
    assert reason in advice.words
