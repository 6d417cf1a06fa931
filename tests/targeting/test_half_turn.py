import numpy as np
import pytest

from cortistim.coil import named_coil
from cortistim.placement import handle_angle_rad, place_over
from cortistim.targeting.half_turn import SAME, handle_backward

TOP_M = np.array([0.0, 0.0, 0.09])


@pytest.fixture(scope="module")
def coil():
    return named_coil("magstim_d70")


def chosen(head, coil, *, handle_deg, here, there):
    pose = place_over(head, TOP_M, handle_rad=np.deg2rad(handle_deg), distance_m=6e-3)
    return pose, handle_backward(head, coil, pose, lambda _poses: np.array([here, there]))


def angle_deg(head, pose):
    return abs(np.rad2deg(handle_angle_rad(head, pose)))


@pytest.mark.parametrize(
    ("here", "there", "turns"),
    [
        (1.0, 1.0, True),
        (1.0, 1.0 - 0.9 * SAME, True),
        (1.0, 1.0 - 1.1 * SAME, False),
        (1.0, 1.5, True),  # stronger and easier to hold
        (-1.0, -1.0 - 1.1 * SAME, False),  # what is minimised is rated below zero
    ],
)
def test_a_handle_to_the_front_is_turned_where_it_costs_nothing(
    ball_head, coil, here, there, turns
):
    pose, found = chosen(ball_head, coil, handle_deg=170, here=here, there=there)
    assert angle_deg(ball_head, pose) > 150
    assert (angle_deg(ball_head, found) < 30) == turns


def test_a_handle_to_the_back_stays(ball_head, coil):
    pose, found = chosen(ball_head, coil, handle_deg=10, here=1.0, there=1.5)
    assert found is pose
