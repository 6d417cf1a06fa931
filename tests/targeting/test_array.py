import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.spatial import KDTree

from cortistim.coil.five_channels import five_channels
from cortistim.errors import BadInputError
from cortistim.field.analytic.sphere import sphere_field_v_per_m
from cortistim.placement import Pose
from cortistim.targeting.array import ChannelFields, FieldWish, _least_distance, steer

CORTEX_M, SCALP_M = 0.077, 0.092
APART = 0.0022 / CORTEX_M


@pytest.fixture(scope="module")
def chosen():
    return five_channels()


@pytest.fixture(scope="module")
def pose():
    """Face down, 4 mm above the top of the ball; its x and y are the subject's y and x."""
    matrix_m = np.array(
        [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, -1, SCALP_M + 0.004], [0, 0, 0, 1.0]]
    )
    return Pose(matrix_m)


def one_channel(chosen, number):
    names = chosen.parts.channel_names()
    return chosen.parts.rigid(currents={n: float(k == number) for k, n in enumerate(names)})


@pytest.fixture(scope="module")
def fields(chosen, pose):
    """E of every channel on a cap of cortex in a ball, in closed form."""
    rings = np.arange(APART, 0.75, APART)
    angles = [np.arange(0, 2 * np.pi, APART / np.sin(ring)) for ring in rings]
    ring = np.repeat(rings, [len(a) for a in angles])
    angle = np.concatenate(angles)
    unit = [np.sin(ring) * np.cos(angle), np.sin(ring) * np.sin(angle), np.cos(ring)]
    points_m = CORTEX_M * np.column_stack(unit)
    e_v_per_m = [
        sphere_field_v_per_m(points_m, one_channel(chosen, k), pose, didt_a_per_s=1e6)
        for k in range(5)
    ]
    return ChannelFields(points_m, np.stack(e_v_per_m))


def wish_at(fields, pose, x_m, y_m, angle_rad, e_v_per_m=50.0):
    in_set_m = pose.to_coil_m(fields.points_m)
    vertex = np.hypot(in_set_m[:, 0] - x_m, in_set_m[:, 1] - y_m).argmin()
    point_m = fields.points_m[vertex]
    up = point_m / np.linalg.norm(point_m)
    along = pose.rotation @ [-np.sin(angle_rad), np.cos(angle_rad), 0]
    along = along - (along @ up) * up
    along /= np.linalg.norm(along)
    return FieldWish(tuple(point_m), tuple(along), tuple(np.cross(up, along)), e_v_per_m)


def hot_spot(fields, didt_a_per_s):
    """Middle of the strongest 5 mm patch, its mean E, and its mean |E|."""
    e_v_per_m = np.tensordot(didt_a_per_s / 1e6, fields.e_v_per_m, 1)
    size = np.linalg.norm(e_v_per_m, axis=1)
    patches = KDTree(fields.points_m).query_ball_point(fields.points_m, 0.005)
    means = np.array([size[patch].mean() for patch in patches])
    best = int(means.argmax())
    return fields.points_m[best], e_v_per_m[patches[best]].mean(axis=0), means[best]


LOCI_MM_DEG = [
    (0, 0, 0),
    (15, 0, 0),
    (-15, 0, 0),
    (0, 15, 0),
    (0, 0, 90),
    (15, 0, 90),
    (-7, 9, 40),
]


@pytest.mark.parametrize("locus", LOCI_MM_DEG)
def test_the_hot_spot_goes_where_it_is_sent_with_the_set_at_rest(fields, chosen, pose, locus):
    x_m, y_m, angle_rad = 1e-3 * locus[0], 1e-3 * locus[1], np.deg2rad(locus[2])
    wish = wish_at(fields, pose, x_m, y_m, angle_rad)
    found = steer(fields, wish, chosen.inductances_h)
    middle_m, e_v_per_m, strength = hot_spot(fields, found.didt_a_per_s)
    assert np.linalg.norm(middle_m - wish.point_m) <= 3e-3
    cosine = e_v_per_m @ wish.along / np.linalg.norm(e_v_per_m)
    assert np.rad2deg(np.arccos(np.clip(cosine, -1, 1))) <= 10
    assert found.elsewhere <= 1.01
    assert strength == pytest.approx(50.0, rel=0.05)


