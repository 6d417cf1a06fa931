from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse.linalg as spla

from cortistim.coil import Casing, Coil, named_coil
from cortistim.errors import BadInputError
from cortistim.field import (
    FemSystem,
    cube_mean_v_per_m,
    sampler,
    solve_linear,
    sphere_field_v_per_m,
)
from cortistim.field.hierarchic import EnrichedSystem, refine_field, space_of_orders
from cortistim.field.hierarchic.refine import orders_around
from cortistim.field.hierarchic.shapes import EDGES, FACES, shapes
from cortistim.head import Head, TetMesh, tissues_for
from cortistim.head.mesher import layered_sphere
from cortistim.head.space.frames import AffineFrame
from cortistim.placement import Pose

ABOVE = np.array([[1, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 0.099], [0, 0, 0, 1.0]])
COUNTS = {1: 4, 2: 10, 3: 20, 4: 35, 5: 56, 6: 84}


def barycentric(count, seed=0):
    return np.random.default_rng(seed).dirichlet(np.ones(4), count)


def cube(n):
    """Cut the unit cube, 0.1 m wide, into n³ boxes of six tetrahedra."""
    axis = np.linspace(0, 0.1, n + 1)
    nodes = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)
    number = np.arange((n + 1) ** 3).reshape(n + 1, n + 1, n + 1)
    paths = [(0, 1, 3, 7), (0, 3, 2, 7), (0, 2, 6, 7), (0, 6, 4, 7), (0, 4, 5, 7), (0, 5, 1, 7)]
    corner = np.stack(
        [number[i : n + i, j : n + j, k : n + k].ravel()
         for i, j, k in ((c & 1, c >> 1 & 1, c >> 2) for c in range(8))], -1,
    )  # fmt: skip
    tets = np.concatenate([corner[:, path] for path in paths])
    side = nodes[tets[:, 1:]] - nodes[tets[:, :1]]
    turned = np.linalg.det(side) < 0
    tets[turned] = tets[turned][:, [1, 0, 2, 3]]
    return TetMesh(nodes, tets, np.ones(len(tets), int))


def quadrature(order):
    """Points and weights of a rule on the reference tetrahedron, by collapsed Gauss points."""
    at, weight = np.polynomial.legendre.leggauss(order)
    u, v, w = np.meshgrid(*[(at + 1) / 2] * 3, indexing="ij")
    product = np.einsum("i,j,k->ijk", weight, weight, weight) / 8
    first, second = u, v * (1 - u)
    third = w * (1 - u) * (1 - v)
    points = np.stack([1 - first - second - third, first, second, third], -1).reshape(-1, 4)
    return points, (6 * product * (1 - u) ** 2 * (1 - v)).ravel()


@pytest.mark.parametrize("order", COUNTS)
def test_an_order_holds_all_polynomials_up_to_it(order):
    table, within = shapes(order), barycentric(40)
    assert table.count == COUNTS[order]
    x = within[:, 1:]
    slopes = table.slopes_at(within)  # with respect to the coordinates l0..l3
    found = slopes[:, :, 1:] - slopes[:, :, :1]  # along x, y, z of the unit tetrahedron
    every = np.array(list(np.ndindex(order + 1, order + 1, order + 1)))
    powers = every[every.sum(axis=1) <= order]
    wanted = np.zeros((len(within), len(powers), 3))
    for c in range(3):
        lower = np.maximum(powers - np.eye(3, dtype=int)[c], 0)
        wanted[..., c] = powers[:, c] * (x[:, None, :] ** lower).prod(axis=2)
    flat = found.transpose(0, 2, 1).reshape(-1, table.count)
    for number in range(len(powers)):
        goal = wanted[:, number].ravel()
        best = np.linalg.lstsq(flat, goal, rcond=None)[0]
        np.testing.assert_allclose(flat @ best, goal, atol=1e-9)


def test_functions_of_higher_order_vanish_off_their_edge_or_face():
    table = shapes(5)
    for face, corners in enumerate(FACES):
        within = np.zeros((40, 4))
        within[:, corners] = np.random.default_rng(face).dirichlet(np.ones(3), 40)
        slopes = table.slopes_at(within)
        along = slopes[:, :, corners[1]] - slopes[:, :, corners[0]]
        for shape in range(4, table.count):
            kind, place = table.kind[shape], table.place[shape]
            held = (kind == 2 and place == face) or (
                kind == 1 and set(EDGES[place]) <= set(corners)
            )
            assert (np.abs(along[:, shape]).max() > 1e-6) == held


