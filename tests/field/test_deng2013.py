import numpy as np
import pytest

from cortistim.coil import Coil, SampledPotential, named_coil
from cortistim.coil.assembly import casing_for
from cortistim.coil.design import design_paths
from cortistim.coil.windings import Winding, wing_dipoles
from cortistim.coil.wire import Wire, closed_path
from cortistim.errors import BadInputError
from cortistim.field import sphere_field_v_per_m
from cortistim.field.analytic.deng2013 import PUBLISHED, depth_and_spread
from cortistim.placement import Pose

TABLE = {row.number: row for row in PUBLISHED}
ABOVE = Pose(np.array([[1, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 0.085], [0, 0, 0, 1.0]]))


@pytest.mark.parametrize(
    ("number", "name"), [(25, "magstim_d25"), (31, "magstim_d70"), (4, "magstim_round_70mm")]
)
def test_depth_and_spread_are_those_that_deng_published(number, name):
    found, published = depth_and_spread(named_coil(name)), TABLE[number]
    assert found.depth_m == pytest.approx(published.depth_m, rel=0.06)
    assert found.spread_m2 == pytest.approx(published.spread_m2, rel=0.12)
    assert found.lift_m == 0


def _wire_loop(radius_m, z_m, n=240):
    angle = np.arange(n) * 2 * np.pi / n
    corners = [radius_m * np.cos(angle), radius_m * np.sin(angle), np.full(n, z_m)]
    path = closed_path(np.column_stack(corners))
    return design_paths("loop", [path], Wire(2e-3, 2e-3)).coil


def _dipole_loop(radius_m, z_m):
    wire = 1e-4
    turn = Winding(2 * radius_m - wire, 2 * radius_m + wire, 1, wire, wire)
    points, areas = wing_dipoles(turn, 2e-3)
    moments = areas[:, None] * np.array([0, 0, 1.0])
    points = points + np.array([0, 0, z_m + wire / 2])
    return Coil("loop", points, moments, casing_for(points, ()), "", ())


def test_wire_around_a_sphere_has_the_field_of_the_dipoles_that_it_encloses():
    points = np.random.default_rng(2).normal(size=(200, 3))
    points *= 0.07 / np.linalg.norm(points, axis=1, keepdims=True)
    wire, dipoles = (
        sphere_field_v_per_m(points, coil(0.035, -0.006), ABOVE, didt_a_per_s=1e6)
        for coil in (_wire_loop, _dipole_loop)
    )
    np.testing.assert_allclose(wire, dipoles, atol=2e-3 * abs(dipoles).max())


def test_a_coil_known_on_a_grid_only_has_no_closed_form():
    grid = SampledPotential(np.full((2, 2, 2, 3), 1e-6), np.diag([0.1, 0.1, 0.1, 1]), np.eye(4))
    empty = np.empty((0, 3))
    coil = Coil("grid", empty, empty, casing_for(empty, (grid,)), "", (), further=(grid,))
    with pytest.raises(BadInputError, match="known on a grid only"):
        depth_and_spread(coil)