def test_the_currents_of_all_channels_give_the_sum_of_their_fields(fields, chosen, pose):
    """One direct solve of the set fed as found: what superposition promised."""
    found = steer(fields, wish_at(fields, pose, 0.01, 0, 0.5), chosen.inductances_h)
    names = chosen.parts.channel_names()
    largest = np.abs(found.didt_a_per_s).max()
    shares = dict(zip(names, (found.didt_a_per_s / largest).tolist(), strict=True))
    coil = chosen.parts.rigid(currents=shares)
    direct = sphere_field_v_per_m(fields.points_m, coil, pose, didt_a_per_s=largest)
    summed = np.tensordot(found.didt_a_per_s / 1e6, fields.e_v_per_m, 1)
    np.testing.assert_allclose(direct, summed, atol=1e-9 * np.abs(summed).max())


def test_no_currents_nearby_that_keep_the_conditions_need_less_energy(fields, chosen, pose):
    wish = wish_at(fields, pose, 0.012, 0.004, 0.3)
    found = steer(fields, wish, chosen.inductances_h)
    patches = KDTree(fields.points_m).query_ball_point(fields.points_m, 0.005)
    own = KDTree(fields.points_m).query_ball_point(wish.point_m, 0.005)
    mean = fields.e_v_per_m[:, own].mean(axis=1)
    equal = np.array([mean @ wish.along, mean @ wish.across])
    free = np.linalg.svd(equal)[2][2:]
    rng, cheaper = np.random.default_rng(0), 0
    away = np.linalg.norm(fields.points_m - wish.point_m, axis=1) > 2.5e-3
    for step in rng.normal(size=(60, 3)):
        currents = found.didt_a_per_s + 1e6 * (step @ free)
        energy = currents @ chosen.inductances_h @ currents / 2
        size = np.linalg.norm(np.tensordot(currents / 1e6, fields.e_v_per_m, 1), axis=1)
        strongest = max(size[p].mean() for p, far in zip(patches, away, strict=True) if far)
        cheaper += energy < found.energy * (1 - 3e-4) and strongest <= 50 * found.elsewhere
    assert cheaper == 0


def test_twice_the_field_takes_twice_the_currents_and_four_times_the_energy(
    fields, chosen, pose
):
    once, twice = (
        steer(fields, wish_at(fields, pose, 0, 0.01, 0.2, e), chosen.inductances_h)
        for e in (40.0, 80.0)
    )
    np.testing.assert_allclose(twice.didt_a_per_s, 2 * once.didt_a_per_s, rtol=1e-6)
    assert twice.energy == pytest.approx(4 * once.energy, rel=1e-6)


def test_a_bound_is_kept_and_one_that_is_too_low_refused(fields, chosen, pose):
    wish = wish_at(fields, pose, 0.012, 0, 0.0)
    free = steer(fields, wish, chosen.inductances_h)
    bound = 0.93 * np.abs(free.didt_a_per_s).max()
    held = steer(fields, wish, chosen.inductances_h, most_didt_a_per_s=bound)
    assert np.abs(held.didt_a_per_s).max() <= bound * (1 + 1e-6)
    assert held.bounded
    assert held.energy >= free.energy * (1 - 1e-9)
    with pytest.raises(BadInputError, match="Wish for less"):
        steer(fields, wish, chosen.inductances_h, most_didt_a_per_s=1e6)


def test_a_target_off_the_cortex_is_refused(fields, chosen):
    wish = FieldWish((0.0, 0.0, 0.3), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), 50.0)
    with pytest.raises(BadInputError, match="must lie on the cortex"):
        steer(fields, wish, chosen.inductances_h)


def test_the_least_distance_is_that_of_a_general_solver():
    rng = np.random.default_rng(3)
    for _ in range(20):
        rows, inside = rng.normal(size=(12, 3)), rng.normal(size=3)
        least = rows @ inside - rng.uniform(0, 1, 12)
        found = _least_distance(rows, least)
        limits = {"type": "ineq", "fun": lambda x, r=rows, b=least: r @ x - b}
        slow = minimize(
            lambda x: x @ x, inside, constraints=[limits], method="SLSQP", tol=1e-12
        )
        np.testing.assert_allclose(found, slow.x, atol=1e-5)
    assert _least_distance(np.array([[1.0], [-1.0]]), np.array([1.0, 1.0])) is None


def test_channels_of_a_pair_are_uncoupled_by_symmetry_and_energies_positive(chosen):
    matrix_h = chosen.inductances_h
    np.testing.assert_allclose(matrix_h, matrix_h.T, rtol=1e-12)
    assert np.linalg.eigvalsh(matrix_h)[0] > 0
    off = matrix_h - np.diag(np.diag(matrix_h))
    assert np.abs(off).max() < 1e-3 * matrix_h.max()
