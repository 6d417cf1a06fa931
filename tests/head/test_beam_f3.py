import numpy as np
import pytest

from cortistim.errors import BadInputError
from cortistim.head.space.beam_f3 import HeadLengths, beam_f3, beam_point, measured_lengths

MEASURED_CM = [(38, 36, 60, 6.95, 9.79), (36, 36, 56, 6.47, 9.50), (37, 38, 58, 6.69, 9.88)]


@pytest.mark.parametrize(("over", "across", "around", "x", "y"), MEASURED_CM)
def test_worked_examples_are_reproduced(over, across, around, x, y):
    found = beam_f3(HeadLengths(over / 100, across / 100, around / 100))
    assert 100 * found.along_m == pytest.approx(x, abs=0.006)
    assert 100 * found.from_vertex_m == pytest.approx(y, abs=0.006)


def test_lengths_in_centimetres_are_refused():
    with pytest.raises(BadInputError, match="nasion to inion must be 200 to 500 mm; got 36 mm"):
        HeadLengths(0.036, 0.037, 0.057)


def test_a_tape_around_a_ball_measures_its_circles(ball_head):
    lengths = measured_lengths(ball_head.scalp, ball_head.electrodes_m)
    assert lengths.nasion_inion_m == pytest.approx(np.pi * 0.092, rel=0.01)
    assert lengths.tragus_m == pytest.approx(np.pi * 0.092, rel=0.01)
    low = np.sin(np.radians(72)) * 2 * np.pi * 0.092
    assert lengths.circumference_m == pytest.approx(low, rel=0.02)


def test_the_point_lies_as_far_as_the_tape_says_and_close_to_f3(ball_head):
    beam = beam_f3(measured_lengths(ball_head.scalp, ball_head.electrodes_m))
    for side, name in (("left", "F3"), ("right", "F4")):
        point_m = beam_point(ball_head.scalp, ball_head.electrodes_m, beam, side)
        angle = np.arccos(point_m[2] / np.linalg.norm(point_m))
        assert 0.092 * angle == pytest.approx(beam.from_vertex_m, rel=0.02)
        assert np.linalg.norm(point_m - ball_head.electrodes_m[name]) < 12e-3
