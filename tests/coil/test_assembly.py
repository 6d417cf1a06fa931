import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cortistim.coil import (
    Casing,
    Channel,
    Coil,
    CoilAssembly,
    Dipoles,
    Element,
    Model,
    Parameter,
    SampledPotential,
    Segments,
    Shift,
    Turn,
    assembly_of,
    named_coil,
    reversed_current,
)
from cortistim.coil.collision import collisions, require_apart, solid
from cortistim.coil.loops import loop_vector_potential_t_m
from cortistim.errors import BadInputError

pytestmark = pytest.mark.oldest

POINTS_M = np.random.default_rng(3).uniform(-0.08, 0.08, (60, 3))
POINTS_M[:, 2] += 0.12
UP = np.array([0, 0, 0.01])


def _circle(radius_m=0.04, n=180):
    angle = np.linspace(0, 2 * np.pi, n + 1)
    corners = radius_m * np.column_stack([np.cos(angle), np.sin(angle), 0 * angle])
    return Segments((corners[1:] + corners[:-1]) / 2, np.diff(corners, axis=0))


def _box(half_m=0.01, centre_m=(0, 0, 0)):
    corners = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    quads = np.array([(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4),
                      (1, 5, 7, 3)])  # fmt: skip
    triangles = np.concatenate([quads[:, :3], quads[:, [0, 2, 3]]])
    return Model(half_m * corners + np.array(centre_m), triangles)


def _dipole(x_m=0.0):
    return Dipoles(np.array([[x_m, 0, -0.005]]), np.array([[0, 0, 1e-3]]))


def _pair(joints, parameters, **more):
    elements = (
        Element(_dipole(-0.03), 0, "left", 0, (0,)),
        Element(_dipole(0.03), 1, "right", 1),
    )
    models = (_box(centre_m=(-0.03, 0, -0.01)), _box(centre_m=(0.03, 0, -0.01)))
    channels = (Channel("one", didt_max_a_per_s=1e8), Channel("two"))
    return CoilAssembly(
        "pair", elements, channels, joints, parameters, models, exclusive=((1, 2),), **more
    )


SLIDING = _pair((Shift("x", 0),), (Parameter(0, -10, 60),))


def test_wire_round_a_circle_has_the_field_of_a_loop():
    exact = loop_vector_potential_t_m(0.04, POINTS_M)
    wire = _circle()
    np.testing.assert_allclose(
        wire.vector_potential_t_m(POINTS_M), exact, atol=1e-3 * abs(exact).max()
    )


def test_pieces_of_a_straight_wire_add_up_to_the_whole_near_and_far():
    whole = Segments(np.zeros((1, 3)), np.array([[0.1, 0, 0]]))
    x = (np.arange(1000) + 0.5) / 1000 * 0.1 - 0.05
    pieces = Segments(np.column_stack([x, 0 * x, 0 * x]), np.tile([1e-4, 0, 0], (1000, 1)))
    for far_m in (0.004, 0.05, 0.3, 2.0):
        points = far_m * np.array([[0.3, 0.8, -0.5]])
        for name in ("vector_potential_t_m", "flux_density_t"):
            one, many = (getattr(part, name)(points) for part in (whole, pieces))
            np.testing.assert_allclose(one, many, rtol=1e-3, atol=1e-3 * abs(many).max())


def test_flux_density_is_the_curl_of_the_potential_for_wire():
    wire, h = _circle(), 1e-5
    around = [(POINTS_M + h * e, POINTS_M - h * e) for e in np.eye(3)]
    steps = [[wire.vector_potential_t_m(points) for points in pair] for pair in around]
    slope = np.stack([(ahead - behind) / (2 * h) for ahead, behind in steps], axis=1)
    curl = np.stack(
        [slope[:, i, j] - slope[:, j, i] for i, j in ((1, 2), (2, 0), (0, 1))], axis=1
    )
    b_t = wire.flux_density_t(POINTS_M)
    np.testing.assert_allclose(curl, b_t, atol=2e-3 * abs(b_t).max())


def _sampled(coil, step_m):
    axis = np.arange(-0.1, 0.1 + step_m / 2, step_m)
    depth = np.arange(0.01, 0.2 + step_m / 2, step_m)
    points = np.stack(np.meshgrid(axis, axis, depth, indexing="ij"), axis=-1)
    values = coil.vector_potential_t_m(points.reshape(-1, 3)).reshape(points.shape)
    affine = np.diag([step_m, step_m, step_m, 1.0])
    affine[:3, 3] = points[0, 0, 0]
    return SampledPotential(values, affine, np.eye(4))


def test_a_sampled_potential_comes_closer_to_its_source_with_the_square_of_the_step():
    coil = named_coil("magstim_d70")
    inside = POINTS_M[POINTS_M[:, 2] > 0.05]
    truth = coil.vector_potential_t_m(inside)
    errors = [
        np.abs(_sampled(coil, step).vector_potential_t_m(inside) - truth).max()
        for step in (0.01, 0.005)
    ]
    assert errors[0] / errors[1] > 2.5
    assert errors[1] < 0.01 * abs(truth).max()


