import numpy as np
import pytest

from cortistim.placement import Pose, deviation, nudged


@pytest.fixture(scope="module")
def pose():
    c, s = np.cos(0.4), np.sin(0.4)
    return Pose(np.array([[-c, s, 0, 0.01], [s, c, 0, 0.02], [0, 0, -1, 0.1], [0, 0, 0, 1.0]]))


def test_a_nudge_deviates_by_its_shift_and_its_turn(pose):
    shift_m, turn_rad = np.array([1e-3, -2e-3, 2e-3]), np.array([0.1, 0.2, -0.2])
    distance_m, angle_rad = deviation(nudged(pose, shift_m, turn_rad), pose)
    assert distance_m == pytest.approx(3e-3)
    assert angle_rad == pytest.approx(0.3)


def test_a_nudge_goes_along_the_coils_own_axes(pose):
    moved = nudged(pose, np.array([0, 0, 0.01]), np.zeros(3))
    step_m = moved.origin_m - pose.origin_m
    np.testing.assert_allclose(step_m, 0.01 * pose.rotation[:, 2], atol=1e-12)


def test_the_old_name_beside_navigators_answers_and_warns():
    from cortistim.io import navigators

    with pytest.warns(DeprecationWarning, match="cortistim.placement.deviation"):
        assert navigators.deviation is deviation