@pytest.mark.parametrize("order", [2, 4])
def test_tabulated_integrals_are_those_of_quadrature(order):
    table = shapes(order)
    points, weights = quadrature(order + 1)
    slopes = table.slopes_at(points)
    stiffness = np.einsum("p,pai,pbj->abij", weights, slopes, slopes)
    np.testing.assert_allclose(table.stiffness.reshape(stiffness.shape), stiffness, atol=1e-12)
    products = np.stack([points[:, a] * points[:, b] for a, b in EDGES], -1)
    loads = np.einsum("p,pai,pm->aim", weights, slopes, np.hstack([points, products]))
    np.testing.assert_allclose(table.loads.reshape(loads.shape), loads, atol=1e-12)


def harmonic(points_m):
    """Gradient of exp(k x) cos(k y), which no polynomial is."""
    k = 20.0
    x, y, _ = points_m.T
    return (
        k
        * np.exp(k * x)[:, None]
        * np.stack([np.cos(k * y), -np.sin(k * y), np.zeros_like(x)], -1)
    )


def manufactured_error(n, orders_of):
    """Relative error in E when the primary field is itself a gradient: the sum must vanish."""
    mesh = cube(n)
    system = EnrichedSystem(FemSystem(mesh, np.ones(len(mesh.tets))), orders_of(mesh))
    found, _ = system.solve(
        system.load(-harmonic(system.load_points_m))[:, None], tolerance=1e-10
    )
    space, rows = system.space, np.arange(len(system.space.region))
    points, weights = quadrature(5)
    slopes, volumes = space.metric_parts(rows)
    number = space.numbers
    value = np.where(number >= 0, found[number, 0], 0.0)
    total = error = 0.0
    for within, weight in zip(points, weights, strict=True):
        at = np.einsum("i,tic->tc", within, mesh.nodes_m[space.tets])
        along = space.shapes.slopes_at(within[None])[0]
        slope = np.einsum("ts,si,tic->tc", value, along, slopes)
        truth = harmonic(at)
        total += weight * (volumes * (truth**2).sum(axis=1)).sum()
        error += weight * (volumes * ((slope - truth) ** 2).sum(axis=1)).sum()
    return np.sqrt(error / total)


@pytest.mark.parametrize("order", [2, 3])
def test_the_gradient_converges_with_the_order_of_the_elements(order):
    def orders_of(mesh):
        return np.full(len(mesh.tets), order)

    coarse, fine = (manufactured_error(n, orders_of) for n in (3, 6))
    # dA/dt is taken quadratic, so its error, of third order, bounds what is seen
    assert np.log2(coarse / fine) > order - 0.15
    assert fine < {2: 0.02, 3: 0.003}[order]


def test_mixed_orders_leave_linear_potentials_alone():
    mesh = cube(3)
    orders = np.random.default_rng(3).integers(1, 5, len(mesh.tets))
    system = EnrichedSystem(FemSystem(mesh, np.ones(len(mesh.tets))), orders)
    constant = np.tile([1.0, -2.0, 0.5], (len(system.load_points_m), 1))
    found, convergence = system.solve(system.load(-constant)[:, None], tolerance=1e-11)
    potential = mesh.nodes_m @ [1.0, -2.0, 0.5]
    np.testing.assert_allclose(
        found[: len(mesh.nodes_m), 0], potential - potential.mean(), atol=1e-9
    )
    assert np.abs(found[len(mesh.nodes_m) :]).max() < 1e-9
    assert convergence.unknowns == len(found) - 1