def test_beyond_the_grid_the_potential_is_continued_without_a_jump_and_said_so():
    grid = _sampled(named_coil("magstim_d70"), 0.01)
    edge = np.array([[0.02, 0.01, 0.2]])
    with pytest.warns(UserWarning, match="1 of 1 points lie up to 0 mm beyond"):
        outside = grid.vector_potential_t_m(edge + 1e-6 * UP)
    np.testing.assert_allclose(outside, grid.vector_potential_t_m(edge), rtol=1e-4)
    assert grid.missed(edge) == ""
    assert "50 mm beyond" in grid.missed(edge + 5 * UP)


@settings(deadline=None)
@given(st.floats(-np.pi, np.pi), st.integers(0, 2))
def test_a_moved_source_has_the_moved_field(angle, kind):
    turn = Turn(np.array([0.01, -0.02, 0.03]), np.array([0.02, 0.01, 0.02]), 0)
    motion = turn.matrix_m(np.degrees(angle))
    current = (_circle(), _sampled(named_coil("magstim_d25"), 0.02), _circle(0.02))[kind]
    points = np.array([[0.01, 0.02, 0.06], [-0.02, 0.0, 0.09]])
    moved = points @ motion[:3, :3].T + motion[:3, 3]
    expected = current.vector_potential_t_m(points) @ motion[:3, :3].T
    found = current.moved(motion).vector_potential_t_m(moved)
    np.testing.assert_allclose(found, expected, atol=1e-9 * abs(expected).max())


def test_a_turn_is_right_handed_from_its_first_to_its_second_point():
    turned = Turn(np.zeros(3), UP, 0).matrix_m(90.0) @ [1, 0, 0, 1]
    np.testing.assert_allclose(turned, [0, 1, 0, 1], atol=1e-15)
    off_axis = Turn(np.array([1.0, 0, 0]), np.array([1.0, 0, 1]), 0).matrix_m(180.0)
    np.testing.assert_allclose(off_axis @ [0, 0, 5, 1], [2, 0, 5, 1], atol=1e-12)


def test_joints_act_in_the_order_in_which_they_are_listed():
    joints = (Shift("x", 0), Turn(np.zeros(3), UP, 1))
    parameters = (Parameter(0, 0, 100), Parameter(0, 0, 90))
    fed = (Channel("s"),)
    first = CoilAssembly(
        "order", (Element(_dipole(), 0, "a", None, (0, 1)),), fed, joints, parameters
    )
    values = {"a.0": 100.0, "a.1": 90.0}
    np.testing.assert_allclose(first.rigid(values).dipoles_m, [[0, 0.1, -0.005]], atol=1e-12)
    other = CoilAssembly(
        "order", (Element(_dipole(), 0, "a", None, (1, 0)),), fed, joints, parameters
    )
    np.testing.assert_allclose(other.rigid(values).dipoles_m, [[0.1, 0, -0.005]], atol=1e-12)


def test_a_shared_parameter_moves_all_its_joints():
    joints = (Shift("x", 0), Shift("y", 0))
    coil = CoilAssembly(
        "shared",
        (Element(_dipole(), 0, "", None, (0,)), Element(_dipole(), 0, "", None, (1,))),
        (Channel("s"),),
        joints,
        (Parameter(0, -5, 5),),
    )
    moved = coil.rigid({"0": 5.0}).dipoles_m
    np.testing.assert_allclose(moved[:, :2], [[5e-3, 0], [0, 5e-3]])


def test_channels_scale_the_elements_that_they_feed():
    both = SLIDING.rigid().vector_potential_t_m(POINTS_M)
    one = SLIDING.rigid(currents={"two": 0.0}).vector_potential_t_m(POINTS_M)
    other = SLIDING.rigid(currents={"one": 0.0}).vector_potential_t_m(POINTS_M)
    np.testing.assert_allclose(one + other, both, rtol=1e-12)
    against = SLIDING.rigid(currents={"1": -2.0}).vector_potential_t_m(POINTS_M)
    np.testing.assert_allclose(one - 2 * other, against, rtol=1e-12)


@pytest.mark.parametrize(
    ("deformation", "currents", "words"),
    [
        ({"left": 61.0}, {}, "-10 to 60 mm"),
        ({"left": np.nan}, {}, "-10 to 60 mm"),
        ({"nose": 1.0}, {}, "one of left"),
        ({}, {"three": 1.0}, "one of one, two"),
        ({}, {"one": 0.0, "two": 0.0}, "must carry current"),
        ({}, {"one": np.inf}, "finite"),
    ],
)
def test_what_a_coil_cannot_do_is_refused_in_words(deformation, currents, words):
    with pytest.raises(BadInputError, match=words):
        SLIDING.rigid(deformation, currents)


