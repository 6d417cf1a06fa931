import numpy as np
import pytest

from cortistim.field.target import FEWEST, RADIUS_M, patch_around

SHEET_M = np.array([(x, y, 0.0) for x in np.arange(0, 0.05, 0.002) for y in (0, 0.002, 0.004)])


def test_a_patch_holds_the_points_within_its_radius_and_no_others():
    place_m = np.array([0.02, 0.002, 0.001])
    found = patch_around(SHEET_M, place_m)
    away_m = np.linalg.norm(SHEET_M - place_m, axis=1)
    assert set(found.points) == set(np.flatnonzero(away_m <= RADIUS_M))
    assert found.moved_m == 0
    np.testing.assert_array_equal(found.centre_m, place_m)


def test_where_points_are_few_the_place_is_moved_to_the_nearest_one():
    place_m = np.array([0.02, 0.002, 0.02])
    found = patch_around(SHEET_M, place_m)
    assert found.moved_m == pytest.approx(0.02)
    np.testing.assert_allclose(found.centre_m, [0.02, 0.002, 0])
    assert len(found.points) >= FEWEST


@pytest.mark.parametrize("count", [FEWEST - 1, FEWEST])
def test_as_many_points_are_enough_everywhere(count):
    points_m = np.array([(1e-4 * k, 0, 0) for k in range(count)])
    found = patch_around(points_m, np.array([0, 0, 1e-3]))
    assert (found.moved_m == 0) == (count == FEWEST)