def test_the_potential_is_continuous_where_orders_meet():
    mesh = cube(2)
    orders = np.random.default_rng(5).integers(1, 6, len(mesh.tets))
    space = space_of_orders(mesh, orders)
    row_of = space.place_in_region(np.arange(len(mesh.tets)))
    rng = np.random.default_rng(6)
    added = np.concatenate([np.zeros(len(mesh.nodes_m)), rng.normal(size=space.count)])
    faces = {}
    for row, tet in enumerate(space.tets):
        for corners in FACES:
            faces.setdefault(tuple(tet[list(corners)]), []).append((row, list(corners)))
    shared = [sides for sides in faces.values() if len(sides) == 2]
    assert len(shared) > 20
    assert (row_of >= 0).sum() == len(space.region)
    along = []
    for sides in shared:
        pair = []
        for row, corners in sides:
            within = np.zeros((6, 4))
            within[:, corners] = np.random.default_rng(7).dirichlet(np.ones(3), 6)
            value = np.where(space.numbers[row] >= 0, added[space.numbers[row]], 0.0)
            slopes = np.einsum("s,psi->pi", value, space.shapes.slopes_at(within))
            pair.append(slopes[:, corners[1:]] - slopes[:, corners[:1]])
        along.append(np.abs(pair[0] - pair[1]).max())
    assert max(along) < 1e-9


def head_of(mesh, sigma):
    frame = AffineFrame(np.eye(4), "a ball")
    return Head("ball", mesh, tissues_for(mesh.present_tags(), sigma), frame, "test")


@pytest.fixture(scope="module")
def head():
    ball = layered_sphere((0.085, 0.090, 0.095), (3, 4, 5), edge_m=0.009)
    return head_of(ball, {3: 0.33, 4: 0.01, 5: 0.43})


@pytest.fixture(scope="module")
def places(head):
    towards = np.random.default_rng(0).normal(size=(500, 3))
    towards[:, 2] = np.abs(towards[:, 2]) + 0.5
    towards /= np.linalg.norm(towards, axis=1)[:, None]
    return sampler(head.mesh, 0.075 * towards)


@pytest.fixture(scope="module")
def linear(head):
    return solve_linear(head, named_coil("magstim_d70"), Pose(ABOVE))


def test_the_second_region_of_an_eccentric_ball_is_resolved_by_the_third_order():
    """A ball of five times the conductivity, off centre: against orders that agree."""
    ball = layered_sphere((0.06, 0.09), (1, 2), edge_m=0.012)
    nodes_m = ball.nodes_m.copy()
    depth = 1 - np.minimum(np.linalg.norm(nodes_m, axis=1) / 0.09, 1)
    nodes_m[:, 2] += 0.02 * depth
    head = head_of(TetMesh(nodes_m, ball.tets, ball.tags), {1: 1.654, 2: 0.275})
    point = Casing(np.zeros((3, 3)), np.array([[0, 1, 2]]), "none")
    coil = Coil("dipole", np.zeros((1, 3)), np.array([[1.0, 0, 0]]), point, "one", ())
    field = solve_linear(head, coil, Pose(ABOVE))
    towards = np.random.default_rng(1).normal(size=(400, 3))
    towards[:, 2] = np.abs(towards[:, 2]) + 0.8
    towards /= np.linalg.norm(towards, axis=1)[:, None]
    read = sampler(head.mesh, towards * np.linspace(0.062, 0.085, 400)[:, None])
    found = {
        order: refine_field(field, read, order=order).at_v_per_m(read) for order in (1, 2, 3, 4)
    }
    strong = np.linalg.norm(found[4], axis=1) > 0.2 * np.linalg.norm(found[4], axis=1).max()
    errors = {order: np.linalg.norm((found[order] - found[4])[strong]) for order in (1, 2, 3)}
    assert errors[3] < 0.5 * errors[1]
    assert errors[3] < 0.6 * errors[2]


def test_higher_order_comes_nearer_to_the_closed_form(places, linear):
    exact = sphere_field_v_per_m(
        places.points_m, linear.coil, linear.pose, didt_a_per_s=linear.didt_a_per_s
    )
    hot = np.linalg.norm(exact, axis=1) > 0.2 * np.linalg.norm(exact, axis=1).max()
    error = [
        np.linalg.norm((refine_field(linear, places, order=o).at_v_per_m(places) - exact)[hot])
        for o in (2, 3)
    ]
    assert error[1] < 0.7 * error[0]
    assert error[1] < 0.02 * np.linalg.norm(exact[hot])


