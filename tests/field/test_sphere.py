import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cortistim.coil import Casing, Coil
from cortistim.errors import BadInputError
from cortistim.field import sphere_field_v_per_m
from cortistim.placement import Pose

CASING = Casing(np.zeros((3, 3)), np.array([[0, 1, 2]]), "none")
HERE = Pose(np.eye(4))
numbers = st.floats(-1, 1)
directions = st.tuples(numbers, numbers, numbers)


def dipole(position, moment):
    return Coil("dipole", np.array([position]), np.array([moment], float), CASING, "", ())


def field(points, coil):
    return sphere_field_v_per_m(np.atleast_2d(points), coil, HERE, didt_a_per_s=1e6)


@given(directions, directions)
@settings(deadline=None)
def test_the_field_has_no_radial_component(place, moment):
    points = 0.07 * np.atleast_2d(np.array(place)) / 2
    e = field(points, dipole([0.01, 0.02, 0.1], moment))
    assert np.abs(np.einsum("ij,ij->i", e, points)).max() < 1e-9


def test_a_radial_dipole_gives_minus_its_primary_field():
    coil = dipole([0, 0, 0.1], [0, 0, 1.0])
    points = np.random.default_rng(0).uniform(-0.04, 0.04, (40, 3))
    np.testing.assert_allclose(
        field(points, coil), -1e6 * coil.vector_potential_t_m(points), rtol=1e-9, atol=1e-9
    )


def test_the_curl_is_minus_the_rate_of_the_flux_density():
    coil = dipole([0.02, -0.01, 0.1], [1.0, 0.5, -0.3])
    point, step = np.array([0.01, 0.03, 0.02]), 1e-5
    shifted = [
        (field(point + step * axis, coil)[0] - field(point - step * axis, coil)[0]) / (2 * step)
        for axis in np.eye(3)
    ]
    slope = np.array(shifted)  # derivative along axis, component
    curl = np.array(
        [slope[1, 2] - slope[2, 1], slope[2, 0] - slope[0, 2], slope[0, 1] - slope[1, 0]]
    )
    np.testing.assert_allclose(curl, -1e6 * coil.flux_density_t(point[None])[0], rtol=1e-5)
    assert abs(np.trace(slope)) < 1e-5 * np.abs(slope).max()


def test_the_centre_of_the_sphere_can_be_anywhere():
    coil = dipole([0, 0.01, 0.1], [1.0, 0, 0])
    shift = np.array([0.3, -0.2, 0.1])
    matrix = np.eye(4)
    matrix[:3, 3] = shift
    points = np.random.default_rng(1).uniform(-0.04, 0.04, (10, 3))
    moved = sphere_field_v_per_m(
        points + shift, coil, Pose(matrix), didt_a_per_s=1e6, centre_m=shift
    )
    np.testing.assert_allclose(moved, field(points, coil), rtol=1e-9)


def test_points_beyond_the_nearest_dipole_are_refused():
    with pytest.raises(BadInputError, match=r"farthest lies at 0\.2000 m"):
        field(np.array([0, 0, 0.2]), dipole([0, 0, 0.1], [1.0, 0, 0]))
