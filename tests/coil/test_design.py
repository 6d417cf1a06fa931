import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortistim.coil.design import design_array, design_paths, design_windings
from cortistim.coil.loops import coaxial_inductance_h
from cortistim.coil.windings import (
    Winding,
    Wing,
    figure_eight_wings,
    inductance_h,
    inductance_matrix_h,
    round_wings,
)
from cortistim.coil.wire import COPPER_OHM_M, Wire, closed_path, path_inductances_h
from cortistim.errors import BadInputError

MU0 = 4e-7 * np.pi
SMALL = Winding(0.018, 0.042, 14, 0.75e-3, 6e-3)


def _corners(radius_m, z_m=0.0, n=400):
    angle = np.arange(n) * 2 * np.pi / n
    x_m, y_m = radius_m * np.cos(angle), radius_m * np.sin(angle)
    return np.column_stack([x_m, y_m, np.full(n, z_m)])


@given(st.floats(0.01, 0.1), st.floats(0.005, 0.05))
def test_a_loop_of_round_wire_has_the_inductance_of_the_closed_form(radius_m, slenderness):
    wire_m = radius_m * slenderness  # the wire's radius
    loop = Winding(
        2 * (radius_m - wire_m), 2 * (radius_m + wire_m), 1, 2 * wire_m, 2 * wire_m,
        round_wire=True,
    )  # fmt: skip
    closed_form_h = MU0 * radius_m * (np.log(8 * radius_m / wire_m) - 1.75)
    assert inductance_h(loop, round_wings(5e-3)) == pytest.approx(closed_form_h, rel=0.02)


def test_a_coaxial_pair_has_the_mutual_inductance_of_maxwells_formula():
    loop = Winding(0.0995, 0.1005, 1, 0.5e-3, 0.5e-3, round_wire=True)
    behind = np.eye(4)
    behind[2, 3] = -0.02
    wings = (Wing(1, np.eye(4)), Wing(1, behind))
    exact_h = coaxial_inductance_h(np.array(0.05), np.array(0.05), np.array(0.02))
    assert inductance_matrix_h(loop, wings)[0, 1] == pytest.approx(exact_h, rel=0.02)
    against = inductance_matrix_h(loop, (wings[0], Wing(-1, behind)))
    assert against[0, 1] == pytest.approx(-exact_h, rel=0.02)


def test_paths_have_the_inductances_of_the_loops_that_they_follow():
    paths = [closed_path(_corners(0.05, z_m)) for z_m in (0.0, 0.02)]
    wire = Wire(1e-3, 1e-3, round_section=True)
    matrix_h = path_inductances_h(paths, wire)
    own_h = MU0 * 0.05 * (np.log(8 * 0.05 / 0.5e-3) - 1.75)
    exact_h = coaxial_inductance_h(np.array(0.05), np.array(0.05), np.array(0.02))
    np.testing.assert_allclose(np.diag(matrix_h), own_h, rtol=0.02)
    np.testing.assert_allclose(matrix_h[0, 1], exact_h, rtol=0.02)


def test_direct_current_fills_the_wire_and_fast_current_its_rim():
    flat, thread = Wire(1.75e-3, 6e-3), Wire(1e-3, 1e-3, round_section=True)
    assert flat.resistance_ohm(10.0) == pytest.approx(COPPER_OHM_M * 10 / (1.75e-3 * 6e-3))
    assert thread.resistance_ohm(1.0) == pytest.approx(COPPER_OHM_M / (np.pi * 0.25e-6))
    assert flat.resistance_ohm(1.0, 100.0) == flat.resistance_ohm(1.0)
    assert flat.resistance_ohm(1.0, 1e6) > 5 * flat.resistance_ohm(1.0)


def test_a_figure_of_eight_has_wings_that_help_each_other():
    wings = figure_eight_wings(SMALL, 5e-3)
    design = design_windings("eight", SMALL, wings, plastic_m=5e-3, words="")
    assert design.mutual_h[0] > 0
    assert design.inductance_h == pytest.approx(design.coil.inductance_h)
    assert design.driven_length_m == pytest.approx(2 * SMALL.wire_length_m)


def test_an_array_is_as_strong_as_its_elements_one_by_one():
    design = design_array("array", SMALL, (2, 1), 0.05, plastic_m=5e-3)
    point = np.array([[0.01, 0.02, 0.03]])
    alone = [
        design.parts.rigid(currents={"element_1": 0, "element_2": 0, name: 1})
        for name in ("element_1", "element_2")
    ]
    total = sum(coil.vector_potential_t_m(point) for coil in alone)
    np.testing.assert_allclose(design.coil.vector_potential_t_m(point), total, rtol=1e-12)
    assert design.mutual_h[0] < 0  # side by side, the flux of one returns through the other
    assert design.inductance_h == pytest.approx(design.inductances_h[0, 0])


def test_paths_in_series_share_a_stimulator_and_separate_ones_do_not():
    paths = [closed_path(_corners(0.03, z_m, 24)) for z_m in (-0.005, -0.012)]
    wire = Wire(2e-3, 2e-3)
    series = design_paths("series", paths, wire)
    apart = design_paths("apart", paths, wire, in_series=False)
    assert (len(series.parts.channels), len(apart.parts.channels)) == (1, 2)
    assert series.inductance_h > 2 * apart.inductance_h
    assert series.coil.casing.vertices_m[:, 2].max() <= 0


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Winding(0.05, 0.04, 3, 1e-3, 1e-3), "outer diameter above"),
        (lambda: Winding(0.02, 0.04, 30, 1e-3, 1e-3), "turns must not overlap"),
        (lambda: Winding(0.02, 0.04, 3, 1e-3, np.nan), "wire of some height"),
        (lambda: Wire(0.0, 1e-3), "wider and higher than 0"),
        (lambda: closed_path(np.zeros((3, 3))), "three or more corners"),
        (lambda: design_array("a", SMALL, (2, 2), 0.03, plastic_m=0), "must not overlap"),
        (lambda: design_array("a", SMALL, (1, 1), 0.05, plastic_m=0), "2 to 64"),
        (lambda: design_paths("a", [], Wire(1e-3, 1e-3)), "1 to 64 paths"),
    ],
)
def test_what_cannot_be_wound_is_refused_in_words(make, words):
    with pytest.raises(BadInputError, match=words):
        make()