def test_the_error_bar_holds_the_distance_to_the_next_orders(places, linear):
    best = refine_field(linear, places, order=5)
    truth = best.at_v_per_m(places)
    hot = np.linalg.norm(truth, axis=1) > 0.2 * np.linalg.norm(truth, axis=1).max()
    for order in (1, 2, 3):
        field = refine_field(linear, places, order=order)
        error = np.linalg.norm(field.at_v_per_m(places) - truth, axis=1)[hot]
        bar = field.error_v_per_m(places)[hot]
        assert (error <= bar).mean() > 0.85
        assert bar.mean() < 15 * error.mean()


def test_a_refined_field_scales_and_reads_everywhere(places, linear):
    refined = refine_field(linear, places)
    assert refined.highest_order == 3
    assert "szabo1991" in refined.sources
    twice = refined.scaled_to(2 * refined.didt_a_per_s)
    np.testing.assert_allclose(
        twice.at_v_per_m(places), 2 * refined.at_v_per_m(places), rtol=1e-10
    )
    np.testing.assert_allclose(
        twice.error_v_per_m(places), 2 * refined.error_v_per_m(places), rtol=1e-10
    )
    outside = sampler(refined.head.mesh, np.array([[0.0, 0.0, 0.2], [0, 0, 0.07]]))
    assert np.isnan(refined.at_v_per_m(outside)[0]).all()
    assert np.isnan(refined.error_v_per_m(outside)[0])
    assert np.isfinite(refined.at_v_per_m(outside)[1]).all()
    assert np.isnan(cube_mean_v_per_m(refined, outside)[0]).all()
    centres = refined.head.mesh.centroids_m[refined.space.region[:50]]
    here = sampler(refined.head.mesh, centres)
    chosen = refined.orders[here.tets] > 1
    np.testing.assert_allclose(
        refined.at_v_per_m(here)[chosen],
        refined.in_tets_v_per_m()[refined.space.region[:50]][chosen],
        atol=1e-6,
    )


def test_averages_stay_within_the_tissue_and_near_the_point(places, linear):
    refined = refine_field(linear, places)
    point, mean = refined.at_v_per_m(places), cube_mean_v_per_m(refined, places)
    assert np.linalg.norm(mean - point) < 0.05 * np.linalg.norm(point)
    under_the_skull = sampler(linear.head.mesh, np.array([[0.0, 0.0, 0.0845]]))
    assert under_the_skull.tags[0] == 3
    mean = np.linalg.norm(cube_mean_v_per_m(refined, under_the_skull))
    assert mean == pytest.approx(np.linalg.norm(refined.at_v_per_m(under_the_skull)), rel=0.15)


def test_order_one_and_points_outside_change_nothing(places, linear):
    assert refine_field(linear, places, order=1) is linear
    far = replace(places, tets=np.full(len(places.tets), -1))
    assert refine_field(linear, far, order=3) is linear
    with pytest.raises(BadInputError, match="between 1 and 6; got 7"):
        refine_field(linear, places, order=7)


def test_orders_fall_with_the_distance_from_what_is_read(head):
    orders = orders_around(head.mesh, np.array([1000]), 4)
    assert orders[1000] == 4
    assert set(orders) == {1, 2, 3, 4}
    distance = np.linalg.norm(head.mesh.centroids_m - head.mesh.centroids_m[1000], axis=1)
    assert [distance[orders == k].max() for k in (4, 3, 2)] == sorted(
        distance[orders == k].max() for k in (4, 3, 2)
    )


def test_the_enriched_matrix_is_symmetric_and_solved_to_the_tolerance():
    mesh = cube(2)
    orders = np.random.default_rng(2).integers(1, 4, len(mesh.tets))
    system = EnrichedSystem(FemSystem(mesh, np.linspace(1, 3, len(mesh.tets))), orders)
    matrix = system.matrix
    assert abs(matrix - matrix.T).max() < 1e-12 * abs(matrix).max()
    load = system.load(np.random.default_rng(1).normal(size=system.load_points_m.shape))
    found, convergence = system.solve(load[:, None], tolerance=1e-9)
    assert convergence.residual <= 1e-9
    nodes = len(mesh.nodes_m)
    direct = spla.spsolve(
        matrix.tocsc(), np.concatenate([load[system.linear.unknown_nodes], load[nodes:]])
    )
    np.testing.assert_allclose(found[nodes:, 0], direct[nodes - 1 :], rtol=1e-5, atol=1e-9)
