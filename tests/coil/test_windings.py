import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from cortistim.coil.casing import casing_around
from cortistim.coil.loops import coaxial_inductance_h, loop_vector_potential_t_m
from cortistim.coil.metrics import coil_metrics, reversed_current
from cortistim.coil.named import TABLE, coil_names, named_coil
from cortistim.coil.windings import (
    Winding,
    enclosed_area_rule,
    exact_vector_potential_t_m,
    figure_eight_wings,
    inductance_h,
    round_wings,
    wing_dipoles,
)
from cortistim.errors import BadInputError

MU0 = 4e-7 * np.pi


def _volume_m3(casing):
    a, b, c = (casing.vertices_m[casing.triangles[:, k]] for k in range(3))
    return np.einsum("ij,ij->", a, np.cross(b, c)) / 6


def _plane_m(z_m, half_m=0.1, n=21):
    x = np.linspace(-half_m, half_m, n)
    return np.stack(np.meshgrid(x, x, [z_m]), axis=-1).reshape(-1, 3)


def _wings(row):
    if not row.figure_eight:
        return round_wings(5e-3)
    return figure_eight_wings(row.winding, 5e-3, bend_rad=row.bend_rad, gap_m=row.gap_m)


def test_a_loop_equals_the_integral_along_its_wire():
    point = np.array([[0.03, -0.02, 0.015]])

    def component(angle, axis):
        wire = 0.05 * np.array([np.cos(angle), np.sin(angle), 0])
        along = 0.05 * np.array([-np.sin(angle), np.cos(angle), 0])
        return MU0 / (4 * np.pi) * along[axis] / np.linalg.norm(point[0] - wire)

    turn = (0, 2 * np.pi)
    by_wire = [quad(component, *turn, (axis,), epsabs=0, epsrel=1e-11)[0] for axis in range(2)]
    np.testing.assert_allclose(
        loop_vector_potential_t_m(0.05, point)[0], [*by_wire, 0], rtol=1e-9, atol=1e-18
    )


def test_near_its_axis_a_loop_is_smooth_and_on_it_zero():
    x = np.array([0.0, 1e-9, 1e-6, 1e-4, 1e-3])
    points = np.column_stack([x, 0 * x, 0 * x + 0.02])
    a_y = loop_vector_potential_t_m(0.04, points)[:, 1]
    slope = MU0 * 0.04**2 / 2 / (0.04**2 + 0.02**2) ** 1.5 / 2
    np.testing.assert_allclose(a_y, slope * x, rtol=2e-3, atol=0)


def test_far_apart_coaxial_loops_couple_like_dipoles():
    far = coaxial_inductance_h(np.array(0.01), np.array(0.02), np.array(2.0))
    dipole = MU0 * np.pi * 0.01**2 * 0.02**2 / (2 * 2.0**3)
    assert far == pytest.approx(dipole, rel=1e-3)


def test_the_ring_rule_carries_area_and_higher_multipoles_of_the_turns():
    radii = np.array([0.02, 0.03, 0.031, 0.04])
    rings, areas = enclosed_area_rule(radii, 4)
    assert areas.min() > 0
    for power in range(8):  # integral of n(r) r^(2 power) 2 pi r dr, turn by turn
        exact = np.sum(np.pi * radii ** (2 * power + 2)) / (power + 1)
        assert np.sum(areas * rings ** (2 * power)) == pytest.approx(exact, rel=1e-10)


@settings(max_examples=25, deadline=None)
@given(
    st.floats(0.01, 0.05), st.floats(0.005, 0.04), st.integers(1, 15), st.floats(0.001, 0.01)
)
def test_dipoles_hold_the_area_of_all_turns(inner_m, build_m, turns, height_m):
    winding = Winding(
        2 * inner_m, 2 * (inner_m + build_m), turns, 0.9 * build_m / turns, height_m, 2
    )
    _, areas = wing_dipoles(winding)
    assert areas.sum() == pytest.approx(2 * np.pi * np.sum(winding.radii_m**2), rel=1e-9)


