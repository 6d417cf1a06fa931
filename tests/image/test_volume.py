import numpy as np
import pytest

from cortistim.geometry import transform
from cortistim.image import Volume, grid_points_m, isotropic_grid

AFFINE_M = np.array([[2e-3, 1e-4, 0, 0.01], [0, 1.5e-3, 2e-4, -0.02], [1e-4, 0, 1e-3, 0.03],
                     [0, 0, 0, 1]])  # fmt: skip
SLOPE_PER_M, OFFSET = np.array([3.0, -7.0, 5.0]), 0.4


@pytest.fixture(scope="module")
def ramp():
    """Values that grow linearly in space, which a trilinear reader gives back exactly."""
    points_m = grid_points_m((6, 5, 4), AFFINE_M)
    return Volume(points_m @ SLOPE_PER_M + OFFSET, AFFINE_M)


def test_a_linear_field_is_read_exactly_between_the_voxels(ramp):
    index = np.random.default_rng(1).uniform(0, [5, 4, 3], (200, 3))
    points_m = transform(AFFINE_M, index)
    np.testing.assert_allclose(ramp.at(points_m), points_m @ SLOPE_PER_M + OFFSET, atol=1e-6)


def test_the_edge_holds_beyond_the_grid(ramp):
    corner_m = transform(AFFINE_M, np.array([[5.0, 4.0, 3.0]]))
    beyond_m = transform(AFFINE_M, np.array([[9.0, 8.0, 7.0]]))
    assert ramp.at(beyond_m) == pytest.approx(ramp.at(corner_m), abs=1e-5)
    assert ramp.holds(corner_m, 1e-6).all()
    assert not ramp.holds(beyond_m).any()


def test_another_grid_covers_the_same_room(ramp):
    shape, affine_m = isotropic_grid(ramp, 1e-3, margin_m=2e-3)
    points_m = grid_points_m(shape, affine_m).reshape(-1, 3)
    own_m = grid_points_m(ramp.shape, ramp.affine_m).reshape(-1, 3)
    assert (points_m.min(axis=0) < own_m.min(axis=0)).all()
    assert (points_m.max(axis=0) > own_m.max(axis=0)).all()
    np.testing.assert_allclose(np.linalg.norm(affine_m[:3, :3], axis=0), 1e-3)
