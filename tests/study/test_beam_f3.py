import numpy as np
import pytest

from cortistim.placement.beam_f3 import beam_scalp_m
from cortistim.records import json_text, read_record
from cortistim.records.beam_f3 import BeamF3OnHeadRecord
from cortistim.study.head.beam_f3 import beam_on_head
from cortistim.study.request.inputs import find_target

CASES = [("beam_f3", "left", -1), ("Beam_F4", "right", 1)]


@pytest.mark.parametrize(("name", "side", "sign"), CASES)
def test_the_target_is_the_cortex_below_the_beam_point(ball_head, name, side, sign):
    found = find_target(ball_head, name)
    scalp_m = beam_scalp_m(ball_head, side)
    assert sign * found.point_m[0] > 0.01
    assert found.source == "beam2009"
    cosine = found.point_m @ scalp_m / np.linalg.norm(found.point_m) / np.linalg.norm(scalp_m)
    assert cosine > 0.99
    assert np.linalg.norm(found.point_m) == pytest.approx(0.070, abs=3e-3)


def test_a_head_is_measured_like_by_hand(ball_head):
    record = beam_on_head(ball_head)
    assert read_record(BeamF3OnHeadRecord, json_text(record)) == record
    assert record.nasion_inion_mm == pytest.approx(np.pi * 92, rel=0.01)
    assert record.mni_mm == record.scalp_mm
    assert record.from_electrode_mm < 12
    assert np.linalg.norm(record.scalp_mm) == pytest.approx(92, rel=0.02)