@pytest.mark.parametrize("name", coil_names())
def test_dipoles_give_the_field_of_the_turns(name):
    row, coil = TABLE[name], named_coil(name)
    wings = _wings(row)
    for gap_m, rms_limit, limit in ((5e-3, 1e-3, 5e-3), (10e-3, 5e-4, 2e-3)):
        points = _plane_m(gap_m, 0.13, 41)
        if row.bend_rad:  # a plane would cut the wings: follow one of them, off the other
            points = points[points[:, 0] > 0] @ wings[1].coil_from_wing[:3, :3].T
        exact = exact_vector_potential_t_m(row.winding, wings, points)
        peak = np.linalg.norm(exact, axis=1).max()
        error = np.linalg.norm(coil.vector_potential_t_m(points) - exact, axis=1) / peak
        assert np.sqrt(np.mean(error**2)) < rms_limit
        assert error.max() < limit


@pytest.mark.parametrize("name", [n for n in coil_names() if TABLE[n].figure_eight])
def test_a_rising_current_induces_away_from_the_handle(name):
    a_t_m = named_coil(name).a_at_20mm_t_m
    assert a_t_m[1] < 0  # E = -dA/dt points along +y
    assert np.abs(a_t_m[[0, 2]]).max() < 1e-6 * abs(a_t_m[1])
    np.testing.assert_array_equal(reversed_current(named_coil(name)).a_at_20mm_t_m, -a_t_m)


def _e_in_sphere(points, dipoles, moments):
    """E for dI/dt = 1 A/s in any sphere around the origin (Sarvas by reciprocity)."""
    total = np.zeros_like(points)
    for p, m in zip(dipoles, moments, strict=True):
        a, pn = p - points, np.linalg.norm(p)
        an, ap = np.linalg.norm(a, axis=1), a @ p
        f = an * (pn * an + pn**2 - points @ p)
        c1, c2 = an**2 / pn + ap / an + 2 * an + 2 * pn, an + 2 * pn + ap / an
        gradient = c1 * (p @ m) - c2 * (points @ m)
        total -= 1e-7 * np.cross(points, m / f[:, None] - p * (gradient / f**2)[:, None])
    return total


@pytest.mark.parametrize(
    ("name", "half_depth_m"),
    [
        ("magstim_round_70mm", 0.0144),
        ("round_90mm", 0.0174),
        ("magstim_round_mst", 0.0153),
        ("magstim_d25", 0.0096),
        ("magventure_c_b60", 0.0133),
        ("magstim_d70", 0.0141),
    ],
)
def test_half_value_depth_in_a_sphere_is_that_of_deng_2013(name, half_depth_m):
    coil = named_coil(name)
    turned = np.diag([1.0, -1.0, -1.0])
    dipoles, moments = coil.dipoles_m @ turned + [0, 0, 0.085], coil.moments_m2 @ turned
    polar = np.linspace(0, 0.9, 46)
    arc = np.column_stack([np.sin(polar), 0 * polar, np.cos(polar)])
    cortex = np.linalg.norm(_e_in_sphere(0.07 * arc, dipoles, moments), axis=1)
    depth_m = np.linspace(0, 0.03, 121)
    below = (0.07 - depth_m)[:, None] * arc[cortex.argmax()]
    e = np.linalg.norm(_e_in_sphere(below, dipoles, moments), axis=1)
    found_m = depth_m[np.argmax(e < cortex.max() / 2)]
    assert found_m == pytest.approx(half_depth_m, rel=0.06)


# |A| in T m per ampere, 20 mm in front of dipole models of the measured coils
MEASURED_A_T_M = {"magstim_d70": 1.8037e-6, "magstim_dcc": 2.5046e-6}


@pytest.mark.parametrize(("name", "tolerance"), [("magstim_d70", 0.08), ("magstim_dcc", 0.05)])
def test_a_wound_coil_is_near_the_measured_one(name, tolerance):
    a_t_m = abs(named_coil(name).a_at_20mm_t_m[1])
    assert a_t_m == pytest.approx(MEASURED_A_T_M[name], rel=tolerance)