def test_reversed_current_reverses_wire_and_grids_too():
    coil = CoilAssembly(
        "mixed",
        (Element(_circle(), 0), Element(_sampled(named_coil("magstim_d25"), 0.02), 0)),
        (Channel("s"),),
    ).rigid()
    points = np.array([[0.01, 0.02, 0.06]])
    np.testing.assert_allclose(
        reversed_current(coil).vector_potential_t_m(points), -coil.vector_potential_t_m(points)
    )


def test_a_filled_box_knows_how_deep_its_inside_is():
    box = solid(_box(0.02))
    assert box.deepest_m(np.zeros((1, 3))) == pytest.approx(0.02, abs=0.003)
    assert box.deepest_m(np.array([[0.015, 0, 0]])) == pytest.approx(0.005, abs=0.003)
    assert box.deepest_m(np.array([[0.025, 0, 0], [1, 1, 1]])) == 0


def test_parts_that_run_into_each_other_are_found_and_named():
    assert collisions(SLIDING, SLIDING.values({"left": 30.0})) == ()
    found = collisions(SLIDING, SLIDING.values({"left": 50.0}))
    assert found[0].parts == ("left", "right")
    assert found[0].depth_m == pytest.approx(0.01, abs=0.003)
    with pytest.raises(BadInputError, match=r"left and right of pair do by \d"):
        require_apart(SLIDING, SLIDING.values({"left": 50.0}))


def test_a_rigid_coil_as_an_assembly_has_the_same_field():
    coil = named_coil("magstim_d25")
    again = assembly_of(coil).rigid()
    np.testing.assert_array_equal(again.moments_m2, coil.moments_m2)
    np.testing.assert_array_equal(again.casing.vertices_m, coil.casing.vertices_m)


def test_references_to_nothing_are_refused():
    with pytest.raises(BadInputError, match="stimulators up to 0; got 1"):
        CoilAssembly("bad", (Element(_dipole(), 1),), (Channel("s"),))
    with pytest.raises(BadInputError, match="triangles must name"):
        Model(np.zeros((3, 3)), np.array([[0, 1, 3]]))
    with pytest.raises(BadInputError, match="start within its range"):
        Parameter(3, -1, 1)


def test_a_casing_around_a_coil_of_absurd_size_is_refused_in_words():
    affine = np.diag([0.1, 0.1, 0.1, 1.0])
    affine[0, 3] = 1e18  # so far away that the grid has no width in double precision
    grid = SampledPotential(np.full((2, 2, 2, 3), 1e-6), affine, np.eye(4))
    coil = CoilAssembly("far", (Element(grid, 0),), (Channel("s"),))
    with pytest.raises(BadInputError, match="ordinary size"):
        coil.rigid()


def spiral(n_piece):
    turn = np.linspace(0, 4 * np.pi, n_piece + 1)
    corners = np.column_stack(
        [0.04 * np.cos(turn), 0.03 * np.sin(turn), 0.002 * turn / (2 * np.pi)]
    )
    return Segments((corners[1:] + corners[:-1]) / 2, np.diff(corners, axis=0))


def test_wire_in_short_pieces_is_joined_without_changing_its_field():
    wire = spiral(1200)
    joined = wire.joined()
    assert len(joined.centres_m) < len(wire.centres_m) / 4
    np.testing.assert_allclose(joined.vectors_m.sum(0), wire.vectors_m.sum(0), atol=1e-12)
    points = np.array([[0.0, 0.01, 0.03], [0.05, 0.0, 0.012]])
    np.testing.assert_allclose(
        joined.vector_potential_t_m(points),
        wire.vector_potential_t_m(points),
        atol=2e-3 * np.abs(wire.vector_potential_t_m(points)).max(),
    )
    assert np.linalg.norm(joined.vectors_m, axis=1).max() <= 5e-3


def test_wires_that_do_not_touch_and_sharp_corners_are_not_joined():
    corners = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 0]]) * 2e-3
    square = Segments((corners[1:] + corners[:-1]) / 2, np.diff(corners, axis=0))
    assert len(square.joined().centres_m) == 4
    centres = np.array([[0.0, 0, 0], [1e-3, 0, 0], [3e-3, 0, 0]])
    straight = Segments(centres, np.tile([1e-3, 0, 0], (3, 1)))
    np.testing.assert_allclose(straight.joined().vectors_m, [[2e-3, 0, 0], [1e-3, 0, 0]])


def test_the_slope_of_the_potential_counts_wire_too():
    dipole = np.array([[0.0, 0, -0.01]]), np.array([[0, 0, 1e-3]])
    casing = Casing(np.zeros((3, 3)), np.array([[0, 1, 2]]), "none")
    coil = Coil("both", *dipole, casing, "test", (), further=(spiral(60),))
    points = np.array([[0.0, 0.01, 0.03], [0.05, 0.0, 0.02]])
    slope = coil.vector_potential_slope_t(points)
    for axis, step in enumerate(1e-5 * np.eye(3)):
        ahead, behind = (coil.vector_potential_t_m(points + s) for s in (step, -step))
        np.testing.assert_allclose(
            slope[:, :, axis], (ahead - behind) / 2e-5, atol=2e-3 * np.abs(slope).max()
        )