@pytest.mark.parametrize(("name", "file"), [("magstim_d70", "D70"), ("magstim_dcc", "DCC")])
def test_the_measured_figures_are_those_of_the_files(shared_file, name, file):
    rows = np.loadtxt(shared_file(f"data/simnibs/coils/MagStim_{file}.ccd"), skiprows=3)
    r = np.array([0, 0, 0.02]) - rows[:, :3]
    a = 1e-7 * (np.cross(rows[:, 3:], r) / np.linalg.norm(r, axis=1)[:, None] ** 3).sum(axis=0)
    assert abs(a[1]) == pytest.approx(MEASURED_A_T_M[name], rel=1e-4)


def test_flux_density_is_the_curl_of_the_vector_potential():
    coil, h = named_coil("magstim_d25"), 1e-5
    at = np.array([[0.01, 0.005, 0.015]])
    jacobian = np.array(
        [
            (coil.vector_potential_t_m(at + step) - coil.vector_potential_t_m(at - step))[0]
            / (2 * h)
            for step in h * np.eye(3)
        ]
    )
    curl = [
        jacobian[1, 2] - jacobian[2, 1],
        jacobian[2, 0] - jacobian[0, 2],
        jacobian[0, 1] - jacobian[1, 0],
    ]
    np.testing.assert_allclose(coil.flux_density_t(at)[0], curl, rtol=1e-5)


def test_inductance_is_near_what_the_maker_states():
    assert named_coil("magstim_d70").inductance_h == pytest.approx(16.4e-6, rel=0.1)
    assert named_coil("round_90mm").inductance_h == pytest.approx(23.5e-6, rel=0.1)


def test_opposed_wings_side_by_side_add_inductance_and_part_to_twice_one():
    winding = TABLE["magstim_d70"].winding
    alone = inductance_h(winding, round_wings(5e-3))
    near = inductance_h(winding, figure_eight_wings(winding, 5e-3))
    far = inductance_h(winding, figure_eight_wings(winding, 5e-3, gap_m=1.0))
    # far away each wing is a dipole of its turns' area; side by side the near rims add to that
    area_m2 = np.pi * np.sum(winding.radii_m**2)

    def mutual_h(distance_m):
        return 1e-7 * area_m2**2 / distance_m**3

    assert near - 2 * alone > 2 * mutual_h(winding.outer_diameter_m)
    apart_m = 1.0 + winding.outer_diameter_m
    assert far - 2 * alone == pytest.approx(2 * mutual_h(apart_m), rel=0.01)  # (4 cm / 1 m)²


@pytest.mark.parametrize("name", coil_names())
def test_a_casing_is_closed_and_holds_the_copper(name):
    coil = named_coil(name)
    edges = np.sort(coil.casing.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()
    extent = coil_metrics(coil).extent_m
    assert _volume_m3(coil.casing) > 0
    assert (coil.dipoles_m >= extent[:, 0]).all()
    assert (coil.dipoles_m <= extent[:, 1]).all()
    if not TABLE[name].bend_rad:
        assert extent[2, 1] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("name", ["magstim_d70", "magstim_dcc"])
def test_a_made_up_casing_reaches_the_face_and_follows_the_bend(name):
    coil = named_coil(name)
    casing = casing_around(coil.dipoles_m)
    assert "assumed" in casing.source
    assert _volume_m3(casing) > 0
    for axis in (0, 1):
        reach_m = np.abs(coil.casing.vertices_m[:, axis]).max()
        assert np.abs(casing.vertices_m[:, axis]).max() == pytest.approx(reach_m, abs=0.008)
    if name == "magstim_d70":
        assert casing.vertices_m[:, 2].max() == 0
    else:
        near_axis = np.abs(casing.vertices_m[:, 0]) < 0.01
        assert casing.vertices_m[near_axis, 2].max() < 0.01


def test_an_unknown_coil_is_answered_with_the_nearest_names():
    with pytest.raises(BadInputError, match="Did you mean magstim_d70"):
        named_coil("Magstim_D71")
    assert named_coil("MagStim-D70") is not None


def test_turns_that_do_not_fit_are_refused():
    with pytest.raises(BadInputError, match="wire that fits"):
        Winding(0.05, 0.051, 3, 0.002, 0.006)
